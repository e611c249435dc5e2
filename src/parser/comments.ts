/**
 * Lines that begin with `#`: HELP, TYPE, UNIT, EOF, and remarks.
 *
 * @module
 */
import { BACKSLASH, BLANK, BYTE_CLASS, decodeLossy, NAME_PART, NAME_START, QUOTE, SPACE } from "./bytes.ts";
import type { Grammar } from "./grammar.ts";
import type { ByteSource } from "./byte_table.ts";
import type { StringTable, TextCache } from "./text_cache.ts";
import { decodeEscaped } from "./escaping.ts";
import type { MetricType } from "./types.ts";

/** What a comment line says. `remark`: nothing that matters; `fault`: it means to say something and cannot be read. */
export type CommentLine =
  | { readonly kind: "help"; readonly name: string; readonly text: string }
  | { readonly kind: "unit"; readonly name: string; readonly text: string }
  | { readonly kind: "type"; readonly name: string; readonly type: MetricType }
  | { readonly kind: "eof" }
  | { readonly kind: "remark" }
  | { readonly kind: "fault"; readonly reason: string };

const REMARK: CommentLine = { kind: "remark" };

const PROMETHEUS_TYPES: readonly MetricType[] = ["counter", "gauge", "histogram", "summary", "untyped"];
const OPENMETRICS_TYPES: readonly MetricType[] = [
  "counter",
  "gauge",
  "histogram",
  "summary",
  "unknown",
  "info",
  "stateset",
  "gaugehistogram",
];

/** A line that is being read. */
interface Line {
  readonly source: ByteSource;
  readonly bytes: Uint8Array;
  /** Where its last character ends. */
  readonly end: number;
  readonly grammar: Grammar;
  readonly strings: StringTable;
}

type Keyword = "HELP" | "TYPE" | "UNIT";

/** Reads comment lines; the cache keeps them for the next text. */
export class CommentReader {
  readonly #source: ByteSource;
  readonly #grammar: Grammar;
  readonly #cache: TextCache;

  constructor(source: ByteSource, grammar: Grammar, cache: TextCache) {
    this.#source = source;
    this.#grammar = grammar;
    this.#cache = cache;
  }

  /** Reads `bytes[start, end)`, a line without its end, whose first byte is `#`. */
  read(start: number, end: number): CommentLine {
    return this.#cache.comments.get(this.#source, start, end, () => this.#readNew(start, end));
  }

  #readNew(start: number, end: number): CommentLine {
    const strings = this.#cache.strings;
    const line = { source: this.#source, bytes: this.#source.bytes, end, grammar: this.#grammar, strings };
    return this.#grammar.openMetrics && this.#grammar.strict
      ? readExact(line, start)
      : readLoose(line, start);
  }
}

/** OpenMetrics: `# EOF`, or three words separated by single spaces and a rest that may be empty. */
function readExact(line: Line, start: number): CommentLine {
  const { bytes, end } = line;
  if (end - start === 5 && isText(bytes, start, end, "# EOF")) return { kind: "eof" };
  const keyword = isText(bytes, start, end, "# ") ? keywordAt(bytes, start + 2, end, true) : undefined;
  if (keyword === undefined || bytes[start + 6] !== SPACE) {
    return fault("comment that is not HELP, TYPE, UNIT or EOF");
  }
  const name = readName(line, start + 7);
  if (typeof name === "string") return fault(name);
  if (name.end >= end || bytes[name.end] !== SPACE) return fault("no single space after the metric name");
  return describe(line, keyword, name.text, name.end + 1);
}

/** Prometheus: any blanks between tokens; what is not HELP or TYPE is a remark. OpenMetrics' UNIT and EOF where they are meant. */
function readLoose(untrimmed: Line, start: number): CommentLine {
  const { bytes, grammar: { openMetrics } } = untrimmed;
  const end = trimEnd(bytes, start, untrimmed.end, openMetrics);
  const line = { ...untrimmed, end };
  const wordAt = skipBlanks(bytes, start + 1, end);
  if (wordAt === start + 1) return REMARK;
  if (openMetrics && end - wordAt === 3 && isText(bytes, wordAt, end, "EOF")) return { kind: "eof" };
  const keyword = keywordAt(bytes, wordAt, end, openMetrics);
  const wordEnd = wordAt + 4;
  if (keyword === undefined || (wordEnd < end && !isBlank(bytes[wordEnd]!))) return REMARK;
  const name = readName(line, skipBlanks(bytes, wordEnd, end));
  if (typeof name === "string") return fault(name);
  if (name.end < end && !isBlank(bytes[name.end]!)) return fault("no metric name");
  // OpenMetrics' help begins after one space; what follows belongs to it.
  const textAt = openMetrics && keyword === "HELP"
    ? Math.min(name.end + 1, end)
    : skipBlanks(bytes, name.end, end);
  return describe(line, keyword, name.text, textAt);
}

function keywordAt(bytes: Uint8Array, start: number, end: number, openMetrics: boolean): Keyword | undefined {
  if (isText(bytes, start, end, "HELP")) return "HELP";
  if (isText(bytes, start, end, "TYPE")) return "TYPE";
  return openMetrics && isText(bytes, start, end, "UNIT") ? "UNIT" : undefined;
}

function describe(line: Line, keyword: Keyword, name: string, start: number): CommentLine {
  const { bytes, end, grammar, strings } = line;
  const exact = strings.get(line.source, start, end);
  if (exact === undefined && grammar.strict) return fault("text is not UTF-8");
  const text = exact ?? decodeLossy(bytes, start, end);
  if (keyword === "HELP") {
    // In Prometheus text a HELP has no `\"`.
    const unescaped = text.includes("\\") ? decodeEscaped(bytes, start, end, grammar.openMetrics) : undefined;
    return { kind: "help", name, text: unescaped ?? text };
  }
  if (keyword === "UNIT") return { kind: "unit", name, text };
  const type = typeNamed(grammar.strict ? text : text.trim(), grammar);
  return type === undefined ? fault(text === "" ? "no type" : "unknown type") : { kind: "type", name, type };
}

function typeNamed(word: string, grammar: Grammar): MetricType | undefined {
  const types = grammar.openMetrics ? OPENMETRICS_TYPES : PROMETHEUS_TYPES;
  const found = types.find((type) => type === word);
  if (found !== undefined || grammar.strict) return found;
  return [...OPENMETRICS_TYPES, ...PROMETHEUS_TYPES].find((type) => type === word);
}

/** A metric name, quoted or not, or what is wrong with it. */
function readName(line: Line, start: number): { readonly text: string; readonly end: number } | string {
  const { bytes, end, grammar, strings } = line;
  if (start < end && bytes[start] === QUOTE && grammar.quotedNames) return readQuotedName(line, start);
  if (start >= end || (BYTE_CLASS[bytes[start]!]! & NAME_START) === 0) return "no metric name";
  let at = start + 1;
  while (at < end && (BYTE_CLASS[bytes[at]!]! & NAME_PART) !== 0) at++;
  return { text: strings.get(line.source, start, at)!, end: at };
}

function readQuotedName(line: Line, start: number): { text: string; end: number } | string {
  const { bytes, end } = line;
  let at = start + 1;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  if (at >= end) return "quotes are not closed";
  const text = decodeEscaped(bytes, start + 1, at);
  if (text === undefined) return "text in quotes is not UTF-8";
  return text === "" ? "empty name" : { text, end: at + 1 };
}

function fault(reason: string): CommentLine {
  return { kind: "fault", reason };
}

/** Whether a text stands at `start` and ends by `end`. */
function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start < text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

function isBlank(byte: number): boolean {
  return (BYTE_CLASS[byte]! & BLANK) !== 0;
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(bytes[at]!)) at++;
  return at;
}

/** "Leading and trailing whitespace is ignored" (Prometheus text). In OpenMetrics a blank at the end belongs to the text. */
function trimEnd(bytes: Uint8Array, start: number, end: number, openMetrics: boolean): number {
  let at = end;
  if (at > start && bytes[at - 1] === 0x0d) at--;
  if (openMetrics) return at;
  while (at > start && isBlank(bytes[at - 1]!)) at--;
  return at;
}
