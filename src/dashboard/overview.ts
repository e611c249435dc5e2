/**
 * The overview and the pages behind it: what users feel, what comes in, how full it is, what fails.
 *
 * @module
 */
import { clientServerPanel } from "../charts/client_server_panel.ts";
import { type ChartContext, type ChartOptions, readContext, SMALL_PANEL_POINTS } from "../charts/context.ts";
import { distributionPanel } from "../charts/distribution_panel.ts";
import { heatPanel } from "../charts/heat_panel.ts";
import type { Panel } from "../charts/panel.ts";
import type { Picture } from "../charts/picture.ts";
import { latencyPanel } from "../charts/latency_panel.ts";
import { outcomesPanel, preemptionsPanel, prefixCachePanel, throughputPanel } from "../charts/rate_panels.ts";
import { kvCachePanel, requestsPanel } from "../charts/server_panels.ts";
import { statusPanel } from "../charts/status_panel.ts";
import { cpuPanel, gpuPanel, memoryPanel } from "../charts/system_panels.ts";
import type { MetricSource } from "../series/types.ts";
import { drawGrid, isServerAlone } from "./snapshot.ts";

/** A page of panels: the overview, or everything about one side of it. */
export type DashboardPage = "overview" | "latency" | "engine" | "gpu" | "system";

/** All pages, the overview first. */
export const DASHBOARD_PAGES: readonly DashboardPage[] = ["overview", "latency", "engine", "gpu", "system"];

const SHORT = { withSpan: false };

const PAGES: Readonly<Record<DashboardPage, (context: ChartContext) => Promise<readonly Panel[]>>> = {
  overview: (context) =>
    Promise.all([
      latencyPanel(context, { ...SHORT, quantity: "ttft" }),
      latencyPanel(context, { ...SHORT, quantity: "itl" }),
      latencyPanel(context, { ...SHORT, quantity: "e2e" }),
      requestsPanel(context, SHORT),
      throughputPanel(context, SHORT),
      kvCachePanel(context, SHORT),
      outcomesPanel(context, SHORT),
      ...(isServerAlone(context)
        ? [latencyPanel(context, { ...SHORT, quantity: "queue_time" }), prefixCachePanel(context, SHORT)]
        : [gpuPanel(context, { ...SHORT, quantity: "gpu_utilization" }), statusPanel(context)]),
    ]),
  latency: (context) =>
    Promise.all([
      clientServerPanel(context, { ...SHORT, quantity: "ttft" }),
      clientServerPanel(context, { ...SHORT, quantity: "itl" }),
      clientServerPanel(context, { ...SHORT, quantity: "e2e" }),
      latencyPanel(context, { ...SHORT, quantity: "queue_time" }),
      latencyPanel(context, { ...SHORT, quantity: "prefill_time" }),
      latencyPanel(context, { ...SHORT, quantity: "decode_time" }),
      heatPanel(context, { ...SHORT, quantity: "ttft" }),
      heatPanel(context, { ...SHORT, quantity: "itl" }),
      heatPanel(context, { ...SHORT, quantity: "e2e" }),
    ]),
  engine: (context) =>
    Promise.all([
      requestsPanel(context, SHORT),
      kvCachePanel(context, SHORT),
      preemptionsPanel(context, SHORT),
      throughputPanel(context, SHORT),
      prefixCachePanel(context, SHORT),
      outcomesPanel(context, SHORT),
      distributionPanel(context, { ...SHORT, quantity: "iteration_tokens" }),
      distributionPanel(context, { ...SHORT, quantity: "request_prompt_tokens" }),
      distributionPanel(context, { ...SHORT, quantity: "request_generation_tokens" }),
    ]),
  gpu: (context) =>
    Promise.all([
      gpuPanel(context, { ...SHORT, quantity: "gpu_utilization" }),
      gpuPanel(context, { ...SHORT, quantity: "gpu_memory_used" }),
      gpuPanel(context, { ...SHORT, quantity: "gpu_memory_usage" }),
      gpuPanel(context, { ...SHORT, quantity: "gpu_power" }),
      gpuPanel(context, { ...SHORT, quantity: "gpu_temperature" }),
      gpuPanel(context, { ...SHORT, quantity: "gpu_sm_clock" }),
    ]),
  system: (context) =>
    Promise.all([cpuPanel(context, SHORT), memoryPanel(context, SHORT), statusPanel(context)]),
};

/** Draws a page as one SVG: rows of three panels under a heading; on the overview findings come first. */
export async function drawPage(
  source: MetricSource,
  page: DashboardPage,
  options: ChartOptions = {},
): Promise<Picture> {
  const context = await readContext(source, { ...options, mostPoints: SMALL_PANEL_POINTS });
  const title = context.text.pages[page];
  return await drawGrid(context, await PAGES[page](context), {
    ...options,
    title,
    findings: page === "overview",
  });
}
