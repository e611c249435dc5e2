/**
 * Strings and label sets by their bytes, so that a text which looks like the one before costs no new strings.
 *
 * @module
 */
import { type ByteSource, byteSource, ByteTable, hashBytes } from "./byte_table.ts";
import { CLOSE_BRACE, decodeUtf8 } from "./bytes.ts";
import type { CommentLine } from "./comments.ts";
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
  /** For each text the one that came after it last: scrapes repeat themselves. */
  readonly #next: number[] = [];
  #current = 0;

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

  /**
   * The number of the text that begins at `start` and ends with a brace, if it is the one that came next the last time;
   * otherwise -1, and {@link find} knows.
   */
  predict(source: ByteSource, start: number): number {
    const next = this.#next[this.#current]!;
    const end = start + this.#table.lengthOf(next);
    if (source.bytes[end] !== CLOSE_BRACE || !this.#table.equals(next, source, start, end)) return -1;
    this.#current = next;
    return next;
  }

  /** How long a text is. */
  lengthOf(id: number): number {
    return this.#table.lengthOf(id);
  }

  /** The number of the text `[start, end)`, or -1 when it is not kept. */
  find(source: ByteSource, start: number, end: number, hash: number): number {
    const found = this.#table.find(source, start, end, hash);
    if (found >= 0) this.#follow(found);
    return found;
  }

  #follow(id: number): void {
    this.#next[this.#current] = id;
    this.#current = id;
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
    this.#next[added] = added;
    this.#follow(added);
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

/** Comment lines by their bytes. */
export class CommentTable {
  readonly #table = new ByteTable();
  readonly #lines: CommentLine[] = [];

  /** How many bytes its lines have. */
  get byteLength(): number {
    return this.#table.byteLength;
  }

  /** What the line `[start, end)` says: known, or told by `read`. */
  get(source: ByteSource, start: number, end: number, read: () => CommentLine): CommentLine {
    const hash = hashBytes(source, start, end);
    const found = this.#table.find(source, start, end, hash);
    if (found >= 0) return this.#lines[found]!;
    const line = read();
    const added = this.#table.add(source, start, end, hash);
    if (added >= 0) this.#lines[added] = line;
    return line;
  }
}

/** All tables. Texts read with different grammars must not share them: what one accepts the other may not. */
export class TextCache {
  readonly strings: StringTable;
  readonly labels: LabelTable;
  readonly comments = new CommentTable();

  constructor(strings: StringTable = new StringTable(), labels: LabelTable = new LabelTable()) {
    this.strings = strings;
    this.labels = labels;
  }

  /** For the same target's texts of another format: comments mean other things there. */
  withoutComments(): TextCache {
    return new TextCache(this.strings, this.labels);
  }

  /** How many bytes of text it keeps; with the objects made of them about four times as much memory. */
  get byteLength(): number {
    return this.strings.byteLength + this.labels.byteLength + this.comments.byteLength;
  }
}

/** A shared cache that has grown beyond the first is let go, and beyond the second if the text just read is far smaller. */
const LARGEST_SHARED_CACHE = 8 * 1024 * 1024;
const SMALL_SHARED_CACHE = 1024 * 1024;

const shared = { prometheus: new TextCache(), openMetrics: new TextCache() };

/**
 * The cache that successive tolerant parses of a format share: nothing but memory of what bytes mean, so that a caller
 * cannot tell whether it was there.
 */
export function sharedTextCache(openMetrics: boolean): TextCache {
  return openMetrics ? shared.openMetrics : shared.prometheus;
}

/**
 * Call when a parse is done, so that one odd text does not stay in memory.
 *
 * @param textLength of the text just read, in bytes
 */
export function trimSharedTextCache(openMetrics: boolean, textLength: number): void {
  const { byteLength } = sharedTextCache(openMetrics);
  const fits = byteLength <= SMALL_SHARED_CACHE ||
    (byteLength <= LARGEST_SHARED_CACHE && byteLength <= 4 * textLength);
  if (!fits) shared[openMetrics ? "openMetrics" : "prometheus"] = new TextCache();
}
