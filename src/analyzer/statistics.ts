/**
 * The statistics that the analyzer rests on, over typed arrays.
 *
 * @module
 */

/**
 * Quantile of ascending values by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996: what
 * numpy, pandas and `vllm bench serve` do). NaN for an empty array.
 *
 * @param q 0 to 1
 */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  const last = sorted.length - 1;
  if (last < 0) return NaN;
  const position = Math.min(Math.max(q, 0), 1) * last;
  const below = Math.floor(position);
  const low = sorted[below]!;
  return below === last ? low : low + (position - below) * (sorted[below + 1]! - low);
}

/** A sorted copy without NaN. */
export function sortedFinite(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).filter((value) => !Number.isNaN(value)).sort();
}

/** Quantile of values in any order, NaN left out, in O(n); see {@link quantileOfSorted}. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const copy = finite(values);
  const last = copy.length - 1;
  if (last < 0) return NaN;
  const position = Math.min(Math.max(q, 0), 1) * last;
  const below = Math.floor(position);
  const low = selectInPlace(copy, below);
  if (below === last) return low;
  // Everything after the selected place is at least as large.
  let high = Infinity;
  for (let i = below + 1; i <= last; i++) high = Math.min(high, copy[i]!);
  return low + (position - below) * (high - low);
}

/** A copy without NaN. */
function finite(values: ArrayLike<number>): Float64Array {
  const copy = new Float64Array(values.length);
  let kept = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) copy[kept++] = values[i]!;
  return copy.subarray(0, kept);
}

/** Median, NaN left out, in O(n). NaN for none. */
export function median(values: ArrayLike<number>): number {
  const copy = finite(values);
  if (copy.length === 0) return NaN;
  const upper = copy.length >> 1;
  const high = selectInPlace(copy, upper);
  if (copy.length % 2 === 1) return high;
  // Everything before the selected place is at most as large.
  let low = -Infinity;
  for (let i = 0; i < upper; i++) low = Math.max(low, copy[i]!);
  return low + 0.5 * (high - low);
}

/** Value of rank `rank` (from 0), moving smaller ones before it: Hoare's selection with the median of three as pivot. */
function selectInPlace(values: Float64Array, rank: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = middleOf(values[left]!, values[(left + right) >>> 1]!, values[right]!);
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const kept = values[i]!;
      values[i++] = values[j]!;
      values[j--] = kept;
    }
    if (rank <= j) right = j;
    else if (rank >= i) left = i;
    else break;
  }
  return values[rank]!;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Mean of all values, by Neumaier's compensated sum. NaN for none. */
export function mean(values: ArrayLike<number>): number {
  return values.length === 0 ? NaN : compensatedSum(values) / values.length;
}

/** Sum with a running correction (Neumaier 1974), so that long series of large values keep their last digits. */
export function compensatedSum(values: ArrayLike<number>): number {
  let sum = 0;
  let correction = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const next = sum + value;
    correction += Math.abs(sum) >= Math.abs(value) ? (sum - next) + value : (value - next) + sum;
    sum = next;
  }
  return sum + correction;
}

/** Sample variance (n - 1), in two passes. NaN for fewer than two values. */
export function sampleVariance(values: ArrayLike<number>): number {
  if (values.length < 2) return NaN;
  const centre = mean(values);
  const squares = Float64Array.from(values, (value) => (value - centre) ** 2);
  return compensatedSum(squares) / (values.length - 1);
}

/** Median of the absolute distances from the median (or from `centre`). Multiply by 1.4826 for a Gaussian's deviation. */
export function medianAbsoluteDeviation(values: ArrayLike<number>, centre = median(values)): number {
  const distances = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) distances[i] = Math.abs(values[i]! - centre);
  return median(distances);
}

/** A MAD times this is the standard deviation, were the values Gaussian: 1 / Φ⁻¹(3/4). */
export const MAD_TO_DEVIATION = 1.482602218505602;

/** Ranks from 1, ties share their average: what Spearman's coefficient needs. */
export function averageRanks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) =>
    values[a]! - values[b]!
  );
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let k = from; k < to; k++) ranks[order[k]!] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/** Pearson's coefficient of two columns of one length. NaN when one of them does not vary. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const meanX = mean(x);
  const meanY = mean(y);
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  const scale = Math.sqrt(xx) * Math.sqrt(yy);
  return scale > 0 ? Math.min(1, Math.max(-1, xy / scale)) : NaN;
}

/** Correlation of a column with itself one step later; 0 for fewer than three values or a constant column. */
export function lagOneAutocorrelation(values: ArrayLike<number>): number {
  if (values.length < 3) return 0;
  const centre = mean(values);
  let own = 0;
  let lagged = 0;
  for (let i = 0; i < values.length; i++) {
    const here = values[i]! - centre;
    own += here * here;
    if (i > 0) lagged += here * (values[i - 1]! - centre);
  }
  return own > 0 ? lagged / own : 0;
}

/** So many correlations in a row that are 0 for all that can be told end the memory of a column. */
const SILENT_LAGS = 5;
/** Longest memory that is looked for, in points and as a share of the column. */
const LONGEST_MEMORY = 400;
const MEMORY_SHARE = 0.25;

/**
 * Correlations of a column with itself 1, 2, … steps later, as long as any can be told from 0. Corrected for the mean having been
 * taken from the same values, which makes them smaller than they are: by what the mean's variance is in units of the column's, and
 * the first by Marriott and Pope 1954. Empty for fewer than eight values or a constant column.
 */
export function memoryOf(values: ArrayLike<number>): Float64Array {
  const count = values.length;
  const centre = mean(values);
  const centred = Float64Array.from(values, (value) => value - centre);
  const at = (lag: number) => {
    let sum = 0;
    for (let i = lag; i < count; i++) sum += centred[i]! * centred[i - lag]!;
    return sum;
  };
  const own = at(0);
  if (count < 8 || !(own > 0)) return new Float64Array();
  const raw: number[] = [];
  const longest = Math.min(LONGEST_MEMORY, Math.floor(MEMORY_SHARE * count));
  let silent = 0;
  for (let lag = 1; lag <= longest && silent < SILENT_LAGS; lag++) {
    raw.push(at(lag) / own);
    silent = Math.abs(raw.at(-1)!) < 1 / Math.sqrt(count) ? silent + 1 : 0;
  }
  const weighted = raw.reduce((sum, value, i) => sum + (1 - (i + 1) / count) * value, 0);
  const lost = Math.min(0.5, Math.max(0, 1 + 2 * weighted) / count);
  const corrected = Float64Array.from(raw, (value) => value + (1 - value) * lost);
  corrected[0] = Math.min(1, Math.max(corrected[0]!, (count * raw[0]! + 1) / (count - 3)));
  return corrected;
}

/**
 * What `count` pairs of values are worth for their correlation, given the memory of both: n / (1 + 2 Σ (1 - k/n) r_k s_k) of
 * Bartlett 1935, or n (1 - r₁s₁) / (1 + r₁s₁), what a first-order memory makes of it, whichever is less. At most `count`.
 */
export function effectiveCount(count: number, first: Float64Array, second: Float64Array): number {
  const product = (first[0] ?? 0) * (second[0] ?? 0);
  let sum = 0;
  for (let i = 0; i < Math.min(first.length, second.length); i++) {
    sum += (1 - (i + 1) / count) * first[i]! * second[i]!;
  }
  return Math.min(count, count / Math.max(1, 1 + 2 * sum), count * (1 - product) / (1 + product));
}

/**
 * Complementary error function, relative error below 1.2e-7 everywhere.
 *
 * Method: Chebyshev fit of Press et al., Numerical Recipes, section 6.2.2.
 */
export function erfc(x: number): number {
  const z = Math.abs(x);
  const t = 2 / (2 + z);
  const coefficients = [
    -1.26551223,
    1.00002368,
    0.37409196,
    0.09678418,
    -0.18628806,
    0.27886807,
    -1.13520398,
    1.48851587,
    -0.82215223,
    0.17087277,
  ];
  const polynomial = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = t * Math.exp(-z * z + polynomial);
  return x >= 0 ? tail : 2 - tail;
}

/** Probability that a standard normal lies further from 0 than `z`, on either side. */
export function twoSidedNormalP(z: number): number {
  // At 0 the approximation is 3e-8 too high, and no probability is above 1.
  return Math.min(1, erfc(Math.abs(z) / Math.SQRT2));
}

/**
 * Quantile of the standard normal, |error| below 1e-7.
 *
 * Method: Acklam's rational approximation with one Newton step on {@link erfc}. 0 gives -Infinity, 1 gives Infinity.
 */
export function normalQuantile(p: number): number {
  if (p <= 0) return -Infinity;
  if (p >= 1) return Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  const start = p < 0.02425 ? tailQuantile(p) : centralQuantile(p);
  const error = 0.5 * erfc(-start / Math.SQRT2) - p;
  return start - error * Math.sqrt(2 * Math.PI) * Math.exp(start * start / 2);
}

function tailQuantile(p: number): number {
  const q = Math.sqrt(-2 * Math.log(p));
  const above = horner(q, [
    2.938163982698783,
    4.374664141464968,
    -2.549732539343734,
    -2.400758277161838,
    -0.3223964580411365,
    -0.007784894002430293,
  ]);
  return above /
    horner(q, [1, 3.754408661907416, 2.445134137142996, 0.3224671290700398, 0.007784695709041462]);
}

function centralQuantile(p: number): number {
  const q = p - 0.5;
  const r = q * q;
  const above = horner(r, [
    2.506628277459239,
    -30.66479806614716,
    138.3577518672690,
    -275.9285104469687,
    220.9460984245205,
    -39.69683028665376,
  ]);
  const below = horner(r, [
    1,
    -13.28068155288572,
    66.80131188771972,
    -155.6989798598866,
    161.5858368580409,
    -54.47609879822406,
  ]);
  return q * above / below;
}

function horner(x: number, coefficients: readonly number[]): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

/**
 * p values adjusted for having looked at many (Benjamini and Hochberg 1995): keeping those below 0.05 keeps the share of
 * false ones below 5 %. Same order as given; NaN stays NaN and is not counted as a look.
 */
export function adjustForManyLooks(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).filter((i) => !Number.isNaN(pValues[i]!));
  order.sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted: number[] = pValues.map(() => NaN);
  let smallest = 1;
  order.forEach((index, position) => {
    const rank = order.length - position;
    smallest = Math.min(smallest, pValues[index]! * order.length / rank);
    adjusted[index] = smallest;
  });
  return adjusted;
}
