/**
 * Findings as blocks: verdict, evidence, what would disprove it, what to try, what to measure.
 *
 * @module
 */
import type { Evidence, EvidenceUnit, Finding } from "../analyzer/findings.ts";
import {
  formatCount,
  formatInstant,
  formatNumber,
  formatRatio,
  formatSeconds,
  formatValue,
} from "../base/format.ts";
import { type AnalyzerText, analyzerText } from "../text/analyzer.ts";
import { causeSentence } from "../text/causes.ts";
import type { Language } from "../text/language.ts";
import { reportText } from "../text/report.ts";
import type { Block } from "./document.ts";

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
  return text.verdicts[finding.code]((name) => verdictNumber(finding, name, { language, text }));
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

/** Title, certainty, place and time of a finding on one line. */
function headline(finding: Finding, language: Language): string {
  const text = analyzerText(language);
  const words = reportText(language);
  const { startSeconds, endSeconds } = finding.span;
  return [
    text.titles[finding.code],
    ...(finding.engine === undefined ? [] : [words.engine(finding.engine)]),
    ...(finding.target === "" ? [] : [finding.target]),
    text.severities[finding.severity],
    text.confidences[finding.confidence],
    ...(Number.isFinite(startSeconds)
      ? [words.when(formatInstant(startSeconds), formatInstant(endSeconds))]
      : []),
  ].join(" · ");
}

/** Everything about one finding. */
export function findingBlocks(finding: Finding, language: Language): Block[] {
  const text = analyzerText(language);
  const words = reportText(language);
  const blocks: Block[] = [
    { kind: "finding", tone: finding.severity, text: headline(finding, language) },
    { kind: "paragraph", text: verdictSentence(finding, language), strong: true },
  ];
  if (finding.evidence.length > 0) blocks.push(evidenceTable(finding.evidence, language));
  if (finding.consequences.length > 0) {
    blocks.push({
      kind: "list",
      lead: words.follows,
      items: finding.consequences.map((code) => text.titles[code]),
    });
  }
  if (finding.advice.length > 0) {
    const items = finding.advice.map(({ code, flag, value }) =>
      text.advice[code] + (flag === undefined ? "" : ` (${value === undefined ? flag : `${flag} ${value}`})`)
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

function evidenceTable(evidence: readonly Evidence[], language: Language): Block {
  const { columns } = reportText(language);
  const text = analyzerText(language);
  const optional = (value: number | undefined, unit: EvidenceUnit) =>
    value === undefined ? "" : evidenceValue(value, unit, language);
  return {
    kind: "table",
    columns: [columns.what, columns.value, columns.limit, columns.usual, columns.window, columns.formula],
    rows: evidence.map((one) => [
      text.evidence[one.quantity],
      evidenceValue(one.value, one.unit, language),
      optional(one.limit, one.unit),
      optional(one.baseline, one.unit),
      `${formatInstant(one.window.startSeconds)} +${
        formatSeconds(one.window.endSeconds - one.window.startSeconds)
      }`,
      one.formula,
    ]),
  };
}
