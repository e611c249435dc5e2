/**
 * Figures of a sample of durations, with how much the sample size allows to say: pure.
 *
 * @module
 */

/** A sample's figures. Percentiles are linear between order statistics (numpy's default), `std` is the population's. */
export interface Distribution {
  /** Values behind the figures, 1 or more; NaN is left out. */
  readonly count: number;
  /** Arithmetic; in seconds, as all figures here but `count`. */
  readonly mean: number;
  /** 0 for a single value. */
  readonly std: number;
  /** The smallest. */
  readonly min: number;
  /** The largest. */
  readonly max: number;
  /** Of all values. */
  readonly sum: number;
  /** The median. */
  readonly p50: number;
  /** Of fewer than ten values hardly less than the largest. */
  readonly p90: number;
  /** Of fewer than twenty values hardly less than the largest. */
  readonly p95: number;
  /** Of fewer than a hundred values hardly less than the largest. */
  readonly p99: number;
  /** 95 % intervals by order statistics; a percentile whose interval this count cannot give is missing. */
  readonly intervals: PercentileIntervals;
}

/** Per percentile, lower and upper end. */
export type PercentileIntervals = Readonly<Partial<Record<"p50" | "p90" | "p95" | "p99", Interval>>>;

/** From `lower` to `upper`. */
export interface Interval {
  /** In the unit of what it bounds. */
  readonly lower: number;
  /** Never below `lower`. */
  readonly upper: number;
}

/** A copy in ascending order, without NaN. */
export function sorted(values: ArrayLike<number>): Float64Array {
  // Not `from` and `filter`: each builds a list of boxed numbers first, a hundred megabytes for a few million gaps.
  const kept = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) kept[count++] = value;
  }
  return (count === kept.length ? kept : kept.slice(0, count)).sort();
}

/**
 * Percentile of ascending values, linear between order statistics (type 7; numpy, pandas, vllm bench).
 *
 * @param share 0–1
 * @returns undefined for an empty sample
 * @throws RangeError when `share` is not within 0–1
 */
export function percentile(ascending: ArrayLike<number>, share: number): number | undefined {
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`Cannot take percentile: share ${share}, wanted 0 to 1`);
  }
  if (ascending.length === 0) return undefined;
  const position = share * (ascending.length - 1);
  const below = Math.floor(position);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** Describes a sample; undefined when it is empty (an unknown, not zero). NaN is left out. */
export function describe(values: ArrayLike<number>): Distribution | undefined {
  const ascending = sorted(values);
  const count = ascending.length;
  if (count === 0) return undefined;
  let sum = 0;
  for (const value of ascending) sum += value;
  const mean = sum / count;
  let squares = 0;
  for (const value of ascending) squares += (value - mean) ** 2;
  const at = (share: number) => percentile(ascending, share)!;
  return {
    count,
    mean,
    std: Math.sqrt(squares / count),
    min: ascending[0]!,
    max: ascending[count - 1]!,
    sum,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    intervals: intervalsOf(ascending),
  };
}

function intervalsOf(ascending: Float64Array): PercentileIntervals {
  const intervals: Partial<Record<"p50" | "p90" | "p95" | "p99", Interval>> = {};
  for (const [name, share] of [["p50", 0.5], ["p90", 0.9], ["p95", 0.95], ["p99", 0.99]] as const) {
    const interval = percentileInterval(ascending, share);
    if (interval !== undefined) intervals[name] = interval;
  }
  return intervals;
}

/**
 * Interval of a percentile by order statistics of the binomial: no assumption about the shape, but about independence.
 *
 * Takes the ranks whose tails are each at most (1 - confidence) / 2; undefined where the sample is too small for them
 * (95 % for p99: fewer than 368 values). Method: Hoefler and Belli, SC'15, rule 6; Conover, Practical Nonparametric
 * Statistics, section 3.2.
 *
 * @param ascending the sample, ascending
 * @param share 0–1, ends excluded
 */
export function percentileInterval(
  ascending: ArrayLike<number>,
  share: number,
  options: { readonly confidence?: number } = {},
): Interval | undefined {
  const n = ascending.length;
  const tail = (1 - (options.confidence ?? 0.95)) / 2;
  let lowerRank = 0; // largest r with P(B < r) <= tail, B ~ Binomial(n, share)
  let upperRank = n + 1; // smallest s with P(B >= s) <= tail
  let below = 0;
  // What lies more than ten standard deviations below the mean has no weight in a double.
  const first = Math.max(0, Math.floor(n * share - 10 * Math.sqrt(n * share * (1 - share)) - 1));
  for (let k = first; k <= n; k++) {
    const here = binomialProbability(n, k, share);
    below += here;
    if (below <= tail) lowerRank = k + 1;
    if (1 - below <= tail) {
      upperRank = k + 1;
      break;
    }
  }
  if (lowerRank < 1 || upperRank > n) return undefined;
  return { lower: ascending[lowerRank - 1]!, upper: ascending[upperRank - 1]! };
}

function binomialProbability(n: number, k: number, p: number): number {
  const logChoose = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  return Math.exp(logChoose + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** ln(n!), exact to double precision for small n, Stirling's series (Abramowitz and Stegun 6.1.41) above. */
function logFactorial(n: number): number {
  if (n < 20) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return Math.log(product);
  }
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3) +
    1 / (1260 * x ** 5);
}

/**
 * Wilson's interval of a share (1927, JASA 22): holds near 0 and 1 and for small counts.
 *
 * @returns undefined for no trials
 */
export function wilsonInterval(
  successes: number,
  trials: number,
  options: { readonly z?: number } = {},
): Interval | undefined {
  if (trials === 0) return undefined;
  const z = options.z ?? 1.959963984540054; // 95 %, two sides
  const share = successes / trials;
  const middle = share + z * z / (2 * trials);
  const half = z * Math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials));
  const scale = 1 + z * z / trials;
  return { lower: Math.max(0, (middle - half) / scale), upper: Math.min(1, (middle + half) / scale) };
}
