/**
 * OpenMetrics text with a time at every sample: what `promtool tsdb create-blocks-from openmetrics` takes.
 *
 * @module
 */
import type { MetricFamily, Sample } from "../parser/types.ts";
import { withUnitOfName } from "../parser/unit_suffix.ts";
import { writeExposition } from "../parser/write.ts";
import { boundOf } from "../series/labels.ts";
import type { MetricSource, Series, TimeSpan } from "../series/types.ts";
import { sampleNamesOf, selectInSlices, seriesKey } from "./reading.ts";

/** The text is made whole, since names of one family depend on those of the others: more points than this are refused. */
const MOST_POINTS = 2_000_000;

/**
 * Every series but birth times (`_created`), which OpenMetrics cannot tell from those of a counter of that name. Samples
 * of a histogram stand together by time, as the format wants.
 *
 * @throws RangeError above 2 million points, which the text is no form for
 */
export async function openMetricsText(
  source: MetricSource,
  span: TimeSpan,
  options: { readonly pointCount: number },
): Promise<string> {
  if (options.pointCount > MOST_POINTS) {
    throw new RangeError(
      `Cannot export OpenMetrics text: ${options.pointCount} points, wanted at most ${MOST_POINTS} (take a shorter span, or CSV, JSON or Parquet)`,
    );
  }
  const families: MetricFamily[] = [];
  for (const meta of await source.describe()) {
    if (meta.name.endsWith("_created")) continue;
    const series: Series[] = [];
    for (const name of sampleNamesOf(meta)) series.push(...await selectInSlices(source, name, span));
    const samples = samplesByTime(series);
    if (samples.length > 0) families.push({ ...withUnitOfName(meta), samples });
  }
  return writeExposition(families, { format: "openmetrics" });
}

/** Labels that tell parts of one metric apart. */
const PART_LABELS = ["le", "quantile"];

function samplesByTime(series: readonly Series[]): Sample[] {
  const metrics = new Map<string, Series[]>();
  for (const one of series) {
    const key = seriesKey({ name: "", labels: one.labels }, PART_LABELS);
    const parts = metrics.get(key);
    if (parts === undefined) metrics.set(key, [one]);
    else parts.push(one);
  }
  return [...metrics.values()].flatMap(metricSamples);
}

/** Parts of one metric, time by time: buckets by bound, then sum and count. */
function metricSamples(parts: readonly Series[]): Sample[] {
  const bound = (one: Series) => boundOf(one.labels.le ?? one.labels.quantile);
  const ordered = parts.toSorted((a, b) => a.name === b.name ? bound(a) - bound(b) : 0);
  const samples: Sample[] = [];
  for (const one of ordered) {
    one.timesSeconds.forEach((timestampSeconds, i) => {
      samples.push({ name: one.name, labels: one.labels, value: one.values[i]!, timestampSeconds });
    });
  }
  // A stable sort: within a time the order of the parts stays.
  return samples.sort((a, b) => a.timestampSeconds! - b.timestampSeconds!);
}
