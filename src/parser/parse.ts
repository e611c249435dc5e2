/**
 * Exposition text to metric families.
 *
 * @module
 */
import {
  ANY_TEXT,
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  FLAG,
  FUNCTION,
  NUMBER,
  oneOf,
} from "../base/arguments.ts";
import { byteSource } from "./byte_table.ts";
import { BLANK, BYTE_CLASS, CARRIAGE_RETURN, HASH, NEWLINE, quoteLine } from "./bytes.ts";
import { type CommentLine, CommentReader } from "./comments.ts";
import { FamilyIndex, type OpenFamily } from "./families.ts";
import { type ExpositionFormat, formatOfContentType, type Grammar } from "./grammar.ts";
import { type StrictRules, strictRules } from "./strict.ts";
import { sharedTextCache, TextCache, trimSharedTextCache } from "./text_cache.ts";
import { LineTokenizer } from "./tokenizer.ts";
import type { MetricFamily, ParseError, Sample } from "./types.ts";

/** The largest text read by default: 64 MiB, three times the largest fleet's scrape that was measured. */
export const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** How {@link parseExposition} reads. */
export interface ParseOptions {
  /** What the text is. Default: what `contentType` says, else "prometheus"; it is never guessed from the text. */
  readonly format?: ExpositionFormat;
  /** The Content-Type header that came with the text. */
  readonly contentType?: string;
  /** Prometheus text only, strict only: 0.0.4 has no names in quotes. Default: the Content-Type's, else "1.0.0". */
  readonly version?: string;
  /** Refuse whatever the format's specification does not allow. Default false. */
  readonly strict?: boolean;
  /** Told of every line that is given up (tolerant mode). */
  readonly onError?: (error: ParseError) => void;
  /** Largest text in bytes; default {@link DEFAULT_MAX_BYTES}. */
  readonly maxBytes?: number;
}

const INPUT: Check = {
  wanted: "a text or its bytes",
  accepts: (value) => typeof value === "string" || value instanceof Uint8Array,
};

const CHECKS: Checks<ParseOptions> = {
  format: oneOf(["prometheus", "openmetrics"]),
  contentType: ANY_TEXT,
  version: ANY_TEXT,
  strict: FLAG,
  onError: FUNCTION,
  maxBytes: NUMBER,
};

/**
 * Reads an exposition text: Prometheus text 0.0.4 and 1.0.0, or OpenMetrics 1.0.
 *
 * Tolerant (default): a line that cannot be read is left out and reported, nothing else is lost. Strict: the first
 * fault throws. Samples keep their own names and the order of the text; families come in the order of their first
 * mention, those without samples included. A family that has no TYPE line is "untyped" ("unknown" in OpenMetrics);
 * `X_created` samples stay as they stand (see `foldCreated`). An empty text has no families. Label objects are
 * frozen, since samples share them.
 *
 * @throws SyntaxError with the line number, in strict mode
 * @throws RangeError when the text is larger than `maxBytes`
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseExposition } from "#lab";
 * const [family] = parseExposition('# TYPE up gauge\nup{job="vllm"} 1\n');
 * assert.deepEqual(family?.samples, [{ name: "up", labels: { job: "vllm" }, value: 1 }]);
 * ```
 */
export function parseExposition(input: string | Uint8Array, options: ParseOptions = {}): MetricFamily[] {
  const call = "parseExposition(text)";
  checkArgument(call, { input }, INPUT);
  checkOptions<ParseOptions>(call, options, CHECKS);
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  checkSize(input.length, maxBytes);
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  checkSize(bytes.length, maxBytes);
  const grammar = grammarOf(options);
  try {
    return new TextReader(bytes, grammar, options.onError).read();
  } finally {
    if (!grammar.strict) trimSharedTextCache(grammar.openMetrics, bytes.length);
  }
}

/** @throws RangeError above the limit */
export function checkSize(length: number, maxBytes: number): void {
  if (length > maxBytes) {
    throw new RangeError(`Cannot parse exposition: ${length} bytes, wanted at most ${maxBytes}`);
  }
}

function grammarOf(options: ParseOptions): Grammar {
  const content = formatOfContentType(options.contentType);
  const format = options.format ?? content.format;
  const version = options.version ?? content.version ?? "1.0.0";
  const strict = options.strict ?? false;
  return { openMetrics: format === "openmetrics", strict, quotedNames: !(strict && version === "0.0.4") };
}

/** Every line ends with a newline for the tokenizer; a text that lacks the last one is copied. */
export function withFinalNewline(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes[bytes.length - 1] === NEWLINE) return bytes;
  const ended = new Uint8Array(bytes.length + 1);
  ended.set(bytes);
  ended[bytes.length] = NEWLINE;
  return ended;
}

/** One pass over one text. */
class TextReader {
  readonly #bytes: Uint8Array;
  readonly #endsWithNewline: boolean;
  readonly #grammar: Grammar;
  readonly #onError: ((error: ParseError) => void) | undefined;
  readonly #families: FamilyIndex;
  readonly #tokenizer: LineTokenizer;
  readonly #comments: CommentReader;
  readonly #rules: StrictRules | undefined;
  readonly #familyOfName = new Map<string, OpenFamily>();
  #line = 0;
  #lineStart = 0;
  #ended = false;

  constructor(bytes: Uint8Array, grammar: Grammar, onError: ((error: ParseError) => void) | undefined) {
    this.#bytes = withFinalNewline(bytes);
    this.#endsWithNewline = this.#bytes === bytes;
    this.#grammar = grammar;
    this.#onError = onError;
    this.#families = new FamilyIndex(grammar.openMetrics);
    // A strict reader must not take from a cache what a tolerant one put there.
    const cache = grammar.strict ? new TextCache() : sharedTextCache(grammar.openMetrics);
    const source = byteSource(this.#bytes);
    this.#tokenizer = new LineTokenizer(source, grammar, cache);
    this.#comments = new CommentReader(source, grammar, cache);
    this.#rules = grammar.strict ? strictRules(grammar) : undefined;
  }

  read(): MetricFamily[] {
    const length = this.#bytes.length;
    let at = this.#grammar.strict ? 0 : skipByteOrderMark(this.#bytes);
    while (at < length) {
      this.#line++;
      this.#lineStart = at;
      at = this.#readLine(at);
    }
    this.#lineStart = length;
    this.#line++;
    const fault = this.#rules?.end(this.#endsWithNewline);
    if (fault !== undefined) this.#fault(fault);
    if (this.#grammar.openMetrics && !this.#ended) {
      this.#fault("no # EOF at the end: the text may be cut off");
    }
    return this.#families.finish();
  }

  #readLine(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    if (!(this.#grammar.strict && this.#grammar.openMetrics)) {
      while ((BYTE_CLASS[bytes[at]!]! & BLANK) !== 0) at++;
    }
    const byte = bytes[at]!;
    if (this.#ended) return this.#skip("text after # EOF");
    if (byte === NEWLINE) {
      return this.#grammar.strict && this.#grammar.openMetrics ? this.#skip("blank line") : at + 1;
    }
    if (byte === HASH) return this.#readComment(at);
    if (byte === CARRIAGE_RETURN && bytes[at + 1] === NEWLINE && !this.#grammar.strict) return at + 2;
    return this.#readSample(at);
  }

  #readSample(at: number): number {
    const tokenizer = this.#tokenizer;
    const next = tokenizer.readSample(at);
    if (next < 0) return this.#skip(tokenizer.fault);
    const { name, labels, value, exemplar, native, timestampSeconds } = tokenizer;
    const sample: Sample = Number.isNaN(timestampSeconds) && exemplar === undefined && native === undefined
      ? { name, labels, value }
      : {
        name,
        labels,
        value,
        ...(Number.isNaN(timestampSeconds) ? {} : { timestampSeconds }),
        ...(exemplar === undefined ? {} : { exemplar }),
        ...(native === undefined ? {} : { native }),
      };
    const fault = this.#rules?.sample(sample);
    if (fault !== undefined) return this.#skip(fault);
    this.#familyOf(name).samples.push(sample);
    return next;
  }

  #lastName = "";
  #lastFamily: OpenFamily | undefined;

  #familyOf(name: string): OpenFamily {
    if (name === this.#lastName && this.#lastFamily !== undefined) return this.#lastFamily;
    let family = this.#familyOfName.get(name);
    if (family === undefined) {
      // Strict texts mean what they say; only a tolerant reader mends names that do not fit their TYPE line.
      family = this.#families.find(name) ?? this.#families.declare(name);
      this.#familyOfName.set(name, family);
    }
    this.#lastName = name;
    this.#lastFamily = family;
    return family;
  }

  #readComment(at: number): number {
    const end = this.#bytes.indexOf(NEWLINE, at);
    const comment = this.#comments.read(at, end);
    if (comment.kind === "remark") return end + 1;
    if (comment.kind === "fault") return this.#skip(comment.reason);
    const fault = this.#rules?.comment(comment) ?? this.#applyComment(comment);
    return fault === undefined ? end + 1 : this.#skip(fault);
  }

  /** Takes what a comment says, or tells why it is given up: the first HELP, TYPE and UNIT of a name count. */
  #applyComment(comment: CommentLine): string | undefined {
    if (comment.kind === "eof") {
      this.#ended = true;
      return undefined;
    }
    if (comment.kind === "remark" || comment.kind === "fault") return undefined;
    const family = this.#families.declare(comment.name);
    switch (comment.kind) {
      case "help":
        if (family.help !== undefined && family.help !== comment.text) return "second HELP of a metric";
        family.help = comment.text;
        return undefined;
      case "unit":
        if (family.unit !== undefined && family.unit !== comment.text) return "second UNIT of a metric";
        family.unit = comment.text;
        return undefined;
      case "type":
        if (family.type !== undefined && family.type !== comment.type) return "second TYPE of a metric";
        family.type = comment.type;
        return undefined;
    }
  }

  /** Gives up the line: reports it, or throws in strict mode. */
  #skip(reason: string): number {
    this.#fault(reason);
    return this.#bytes.indexOf(NEWLINE, this.#lineStart) + 1;
  }

  #fault(reason: string): void {
    if (!this.#grammar.strict && this.#onError === undefined) return;
    const end = this.#bytes.indexOf(NEWLINE, this.#lineStart);
    const text = end < 0 ? "" : quoteLine(this.#bytes, this.#lineStart, end);
    if (this.#grammar.strict) {
      throw new SyntaxError(
        `Cannot parse exposition: line ${this.#line}: ${reason}: ${JSON.stringify(text)}`,
      );
    }
    this.#onError?.({ line: this.#line, reason, text });
  }
}

/** Some Windows exporters begin with one. */
export function skipByteOrderMark(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
