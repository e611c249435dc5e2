/**
 * One figure of both sides: by how much it changed, between what bounds, and whether that is worse.
 *
 * @module
 */
import { shareVariance } from "./proportions.ts";
import { type ComparedFigure, MORE_IS_BETTER, type RunFigures } from "./run_figures.ts";
import { mean } from "./statistics.ts";
import { studentTCritical } from "./student_t.ts";
import { halfWidth } from "./welch.ts";

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
  /** True of a percentile from a server's buckets, whose interval holds all that may lie inside them. */
  readonly bounded?: true;
}

/** A figure of those runs that have it. */
export function valuesOf(runs: readonly RunFigures[], figure: ComparedFigure): number[] {
  return runs.map((run) => run.figures[figure]?.value).filter((value) => value !== undefined);
}

/** Both sides and how they are judged. */
export interface Sides {
  readonly before: readonly RunFigures[];
  readonly after: readonly RunFigures[];
  readonly threshold: number;
  readonly alpha: number;
}

/** Compares a figure that both sides have. */
export function compareFigure(figure: ComparedFigure, sides: Sides): FigureComparison {
  const kind = figure === "failed_share" ? "difference" : "ratio";
  const moreIsBetter = MORE_IS_BETTER.has(figure);
  const toScale = (value: number) => kind === "ratio" ? Math.log(value) : value;
  const fromScale = (value: number) => kind === "ratio" ? Math.exp(value) : value;
  const before = valuesOf(sides.before, figure);
  const after = valuesOf(sides.after, figure);
  const { first, second, basis } = observations(figure, sides);
  if (kind === "ratio" && [...before, ...after].some((value) => value <= 0)) {
    return { figure, ...withoutLogarithm(before, after, moreIsBetter), kind, moreIsBetter, basis };
  }
  const shift = mean(after.map(toScale)) - mean(before.map(toScale));
  const spread = basis === "none" ? Infinity : halfWidth(first.map(toScale), second.map(toScale), {
    alpha: sides.alpha,
    ordered: basis === "batches",
  });
  const half = kind === "ratio" ? spread : shareHalfWidth(figure, { spread, sides });
  const known = Number.isFinite(half);
  const unknown = kind === "ratio" ? unknownShift(figure, sides) : undefined;
  const change = {
    value: fromScale(shift),
    lower: known ? fromScale(Math.min(shift - half, unknown?.least ?? Infinity)) : kind === "ratio" ? 0 : -1,
    upper: known
      ? fromScale(Math.max(shift + half, unknown?.most ?? -Infinity))
      : kind === "ratio"
      ? Infinity
      : 1,
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
    ...(known && unknown !== undefined ? { bounded: true } : {}),
  };
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
