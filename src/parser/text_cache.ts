/**
 * Strings and label sets by their bytes, so that a text which looks like the one before costs no new strings.
 *
 * @module
 */
import { type ByteSource, ByteTable, hashBytes } from "./byte_table.ts";
import { decodeUtf8 } from "./bytes.ts";
import type { Labels } from "./types.ts";

/** Strings by their bytes, each decoded once. */
export class StringTable {
  readonly #table = new ByteTable();
  readonly #strings: string[] = [];

  /** How many bytes its strings have. */
  get byteLength(): number {
    return this.#table.byteLength;
  }

  /** The string in `[start, end)`, which does not keep the source alive; undefined when it is not UTF-8. */
  get(source: ByteSource, start: number, end: number): string | undefined {
    const hash = hashBytes(source, start, end);
    const found = this.#table.find(source, start, end, hash);
    if (found >= 0) return this.#strings[found];
    const text = decodeUtf8(source.bytes, start, end);
    if (text === undefined) return undefined;
    const added = this.#table.add(source, start, end, hash);
    if (added >= 0) this.#strings[added] = text;
    return text;
  }
}

/** Label sets by the text between the braces. They are frozen, since many samples share one. */
export class LabelTable {
  readonly #table = new ByteTable();
  readonly #sets: Labels[] = [];

  /** How many bytes its texts have. */
  get byteLength(): number {
    return this.#table.byteLength;
  }

  /** The labels of `[start, end)`, if that text was kept. */
  find(source: ByteSource, start: number, end: number, hash: number): Labels | undefined {
    const found = this.#table.find(source, start, end, hash);
    return found < 0 ? undefined : this.#sets[found];
  }

  /** Keeps the labels of a text that is not there yet. */
  add(source: ByteSource, start: number, end: number, hash: number, labels: Labels): void {
    const added = this.#table.add(source, start, end, hash);
    if (added >= 0) this.#sets[added] = labels;
  }
}

/** Both tables. */
export class TextCache {
  readonly strings = new StringTable();
  readonly labels = new LabelTable();

  /** How many bytes of text it keeps; with the objects made of them about four times as much memory. */
  get byteLength(): number {
    return this.strings.byteLength + this.labels.byteLength;
  }
}

/** A cache that has grown beyond this is let go, so that one odd text does not stay in memory. */
const LARGEST_SHARED_CACHE = 1024 * 1024;

let shared = new TextCache();

/**
 * The cache that successive parses share: nothing but memory of what bytes mean, so that a caller cannot tell whether it
 * was there.
 */
export function sharedTextCache(): TextCache {
  return shared;
}

/** Call when a parse is done: lets the shared cache go when it has grown too large. */
export function trimSharedTextCache(): void {
  if (shared.byteLength > LARGEST_SHARED_CACHE) shared = new TextCache();
}
