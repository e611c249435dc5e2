/**
 * Lines that begin with `#`: HELP, TYPE, UNIT, EOF, and remarks.
 *
 * @module
 */
import {
  BACKSLASH,
  BLANK,
  BYTE_CLASS,
  decodeLossy,
  decodeUtf8,
  NAME_PART,
  NAME_START,
  QUOTE,
  SPACE,
} from "./bytes.ts";
import type { Grammar } from "./grammar.ts";
import { unescapeHelp, unescapeQuoted } from "./tokenizer.ts";
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

/** Reads `bytes[start, end)`, a line without its end, whose first byte is `#`. */
export function readComment(bytes: Uint8Array, start: number, end: number, grammar: Grammar): CommentLine {
  return grammar.openMetrics && grammar.strict
    ? readStrictComment(bytes, start, end, grammar)
    : readLooseComment(bytes, start, end, grammar);
}

/** OpenMetrics: `# EOF`, or three words separated by single spaces and a rest that may be empty. */
function readStrictComment(bytes: Uint8Array, start: number, end: number, grammar: Grammar): CommentLine {
  if (isText(bytes, start, end, "# EOF")) return { kind: "eof" };
  const keyword = startsWithWord(bytes, start, end, ["# HELP ", "# TYPE ", "# UNIT "]);
  if (keyword === undefined) return fault("comment that is not HELP, TYPE, UNIT or EOF");
  const name = readName(bytes, start + keyword.length, end, grammar);
  if (typeof name === "string") return fault(name);
  if (name.end >= end || bytes[name.end] !== SPACE) return fault("no single space after the metric name");
  return describe(keyword.slice(2, 6), name.text, bytes, name.end + 1, end, grammar);
}

/** Prometheus: any blanks between tokens; what is not HELP or TYPE is a remark. OpenMetrics' UNIT and EOF where they are meant. */
function readLooseComment(bytes: Uint8Array, start: number, end: number, grammar: Grammar): CommentLine {
  const last = trimEnd(bytes, start, end, grammar.openMetrics);
  const wordAt = skipBlanks(bytes, start + 1, last);
  if (wordAt === start + 1) return REMARK;
  const wordEnd = skipToBlank(bytes, wordAt, last);
  const word = wordEnd - wordAt === 4 || wordEnd - wordAt === 3 ? decodeLossy(bytes, wordAt, wordEnd) : "";
  if (word === "EOF" && grammar.openMetrics && wordEnd === last) return { kind: "eof" };
  if (word !== "HELP" && word !== "TYPE" && !(word === "UNIT" && grammar.openMetrics)) return REMARK;
  const name = readName(bytes, skipBlanks(bytes, wordEnd, last), last, grammar);
  if (typeof name === "string") return fault(name);
  if (name.end < last && (BYTE_CLASS[bytes[name.end]!]! & BLANK) === 0) return fault("no metric name");
  return describe(word, name.text, bytes, skipBlanks(bytes, name.end, last), last, grammar);
}

function describe(
  keyword: string,
  name: string,
  bytes: Uint8Array,
  start: number,
  end: number,
  grammar: Grammar,
): CommentLine {
  const exact = decodeUtf8(bytes, start, end);
  if (exact === undefined && grammar.strict) return fault("text is not UTF-8");
  const text = exact ?? decodeLossy(bytes, start, end);
  if (keyword === "HELP") return { kind: "help", name, text: unescapeHelp(text, grammar.openMetrics) };
  if (keyword === "UNIT") return { kind: "unit", name, text };
  const type = typeNamed(text, grammar);
  return type === undefined ? fault(text === "" ? "no type" : "unknown type") : { kind: "type", name, type };
}

function typeNamed(word: string, grammar: Grammar): MetricType | undefined {
  const types = grammar.openMetrics ? OPENMETRICS_TYPES : PROMETHEUS_TYPES;
  const found = types.find((type) => type === word);
  if (found !== undefined || grammar.strict) return found;
  return [...OPENMETRICS_TYPES, ...PROMETHEUS_TYPES].find((type) => type === word);
}

/** A metric name, quoted or not, or what is wrong with it. */
function readName(
  bytes: Uint8Array,
  start: number,
  end: number,
  grammar: Grammar,
): { readonly text: string; readonly end: number } | string {
  if (start < end && bytes[start] === QUOTE && grammar.quotedNames) return readQuotedName(bytes, start, end);
  if (start >= end || (BYTE_CLASS[bytes[start]!]! & NAME_START) === 0) return "no metric name";
  let at = start + 1;
  while (at < end && (BYTE_CLASS[bytes[at]!]! & NAME_PART) !== 0) at++;
  return { text: decodeLossy(bytes, start, at), end: at };
}

function readQuotedName(
  bytes: Uint8Array,
  start: number,
  end: number,
): { text: string; end: number } | string {
  let at = start + 1;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  if (at >= end) return "quotes are not closed";
  const text = decodeUtf8(bytes, start + 1, at);
  if (text === undefined) return "text in quotes is not UTF-8";
  return text === "" ? "empty name" : { text: unescapeQuoted(text), end: at + 1 };
}

function fault(reason: string): CommentLine {
  return { kind: "fault", reason };
}

function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

function startsWithWord(
  bytes: Uint8Array,
  start: number,
  end: number,
  words: readonly string[],
): string | undefined {
  return words.find((word) => end - start >= word.length && isText(bytes, start, start + word.length, word));
}

function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (BYTE_CLASS[bytes[at]!]! & BLANK) !== 0) at++;
  return at;
}

function skipToBlank(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (BYTE_CLASS[bytes[at]!]! & BLANK) === 0) at++;
  return at;
}

/** "Leading and trailing whitespace is ignored" (Prometheus text). In OpenMetrics a blank at the end belongs to the text. */
function trimEnd(bytes: Uint8Array, start: number, end: number, openMetrics: boolean): number {
  let at = end;
  if (at > start && bytes[at - 1] === 0x0d) at--;
  if (openMetrics) return at;
  while (at > start && (BYTE_CLASS[bytes[at - 1]!]! & BLANK) !== 0) at--;
  return at;
}
