/**
 * One figure of both sides: by how much it changed, between what bounds, and whether that is worse.
 *
 * @module
 */
import { shareVariance } from "./proportions.ts";
import { type ComparedFigure, MORE_IS_BETTER, type RunFigures } from "./run_figures.ts";
import { mean } from "./statistics.ts";
import { studentTCritical } from "./student_t.ts";
import { halfWidth, halfWidthWithin } from "./welch.ts";

/** PASS: surely not worse by the threshold. FAIL: worse, as `compareRuns` tells. INCONCLUSIVE: neither can be said. */
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
  /** Of this figure alone. */
  readonly verdict: CompareVerdict;
  /**
   * "runs": several runs a side (Welch's t over runs). "batches": one run a side, or few, each cut in ten by time; what varies
   * from run to run is not in the interval. "none": one number a side.
   */
  readonly basis: "runs" | "batches" | "none";
  /** True of a percentile from a server's buckets, whose interval holds all that may lie inside them. */
  readonly bounded?: true;
  /** Read as `change` is: a true change for the worse of this size fails in four of five such comparisons. Absent without an interval. */
  readonly noticedFrom?: number;
  /** Of a figure that failed without an interval: runs alike would have to differ by this standard deviation of the logarithm. */
  readonly gross?: { readonly runSpread: number };
  /** True of a tail that is not proven to be as before, and holds no PASS back. */
  readonly tail?: true;
}

/** A figure of those runs that have it. */
export function valuesOf(runs: readonly RunFigures[], figure: ComparedFigure): number[] {
  return runs.map((run) => run.figures[figure]?.value).filter((value) => value !== undefined);
}

/** Both sides. */
export interface Sides {
  readonly before: readonly RunFigures[];
  readonly after: readonly RunFigures[];
}

/** What is known of a figure of both sides, before it is judged. On the scale: logarithms of ratios, shares as they are. */
export interface MeasuredFigure
  extends Pick<FigureComparison, "figure" | "before" | "after" | "kind" | "moreIsBetter" | "basis"> {
  /** On the scale; NaN where zeros have no logarithm. */
  readonly shift: number;
  /** Half of the interval that misses the truth with this probability, on the scale; infinite where there is none. */
  readonly half: (alpha: number) => number;
  /** What two percentiles may differ by inside their buckets, on the scale. */
  readonly unknown?: { readonly least: number; readonly most: number };
  /** A figure that is not to be judged by an interval. */
  readonly zero?: Pick<FigureComparison, "change" | "verdict">;
  /** A second reading of few runs a side, by batches: worth looking at where the runs alone say nothing. */
  readonly byBatches?: MeasuredFigure;
}

/** From so many runs a side on, batches of them add nothing. */
const ENOUGH_RUNS = 4;

/** Measures a figure that both sides have. */
export function measureFigure(figure: ComparedFigure, sides: Sides): MeasuredFigure {
  const kind = figure === "failed_share" ? "difference" : "ratio";
  const moreIsBetter = MORE_IS_BETTER.has(figure);
  const before = valuesOf(sides.before, figure);
  const after = valuesOf(sides.after, figure);
  const { first, second, basis } = observations(figure, sides);
  if (kind === "ratio" && [...before, ...after].some((value) => value <= 0)) {
    const { before: one, after: two, ...zero } = withoutLogarithm(before, after, moreIsBetter);
    return {
      figure,
      before: one,
      after: two,
      kind,
      moreIsBetter,
      basis,
      shift: NaN,
      half: () => Infinity,
      zero,
    };
  }
  const toScale = (value: number) => kind === "ratio" ? Math.log(value) : value;
  const fromScale = (value: number) => kind === "ratio" ? Math.exp(value) : value;
  const [meanBefore, meanAfter] = [mean(before.map(toScale)), mean(after.map(toScale))];
  const spread = basis === "none"
    ? () => Infinity
    : (alpha: number) =>
      halfWidth(first.map(toScale), second.map(toScale), { alpha, ordered: basis === "batches" });
  const half = kind === "ratio"
    ? spread
    : (alpha: number) => shareHalfWidth(figure, { spread: spread(alpha), sides, alpha });
  const unknown = kind === "ratio" ? unknownShift(figure, sides) : undefined;
  const one: MeasuredFigure = {
    figure,
    before: fromScale(meanBefore),
    after: fromScale(meanAfter),
    kind,
    moreIsBetter,
    basis,
    shift: meanAfter - meanBefore,
    half,
    ...(unknown === undefined ? {} : { unknown }),
  };
  const few = basis === "runs" && kind === "ratio" && Math.min(before.length, after.length) < ENOUGH_RUNS;
  const within = few ? halfWidthOfRuns(figure, sides) : undefined;
  return within === undefined ? one : { ...one, byBatches: { ...one, basis: "batches", half: within } };
}

/** By the batches of each of a few runs; undefined where runs differ by more than their batches explain, or have none. */
function halfWidthOfRuns(figure: ComparedFigure, sides: Sides): ((alpha: number) => number) | undefined {
  const side = (runs: readonly RunFigures[]) =>
    runs.flatMap((run) => {
      const { value, batches = [] } = run.figures[figure] ?? {};
      return value === undefined
        ? []
        : [{ value: Math.log(value), batches: batches.filter((one) => one > 0).map(Math.log) }];
    });
  return halfWidthWithin(side(sides.before), side(sides.after));
}

/**
 * What two percentiles may differ by inside their buckets, as a logarithm: interpolation puts them at like places, so that they
 * read alike however far they are apart. Undefined where both sides are exact.
 */
function unknownShift(
  figure: ComparedFigure,
  { before, after }: Sides,
): { readonly least: number; readonly most: number } | undefined {
  const of = (runs: readonly RunFigures[], side: "lower" | "upper") =>
    mean(runs.flatMap((run) => {
      const { value, bounds } = run.figures[figure] ?? {};
      return value === undefined ? [] : [Math.log(bounds?.[side] ?? value)];
    }));
  if (![...before, ...after].some((run) => run.figures[figure]?.bounds !== undefined)) return undefined;
  return { least: of(after, "lower") - of(before, "upper"), most: of(after, "upper") - of(before, "lower") };
}

/**
 * A zero has no logarithm. A throughput that became 0 in every run is surely worse: nothing ended well. Nothing else is
 * sure of zeros.
 */
function withoutLogarithm(
  before: readonly number[],
  after: readonly number[],
  moreIsBetter: boolean,
): Pick<FigureComparison, "before" | "after" | "change" | "verdict"> {
  const [one, two] = [mean(before), mean(after)];
  const stopped = moreIsBetter && before.every((value) => value > 0) && after.every((value) => value <= 0);
  return {
    before: one,
    after: two,
    change: stopped
      ? { value: 0, lower: 0, upper: 0 }
      : { value: one === two ? 1 : two / one, lower: 0, upper: Infinity },
    verdict: stopped ? "fail" : "inconclusive",
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
  { spread, sides, alpha }: { readonly spread: number; readonly sides: Sides; readonly alpha: number },
): number {
  const least = leastHalfWidth(figure, sides, alpha);
  const counted = [...sides.before, ...sides.after].every((run) => (run.figures[figure]?.count ?? 0) > 0);
  return Number.isFinite(spread) || !counted ? Math.max(spread, least) : least;
}

/** A share that did not vary may still be another one: what so many requests can tell at best. */
function leastHalfWidth(figure: ComparedFigure, { before, after }: Sides, alpha: number): number {
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
