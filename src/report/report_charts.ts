/**
 * The charts that a report needs for its evidence: what was done, what waited, how full the cache was, what users waited for.
 *
 * @module
 */
import { checkChart } from "../charts/chart_checks.ts";
import type { ChartOptions } from "../charts/context.ts";
import type { Picture } from "../charts/picture.ts";
import { kvCacheChart, latencyChart, requestsChart, throughputChart } from "../charts/source_charts.ts";
import type { MetricSource } from "../series/types.ts";
import type { ReportChart } from "./report_blocks.ts";

/** Small enough for two in a row of the page. */
const WIDTH = 480;
const HEIGHT = 260;

/** Four small charts of the server, light and dark. An empty source gives charts that say so. */
export async function reportCharts(
  source: MetricSource,
  options: Pick<ChartOptions, "language" | "timeZone" | "span"> = {},
): Promise<readonly ReportChart[]> {
  checkChart("reportCharts(collector)", source, options);
  const size = { ...options, width: WIDTH, height: HEIGHT };
  const pictures: readonly Picture[] = [
    await requestsChart(source, size),
    await latencyChart(source, size),
    await throughputChart(source, size),
    await kvCacheChart(source, size),
  ];
  return pictures.map(({ title, svg }) => ({ title, svg }));
}
