/**
 * The lines that a target has sent before, and which followed which.
 *
 * @module
 */
import { type ByteSource, byteSource, ByteTable, hashBytes } from "./byte_table.ts";

const NONE = -1;

/** A line of a vLLM scrape is a little longer. */
const ROOM_FOR_LINE = 100;

/**
 * Remembers lines by their beginning ("head"): of a sample all that comes before its value, of a comment the whole line. A
 * scrape mostly repeats the one before, so the line after a known one is known, too: {@link LineMemory.predict}
 * compares it byte for byte, and only a line that is not where it was is looked for by its hash. For each line two
 * followers are kept, so that series which come and go every other scrape are found both times.
 */
export class LineMemory {
  readonly #table: ByteTable;
  #heads: ByteSource = byteSource(new Uint8Array(0));
  #offsets = new Uint32Array(1);
  /** What the caller keeps with a line: an id, or below 0 for a comment. */
  #payloads = new Int32Array(256);
  /** Heads of ASCII without NUL, which can be compared eight bytes at a time. */
  #plain = new Uint8Array(256);
  /** Two followers per line; the first is the one seen last. The last line's follower is the first line. */
  #followers = new Int32Array(512).fill(NONE);
  #current = NONE;
  #first = NONE;

  /** @param textLength of the texts to come, in bytes: room is made for their lines at once */
  constructor(textLength = 0) {
    this.#table = new ByteTable({ strings: textLength / ROOM_FOR_LINE, bytes: textLength });
  }

  /** How many lines it knows. */
  get size(): number {
    return this.#table.size;
  }

  /** How many bytes their heads have. */
  get byteLength(): number {
    return this.#table.byteLength;
  }

  /** Before the first line of a text. */
  rewind(): void {
    this.#current = NONE;
  }

  /**
   * Whether the line at `start` is one of the two that followed here before. If so it becomes the current line; see
   * {@link payload} and {@link headLength}.
   */
  predict(text: ByteSource, start: number): boolean {
    const current = this.#current;
    const first = current === NONE ? this.#first : this.#followers[current * 2]!;
    if (first !== NONE && this.#matches(first, text, start)) {
      this.#current = first;
      return true;
    }
    if (current === NONE) return false;
    const second = this.#followers[current * 2 + 1]!;
    if (second === NONE || !this.#matches(second, text, start)) return false;
    this.#follow(second);
    return true;
  }

  /** Looks for the head `[start, end)` wherever it stood before; if it is known it becomes the current line. */
  find(text: ByteSource, start: number, end: number): boolean {
    this.#hash = hashBytes(text, start, end);
    this.#hashed = end;
    const found = this.#table.find(text, start, end, this.#hash);
    if (found < 0) return false;
    this.#follow(found);
    return true;
  }

  /** The hash of what was looked for last, and where that ended: what is not found is added next. */
  #hash = 0;
  #hashed = NONE;

  /** Adds the head `[start, end)`, which was looked for just before and is not known, as the current line. A head that finds no place is not kept. */
  add(text: ByteSource, start: number, end: number, payload: number): void {
    const hash = end === this.#hashed ? this.#hash : hashBytes(text, start, end);
    const added = this.#table.add(text, start, end, hash);
    if (added < 0) {
      this.#current = NONE;
      return;
    }
    this.#heads = this.#table.arena;
    this.#offsets = this.#table.offsets;
    if (added >= this.#payloads.length) this.#grow();
    this.#payloads[added] = payload;
    this.#plain[added] = isPlain(text.bytes, start, end) ? 1 : 0;
    this.#follow(added);
  }

  /** Of the current line. */
  get payload(): number {
    return this.#payloads[this.#current]!;
  }

  /** Of the current line. */
  get headLength(): number {
    return this.#offsets[this.#current + 1]! - this.#offsets[this.#current]!;
  }

  /** A line that is not kept: what follows it is looked for by hash. */
  leave(): void {
    this.#current = NONE;
  }

  #follow(line: number): void {
    const current = this.#current;
    if (current === NONE) this.#first = this.#first === NONE ? line : this.#first;
    else if (this.#followers[current * 2] !== line) {
      this.#followers[current * 2 + 1] = this.#followers[current * 2]!;
      this.#followers[current * 2] = line;
    }
    this.#current = line;
  }

  /** Two plain words of eight bytes are equal as doubles only if their bits are: they are neither 0 nor NaN. */
  #matches(line: number, text: ByteSource, start: number): boolean {
    const offset = this.#offsets[line]!;
    const length = this.#offsets[line + 1]! - offset;
    const { bytes, view } = text;
    if (start + length > bytes.length) return false;
    const heads = this.#heads;
    if (length >= 8 && this.#plain[line] === 1) {
      const last = length - 8;
      for (let at = 0; at < last; at += 8) {
        if (view.getFloat64(start + at, true) !== heads.view.getFloat64(offset + at, true)) return false;
      }
      return view.getFloat64(start + last, true) === heads.view.getFloat64(offset + last, true);
    }
    for (let at = 0; at < length; at++) {
      if (bytes[start + at] !== heads.bytes[offset + at]) return false;
    }
    return true;
  }

  #grow(): void {
    const payloads = new Int32Array(this.#payloads.length * 2);
    payloads.set(this.#payloads);
    const plain = new Uint8Array(this.#plain.length * 2);
    plain.set(this.#plain);
    const followers = new Int32Array(this.#followers.length * 2).fill(NONE);
    followers.set(this.#followers);
    this.#payloads = payloads;
    this.#plain = plain;
    this.#followers = followers;
  }
}

function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] === 0 || bytes[at]! >= 0x80) return false;
  }
  return true;
}
