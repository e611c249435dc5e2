/**
 * Statistics of a gauge over the last seconds, as the lab names them (`current`, `avg_5m`, `max_5m`, `min_5m`).
 *
 * @module
 */
import { checkArgument, checkOptions, type Checks, needed, NUMBER } from "../base/arguments.ts";
import { POINTS } from "./arguments.ts";
import type { Cause } from "../base/cause.ts";
import { quantileOfSorted, sortedWindow } from "./quantile.ts";
import { meanOf } from "./sums.ts";
import { type GaugePoints, holdings, type HoldOptions, timeWeightedMean } from "./time_weighted.ts";
import { windowBounds } from "./windows.ts";

/** Which window. */
export interface WindowStatsOptions extends HoldOptions {
  /** Last instant, included, Unix seconds. */
  readonly endSeconds: number;
  /** Length of the window in seconds, not points; default 300. */
  readonly rangeSeconds?: number;
}

const CHECKS: Checks<WindowStatsOptions> = {
  endSeconds: needed(NUMBER),
  rangeSeconds: NUMBER,
  intervalSeconds: NUMBER,
};

/** What a window holds. Values are in the unit of the points. */
export interface WindowStatistics {
  /** The last value; undefined when the series was marked absent after it. */
  readonly current: number | undefined;
  /** The last value in the window. */
  readonly last: number;
  /** When the last value was read. */
  readonly lastSeconds: number;
  /** Mean of the points, each counted once (as `avg_over_time`). */
  readonly avg: number;
  /** Highest value. */
  readonly max: number;
  /** Lowest value. */
  readonly min: number;
  /** Median of the points, by linear interpolation between closest ranks (as `quantile_over_time`), like the next two. */
  readonly p50: number;
  /** 95th percentile. */
  readonly p95: number;
  /** 99th percentile. */
  readonly p99: number;
  /** Mean by time: each value counts for as long as it stood. The mean of the points where no time is known. */
  readonly timeWeightedAvg: number;
  /** Points in the window that are numbers. */
  readonly count: number;
  /** Points that are NaN; they are left out of everything else. */
  readonly nanCount: number;
  /** How much of the window's time the points stand for, 0–1 (see `holdings`). */
  readonly coverageRatio: number;
}

/** Default window: five minutes. */
export const DEFAULT_WINDOW_SECONDS = 300;

/**
 * Mean, extremes, p50 to p99 and newest value over (end - range, end], in the unit of the series. Where the window holds no number, the cause: never 0.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { windowStats } from "#lab";
 * const points = { timesSeconds: [100, 102, 104], values: [1, 2, 6] };
 * const stats = windowStats(points, { endSeconds: 105 });
 * assert("avg" in stats && stats.avg === 3 && stats.max === 6 && stats.current === 6);
 * ```
 */
export function windowStats(
  points: GaugePoints,
  options: WindowStatsOptions,
): WindowStatistics | { readonly absent: Cause } {
  const call = "windowStats(series, { endSeconds })";
  checkArgument(call, { points }, POINTS);
  checkOptions<WindowStatsOptions>(call, options, CHECKS);
  const { endSeconds, rangeSeconds = DEFAULT_WINDOW_SECONDS } = options;
  const { low, high } = windowBounds(points.timesSeconds, { endSeconds, rangeSeconds });
  const sorted = sortedWindow(points.values, low, high);
  let nanCount = 0;
  while (nanCount < sorted.length && Number.isNaN(sorted[nanCount]!)) nanCount++;
  const numbers = sorted.subarray(nanCount);
  const count = numbers.length;
  if (count === 0) return { absent: { code: "no_data", params: { rangeSeconds } } };
  let lastIndex = high - 1;
  while (Number.isNaN(points.values[lastIndex]!)) lastIndex--;
  const lastSeconds = points.timesSeconds[lastIndex]!;
  const last = points.values[lastIndex]!;
  const held = holdings(points, { endSeconds, rangeSeconds }, options);
  const inOrder = new Float64Array(count);
  let filled = 0;
  for (let i = low; i < high; i++) {
    if (!Number.isNaN(points.values[i]!)) inOrder[filled++] = points.values[i]!;
  }
  const avg = meanOf(inOrder, 0, count);
  return {
    current: lastIndex < high - 1 || isAbsentAfter(points, lastSeconds, endSeconds) ? undefined : last,
    last,
    lastSeconds,
    avg,
    max: numbers[count - 1]!,
    min: numbers[0]!,
    p50: quantileOfSorted(0.5, numbers),
    p95: quantileOfSorted(0.95, numbers),
    p99: quantileOfSorted(0.99, numbers),
    timeWeightedAvg: timeWeightedMean(held) ?? avg,
    count,
    nanCount,
    coverageRatio: Math.min(1, held.coveredSeconds / rangeSeconds),
  };
}

function isAbsentAfter(points: GaugePoints, timeSeconds: number, endSeconds: number): boolean {
  const stale = points.staleSeconds ?? [];
  for (let i = stale.length - 1; i >= 0; i--) {
    if (stale[i]! <= endSeconds) return stale[i]! > timeSeconds;
  }
  return false;
}
