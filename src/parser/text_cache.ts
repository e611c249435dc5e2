/**
 * Strings and label sets by their bytes, so that a text which looks like the one before costs no new strings.
 *
 * @module
 */
import { type ByteSource, byteSource, ByteTable, hashBytes } from "./byte_table.ts";
import { decodeUtf8 } from "./bytes.ts";
import { escapeQuoted } from "./escaping.ts";
import type { Labels } from "./types.ts";

/** The labels of a sample without braces. */
export const NO_LABELS: Labels = Object.freeze({});

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

/** What {@link LabelTable.add} keeps. */
export interface LabelEntry {
  readonly hash: number;
  /** Frozen, since many samples share it. */
  readonly labels: Labels;
  /** Whether the text is how the table itself would write it: see {@link LabelTable}. */
  readonly canonical: boolean;
}

/**
 * Label sets by the text between the braces. All spellings of one set share the number of its canonical text: names
 * ascending, no blanks, no escapes but the necessary ones.
 */
export class LabelTable {
  readonly #table = new ByteTable();
  readonly #sets: Labels[] = [];
  readonly #canonicalIds: number[] = [];

  constructor() {
    const empty = byteSource(new Uint8Array(0));
    this.add(empty, 0, 0, { hash: hashBytes(empty, 0, 0), labels: NO_LABELS, canonical: true });
  }

  /** How many texts it has. */
  get size(): number {
    return this.#table.size;
  }

  /** How many bytes its texts have. */
  get byteLength(): number {
    return this.#table.byteLength;
  }

  /** The number of the text `[start, end)`, or -1 when it is not kept. */
  find(source: ByteSource, start: number, end: number, hash: number): number {
    return this.#table.find(source, start, end, hash);
  }

  /** The labels of a text. */
  labelsOf(id: number): Labels {
    return this.#sets[id]!;
  }

  /** The number of the label set that a text spells; -1 when its canonical text found no place. */
  canonicalId(id: number): number {
    return this.#canonicalIds[id]!;
  }

  /** Keeps a text that is not there yet and gives its number; -1 when it finds no place. */
  add(source: ByteSource, start: number, end: number, entry: LabelEntry): number {
    const added = this.#table.add(source, start, end, entry.hash);
    if (added < 0) return -1;
    this.#sets[added] = entry.labels;
    this.#canonicalIds[added] = added;
    if (!entry.canonical) this.#canonicalIds[added] = this.idOf(entry.labels);
    return added;
  }

  /** The number of a label set, kept under its canonical text; -1 when that finds no place. */
  idOf(labels: Labels): number {
    const text = byteSource(new TextEncoder().encode(canonicalText(labels)));
    const end = text.bytes.length;
    const hash = hashBytes(text, 0, end);
    const found = this.#table.find(text, 0, end, hash);
    return found >= 0 ? found : this.add(text, 0, end, { hash, labels, canonical: true });
  }
}

/** One text for each label set; names that need quotes get none here, which is no matter for telling sets apart. */
function canonicalText(labels: Labels): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1);
  return pairs.map(([name, value]) => `${JSON.stringify(name).slice(1, -1)}="${escapeQuoted(value)}"`).join(
    ",",
  );
}

/** Both tables. Texts read with different grammars must not share one: what one accepts the other may not. */
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
 * The cache that successive tolerant parses share: nothing but memory of what bytes mean, so that a caller cannot tell
 * whether it was there.
 */
export function sharedTextCache(): TextCache {
  return shared;
}

/** Call when a parse is done: lets the shared cache go when it has grown too large. */
export function trimSharedTextCache(): void {
  if (shared.byteLength > LARGEST_SHARED_CACHE) shared = new TextCache();
}
