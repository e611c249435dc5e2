/**
 * Findings as blocks: verdict, evidence, what would disprove it, what to try, what to measure.
 *
 * @module
 */
import type { Evidence, EvidenceUnit, Finding } from "../analyzer/findings.ts";
import type { Recurrence } from "../analyzer/recurrences.ts";
import { formatCount, formatNumber, formatRatio, formatSeconds, formatValue } from "../base/format.ts";
import { type AnalyzerText, analyzerText } from "../text/analyzer.ts";
import { causeSentence } from "../text/causes.ts";
import { formulaText } from "../text/formulas.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { reportText } from "../text/report.ts";
import type { TimeSpan } from "../series/types.ts";
import type { Block } from "./document.ts";
import { instantText, type PageContext } from "./page_context.ts";

/** A number with its unit, for people. */
export function evidenceValue(value: number | undefined, unit: EvidenceUnit, language: Language): string {
  const word = analyzerText(language).units[unit];
  switch (unit) {
    case "share":
      return formatValue(value, "ratio");
    case "factor":
      return value === undefined ? formatValue(undefined, undefined) : `${formatNumber(value)} ${word}`;
    case "requests_per_second":
    case "tokens_per_second":
    case "steps_per_second":
    case "tokens_per_step":
      return value === undefined ? formatValue(undefined, undefined) : `${formatCount(value)} ${word}`;
    default:
      return formatValue(value, unit);
  }
}

/** Parameters that are shares of one. */
const SHARES: ReadonlySet<string> = new Set(["share", "usual", "clockShare", "usage", "limited", "left"]);

/** The one sentence of a finding, with its numbers. Plain text. */
export function verdictSentence(finding: Finding, language: Language): string {
  const text = analyzerText(language);
  const sentence = text.verdicts[finding.code]((name) => verdictNumber(finding, name, { language, text }));
  const more = afterVerdict(finding, text);
  return more === undefined ? sentence : sentence + punctuation(language).space + more;
}

/** What is said after it, as parameters tell; undefined for most. */
export function afterVerdict(
  { params: { extent, doubt, suspect, pending } }: Finding,
  text: AnalyzerText,
): string | undefined {
  if (extent === "last_window") return text.lastWindowOnly;
  if (typeof doubt === "string" && isKeyOf(doubt, text.doubts)) return text.doubts[doubt];
  if (typeof suspect === "string" && isKeyOf(suspect, text.titles)) {
    return text.looksLike(text.titles[suspect]);
  }
  return pending === "yes" ? text.pending : undefined;
}

function isKeyOf<Key extends string>(name: string, texts: Readonly<Record<Key, string>>): name is Key {
  return Object.hasOwn(texts, name);
}

function verdictNumber(
  finding: Finding,
  name: string,
  words: { language: Language; text: AnalyzerText },
): string {
  if (name === "missing") {
    return finding.missing === undefined ? "n/a" : causeSentence(finding.missing, words.language);
  }
  const found = finding.evidence.find((one) => one.quantity === name);
  if (found !== undefined) return evidenceValue(found.value, found.unit, words.language);
  const param = finding.params[name];
  if (typeof param === "number" && name.endsWith("Bytes")) return formatValue(param, "bytes");
  if (typeof param === "number") return SHARES.has(name) ? formatRatio(param) : formatNumber(param);
  if (name === "reason" && isThrottleReason(param, words.text)) return words.text.throttleReasons[param];
  if (name === "cause" && isSlowCause(param)) return words.text.slowCauses[param];
  return param ?? "n/a";
}

function isThrottleReason(
  param: string | undefined,
  text: AnalyzerText,
): param is keyof AnalyzerText["throttleReasons"] {
  return param !== undefined && Object.hasOwn(text.throttleReasons, param);
}

function isSlowCause(text: string | undefined): text is keyof AnalyzerText["slowCauses"] {
  return text === "host" || text === "unknown" || text === "not_measured";
}

/** The sentence with its server before it, where there are several, and its engine, where that has several. Plain text. */
export function placedVerdict(
  finding: Finding,
  { language, several }: { readonly language: Language; readonly several: boolean },
): string {
  return placed(verdictSentence(finding, language), finding, { language, several });
}

/** Any text about a finding with its server and its engine before it, as {@link placedVerdict} has them. */
export function placed(
  text: string,
  finding: Finding,
  { language, several }: { readonly language: Language; readonly several: boolean },
): string {
  const where = placeOf(several ? finding : { ...finding, target: "" }, language);
  return where.length === 0 ? text : analyzerText(language).at(where.join(" · "), text);
}

function placeOf({ target, engine }: Pick<Finding, "target" | "engine">, language: Language): string[] {
  return [
    ...(target === "" ? [] : [target]),
    ...(engine === undefined ? [] : [reportText(language).engine(engine)]),
  ];
}

/** Title and place of a finding on one line. */
function headline(finding: Finding, language: Language): string {
  return [analyzerText(language).titles[finding.code], ...placeOf(finding, language)].join(" · ");
}

/** A beginning that is known to more than this is told with what it is known to. */
const VAGUE_SECONDS = 10;

/** When a finding began, as written; where only a window is known, with its length. */
export function beginningText(
  { startsWithinSeconds: within = 0 }: Finding,
  start: string,
  language: Language,
): string {
  return within > VAGUE_SECONDS ? analyzerText(language).orLater(start, formatSeconds(within)) : start;
}

/** Weight, certainty and time. */
export function detailLine({ finding, times, heldSeconds, span }: Recurrence, context: PageContext): string {
  const text = analyzerText(context.language);
  const words = reportText(context.language);
  const { startSeconds } = finding.span;
  const again = words.gravest(times, formatSeconds(heldSeconds), [
    instantText(span.startSeconds, context),
    instantText(span.endSeconds, context),
  ]);
  return [
    text.severities[finding.severity],
    text.confidences[finding.confidence],
    ...(Number.isFinite(startSeconds) ? [whenText(finding, context)] : []),
    ...figuresWindow(finding, context),
    ...(times === 1 ? [] : [again]),
  ].join(" · ");
}

function whenText(finding: Finding, context: PageContext): string {
  const words = reportText(context.language);
  const { startSeconds, endSeconds } = finding.span;
  const start = beginningText(finding, instantText(startSeconds, context), context.language);
  return startSeconds === endSeconds
    ? words.moment(start)
    : words.when(start, instantText(endSeconds, context));
}

/** Of which part of the time the figures are, where that is not all of it: what came before or after may be far from them. */
function figuresWindow({ span, evidence }: Finding, context: PageContext): string[] {
  const [first] = evidence;
  if (first === undefined) return [];
  const seconds = first.window.endSeconds - first.window.startSeconds;
  if (span.endSeconds - span.startSeconds - seconds <= 1) return [];
  const start = instantText(first.window.startSeconds, context);
  return [reportText(context.language).figuresOf(formatSeconds(seconds), start)];
}

/** Everything about one finding; of several episodes the gravest, and how many there were. */
export function findingBlocks(recurrence: Recurrence, context: PageContext): Block[] {
  const { finding } = recurrence;
  const { language } = context;
  const text = analyzerText(language);
  const words = reportText(language);
  const blocks: Block[] = [
    {
      kind: "finding",
      tone: finding.severity,
      text: headline(finding, language),
      detail: detailLine(recurrence, context),
    },
    { kind: "paragraph", text: verdictSentence(finding, language), strong: true },
  ];
  if (finding.evidence.length > 0) blocks.push(evidenceTable(finding.evidence, context));
  if (finding.consequences.length > 0) {
    blocks.push({
      kind: "list",
      lead: words.follows,
      items: finding.consequences.map((code) => text.titles[code]),
    });
  }
  if (finding.advice.length > 0) {
    const { bracket } = punctuation(language);
    const items = finding.advice.map(({ code, flag, value }) =>
      text.advice[code] +
      (flag === undefined ? "" : bracket(value === undefined ? flag : `${flag} ${value}`))
    );
    blocks.push({ kind: "list", lead: words.tryThis, items });
  }
  blocks.push({
    kind: "list",
    lead: words.wrongIf,
    items: finding.falsifiedBy.map((code) => text.falsifiers[code]),
  });
  blocks.push({ kind: "list", lead: words.measureNext, items: [text.next[finding.next]] });
  return blocks;
}

/** Columns in which nothing stands are left out. */
function evidenceTable(evidence: readonly Evidence[], context: PageContext): Block {
  const { columns } = reportText(context.language);
  const text = analyzerText(context.language);
  const value = (one: number | undefined, unit: EvidenceUnit) =>
    one === undefined ? "" : evidenceValue(one, unit, context.language);
  const all = [
    { title: columns.what, cells: evidence.map((one) => text.evidence[one.quantity]), numeric: false },
    {
      title: columns.value,
      cells: evidence.map((one) => evidenceValue(one.value, one.unit, context.language)),
      numeric: true,
    },
    { title: columns.limit, cells: evidence.map((one) => value(one.limit, one.unit)), numeric: true },
    { title: columns.usual, cells: evidence.map((one) => value(one.baseline, one.unit)), numeric: true },
    { title: columns.window, cells: evidence.map((one) => windowText(one.window, context)), numeric: true },
    {
      title: columns.formula,
      cells: evidence.map((one) => formulaText(one.formula, context.language)),
      numeric: false,
    },
  ];
  const shown = all.filter(({ cells }) => cells.some((cell) => cell !== ""));
  return {
    kind: "table",
    columns: shown.map(({ title }) => title),
    rows: evidence.map((_, row) => shown.map(({ cells }) => cells[row] ?? "")),
    numeric: shown.flatMap(({ numeric }, index) => numeric ? [index] : []),
  };
}

function windowText({ startSeconds, endSeconds }: TimeSpan, context: PageContext): string {
  return `${instantText(startSeconds, context)} +${formatSeconds(endSeconds - startSeconds)}`;
}
