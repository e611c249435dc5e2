/**
 * Every chart of the lab over one of the cases.
 *
 * @module
 */
import { detectAnomalies } from "../../src/analyzer/anomalies.ts";
import { correlate } from "../../src/analyzer/correlation.ts";
import type { Signal } from "../../src/analyzer/signal.ts";
import { anomalyChart } from "../../src/charts/anomaly_chart.ts";
import { beforeAfterChart } from "../../src/charts/before_after_chart.ts";
import { clientServerChart } from "../../src/charts/client_server_panel.ts";
import type { ChartOptions } from "../../src/charts/context.ts";
import { correlationChart } from "../../src/charts/correlation_chart.ts";
import { distributionChart } from "../../src/charts/distribution_panel.ts";
import { latencyHeatmap } from "../../src/charts/heat_panel.ts";
import type { Picture } from "../../src/charts/picture.ts";
import { requestTimeline } from "../../src/charts/request_timeline.ts";
import { scatterChart } from "../../src/charts/scatter_chart.ts";
import { slowRequestChart } from "../../src/charts/slow_request_chart.ts";
import * as charts from "../../src/charts/source_charts.ts";
import { throughputLatencyChart } from "../../src/charts/throughput_latency_chart.ts";
import { drawSnapshot } from "../../src/dashboard/snapshot.ts";
import type { MetricSource } from "../../src/series/types.ts";
import { HOSTILE_NAME, LONG_NAME, START } from "./chart_cases.ts";

/** Draws one chart of a case. */
export type DrawChart = (source: MetricSource, caseName: string, options: ChartOptions) => Promise<Picture>;

/** Charts by name. Those of the analysis take their numbers from the case's name, the others from the source. */
export const GALLERY: Readonly<Record<string, DrawChart>> = {
  snapshot: (source, _, options) => drawSnapshot(source, options),
  cpu: (source, _, options) => charts.cpuChart(source, options),
  memory: (source, _, options) => charts.memoryChart(source, options),
  gpu: (source, _, options) => charts.gpuChart(source, { ...options, quantity: "gpu_utilization" }),
  requests: (source, _, options) => charts.requestsChart(source, options),
  latency: (source, _, options) => charts.latencyChart(source, { ...options, objectiveSeconds: 2 }),
  throughput: (source, _, options) => charts.throughputChart(source, options),
  kv_cache: (source, _, options) => charts.kvCacheChart(source, options),
  status: (source, _, options) => charts.statusChart(source, options),
  heatmap: (source, _, options) => latencyHeatmap(source, options),
  distribution: (source, _, options) => distributionChart(source, options),
  timeline: (source, _, options) => requestTimeline(source, options),
  slow_request: (source, _, options) => slowRequestChart(source, options),
  client_server: (source, _, options) => clientServerChart(source, options),
  correlation: (_, name, options) =>
    correlationChart(correlate(signals(name), { minimumPoints: 5 }), drawing(options)),
  scatter: (_, name, options) => {
    const [x, y] = [signals(name)[0], signals(name)[1]];
    return scatterChart({
      x: { label: x?.name ?? "x", unit: "requests", values: x?.values ?? [] },
      y: { label: y?.name ?? "y", unit: "seconds", values: y?.values ?? [] },
    }, drawing(options));
  },
  anomalies: (_, name, options) => {
    const signal = signals(name)[0];
    const points = signal ?? { timesSeconds: [], values: [] };
    return anomalyChart(
      { label: signal?.name ?? "running", unit: "requests", points, result: detectAnomalies(points) },
      drawing(options),
    );
  },
  throughput_latency: (_, name, options) =>
    throughputLatencyChart({
      levels: levelsOf(name),
      throughputUnit: "tokens_per_second",
      latencyLabel: nameIn(name, "p95 TTFT"),
      objectiveSeconds: 1,
    }, drawing(options)),
  before_after: (_, name, options) =>
    beforeAfterChart(rowsOf(name), { ...drawing(options), note: nameIn(name, "95% intervals") }),
};

/** What pictures without a source understand. */
function drawing(options: ChartOptions) {
  const { id, language, theme, timeZone } = options;
  return {
    ...(id === undefined ? {} : { id }),
    ...(language === undefined ? {} : { language }),
    ...(theme === undefined ? {} : { theme }),
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}

function nameIn(caseName: string, usual: string): string {
  return caseName === "hostile" ? HOSTILE_NAME : caseName === "long_names" ? LONG_NAME : usual;
}

function factorIn(caseName: string): number {
  return caseName === "huge" ? 1e9 : caseName === "tiny" ? 1e-6 : 1;
}

/** Signals of 60 points, the third constant; two spikes in the first. */
function signals(caseName: string): Signal[] {
  if (caseName === "empty") return [];
  const count = caseName === "one_point" ? 1 : caseName === "gaps" ? 40 : 60;
  const factor = factorIn(caseName);
  const times = Float64Array.from({ length: count }, (_, k) => START + k * 5);
  const make = (name: string, value: (k: number) => number): Signal => ({
    name: nameIn(caseName, name) + (nameIn(caseName, "") === "" ? "" : ` ${name}`),
    labels: {},
    perSecond: false,
    timesSeconds: times,
    values: Float64Array.from(times, (_, k) => factor * value(k)),
  });
  const noise = (k: number) => ((k * 7919) % 13) / 13;
  return [
    make("running", (k) => k % 29 === 25 || k % 29 === 26 ? 40 : 8 + 3 * noise(k)),
    make("ttft", (k) => 0.2 + 0.05 * (k % 29 === 25 || k % 29 === 26 ? 40 : noise(k + 3))),
    make("waiting", () => 0),
    make("cpu_usage", (k) => 0.9 - 0.3 * noise(k) - 0.1 * noise(k + 5)),
    make("kv_cache_usage", (k) => 0.5 + 0.4 * noise(k)),
  ];
}

function levelsOf(caseName: string) {
  const loads = caseName === "empty" ? [] : caseName === "one_point" ? [8] : [1, 2, 4, 8, 16, 32, 64];
  const factor = factorIn(caseName);
  return loads.map((load) => ({
    label: nameIn(caseName, `c=${load}`),
    throughput: factor * 2400 * load / (load + 12),
    latencySeconds: factor * (0.05 + 0.0012 * load ** 2),
  }));
}

function rowsOf(caseName: string) {
  if (caseName === "empty") return [];
  const factor = factorIn(caseName);
  const estimate = (value: number, spread: number, count: number) => ({
    value: value * factor,
    lower: (value - spread) * factor,
    upper: (value + spread) * factor,
    count: caseName === "one_point" ? 1 : count,
  });
  return [
    {
      label: nameIn(caseName, "TTFT p95"),
      unit: "seconds" as const,
      before: estimate(1.8, 0.3, 412),
      after: estimate(0.9, 0.2, 398),
    },
    {
      label: nameIn(caseName, "ITL p95"),
      unit: "seconds" as const,
      before: estimate(0.041, 0.004, 21703),
      after: estimate(0.047, 0.005, 20110),
    },
    {
      label: nameIn(caseName, "Generated tokens"),
      unit: "tokens_per_second" as const,
      before: estimate(1210, 90, 60),
      after: estimate(1530, 110, 60),
    },
  ];
}
