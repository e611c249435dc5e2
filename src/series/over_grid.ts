/**
 * A window function at every time of a grid, in one pass over the points.
 *
 * @module
 */
import { type Check, checkArgument } from "../base/arguments.ts";
import { GRID, POINTS } from "./arguments.ts";
import {
  type ExtrapolationPlan,
  type GridPlan,
  planExtrapolation,
  planGrid,
  type PlannedAxis,
} from "./grid_plan.ts";
import type { CounterPoints } from "./observed.ts";
import { slopeOf } from "./sums.ts";
import type { Grid, Points, WindowFunction, WindowRange } from "./types.ts";
import {
  aggregate,
  changes,
  delta,
  deriv,
  idelta,
  increase,
  irate,
  isChange,
  lastTwo,
  observed,
  rate,
  resets,
} from "./windows.ts";

/** A window function of single series (those of histograms need several). */
export type PointFunction = Exclude<
  WindowFunction,
  { kind: `histogram_${string}` }
>;

/** One of the functions of `windows.ts`, or any function like them. */
export type RangeFunction = (points: Points, range: WindowRange) => number | undefined;

/** What a function may be named by. */
export type GridFunction = PointFunction | Exclude<PointFunction["kind"], "quantile"> | RangeFunction;

/** Results at each time of a grid; where `present` is 0 there is none and the value is NaN. */
export interface GridValues {
  /** One for each time of the grid. */
  readonly values: Float64Array;
  /** 1 where there is a result, else 0. */
  readonly present: Uint8Array;
}

const GRID_FUNCTION: Check = {
  wanted: 'a function such as rate, or its name, or { kind: "quantile", quantile: 0.95 }',
  accepts: (value) =>
    typeof value === "function" || typeof value === "string" && Object.hasOwn(NAMES, value) ||
    typeof value === "object" && value !== null && "kind" in value &&
      Object.hasOwn(NAMES, String(value.kind)),
};

/** All there are: the compiler asks for one that is new. */
const NAMES: Readonly<Record<PointFunction["kind"], true>> = {
  increase: true,
  rate: true,
  delta: true,
  irate: true,
  idelta: true,
  resets: true,
  changes: true,
  deriv: true,
  count: true,
  last: true,
  min: true,
  max: true,
  sum: true,
  avg: true,
  stddev: true,
  quantile: true,
};

const KINDS = new Map<RangeFunction, PointFunction>([
  [increase, { kind: "increase" }],
  [rate, { kind: "rate" }],
  [delta, { kind: "delta" }],
  [irate, { kind: "irate" }],
  [idelta, { kind: "idelta" }],
  [resets, { kind: "resets" }],
  [changes, { kind: "changes" }],
  [deriv, { kind: "deriv" }],
]);

/**
 * The function at `startSeconds + k * stepSeconds` for each k < `count`, each over the `rangeSeconds` before: the same
 * values, bit for bit, as calling the function for every window.
 *
 * Cost is O(points + count) for increase, rate, delta, irate, idelta, resets, changes, count, last, min and max; the others
 * need the order of Prometheus' additions and cost O(points in a window) for each time. Series that
 * share one array of times, as a store's do, cost less: which points a window holds is worked out once.
 *
 * @throws RangeError on a count that is no whole number of 0 or more, or a step below 0
 */
export function overGrid(fn: GridFunction, points: CounterPoints, grid: Grid): GridValues {
  const call = 'overGrid("rate", series, { startSeconds, stepSeconds: 2, count: 30, rangeSeconds: 60 })';
  checkArgument(call, { fn }, GRID_FUNCTION);
  checkArgument(call, { points }, POINTS);
  checkArgument(call, { grid }, GRID);
  checkGrid(grid);
  const known = typeof fn === "function" ? KINDS.get(fn) : typeof fn === "string" ? { kind: fn } : fn;
  if (known !== undefined) return sweepGrid(known, points, grid);
  const sweep = new Sweep(points, grid);
  eachWindow(fn as RangeFunction, points, sweep);
  return sweep.finish();
}

/** As {@link overGrid}, of what was checked already: asked for hundreds of series at a time. */
export function sweepGrid(fn: PointFunction, points: CounterPoints, grid: Grid): GridValues {
  const sweep = new Sweep(points, grid);
  run(fn, sweep);
  return sweep.finish();
}

/**
 * The same for many series at once: the result of series s at time k stands in place s × count + k. The buckets of a
 * histogram are so many that arrays of their own for each would cost more than the sums.
 */
export function sweepAll(fn: PointFunction, series: readonly CounterPoints[], grid: Grid): GridValues {
  const { count } = grid;
  const results = new Float64Array(series.length * count);
  const present = new Uint8Array(series.length * count);
  for (let s = 0; s < series.length; s++) {
    run(fn, new Sweep(series[s]!, grid, { results, present, at: s * count }));
  }
  for (let k = 0; k < present.length; k++) if (present[k] === 0) results[k] = NaN;
  return { values: results, present };
}

/**
 * Refuses a grid without a whole count or with times that run backwards.
 *
 * @throws RangeError
 */
export function checkGrid({ count, stepSeconds }: Grid): void {
  if (Number.isInteger(count) && count >= 0 && stepSeconds >= 0) return;
  throw new RangeError(
    `Cannot evaluate over a grid: count ${count}, step ${stepSeconds}, wanted a whole count and a step of 0 or more`,
  );
}

function run(fn: PointFunction, sweep: Sweep): void {
  switch (fn.kind) {
    case "increase":
    case "rate":
    case "delta":
      if (fn.extrapolate === false) observedSweep(fn.kind, sweep);
      else extrapolatedSweep(fn.kind, sweep);
      return;
    case "irate":
    case "idelta":
      while (sweep.next()) sweep.put(lastTwo(fn.kind, sweep, sweep));
      return;
    case "resets":
    case "changes":
      return pairSweep(fn.kind, sweep);
    case "deriv":
      while (sweep.next()) {
        if (sweep.high - sweep.low >= 2) sweep.put(slopeOf(sweep.timesSeconds, sweep.values, sweep));
      }
      return;
    case "min":
    case "max":
      return extremeSweep(fn.kind, sweep);
    default: {
      const window = { low: 0, high: 0, quantile: fn.kind === "quantile" ? fn.quantile : NaN };
      while (sweep.next()) {
        window.low = sweep.low;
        window.high = sweep.high;
        sweep.put(aggregate(fn.kind, sweep.values, window));
      }
    }
  }
}

/** Two indices that only move forward, and the results. */
class Sweep {
  readonly timesSeconds: Float64Array;
  readonly values: Float64Array;
  readonly resetSeconds: ArrayLike<number>;
  readonly fallsAreResets: boolean;
  readonly results: Float64Array;
  readonly present: Uint8Array;
  low = 0;
  high = 0;
  startMs = 0;
  endMs = 0;
  readonly axis: PlannedAxis;
  readonly plan: GridPlan;
  /** Where its results begin. */
  readonly at: number;
  #index = -1;

  constructor(points: CounterPoints, grid: Grid, place?: Pick<Sweep, "results" | "present" | "at">) {
    this.timesSeconds = toFloat64(points.timesSeconds);
    this.values = toFloat64(points.values);
    this.resetSeconds = points.resetSeconds ?? [];
    this.fallsAreResets = points.fallsAreResets ?? true;
    this.results = place?.results ?? new Float64Array(grid.count);
    this.present = place?.present ?? new Uint8Array(grid.count);
    this.axis = planGrid(this.timesSeconds, grid);
    this.plan = this.axis.plan;
    this.at = place?.at ?? 0;
  }

  /** Moves to the next window; false after the last. */
  next(): boolean {
    const k = ++this.#index;
    if (k >= this.plan.count) return false;
    this.low = this.plan.low[k]!;
    this.high = this.plan.high[k]!;
    this.endMs = this.plan.ends[k]!;
    this.startMs = this.endMs - this.plan.rangeMs;
    return true;
  }

  /** The results; those that were never put are NaN. */
  finish(): GridValues {
    const { results, present } = this;
    for (let k = 0; k < present.length; k++) if (present[k] === 0) results[k] = NaN;
    return { values: results, present };
  }

  put(value: number | undefined): void {
    if (value === undefined) return;
    this.results[this.at + this.#index] = value;
    this.present[this.at + this.#index] = 1;
  }
}

function toFloat64(values: ArrayLike<number>): Float64Array {
  return values instanceof Float64Array ? values : Float64Array.from(values);
}

function eachWindow(fn: RangeFunction, points: Points, sweep: Sweep): void {
  const rangeSeconds = sweep.plan.rangeMs / 1000;
  while (sweep.next()) sweep.put(fn(points, { endSeconds: sweep.endMs / 1000, rangeSeconds }));
}

function observedSweep(kind: "increase" | "rate" | "delta", sweep: Sweep): void {
  while (sweep.next()) sweep.put(observed(kind, sweep, sweep));
}

/**
 * `extrapolate` for every window. What depends on times alone is worked out once for an axis; the falls of a counter are
 * listed once, and those inside a window are added in order.
 */
function extrapolatedSweep(
  kind: "increase" | "rate" | "delta",
  sweep: Sweep,
): void {
  const { values, results, present, at } = sweep;
  const { count, low: lows, high: highs } = sweep.axis.plan;
  const plan = planExtrapolation(sweep.axis, sweep.timesSeconds);
  const factors = kind === "rate" ? plan.rateFactor : plan.factor;
  const counter = kind !== "delta";
  const falls = counter ? listFalls(values) : NO_FALLS;
  let fall = 0;
  for (let k = 0; k < count; k++) {
    const low = lows[k]!;
    const high = highs[k]!;
    if (high - low < 2) continue;
    const first = values[low]!;
    let difference = values[high - 1]! - first;
    if (fall < falls.length) {
      while (fall < falls.length && falls[fall]! <= low) fall++;
      for (let i = fall; i < falls.length && falls[i]! < high; i++) difference += values[falls[i]! - 1]!;
    }
    present[at + k] = 1;
    // A counter that stood higher than it grew had its zero before the window: no need to look where. Two points alone
    // may be stretched by more than their distance.
    results[at + k] = difference * factors[k]!;
    if (counter && difference > 0 && first >= 0 && (first < difference || high - low === 2)) {
      results[at + k] = stretchedToZero(kind, plan, { k, first, difference }) ?? results[at + k]!;
    }
  }
}

/** The result where a counter's zero comes before the start of the window, else undefined. */
function stretchedToZero(
  kind: "increase" | "rate" | "delta",
  plan: ExtrapolationPlan,
  { k, first, difference }: { readonly k: number; readonly first: number; readonly difference: number },
): number | undefined {
  const seconds = plan.sampled[k]!;
  const toZero = seconds * (first / difference);
  if (!(toZero < plan.toStart[k]!)) return undefined;
  const factor = seconds === 0 ? 1 : (seconds + toZero + plan.toEnd[k]!) / seconds;
  return difference * (kind === "rate" ? factor / plan.rangeSeconds : factor);
}

const NO_FALLS: readonly number[] = [];

function listFalls(values: Float64Array): readonly number[] {
  let falls: number[] | undefined;
  for (let i = 1; i < values.length; i++) if (values[i]! < values[i - 1]!) (falls ??= []).push(i);
  return falls ?? NO_FALLS;
}

/** Counts of neighbouring pairs: a running total, entered and left at the two ends. */
function pairSweep(kind: "resets" | "changes", sweep: Sweep): void {
  const { values } = sweep;
  const counts = kind === "resets"
    ? (i: number) => values[i]! < values[i - 1]! ? 1 : 0
    : (i: number) => isChange(values[i - 1]!, values[i]!) ? 1 : 0;
  let total = 0;
  let from = 0;
  let to = 0; // pairs (i - 1, i) with from < i < to are in the total
  while (sweep.next()) {
    const { low, high } = sweep;
    if (high <= low) continue;
    if (low >= to) {
      total = 0;
      from = low;
      to = low + 1;
    }
    while (to < high) total += counts(to++);
    while (from < low) total -= counts(++from);
    sweep.put(total);
  }
}

/** A queue of candidates: indices whose value beats all after them. NaN is no candidate. */
function extremeSweep(kind: "min" | "max", sweep: Sweep): void {
  const { values } = sweep;
  const queue = new Int32Array(values.length);
  const sign = kind === "max" ? 1 : -1;
  let head = 0;
  let tail = 0;
  let entered = 0;
  while (sweep.next()) {
    const { low, high } = sweep;
    if (entered < low) entered = low;
    for (; entered < high; entered++) {
      const value = sign * values[entered]!;
      if (Number.isNaN(value)) continue;
      while (tail > head && sign * values[queue[tail - 1]!]! < value) tail--;
      queue[tail++] = entered;
    }
    while (head < tail && queue[head]! < low) head++;
    if (high > low) sweep.put(head < tail ? values[queue[head]!]! : NaN);
  }
}
