/**
 * Durations by the servers' histograms over a span: together, and each server by itself.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import { boundedQuantile } from "../series/quantile_bounds.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { fromFirstPoint } from "../series/whole_span.ts";
import { type WindowHistogram, windowHistograms } from "./bounded_quantiles.ts";
import type { LatencyFigures, LatencyOfServer, LatencySummary } from "./performance_report.ts";

const QUANTILES = [0.5, 0.9, 0.99] as const;

/** Fewer observations of a server say little of how it differs. */
const LEAST_OBSERVATIONS = 10;
/** By how much a mean must differ from every other, as a factor. */
const APART = 1.25;

/**
 * A histogram's increase over the span; undefined without observations.
 *
 * @param options.servers label `target` of those that are watched; with two or more each has figures of its own
 */
export async function summarizeLatency(
  source: MetricSource,
  quantity: QuantityName,
  options: { readonly span: TimeSpan; readonly servers: readonly string[] },
): Promise<LatencySummary | undefined> {
  const { span, servers } = options;
  const reach = { span: fromFirstPoint(span) };
  const figures = figuresOf((await windowHistograms(source, quantity, reach))[0]);
  if (figures === undefined) return undefined;
  if (servers.length < 2) return { quantity, ...figures };
  const each = await windowHistograms(source, quantity, { ...reach, by: ["target"] });
  return {
    quantity,
    ...figures,
    servers: markApart(servers.map((target) => {
      const own = figuresOf(each.find(({ labels }) => labels.target === target));
      return { target, ...(own === undefined ? {} : { figures: own }) };
    })),
  };
}

function figuresOf(observed: WindowHistogram | undefined): LatencyFigures | undefined {
  if (observed?.sum === undefined) return undefined;
  return {
    count: observed.count,
    mean: observed.sum / observed.count,
    quantiles: QUANTILES.flatMap((q) => {
      const found = boundedQuantile(q, observed);
      if (found === undefined) return [];
      const { value, lower, upper, bucketLower, bucketUpper } = found;
      const isGuess = bucketLower === 0 || bucketUpper === Infinity;
      return [{ q, value, lower, upper, ...(isGuess ? { isGuess } : {}) }];
    }),
  };
}

/** The same servers; of those with enough observations the one that answers unlike all others is marked. */
export function markApart(servers: readonly LatencyOfServer[]): readonly LatencyOfServer[] {
  const known = servers.filter(({ figures }) => (figures?.count ?? 0) >= LEAST_OBSERVATIONS);
  return servers.map((one) => {
    const others = known.filter((other) => other !== one).flatMap(({ figures }) => figures ?? []);
    if (one.figures === undefined || !known.includes(one) || others.length === 0) return one;
    if (isSlower(one.figures, others)) return { ...one, apart: "slower" };
    // Of two the one is slower or the other faster: it is said once.
    return others.length > 1 && isFaster(one.figures, others) ? { ...one, apart: "faster" } : one;
  });
}

function isSlower(one: LatencyFigures, others: readonly LatencyFigures[]): boolean {
  return one.mean > 0 && one.mean >= APART * Math.max(...others.map(({ mean }) => mean)) &&
    one.quantiles.some(({ q, lower }) => others.every((other) => lower >= boundOf(other, q, "upper")));
}

function isFaster(one: LatencyFigures, others: readonly LatencyFigures[]): boolean {
  const least = Math.min(...others.map(({ mean }) => mean));
  return least > 0 && one.mean * APART <= least &&
    one.quantiles.some(({ q, upper }) => others.every((other) => upper <= boundOf(other, q, "lower")));
}

function boundOf({ quantiles }: LatencyFigures, q: number, side: "lower" | "upper"): number {
  return quantiles.find((one) => one.q === q)?.[side] ?? NaN;
}
