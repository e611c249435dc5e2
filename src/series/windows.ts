/**
 * Functions over the points of one window, equal to Prometheus 3 to the last bit on the same points.
 *
 * A window is (end - range, end]. Stale points are not among the points; NaN is an ordinary value. Each function gives
 * `undefined` where Prometheus gives no result: no point in the window, or fewer than two where two are needed.
 *
 * Checked against the recorded answers of a Prometheus 3.16 server.
 *
 * @module
 */
import { checkArgument, checkOptions, type Checks, FLAG, NUMBER, oneOf } from "../base/arguments.ts";
import { checkWindow } from "./arguments.ts";
import { correctedDifference, extrapolate } from "./counter.ts";
import { firstAfterMs, toMilliseconds } from "./milliseconds.ts";
import { type CounterPoints, observedDifference } from "./observed.ts";
import { quantileOfSorted, sortedWindow } from "./quantile.ts";
import { meanOf, slopeOf, standardDeviationOf, sumOf } from "./sums.ts";
import type { Points, WindowRange } from "./types.ts";

/** How {@link increase}, {@link rate} and {@link delta} treat the ends of the window. */
export interface ExtrapolateOptions {
  /**
   * True (default): as Prometheus, stretched to the ends of the window; two points are needed. False: what was observed,
   * from the last point at or before the window to the last one inside; integers stay integers and windows add up.
   */
  readonly extrapolate?: boolean;
}

/** Which aggregate {@link overTime} computes. */
export type OverTimeKind = "count" | "last" | "min" | "max" | "sum" | "avg" | "stddev";

const OVER_TIME_CALL = 'overTime("avg", series, { endSeconds, rangeSeconds: 60 })';

const QUANTILE_CHECKS: Checks<{ readonly quantile: number }> = { quantile: NUMBER };

const KINDS = oneOf(["count", "last", "min", "max", "sum", "avg", "stddev", "quantile"]);

/** Indices `[low, high)` of the points inside a window. */
export interface WindowBounds {
  readonly low: number;
  readonly high: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** Finds a window's points by binary search. */
export function windowBounds(timesSeconds: ArrayLike<number>, range: WindowRange): WindowBounds {
  const endMs = toMilliseconds(range.endSeconds);
  const startMs = endMs - toMilliseconds(range.rangeSeconds);
  const low = firstAfterMs(timesSeconds, startMs);
  return { low, high: firstAfterMs(timesSeconds, endMs, low), startMs, endMs };
}

/**
 * How much a counter grew in the window, resets added back.
 *
 * `{ extrapolate: false }` needs one point inside and one before (or two inside); resets that are known only from
 * `resetSeconds` count there, but not in the extrapolated form, which equals Prometheus'.
 */
export function increase(
  points: CounterPoints,
  range: WindowRange,
  options?: ExtrapolateOptions,
): number | undefined {
  return difference("increase", points, range, options);
}

/**
 * How fast a counter grew in the window, per second, resets added back; undefined where nothing can be measured.
 *
 * `{ extrapolate: false }` divides the observed increase by the time between the two points that it was observed over, so
 * that a window after a long gap gives the mean over the gap, not a spike.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rate } from "#lab";
 *
 * // 10 tokens every 2 s, read from 0 s to 60 s
 * const timesSeconds = Array.from({ length: 31 }, (_, i) => 2 * i);
 * const points = { timesSeconds, values: timesSeconds.map((time) => 5 * time) };
 * assert.equal(rate(points, { endSeconds: 60, rangeSeconds: 30 }), 5); // tokens per second
 * assert.equal(rate(points, { endSeconds: 200, rangeSeconds: 30 }), undefined); // no points there
 * ```
 */
export function rate(
  points: CounterPoints,
  range: WindowRange,
  options?: ExtrapolateOptions,
): number | undefined {
  return difference("rate", points, range, options);
}

/** How much a gauge changed in the window, its last value minus its first, in its own unit. Same options as {@link increase}. */
export function delta(points: Points, range: WindowRange, options?: ExtrapolateOptions): number | undefined {
  return difference("delta", points, range, options);
}

const EXTRAPOLATE_CHECKS: Checks<ExtrapolateOptions> = { extrapolate: FLAG };

function difference(
  kind: "increase" | "rate" | "delta",
  points: CounterPoints,
  range: WindowRange,
  options?: ExtrapolateOptions,
): number | undefined {
  checkWindow(kind, points, range);
  if (options !== undefined) {
    const call = `${kind}(series, { endSeconds, rangeSeconds: 60 }, { extrapolate: false })`;
    checkOptions<ExtrapolateOptions>(call, options, EXTRAPOLATE_CHECKS, { also: ["kind"] });
  }
  const bounds = windowBounds(points.timesSeconds, range);
  if (options?.extrapolate === false) return observed(kind, points, bounds);
  return extrapolated(kind, points, bounds);
}

/** The extrapolated form for bounds that are known. */
export function extrapolated(
  kind: "increase" | "rate" | "delta",
  points: Points,
  bounds: WindowBounds,
): number | undefined {
  const { low, high, startMs, endMs } = bounds;
  if (high - low < 2) return undefined;
  const { timesSeconds, values } = points;
  const moved = kind === "delta" ? values[high - 1]! - values[low]! : correctedDifference(values, low, high);
  return extrapolate(moved, {
    count: high - low,
    firstMs: toMilliseconds(timesSeconds[low]!),
    lastMs: toMilliseconds(timesSeconds[high - 1]!),
    firstValue: values[low]!,
    startMs,
    endMs,
  }, kind);
}

/** The observed form for bounds that are known. */
export function observed(
  kind: "increase" | "rate" | "delta",
  points: CounterPoints,
  bounds: WindowBounds,
): number | undefined {
  const seen = observedDifference(points, bounds, kind !== "delta");
  if (seen === undefined) return undefined;
  if (kind !== "rate") return seen.difference;
  // A counter that is known to have begun at its only point has no time over which it grew.
  if (seen.toMs === seen.fromMs) return undefined;
  return seen.difference / ((seen.toMs - seen.fromMs) / 1000);
}

/** Rate between the window's last two points; after a fall the last value itself is the increase. */
export function irate(points: Points, range: WindowRange): number | undefined {
  checkWindow("irate", points, range);
  return lastTwo("irate", points, windowBounds(points.timesSeconds, range));
}

/** The last value of the window minus the one before, in the series' unit; undefined with fewer than two points. */
export function idelta(points: Points, range: WindowRange): number | undefined {
  checkWindow("idelta", points, range);
  return lastTwo("idelta", points, windowBounds(points.timesSeconds, range));
}

/** `irate` and `idelta` for bounds that are known. */
export function lastTwo(
  kind: "irate" | "idelta",
  points: Points,
  { low, high }: Pick<WindowBounds, "low" | "high">,
): number | undefined {
  if (high - low < 2) return undefined;
  const { timesSeconds, values } = points;
  const elapsedMs = toMilliseconds(timesSeconds[high - 1]!) - toMilliseconds(timesSeconds[high - 2]!);
  if (elapsedMs === 0) return undefined;
  const last = values[high - 1]!;
  const before = values[high - 2]!;
  if (kind === "idelta") return last - before;
  return (last < before ? last : last - before) / (elapsedMs / 1000);
}

/** How often a counter began anew in the window, by falls of its value; undefined without a point. */
export function resets(points: Points, range: WindowRange): number | undefined {
  checkWindow("resets", points, range);
  const { low, high } = windowBounds(points.timesSeconds, range);
  return high > low ? countResets(points.values, low, high) : undefined;
}

/** How often the value fell in `[low, high)`. */
export function countResets(values: ArrayLike<number>, low: number, high: number): number {
  let count = 0;
  for (let i = low + 1; i < high; i++) if (values[i]! < values[i - 1]!) count++;
  return count;
}

/** How often the value changed; NaN after NaN is no change. */
export function changes(points: Points, range: WindowRange): number | undefined {
  checkWindow("changes", points, range);
  const { low, high } = windowBounds(points.timesSeconds, range);
  return high > low ? countChanges(points.values, low, high) : undefined;
}

/** True where two neighbouring values count as a change. */
export function isChange(before: number, after: number): boolean {
  return before !== after && !(Number.isNaN(before) && Number.isNaN(after));
}

/** How often the value changed in `[low, high)`. */
export function countChanges(values: ArrayLike<number>, low: number, high: number): number {
  let count = 0;
  for (let i = low + 1; i < high; i++) if (isChange(values[i - 1]!, values[i]!)) count++;
  return count;
}

/** Slope of the least-squares line, per second; needs two points. */
export function deriv(points: Points, range: WindowRange): number | undefined {
  checkWindow("deriv", points, range);
  const { low, high } = windowBounds(points.timesSeconds, range);
  return high - low < 2 ? undefined : slopeOf(points.timesSeconds, points.values, { low, high });
}

/** An aggregate over the window's values; needs one point. */
export function overTime(kind: OverTimeKind, points: Points, range: WindowRange): number | undefined;
/** The q-quantile of the window's values, by linear interpolation between closest ranks. */
export function overTime(
  kind: "quantile",
  points: Points,
  range: WindowRange,
  options: { readonly quantile: number },
): number | undefined;
export function overTime(
  kind: OverTimeKind | "quantile",
  points: Points,
  range: WindowRange,
  options?: { readonly quantile: number },
): number | undefined {
  if (!KINDS.accepts(kind)) checkArgument(OVER_TIME_CALL, { kind }, KINDS);
  checkWindow("overTime", points, range);
  if (options !== undefined) {
    checkOptions<{ readonly quantile: number }>(OVER_TIME_CALL, options, QUANTILE_CHECKS, { also: ["kind"] });
  }
  if (kind === "quantile") checkArgument(OVER_TIME_CALL, { quantile: options?.quantile }, NUMBER);
  const { low, high } = windowBounds(points.timesSeconds, range);
  return aggregate(kind, points.values, { low, high, quantile: options?.quantile ?? NaN });
}

/** {@link overTime} for bounds that are known. */
export function aggregate(
  kind: OverTimeKind | "quantile",
  values: ArrayLike<number>,
  window: { readonly low: number; readonly high: number; readonly quantile: number },
): number | undefined {
  const { low, high } = window;
  if (high <= low) return undefined;
  switch (kind) {
    case "count":
      return high - low;
    case "last":
      return values[high - 1];
    case "min":
    case "max":
      return extreme(kind, values, window);
    case "sum":
      return sumOf(values, low, high);
    case "avg":
      return meanOf(values, low, high);
    case "stddev":
      return standardDeviationOf(values, low, high);
    case "quantile":
      return quantileOfSorted(window.quantile, sortedWindow(values, low, high));
  }
}

/** NaN only when every value is; of equal values the earliest (0 and -0 are equal). */
function extreme(
  kind: "min" | "max",
  values: ArrayLike<number>,
  { low, high }: { readonly low: number; readonly high: number },
): number {
  let best = values[low]!;
  for (let i = low + 1; i < high; i++) {
    const value = values[i]!;
    if ((kind === "max" ? value > best : value < best) || Number.isNaN(best)) best = value;
  }
  return best;
}
