/**
 * What the analyzer found unusual, one picture a series.
 *
 * @module
 */
import type { SeriesAnomalies } from "../analyzer/analyzer.ts";
import type { Language } from "../text/language.ts";
import { anomalyChart, type AnomalyChartData } from "./anomaly_chart.ts";
import type { Picture, PictureOptions } from "./picture.ts";
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
  return Promise.all(found.map((series) => anomalyChart(chartData(series, title), rest)));
}

function chartData(series: SeriesAnomalies, title: string | undefined): AnomalyChartData {
  const { name, labels, unit, perSecond, points } = series;
  const told = Object.entries(labels).filter(([label]) => label !== "model_name").map(([label, value]) =>
    `${label} ${value}`
  );
  return {
    label: [title ?? name, ...told].join(", "),
    unit: perSecond ? rateUnit(unit) : unit ?? "count",
    points,
    result: "result" in series ? series.result : { absent: series.absent },
  };
}
