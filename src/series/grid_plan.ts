/**
 * Which points each window of a grid holds: the same for every series that shares a time axis.
 *
 * @module
 */
import { sameColumn } from "../base/same.ts";
import { durationSeconds, toMilliseconds } from "./milliseconds.ts";
import type { Grid } from "./types.ts";

/** Windows of a grid over one time axis; `[low, high)` are indices of the axis. */
export interface GridPlan {
  readonly count: number;
  readonly rangeMs: number;
  readonly ends: Float64Array;
  readonly low: Int32Array;
  readonly high: Int32Array;
}

/** What the extrapolation of a window needs to know of its times; of no use where it holds fewer than two points. */
export interface ExtrapolationPlan {
  /** Seconds between the window's first and last point. */
  readonly sampled: Float64Array;
  /** Seconds that are added before the first point, unless a counter's zero comes sooner, and after the last. */
  readonly toStart: Float64Array;
  readonly toEnd: Float64Array;
  /** By what a difference is multiplied where no counter's zero comes sooner: for an increase, and for a rate. */
  readonly factor: Float64Array;
  readonly rateFactor: Float64Array;
  readonly rangeSeconds: number;
}

/** An axis with its windows. */
export interface PlannedAxis {
  readonly grid: Grid;
  /**
   * The times as they were, where the array may have been written to since. Never the array itself: it is what the plan is
   * found by, and would keep itself alive.
   */
  readonly times: Float64Array | undefined;
  readonly plan: GridPlan;
  extrapolation: ExtrapolationPlan | undefined;
}

/** The last plan of each axis: series of one target come one after the other with the same axis and grid. */
const CACHE = new WeakMap<Float64Array, PlannedAxis>();

/** Axes that are never written to, so that they need no look. */
const FIXED = new WeakSet<Float64Array>();

/** Promises that an array of times will not be written to: windows over it are then looked up, not checked. */
export function fixAxis(timesSeconds: Float64Array): Float64Array {
  FIXED.add(timesSeconds);
  return timesSeconds;
}

/** The windows of a grid, and how far their differences are stretched, worked out once for an axis. */
export function planGrid(timesSeconds: Float64Array, grid: Grid): PlannedAxis {
  let entry = CACHE.get(timesSeconds);
  if (
    entry === undefined || !isSameGrid(entry.grid, grid) ||
    !(entry.times === undefined || sameColumn(entry.times, timesSeconds))
  ) {
    const plan = makePlan(timesSeconds, grid);
    entry = {
      grid: { ...grid },
      times: FIXED.has(timesSeconds) ? undefined : timesSeconds.slice(),
      plan,
      extrapolation: undefined,
    };
    CACHE.set(timesSeconds, entry);
  }
  return entry;
}

function isSameGrid(a: Grid, b: Grid): boolean {
  return a.startSeconds === b.startSeconds && a.stepSeconds === b.stepSeconds && a.count === b.count &&
    a.rangeSeconds === b.rangeSeconds;
}

function makePlan(timesSeconds: Float64Array, grid: Grid): GridPlan {
  const { startSeconds, stepSeconds, count } = grid;
  const rangeMs = toMilliseconds(grid.rangeSeconds);
  const ends = new Float64Array(count);
  const lows = new Int32Array(count);
  const highs = new Int32Array(count);
  let low = 0;
  let high = 0;
  for (let k = 0; k < count; k++) {
    const endMs = toMilliseconds(startSeconds + k * stepSeconds);
    const startMs = endMs - rangeMs;
    while (low < timesSeconds.length && Math.round(timesSeconds[low]! * 1000) <= startMs) low++;
    if (high < low) high = low;
    while (high < timesSeconds.length && Math.round(timesSeconds[high]! * 1000) <= endMs) high++;
    ends[k] = endMs;
    lows[k] = low;
    highs[k] = high;
  }
  return { count, rangeMs, ends, low: lows, high: highs };
}

/**
 * How far each window's difference is stretched (see `extrapolate`, whose order of operations this keeps). Source: Prometheus
 * 3.16 `promql/functions.go` (`extrapolatedRate`).
 */
export function planExtrapolation(entry: PlannedAxis, timesSeconds: Float64Array): ExtrapolationPlan {
  entry.extrapolation ??= makeExtrapolation(timesSeconds, entry.plan);
  return entry.extrapolation;
}

function makeExtrapolation(timesSeconds: Float64Array, plan: GridPlan): ExtrapolationPlan {
  const sampled = new Float64Array(plan.count);
  const starts = new Float64Array(plan.count);
  const ends = new Float64Array(plan.count);
  const factor = new Float64Array(plan.count);
  const rateFactor = new Float64Array(plan.count);
  const rangeSeconds = durationSeconds(plan.rangeMs);
  for (let k = 0; k < plan.count; k++) {
    const low = plan.low[k]!;
    const high = plan.high[k]!;
    if (high - low < 2) continue;
    const firstMs = Math.round(timesSeconds[low]! * 1000);
    const lastMs = Math.round(timesSeconds[high - 1]! * 1000);
    const endMs = plan.ends[k]!;
    const seconds = (lastMs - firstMs) / 1000;
    const distance = seconds / (high - low - 1);
    const threshold = distance * 1.1;
    const toStart = (firstMs - (endMs - plan.rangeMs)) / 1000;
    const toEnd = (endMs - lastMs) / 1000;
    sampled[k] = seconds;
    starts[k] = toStart >= threshold ? distance / 2 : toStart;
    ends[k] = toEnd >= threshold ? distance / 2 : toEnd;
    factor[k] = seconds === 0 ? 1 : (seconds + starts[k]! + ends[k]!) / seconds;
    rateFactor[k] = factor[k]! / rangeSeconds;
  }
  return { sampled, toStart: starts, toEnd: ends, factor, rateFactor, rangeSeconds };
}
