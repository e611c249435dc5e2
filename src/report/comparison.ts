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
        words.short[one.verdict],
      ]),
      numeric: [1, 2, 3, 4],
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

function verdictText({ verdict, threshold, figures }: RunComparison, words: ComparisonText): string {
  const share = formatRatio(threshold);
  if (verdict !== "inconclusive") return words.verdicts[verdict](share);
  if (figures.length === 0) return words.nothingShared;
  // That of a share comes from the number of requests, and says nothing of how runs vary.
  return figures.some((one) => one.basis !== "none" && hasInterval(one))
    ? words.verdicts.inconclusive(share)
    : words.oneRun(share, String(WANTED_RUNS));
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
