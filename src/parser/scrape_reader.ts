/**
 * Repeated scrapes of one target, in columns.
 *
 * @module
 */
import {
  ANY_TEXT,
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  FUNCTION,
  NUMBER,
} from "../base/arguments.ts";
import type { SeriesDefinition } from "../series/types.ts";
import { type ByteSource, byteSource } from "./byte_table.ts";
import { BLANK, BYTE_CLASS, CARRIAGE_RETURN, HASH, NEWLINE, quoteLine } from "./bytes.ts";
import { CommentReader } from "./comments.ts";
import { FamilyIndex, type OpenFamily } from "./families.ts";
import { formatOfContentType, type Grammar } from "./grammar.ts";
import { LineMemory } from "./line_memory.ts";
import { NumberReader } from "./number.ts";
import { checkSize, DEFAULT_MAX_BYTES, skipByteOrderMark, withFinalNewline } from "./parse.ts";
import { ScrapeColumns } from "./scrape_columns.ts";
import type { ScrapeView } from "./scrape_view.ts";
import { SeriesIndex } from "./series_index.ts";
import { TextCache } from "./text_cache.ts";
import { LineTokenizer } from "./tokenizer.ts";
import type { Labels, ParseError } from "./types.ts";

/** How a {@link ScrapeReader} reads. */
export interface ScrapeReaderOptions {
  /** Told of every line that is given up. */
  readonly onError?: (error: ParseError) => void;
  /** Largest body in bytes; default 64 MiB. */
  readonly maxBytes?: number;
}

const CHECKS: Checks<ScrapeReaderOptions> = { onError: FUNCTION, maxBytes: NUMBER };

const BYTES: Check = { wanted: "bytes, a Uint8Array", accepts: (value) => value instanceof Uint8Array };

const COMMENT = -1;
const NOT_READ = -1;

/** Series and lines that are gone are forgotten when they outnumber those that are there, and are more than this. */
const MANY_GONE = 16384;

/** One body that is being read, and what reads its lines that are not known: made when there is one. */
class Body {
  readonly text: ByteSource;
  readonly openMetrics: boolean;
  readonly #cache: TextCache;
  #tokenizer: LineTokenizer | undefined;
  #comments: CommentReader | undefined;

  constructor(bytes: Uint8Array, openMetrics: boolean, cache: TextCache) {
    this.text = byteSource(bytes);
    this.openMetrics = openMetrics;
    this.#cache = cache;
  }

  get tokenizer(): LineTokenizer {
    return this.#tokenizer ??= new LineTokenizer(this.text, this.#grammar, this.#cache);
  }

  get comments(): CommentReader {
    return this.#comments ??= new CommentReader(this.text, this.#grammar, this.#cache);
  }

  get #grammar(): Grammar {
    return { openMetrics: this.openMetrics, strict: false, quotedNames: true };
  }
}

/**
 * Reads the scrapes of one target, one after the other, and remembers its series: each gets a small integer at first
 * sight and keeps it. Always tolerant: a line that cannot be read costs that line. It keeps nothing of a body alive.
 *
 * A line that came before is known by its bytes (see {@link LineMemory}), so that a repeated scrape costs a comparison
 * and a number per line and makes no objects. A series that occurs again in one text counts once, the first time,
 * unless the later line states a time. Native histograms are given up. Series that are gone are forgotten when they outnumber
 * the living (and are many); one that comes back after that gets a new id.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ScrapeReader } from "#lab";
 * const reader = new ScrapeReader();
 * const read = (text: string) => reader.read(new TextEncoder().encode(text), 0, "text/plain");
 * assert.equal(read('up{job="a"} 1\nup{job="b"} 0\n').defined.length, 2);
 * const view = read('up{job="b"} 1\n');
 * assert.deepEqual([...view.ids], [1]);
 * assert.deepEqual([...view.vanishedIds], [0]);
 * ```
 */
export class ScrapeReader {
  readonly #onError: ((error: ParseError) => void) | undefined;
  readonly #maxBytes: number;
  readonly #numbers = new NumberReader();
  readonly #columns = new ScrapeColumns();
  #series = new SeriesIndex();
  #memory = new LineMemory();
  #cache = new TextCache();
  #families = new FamilyIndex(false);
  #openMetrics = false;
  /** For each slot the number of the read that saw it last. */
  #lastRead = new Uint32Array(256);
  #reads = 0;
  #previousSlots = new Uint32Array(0);
  #ids = new Uint32Array(0);
  #defined: SeriesDefinition[] = [];
  #skippedLines = 0;
  #lineCounter = new LineCounter();
  #ended = false;

  /** Knows no series yet: the first body defines all of its own. */
  constructor(options: ScrapeReaderOptions = {}) {
    checkOptions<ScrapeReaderOptions>("new ScrapeReader()", options, CHECKS);
    this.#onError = options.onError;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /**
   * Reads one body. The view holds until the next call. An empty body is a scrape without series: all that were there
   * vanish.
   *
   * @param _timeSeconds when it was read, Unix seconds; values without a time of their own are of this time
   * @param contentType the Content-Type header, which says the format; absent: Prometheus text
   * @throws RangeError when the body is larger than `maxBytes`
   */
  read(body: Uint8Array, _timeSeconds: number, contentType?: string): ScrapeView {
    if (!(body instanceof Uint8Array)) checkArgument("reader.read(bytes, timeSeconds)", { body }, BYTES);
    if (contentType !== undefined) {
      checkArgument("reader.read(bytes, timeSeconds)", { contentType }, ANY_TEXT);
    }
    checkSize(body.length, this.#maxBytes);
    const openMetrics = formatOfContentType(contentType).format === "openmetrics";
    if (openMetrics !== this.#openMetrics) this.#changeFormat(openMetrics);
    if (this.#memory.size === 0) this.#memory = new LineMemory(body.length);
    this.#begin();
    this.#readLines(new Body(withFinalNewline(body), openMetrics, this.#cache));
    const view = this.#finish();
    this.#forgetGone();
    return view;
  }

  /** Lines mean other things now; series stay what they are. */
  #changeFormat(openMetrics: boolean): void {
    this.#openMetrics = openMetrics;
    this.#memory = new LineMemory();
    this.#cache = this.#cache.withoutComments();
    this.#families = new FamilyIndex(openMetrics);
  }

  #begin(): void {
    this.#reads++;
    this.#columns.clear();
    this.#memory.rewind();
    this.#defined = [];
    this.#definedName = "";
    this.#skippedLines = 0;
    this.#lineCounter = new LineCounter();
    this.#ended = false;
  }

  #readLines(body: Body): void {
    const { text } = body;
    const { length } = text.bytes;
    const memory = this.#memory;
    let at = skipByteOrderMark(text.bytes);
    while (at < length && !this.#ended) {
      const next = memory.predict(text, at) ? this.#readKnown(body, at) : NOT_READ;
      at = next === NOT_READ ? this.#readOther(body, at) : next;
    }
    while (at < length) at = this.#readOther(body, at);
    if (body.openMetrics && !this.#ended) {
      this.#report(body, length, "no # EOF at the end: the text may be cut off");
    }
  }

  /**
   * A line whose head is the memory's current one. {@link NOT_READ} where no value follows: the head of `a 1` is also the
   * beginning of `a {b="c"} 1`.
   */
  #readKnown(body: Body, start: number): number {
    const slot = this.#memory.payload;
    const valueAt = start + this.#memory.headLength;
    if (slot === COMMENT) return valueAt;
    const end = this.#numbers.read(body.text.bytes, valueAt);
    if (end < 0 || body.text.bytes[end] !== NEWLINE) return this.#readRest(body, start, slot, valueAt);
    if (this.#lastRead[slot] === this.#reads) return this.#skip(body, start, "series occurs twice");
    this.#lastRead[slot] = this.#reads;
    this.#columns.push(slot, this.#numbers.value);
    return end + 1;
  }

  /** What follows a known head and is more than a plain number. */
  #readRest(body: Body, start: number, slot: number, valueAt: number): number {
    const { tokenizer } = body;
    const next = tokenizer.readValue(valueAt);
    if (next < 0) return NOT_READ;
    if (tokenizer.native !== undefined) return this.#skip(body, start, "native histogram");
    return this.#record(body, slot) ? next : this.#skip(body, start, "series occurs twice");
  }

  /** Keeps what the tokenizer read; false where this read has the series already. */
  #record(body: Body, slot: number): boolean {
    const { value, timestampSeconds } = body.tokenizer;
    const timed = !Number.isNaN(timestampSeconds);
    if (this.#lastRead[slot] === this.#reads && !timed) return false;
    this.#lastRead[slot] = this.#reads;
    if (timed) this.#columns.pushAt(slot, value, timestampSeconds);
    else this.#columns.push(slot, value);
    return true;
  }

  /** A line that is not where it was, or is new, or is no line of a metric. */
  #readOther(body: Body, start: number): number {
    const { bytes } = body.text;
    let at = start;
    while ((BYTE_CLASS[bytes[at]!]! & BLANK) !== 0) at++;
    if (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === NEWLINE) at++;
    if (bytes[at] === NEWLINE) return at + 1;
    if (this.#ended) return this.#skip(body, start, "text after # EOF");
    if (bytes[at] === HASH) return this.#readComment(body, start, at);
    const head = body.tokenizer.findValue(at);
    if (head < 0 || !this.#memory.find(body.text, start, head)) return this.#readNew(body, start, at);
    const next = this.#readKnown(body, start);
    return next === NOT_READ ? this.#skip(body, start, body.tokenizer.fault) : next;
  }

  #readNew(body: Body, start: number, at: number): number {
    const { tokenizer } = body;
    const next = tokenizer.readSample(at);
    if (next < 0) return this.#skip(body, start, tokenizer.fault);
    if (tokenizer.native !== undefined) return this.#skip(body, start, "native histogram");
    const { name, labels, labelsId } = tokenizer;
    let slot = this.#series.find(name, labels, labelsId);
    if (slot < 0) slot = this.#define(name, labels, labelsId);
    this.#memory.add(body.text, start, tokenizer.valueStart, slot);
    return this.#record(body, slot) ? next : this.#skip(body, start, "series occurs twice");
  }

  #definedName = "";
  #definedFamily: OpenFamily | undefined;

  #define(name: string, labels: Labels, labelsId: number): number {
    const slot = this.#series.add(name, labels, labelsId);
    if (slot >= this.#lastRead.length) {
      const larger = new Uint32Array(this.#lastRead.length * 2);
      larger.set(this.#lastRead);
      this.#lastRead = larger;
    }
    const family = name === this.#definedName ? this.#definedFamily : this.#families.find(name);
    this.#definedName = name;
    this.#definedFamily = family;
    // OpenMetrics has births within the family of a counter; they are no counters themselves.
    const isBirth = family !== undefined && name !== family.name && name.endsWith("_created");
    this.#defined.push({
      id: this.#series.idOf(slot),
      name,
      labels,
      type: isBirth ? "gauge" : family?.type ?? this.#families.defaultType,
      ...(family?.help === undefined ? {} : { help: family.help }),
    });
    return slot;
  }

  #readComment(body: Body, start: number, at: number): number {
    const { text } = body;
    const end = text.bytes.indexOf(NEWLINE, at);
    if (this.#memory.find(text, start, end + 1)) return end + 1;
    const comment = body.comments.read(at, end);
    if (comment.kind === "fault") return this.#skip(body, start, comment.reason);
    if (comment.kind === "eof") {
      this.#ended = true;
      this.#memory.leave();
      return end + 1;
    }
    if (comment.kind !== "remark") {
      const family = this.#families.declare(comment.name);
      // What the server says now holds for series that are new from now on.
      if (comment.kind === "help") family.help = comment.text;
      else if (comment.kind === "type") family.type = comment.type;
      else family.unit = comment.text;
    }
    this.#memory.add(text, start, end + 1, COMMENT);
    return end + 1;
  }

  #skip(body: Body, start: number, reason: string): number {
    this.#skippedLines++;
    this.#memory.leave();
    this.#report(body, start, reason);
    return body.text.bytes.indexOf(NEWLINE, start) + 1;
  }

  #report({ text: { bytes } }: Body, start: number, reason: string): void {
    if (this.#onError === undefined) return;
    const end = bytes.indexOf(NEWLINE, start);
    const line = this.#lineCounter.lineAt(bytes, start);
    this.#onError({ line, reason, text: end < 0 ? "" : quoteLine(bytes, start, end) });
  }

  #finish(): ScrapeView {
    const { length, slots, values, hasTimestamps, timestampsSeconds } = this.#columns;
    if (this.#ids.length < length) this.#ids = new Uint32Array(values.length);
    const ids = this.#ids.subarray(0, length);
    const idOfSlot = this.#series.ids;
    for (let at = 0; at < length; at++) ids[at] = idOfSlot[slots[at]!]!;
    const vanishedIds = this.#vanishedIds();
    this.#previousSlots = slots.slice(0, length);
    return {
      ids,
      values: values.subarray(0, length),
      ...(hasTimestamps ? { timestampsSeconds } : {}),
      defined: this.#defined,
      vanishedIds,
      skippedLines: this.#skippedLines,
    };
  }

  /** What the read before had and this one has not. */
  #vanishedIds(): Uint32Array {
    const previous = this.#previousSlots;
    const lastRead = this.#lastRead;
    const reads = this.#reads;
    const vanished: number[] = [];
    for (let at = 0; at < previous.length; at++) {
      if (lastRead[previous[at]!] !== reads) vanished.push(this.#series.idOf(previous[at]!));
    }
    return Uint32Array.from(vanished);
  }

  /** Keeps memory in bounds under churn: labels that hold a pod's name or a process id. */
  #forgetGone(): void {
    const alive = this.#columns.length;
    const kept = Math.max(
      this.#series.size - alive,
      this.#cache.labels.size - alive,
      this.#memory.size - 2 * alive,
    );
    if (kept <= MANY_GONE + alive && this.#cache.byteLength <= this.#maxBytes) return;
    const live = new Set(this.#previousSlots);
    const cache = new TextCache();
    this.#series = this.#series.keepOnly(live, (labels) => cache.labels.idOf(labels));
    this.#cache = cache;
    this.#previousSlots = Uint32Array.from({ length: live.size }, (_, slot) => slot);
    this.#lastRead = new Uint32Array(Math.max(256, live.size * 2)).fill(0);
    this.#memory = new LineMemory();
  }
}

/** Counts lines as far as it is asked, each byte once. */
class LineCounter {
  #line = 1;
  #position = 0;

  /** The number of the line that begins at `position`, not before the one asked for last. */
  lineAt(bytes: Uint8Array, position: number): number {
    for (let at = bytes.indexOf(NEWLINE, this.#position); at >= 0 && at < position;) {
      this.#line++;
      this.#position = at + 1;
      at = bytes.indexOf(NEWLINE, at + 1);
    }
    return this.#line;
  }
}
