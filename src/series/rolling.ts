/**
 * Mean and standard deviation over a window that slides from point to point, in one pass, without losing digits.
 *
 * @module
 */
import { firstAfterMs, toMilliseconds } from "./milliseconds.ts";
import type { Points } from "./types.ts";

/** One result for each point, over the window that ends there. */
export interface RollingStatistics {
  /** NaN where the window holds no number, or an infinite one. */
  readonly mean: Float64Array;
  /** Population standard deviation. */
  readonly standardDeviation: Float64Array;
  /** Numbers in the window; NaN is left out. */
  readonly count: Uint32Array;
}

/**
 * Statistics over (t - range, t] for the time t of every point.
 *
 * Sums are kept about a shift near the values, and begun anew, about the window's own mean, each time that all points of
 * the window have been replaced: O(points) in all, relative error near 1e-15 where sums of squares lose 12 digits. These
 * are not Prometheus' bits; `overGrid` gives those.
 */
export function rollingStatistics(
  points: Points,
  options: { readonly rangeSeconds: number },
): RollingStatistics {
  const { timesSeconds, values } = points;
  const size = timesSeconds.length;
  const rangeMs = toMilliseconds(options.rangeSeconds);
  const mean = new Float64Array(size).fill(NaN);
  const standardDeviation = new Float64Array(size).fill(NaN);
  const count = new Uint32Array(size);
  const sums = new ShiftedSums(values);
  let low = 0;
  let renewAt = 0;
  for (let i = 0; i < size; i++) {
    const limitMs = Math.round(timesSeconds[i]! * 1000) - rangeMs;
    while (low < i && Math.round(timesSeconds[low]! * 1000) <= limitMs) sums.remove(low++);
    // A window that outlasts its range (no range at all) still holds its last point.
    sums.add(i);
    if (low >= renewAt) {
      sums.renew(low, i + 1);
      renewAt = Math.max(low + 1, firstAfterMs(timesSeconds, toMilliseconds(timesSeconds[i]!), i));
    }
    count[i] = sums.count;
    mean[i] = sums.mean();
    standardDeviation[i] = sums.standardDeviation();
  }
  return { mean, standardDeviation, count };
}

/** Sums of (value - shift) and of its square over the numbers of a window. */
class ShiftedSums {
  count = 0;
  #infinite = 0;
  #shift = 0;
  #sum = 0;
  #squares = 0;

  constructor(readonly values: ArrayLike<number>) {}

  add(index: number): void {
    this.#change(this.values[index]!, 1);
  }

  remove(index: number): void {
    this.#change(this.values[index]!, -1);
  }

  #change(value: number, sign: 1 | -1): void {
    if (Number.isNaN(value)) return;
    this.count += sign;
    if (!Number.isFinite(value)) {
      this.#infinite += sign;
      return;
    }
    const offset = value - this.#shift;
    this.#sum += sign * offset;
    this.#squares += sign * offset * offset;
  }

  /** Takes the sums anew about the mean of the window [low, high). */
  renew(low: number, high: number): void {
    const near = this.mean();
    this.#shift = Number.isFinite(near) ? near : firstFinite(this.values, low, high);
    // The first guess may be poor: a second pass puts the shift on the mean.
    for (let pass = 0; pass < 2; pass++) {
      this.count =
        this.#infinite =
        this.#sum =
        this.#squares =
          0;
      for (let i = low; i < high; i++) this.add(i);
      const better = this.mean();
      if (pass === 0 && Number.isFinite(better)) this.#shift = better;
    }
  }

  mean(): number {
    if (this.#infinite > 0 || this.count === 0) return NaN;
    return this.#shift + this.#sum / this.count;
  }

  standardDeviation(): number {
    if (this.#infinite > 0 || this.count === 0) return NaN;
    const offset = this.#sum / this.count;
    return Math.sqrt(Math.max(0, this.#squares / this.count - offset * offset));
  }
}

function firstFinite(values: ArrayLike<number>, low: number, high: number): number {
  for (let i = low; i < high; i++) if (Number.isFinite(values[i]!)) return values[i]!;
  return 0;
}
