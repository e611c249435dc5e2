/**
 * Reads what stands between the braces of a sample: labels, and a metric name in quotes.
 *
 * @module
 */
import { type ByteSource, hashBytes } from "./byte_table.ts";
import {
  BACKSLASH,
  BLANK,
  BYTE_CLASS,
  CLOSE_BRACE,
  COMMA,
  EQUALS,
  LABEL_PART,
  LABEL_START,
  NEWLINE,
  QUOTE,
} from "./bytes.ts";
import { decodeEscaped } from "./escaping.ts";
import type { Grammar } from "./grammar.ts";
import { NO_LABELS, type TextCache } from "./text_cache.ts";
import type { Labels } from "./types.ts";

/** Above so many labels, doubles are looked for in a set. */
const FEW_LABELS = 16;

/** The labels of one sample or exemplar while they are read. */
interface OpenLabels {
  readonly labels: Record<string, string>;
  readonly seen: string[];
  many: Set<string> | undefined;
  /** Written as `LabelTable` would write them. */
  canonical: boolean;
}

/** A cursor over label texts; its fields hold until the next call. */
export class LabelReader {
  labels: Labels = NO_LABELS;
  /** The label set's number in the cache, the same for all its spellings; -1 where it is not kept. */
  labelsId = 0;
  /** The name that stood in quotes, if one did. */
  metricName: string | undefined;
  /** Why the last read failed. */
  fault = "";

  readonly #source: ByteSource;
  readonly #bytes: Uint8Array;
  readonly #grammar: Grammar;
  readonly #cache: TextCache;
  #hasName = false;
  #text = "";
  #isQuoted = false;

  constructor(source: ByteSource, grammar: Grammar, cache: TextCache) {
    this.#source = source;
    this.#bytes = source.bytes;
    this.#grammar = grammar;
    this.#cache = cache;
  }

  /** Of a sample without braces. */
  clear(): void {
    this.labels = NO_LABELS;
    this.labelsId = 0;
    this.metricName = undefined;
  }

  /**
   * Reads from after the opening brace.
   *
   * @param hasName whether a name stood before the brace; if not, it may stand in quotes
   * @returns the place after the closing brace, or -1 with {@link fault} set
   */
  read(start: number, hasName: boolean): number {
    this.#hasName = hasName;
    this.metricName = undefined;
    const predicted = hasName ? this.#cache.labels.predict(this.#source, start) : -1;
    if (predicted >= 0) return this.#take(predicted, start + this.#cache.labels.lengthOf(predicted));
    const close = hasName ? this.findClose(start) : -1;
    // Without a closing brace the detailed reader knows what is wrong; with a name inside, the text is not labels alone.
    const { labels } = this.#cache;
    if (close < 0) {
      const end = this.#parse(start);
      if (end >= 0) this.labelsId = labels.idOf(this.labels);
      return end;
    }
    const hash = hashBytes(this.#source, start, close);
    const found = labels.find(this.#source, start, close, hash);
    if (found >= 0) return this.#take(found, close);
    const end = this.#parse(start);
    if (end < 0) return end;
    const added = labels.add(this.#source, start, close, {
      hash,
      labels: this.labels,
      canonical: this.#canonical,
    });
    this.labelsId = added < 0 ? -1 : labels.canonicalId(added);
    return end;
  }

  #take(id: number, close: number): number {
    this.labels = this.#cache.labels.labelsOf(id);
    this.labelsId = this.#cache.labels.canonicalId(id);
    return close + 1;
  }

  /** The closing brace outside quotes, or -1. */
  findClose(start: number): number {
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

  #canonical = false;

  #parse(start: number): number {
    const open: OpenLabels = { labels: {}, seen: [], many: undefined, canonical: true };
    const bytes = this.#bytes;
    let at = this.#skipBlanks(start);
    let afterComma = false;
    if (at !== start) open.canonical = false;
    while (bytes[at] !== CLOSE_BRACE) {
      const end = this.#parseTerm(at, open);
      if (end < 0) return -1;
      at = this.#skipBlanks(end);
      if (at !== end) open.canonical = false;
      afterComma = bytes[at] === COMMA;
      if (afterComma) {
        const next = this.#skipBlanks(at + 1);
        if (next !== at + 1) open.canonical = false;
        at = next;
      } else if (bytes[at] !== CLOSE_BRACE) return this.#fail("no comma or } after a label");
    }
    if (afterComma) {
      open.canonical = false;
      if (this.#grammar.strict && this.#grammar.openMetrics) return this.#fail("comma before }");
    }
    this.labels = Object.freeze(open.labels);
    this.labelsId = -1;
    this.#canonical = open.canonical;
    return at + 1;
  }

  /** `name="value"`, or the metric's name in quotes. */
  #parseTerm(start: number, open: OpenLabels): number {
    const bytes = this.#bytes;
    const nameEnd = this.#readLabelName(start);
    if (nameEnd < 0) return -1;
    const label = this.#text;
    const isQuoted = this.#isQuoted;
    const equals = this.#skipBlanks(nameEnd);
    if (bytes[equals] !== EQUALS) {
      if (!isQuoted) return this.#fail("label without =");
      return this.#takeName(label, open.seen.length > 0) ? equals : -1;
    }
    const valueAt = this.#skipBlanks(equals + 1);
    const end = this.#readQuoted(valueAt, "label value is not in quotes");
    if (end < 0) return -1;
    // An escape may be written in two ways (`\z`, `\\z`), and names must ascend.
    const escaped = end - valueAt - 2 !== this.#text.length;
    const last = open.seen[open.seen.length - 1];
    if (isQuoted || escaped || valueAt !== nameEnd + 1 || (last !== undefined && last > label)) {
      open.canonical = false;
    }
    return this.#takeLabel(label, this.#text, open) ? end : -1;
  }

  #takeLabel(label: string, value: string, open: OpenLabels): boolean {
    const { labels, seen } = open;
    if (open.many === undefined && seen.length >= FEW_LABELS) open.many = new Set(seen);
    if (open.many === undefined ? seen.includes(label) : open.many.has(label)) {
      return this.#fail("label occurs twice") > 0;
    }
    open.many?.add(label);
    seen.push(label);
    if (label === "__name__") {
      // A selector's way to write a name, seen in federated texts.
      if (this.#grammar.strict) return this.#fail("label __name__ in a text") > 0;
      return this.#takeName(value, false);
    }
    // "Label names beginning with underscores are RESERVED" (OpenMetrics 1.0), with two of them in Prometheus' data model.
    if (this.#grammar.strict && label.startsWith("__")) return this.#fail("reserved label name") > 0;
    if (label === "__proto__") {
      Object.defineProperty(labels, label, { value, enumerable: true, configurable: true, writable: true });
    } else labels[label] = value;
    return true;
  }

  #takeName(name: string, late: boolean): boolean {
    if (this.#hasName || this.metricName !== undefined) return this.#fail("second metric name") > 0;
    if (late && this.#grammar.strict) return this.#fail("metric name is not the first in braces") > 0;
    if (name === "") return this.#fail("no metric name") > 0;
    this.metricName = name;
    return true;
  }

  #readLabelName(start: number): number {
    const bytes = this.#bytes;
    this.#isQuoted = bytes[start] === QUOTE;
    if (this.#isQuoted) {
      if (!this.#grammar.quotedNames) return this.#fail("quoted name in text format 0.0.4");
      const end = this.#readQuoted(start, "");
      return end >= 0 && this.#text === "" ? this.#fail("empty name") : end;
    }
    if ((BYTE_CLASS[bytes[start]!]! & LABEL_START) === 0) return this.#fail("no label name");
    let at = start + 1;
    while ((BYTE_CLASS[bytes[at]!]! & LABEL_PART) !== 0) at++;
    this.#text = this.#cache.strings.get(this.#source, start, at)!;
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
    const text = escaped
      ? decodeEscaped(bytes, start + 1, at)
      : this.#cache.strings.get(this.#source, start + 1, at);
    if (text === undefined) return this.#fail("text in quotes is not UTF-8");
    this.#text = text;
    return at + 1;
  }

  #skipBlanks(start: number): number {
    let at = start;
    while ((BYTE_CLASS[this.#bytes[at]!]! & BLANK) !== 0) at++;
    return at;
  }

  #fail(reason: string): -1 {
    this.fault = reason;
    return -1;
  }
}
