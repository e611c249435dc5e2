/**
 * From a source's series to the lines of a chart.
 *
 * @module
 */
import type { QuantityName, Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { Matcher, Series, TimeSpan, WindowFunction } from "../series/types.ts";
import { sumOf } from "./envelope.ts";
import { type ChartContext, factsOf, type Side } from "./context.ts";
import { restartsOf } from "./gaps.ts";

/** Points with NaN where the line breaks, and the value at the end. */
export interface LineValues {
  readonly labels: Labels;
  readonly unit: Unit | undefined;
  readonly timesSeconds: Float64Array;
  readonly values: Float64Array;
  readonly lower?: Float64Array;
  readonly upper?: Float64Array;
  readonly current?: number;
  /** The current value is only known to be at least that: a quantile in the last bucket, which has no upper end. */
  readonly currentIsFloor?: boolean;
}

/** Labels to match: the one target that was asked for. */
export function matchersOf(context: ChartContext): readonly Matcher[] {
  return context.target === undefined ? [] : [{ label: "target", operator: "=", value: context.target }];
}

/** Raw values of a gauge, one line a series. */
export async function gaugeLines(context: ChartContext, quantity: QuantityName): Promise<LineValues[]> {
  if (context.span === undefined) return [];
  const series = await context.source.select({ quantity, matchers: matchersOf(context) }, context.span);
  return series.filter((each) => each.timesSeconds.length > 0).map((each) => breakAtStale(each, context));
}

/** A gauge added up over its series: one line of every point, so that no peak falls between; a single series as it is. */
export async function summedGauge(context: ChartContext, quantity: QuantityName): Promise<LineValues[]> {
  const raw = await gaugeLines(context, quantity);
  if (raw.length <= 1) return raw;
  const known = raw.flatMap(({ current }) => current ?? []);
  return [{
    labels: {},
    unit: raw[0]?.unit,
    ...sumOf(raw),
    ...(known.length === 0 ? {} : { current: known.reduce((a, b) => a + b, 0) }),
  }];
}

/**
 * A function over windows, evaluated over the chart's grid. Of one target, windows that span its restart give no point: what
 * happened between the last scrape and the process's end is unknown. Rates are for {@link rateLine}.
 */
export async function windowLines(
  context: ChartContext,
  quantity: QuantityName,
  options: {
    readonly fn: WindowFunction;
    readonly side: Side;
    readonly combine?: "none" | "sum" | "max" | "min" | "avg";
    readonly by?: readonly string[];
    readonly rangeSeconds?: number;
  },
): Promise<LineValues[]> {
  if (context.span === undefined) return [];
  const { fn, combine, by } = options;
  const grid = { ...context.grid, rangeSeconds: options.rangeSeconds ?? context.grid.rangeSeconds };
  const series = await context.source.evaluate({
    selector: { quantity, matchers: matchersOf(context) },
    fn,
    ...(combine === undefined ? {} : { combine }),
    ...(by === undefined ? {} : { by }),
  }, grid);
  const isSound = soundWindows(context, { fn, side: options.side, rangeSeconds: grid.rangeSeconds });
  return series.filter((each) => each.timesSeconds.length > 0).map((each) => onGrid(each, grid, isSound));
}

/** Whether a window may be shown, by its end. Of several targets what the others did is known all the same. */
function soundWindows(
  context: ChartContext,
  window: { fn: WindowFunction; side: Side; rangeSeconds: number },
): (endSeconds: number) => boolean {
  const targets = factsOf(context, window.side);
  if (window.fn.kind === "last" || targets.length > 1) return () => true;
  const restarts = restartsOf(context, targets);
  return (end) => {
    const start = end - window.rangeSeconds;
    return !restarts.some(({ from, to }) => from > start - 1e-3 && from < end && to <= end + 1e-3);
  };
}

/** Puts NaN where the grid has a time but the series no point, so that the line breaks there. */
export function onGrid(
  series: Series,
  grid: { startSeconds: number; stepSeconds: number; count: number; rangeSeconds: number },
  isSound: (endSeconds: number) => boolean,
): LineValues {
  const timesSeconds = Float64Array.from(
    { length: grid.count },
    (_, k) => grid.startSeconds + k * grid.stepSeconds,
  );
  const values = new Float64Array(grid.count).fill(NaN);
  const lower = series.lower === undefined ? undefined : new Float64Array(grid.count).fill(NaN);
  const upper = series.upper === undefined ? undefined : new Float64Array(grid.count).fill(NaN);
  series.timesSeconds.forEach((time, index) => {
    const k = Math.round((time - grid.startSeconds) / grid.stepSeconds);
    if (k < 0 || k >= grid.count) return;
    if (!isSound(timesSeconds[k] ?? time)) return;
    values[k] = series.values[index] ?? NaN;
    if (lower !== undefined) lower[k] = series.lower?.[index] ?? NaN;
    if (upper !== undefined) upper[k] = series.upper?.[index] ?? NaN;
  });
  const last = values.at(-1) ?? NaN;
  return {
    labels: series.labels,
    unit: series.unit,
    timesSeconds,
    values,
    ...(lower === undefined ? {} : { lower }),
    ...(upper === undefined ? {} : { upper }),
    ...(Number.isNaN(last)
      ? {}
      : { current: last, currentIsFloor: isFloor(last, lower?.at(-1), upper?.at(-1)) }),
  };
}

/** In the last bucket nothing is known but a least value. */
export function isFloor(value: number, lower = NaN, upper = NaN): boolean {
  return upper === Infinity || (value === lower && upper > 1.001 * lower);
}

/** Raw points with a NaN point wherever the series was marked absent, at its end too. */
function breakAtStale(series: Series, context: ChartContext): LineValues {
  const { timesSeconds, staleSeconds } = series;
  const lastTime = timesSeconds.at(-1) ?? -Infinity;
  const lastStale = staleSeconds.at(-1) ?? -Infinity;
  const isStale = lastStale > lastTime;
  const reachesEnd = context.span !== undefined &&
    lastTime >= context.span.endSeconds - endSlack(context.span, timesSeconds);
  const last = series.values.at(-1) ?? NaN;
  return {
    labels: series.labels,
    unit: series.unit,
    ...(staleSeconds.length === 0 ? { timesSeconds, values: series.values } : broken(series)),
    ...(isStale || !reachesEnd || Number.isNaN(last) ? {} : { current: last }),
  };
}

/** A NaN point at every mark of absence that lies behind a point. */
function broken(series: Series): Pick<LineValues, "timesSeconds" | "values"> {
  const times: number[] = [];
  const values: number[] = [];
  const { timesSeconds, staleSeconds } = series;
  let stale = 0;
  for (let index = 0; index < timesSeconds.length; index++) {
    const time = timesSeconds[index] ?? NaN;
    while (stale < staleSeconds.length && (staleSeconds[stale] ?? Infinity) <= time) {
      const at = staleSeconds[stale++] ?? time;
      if (at < time && times.length > 0) {
        times.push(at);
        values.push(NaN);
      }
    }
    times.push(time);
    values.push(series.values[index] ?? NaN);
  }
  const lastStale = staleSeconds.at(-1) ?? -Infinity;
  if (times.length > 0 && lastStale > timesSeconds.at(-1)!) {
    // Also at the end: a page that joins lines must not take the last value for the newest.
    times.push(lastStale);
    values.push(NaN);
  }
  return { timesSeconds: Float64Array.from(times), values: Float64Array.from(values) };
}

/** How old the last point of a line may be and still be "now": two and a half of its own intervals, at least 5 s. */
function endSlack(span: TimeSpan, timesSeconds: Float64Array): number {
  const count = timesSeconds.length;
  if (count < 2) return Math.max(5, (span.endSeconds - span.startSeconds) * 0.05);
  const recent = Math.min(count - 1, 20);
  const interval = ((timesSeconds[count - 1] ?? 0) - (timesSeconds[count - 1 - recent] ?? 0)) / recent;
  return Math.max(5, 2.5 * interval);
}
