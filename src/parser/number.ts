/**
 * Sample values as Prometheus reads them (Go's `strconv.ParseFloat`, without hexadecimal and underscores).
 *
 * @module
 */

/** 10^0 … 10^22: the powers of ten that a double holds exactly. */
const POWERS_OF_TEN = new Float64Array(23).map((_, exponent) => Number(`1e${exponent}`));

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

/** The longest spelling that is turned into a string; hundreds of digits are legal, a megabyte of them is an attack. */
export const LONGEST_NUMBER = 4096;

/** As {@link parseNumberText} for `bytes[start, end)`. */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  const negative = bytes[at] === 0x2d;
  if (negative || bytes[at] === 0x2b) at++;
  let mantissa = 0;
  let digits = 0;
  let fraction = 0;
  let point = -1;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    const digit = byte - 0x30;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
    } else if (byte === 0x2e && point < 0) {
      point = digits;
    } else break;
  }
  // Up to 15 digits are exact in a double, and one division by an exact power of ten rounds once (Clinger 1990).
  if (at === end && digits > 0 && digits <= 15) {
    fraction = point < 0 ? 0 : digits - point;
    const value = fraction === 0 ? mantissa : mantissa / POWERS_OF_TEN[fraction]!;
    return negative ? -value : value;
  }
  if (end - start > LONGEST_NUMBER) return undefined;
  return parseNumberText(asciiText(bytes, start, end));
}

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
