/**
 * The figures of every quantity over the last five minutes.
 *
 * @module
 */
import { sameLabels } from "../series/labels.ts";
import { isQuantityName, QUANTITIES } from "../catalog/quantities.ts";
import { resolveQuantity } from "../catalog/resolve.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { ChartContext } from "../charts/context.ts";
import { isFloor } from "../charts/lines.ts";
import { type DisplayUnit, rateUnit } from "../charts/units.ts";
import type { Labels } from "../parser/types.ts";
import type { Grid, MetricSource, Series } from "../series/types.ts";
import { wholeSpan } from "../series/whole_span.ts";
import { overTime } from "../series/windows.ts";

/** Seconds that mean, highest, lowest and p95 look back over. */
const WINDOW_SECONDS = 300;

/** One series of one quantity. A figure that cannot be had is absent, never 0. */
export interface StatisticsRow {
  /** What it is. */
  readonly quantity: QuantityName;
  /** Which series of it. */
  readonly labels: Labels;
  /** Of every figure in the row. Instants (`unix_seconds`) have a current value only. */
  readonly unit: DisplayUnit;
  /** Counters are shown as rates, histograms as their windowed mean and p95. */
  readonly kind: "gauge" | "rate" | "histogram";
  /** At the end of the span; absent when the series does not reach it. */
  readonly current?: number;
  /** Of the last 300 s. */
  readonly average?: number;
  /** Of the last 300 s; a histogram does not keep it. */
  readonly minimum?: number;
  /** Of the last 300 s; a histogram does not keep it. */
  readonly maximum?: number;
  /** Of the last 300 s; of a histogram estimated from its buckets. */
  readonly p95?: number;
  /** Nothing is known of p95 but that it is at least that. */
  readonly p95IsFloor?: boolean;
  /** Points in the window; observations for a histogram. */
  readonly points: number;
  /** Whether it is still reported. */
  readonly state: "live" | "stale";
}

/** A row for each series of each quantity that some target shows, in the catalog's order. */
export async function quantityRows(context: ChartContext, endSeconds: number): Promise<StatisticsRow[]> {
  const rows: StatisticsRow[] = [];
  for (const quantity of presentQuantities(context)) {
    const { type } = QUANTITIES[quantity];
    if (type === "gauge") rows.push(...await gaugeRows(context, quantity, endSeconds));
    if (type === "counter") rows.push(...await counterRows(context, quantity, endSeconds));
    if (type === "histogram") rows.push(...await histogramRows(context, quantity, endSeconds));
  }
  return rows;
}

/** Quantities that some target shows, in the catalog's order. */
function presentQuantities(context: ChartContext): QuantityName[] {
  return Object.keys(QUANTITIES).filter(isQuantityName).filter((quantity) =>
    resolveQuantity(context.metas, quantity) !== undefined
  );
}

async function gaugeRows(
  context: ChartContext,
  quantity: QuantityName,
  endSeconds: number,
): Promise<StatisticsRow[]> {
  const span = { startSeconds: endSeconds - WINDOW_SECONDS, endSeconds };
  const series = await context.source.select({ quantity }, span);
  return series.flatMap((each) => {
    if (each.timesSeconds.length === 0) return [];
    const lastTime = each.timesSeconds.at(-1) ?? NaN;
    const stale = (each.staleSeconds.at(-1) ?? -Infinity) > lastTime;
    const unit = QUANTITIES[quantity].unit;
    return [
      rowOf(each, { quantity, kind: "gauge", unit, endSeconds, stale, points: each.timesSeconds.length }),
    ];
  });
}

/** Rates over the chart's window at each step of the last 300 s; current is the last of them. */
async function counterRows(
  context: ChartContext,
  quantity: QuantityName,
  endSeconds: number,
): Promise<StatisticsRow[]> {
  const grid = lastWindow(context, endSeconds);
  const selector = { quantity };
  const series = await context.source.evaluate({ selector, fn: { kind: "rate" }, combine: "none" }, grid);
  const whole = await context.source.evaluate(
    { selector, fn: { kind: "rate" }, combine: "none", whileStale: "as_prometheus" },
    wholeWindow(context, endSeconds),
  );
  const unit = rateUnit(QUANTITIES[quantity].unit);
  return series.map((each) => {
    const stale = (each.timesSeconds.at(-1) ?? -Infinity) < endSeconds - 1e-3;
    const row = rowOf(each, {
      quantity,
      kind: "rate",
      unit,
      endSeconds,
      stale,
      points: each.timesSeconds.length,
    });
    // The mean of overlapping rates is not the rate of the whole: ask for that.
    const average = whole.find((one) => sameLabels(one.labels, each.labels))?.values[0];
    const { average: _, ...rest } = row;
    return average === undefined ? rest : { ...rest, average };
  });
}

/** Mean now and over 300 s, exact; p95 over 300 s from buckets. A histogram does not keep its extremes. */
async function histogramRows(
  context: ChartContext,
  quantity: QuantityName,
  endSeconds: number,
): Promise<StatisticsRow[]> {
  const now: Grid = {
    startSeconds: endSeconds,
    stepSeconds: 1,
    count: 1,
    rangeSeconds: context.rangeSeconds,
  };
  const whole = wholeWindow(context, endSeconds);
  // What is gone by now has figures of the window, and none of now.
  const ask = (fn: Parameters<MetricSource["evaluate"]>[0]["fn"], grid: Grid) =>
    context.source.evaluate({
      selector: { quantity },
      fn,
      combine: "none",
      whileStale: grid === now ? "absent" : "as_prometheus",
    }, grid);
  const [means, current, quantiles, counts, there] = await Promise.all([
    ask({ kind: "histogram_mean" }, whole),
    ask({ kind: "histogram_mean" }, now),
    ask({ kind: "histogram_bounded_quantile", quantile: 0.95 }, whole),
    ask({ kind: "histogram_increase" }, whole),
    ask({ kind: "histogram_increase" }, now),
  ]);
  return means.map((each) => {
    const of = (results: readonly Series[]) =>
      results.find((one) => sameLabels(one.labels, each.labels))?.values[0];
    const observations = counts.filter((one) => sameLabels(withoutBucket(one.labels), each.labels))
      .reduce((sum, one) => sum + (one.values[0] ?? 0), 0);
    const figures = { current: of(current), average: each.values[0], p95: of(quantiles) };
    const { values: [value = NaN] = [], lower, upper } = quantiles.find((one) =>
      sameLabels(one.labels, each.labels)
    ) ?? {};
    return {
      quantity,
      labels: each.labels,
      unit: QUANTITIES[quantity].unit,
      kind: "histogram",
      ...definedOnly(figures),
      ...(isFloor(value, lower?.[0], upper?.[0]) ? { p95IsFloor: true } : {}),
      points: Math.round(observations),
      state: there.some((one) => one.values.length > 0 && sameLabels(withoutBucket(one.labels), each.labels))
        ? "live"
        : "stale",
    };
  });
}

function withoutBucket(labels: Labels): Labels {
  const { le: _, ...rest } = labels;
  return rest;
}

/** Only the figures that there are: with exact optional properties an absent one has no key. */
function definedOnly<T extends Record<string, number | undefined>>(figures: T): { [K in keyof T]?: number } {
  const result: { [K in keyof T]?: number } = {};
  for (const name in figures) {
    const value = figures[name];
    if (value !== undefined && !Number.isNaN(value)) result[name] = value;
  }
  return result;
}

/** Evaluation times in the last 300 s whose windows begin where something is held. */
function lastWindow(context: ChartContext, endSeconds: number): Grid {
  const { stepSeconds, rangeSeconds } = context.grid;
  const held = context.held?.startSeconds ?? -Infinity;
  const start = Math.max(endSeconds - WINDOW_SECONDS, held + rangeSeconds - stepSeconds);
  const count = Math.max(1, Math.floor((endSeconds - start) / stepSeconds + 1e-9) + 1);
  return { startSeconds: endSeconds - (count - 1) * stepSeconds, stepSeconds, count, rangeSeconds };
}

/** The last 300 s, or as much of them as is held: a rate over a window that is half empty would be half too low. */
function wholeWindow(context: ChartContext, endSeconds: number): Grid {
  const sinceSeconds = context.held?.startSeconds ?? -Infinity;
  if (endSeconds - sinceSeconds < WINDOW_SECONDS) {
    return wholeSpan({ startSeconds: sinceSeconds, endSeconds });
  }
  return { startSeconds: endSeconds, stepSeconds: 1, count: 1, rangeSeconds: WINDOW_SECONDS };
}

interface RowParts {
  /** What it is. */
  readonly quantity: QuantityName;
  readonly kind: StatisticsRow["kind"];
  /** Of every figure in the row. */
  readonly unit: DisplayUnit;
  readonly endSeconds: number;
  readonly stale: boolean;
  readonly points: number;
}

function rowOf(series: Series, parts: RowParts): StatisticsRow {
  const { quantity, kind, unit, points } = parts;
  const figures = definedOnly({
    current: parts.stale ? undefined : series.values.at(-1),
    // An instant has no mean and no range.
    ...(unit === "unix_seconds" ? {} : windowFigures(series, parts.endSeconds)),
  });
  return {
    quantity,
    labels: series.labels,
    unit,
    kind,
    ...figures,
    points,
    state: parts.stale ? "stale" : "live",
  };
}

function windowFigures(series: Series, endSeconds: number) {
  const range = { endSeconds, rangeSeconds: WINDOW_SECONDS };
  return {
    average: overTime("avg", series, range),
    minimum: overTime("min", series, range),
    maximum: overTime("max", series, range),
    p95: overTime("quantile", series, range, { quantile: 0.95 }),
  };
}
