/**
 * Quantiles of a server's histogram over one window, with what is sure of them.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import { boundOf, labelsKey, withoutLabels } from "../series/labels.ts";
import { type BoundedQuantile, boundedQuantile, type ObservedHistogram } from "../series/quantile_bounds.ts";
import type { Grid, Matcher, MetricSource, TimeSpan, WindowQuery } from "../series/types.ts";

/** What was observed in a window, by group. */
export interface WindowHistogram extends ObservedHistogram {
  /** Of the group: those that `by` names. */
  readonly labels: Labels;
  /** Observations, all of them. */
  readonly count: number;
}

/**
 * What the histograms of a quantity observed in (start, end], one a group of labels (default: everything together), as
 * observed from scrape to scrape. Groups without observations are left out. What a server had observed before it was gone counts,
 * unless a server that is gone at the end of the span is to have nothing (`whileStale: "absent"`).
 */
export async function windowHistograms(
  source: MetricSource,
  quantity: QuantityName,
  options: {
    readonly span: TimeSpan;
    readonly by?: readonly string[];
    readonly matchers?: readonly Matcher[];
  } & Pick<WindowQuery, "whileStale">,
): Promise<readonly WindowHistogram[]> {
  const { span, by = [], matchers = [], whileStale = "as_prometheus" } = options;
  const selector = { quantity, ...(matchers.length > 0 ? { matchers } : {}) };
  const grid: Grid = {
    startSeconds: span.endSeconds,
    stepSeconds: 1,
    count: 1,
    rangeSeconds: span.endSeconds - span.startSeconds,
  };
  // The mean tells the sum: the sum by itself shows no restart after which it soon stands higher than before.
  const [buckets, means] = await Promise.all([
    source.evaluate({ selector, fn: { kind: "histogram_increase" }, by, whileStale }, grid),
    source.evaluate({ selector, fn: { kind: "histogram_mean" }, by, whileStale }, grid),
  ]);
  const groups = new Map<string, { labels: Labels; buckets: { bound: number; count: number }[] }>();
  for (const { labels, values } of buckets) {
    const count = values.at(-1);
    const bound = boundOf(labels.le);
    if (count === undefined || Number.isNaN(count) || Number.isNaN(bound)) continue;
    const own = withoutLabels(labels, ["le"]);
    const key = labelsKey(own);
    const group = groups.get(key) ?? { labels: own, buckets: [] };
    groups.set(key, group);
    group.buckets.push({ bound, count });
  }
  const meanOf = new Map(means.map(({ labels, values }) => [labelsKey(labels), values.at(-1)]));
  return [...groups].flatMap(([key, group]) => {
    const sorted = group.buckets.toSorted((a, b) => a.bound - b.bound);
    const count = sorted.reduce((total, one) => total + one.count, 0);
    if (!(count > 0)) return [];
    const mean = meanOf.get(key);
    return [{
      labels: group.labels,
      bounds: sorted.map((one) => one.bound),
      counts: sorted.map((one) => one.count),
      count,
      ...(mean === undefined || Number.isNaN(mean) ? {} : { sum: mean * count }),
    }];
  });
}

/** One quantile of each of {@link windowHistograms}; none of a server that is gone at the end of the span. */
export async function boundedQuantiles(
  source: MetricSource,
  quantity: QuantityName,
  options: { readonly q: number; readonly span: TimeSpan; readonly by?: readonly string[] },
): Promise<
  readonly { readonly labels: Labels; readonly count: number; readonly quantile: BoundedQuantile }[]
> {
  const now = { ...options, whileStale: "absent" } as const;
  return (await windowHistograms(source, quantity, now)).flatMap((observed) => {
    const quantile = boundedQuantile(options.q, observed);
    return quantile === undefined ? [] : [{ labels: observed.labels, count: observed.count, quantile }];
  });
}
