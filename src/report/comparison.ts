/**
 * A comparison of runs as text, Markdown or HTML.
 *
 * @module
 */
import {
  type ConditionCheck,
  type FigureGap,
  moreCutAfter,
  type RunComparison,
  WANTED_RUNS,
} from "../analyzer/compare.ts";
import type { FigureComparison } from "../analyzer/compare_figure.ts";
import type { ComparedFigure, RunKind } from "../analyzer/run_figures.ts";
import { formatNumber, formatPerSecond, formatRatio, formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import { type ComparisonText, comparisonText } from "../text/comparison.ts";
import type { Language } from "../text/language.ts";
import type { Block } from "./document.ts";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderText } from "./text.ts";

/** How {@link renderComparison} writes. */
export interface RenderComparisonOptions {
  /** Default English. */
  readonly language?: Language;
  /** Default text. */
  readonly format?: "text" | "markdown" | "html";
}

/** Verdict first, then each figure with its interval, then whether the sides are comparable. */
export function renderComparison(comparison: RunComparison, options: RenderComparisonOptions = {}): string {
  const { language = "en", format = "text" } = options;
  const blocks = comparisonBlocks(comparison, comparisonText(language));
  if (format === "html") return renderHtml(blocks, language);
  return format === "markdown" ? renderMarkdown(blocks) : renderText(blocks);
}

function comparisonBlocks(comparison: RunComparison, words: ComparisonText): Block[] {
  const { columns } = words;
  const { runsBefore, runsAfter, kinds, figures, gaps, checks } = comparison;
  const bases = [...new Set(figures.map((one) => one.basis))];
  const bounded = figures.filter((one) => one.bounded).map((one) => words.figures[one.figure]);
  const unbounded = figures.filter((one) => !hasInterval(one)).map((one) => words.figures[one.figure]);
  return [
    { kind: "heading", level: 1, text: words.title },
    { kind: "paragraph", text: verdictText(comparison, words), strong: true },
    {
      kind: "table",
      columns: [
        columns.figure,
        columns.before,
        columns.after,
        columns.change,
        columns.interval,
        columns.noticed,
        columns.verdict,
      ],
      rows: figures.map((one) => [
        words.figures[one.figure],
        figureValue(one.figure, one.before),
        figureValue(one.figure, one.after),
        changeText(one, one.change.value),
        hasInterval(one)
          ? `${changeText(one, one.change.lower)} … ${changeText(one, one.change.upper)}`
          : NOT_AVAILABLE,
        one.noticedFrom === undefined ? NOT_AVAILABLE : changeText(one, one.noticedFrom),
        words.short[one.verdict],
      ]),
      numeric: [1, 2, 3, 4, 5],
    },
    {
      kind: "list",
      items: [
        words.runs(String(runsBefore), String(runsAfter)),
        ...kindsLine(kinds, words),
        ...bases.map((basis) => words.basis[basis]),
        ...(unbounded.length === 0 || unbounded.length === figures.length
          ? []
          : [words.unbounded(unbounded, String(WANTED_RUNS))]),
        ...(figures.some(({ noticedFrom }) => noticedFrom !== undefined) ? [words.noticedFrom] : []),
        ...grossLine(figures, words),
        ...tailsLine(figures, words),
        ...(bounded.length === 0 ? [] : [words.bounded(bounded)]),
        ...cutLines(comparison.cut, words),
      ],
    },
    ...(gaps.length === 0 ? [] : [
      { kind: "list", lead: words.missing, items: gaps.map((gap) => gapText(gap, words)) } as const,
    ]),
    { kind: "heading", level: 2, text: words.conditionsHeading },
    {
      kind: "table",
      columns: [columns.condition, columns.before, columns.after, columns.same],
      rows: checks.map((check) => [
        words.conditions[check.condition],
        conditionText(check.before, check.condition, words),
        conditionText(check.after, check.condition, words),
        words.same[check.same],
      ]),
    },
  ];
}

/** What the sides were read from, where that is told and not the same kind throughout. */
function kindsLine({ before, after }: RunComparison["kinds"], words: ComparisonText): readonly string[] {
  const all = new Set([...before, ...after]);
  const known = before.length > 0 && after.length > 0 && all.size > 1;
  return known ? [words.kindsDiffer(kindNames(before, words), kindNames(after, words))] : [];
}

/** Who was cut is in no duration. */
function cutLines(cut: RunComparison["cut"], words: ComparisonText): readonly string[] {
  if (cut === undefined) return [];
  const [before, after] = [cut.before, cut.after].map((share) =>
    share === undefined ? NOT_AVAILABLE : formatRatio(share)
  );
  return [words.cut(before!, after!), ...(moreCutAfter(cut) ? [words.moreCutAfter] : [])];
}

function kindNames(kinds: readonly RunKind[], words: ComparisonText): string[] {
  return kinds.map((kind) => words.kinds[kind]);
}

function gapText({ figure, lacking: { before, after } }: FigureGap, words: ComparisonText): string {
  const name = words.figures[figure];
  const kinds = [...new Set([...before, ...after])];
  if (kinds.length === 0) return name;
  return words.notIn(name, kindNames(kinds, words));
}

function verdictText(comparison: RunComparison, words: ComparisonText): string {
  const { verdict, threshold, figures } = comparison;
  const share = formatRatio(threshold);
  if (verdict === "fail") return failText(comparison, words);
  if (verdict === "not_comparable") {
    const different = comparison.checks.filter(({ same }) => same === "no");
    return words.notComparable(different.map(({ condition }) => words.conditions[condition]));
  }
  if (verdict === "pass") {
    const tails = tailsOf(figures, words);
    const sentence = tails.length === 0 ? words.verdicts.pass(share) : words.passBut(share, tails);
    return withNoticed(sentence, figures, words);
  }
  if (figures.length === 0) return words.nothingShared;
  // That of a share comes from the number of requests, and says nothing of how runs vary.
  return figures.some((one) => one.basis !== "none" && hasInterval(one))
    ? withNoticed(words.verdicts.inconclusive(share), figures, words)
    : words.oneRun(share, String(WANTED_RUNS));
}

/** Named are those that an interval tells, where there are any. */
function failText({ threshold, figures, beyond }: RunComparison, words: ComparisonText): string {
  const failed = figures.filter(({ verdict }) => verdict === "fail");
  const told = failed.filter(({ gross }) => gross === undefined);
  const how = told.length === 0
    ? "gross"
    : beyond === "measured" && told.some(({ basis }) => basis === "runs")
    ? "measured"
    : "surely";
  const named = (told.length === 0 ? failed : told).map((one) =>
    `${words.figures[one.figure]} ${changeText(one, one.change.value)}`
  );
  return words.fails[how](formatRatio(threshold), named);
}

/** The keenest and the dullest of the figures that decide. Failures are counted in points: another scale. */
function withNoticed(sentence: string, figures: RunComparison["figures"], words: ComparisonText): string {
  const known = figures.flatMap((one) =>
    one.noticedFrom === undefined || one.tail === true || one.kind === "difference"
      ? []
      : [{ one, worse: Math.abs(Math.log(one.noticedFrom)) }]
  ).sort((a, b) => a.worse - b.worse);
  if (known.length === 0) return sentence;
  const [first, last] = [known[0]!, known.at(-1)!].map(({ one }) =>
    `${words.figures[one.figure]} ${changeText(one, one.noticedFrom!)}`
  );
  return words.joined(sentence, words.noticed(first!, last!));
}

function grossLine(figures: RunComparison["figures"], words: ComparisonText): readonly string[] {
  const gross = figures.flatMap((one) =>
    one.gross === undefined ? [] : [{ one, spread: one.gross.runSpread }]
  );
  if (gross.length === 0) return [];
  const factor = Math.exp(Math.min(...gross.map(({ spread }) => spread)));
  return [words.gross(gross.map(({ one }) => words.figures[one.figure]), formatNumber(factor))];
}

function tailsOf(figures: RunComparison["figures"], words: ComparisonText): readonly string[] {
  return figures.filter(({ tail }) => tail === true).map((one) => words.figures[one.figure]);
}

function tailsLine(figures: RunComparison["figures"], words: ComparisonText): readonly string[] {
  const tails = tailsOf(figures, words);
  return tails.length === 0 ? [] : [words.tails(tails)];
}

/** Two runs a side, or batches that vary apart from each other: with less there are no bounds. */
function hasInterval({ basis, kind, change }: FigureComparison): boolean {
  if (!Number.isFinite(change.upper)) return false;
  if (kind === "ratio") return basis !== "none";
  return change.lower > -1 || change.upper < 1;
}

function figureValue(figure: ComparedFigure, value: number): string {
  if (figure === "failed_share") return formatRatio(value);
  return figure === "requests_per_second" || figure === "output_tokens_per_second"
    ? formatPerSecond(value)
    : formatSeconds(value);
}

/** Of a change: 0.005 %. */
const LEAST_SHOWN = 5e-5;

/** A ratio as a signed share (`+4.2%`), a difference of shares in points. */
function changeText(one: FigureComparison, value: number): string {
  const share = one.kind === "ratio" ? value - 1 : value;
  if (!Number.isFinite(share)) return NOT_AVAILABLE;
  // Below what is shown there is no change, up or down.
  if (Math.abs(share) < LEAST_SHOWN) return formatRatio(0);
  return `${share > 0 ? "+" : "-"}${formatRatio(Math.abs(share))}`;
}

function conditionText(
  value: ConditionCheck["before"],
  condition: ConditionCheck["condition"],
  words: ComparisonText,
): string {
  if (condition === "seenBy" && typeof value === "string") {
    return value.split(", ").map((one) => one === "server" ? words.seenBy.server : words.seenBy.clients).join(
      ", ",
    );
  }
  if (value === undefined) return "";
  return typeof value === "number" ? formatNumber(value) : String(value);
}
