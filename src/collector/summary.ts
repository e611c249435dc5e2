/**
 * The last five minutes of every series in numbers.
 *
 * @module
 */
import { sameLabels } from "../series/labels.ts";
import { QUANTITIES } from "../catalog/quantities.ts";
import { resolveAll } from "../catalog/resolve.ts";
import type { QuantityName, ResolvedQuantity, Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { SeriesStore } from "../series/store.ts";
import type { Series, TimeSpan } from "../series/types.ts";

/** The window of the `_5m` figures. */
export const SUMMARY_WINDOW_SECONDS = 300;

/**
 * One series over the last 300 s of time. Gauges are read as they stand, counters as rate per second, histograms as
 * mean of what was observed. A figure that cannot be had is absent, never 0.
 */
export interface SeriesSummary {
  /** The canonical name, where the catalog knows the series. */
  readonly quantity?: QuantityName;
  /** Name on the server; of a histogram the family's. */
  readonly name: string;
  /** As stored; of a histogram without `le`. */
  readonly labels: Labels;
  /** `rate`: increase per second; `mean`: of what a histogram observed. */
  readonly read: "value" | "rate" | "mean";
  /** Of the value; a rate is this per second. */
  readonly unit?: Unit;
  /** At the last tick; absent when the series was not there then. */
  readonly current?: number;
  /**
   * Over the whole window, not the mean of `max_5m` and `min_5m`; absent when the window holds too few
   * points.
   */
  readonly avg_5m?: number;
  /** The largest between neighbouring points (of a gauge: the largest point). */
  readonly max_5m?: number;
  /** The smallest between neighbouring points (of a gauge: the smallest point). */
  readonly min_5m?: number;
  /** Points in the window. */
  readonly points: number;
  /** Points as a share of those that 300 s would hold at the sampler's interval, at most 1. */
  readonly coverage: number;
}

/** Where the figures end and how often each sampler ticks. */
export interface SummaryOptions {
  readonly endSeconds: number;
  readonly intervalSeconds: (samplerId: string) => number;
  /** Default: every quantity that is there. */
  readonly quantities?: readonly QuantityName[];
}

/** Sums up every series of every quantity that the samplers show. */
export function summarize(store: SeriesStore, options: SummaryOptions): SeriesSummary[] {
  const { endSeconds, quantities = quantityNames() } = options;
  const span = { startSeconds: endSeconds - SUMMARY_WINDOW_SECONDS, endSeconds };
  return store.samplerIds.flatMap((samplerId) => {
    const known = store.definitions(samplerId).map(({ name, type, help = "" }) => ({ name, type, help }));
    const expected = SUMMARY_WINDOW_SECONDS / options.intervalSeconds(samplerId);
    return quantities.flatMap((quantity) => {
      const resolved = newestOf(store, resolveAll(known, quantity), samplerId);
      if (resolved === undefined || QUANTITIES[quantity].type === "info") return [];
      return summarizeQuantity(store, resolved, { samplerId, span, expected });
    });
  });
}

/** The name that was shown last: a server may go back to a version that has another. Of two shown at once the first. */
function newestOf(
  store: SeriesStore,
  names: readonly ResolvedQuantity[],
  samplerId: string,
): ResolvedQuantity | undefined {
  let newest = names[0];
  let newestSeconds = -Infinity;
  for (const one of names.length > 1 ? names : []) {
    for (
      const { timesSeconds } of store.select({
        names: [one.name, `${one.name}_count`],
        samplerId,
        lastPoints: 1,
      })
    ) {
      const lastSeconds = timesSeconds.at(-1) ?? -Infinity;
      if (lastSeconds > newestSeconds) [newest, newestSeconds] = [one, lastSeconds];
    }
  }
  return newest;
}

interface Where {
  readonly samplerId: string;
  readonly span: TimeSpan;
  readonly expected: number;
}

function summarizeQuantity(store: SeriesStore, resolved: ResolvedQuantity, where: Where): SeriesSummary[] {
  const { name, quantity, labelFilter = {} } = resolved;
  const matchers = Object.entries(labelFilter).map(([label, value]) => ({
    label,
    operator: "=" as const,
    value,
  }));
  const select = (sampleName: string) =>
    store.select({ names: [sampleName], samplerId: where.samplerId, span: where.span, matchers });
  const type = QUANTITIES[quantity].type;
  if (type !== "histogram") {
    const read = type === "counter" ? "rate" : "value";
    return select(name).map((series) =>
      row(series, { resolved, read, where, figures: figuresOf(series, read, where) })
    );
  }
  const sums = select(`${name}_sum`);
  return select(`${name}_count`).flatMap((count) => {
    const sum = sums.find((series) => sameLabels(series.labels, count.labels));
    if (sum === undefined) return [];
    return [row(count, { resolved, read: "mean", where, figures: means(sum, count, where.span) })];
  });
}

interface Figures {
  readonly current: number | undefined;
  readonly avg: number | undefined;
  readonly max: number | undefined;
  readonly min: number | undefined;
}

function row(
  series: Series,
  found: { resolved: ResolvedQuantity; read: SeriesSummary["read"]; where: Where; figures: Figures },
): SeriesSummary {
  const { resolved, read, where, figures } = found;
  const { quantity, name, unit, unitFactor } = resolved;
  const points = series.timesSeconds.filter((time) => time > where.span.startSeconds).length;
  const scaled = (key: string, value: number | undefined) =>
    value === undefined ? {} : { [key]: value * unitFactor };
  return {
    quantity,
    name,
    labels: series.labels,
    read,
    unit,
    ...scaled("current", isStaleAtEnd(series) ? undefined : figures.current),
    ...scaled("avg_5m", figures.avg),
    ...scaled("max_5m", figures.max),
    ...scaled("min_5m", figures.min),
    points,
    coverage: Math.min(1, points / where.expected),
  };
}

function figuresOf(series: Series, read: "value" | "rate", where: Where): Figures {
  if (read === "rate") return rates(series, where.span);
  const values = series.values.filter((_, index) => series.timesSeconds[index]! > where.span.startSeconds);
  return ofValues(values, values.length === 0 ? undefined : sum(values) / values.length);
}

/** Increases between neighbouring points, by the time between them; the mean is all that was observed by all the time. */
function rates(series: Series, span: TimeSpan): Figures {
  const each: number[] = [];
  let increase = 0;
  let seconds = 0;
  for (const step of steps(series, span)) {
    each.push(step.increase / step.seconds);
    increase += step.increase;
    seconds += step.seconds;
  }
  return ofValues(each, seconds > 0 ? increase / seconds : undefined);
}

/** Means of what was observed between neighbouring points; a step without observations has none. */
function means(sums: Series, counts: Series, span: TimeSpan): Figures {
  const countSteps = steps(counts, span);
  // A sum shows no restart after which it soon stands higher than before; its count does.
  const begun = new Set(countSteps.flatMap(({ began, endSeconds }) => began ? [endSeconds] : []));
  const sumSteps = new Map(steps(sums, span, begun).map((step) => [step.endSeconds, step.increase]));
  const each: number[] = [];
  let total = 0;
  let observations = 0;
  let last: number | undefined;
  for (const step of countSteps) {
    const observed = sumSteps.get(step.endSeconds);
    last = undefined;
    if (observed === undefined || step.increase === 0) continue;
    last = observed / step.increase;
    each.push(last);
    total += observed;
    observations += step.increase;
  }
  return { ...ofValues(each, observations > 0 ? total / observations : undefined), current: last };
}

interface Step {
  readonly endSeconds: number;
  readonly seconds: number;
  readonly increase: number;
  /** Whether it is a new beginning. */
  readonly began: boolean;
}

/** Counter steps that end in the window: after a reset all that the counter shows is new. */
function steps(series: Series, span: TimeSpan, begun?: ReadonlySet<number>): Step[] {
  const { timesSeconds, values } = series;
  const reset = new Set(series.resetSeconds);
  const found: Step[] = [];
  for (let i = 1; i < values.length; i++) {
    const endSeconds = timesSeconds[i]!;
    const before = timesSeconds[i - 1]!;
    if (before < span.startSeconds) continue;
    const began = values[i]! < values[i - 1]! || reset.has(endSeconds) ||
      begun?.has(endSeconds) === true;
    found.push({
      endSeconds,
      seconds: endSeconds - before,
      increase: began ? values[i]! : values[i]! - values[i - 1]!,
      began,
    });
  }
  return found;
}

function ofValues(values: ArrayLike<number>, avg: number | undefined): Figures {
  if (values.length === 0) return { current: undefined, avg: undefined, max: undefined, min: undefined };
  let max = -Infinity;
  let min = Infinity;
  for (let i = 0; i < values.length; i++) {
    max = Math.max(max, values[i]!);
    min = Math.min(min, values[i]!);
  }
  return { current: values[values.length - 1], avg, max, min };
}

function isStaleAtEnd(series: Series): boolean {
  const stale = series.staleSeconds.at(-1);
  return stale !== undefined && stale > (series.timesSeconds.at(-1) ?? -Infinity);
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** `Object.keys` with the table's own type. */
function quantityNames(): readonly QuantityName[] {
  return Object.keys(QUANTITIES) as QuantityName[];
}
