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
  if (countA < LEAST_INDEPENDENT || countB < LEAST_INDEPENDENT) return Infinity;
  const degrees = variance ** 2 / (a ** 2 / (countA - 1) + b ** 2 / (countB - 1));
  return studentTCritical(options.alpha, Math.max(1, degrees)) * Math.sqrt(variance);
}

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
