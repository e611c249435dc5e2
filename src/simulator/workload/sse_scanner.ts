/**
 * Server-sent events, byte by byte: pure. Format: WHATWG HTML, section 9.2.6 (interpreting an event stream).
 *
 * @module
 */

/** Called once an event is complete. `event` is "message" unless the stream names another. */
export type SseListener = (data: string, event: string) => void;

/** A single event may not be longer than this: a hostile stream must not fill the memory. */
export const MAX_EVENT_BYTES = 8 * 1024 * 1024;

const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;

/**
 * Reads a stream that may be split anywhere, inside a character and between CR and LF as well.
 *
 * Lines end with LF, CRLF or CR; comments are skipped; the space after `data:` may be missing; several `data` lines of
 * one event are joined with LF. Bytes that are not UTF-8 become U+FFFD, as a browser does it.
 */
export class SseScanner {
  readonly #listener: SseListener;
  readonly #decoder = new TextDecoder();
  #partial: Uint8Array = new Uint8Array(0);
  #partialLength = 0;
  #data: string | undefined;
  #event = "";
  #skipLineFeed = false;
  #atStart = true;

  /** @param listener gets every complete event, in order, during `push` or `end` */
  constructor(listener: SseListener) {
    this.#listener = listener;
  }

  /**
   * Takes the next bytes; the array may be reused afterwards.
   *
   * @throws RangeError when one line grows beyond {@link MAX_EVENT_BYTES}
   */
  push(bytes: Uint8Array): void {
    let from = 0;
    if (this.#skipLineFeed && bytes.length > 0) {
      if (bytes[0] === LF) from = 1;
      this.#skipLineFeed = false;
    }
    // Most servers never send CR: then the native search finds each line end.
    const hasReturn = bytes.indexOf(CR, from) >= 0;
    while (from < bytes.length) {
      const end = hasReturn ? lineEnd(bytes, from) : bytes.indexOf(LF, from);
      if (end < 0) return this.#keep(bytes.subarray(from));
      this.#line(this.#complete(bytes.subarray(from, end)));
      from = end + 1;
      if (bytes[end] === CR) {
        if (from === bytes.length) this.#skipLineFeed = true;
        else if (bytes[from] === LF) from++;
      }
    }
  }

  /** True where an event may begin: after a whole one, with nothing kept of the next. */
  get isBetween(): boolean {
    return this.#partialLength === 0 && this.#data === undefined && this.#event === "" &&
      !this.#skipLineFeed &&
      !this.#atStart;
  }

  /**
   * Tells that no more bytes come. An event whose blank line is missing is handed over all the same: many servers close
   * right after the last one. It may be cut, so its reader must not take a parse failure here for more than that.
   */
  end(): void {
    if (this.#partialLength > 0) this.#line(this.#complete(new Uint8Array(0)));
    this.#dispatch();
  }

  #keep(rest: Uint8Array): void {
    const length = this.#partialLength + rest.length;
    if (length > MAX_EVENT_BYTES) {
      throw new RangeError(
        `Cannot read event stream: a line of ${length} bytes, wanted at most ${MAX_EVENT_BYTES}`,
      );
    }
    if (length > this.#partial.length) {
      const grown = new Uint8Array(Math.max(256, length * 2));
      grown.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = grown;
    }
    this.#partial.set(rest, this.#partialLength);
    this.#partialLength = length;
  }

  #complete(tail: Uint8Array): Uint8Array {
    if (this.#partialLength === 0) return tail;
    this.#keep(tail);
    const line = this.#partial.subarray(0, this.#partialLength);
    this.#partialLength = 0;
    return line;
  }

  #line(line: Uint8Array): void {
    if (this.#atStart) {
      this.#atStart = false;
      if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) line = line.subarray(3);
    }
    if (line.length === 0) return this.#dispatch();
    if (line[0] === COLON) return;
    const colon = line.indexOf(COLON);
    const nameEnd = colon < 0 ? line.length : colon;
    const valueStart = colon < 0 ? line.length : colon + (line[colon + 1] === SPACE ? 2 : 1);
    if (isField(line, nameEnd, "data")) this.#addData(this.#decoder.decode(line.subarray(valueStart)));
    else if (isField(line, nameEnd, "event")) this.#event = this.#decoder.decode(line.subarray(valueStart));
  }

  #addData(value: string): void {
    if (this.#data === undefined) this.#data = value;
    else if (this.#data.length + value.length > MAX_EVENT_BYTES) {
      throw new RangeError(
        `Cannot read event stream: an event above ${MAX_EVENT_BYTES} bytes, wanted a smaller one`,
      );
    } else this.#data += "\n" + value;
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    this.#data = undefined;
    this.#event = "";
    if (data !== undefined) this.#listener(data, event === "" ? "message" : event);
  }
}

function lineEnd(bytes: Uint8Array, from: number): number {
  for (let i = from; i < bytes.length; i++) {
    if (bytes[i] === LF || bytes[i] === CR) return i;
  }
  return -1;
}

function isField(line: Uint8Array, length: number, name: string): boolean {
  if (length !== name.length) return false;
  for (let i = 0; i < length; i++) {
    if (line[i] !== name.charCodeAt(i)) return false;
  }
  return true;
}
