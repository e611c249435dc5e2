/**
 * The output shape of the npm package `parse-prometheus-text-format`, without its losses.
 *
 * @module
 */
import { checkArgument } from "../base/arguments.ts";
import { FAMILIES } from "./arguments.ts";
import { numberText } from "./write.ts";
import type { Labels, MetricFamily, Sample } from "./types.ts";

/** One metric in that package's shape: values are texts; labels, buckets and quantiles are left out where there are none. */
export type ParsePrometheusMetric =
  | { readonly value: string; readonly labels?: Record<string, string>; readonly timestamp_ms?: string }
  | {
    readonly buckets?: Record<string, string>;
    readonly labels?: Record<string, string>;
    readonly count?: string;
    readonly sum?: string;
  }
  | {
    readonly quantiles?: Record<string, string>;
    readonly labels?: Record<string, string>;
    readonly count?: string;
    readonly sum?: string;
  };

/** One family in that package's shape. */
export interface ParsePrometheusFamily {
  /** The family's. */
  readonly name: string;
  /** Empty where the text has no HELP line. */
  readonly help: string;
  /** Info and state sets are `GAUGE`, gauge histograms `HISTOGRAM`, unknown types `UNTYPED`. */
  readonly type: "COUNTER" | "GAUGE" | "HISTOGRAM" | "SUMMARY" | "UNTYPED";
  /** One a sample; of histograms and summaries one a label set. */
  readonly metrics: ParsePrometheusMetric[];
}

/**
 * Families in the shape that `parse-prometheus-text-format` 1.1.1 gives, so that code written for it can stay.
 *
 * What differs, and is the reason to change: a histogram or summary gives one metric per label set, with its labels,
 * sum and count, where the package merges all label sets into one and keeps the last; all samples of one name are
 * one family; a family without samples is there with no metrics. Values are texts in their shortest form (`1`, not
 * `1.0`). A native histogram has no place in this shape and is left out.
 */
export function toParsePrometheusShape(families: readonly MetricFamily[]): ParsePrometheusFamily[] {
  checkArgument("toParsePrometheusShape(parseExposition(text))", { families }, FAMILIES);
  return families.map((family) => {
    const type = shapeType(family);
    const metrics = type === "HISTOGRAM"
      ? grouped(family, "le", "buckets")
      : type === "SUMMARY"
      ? grouped(family, "quantile", "quantiles")
      : family.samples.map(single);
    return { name: family.name, help: family.help, type, metrics };
  });
}

function shapeType({ type }: MetricFamily): ParsePrometheusFamily["type"] {
  switch (type) {
    case "counter":
      return "COUNTER";
    case "gauge":
    case "info":
    case "stateset":
      return "GAUGE";
    case "histogram":
    case "gaugehistogram":
      return "HISTOGRAM";
    case "summary":
      return "SUMMARY";
    case "untyped":
    case "unknown":
      return "UNTYPED";
  }
}

function single(sample: Sample): ParsePrometheusMetric {
  const { timestampSeconds: time } = sample;
  return {
    value: numberText(sample.value),
    ...labelled(sample.labels),
    ...(time === undefined ? {} : { timestamp_ms: String(Math.round(time * 1000)) }),
  };
}

function labelled(labels: Labels): { labels?: Record<string, string> } {
  return Object.keys(labels).length === 0 ? {} : { labels: { ...labels } };
}

interface OpenMetric {
  readonly values: [string, string][];
  readonly labels: Labels;
  count?: string;
  sum?: string;
}

function grouped(
  family: MetricFamily,
  own: "le" | "quantile",
  key: "buckets" | "quantiles",
): ParsePrometheusMetric[] {
  const metrics = new Map<string, OpenMetric>();
  for (const sample of family.samples) {
    if (sample.native !== undefined) continue;
    const { [own]: bound, ...labels } = sample.labels;
    const id = JSON.stringify(Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1));
    let metric = metrics.get(id);
    if (metric === undefined) metrics.set(id, metric = { values: [], labels });
    const value = numberText(sample.value);
    if (bound !== undefined) metric.values.push([bound, value]);
    else if (/_g?count$/.test(sample.name)) metric.count = value;
    else if (/_g?sum$/.test(sample.name)) metric.sum = value;
  }
  return [...metrics.values()].map(({ values, labels, count, sum }) => {
    const rest = {
      ...labelled(labels),
      ...(count === undefined ? {} : { count }),
      ...(sum === undefined ? {} : { sum }),
    };
    return values.length === 0 ? rest : { [key]: Object.fromEntries(values), ...rest };
  });
}
