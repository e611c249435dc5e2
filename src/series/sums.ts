/**
 * Sums that keep their digits, in Prometheus' order of operations. Source: Prometheus 3.16 `util/kahansum` (Neumaier's
 * variant of Kahan's summation) and the functions that use it in `promql/functions.go`.
 *
 * @module
 */

/** A running compensated sum; `sum + compensation` is the value. */
export class CompensatedSum {
  sum: number;
  compensation = 0;

  constructor(first = 0) {
    this.sum = first;
  }

  add(value: number): void {
    const total = this.sum + value;
    if (total === Infinity || total === -Infinity) this.compensation = 0;
    else if (Math.abs(this.sum) >= Math.abs(value)) this.compensation += (this.sum - total) + value;
    else this.compensation += (value - total) + this.sum;
    this.sum = total;
  }
}

/** Sum of `values[low, high)`, as `sum_over_time`. */
export function sumOf(values: ArrayLike<number>, low: number, high: number): number {
  let sum = 0;
  let compensation = 0;
  for (let i = low; i < high; i++) {
    const value = values[i]!;
    const total = sum + value;
    if (total === Infinity || total === -Infinity) compensation = 0;
    else if (Math.abs(sum) >= Math.abs(value)) compensation += (sum - total) + value;
    else compensation += (value - total) + sum;
    sum = total;
  }
  return sum === Infinity || sum === -Infinity ? sum : sum + compensation;
}

/**
 * Mean of `values[low, high)`, as `avg_over_time`: a compensated sum divided at the end; from the first overflow of the
 * sum on, an incremental mean.
 */
export function meanOf(values: ArrayLike<number>, low: number, high: number): number {
  const sum = new CompensatedSum(values[low]!);
  for (let i = low + 1; i < high; i++) {
    const before = sum.sum;
    const compensationBefore = sum.compensation;
    sum.add(values[i]!);
    if (sum.sum === Infinity || sum.sum === -Infinity) {
      return incrementalMean(values, { low, next: i, high, sum: before, compensation: compensationBefore });
    }
  }
  const count = high - low;
  return sum.sum / count + sum.compensation / count;
}

/** The mean of the values so far, carried on from `next` without ever holding their sum. */
function incrementalMean(
  values: ArrayLike<number>,
  state: { low: number; next: number; high: number; sum: number; compensation: number },
): number {
  const seen = state.next - state.low;
  const mean = new CompensatedSum(state.sum / seen);
  mean.compensation = state.compensation / seen;
  for (let i = state.next; i < state.high; i++) {
    const count = i - state.low + 1;
    const weight = (count - 1) / count;
    mean.sum *= weight;
    mean.compensation *= weight;
    mean.add(values[i]! / count);
  }
  return mean.sum + mean.compensation;
}

/** Population standard deviation of `values[low, high)`, as `stddev_over_time` (Welford with compensated sums). */
export function standardDeviationOf(values: ArrayLike<number>, low: number, high: number): number {
  const mean = new CompensatedSum();
  const squares = new CompensatedSum();
  let count = 0;
  for (let i = low; i < high; i++) {
    const value = values[i]!;
    count++;
    const delta = value - (mean.sum + mean.compensation);
    mean.add(delta / count);
    squares.add(delta * (value - (mean.sum + mean.compensation)));
  }
  return Math.sqrt((squares.sum + squares.compensation) / count);
}

/**
 * Slope of the least-squares line through `values[low, high)`, per second, as `deriv`: times are taken from the first
 * point's on; equal values give 0 (NaN when they are infinite).
 */
export function slopeOf(
  timesSeconds: ArrayLike<number>,
  values: ArrayLike<number>,
  window: { low: number; high: number },
): number {
  const { low, high } = window;
  const first = values[low]!;
  const originMs = Math.round(timesSeconds[low]! * 1000);
  const sumX = new CompensatedSum();
  const sumY = new CompensatedSum();
  const sumXY = new CompensatedSum();
  const sumX2 = new CompensatedSum();
  let constant = true;
  for (let i = low; i < high; i++) {
    const y = values[i]!;
    if (i > low && y !== first) constant = false;
    const x = (Math.round(timesSeconds[i]! * 1000) - originMs) / 1e3;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumX2.add(x * x);
  }
  if (constant) return first === Infinity || first === -Infinity ? NaN : 0;
  const n = high - low;
  const x = sumX.sum + sumX.compensation;
  const y = sumY.sum + sumY.compensation;
  const xy = sumXY.sum + sumXY.compensation;
  const x2 = sumX2.sum + sumX2.compensation;
  return (xy - (x * y) / n) / (x2 - (x * x) / n);
}
