/**
 * Is a signal growing? Rank test and robust slope.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { Points } from "../series/types.ts";
import { alignSignals } from "./signal.ts";
import { median, memoryOf, twoSidedNormalP } from "./statistics.ts";

/** How {@link trend} looks. */
export interface TrendOptions {
  /** Fewer points give "not enough points"; default 8. */
  readonly minimumPoints?: number;
  /** A trend counts when chance gives one as clear with at most this probability; default 0.05. */
  readonly significance?: number;
}

/** Whether and how fast a signal grows. */
export interface TrendResult {
  readonly direction: "rising" | "falling" | "none";
  /** Median slope between pairs of points (Theil 1950, Sen 1968), in the signal's unit per second. */
  readonly slopePerSecond: number;
  /** Kendall's tau-b with time. */
  readonly tau: number;
  /** Two-sided, of the Mann–Kendall test, widened for autocorrelation. */
  readonly pValue: number;
  readonly count: number;
}

/** More points than this are averaged into cells first, since all pairs are compared. */
const MOST_POINTS = 400;

/**
 * Mann–Kendall test with tie correction; its variance is multiplied by (1 + r₁)/(1 - r₁) of the detrended values, or by
 * 1 + 2 Σ (1 - k/n) r_k, where they resemble those before (Hamed and Rao 1998), else slow waves count as trends.
 */
export function trend(points: Points, options: TrendOptions = {}): TrendResult | { readonly absent: Cause } {
  const { times, values } = fewEnough(points);
  const wanted = options.minimumPoints ?? 8;
  if (values.length < wanted) {
    return { absent: { code: "not_enough_points", params: { count: values.length, wanted } } };
  }
  if (values.every((value) => value === values[0])) {
    return { absent: { code: "constant_series", params: { count: values.length, value: values[0]! } } };
  }
  const { score, slopes } = compareAllPairs(times, values);
  const slopePerSecond = median(slopes);
  const variance = kendallVariance(values) * inflation(times, values, slopePerSecond);
  const z = score === 0 ? 0 : (score - Math.sign(score)) / Math.sqrt(variance);
  const pValue = twoSidedNormalP(z);
  const clear = pValue <= (options.significance ?? 0.05);
  return {
    direction: !clear ? "none" : score > 0 ? "rising" : "falling",
    slopePerSecond,
    tau: score / tauScale(values),
    pValue,
    count: values.length,
  };
}

function fewEnough(points: Points): { times: number[]; values: number[] } {
  const keep: number[] = [];
  for (let i = 0; i < points.values.length; i++) if (!Number.isNaN(points.values[i]!)) keep.push(i);
  const times = keep.map((i) => points.timesSeconds[i]!);
  const values = keep.map((i) => points.values[i]!);
  if (values.length <= MOST_POINTS) return { times, values };
  const stepSeconds = (times.at(-1)! - times[0]!) / (MOST_POINTS - 1);
  const aligned = alignSignals([{ timesSeconds: times, values }], { stepSeconds });
  const column = aligned.columns[0]!;
  const filled = Array.from(column.keys()).filter((i) => !Number.isNaN(column[i]!));
  return { times: filled.map((i) => aligned.timesSeconds[i]!), values: filled.map((i) => column[i]!) };
}

function compareAllPairs(
  times: readonly number[],
  values: readonly number[],
): { score: number; slopes: number[] } {
  const slopes: number[] = [];
  let score = 0;
  for (let i = 0; i < values.length; i++) {
    for (let j = i + 1; j < values.length; j++) {
      const growth = values[j]! - values[i]!;
      score += Math.sign(growth);
      if (times[j]! > times[i]!) slopes.push(growth / (times[j]! - times[i]!));
    }
  }
  return { score, slopes };
}

/** Sizes of groups of equal values. */
function tieSizes(values: readonly number[]): number[] {
  const sizes = new Map<number, number>();
  for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  return [...sizes.values()];
}

function kendallVariance(values: readonly number[]): number {
  const term = (n: number) => n * (n - 1) * (2 * n + 5);
  const ties = tieSizes(values).reduce((sum, size) => sum + term(size), 0);
  return (term(values.length) - ties) / 18;
}

function tauScale(values: readonly number[]): number {
  const pairs = values.length * (values.length - 1) / 2;
  const tied = tieSizes(values).reduce((sum, size) => sum + size * (size - 1) / 2, 0);
  return Math.sqrt(pairs * (pairs - tied));
}

/** By the first-order memory of what the slope leaves, or by all of it, whichever is more. */
function inflation(times: readonly number[], values: readonly number[], slope: number): number {
  const memory = memoryOf(values.map((value, i) => value - slope * (times[i]! - times[0]!)));
  const first = Math.min(0.99, Math.max(0, memory[0] ?? 0));
  const all = memory.reduce((sum, value, i) => sum + (1 - (i + 1) / values.length) * value, 0);
  return Math.max((1 + first) / (1 - first), 1 + 2 * all);
}
