/**
 * Sample values as Prometheus reads them (Go's `strconv.ParseFloat`, without hexadecimal and underscores).
 *
 * @module
 */

/** 10^0 … 10^22: the powers of ten that a double holds exactly. */
const POWERS_OF_TEN = new Float64Array(23).map((_, exponent) => Number(`1e${exponent}`));
const LARGEST_EXACT_POWER = 22;

/** Decimal numbers: `1`, `1.`, `.5`, `+1e+010`. JavaScript's own reading takes more (`0x10`, blanks, nothing at all). */
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;
const NOT_A_NUMBER = /^nan$/i;

/**
 * The value that a spelling means; undefined where Prometheus refuses it: hexadecimal, `1_000`, `+NaN`, out of range
 * (`1e309`), anything else that is not a number.
 */
export function parseNumberText(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const infinity = INFINITY.exec(text);
  if (infinity !== null) return infinity[1] === "-" ? -Infinity : Infinity;
  return NOT_A_NUMBER.test(text) ? NaN : undefined;
}

/** The longest spelling that is read; hundreds of digits are legal, a megabyte of them is an attack. */
const LONGEST_NUMBER = 4096;

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;

/** This many digits fit in 31 bits. */
const SMALL_DIGITS = 9;

/** This many digits fit in the first of two doubles, and this many in the second. */
const HIGH_DIGITS = 15;
const LOW_DIGITS = 4;

/**
 * Reads numbers from bytes without making strings of them, the usual spellings at least: up to 19 digits and an exponent
 * that leaves a power of ten within 10^±22. Results are those of {@link parseNumberText}, to the last bit.
 */
export class NumberReader {
  /** The number that {@link read} read last. A field, and not what `read` returns, since V8 keeps it without allocating. */
  value = 0;

  /**
   * Reads the number at `start`. `bytes` must hold some other byte after it.
   *
   * @returns where it ends, or -1 where it could not tell
   */
  read(bytes: Uint8Array, start: number): number {
    let at = start;
    let byte = bytes[at]!;
    const negative = byte === MINUS;
    if (negative || byte === PLUS) byte = bytes[++at]!;
    const first = at;
    // Most values are short: whole-number arithmetic is twice as fast as that of doubles.
    let small = 0;
    let digit = byte - ZERO;
    while (digit >= 0 && digit <= 9 && at - first < SMALL_DIGITS) {
      small = (small * 10 + digit) | 0;
      digit = (byte = bytes[++at]!) - ZERO;
    }
    const isWhole = byte === POINT && at > first && bytes[at + 1] === ZERO && !continues(bytes[at + 2]!);
    const end = isWhole ? at + 2 : this.#readMore(bytes, first, at, small);
    if (isWhole) this.value = small;
    if (negative) this.value = -this.value;
    return end;
  }

  /** Goes on after the first digits, which are at most nine; there may be none. */
  #readMore(bytes: Uint8Array, first: number, start: number, small: number): number {
    let at = start;
    let byte = bytes[at]!;
    let high = small;
    let digit = byte - ZERO;
    while (digit >= 0 && digit <= 9 && at - first < HIGH_DIGITS) {
      high = high * 10 + digit;
      digit = (byte = bytes[++at]!) - ZERO;
    }
    let digits = at - first;
    let exponent = 0;
    const hasPoint = byte === POINT;
    if (hasPoint) {
      const point = ++at;
      digit = (byte = bytes[at]!) - ZERO;
      while (digit >= 0 && digit <= 9 && digits + at - point < HIGH_DIGITS) {
        high = high * 10 + digit;
        digit = (byte = bytes[++at]!) - ZERO;
      }
      exponent = point - at;
      digits += at - point;
    }
    if (digits === 0) return -1;
    if ((digit >= 0 && digit <= 9) || (byte | 0x20) === 0x65) {
      return this.#readLong(bytes, at, high, exponent, hasPoint);
    }
    // Up to 15 digits are exact in a double, and one division by an exact power of ten rounds once (Clinger 1990).
    this.value = exponent === 0 ? high : high / POWERS_OF_TEN[-exponent]!;
    return at;
  }

  /** Goes on after 15 digits, or at an exponent. */
  #readLong(bytes: Uint8Array, start: number, high: number, decimals: number, hasPoint: boolean): number {
    let at = start;
    let byte = bytes[at]!;
    let low = 0;
    let lowDigits = 0;
    let exponent = decimals;
    let afterPoint = hasPoint;
    for (;; byte = bytes[++at]!) {
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (++lowDigits > LOW_DIGITS) return -1;
        low = low * 10 + digit;
        if (afterPoint) exponent--;
      } else if (byte === POINT && !afterPoint) afterPoint = true;
      else break;
    }
    if ((byte | 0x20) === 0x65) {
      at = this.#readExponent(bytes, at + 1);
      if (at < 0) return -1;
      exponent += this.#exponent;
    }
    if (exponent > LARGEST_EXACT_POWER || exponent < -LARGEST_EXACT_POWER) return -1;
    this.value = scaled(high, low, lowDigits, exponent);
    return Number.isNaN(this.value) ? -1 : at;
  }

  #exponent = 0;

  #readExponent(bytes: Uint8Array, start: number): number {
    let at = start;
    const negative = bytes[at] === MINUS;
    if (negative || bytes[at] === PLUS) at++;
    const first = at;
    let exponent = 0;
    for (let digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) {
      exponent = exponent * 10 + digit;
      if (exponent > 999) return -1;
    }
    this.#exponent = negative ? -exponent : exponent;
    return at === first ? -1 : at;
  }
}

/** Whether a byte after `.0` belongs to the same number. */
function continues(byte: number): boolean {
  return (byte >= ZERO && byte <= ZERO + 9) || (byte | 0x20) === 0x65;
}

/**
 * (high * 10^lowDigits + low) * 10^exponent, correctly rounded; NaN where that cannot be told.
 *
 * Method: the exact sum and product of two doubles as a double and its error (Dekker 1971, Knuth), so that the result
 * is known to about 100 bits; when nudging the small part by its possible error changes the rounding, the number is
 * too near the middle of two doubles.
 */
function scaled(high: number, low: number, lowDigits: number, exponent: number): number {
  const shift = POWERS_OF_TEN[lowDigits]!;
  const shifted = high * shift;
  const whole = shifted + low;
  const rest = productError(high, shift, shifted) + (low - (whole - shifted));
  if (exponent === 0) return rest === 0 ? whole : settle(whole, rest);
  if (exponent > 0) {
    const power = POWERS_OF_TEN[exponent]!;
    const product = whole * power;
    return settle(product, productError(whole, power, product) + rest * power);
  }
  const power = POWERS_OF_TEN[-exponent]!;
  const quotient = whole / power;
  const back = quotient * power;
  const remainder = (whole - back) - productError(quotient, power, back);
  return settle(quotient, (remainder + rest) / power);
}

/** Larger than the relative error of the small part: four roundings of 2^-53 each. */
const DOUBT = 2 ** -50;

function settle(large: number, small: number): number {
  const result = large + small;
  return large + small * (1 + DOUBT) === result && large + small * (1 - DOUBT) === result ? result : NaN;
}

/** 2^27 + 1: splits a double into two halves of 26 bits (Veltkamp). */
const SPLITTER = 134217729;

/** a * b - product, exactly, where product is a * b rounded. */
function productError(a: number, b: number, product: number): number {
  const wideA = SPLITTER * a;
  const highA = wideA - (wideA - a);
  const lowA = a - highA;
  const wideB = SPLITTER * b;
  const highB = wideB - (wideB - b);
  const lowB = b - highB;
  return lowA * lowB - (((product - highA * highB) - lowA * highB) - highA * lowB);
}

/** As {@link parseNumberText} for `bytes[start, end)`. `bytes` must hold a byte at `end` that belongs to no number. */
export function parseNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
  reader: NumberReader,
): number | undefined {
  if (reader.read(bytes, start) === end) return reader.value;
  if (end - start > LONGEST_NUMBER) return undefined;
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return parseNumberText(text);
}
