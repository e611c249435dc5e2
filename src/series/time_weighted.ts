/**
 * Gauges by time: each value counts for as long as it stood, so that irregular points do not tilt a mean.
 *
 * @module
 */
import { type Check, checkArgument, COLUMN, NUMBER } from "../base/arguments.ts";
import { firstAfter } from "../base/search.ts";
import { CompensatedSum } from "./sums.ts";
import type { Points, WindowRange } from "./types.ts";

/** Points of a gauge, with the times at which it was marked absent. */
export interface GaugePoints extends Points {
  /** Unix seconds, ascending. */
  readonly staleSeconds?: ArrayLike<number>;
}

/** How long a value may stand for. */
export interface HoldOptions {
  /** The usual distance of points; default the median of the distances in and just before the window. */
  readonly intervalSeconds?: number;
}

/** A value is taken to stand no longer than this many usual distances after its point: then something was missed. */
export const HOLD_INTERVALS = 1.5;

/** Values and how long each stood inside a window. */
export interface Holdings {
  /** The values, NaN among them. */
  readonly values: Float64Array;
  /** How long each stood. */
  readonly seconds: Float64Array;
  /** Sum of `seconds`. */
  readonly coveredSeconds: number;
}

const HOLDINGS: Check = {
  wanted: "{ values, seconds, coveredSeconds }",
  accepts: (value) =>
    typeof value === "object" && value !== null && "values" in value && "seconds" in value &&
    "coveredSeconds" in value && COLUMN.accepts(value.values) && COLUMN.accepts(value.seconds),
};

/**
 * How long each value stood inside the window: from its point to the next, to a mark of absence, or to the window's end,
 * at most 1.5 usual distances. The last point before the window reaches into it. NaN stands for no time.
 *
 * One point alone says nothing of the usual distance: without `intervalSeconds` it stands for 0 s.
 */
export function holdings(points: GaugePoints, range: WindowRange, options: HoldOptions = {}): Holdings {
  const { timesSeconds, values, staleSeconds = [] } = points;
  const startSeconds = range.endSeconds - range.rangeSeconds;
  let low = firstAfter(timesSeconds, startSeconds);
  const high = firstAfter(timesSeconds, range.endSeconds);
  if (low > 0) low--;
  const interval = options.intervalSeconds ?? usualDistance(timesSeconds, low, high);
  const held = new Float64Array(high - low);
  const covered = new CompensatedSum();
  let stale = 0;
  for (let i = low; i < high; i++) {
    if (Number.isNaN(values[i]!)) continue;
    const time = timesSeconds[i]!;
    const next = i + 1 < timesSeconds.length ? timesSeconds[i + 1]! : Infinity;
    while (stale < staleSeconds.length && staleSeconds[stale]! <= time) stale++;
    const absent = stale < staleSeconds.length ? staleSeconds[stale]! : Infinity;
    const until = Math.min(next, absent, range.endSeconds, time + interval * HOLD_INTERVALS);
    held[i - low] = Math.max(0, until - Math.max(time, startSeconds));
    covered.add(held[i - low]!);
  }
  return {
    values: Float64Array.from({ length: high - low }, (_, i) => values[low + i]!),
    seconds: held,
    coveredSeconds: covered.sum + covered.compensation,
  };
}

/** Mean of a gauge by time; undefined when nothing stood for any time. */
export function timeWeightedMean(holdings: Holdings): number | undefined {
  checkArgument("timeWeightedMean({ values, seconds, coveredSeconds })", { holdings }, HOLDINGS);
  const { values, seconds, coveredSeconds } = holdings;
  if (!(coveredSeconds > 0)) return undefined;
  const sum = new CompensatedSum();
  for (let i = 0; i < values.length; i++) if (seconds[i]! > 0) sum.add(values[i]! * seconds[i]!);
  return (sum.sum + sum.compensation) / coveredSeconds;
}

/** The smallest value at or below which the gauge stood for a share `q` of the time; undefined without time. */
export function timeWeightedQuantile(q: number, holdings: Holdings): number | undefined {
  const call = "timeWeightedQuantile(0.5, { values, seconds, coveredSeconds })";
  checkArgument(call, { q }, NUMBER);
  checkArgument(call, { holdings }, HOLDINGS);
  const { values, seconds, coveredSeconds } = holdings;
  if (!(coveredSeconds > 0) || !(q >= 0 && q <= 1)) return undefined;
  const order = Array.from(values.keys()).filter((i) => seconds[i]! > 0).sort((a, b) =>
    values[a]! - values[b]!
  );
  const wanted = q * coveredSeconds;
  let passed = 0;
  for (const i of order) {
    passed += seconds[i]!;
    if (passed >= wanted) return values[i];
  }
  return values[order.at(-1)!];
}

/** Share of the covered time during which the value passed a test, 0–1; undefined without time. */
export function timeShare(test: (value: number) => boolean, holdings: Holdings): number | undefined {
  const { values, seconds, coveredSeconds } = holdings;
  if (!(coveredSeconds > 0)) return undefined;
  let passed = 0;
  for (let i = 0; i < values.length; i++) if (seconds[i]! > 0 && test(values[i]!)) passed += seconds[i]!;
  return Math.min(1, passed / coveredSeconds);
}

/** Median distance of neighbours in [low, high), 0 when there is none. */
function usualDistance(times: ArrayLike<number>, low: number, high: number): number {
  if (high - low < 2) return 0;
  const distances = new Float64Array(high - low - 1);
  for (let i = low + 1; i < high; i++) distances[i - low - 1] = times[i]! - times[i - 1]!;
  distances.sort();
  return distances[distances.length >>> 1]!;
}
