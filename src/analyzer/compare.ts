/**
 * Is one run slower than another? With an interval, and only if they can be compared.
 *
 * @module
 */
import { checkCompare } from "./compare_checks.ts";
import type { Cause } from "../base/cause.ts";
import type { MetricSource } from "../series/types.ts";
import { figuresOfFile, type FileFigures } from "./file_figures.ts";
import { type CompareVerdict, type FigureComparison, measureFigure, valuesOf } from "./compare_figure.ts";
import { judgeFigures } from "./compare_verdict.ts";
import {
  COMPARED_FIGURES,
  type ComparedFigure,
  figuresOfSource,
  MORE_IS_BETTER,
  type RunConditions,
  type RunFigures,
  type RunKind,
} from "./run_figures.ts";
import { mean, sortedFinite } from "./statistics.ts";

/**
 * Runs of a side that give an interval worth having; with fewer it is very wide (Welch's t), with one there may be none.
 */
export const WANTED_RUNS = 5;

/** A run: a source (recording, shipped data, collector) or what another tool's file holds. */
export type ComparableRun = MetricSource | FileFigures;

/** How {@link compareRuns} judges. */
export interface CompareOptions {
  /** Share by which a figure may be worse and still pass; default 0.05. */
  readonly threshold?: number;
  /** With which an interval over runs holds the truth, and with which all that fail are surely worse; default 0.95. */
  readonly confidence?: number;
  /**
   * When a figure of several runs a side fails. "measured": it is surely worse, and was measured worse by more than the threshold; the
   * default. "surely": it is surely worse by more than the threshold, which takes more runs.
   */
  readonly beyond?: "measured" | "surely";
  /** Figures that decide; default all that both sides have, of which tails (p99) may fail and need not pass. */
  readonly figures?: readonly ComparedFigure[];
  /** Share by which loads may differ and still be called the same; default 0.1. */
  readonly loadTolerance?: number;
}

/** A figure that one side lacks. */
export interface FigureGap {
  /** One that was asked for. */
  readonly figure: ComparedFigure;
  /** Why it cannot be compared. */
  readonly absent: Cause;
  /** Kinds of the runs that lack it; empty where the side has it, or does not tell what its runs are. */
  readonly lacking: { readonly before: readonly RunKind[]; readonly after: readonly RunKind[] };
}

/** Whether a condition is the same on both sides. */
export interface ConditionCheck {
  /** What has to be alike. */
  readonly condition: Exclude<keyof RunConditions, "cutShare">;
  /**
   * Of loads and lengths the mean over the side's runs; of others all that its runs say; undefined where none
   * says.
   */
  readonly before: string | number | boolean | undefined;
  /** The same of the other side. */
  readonly after: string | number | boolean | undefined;
  /** "unknown" where a side does not say. */
  readonly same: "yes" | "no" | "unknown";
}

/** How far a whole distribution moved. */
export interface DistributionShift {
  /** Whose durations: requests of all runs of a side together, of `itl` every gap. */
  readonly of: "ttft" | "itl" | "e2e";
  /** Largest distance of the two cumulative distributions (Kolmogorov–Smirnov), 0 to 1. */
  readonly distance: number;
  /** Durations behind it, 1 or more. */
  readonly beforeCount: number;
  /** Durations behind it, 1 or more. */
  readonly afterCount: number;
  /** Value at each tenth of the requests, before and after. */
  readonly deciles: readonly { readonly q: number; readonly before: number; readonly after: number }[];
}

/** What comparing two sides gives. */
export interface RunComparison {
  /** "not_comparable" when a condition differs; else the worst verdict of the figures. */
  readonly verdict: CompareVerdict | "not_comparable";
  /** The share that was allowed to be lost. */
  readonly threshold: number;
  /** With which an interval over runs holds the truth, and with which all that fail are surely worse. */
  readonly confidence: number;
  /** When a figure of several runs a side fails. */
  readonly beyond: "measured" | "surely";
  /** Runs of the side, 1 or more. */
  readonly runsBefore: number;
  /** Runs of the side, 1 or more. */
  readonly runsAfter: number;
  /** What the runs of each side were read from, each kind once. */
  readonly kinds: { readonly before: readonly RunKind[]; readonly after: readonly RunKind[] };
  /** Every condition that has to be alike, those that nobody tells included. */
  readonly checks: readonly ConditionCheck[];
  /** Those that both sides have, in the order of `COMPARED_FIGURES` or of the call. */
  readonly figures: readonly FigureComparison[];
  /** Those that were wanted and that a side lacks. */
  readonly gaps: readonly FigureGap[];
  /**
   * Of all requests of a side the share that the ends of its runs cut, where any is; undefined of a side that does not tell. Their
   * durations, the longest, are in no figure: where more were cut after than before, no duration passes.
   */
  readonly cut?: { readonly before: number | undefined; readonly after: number | undefined };
  /** Only of what both sides have single requests for. */
  readonly shifts: readonly DistributionShift[];
}

/**
 * Compares two runs, or several of each: repeated runs (five or more a side, taken in turns) are what gives an honest
 * interval (Kalibera and Jones, ISMM 2013). Figures are compared as ratios, on logarithms.
 *
 * One bare number a side is inconclusive, unless the difference is gross: such as equal runs could only show if they differed
 * by several tens of percent from run to run (`gross` says by how much).
 */
export async function compareRuns(
  before: ComparableRun | readonly ComparableRun[],
  after: ComparableRun | readonly ComparableRun[],
  options: CompareOptions = {},
): Promise<RunComparison> {
  checkCompare(before, after, options);
  return compareFigures(await readRuns(before), await readRuns(after), options);
}

async function readRuns(runs: ComparableRun | readonly ComparableRun[]): Promise<RunFigures[]> {
  const list: readonly ComparableRun[] = isList(runs) ? runs : [runs];
  return await Promise.all(list.map((run) => "span" in run ? figuresOfSource(run) : figuresOfFile(run)));
}

function isList(runs: ComparableRun | readonly ComparableRun[]): runs is readonly ComparableRun[] {
  return Array.isArray(runs);
}

/** As {@link compareRuns}, on figures that are ready. */
export function compareFigures(
  before: readonly RunFigures[],
  after: readonly RunFigures[],
  options: CompareOptions = {},
): RunComparison {
  const { threshold = 0.05, confidence = 0.95, loadTolerance = 0.1, beyond = "measured" } = options;
  const wanted = options.figures ?? COMPARED_FIGURES;
  const shared = wanted.filter((figure) =>
    valuesOf(before, figure).length > 0 && valuesOf(after, figure).length > 0
  );
  const cut = { before: meanOf(before, "cutShare"), after: meanOf(after, "cutShare") };
  const sides = { before, after };
  const measured = shared.map((figure) => measureFigure(figure, sides));
  const rule = { threshold, alpha: 1 - confidence, beyond };
  const figures = judgeFigures(measured, { sides, rule }).map((one) =>
    asTail(unlessCut(one, cut), options.figures !== undefined)
  );
  const checks = checkConditions(before, after, loadTolerance);
  return {
    verdict: overall(figures, checks),
    threshold,
    confidence,
    beyond,
    runsBefore: before.length,
    runsAfter: after.length,
    kinds: { before: kindsOf(before), after: kindsOf(after) },
    checks,
    figures,
    ...((cut.before ?? 0) > 0 || (cut.after ?? 0) > 0 ? { cut } : {}),
    gaps: wanted.filter((figure) => !shared.includes(figure)).map((figure) => ({
      figure,
      absent: { code: "no_data", params: { quantity: figure } },
      lacking: { before: lacking(before, figure), after: lacking(after, figure) },
    })),
    shifts: (["ttft", "itl", "e2e"] as const).flatMap((of) => shiftOf(of, before, after) ?? []),
  };
}

/** Figures that hold requests of any length. */
const ANY_LENGTH: ReadonlySet<ComparedFigure> = new Set<ComparedFigure>([
  ...MORE_IS_BETTER,
  "failed_share",
]);
/** By so much more of the requests a side may have been cut and still hold as long ones. */
const CUT_TOLERANCE = 0.005;

/** True where durations after are of fewer of the long requests than before. */
export function moreCutAfter(cut: RunComparison["cut"]): boolean {
  return (cut?.after ?? 0) > (cut?.before ?? 0) + CUT_TOLERANCE;
}

/** A duration that got no longer proves nothing where more of the longest requests were cut. */
function unlessCut(one: FigureComparison, cut: RunComparison["cut"]): FigureComparison {
  return one.verdict === "pass" && !ANY_LENGTH.has(one.figure) && moreCutAfter(cut)
    ? { ...one, verdict: "inconclusive" }
    : one;
}

function kindsOf(runs: readonly RunFigures[]): RunKind[] {
  return [...new Set(runs.flatMap(({ kind }) => kind ?? []))];
}

/** A side has a figure where any of its runs does. */
function lacking(runs: readonly RunFigures[], figure: ComparedFigure): RunKind[] {
  return valuesOf(runs, figure).length > 0 ? [] : kindsOf(runs);
}

/** What of most runs is too uncertain to be proven as before: a PASS that waits for it never comes. */
const TAILS: ReadonlySet<ComparedFigure> = new Set<ComparedFigure>(["ttft_p99", "itl_p99", "e2e_p99"]);

/** A tail that shows nothing holds no PASS back, unless it was asked for, or is worse by its own interval. */
function asTail(one: FigureComparison, asked: boolean): FigureComparison {
  const free = !asked && TAILS.has(one.figure) && one.verdict === "inconclusive" && !(one.change.lower > 1);
  return free ? { ...one, tail: true } : one;
}

function overall(
  figures: readonly FigureComparison[],
  checks: readonly ConditionCheck[],
): RunComparison["verdict"] {
  if (checks.some((check) => check.same === "no")) return "not_comparable";
  if (figures.some((one) => one.verdict === "fail")) return "fail";
  const deciding = figures.filter(({ tail }) => tail !== true);
  return deciding.length > 0 && deciding.every((one) => one.verdict === "pass") ? "pass" : "inconclusive";
}

const EQUAL_CONDITIONS = [
  "seenBy",
  "model",
  "servers",
  "version",
  "gpu",
  "simulated",
  "maxNumSequences",
  "users",
] as const;
/** Of closed loops the rate follows from the server: their users are compared instead. */
const NEAR_CONDITIONS = ["requestsPerSecondSent", "promptTokensMean", "outputTokensMean"] as const;

function checkConditions(
  before: readonly RunFigures[],
  after: readonly RunFigures[],
  tolerance: number,
): ConditionCheck[] {
  const equal = EQUAL_CONDITIONS.map((condition): ConditionCheck => {
    const [first, second] = [commonOf(before, condition), commonOf(after, condition)];
    const unknown = first === undefined || second === undefined;
    return {
      condition,
      before: first,
      after: second,
      same: unknown ? "unknown" : first === second ? "yes" : "no",
    };
  });
  const closed = [...before, ...after].every(({ conditions }) => conditions.users !== undefined);
  const near = NEAR_CONDITIONS.filter((condition) => !closed || condition !== "requestsPerSecondSent").map((
    condition,
  ): ConditionCheck => {
    const [first, second] = [meanOf(before, condition), meanOf(after, condition)];
    const unknown = first === undefined || second === undefined;
    const same = unknown ? "unknown" : Math.abs(second / first - 1) <= tolerance ? "yes" : "no";
    return { condition, before: first, after: second, same };
  });
  // Loads at a rate of their own have no users: nobody needs to know them.
  const told = equal.filter((one) =>
    one.condition !== "users" || one.before !== undefined || one.after !== undefined
  );
  return [...told, ...near];
}

/** The value that all runs share; runs of a side that differ among themselves are named one after the other. */
function commonOf(
  runs: readonly RunFigures[],
  condition: typeof EQUAL_CONDITIONS[number],
): string | number | boolean | undefined {
  const values = [...new Set(runs.map((run) => run.conditions[condition]))].filter((value) =>
    value !== undefined
  );
  return values.length <= 1 ? values[0] : values.join(", ");
}

function meanOf(
  runs: readonly RunFigures[],
  condition: typeof NEAR_CONDITIONS[number] | "cutShare",
): number | undefined {
  const values = runs.map((run) => run.conditions[condition])
    .filter((value): value is number => value !== undefined && !Number.isNaN(value));
  return values.length === 0 ? undefined : mean(values);
}

function shiftOf(
  of: "ttft" | "itl" | "e2e",
  before: readonly RunFigures[],
  after: readonly RunFigures[],
): DistributionShift | undefined {
  const pool = (runs: readonly RunFigures[]) => sortedFinite(runs.flatMap((run) => run.samples[of] ?? []));
  const [first, second] = [pool(before), pool(after)];
  if (first.length === 0 || second.length === 0) return undefined;
  const at = (sorted: Float64Array, q: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  return {
    of,
    distance: largestDistance(first, second),
    beforeCount: first.length,
    afterCount: second.length,
    deciles: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((q) => ({
      q,
      before: at(first, q),
      after: at(second, q),
    })),
  };
}

/** Two-sample Kolmogorov–Smirnov statistic of ascending values. */
export function largestDistance(first: ArrayLike<number>, second: ArrayLike<number>): number {
  let i = 0;
  let j = 0;
  let distance = 0;
  while (i < first.length && j < second.length) {
    const value = Math.min(first[i]!, second[j]!);
    while (i < first.length && first[i] === value) i++;
    while (j < second.length && second[j] === value) j++;
    distance = Math.max(distance, Math.abs(i / first.length - j / second.length));
  }
  return distance;
}
