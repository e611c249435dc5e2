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
  const total = cumulative.at(-1) ?? 0;
  if (!(total > 0)) return undefined;
  const estimate = quantileOfBuckets(q, bounds, Float64Array.from(cumulative));
  if (Number.isNaN(estimate.value)) return undefined;
  const { upper: bucketUpper } = estimate;
  const bucketLower = Math.min(bucketUpper, Math.max(0, estimate.lower));
  const shared = { bucketLower, bucketUpper };
  const borders = { value: estimate.value, lower: bucketLower, upper: bucketUpper, ...shared };
  const whole = Array.from(counts).every((count) => Math.abs(count - Math.round(count)) < 1e-6);
  const rank = Math.max(1, Math.ceil(q * total - 1e-9));
  const bucket = cumulative.findIndex((count) => count >= rank - 1e-6);
  if (sum === undefined || !(sum >= 0) || !whole || bounds[bucket] !== bucketUpper) return borders;
  const fromRank = cumulative[bucket]! - rank + 1;
  const toRank = rank - (cumulative[bucket - 1] ?? 0);
  const slack = SUM_SLACK * sum;
  const { least, most } = extremes(observed);
  const upper = Math.min(bucketUpper, (sum + slack - (least - fromRank * bucketLower)) / fromRank);
  const rest = most(bucket) + (counts[bucket]! - toRank) * bucketUpper;
  // An open bucket above, or this one open, may hold any sum: then nothing is said from below.
  const lower = Number.isFinite(rest) ? Math.max(bucketLower, (sum - slack - rest) / toRank) : bucketLower;
  if (upper < lower) return borders;
  return { value: Math.min(upper, Math.max(lower, estimate.value)), lower, upper, ...shared };
}

function cumulativeOf(counts: ArrayLike<number>): number[] {
  let sum = 0;
  return Array.from(counts, (count) => sum += count);
}

/** The least that all observations can add up to, and the most that those outside one bucket can. */
function extremes({ bounds, counts }: ObservedHistogram) {
  const lowest = (i: number) => i === 0 ? 0 : Math.max(0, bounds[i - 1]!);
  let least = 0;
  for (let i = 0; i < counts.length; i++) least += counts[i]! * lowest(i);
  const most = (except: number) => {
    let sum = 0;
    for (let i = 0; i < counts.length; i++) {
      if (i !== except && counts[i]! > 0) sum += counts[i]! * bounds[i]!;
    }
    return sum;
  };
  return { least, most };
}
