/**
 * From raw series to what can be compared: counters become rates, times become a common grid.
 *
 * @module
 */
import type { Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { Points, Series } from "../series/types.ts";
import { median } from "./statistics.ts";

/** A series in the form in which it may be judged. `perSecond` is true where the raw series was a counter. */
export interface Signal extends Points {
  /** The series' own, or the quantity that was asked for. */
  readonly name: string;
  /** As stored. */
  readonly labels: Labels;
  /** Of the raw values; of rates this per second. Absent where it is not known. */
  readonly unit?: Unit;
  /** True where the values are rates. */
  readonly perSecond: boolean;
  /** Of rates: over how long each is, so that their mean can be that of the whole time. */
  readonly lengthsSeconds?: Float64Array;
  /** True where the series was marked absent after its last point: there is no current value. */
  readonly isGone?: true;
}

/** What {@link toSignal} needs of a series. */
export type SignalInput = Pick<Series, "name" | "labels" | "type" | "timesSeconds" | "values"> & {
  readonly unit?: Unit;
  readonly staleSeconds?: ArrayLike<number>;
};

/** True where the values only grow until the process restarts. `_created` times are not counts. */
export function isCumulative(series: Pick<Series, "name" | "type">): boolean {
  if (series.name.endsWith("_created")) return false;
  if (series.type === "counter" || series.type === "histogram") return true;
  return series.type === "summary" && /_(sum|count)$/.test(series.name);
}

/**
 * Gauges as they are, counters as their rate between one point and the next, dated at the later one. No rate is given
 * across a reset or across a time at which the series was absent. NaN points are left out.
 */
export function toSignal(series: SignalInput): Signal {
  const { timesSeconds, values } = withoutNaN(series);
  const shared = {
    name: series.name,
    labels: series.labels,
    ...(series.unit === undefined ? {} : { unit: series.unit }),
    ...(isGone(series) ? { isGone: true } as const : {}),
  };
  if (!isCumulative(series)) return { ...shared, perSecond: false, timesSeconds, values };
  const rates = ratesBetweenPoints({ timesSeconds, values }, series.staleSeconds ?? []);
  return { ...shared, perSecond: true, ...rates };
}

function isGone({ timesSeconds, staleSeconds = [] }: SignalInput): boolean {
  const marks = staleSeconds.length;
  return marks > 0 && staleSeconds[marks - 1]! > (timesSeconds.at(-1) ?? -Infinity);
}

function withoutNaN(points: Points): { timesSeconds: Float64Array; values: Float64Array } {
  const keep: number[] = [];
  for (let i = 0; i < points.values.length; i++) if (!Number.isNaN(points.values[i]!)) keep.push(i);
  return {
    timesSeconds: Float64Array.from(keep, (i) => points.timesSeconds[i]!),
    values: Float64Array.from(keep, (i) => points.values[i]!),
  };
}

function ratesBetweenPoints(
  points: Points,
  stale: ArrayLike<number>,
): Points & { readonly lengthsSeconds: Float64Array } {
  const times: number[] = [];
  const rates: number[] = [];
  const lengths: number[] = [];
  let nextStale = 0;
  for (let i = 1; i < points.values.length; i++) {
    const from = points.timesSeconds[i - 1]!;
    const to = points.timesSeconds[i]!;
    while (nextStale < stale.length && stale[nextStale]! <= from) nextStale++;
    const broken = nextStale < stale.length && stale[nextStale]! <= to;
    const growth = points.values[i]! - points.values[i - 1]!;
    if (broken || growth < 0 || to <= from) continue;
    times.push(to);
    rates.push(growth / (to - from));
    lengths.push(to - from);
  }
  return {
    timesSeconds: Float64Array.from(times),
    values: Float64Array.from(rates),
    lengthsSeconds: Float64Array.from(lengths),
  };
}

/** Median distance of neighbouring points in seconds; undefined for fewer than two. */
export function medianInterval(points: Points): number | undefined {
  const { timesSeconds } = points;
  if (timesSeconds.length < 2) return undefined;
  const gaps = Float64Array.from(
    { length: timesSeconds.length - 1 },
    (_, i) => timesSeconds[i + 1]! - timesSeconds[i]!,
  );
  return median(gaps);
}

/** Columns on one time axis; NaN where a signal has no point in the cell. Nothing is filled in. */
export interface AlignedSignals {
  /** End of each cell; a cell is (end - step, end]. */
  readonly timesSeconds: Float64Array;
  readonly stepSeconds: number;
  readonly columns: readonly Float64Array[];
}

/**
 * Means of each signal per cell of a common grid.
 *
 * @param options.stepSeconds default: twice the longest median interval, so that every cell can hold a point of each
 */
export function alignSignals(
  signals: readonly Points[],
  options: { stepSeconds?: number } = {},
): AlignedSignals {
  const filled = signals.filter((signal) => signal.values.length > 0);
  const intervals = filled.map(medianInterval).filter((gap) => gap !== undefined);
  const stepSeconds = options.stepSeconds ?? 2 * Math.max(0, ...intervals);
  if (filled.length === 0 || !(stepSeconds > 0)) {
    return {
      timesSeconds: new Float64Array(),
      stepSeconds: 0,
      columns: signals.map(() => new Float64Array()),
    };
  }
  const first = Math.min(...filled.map((signal) => signal.timesSeconds[0]!));
  const last = Math.max(...filled.map((signal) => signal.timesSeconds[signal.timesSeconds.length - 1]!));
  const start = Math.ceil(first / stepSeconds) * stepSeconds;
  const count = Math.max(1, Math.ceil((last - start) / stepSeconds) + 1);
  return {
    timesSeconds: Float64Array.from({ length: count }, (_, i) => start + i * stepSeconds),
    stepSeconds,
    columns: signals.map((signal) => cellMeans(signal, { start, stepSeconds, count })),
  };
}

function cellMeans(
  points: Points,
  grid: { start: number; stepSeconds: number; count: number },
): Float64Array {
  const sums = new Float64Array(grid.count);
  const counts = new Uint32Array(grid.count);
  for (let i = 0; i < points.values.length; i++) {
    // Half a microsecond of slack: a time that is meant to lie on the edge belongs to the cell that ends there.
    const cell = Math.ceil((points.timesSeconds[i]! - grid.start) / grid.stepSeconds - 5e-7);
    if (cell < 0 || cell >= grid.count || Number.isNaN(points.values[i]!)) continue;
    sums[cell]! += points.values[i]!;
    counts[cell]!++;
  }
  return sums.map((sum, i) => counts[i] === 0 ? NaN : sum / counts[i]!);
}
