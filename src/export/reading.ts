/**
 * Everything a source holds, piece by piece: names first, then points in slices of time that it agrees to give.
 *
 * @module
 */
import type { MetricMeta } from "../parser/types.ts";
import type { Matcher, MetricSource, Series, TimeSpan } from "../series/types.ts";

/** Where a sample name may come from, given its family: text 0.0.4 and OpenMetrics spell the same family differently. */
export function sampleNamesOf(family: MetricMeta): string[] {
  const { name } = family;
  switch (family.type) {
    case "counter":
      return name.endsWith("_total") ? [name] : [name, `${name}_total`];
    case "histogram":
      return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
    case "gaugehistogram":
      return [`${name}_bucket`, `${name}_gsum`, `${name}_gcount`];
    case "summary":
      return [name, `${name}_sum`, `${name}_count`];
    case "info":
      return name.endsWith("_info") ? [name] : [name, `${name}_info`];
    default:
      return [name];
  }
}

/** Every sample name of the source once, in the order in which it describes its families. */
export async function allSampleNames(source: MetricSource): Promise<string[]> {
  const families = await source.describe();
  return [...new Set(families.flatMap(sampleNamesOf))];
}

/** A series' name and labels as one text, labels in alphabetical order: Prometheus' own notation. */
export function seriesKey(series: Pick<Series, "name" | "labels">, without: readonly string[] = []): string {
  const labels = Object.entries(series.labels).filter(([label]) => !without.includes(label));
  if (labels.length === 0) return series.name;
  labels.sort(([a], [b]) => a < b ? -1 : 1);
  return `${series.name}{${labels.map(([label, value]) => `${label}="${escapeLabel(value)}"`).join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/**
 * The series of one sample name over a span. A source that refuses so many points at once is asked for halves.
 *
 * @throws the source's RangeError when even a second holds too many points
 */
export async function selectInSlices(
  source: MetricSource,
  name: string,
  span: TimeSpan,
  matchers: readonly Matcher[] = [],
): Promise<readonly Series[]> {
  try {
    return await source.select({ name, ...(matchers.length > 0 ? { matchers } : {}) }, span);
  } catch (error) {
    if (!(error instanceof RangeError) || span.endSeconds - span.startSeconds <= 1) throw error;
    const middle = (span.startSeconds + span.endSeconds) / 2;
    const before = await selectInSlices(source, name, { ...span, endSeconds: middle }, matchers);
    const after = await selectInSlices(source, name, { ...span, startSeconds: middle }, matchers);
    return joinSlices(before, after, middle);
  }
}

/** Both slices include the middle: a point that lies there is taken once. */
function joinSlices(before: readonly Series[], after: readonly Series[], middle: number): Series[] {
  const joined = new Map(before.map((series) => [seriesKey(series), series]));
  for (const later of after) {
    const key = seriesKey(later);
    const earlier = joined.get(key);
    joined.set(key, earlier === undefined ? later : concatenate(earlier, later, middle));
  }
  return [...joined.values()];
}

function concatenate(earlier: Series, later: Series, middle: number): Series {
  const last = earlier.timesSeconds.at(-1);
  const from = last === middle && later.timesSeconds[0] === middle ? 1 : 0;
  const stale = earlier.staleSeconds.at(-1) === middle && later.staleSeconds[0] === middle ? 1 : 0;
  return {
    ...earlier,
    timesSeconds: appended(earlier.timesSeconds, later.timesSeconds.subarray(from)),
    values: appended(earlier.values, later.values.subarray(from)),
    staleSeconds: appended(earlier.staleSeconds, later.staleSeconds.subarray(stale)),
  };
}

function appended(first: Float64Array, second: Float64Array): Float64Array {
  const both = new Float64Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Cuts a span into slices that do not overlap: each begins just after the end of the one before. */
export function slicesOf(span: TimeSpan, sliceSeconds: number): TimeSpan[] {
  const count = Math.max(1, Math.ceil((span.endSeconds - span.startSeconds) / sliceSeconds));
  return Array.from({ length: count }, (_, i) => ({
    startSeconds: span.startSeconds + i * sliceSeconds,
    endSeconds: i === count - 1 ? span.endSeconds : span.startSeconds + (i + 1) * sliceSeconds,
  }));
}
