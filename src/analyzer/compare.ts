/**
 * Is one run slower than another? With an interval, and only if they can be compared.
 *
 * @module
 */
import { checkCompare } from "./compare_checks.ts";
import type { Cause } from "../base/cause.ts";
import type { MetricSource } from "../series/types.ts";
import { figuresOfFile, type FileFigures } from "./file_figures.ts";
import {
  COMPARED_FIGURES,
  type ComparedFigure,
  figuresOfSource,
  MORE_IS_BETTER,
  type RunConditions,
  type RunFigures,
} from "./run_figures.ts";
import { shareVariance } from "./proportions.ts";
import { mean, sortedFinite } from "./statistics.ts";
import { studentTCritical } from "./student_t.ts";
import { halfWidth } from "./welch.ts";

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
  /** Probability that no interval of the comparison misses the truth; default 0.95, shared out over the figures. */
  readonly confidence?: number;
  /** Figures that decide; default all that both sides have. */
  readonly figures?: readonly ComparedFigure[];
  /** Share by which loads may differ and still be called the same; default 0.1. */
  readonly loadTolerance?: number;
}

/** PASS: surely not worse by the threshold. FAIL: surely worse by more. INCONCLUSIVE: the interval holds the threshold. */
export type CompareVerdict = "pass" | "fail" | "inconclusive";

/** One figure of both sides. */
export interface FigureComparison {
  /** A duration in seconds, a rate per second, or a share. */
  readonly figure: ComparedFigure;
  /** Geometric mean over the runs of a side (arithmetic of shares). */
  readonly before: number;
  /** The same of the other side. */
  readonly after: number;
  /** after / before, with its interval; of shares the difference after - before. */
  readonly change: { readonly value: number; readonly lower: number; readonly upper: number };
  /** How `change` is to be read: 1 is no change of a ratio, 0 of a difference. */
  readonly kind: "ratio" | "difference";
  /** True for throughput; false for durations and failures. */
  readonly moreIsBetter: boolean;
  /** For this figure alone. */
  readonly verdict: CompareVerdict;
  /**
   * "runs": several runs a side (Welch's t over runs). "batches": one run a side, cut in ten by time; what varies
   * from run to run is not in the interval. "none": one number a side.
   */
  readonly basis: "runs" | "batches" | "none";
}

/** A figure that one side lacks. */
export interface FigureGap {
  /** One that was asked for. */
  readonly figure: ComparedFigure;
  /** Why it cannot be compared. */
  readonly absent: Cause;
}

/** Whether a condition is the same on both sides. */
export interface ConditionCheck {
  /** What has to be alike. */
  readonly condition: keyof RunConditions;
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
  /** With which all intervals together hold the truth. */
  readonly confidence: number;
  /** Runs of the side, 1 or more. */
  readonly runsBefore: number;
  /** Runs of the side, 1 or more. */
  readonly runsAfter: number;
  /** Every condition that has to be alike, those that nobody tells included. */
  readonly checks: readonly ConditionCheck[];
  /** Those that both sides have, in the order of `COMPARED_FIGURES` or of the call. */
  readonly figures: readonly FigureComparison[];
  /** Those that were wanted and that a side lacks. */
  readonly gaps: readonly FigureGap[];
  /** Only of what both sides have single requests for. */
  readonly shifts: readonly DistributionShift[];
}

/**
 * Compares two runs, or several of each: repeated runs (five or more a side, taken in turns) are what gives an honest
 * interval (Kalibera and Jones, ISMM 2013). Figures are compared as ratios, on logarithms.
 *
 * Never passes or fails on one bare number a side: that is inconclusive.
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
  const { threshold = 0.05, confidence = 0.95, loadTolerance = 0.1 } = options;
  const wanted = options.figures ?? COMPARED_FIGURES;
  const shared = wanted.filter((figure) =>
    valuesOf(before, figure).length > 0 && valuesOf(after, figure).length > 0
  );
  // Bonferroni: all intervals hold together with the asked confidence.
  const alpha = (1 - confidence) / Math.max(1, shared.length);
  const figures = shared.map((figure) => compareFigure(figure, { before, after, threshold, alpha }));
  const checks = checkConditions(before, after, loadTolerance);
  return {
    verdict: overall(figures, checks),
    threshold,
    confidence,
    runsBefore: before.length,
    runsAfter: after.length,
    checks,
    figures,
    gaps: wanted.filter((figure) => !shared.includes(figure)).map((figure) => ({
      figure,
      absent: { code: "no_data", params: { quantity: figure } },
    })),
    shifts: (["ttft", "itl", "e2e"] as const).flatMap((of) => shiftOf(of, before, after) ?? []),
  };
}

function overall(
  figures: readonly FigureComparison[],
  checks: readonly ConditionCheck[],
): RunComparison["verdict"] {
  if (checks.some((check) => check.same === "no")) return "not_comparable";
  if (figures.some((one) => one.verdict === "fail")) return "fail";
  const certain = figures.length > 0 && figures.every((one) => one.verdict === "pass");
  return certain ? "pass" : "inconclusive";
}

function valuesOf(runs: readonly RunFigures[], figure: ComparedFigure): number[] {
  return runs.map((run) => run.figures[figure]?.value).filter((value) => value !== undefined);
}

interface Sides {
  readonly before: readonly RunFigures[];
  readonly after: readonly RunFigures[];
  readonly threshold: number;
  readonly alpha: number;
}

function compareFigure(figure: ComparedFigure, sides: Sides): FigureComparison {
  const kind = figure === "failed_share" ? "difference" : "ratio";
  const moreIsBetter = MORE_IS_BETTER.has(figure);
  const toScale = (value: number) => kind === "ratio" ? Math.log(value) : value;
  const fromScale = (value: number) => kind === "ratio" ? Math.exp(value) : value;
  const before = valuesOf(sides.before, figure);
  const after = valuesOf(sides.after, figure);
  const { first, second, basis } = observations(figure, sides);
  const shift = mean(after.map(toScale)) - mean(before.map(toScale));
  const spread = basis === "none" ? Infinity : halfWidth(first.map(toScale), second.map(toScale), {
    alpha: sides.alpha,
    ordered: basis === "batches",
  });
  const half = kind === "ratio" ? spread : shareHalfWidth(figure, { spread, sides });
  const known = Number.isFinite(half);
  const change = {
    value: fromScale(shift),
    lower: known ? fromScale(shift - half) : kind === "ratio" ? 0 : -1,
    upper: known ? fromScale(shift + half) : kind === "ratio" ? Infinity : 1,
  };
  return {
    figure,
    before: fromScale(mean(before.map(toScale))),
    after: fromScale(mean(after.map(toScale))),
    change,
    kind,
    moreIsBetter,
    verdict: judge(change, { kind, moreIsBetter, threshold: sides.threshold }),
    basis,
  };
}

/** Runs where each side has several, else batches of the two runs. */
function observations(
  figure: ComparedFigure,
  sides: Sides,
): { first: readonly number[]; second: readonly number[]; basis: FigureComparison["basis"] } {
  const [first, second] = [valuesOf(sides.before, figure), valuesOf(sides.after, figure)];
  if (first.length >= 2 && second.length >= 2) return { first, second, basis: "runs" };
  const batches = (runs: readonly RunFigures[]) =>
    runs.flatMap((run) => run.figures[figure]?.batches ?? []).filter((value) =>
      figure === "failed_share" || value > 0
    );
  const [one, two] = [batches(sides.before), batches(sides.after)];
  return one.length >= 5 && two.length >= 5
    ? { first: one, second: two, basis: "batches" }
    : { first, second, basis: "none" };
}

/**
 * Failures that come in one stretch leave batches that tell nothing apart; then requests themselves are counted, so that a
 * crash in the second run does not pass as unclear.
 */
function shareHalfWidth(
  figure: ComparedFigure,
  { spread, sides }: { readonly spread: number; readonly sides: Sides },
): number {
  const least = leastHalfWidth(figure, sides);
  const counted = [...sides.before, ...sides.after].every((run) => (run.figures[figure]?.count ?? 0) > 0);
  return Number.isFinite(spread) || !counted ? Math.max(spread, least) : least;
}

/** A share that did not vary may still be another one: what so many requests can tell at best. */
function leastHalfWidth(figure: ComparedFigure, { before, after, alpha }: Sides): number {
  const variance = (runs: readonly RunFigures[]) => {
    const known = runs.flatMap((run) => {
      const { value, count } = run.figures[figure] ?? {};
      return value === undefined || count === undefined ? [] : [{ share: value, count }];
    });
    const count = known.reduce((sum, one) => sum + one.count, 0);
    const hits = known.reduce((sum, one) => sum + one.share * one.count, 0);
    return count === 0 ? 0 : shareVariance({ share: hits / count, count });
  };
  return studentTCritical(alpha, MANY_DEGREES) * Math.sqrt(variance(before) + variance(after));
}

/** Student's t is Gaussian. */
const MANY_DEGREES = 1e6;

function judge(
  change: FigureComparison["change"],
  rule: { kind: "ratio" | "difference"; moreIsBetter: boolean; threshold: number },
): CompareVerdict {
  // What may be lost of a rate is gained by a duration: 1 / (1 + t) and 1 + t are the same step on a logarithm.
  const limit = rule.kind === "difference"
    ? rule.threshold
    : rule.moreIsBetter
    ? 1 / (1 + rule.threshold)
    : 1 + rule.threshold;
  const [best, worst] = rule.moreIsBetter ? [-change.upper, -change.lower] : [change.lower, change.upper];
  const edge = rule.moreIsBetter ? -limit : limit;
  if (worst <= edge) return "pass";
  return best > edge ? "fail" : "inconclusive";
}

const EQUAL_CONDITIONS = ["model", "servers", "version", "gpu", "simulated", "maxNumSequences"] as const;
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
  const near = NEAR_CONDITIONS.map((condition): ConditionCheck => {
    const [first, second] = [meanOf(before, condition), meanOf(after, condition)];
    const unknown = first === undefined || second === undefined;
    const same = unknown ? "unknown" : Math.abs(second / first - 1) <= tolerance ? "yes" : "no";
    return { condition, before: first, after: second, same };
  });
  return [...equal, ...near];
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

function meanOf(runs: readonly RunFigures[], condition: typeof NEAR_CONDITIONS[number]): number | undefined {
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
