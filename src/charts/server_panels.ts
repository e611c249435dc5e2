/**
 * What a server holds: requests running and waiting, and its KV cache.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import { type ChartContext, countSeries, factsOf } from "./context.ts";
import { gaugeLines, type LineValues, summedGauge } from "./lines.ts";
import { makeGaugePanel, type PanelOptions } from "./system_panels.ts";
import type { Limit, TimePanel } from "./time_panel.ts";

/** Requests running and waiting, added up over engines, with the scheduler's limit. */
export async function requestsPanel(context: ChartContext, options: PanelOptions = {}): Promise<TimePanel> {
  const { text } = context;
  const [running, waiting] = await Promise.all([
    summedGauge(context, "running"),
    summedGauge(context, "waiting"),
  ]);
  const lines = [...running, ...waiting];
  return makeGaugePanel(context, {
    lines,
    side: "server",
    name: (line) => running.includes(line) ? text.running : text.waiting,
    color: 0,
    title: text.requestStates,
    quantity: "running",
    unit: "requests",
    step: true,
    withSpan: options.withSpan ?? true,
    limits: sequenceLimit(context),
    phases: true,
  });
}

/** `max_num_seqs` of every engine together, when all servers say it. */
function sequenceLimit(context: ChartContext): Limit[] {
  const facts = factsOf(context, "server");
  const limits = facts.map((each) => (each.maxNumSequences ?? NaN) * Math.max(1, each.engines?.length ?? 1));
  const value = limits.reduce((a, b) => a + b, 0);
  return facts.length > 0 && Number.isFinite(value) ? [{ value, label: `max_num_seqs ${value}` }] : [];
}

/** KV cache usage, one line an engine: ratios of engines do not add up. */
export async function kvCachePanel(context: ChartContext, options: PanelOptions = {}): Promise<TimePanel> {
  const { text } = context;
  const lines = await gaugeLines(context, "kv_cache_usage");
  return makeGaugePanel(context, {
    lines,
    side: "server",
    name: (line) => engineName(context, line, countSeries(context, "kv_cache_usage", lines.length)),
    color: 0,
    title: text.quantities.kv_cache_usage,
    quantity: "kv_cache_usage",
    unit: "ratio",
    filled: true,
    withSpan: options.withSpan ?? true,
    phases: true,
  });
}

/** `engine 0`, with its target where several are watched; the quantity's own name when there is one line. */
export function engineName(context: ChartContext, line: LineValues, count: number): string {
  return seriesName(context, line, { quantity: "kv_cache_usage", count });
}

/** What tells a line from the others of its quantity. */
export function seriesName(
  context: ChartContext,
  line: LineValues,
  among: { readonly quantity: QuantityName; readonly count: number },
): string {
  const { text } = context;
  if (among.count === 1) {
    return among.quantity === "kv_cache_usage" ? text.kvCache : text.quantities[among.quantity];
  }
  const { engine, target, model_name: model, gpu, ...others } = line.labels;
  if (gpu !== undefined) return text.gpuName(gpu);
  const servers = factsOf(context, "server");
  const several = servers.length > 1;
  const own = servers.find((one) => one.target === target) ?? (several ? undefined : servers[0]);
  // What a Prometheus puts on all series of a server, its pod and its address, is told once: by the server's name.
  const isTold = (label: string, value: string) =>
    own !== undefined && (own.details?.[label] === value || (label === "instance" && own.address === value));
  const parts = [
    several ? target : undefined,
    engine === undefined ? model : text.engine(engine),
    ...Object.entries(others).filter(([label, value]) => !isTold(label, value)).map(([, value]) => value),
  ];
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}
