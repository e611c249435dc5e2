/**
 * What the analyzer found unusual, one picture a series.
 *
 * @module
 */
import { ANY_TEXT, checkArgument, type Checks, listOf, shape } from "../base/arguments.ts";
import { checkView, PICTURE_CHECKS, TIME_ZONE } from "./chart_checks.ts";
import type { SeriesAnomalies } from "../analyzer/analyzer.ts";
import { chartsText } from "../text/charts.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { anomalyChart, type AnomalyChartData } from "./anomaly_chart.ts";
import type { Picture, PictureOptions } from "./picture.ts";
import { tellingLabels } from "./series_name.ts";
import { rateUnit } from "./units.ts";

/** How {@link anomalyCharts} draws. */
export interface AnomalyChartsOptions extends PictureOptions {
  /** Stands before the labels; default the series' name. */
  readonly title?: string;
  /** Default English. */
  readonly language?: Language;
  /** IANA name; default the process's own zone. */
  readonly timeZone?: string;
}

const CHECKS: Checks<AnomalyChartsOptions> = {
  ...PICTURE_CHECKS,
  title: ANY_TEXT,
  language: LANGUAGE,
  timeZone: TIME_ZONE,
};

const FOUND = listOf(shape("", ["name", "labels", "points"]), "what analyzer.detectAnomalies() has found");

/**
 * Draws every series that was judged, what was expected of it and its anomalies; a title of one's own
 * (`quantityTitle("waiting", language)`) stands before the labels.
 */
export function anomalyCharts(
  found: readonly SeriesAnomalies[],
  options: AnomalyChartsOptions = {},
): Promise<readonly Picture[]> {
  const call = 'anomalyCharts(await analyzer.detectAnomalies("itl"))';
  checkArgument(call, { found }, FOUND);
  checkView<AnomalyChartsOptions>(call, options, CHECKS);
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
