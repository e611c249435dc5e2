/**
 * Numbers out of the kernel's small texts, byte by byte: no strings, no lists, nothing for the garbage collector.
 *
 * @module
 */

const LINE_FEED = 10;
const BLANK = 32;
const TAB = 9;
const POINT = 46;
const ZERO = 48;
const NINE = 57;

const decoder = new TextDecoder();

/** A place in a text that moves forward. Bytes are read where they lie: a later read of another file may replace them. */
export class TextScanner {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Begins at the start of a text. Gives itself back. */
  over(bytes: Uint8Array): this {
    this.#bytes = bytes;
    this.#at = 0;
    return this;
  }

  /** True when nothing is left. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The byte here; -1 at the end. */
  get byte(): number {
    return this.#at < this.#bytes.length ? this.#bytes[this.#at]! : -1;
  }

  /** Whether these characters (ASCII) stand here. Moves behind them where they do. */
  take(word: string): boolean {
    const end = this.#at + word.length;
    if (end > this.#bytes.length) return false;
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[this.#at + i] !== word.charCodeAt(i)) return false;
    }
    this.#at = end;
    return true;
  }

  /** The number here or after blanks, with a fraction where there is one; NaN, and the place stays, where none stands. */
  number(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    while (bytes[at] === BLANK || bytes[at] === TAB) at++;
    const start = at;
    let value = 0;
    let digit = bytes[at] ?? 0;
    for (; digit >= ZERO && digit <= NINE; digit = bytes[++at] ?? 0) value = value * 10 + (digit - ZERO);
    if (at === start) return NaN;
    if (digit === POINT) {
      let scale = 1;
      for (digit = bytes[++at] ?? 0; digit >= ZERO && digit <= NINE; digit = bytes[++at] ?? 0) {
        value = value * 10 + (digit - ZERO);
        scale *= 10;
      }
      value /= scale;
    }
    this.#at = at;
    return value;
  }

  /** Goes over so many words and the blanks around them, not beyond the line. */
  skipWords(count: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let word = 0; word < count; word++) {
      while (bytes[at] === BLANK || bytes[at] === TAB) at++;
      while (at < bytes.length && bytes[at] !== BLANK && bytes[at] !== TAB && bytes[at] !== LINE_FEED) at++;
    }
    this.#at = at;
  }

  /** Goes behind the next such byte of this line. False, and the place stays, where the line has none. */
  skipPast(byte: number): boolean {
    for (let at = this.#at; at < this.#bytes.length && this.#bytes[at] !== LINE_FEED; at++) {
      if (this.#bytes[at] !== byte) continue;
      this.#at = at + 1;
      return true;
    }
    return false;
  }

  /** Goes behind the last such byte of the text. False, and the place stays, where there is none from here on. */
  skipPastLast(byte: number): boolean {
    const last = this.#bytes.lastIndexOf(byte);
    if (last < this.#at) return false;
    this.#at = last + 1;
    return true;
  }

  /** Goes to the next line. */
  skipLine(): void {
    const end = this.#bytes.indexOf(LINE_FEED, this.#at);
    this.#at = end < 0 ? this.#bytes.length : end + 1;
  }

  /** The word here, blanks before it left out, up to a blank, a line's end or the given byte, which is not gone over. */
  word(until = BLANK): string {
    const bytes = this.#bytes;
    let at = this.#at;
    while (bytes[at] === BLANK || bytes[at] === TAB) at++;
    const start = at;
    while (at < bytes.length && bytes[at] !== until && bytes[at] !== BLANK && bytes[at] !== LINE_FEED) at++;
    this.#at = at;
    return decoder.decode(bytes.subarray(start, at));
  }
}
