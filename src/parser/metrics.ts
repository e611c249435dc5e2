/**
 * Families read as what they mean: one histogram, one summary per label set; the labels of an info metric.
 *
 * @module
 */
import { checkArgument, TEXT } from "../base/arguments.ts";
import { FAMILIES, FAMILY } from "./arguments.ts";
import { nameWithoutColons } from "./names.ts";
import { parseNumberText } from "./number.ts";
import type { Labels, MetricFamily, Sample } from "./types.ts";

/** One histogram of a family. */
export interface HistogramMetric {
  /** Without `le`. */
  readonly labels: Labels;
  /** By ascending bound; counts are cumulative, as the server sends them. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
  /** Absent where the text has none. */
  readonly sum?: number;
  /** Of observations; absent where the text has none. */
  readonly count?: number;
  /** Unix seconds at which it began to count; absent where the text has none. */
  readonly createdSeconds?: number;
}

/** One summary of a family. */
export interface SummaryMetric {
  /** Without `quantile`. */
  readonly labels: Labels;
  /** By ascending quantile; often none (vLLM's `http_request_size_bytes` has only sum and count). */
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
  /** Absent where the text has none. */
  readonly sum?: number;
  /** Of observations; absent where the text has none. */
  readonly count?: number;
  /** Unix seconds at which it began to count; absent where the text has none. */
  readonly createdSeconds?: number;
}

/** The histograms of a family, one per label set, in the order of the text; a gauge histogram's too. Buckets whose `le` is no number are left out. */
export function histogramsOf(family: MetricFamily): HistogramMetric[] {
  checkArgument("histogramsOf(family)", { family }, FAMILY);
  return groupBy(family, "le").map(({ labels, samples }) => {
    const buckets = bounded(samples, "_bucket", "le").map(([le, count]) => ({ le, count }));
    return { labels, buckets, ...totals(samples) };
  });
}

/** The summaries of a family, one per label set, in the order of the text. */
export function summariesOf(family: MetricFamily): SummaryMetric[] {
  checkArgument("summariesOf(family)", { family }, FAMILY);
  return groupBy(family, "quantile").map(({ labels, samples }) => {
    const quantiles = bounded(samples, "", "quantile").map(([quantile, value]) => ({ quantile, value }));
    return { labels, quantiles, ...totals(samples) };
  });
}

/**
 * The label sets of an info metric (`vllm:cache_config_info`): facts as labels, value 1. One per engine; empty when the
 * metric is not there. Found in every spelling: `x`, `x_info`, with colons or without.
 */
export function infoLabels(families: readonly MetricFamily[], name: string): Labels[] {
  const call = 'infoLabels(families, "vllm:cache_config_info")';
  checkArgument(call, { families }, FAMILIES);
  checkArgument(call, { name }, TEXT);
  const wanted = nameWithoutColons(name);
  return families
    .flatMap(({ samples }) => samples)
    .filter((sample) => {
      const key = nameWithoutColons(sample.name);
      return sample.value === 1 && (key === wanted || key === `${wanted}_info`);
    })
    .map(({ labels }) => labels);
}

interface Group {
  readonly labels: Labels;
  readonly samples: Sample[];
}

function groupBy(family: MetricFamily, own: string): Group[] {
  const groups = new Map<string, Group>();
  for (const sample of family.samples) {
    const pairs = Object.entries(sample.labels).filter(([label]) => label !== own);
    const key = JSON.stringify([...pairs].sort(([a], [b]) => a < b ? -1 : 1));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: Object.fromEntries(pairs), samples: [sample] });
    else group.samples.push(sample);
  }
  return [...groups.values()];
}

function bounded(samples: readonly Sample[], suffix: string, label: string): [number, number][] {
  const pairs: [number, number][] = [];
  for (const { name, labels, value } of samples) {
    const text = labels[label];
    const bound = text === undefined || !name.endsWith(suffix) ? undefined : parseNumberText(text);
    if (bound !== undefined && !Number.isNaN(bound)) pairs.push([bound, value]);
  }
  return pairs.sort(([a], [b]) => a - b);
}

function totals(samples: readonly Sample[]): { sum?: number; count?: number; createdSeconds?: number } {
  const named = (...suffixes: string[]) =>
    samples.find(({ name }) => suffixes.some((suffix) => name.endsWith(suffix)))?.value;
  const sum = named("_sum", "_gsum");
  const count = named("_count", "_gcount");
  const createdSeconds = samples.find((sample) => sample.createdSeconds !== undefined)?.createdSeconds ??
    named("_created");
  return {
    ...(sum === undefined ? {} : { sum }),
    ...(count === undefined ? {} : { count }),
    ...(createdSeconds === undefined ? {} : { createdSeconds }),
  };
}
