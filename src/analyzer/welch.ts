/**
 * How far the difference of two means may be off.
 *
 * @module
 */
import { lagOneAutocorrelation, sampleVariance } from "./statistics.ts";
import { studentTCritical } from "./student_t.ts";

/**
 * Half of Welch's interval for the difference of two means; 0 where neither side varies. Values in order of time count as
 * fewer where each resembles the one before.
 */
export function halfWidth(
  first: readonly number[],
  second: readonly number[],
  options: { readonly alpha: number; readonly ordered: boolean },
): number {
  const worth = (values: readonly number[]) => options.ordered ? independentNumber(values) : values.length;
  const [countA, countB] = [worth(first), worth(second)];
  const [a, b] = [sampleVariance(first) / countA, sampleVariance(second) / countB];
  const variance = a + b;
  if (!(variance > ROUNDING)) return 0;
  const least = options.ordered ? LEAST_INDEPENDENT : 2;
  if (countA < least || countB < least) return Infinity;
  const degrees = variance ** 2 / (a ** 2 / (countA - 1) + b ** 2 / (countB - 1));
  return studentTCritical(options.alpha, Math.max(1, degrees)) * Math.sqrt(variance);
}

/** A run: its figure and that of its batches in order of time. */
export interface BatchedRun {
  readonly value: number;
  readonly batches: readonly number[];
}

/**
 * As {@link halfWidth}, for few runs a side that vary no more than their own batches explain: by the batches' variance, which has
 * many more degrees of freedom than that of two or three runs, and never by less than the runs themselves vary. Undefined
 * where runs differ by more than that, or where batches say nothing.
 */
export function halfWidthWithin(
  first: readonly BatchedRun[],
  second: readonly BatchedRun[],
): ((alpha: number) => number) | undefined {
  const sides = [first, second].map((runs) => {
    const worth = runs.map(({ batches }) => independentNumber(batches));
    const within = runs.reduce((sum, { batches }, i) => sum + sampleVariance(batches) / worth[i]!, 0) /
      runs.length ** 2;
    const between = sampleVariance(runs.map(({ value }) => value)) / runs.length;
    const known = worth.every((each) => each >= LEAST_INDEPENDENT) && between <= MOST_BETWEEN * within;
    return {
      variance: Math.max(within, between),
      degrees: worth.reduce((sum, each) => sum + each - 1, 0),
      known,
    };
  });
  const [a, b] = [sides[0]!, sides[1]!];
  const variance = a.variance + b.variance;
  if (!a.known || !b.known || !(variance > ROUNDING)) return undefined;
  const degrees = variance ** 2 / (a.variance ** 2 / a.degrees + b.variance ** 2 / b.degrees);
  return (alpha) => studentTCritical(alpha, Math.max(1, degrees)) * Math.sqrt(variance);
}

/** Runs that vary by more than this much of what their batches explain differ by something else. */
const MOST_BETWEEN = 4;

/** Below this a variance (of logarithms, of shares) is that of rounding: times as doubles are good to a microsecond. */
const ROUNDING = 1e-16;

/** Batches that are worth fewer say nothing of a run. */
const LEAST_INDEPENDENT = 3;

/**
 * What batches are worth when each resembles the one before: k (1 - r) / (1 + r), r corrected for what is lost to a short
 * series, (k r + 1) / (k - 3) (Kendall 1954), and never below 0.
 */
function independentNumber(values: readonly number[]): number {
  const k = values.length;
  if (k <= 4) return 0;
  const r = Math.min(0.99, Math.max(0, (k * lagOneAutocorrelation(values) + 1) / (k - 3)));
  return k * (1 - r) / (1 + r);
}
