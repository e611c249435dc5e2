/**
 * Charts of a source, each as a picture of its own.
 *
 * @module
 */
import type { MetricSource } from "../series/types.ts";
import { type Checks, FLAG, needed, oneOf, POSITIVE } from "../base/arguments.ts";
import { QUANTITIES, QUANTITY } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import { CHART_CHECKS, checkChart, QUANTILES } from "./chart_checks.ts";
import { type ChartContext, type ChartOptions, readContext } from "./context.ts";
import { gaugeLines } from "./lines.ts";
import type { Panel } from "./panel.ts";
import { panelPicture, type Picture } from "./picture.ts";
import { latencyPanel, type LatencyPanelOptions } from "./latency_panel.ts";
import { ratePanel, throughputPanel } from "./rate_panels.ts";
import { kvCachePanel, requestsPanel, seriesName } from "./server_panels.ts";
import { statusPanel } from "./status_panel.ts";
import { cpuPanel, gpuPanel, makeGaugePanel, memoryPanel } from "./system_panels.ts";
import type { Side } from "./context.ts";

const QUANTITY_CHECKS: Checks<ChartOptions & { readonly quantity?: QuantityName }> = {
  ...CHART_CHECKS,
  quantity: QUANTITY,
};

const NEEDED_QUANTITY_CHECKS: Checks<ChartOptions & { readonly quantity: QuantityName }> = {
  ...CHART_CHECKS,
  quantity: needed(QUANTITY),
};

const LATENCY_CHECKS: Checks<ChartOptions & LatencyPanelOptions> = {
  ...QUANTITY_CHECKS,
  withSpan: FLAG,
  quantiles: QUANTILES,
  objectiveSeconds: POSITIVE,
  scale: oneOf(["linear", "log"]),
};

/** What a chart is called as, and its options where they are not every chart's. */
interface ChartCall {
  /** An example. */
  readonly call: string;
  readonly checks?: Checks<ChartOptions>;
}

/** Reads the context once and draws one panel. */
async function chart(
  { call, checks }: ChartCall,
  { source, options }: { readonly source: MetricSource; readonly options: ChartOptions },
  panel: (context: ChartContext) => Promise<Panel>,
): Promise<Picture> {
  checkChart(call, source, options, checks);
  return await panelPicture(await panel(await readContext(source, options)), options);
}

/** Requests running and waiting, added up over engines, with the scheduler's limit. */
export function requestsChart(source: MetricSource, options: ChartOptions = {}): Promise<Picture> {
  return chart(
    { call: "requestsChart(collector)" },
    { source, options },
    (context) => requestsPanel(context),
  );
}

/** Windowed p50 and p95 of a latency (default TTFT) with the bucket that holds p95, the exact mean, and the client's p95. */
export function latencyChart(
  source: MetricSource,
  options: ChartOptions & LatencyPanelOptions = {},
): Promise<Picture> {
  return chart({ call: 'latencyChart(collector, { quantity: "ttft" })', checks: LATENCY_CHECKS }, {
    source,
    options,
  }, (context) => latencyPanel(context, options));
}

/** Prompt and generated tokens per second. */
export function throughputChart(source: MetricSource, options: ChartOptions = {}): Promise<Picture> {
  return chart(
    { call: "throughputChart(collector)" },
    { source, options },
    (context) => throughputPanel(context),
  );
}

/** Draws KV cache usage over time, 0 to 100 %, one line an engine. */
export function kvCacheChart(source: MetricSource, options: ChartOptions = {}): Promise<Picture> {
  return chart({ call: "kvCacheChart(collector)" }, { source, options }, (context) => kvCachePanel(context));
}

/** Draws the processor's use over time, 0 to 100 %. */
export function cpuChart(source: MetricSource, options: ChartOptions = {}): Promise<Picture> {
  return chart({ call: "cpuChart(collector)" }, { source, options }, (context) => cpuPanel(context));
}

/** Draws memory in use over time, in bytes, and the container's limit where there is one. */
export function memoryChart(source: MetricSource, options: ChartOptions = {}): Promise<Picture> {
  return chart({ call: "memoryChart(collector)" }, { source, options }, (context) => memoryPanel(context));
}

/** A figure of every GPU (default: memory usage); more than four as lowest-to-highest band with the highest named. */
export function gpuChart(
  source: MetricSource,
  options: ChartOptions & { readonly quantity?: QuantityName } = {},
): Promise<Picture> {
  return chart({ call: 'gpuChart(collector, { quantity: "gpu_power" })', checks: QUANTITY_CHECKS }, {
    source,
    options,
  }, (context) => gpuPanel(context, options));
}

/** Bars of how full processor, memory and GPUs are now. */
export function statusChart(source: MetricSource, options: ChartOptions = {}): Promise<Picture> {
  return chart({ call: "statusChart(collector)" }, { source, options }, (context) => statusPanel(context));
}

/**
 * Any quantity over time: a gauge as it is, a counter as its rate, a histogram as quantiles and mean.
 *
 * @throws RangeError for a quantity that is no number over time (`cache_config`)
 */
export function timeSeriesChart(
  source: MetricSource,
  options: ChartOptions & { readonly quantity: QuantityName },
): Promise<Picture> {
  return chart(
    { call: 'timeSeriesChart(collector, { quantity: "running" })', checks: NEEDED_QUANTITY_CHECKS },
    { source, options },
    (context) => quantityPanel(context, options.quantity),
  );
}

/** The panel for a quantity, by what the catalog says it is. */
export function quantityPanel(context: ChartContext, quantity: QuantityName): Promise<Panel> {
  const { type } = QUANTITIES[quantity];
  const title = context.text.quantities[quantity];
  switch (type) {
    case "histogram":
      return latencyPanel(context, { quantity });
    case "counter":
      return ratePanel(context, { title, parts: [{ quantity, label: title, color: 0 }] });
    case "gauge":
      return gaugePanel(context, quantity);
    case "info":
      throw new RangeError(
        `Cannot draw ${quantity} over time: it is an info metric, wanted a gauge, counter or histogram`,
      );
  }
}

async function gaugePanel(context: ChartContext, quantity: QuantityName): Promise<Panel> {
  if (quantity.startsWith("gpu_")) return await gpuPanel(context, { quantity });
  const lines = await gaugeLines(context, quantity);
  const { unit } = QUANTITIES[quantity];
  return makeGaugePanel(context, {
    lines,
    side: sideOfQuantity(quantity),
    name: (line) => seriesName(context, line, { quantity, count: lines.length }),
    color: 0,
    title: context.text.quantities[quantity],
    quantity,
    unit,
    step: unit === "requests" || unit === "count",
    withSpan: true,
    phases: true,
  });
}

/** Which watched thing a quantity belongs to. */
export function sideOfQuantity(quantity: QuantityName): Side {
  if (quantity.startsWith("gpu_")) return "gpu";
  if (quantity.startsWith("client_")) return "workload";
  return /^(cpu_|memory_|container_)/.test(quantity) ? "host" : "server";
}
