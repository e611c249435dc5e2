/**
 * Reads one line at a time from the bytes of an exposition text.
 *
 * Sources: Prometheus text format 0.0.4 / 1.0.0
 * (https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md) and OpenMetrics 1.0
 * (https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md).
 *
 * @module
 */
import { type ByteSource, hashBytes } from "./byte_table.ts";
import {
  BACKSLASH,
  BLANK,
  BYTE_CLASS,
  CARRIAGE_RETURN,
  CLOSE_BRACE,
  COLON,
  COMMA,
  decodeUtf8,
  EQUALS,
  HASH,
  LABEL_PART,
  LABEL_START,
  NAME_PART,
  NAME_START,
  NEWLINE,
  OPEN_BRACE,
  QUOTE,
  SPACE,
} from "./bytes.ts";
import type { Grammar } from "./grammar.ts";
import { type NativeHistogram, parseNativeHistogram } from "./native_histogram.ts";
import { NumberReader, parseNumber } from "./number.ts";
import { TextCache } from "./text_cache.ts";
import type { Exemplar, Labels } from "./types.ts";

const NO_LABELS: Labels = Object.freeze({});

/** Above so many labels, doubles are looked for in a set. */
const FEW_LABELS = 16;

/** "Exemplar labels MUST NOT exceed 128 UTF-8 character code points" (OpenMetrics 1.0, Exemplars). */
const LONGEST_EXEMPLAR_LABELS = 128;

/**
 * A cursor over a text, whose last byte must be a newline. {@link LineTokenizer.readSample} fills the fields; they
 * hold until the next call. Label objects are frozen: lines with the same label text share one.
 */
export class LineTokenizer {
  name = "";
  labels: Labels = NO_LABELS;
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
  readonly #numbers = new NumberReader();
  #nameStart = 0;
  #nameEnd = 0;
  #unquotedName = "";
  #quotedName: string | undefined;

  /** @param cache where names and labels are kept; pass one to share it between texts */
  constructor(source: ByteSource, grammar: Grammar, cache: TextCache = new TextCache()) {
    this.#source = source;
    this.#bytes = source.bytes;
    this.#grammar = grammar;
    this.#cache = cache;
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
      if (this.#quotedName !== undefined) this.name = this.#quotedName;
      else if (this.name === "") return this.#fail("no metric name");
      at = this.#readSeparator(at);
    } else {
      if (this.name === "") return this.#fail("no metric name");
      this.labels = NO_LABELS;
      if (at === blanksAt && (BYTE_CLASS[this.#bytes[at]!]! & BLANK) === 0) {
        return this.#fail(this.#afterName(at));
      }
      if (this.#exactBlanks) at = this.#readSeparator(at);
    }
    if (at < 0) return -1;
    this.valueStart = at;
    return this.#readRest(at);
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
    this.#quotedName = undefined;
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
    if (this.name === "") return this.#parseLabels(start);
    const close = this.#findClose(start);
    // The detailed reader knows what is wrong.
    if (close < 0) return this.#parseLabels(start);
    const hash = hashBytes(this.#source, start, close);
    const found = this.#cache.labels.find(this.#source, start, close, hash);
    if (found !== undefined) {
      this.labels = found;
      return close + 1;
    }
    const end = this.#parseLabels(start);
    // A brace that was skipped within wrong quotes shows as another end: such a text is not kept.
    if (end === close + 1 && this.#quotedName === undefined) {
      this.#cache.labels.add(this.#source, start, close, hash, this.labels);
    }
    return end;
  }

  /** The closing brace outside quotes, or -1. */
  #findClose(start: number): number {
    const bytes = this.#bytes;
    for (let at = start;; at++) {
      let byte = bytes[at]!;
      while (byte !== QUOTE && byte !== CLOSE_BRACE && byte !== NEWLINE) byte = bytes[++at]!;
      if (byte === CLOSE_BRACE) return at;
      if (byte === NEWLINE) return -1;
      byte = bytes[++at]!;
      while (byte !== QUOTE && byte !== NEWLINE) {
        if (byte === BACKSLASH && bytes[at + 1] !== NEWLINE) at++;
        byte = bytes[++at]!;
      }
      if (byte === NEWLINE) return -1;
    }
  }

  #parseLabels(start: number): number {
    const bytes = this.#bytes;
    const labels: Record<string, string> = {};
    const seen: string[] = [];
    let many: Set<string> | undefined;
    let at = this.#skipBlanks(start);
    let afterComma = false;
    while (bytes[at] !== CLOSE_BRACE) {
      const term = this.#readLabelName(at);
      if (term < 0) return -1;
      at = this.#skipBlanks(term);
      const label = this.#text;
      if (this.#textQuoted && bytes[at] !== EQUALS) {
        if (!this.#takeQuotedName(label, seen.length > 0)) return -1;
      } else {
        if (bytes[at] !== EQUALS) return this.#fail("label without =");
        at = this.#readQuoted(this.#skipBlanks(at + 1), "label value is not in quotes");
        if (at < 0) return -1;
        const value = this.#text;
        if (many === undefined && seen.length >= FEW_LABELS) many = new Set(seen);
        if (many === undefined ? seen.includes(label) : many.has(label)) {
          return this.#fail("label occurs twice");
        }
        many?.add(label);
        seen.push(label);
        if (!this.#setLabel(labels, label, value)) return -1;
        at = this.#skipBlanks(at);
      }
      afterComma = bytes[at] === COMMA;
      if (afterComma) at = this.#skipBlanks(at + 1);
      else if (bytes[at] !== CLOSE_BRACE) return this.#fail("no comma or } after a label");
    }
    if (afterComma && this.#exactBlanks) return this.#fail("comma before }");
    this.labels = Object.freeze(labels);
    return at + 1;
  }

  #takeQuotedName(name: string, late: boolean): boolean {
    if (this.name !== "" || this.#quotedName !== undefined) return this.#fail("second metric name") > 0;
    if (late && this.#grammar.strict) return this.#fail("metric name is not the first in braces") > 0;
    if (name === "") return this.#fail("no metric name") > 0;
    this.#quotedName = name;
    return true;
  }

  #setLabel(labels: Record<string, string>, label: string, value: string): boolean {
    if (label === "__name__") {
      // A selector's way to write a name, seen in federated texts.
      if (this.#grammar.strict) return this.#fail("label __name__ is reserved") > 0;
      return this.#takeQuotedName(value, false);
    }
    if (label === "__proto__") {
      Object.defineProperty(labels, label, { value, enumerable: true, configurable: true, writable: true });
    } else labels[label] = value;
    return true;
  }

  #text = "";
  #textQuoted = false;

  #readLabelName(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start] === QUOTE) {
      if (!this.#grammar.quotedNames) return this.#fail("quoted name in text format 0.0.4");
      this.#textQuoted = true;
      const end = this.#readQuoted(start, "");
      if (end >= 0 && this.#text === "") return this.#fail("empty name");
      return end;
    }
    this.#textQuoted = false;
    if ((BYTE_CLASS[bytes[start]!]! & LABEL_START) === 0) return this.#fail("no label name");
    let at = start + 1;
    while ((BYTE_CLASS[bytes[at]!]! & LABEL_PART) !== 0) at++;
    this.#text = this.#cache.strings.get(this.#source, start, at) ?? "";
    return at;
  }

  /** A quoted string into `#text`; gives the place after the closing quote. */
  #readQuoted(start: number, noQuote: string): number {
    const bytes = this.#bytes;
    if (bytes[start] !== QUOTE) return this.#fail(noQuote);
    let escaped = false;
    let at = start + 1;
    for (; bytes[at] !== QUOTE; at++) {
      if (bytes[at] === BACKSLASH) {
        escaped = true;
        at++;
      }
      if (bytes[at] === NEWLINE) return this.#fail("quotes are not closed");
    }
    const text = this.#cache.strings.get(this.#source, start + 1, at);
    if (text === undefined) return this.#fail("text in quotes is not UTF-8");
    this.#text = escaped ? unescapeQuoted(text) : text;
    return at + 1;
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

  #readExemplar(start: number): number {
    const { openMetrics, strict } = this.#grammar;
    const bytes = this.#bytes;
    if (strict && !openMetrics) return this.#fail("exemplar in Prometheus text");
    let at = this.#nextToken(start + 1);
    if (at < 0) return -1;
    if (bytes[at] !== OPEN_BRACE) return this.#fail("exemplar without labels");
    const { labels, name } = this;
    const quotedName = this.#quotedName;
    this.name = "exemplar";
    this.#quotedName = undefined;
    at = this.#parseLabels(at + 1);
    const exemplarLabels = this.labels;
    this.labels = labels;
    this.name = name;
    this.#quotedName = quotedName;
    if (at < 0) return -1;
    if (strict && exemplarLength(exemplarLabels) > LONGEST_EXEMPLAR_LABELS) {
      return this.#fail("exemplar labels are longer than 128 characters");
    }
    at = this.#readSeparator(at);
    return at < 0 ? -1 : this.#readExemplarValue(at, exemplarLabels);
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

/** `\\`, `\"` and `\n`; any other escape stays as it stands, backslash included (as Prometheus and its Python client read it). */
export function unescapeQuoted(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, escaped: string) => escaped === "n" ? "\n" : escaped);
}

/** As {@link unescapeQuoted}; in Prometheus text a HELP has no `\"`. */
export function unescapeHelp(text: string, openMetrics: boolean): string {
  if (!text.includes("\\")) return text;
  if (openMetrics) return unescapeQuoted(text);
  return text.replace(/\\([\\n])/g, (_, escaped: string) => escaped === "n" ? "\n" : escaped);
}
