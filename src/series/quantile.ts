/**
 * Quantiles of plain values and of classic histograms. Source: Prometheus 3.16 `promql/quantile.go`.
 *
 * @module
 */
import { type Check, checkArgument, listOf, shape } from "../base/arguments.ts";
import { firstPassing } from "../base/search.ts";

/**
 * The q-quantile of values that are sorted ascending with NaN first, by linear interpolation between closest ranks
 * (rank q(n - 1), Hyndman and Fan's type 7). No values or q NaN give NaN; q < 0 gives -Infinity, q > 1 Infinity.
 */
export function quantileOfSorted(q: number, sorted: ArrayLike<number>): number {
  const n = sorted.length;
  if (n === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const rank = q * (n - 1);
  const floor = Math.floor(rank);
  const lower = Math.max(0, floor);
  const upper = Math.min(n - 1, lower + 1);
  const weight = rank - floor;
  if (weight === 0) return sorted[lower]!;
  return sorted[lower]! * (1 - weight) + sorted[upper]! * weight;
}

/** A sorted copy of `values[low, high)` in the order that {@link quantileOfSorted} wants: NaN first. */
export function sortedWindow(values: ArrayLike<number>, low: number, high: number): Float64Array {
  const sorted = new Float64Array(high - low);
  for (let i = low; i < high; i++) sorted[i - low] = values[i]!;
  sorted.sort();
  let numbers = sorted.length;
  while (numbers > 0 && Number.isNaN(sorted[numbers - 1])) numbers--;
  if (numbers < sorted.length) {
    sorted.copyWithin(sorted.length - numbers, 0, numbers);
    sorted.fill(NaN, 0, sorted.length - numbers);
  }
  return sorted;
}

/** A cumulative bucket: how many observations (or how many a second) were at most `le`. */
export interface Bucket {
  /** Upper bound, included; Infinity for the last. */
  readonly le: number;
  /** Observations up to the bound, or how many a second. */
  readonly count: number;
}

/** NaN is a quantile that there is not. */
const Q: Check = {
  type: "number",
  wanted: "a number from 0 to 1",
  accepts: (value) => typeof value === "number",
};

const BUCKETS = listOf(shape("", ["le", "count"]), "a list of { le, count }");

/** A quantile and the bucket that holds it: the true quantile lies in (lower, upper]. */
export interface HistogramQuantile {
  /** The estimate. */
  readonly value: number;
  /** Lower bound of the bucket, excluded. */
  readonly lower: number;
  /** Upper bound of the bucket, included. */
  readonly upper: number;
}

/** Relative difference below which two bucket counts are one count with a rounding error. */
const SMALL_DIFFERENCE = 1e-12;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/**
 * The q-quantile of a classic histogram, linear inside its bucket, as `histogram_quantile`.
 *
 * Buckets may stand in any order; equal bounds are added; counts that fall with rising bounds are lifted to the count
 * before. `lower` and `upper` are the bounds of the bucket: -Infinity and Infinity where it is open. In the bucket up to
 * +Inf the value is the highest finite bound, and the truth lies above it. NaN in all three where there is no quantile:
 * fewer than two buckets, no +Inf bucket, no observations, or q NaN. q < 0 gives -Infinity, q > 1 Infinity.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { histogramQuantile } from "#lab";
 *
 * // Cumulative counts, as on the page: 90 of 100 within 0.5 s
 * const buckets = [{ le: 0.5, count: 90 }, { le: 1, count: 100 }, { le: Infinity, count: 100 }];
 * assert.deepEqual(histogramQuantile(0.95, buckets), { value: 0.75, lower: 0.5, upper: 1 });
 * ```
 */
export function histogramQuantile(q: number, buckets: readonly Bucket[]): HistogramQuantile {
  const call = "histogramQuantile(0.95, [{ le: 1, count: 9 }, { le: Infinity, count: 10 }])";
  checkArgument(call, { q }, Q);
  checkArgument(call, { buckets }, BUCKETS);
  if (q < 0) return { value: -Infinity, lower: -Infinity, upper: -Infinity };
  if (q > 1) return { value: Infinity, lower: Infinity, upper: Infinity };
  const { bounds, counts } = sortBuckets(buckets);
  return quantileOfBuckets(q, bounds, counts);
}

/** Bounds ascending without repeats; the counts of equal bounds are added in the order given. */
export function sortBuckets(buckets: readonly Bucket[]): { bounds: Float64Array; counts: Float64Array } {
  const order = buckets.map((_, i) => i).sort((a, b) =>
    compareBounds(buckets[a]!.le, buckets[b]!.le) || a - b
  );
  const bounds = new Float64Array(buckets.length);
  const counts = new Float64Array(buckets.length);
  let size = 0;
  for (const index of order) {
    const { le, count } = buckets[index]!;
    if (size > 0 && bounds[size - 1] === le) counts[size - 1]! += count;
    else {
      bounds[size] = le;
      counts[size++] = count;
    }
  }
  return { bounds: bounds.subarray(0, size), counts: counts.subarray(0, size) };
}

function compareBounds(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The same for bounds that are ascending and distinct already.
 *
 * @param counts cumulative; **made monotonic in place**
 */
export function quantileOfBuckets(
  q: number,
  bounds: ArrayLike<number>,
  counts: Float64Array,
): HistogramQuantile {
  const last = bounds.length - 1;
  if (Number.isNaN(q) || last < 0 || bounds[last] !== Infinity) return NO_QUANTILE;
  makeMonotonic(counts);
  const total = counts[last]!;
  if (last < 1 || total === 0) return NO_QUANTILE;
  const rank = q * total;
  const bucket = firstPassing(0, last, (index) => counts[index]! >= rank);
  if (bucket === last) return present(bounds[last - 1]!, bounds[last - 1]!, Infinity);
  const upper = bounds[bucket]!;
  if (bucket === 0) {
    // Nothing says where the first bucket begins: above 0 it is taken to begin at 0, else its bound is the answer.
    if (upper <= 0) return present(upper, -Infinity, upper);
    return present(upper * (rank / counts[0]!), 0, upper);
  }
  const lower = bounds[bucket - 1]!;
  const below = counts[bucket - 1]!;
  return present(lower + (upper - lower) * ((rank - below) / (counts[bucket]! - below)), lower, upper);
}

const NO_QUANTILE: HistogramQuantile = { value: NaN, lower: NaN, upper: NaN };

/** A NaN quantile (counts that are NaN) has no bucket. */
function present(value: number, lower: number, upper: number): HistogramQuantile {
  return Number.isNaN(value) ? NO_QUANTILE : { value, lower, upper };
}

/** Lifts counts that fall, or differ by a rounding error, to the count before. In place. */
export function makeMonotonic(counts: Float64Array): void {
  let previous = counts[0]!;
  for (let i = 1; i < counts.length; i++) {
    const current = counts[i]!;
    if (current === previous) continue;
    if (current < previous || almostEqual(previous, current)) counts[i] = previous;
    else previous = current;
  }
}

function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < SMALLEST_NORMAL) return difference < SMALL_DIFFERENCE * SMALLEST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DIFFERENCE;
}
