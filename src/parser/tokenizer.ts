/**
 * Reads one line at a time from the bytes of an exposition text.
 *
 * Sources: Prometheus text format 0.0.4 / 1.0.0
 * (https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md) and OpenMetrics 1.0
 * (https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md).
 *
 * @module
 */
import type { ByteSource } from "./byte_table.ts";
import {
  BLANK,
  BYTE_CLASS,
  CARRIAGE_RETURN,
  COLON,
  decodeUtf8,
  HASH,
  LABEL_PART,
  NAME_PART,
  NAME_START,
  NEWLINE,
  OPEN_BRACE,
  SPACE,
} from "./bytes.ts";
import type { Grammar } from "./grammar.ts";
import { LabelReader } from "./label_reader.ts";
import { type NativeHistogram, parseNativeHistogram } from "./native_histogram.ts";
import { NumberReader, parseNumber } from "./number.ts";
import { TextCache } from "./text_cache.ts";
import type { Exemplar, Labels } from "./types.ts";

/** "Exemplar labels MUST NOT exceed 128 UTF-8 character code points" (OpenMetrics 1.0, Exemplars). */
const LONGEST_EXEMPLAR_LABELS = 128;

/**
 * A cursor over a text, whose last byte must be a newline. {@link LineTokenizer.readSample} fills the fields; they
 * hold until the next call. Label objects are frozen: lines with the same label text share one.
 */
export class LineTokenizer {
  name = "";
  value = NaN;
  /** NaN where the line states none. */
  timestampSeconds = NaN;
  exemplar: Exemplar | undefined;
  native: NativeHistogram | undefined;
  /** Where the value begins: everything before it names the series. */
  valueStart = 0;
  /** Why the last read failed. */
  fault = "";

  readonly #source: ByteSource;
  readonly #bytes: Uint8Array;
  readonly #grammar: Grammar;
  readonly #cache: TextCache;
  readonly #labels: LabelReader;
  readonly #numbers = new NumberReader();
  #nameStart = 0;
  #nameEnd = 0;
  #unquotedName = "";

  /** @param cache where names and labels are kept; pass one to share it between texts */
  constructor(source: ByteSource, grammar: Grammar, cache: TextCache = new TextCache()) {
    this.#source = source;
    this.#bytes = source.bytes;
    this.#grammar = grammar;
    this.#cache = cache;
    this.#labels = new LabelReader(source, grammar, cache);
  }

  get labels(): Labels {
    return this.#labels.labels;
  }

  /** See {@link LabelReader.labelsId}. */
  get labelsId(): number {
    return this.#labels.labelsId;
  }

  /**
   * Reads the sample that begins at `start`, a byte that is neither blank nor a newline nor `#`.
   *
   * @returns where the next line begins, or -1 with {@link fault} set
   */
  readSample(start: number): number {
    this.exemplar = undefined;
    this.native = undefined;
    this.timestampSeconds = NaN;
    let at = this.#readName(start);
    if (at < 0) return -1;
    const blanksAt = at;
    if (!this.#exactBlanks) at = this.#skipBlanks(at);
    if (this.#bytes[at] === OPEN_BRACE && !(at > blanksAt && this.#isNative(at))) {
      at = this.#readLabels(at + 1);
      if (at < 0) return -1;
      at = this.#readSeparator(at);
    } else {
      if (this.name === "") return this.#fail("no metric name");
      this.#labels.clear();
      if (at === blanksAt && (BYTE_CLASS[this.#bytes[at]!]! & BLANK) === 0) {
        return this.#fail(this.#afterName(at));
      }
      if (this.#exactBlanks) at = this.#readSeparator(at);
    }
    if (at < 0) return -1;
    this.valueStart = at;
    return this.#readRest(at);
  }

  /**
   * Reads the value at `start` and what follows it, for a line whose series is known.
   *
   * @returns as {@link readSample}
   */
  readValue(start: number): number {
    this.exemplar = undefined;
    this.native = undefined;
    this.timestampSeconds = NaN;
    return this.#readRest(start);
  }

  /** Where the value of the sample at `start` must begin if the line is sound, or -1. Makes no strings. */
  findValue(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    while ((BYTE_CLASS[bytes[at]!]! & NAME_PART) !== 0) at++;
    at = this.#skipBlanks(at);
    if (bytes[at] !== OPEN_BRACE) return at;
    const close = this.#labels.findClose(at + 1);
    return close < 0 ? -1 : this.#skipBlanks(close + 1);
  }

  /** OpenMetrics separates by exactly one space; Prometheus text by any number of blanks and tabs. */
  get #exactBlanks(): boolean {
    return this.#grammar.strict && this.#grammar.openMetrics;
  }

  #fail(reason: string): -1 {
    this.fault = reason;
    return -1;
  }

  #skipBlanks(start: number): number {
    let at = start;
    while ((BYTE_CLASS[this.#bytes[at]!]! & BLANK) !== 0) at++;
    return at;
  }

  /** Between the closing brace (or the name) and the value. */
  #readSeparator(at: number): number {
    if (!this.#exactBlanks) return this.#skipBlanks(at);
    return this.#bytes[at] === SPACE ? at + 1 : this.#fail("no single space before the value");
  }

  #afterName(at: number): string {
    const byte = this.#bytes[at]!;
    return byte === NEWLINE || byte === CARRIAGE_RETURN
      ? "no value"
      : "metric name has a character that needs quotes";
  }

  /** An unquoted name, or nothing where the braces come first. */
  #readName(start: number): number {
    const bytes = this.#bytes;
    if ((BYTE_CLASS[bytes[start]!]! & NAME_START) === 0) {
      this.name = "";
      return bytes[start] === OPEN_BRACE ? start : this.#fail("no metric name");
    }
    // Lines of one metric follow each other: the name before is most often this one, too.
    const back = start - this.#nameStart;
    const sameEnd = start + this.#nameEnd - this.#nameStart;
    let at = start;
    while (at < sameEnd && bytes[at] === bytes[at - back]) at++;
    const same = at === sameEnd;
    while ((BYTE_CLASS[bytes[at]!]! & NAME_PART) !== 0) at++;
    if (!same || at !== sameEnd || this.#unquotedName === "") {
      this.#unquotedName = this.#cache.strings.get(this.#source, start, at)!;
    }
    this.name = this.#unquotedName;
    this.#nameStart = start;
    this.#nameEnd = at;
    return at;
  }

  /** From after the opening brace to after the closing one. */
  #readLabels(start: number): number {
    const end = this.#labels.read(start, this.name !== "");
    if (end < 0) return this.#fail(this.#labels.fault);
    if (this.name === "") this.name = this.#labels.metricName ?? "";
    return this.name === "" ? this.#fail("no metric name") : end;
  }

  /** From the value to the end of the line. */
  #readRest(start: number): number {
    const bytes = this.#bytes;
    if (this.#grammar.openMetrics && bytes[start] === OPEN_BRACE) return this.#readNative(start);
    let at = tokenEnd(bytes, start);
    if (at === start) return this.#fail("no value");
    const value = parseNumber(bytes, start, at, this.#numbers);
    if (value === undefined) return this.#fail("value is not a number");
    this.value = value;
    if (bytes[at] === NEWLINE) return at + 1;
    at = this.#nextToken(at);
    if (at >= 0 && bytes[at] !== NEWLINE && bytes[at] !== HASH) at = this.#readTimestamp(at);
    if (at >= 0 && bytes[at] === HASH) at = this.#readExemplar(at);
    if (at < 0) return -1;
    return bytes[at] === NEWLINE ? at + 1 : this.#fail("text after the sample");
  }

  /** Over the blanks between two tokens, and over what may end a line. */
  #nextToken(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] === NEWLINE) return start;
    if (this.#exactBlanks) {
      if (bytes[start] !== SPACE) return this.#fail("tokens are not separated by one space");
      const next = bytes[start + 1]!;
      return next === NEWLINE || (BYTE_CLASS[next]! & BLANK) !== 0 ? this.#fail("space too many") : start + 1;
    }
    const at = this.#skipBlanks(start);
    if (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === NEWLINE && !this.#grammar.strict) return at + 1;
    return at;
  }

  #readTimestamp(start: number): number {
    const end = tokenEnd(this.#bytes, start);
    const seconds = this.#parseTimestamp(start, end, this.#grammar.openMetrics);
    if (seconds === undefined) return this.#fail("timestamp is not a number");
    this.timestampSeconds = seconds;
    return this.#nextToken(end);
  }

  /** OpenMetrics counts seconds, Prometheus text milliseconds. */
  #parseTimestamp(start: number, end: number, inSeconds: boolean): number | undefined {
    const value = parseNumber(this.#bytes, start, end, this.#numbers);
    if (value === undefined || !Number.isFinite(value)) return undefined;
    if (inSeconds) return value;
    // "The timestamp is an int64 (milliseconds since epoch)".
    if (this.#grammar.strict && !isInteger(this.#bytes, start, end)) return undefined;
    return value / 1000;
  }

  /** With a cache of its own: trace ids are new each time. */
  #exemplarLabels: LabelReader | undefined;

  #readExemplar(start: number): number {
    const { openMetrics, strict } = this.#grammar;
    const bytes = this.#bytes;
    if (strict && !openMetrics) return this.#fail("exemplar in Prometheus text");
    let at = this.#nextToken(start + 1);
    if (at < 0) return -1;
    if (bytes[at] !== OPEN_BRACE) return this.#fail("exemplar without labels");
    const reader = this.#exemplarLabels ??= new LabelReader(this.#source, this.#grammar, new TextCache());
    at = reader.read(at + 1, true);
    if (at < 0) return this.#fail(reader.fault);
    const { labels } = reader;
    if (strict && exemplarLength(labels) > LONGEST_EXEMPLAR_LABELS) {
      return this.#fail("exemplar labels are longer than 128 characters");
    }
    at = this.#readSeparator(at);
    return at < 0 ? -1 : this.#readExemplarValue(at, labels);
  }

  #readExemplarValue(start: number, labels: Labels): number {
    const bytes = this.#bytes;
    const end = tokenEnd(bytes, start);
    const value = parseNumber(bytes, start, end, this.#numbers);
    if (value === undefined) return this.#fail("exemplar value is not a number");
    let at = this.#nextToken(end);
    if (at < 0) return -1;
    if (bytes[at] === NEWLINE) {
      this.exemplar = { labels, value };
      return at;
    }
    const timeEnd = tokenEnd(bytes, at);
    const timestampSeconds = this.#parseTimestamp(at, timeEnd, true);
    if (timestampSeconds === undefined) return this.#fail("exemplar timestamp is not a number");
    this.exemplar = { labels, value, timestampSeconds };
    at = this.#nextToken(timeEnd);
    return at;
  }

  /** Whether braces after a blank hold a native histogram (`{count:…`) and not labels. */
  #isNative(start: number): boolean {
    if (!this.#grammar.openMetrics) return false;
    let at = start + 1;
    while ((BYTE_CLASS[this.#bytes[at]!]! & LABEL_PART) !== 0) at++;
    return this.#bytes[at] === COLON;
  }

  #readNative(start: number): number {
    const bytes = this.#bytes;
    const end = bytes.indexOf(NEWLINE, start);
    const native = parseNativeHistogram(decodeUtf8(bytes, start, end) ?? "");
    if (native === undefined) return this.#fail("native histogram that cannot be read");
    this.native = native;
    this.value = NaN;
    return end + 1;
  }
}

function tokenEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  for (
    let byte = bytes[at]!;
    byte !== SPACE && byte !== NEWLINE && byte !== 0x09 && byte !== CARRIAGE_RETURN;
  ) {
    byte = bytes[++at]!;
  }
  return at;
}

function isInteger(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === 0x2d || bytes[start] === 0x2b ? start + 1 : start;
  if (at === end) return false;
  for (; at < end; at++) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false;
  return true;
}

function exemplarLength(labels: Labels): number {
  let length = 0;
  for (const [name, value] of Object.entries(labels)) length += [...name].length + [...value].length;
  return length;
}
