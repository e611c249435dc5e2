/**
 * Between which values a quantile of a classic histogram surely lies, by its buckets and by its sum.
 *
 * @module
 */
import { quantileOfBuckets } from "./quantile.ts";

/** What was observed in a window. */
export interface ObservedHistogram {
  /** Upper bounds of the buckets, ascending and distinct, the last one Infinity. */
  readonly bounds: ArrayLike<number>;
  /** Observations in each bucket, without those of the buckets below it. */
  readonly counts: ArrayLike<number>;
  /** Sum of all observations; absent where it is not known. */
  readonly sum?: number;
}

/** A quantile's estimate, and what is sure of it: the quantile lies in [lower, upper]. */
export interface BoundedQuantile {
  /** Linear inside the bucket, as `histogram_quantile`, moved to the nearer bound where that lies outside them. */
  readonly value: number;
  /** At least. */
  readonly lower: number;
  /** At most; Infinity in the last bucket of a histogram without a sum. */
  readonly upper: number;
  /** Lower border of the bucket that holds it. */
  readonly bucketLower: number;
  /** Upper border of the bucket that holds it. */
  readonly bucketUpper: number;
}

/** By how much a sum may be off that was made of many roundings, as a share of it. */
const SUM_SLACK = 1e-9;

/**
 * The q-quantile of observations that are 0 or more: the smallest observation that at least the share q of all do not
 * exceed (numpy's `inverted_cdf`, and what a cumulative bucket counts).
 *
 * The borders of its bucket bound it. So does the sum: were the quantile higher than `upper`, the observations from its rank
 * on in the bucket, with all others as short as their buckets allow, would add up to more than the sum; were it lower than
 * `lower`, those up to its rank, with all others as long as they may be, would add up to less. Both are the tightest that can
 * be said. A sum that contradicts the buckets (a scrape in the midst of an observation) is left aside.
 *
 * @returns undefined without observations
 */
export function boundedQuantile(q: number, observed: ObservedHistogram): BoundedQuantile | undefined {
  const { bounds, counts, sum } = observed;
  const cumulative = cumulativeOf(counts);
  const total = cumulative[cumulative.length - 1] ?? 0;
  if (!(total > 0)) return undefined;
  const estimate = quantileOfBuckets(q, bounds, cumulative.slice());
  if (Number.isNaN(estimate.value)) return undefined;
  const { upper: bucketUpper } = estimate;
  const bucketLower = Math.min(bucketUpper, Math.max(0, estimate.lower));
  const shared = { bucketLower, bucketUpper };
  const borders = { value: estimate.value, lower: bucketLower, upper: bucketUpper, ...shared };
  const rank = Math.max(1, Math.ceil(q * total - 1e-9));
  let bucket = 0;
  while (bucket < cumulative.length && cumulative[bucket]! < rank - 1e-6) bucket++;
  if (sum === undefined || !(sum >= 0) || bounds[bucket] !== bucketUpper || !areWhole(counts)) return borders;
  const fromRank = cumulative[bucket]! - rank + 1;
  const toRank = rank - (cumulative[bucket - 1] ?? 0);
  const slack = SUM_SLACK * sum;
  const least = leastOf(observed);
  const upper = Math.min(bucketUpper, (sum + slack - (least - fromRank * bucketLower)) / fromRank);
  const rest = mostOutside(observed, bucket) + (counts[bucket]! - toRank) * bucketUpper;
  // An open bucket above, or this one open, may hold any sum: then nothing is said from below.
  const lower = Number.isFinite(rest) ? Math.max(bucketLower, (sum - slack - rest) / toRank) : bucketLower;
  if (upper < lower) return borders;
  return { value: Math.min(upper, Math.max(lower, estimate.value)), lower, upper, ...shared };
}

// Plain loops: this is asked for every point of a line.

function cumulativeOf(counts: ArrayLike<number>): Float64Array {
  const cumulative = new Float64Array(counts.length);
  let sum = 0;
  for (let i = 0; i < counts.length; i++) cumulative[i] = sum += counts[i]!;
  return cumulative;
}

function areWhole(counts: ArrayLike<number>): boolean {
  for (let i = 0; i < counts.length; i++) {
    if (!(Math.abs(counts[i]! - Math.round(counts[i]!)) < 1e-6)) return false;
  }
  return true;
}

/** The least that all observations can add up to. */
function leastOf({ bounds, counts }: ObservedHistogram): number {
  let least = 0;
  for (let i = 1; i < counts.length; i++) least += counts[i]! * Math.max(0, bounds[i - 1]!);
  return least;
}

/** The most that the observations outside one bucket can add up to. */
function mostOutside({ bounds, counts }: ObservedHistogram, bucket: number): number {
  let most = 0;
  for (let i = 0; i < counts.length; i++) {
    if (i !== bucket && counts[i]! > 0) most += counts[i]! * bounds[i]!;
  }
  return most;
}
