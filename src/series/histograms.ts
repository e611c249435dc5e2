/**
 * Functions over windows of classic histograms: quantiles, exact means, increases by bucket; merged over engines.
 *
 * Histograms are merged only on bounds that all of them have at that time. Counts are cumulative, so they are exact at such
 * bounds; what is lost is resolution, which the bounds of the quantile tell, and `causes` says `different_buckets`.
 *
 * @module
 */
import type { Labels } from "../parser/types.ts";
import { type Combine, combineResults, type GridResult, groupBy, hideStale } from "./combine.ts";
import { boundOf, labelsKey, withoutLabels } from "./labels.ts";
import { type GridValues, type PointFunction, sweepAll, sweepGrid } from "./over_grid.ts";
import { type BucketGrid, BucketMerger } from "./bucket_merger.ts";
import { type HistogramQuantile, histogramQuantile, makeMonotonic, quantileOfBuckets } from "./quantile.ts";
import { boundedQuantile } from "./quantile_bounds.ts";
import type { CounterPoints } from "./observed.ts";
import { CompensatedSum } from "./sums.ts";
import type { Grid, Series, WindowFunction, WindowQuery } from "./types.ts";

/** A histogram's series. */
interface HistogramSeries {
  readonly labels: Labels;
  readonly buckets: Series[];
  /** Of each bucket its bound, and how its server spells it. */
  readonly bounds: number[];
  readonly texts: string[];
  sum?: Series;
  count?: Series;
}

/** What to compute. */
interface Task {
  readonly query: WindowQuery;
  readonly grid: Grid;
  readonly combine: Combine;
  readonly name: string;
  readonly memory?: HistogramMemory | undefined;
}

/** Evaluates a function of histograms; `series` are their `_bucket`, `_sum` and `_count` series. */
export function evaluateHistograms(
  fn: Extract<WindowFunction, { kind: `histogram_${string}` }>,
  series: readonly Series[],
  task: Task,
): GridResult[] {
  const memory = task.memory ?? new HistogramMemory();
  const histograms = memory.histograms ??= collect(series);
  if (fn.kind === "histogram_mean") return means(histograms, task);
  const rate: PointFunction = fn.kind === "histogram_quantile"
    ? { kind: "rate" }
    : { kind: "increase", extrapolate: false };
  const grids = bucketGrids(memory, { histograms, rate, task });
  if (fn.kind === "histogram_increase") {
    return groupsOf(grids, task).flatMap((group) => increases(group, task));
  }
  const sums = fn.kind === "histogram_quantile" ? undefined : sumGrids(histograms, task);
  const quantilesOf = (group: Group) => quantiles(fn.quantile, group, { ...task, sums });
  if (task.combine === "sum" || task.combine === "none") return groupsOf(grids, task).map(quantilesOf);
  const each = grids.map((histogram) => quantilesOf({ labels: histogram.labels, members: [histogram] }));
  return combineResults(each, task.combine, task.query.by ?? []);
}

function groupsOf<T extends { readonly labels: Labels }>(
  members: readonly T[],
  { combine, query }: Task,
): { labels: Labels; members: T[] }[] {
  if (combine === "none") return members.map((member) => ({ labels: member.labels, members: [member] }));
  return groupBy(members, query.by ?? []);
}

/**
 * What was worked out of a list of series, which nobody writes to: several quantiles are asked of the same. It stands beside
 * the list, not in a WeakMap: an old one keeps the values of young keys alive when the young part of the heap is collected.
 */
export class HistogramMemory {
  /** The list's histograms. */
  histograms: readonly HistogramSeries[] | undefined;
  /** The last answer over a grid. */
  last: { readonly key: string; readonly grids: readonly BucketGrid[] } | undefined;
}

/** The buckets of every histogram over the grid; the last answer is kept. */
function bucketGrids(
  memory: HistogramMemory,
  parts: {
    readonly histograms: readonly HistogramSeries[];
    readonly rate: PointFunction;
    readonly task: Task;
  },
): readonly BucketGrid[] {
  const { histograms, rate, task } = parts;
  const key = JSON.stringify([rate, task.grid, task.query.whileStale]);
  if (memory.last?.key !== key) {
    const grids = histograms.filter(({ buckets }) => buckets.length > 0).map((each) =>
      overBuckets(each, rate, task)
    );
    memory.last = { key, grids };
  }
  return memory.last.grids;
}

/** What a series is of its histogram: worked out once, since labels are the same object each time they are read. */
interface Identity {
  /** The histogram's: without the bound. */
  readonly labels: Labels;
  /** NaN where there is none. */
  readonly bound: number;
  readonly le: string | undefined;
  /** By the sample's name. */
  readonly byName: Map<string, { readonly key: string; readonly part: "bucket" | "sum" | "count" }>;
  readonly labelsKey: string;
}

const IDENTITIES = new WeakMap<Labels, Identity>();

function identityOf(labels: Labels): Identity {
  let identity = IDENTITIES.get(labels);
  if (identity === undefined) {
    const others = withoutLabels(labels, ["le"]);
    identity = {
      labels: others,
      bound: boundOf(labels.le),
      le: labels.le,
      byName: new Map(),
      labelsKey: labelsKey(others),
    };
    IDENTITIES.set(labels, identity);
  }
  return identity;
}

function placeOf(name: string, identity: Identity) {
  let place = identity.byName.get(name);
  if (place === undefined) {
    const key = name.replace(/_(?:bucket|sum|count)$/, "") + identity.labelsKey;
    const part = name.endsWith("_sum") ? "sum" : name.endsWith("_count") ? "count" : "bucket";
    identity.byName.set(name, place = { key, part });
  }
  return place;
}

/** Puts the series of each histogram together, in order of arrival. */
function collect(series: readonly Series[]): HistogramSeries[] {
  const found = new Map<string, HistogramSeries>();
  for (const each of series) {
    const identity = identityOf(each.labels);
    const { key, part } = placeOf(each.name, identity);
    let histogram = found.get(key);
    if (histogram === undefined) {
      found.set(key, histogram = { labels: identity.labels, buckets: [], bounds: [], texts: [] });
    }
    if (part !== "bucket") histogram[part] = each;
    else if (!Number.isNaN(identity.bound)) {
      histogram.buckets.push(each);
      histogram.bounds.push(identity.bound);
      histogram.texts.push(identity.le!);
    }
  }
  return [...found.values()];
}

function overBuckets(histogram: HistogramSeries, fn: PointFunction, { grid, query }: Task): BucketGrid {
  const { labels, buckets, bounds, texts } = histogram;
  const { count } = grid;
  const { values, present } = sweepAll(fn, bornTogether(histogram, fn), grid);
  for (let b = 0; b < buckets.length; b++) {
    const series = buckets[b]!;
    if (query.whileStale === "as_prometheus" || series.staleSeconds.length === 0) continue;
    const from = b * count;
    const own = {
      values: values.subarray(from, from + count),
      present: present.subarray(from, from + count),
    };
    hideStale(own, series, grid);
  }
  return { labels, unit: buckets[0]?.unit, bounds, texts, count, values, present };
}

/** Histograms that are put together. */
interface Group {
  readonly labels: Labels;
  readonly members: readonly BucketGrid[];
}

/** Observed increases of the sums, by the labels of their histograms (the same object as those of the buckets). */
type SumGrids = ReadonlyMap<Labels, GridValues>;

function sumGrids(histograms: readonly HistogramSeries[], { grid }: Task): SumGrids {
  const fn: PointFunction = { kind: "increase", extrapolate: false };
  return new Map(histograms.flatMap((histogram) => {
    const { labels, sum } = histogram;
    const whole = wholeOf(histogram);
    if (sum === undefined || whole === undefined) return [];
    return [[
      labels,
      sweepGrid(fn, { ...sum, resetSeconds: beginnings(whole), fallsAreResets: false }, grid),
    ]];
  }));
}

/** Of the members together at index `k`; undefined where one of them has none. */
function sumAt(members: readonly BucketGrid[], k: number, sums: SumGrids): number | undefined {
  const total = new CompensatedSum();
  for (const { labels, bounds, count, present } of members) {
    if (!bounds.some((_, b) => present[b * count + k] === 1)) continue;
    const own = sums.get(labels);
    if (own === undefined || own.present[k] === 0) return undefined;
    total.add(own.values[k]!);
  }
  return total.sum + total.compensation;
}

/** What is sure of a quantile at index `k`, by cumulative counts. */
function sureQuantile(
  q: number,
  buckets: { readonly bounds: Float64Array; readonly counts: Float64Array },
  sum: number | undefined,
): HistogramQuantile {
  const { bounds, counts } = buckets;
  // A scrape can catch a histogram half way through an observation.
  makeMonotonic(counts);
  const own = counts.map((count, i) => i === 0 ? count : count - counts[i - 1]!);
  return boundedQuantile(q, { bounds, counts: own, ...(sum === undefined ? {} : { sum }) }) ??
    { value: NaN, lower: NaN, upper: NaN };
}

/** The quantile of a group at each time. Without observations there is none. */
function quantiles(
  q: number,
  group: Group,
  task: Task & { readonly sums: SumGrids | undefined },
): GridResult {
  const result = emptyResult(task.grid.count);
  const lower = new Float64Array(task.grid.count).fill(NaN);
  const upper = new Float64Array(task.grid.count).fill(NaN);
  const merger = new BucketMerger(group.members);
  for (let k = 0; k < task.grid.count; k++) {
    if (!merger.mergeAt(k)) continue;
    const buckets = { bounds: merger.sharedBounds(), counts: merger.sharedCounts() };
    const quantile = q < 0 || q > 1
      ? histogramQuantile(q, [])
      : task.sums === undefined
      ? quantileOfBuckets(q, buckets.bounds, buckets.counts)
      : sureQuantile(q, buckets, sumAt(group.members, k, task.sums));
    if (Number.isNaN(quantile.value) && task.query.whileStale !== "as_prometheus") continue;
    result.present[k] = 1;
    result.values[k] = quantile.value;
    lower[k] = quantile.lower;
    upper[k] = quantile.upper;
  }
  const unit = group.members[0]?.unit;
  return { ...result, name: task.name, labels: group.labels, unit, lower, upper, ...causesOf(merger) };
}

/** Observed increases by bucket, each without those below it. A bound that is not shared at a time has none there. */
function increases(
  group: { readonly labels: Labels; readonly members: readonly BucketGrid[] },
  task: Task,
): GridResult[] {
  const merger = new BucketMerger(group.members);
  const results = merger.texts.map((le) => ({ le, ...emptyResult(task.grid.count) }));
  for (let k = 0; k < task.grid.count; k++) {
    if (!merger.mergeAt(k)) continue;
    const counts = merger.sharedCounts();
    // A scrape can catch a histogram half way through an observation.
    makeMonotonic(counts);
    merger.shared.forEach((slot, i) => {
      results[slot]!.present[k] = 1;
      results[slot]!.values[k] = i === 0 ? counts[0]! : counts[i]! - counts[i - 1]!;
    });
  }
  const causes = causesOf(merger);
  return results.map(({ le, values, present }) => ({
    name: task.name,
    labels: { ...group.labels, le },
    unit: "count",
    values,
    present,
    ...causes,
  }));
}

/** Increase of the sum by increase of the count, each as observed; both begin anew together. */
function means(histograms: readonly HistogramSeries[], task: Task): GridResult[] {
  const { grid, query } = task;
  const parts = histograms.flatMap((histogram) => {
    const { sum, count, labels } = histogram;
    if (sum === undefined || count === undefined) return [];
    const begun = beginnings(count);
    const fn: PointFunction = { kind: "increase", extrapolate: false };
    const counts = sweepGrid(fn, { ...count, resetSeconds: begun }, grid);
    const sums = sweepGrid(fn, { ...sum, resetSeconds: begun, fallsAreResets: false }, grid);
    if (query.whileStale !== "as_prometheus") hideStale(counts, count, grid);
    return [{ labels, unit: sum.unit, counts, sums }];
  });
  const ratio = (members: typeof parts, labels: Labels): GridResult => {
    const result = emptyResult(grid.count);
    for (let k = 0; k < grid.count; k++) {
      const top = new CompensatedSum();
      const bottom = new CompensatedSum();
      for (const { counts, sums } of members) {
        if (counts.present[k] === 0 || sums.present[k] === 0) continue;
        top.add(sums.values[k]!);
        bottom.add(counts.values[k]!);
      }
      const observations = bottom.sum + bottom.compensation;
      if (!(observations > 0)) continue;
      result.present[k] = 1;
      result.values[k] = (top.sum + top.compensation) / observations;
    }
    return { ...result, name: task.name, labels, unit: members[0]?.unit };
  };
  if (task.combine === "sum" || task.combine === "none") {
    return groupsOf(parts, task).map(({ labels, members }) => ratio(members, labels));
  }
  return combineResults(parts.map((part) => ratio([part], part.labels)), task.combine, query.by ?? []);
}

/**
 * Buckets as observed begin anew together: after a restart a bucket, and the sum, may soon stand higher than before, and
 * would be counted from there. Prometheus' own functions look at each bucket alone.
 */
function bornTogether(histogram: HistogramSeries, fn: PointFunction): readonly CounterPoints[] {
  const { buckets } = histogram;
  const whole = wholeOf(histogram);
  if (fn.kind !== "increase" || fn.extrapolate !== false || whole === undefined) return buckets;
  const begun = beginnings(whole);
  if (begun.length === 0) return buckets;
  return buckets.map((bucket) => ({ ...bucket, resetSeconds: beginnings(bucket, begun) }));
}

/** The bucket of all observations; undefined without buckets. */
function wholeOf({ buckets, bounds }: HistogramSeries): Series | undefined {
  return buckets[bounds.indexOf(Infinity)] ?? buckets.at(-1);
}

/** Has no element that could be written to. */
const NEVER = new Float64Array(0);

/** Every time at which a counter began anew, seen or known, of itself or of what it belongs to. */
function beginnings(series: Series, others: ArrayLike<number> = []): Float64Array {
  const { values, timesSeconds, resetSeconds = NEVER } = series;
  let times: Set<number> | undefined;
  if (others.length + resetSeconds.length > 0) times = new Set([...Array.from(others), ...resetSeconds]);
  for (let i = 1; i < values.length; i++) {
    if (values[i]! < values[i - 1]!) (times ??= new Set()).add(timesSeconds[i]!);
  }
  return times === undefined ? NEVER : Float64Array.from(times).sort();
}

function emptyResult(count: number): GridValues {
  return { values: new Float64Array(count).fill(NaN), present: new Uint8Array(count) };
}

function causesOf(merger: BucketMerger): Pick<GridResult, "causes"> {
  return merger.differed ? { causes: [{ code: "different_buckets" }] } : {};
}
