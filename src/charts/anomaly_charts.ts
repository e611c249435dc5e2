/**
 * What the analyzer found unusual, one picture a series.
 *
 * @module
 */
import type { SeriesAnomalies } from "../analyzer/analyzer.ts";
import { chartsText } from "../text/charts.ts";
import type { Language } from "../text/language.ts";
import { anomalyChart, type AnomalyChartData } from "./anomaly_chart.ts";
import type { Picture, PictureOptions } from "./picture.ts";
import { tellingLabels } from "./series_name.ts";
import { rateUnit } from "./units.ts";

/** Draws every series that was judged; a title of one's own (`quantityTitle("waiting", language)`) stands before the labels. */
export function anomalyCharts(
  found: readonly SeriesAnomalies[],
  options: PictureOptions & {
    readonly title?: string;
    readonly language?: Language;
    readonly timeZone?: string;
  } = {},
): Promise<readonly Picture[]> {
  const { title, ...rest } = options;
  const text = chartsText(options.language ?? "en");
  return Promise.all(found.map((series) => {
    const alike = found.filter(({ name }) => name === series.name).map(({ labels }) => labels);
    const told = tellingLabels(series.labels, alike, text);
    return anomalyChart(chartData(series, [title ?? series.name, ...told].join(", ")), rest);
  }));
}

function chartData(series: SeriesAnomalies, label: string): AnomalyChartData {
  const { unit, perSecond, points } = series;
  return {
    label,
    unit: perSecond ? rateUnit(unit) : unit ?? "count",
    points,
    result: "result" in series ? series.result : { absent: series.absent },
  };
}
