/**
 * What a server does and how long it takes: requests, latency, throughput, KV cache.
 *
 * @module
 */
import { formatSeconds } from "../base/format.ts";
import type { Cause } from "../base/cause.ts";
import type { QuantityName } from "../catalog/types.ts";
import { causeSentence } from "../text/causes.ts";
import { clientLine } from "./client_lines.ts";
import {
  type ChartContext,
  factsOf,
  gapsOf,
  marksOf,
  simulatedTag,
  spanText,
  subtitleOf,
} from "./context.ts";
import { combinedGauge, gaugeLines, type LineValues, windowLines } from "./lines.ts";
import { absentReason, makeGaugePanel, type PanelOptions } from "./system_panels.ts";
import { hasFinite, type Limit, makeTimePanel, type TimeLine, type TimePanel } from "./time_panel.ts";
import { type DisplayUnit, rateUnit } from "./units.ts";

/** Requests running and waiting, added up over engines, with the scheduler's limit. */
export async function requestsPanel(context: ChartContext, options: PanelOptions = {}): Promise<TimePanel> {
  const { text } = context;
  const [running, waiting] = await Promise.all([
    combinedGauge(context, "running", { combine: "sum" }),
    combinedGauge(context, "waiting", { combine: "sum" }),
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

/** What a latency panel shows. */
export interface LatencyPanelOptions extends PanelOptions {
  /** A latency histogram. Default `ttft`. */
  readonly quantity?: QuantityName;
  /** Default 0.5 and 0.95. */
  readonly quantiles?: readonly number[];
  /** Objective in seconds. */
  readonly objectiveSeconds?: number;
  readonly scale?: "linear" | "log";
}

/** `p95`, `p99.9`. */
export function quantileName(quantile: number): string {
  return `p${Number((quantile * 100).toPrecision(6))}`;
}

/** Windowed quantiles with the bucket that holds the highest one, the exact mean, and the client's quantile beside. */
export async function latencyPanel(
  context: ChartContext,
  options: LatencyPanelOptions = {},
): Promise<TimePanel> {
  const quantity = options.quantity ?? "ttft";
  const quantiles = options.quantiles ?? [0.5, 0.95];
  const top = quantiles.at(-1) ?? 0.95;
  const quantileLines = (name: QuantityName, q: number) =>
    windowLines(context, name, { fn: { kind: "histogram_quantile", quantile: q }, side: "server" });
  const [means, client, ...servers] = await Promise.all([
    windowLines(context, quantity, { fn: { kind: "histogram_mean" }, side: "server" }),
    clientLine(context, quantity, top),
    ...quantiles.map((q) => quantileLines(quantity, q)),
  ]);
  const { text } = context;
  const lines: TimeLine[] = [
    ...servers.flatMap((found, index) => {
      const q = quantiles[index] ?? top;
      return found.slice(0, 1).map((line) =>
        latencyLine(line, { label: quantileName(q), color: index, band: q === top })
      );
    }),
    ...means.slice(0, 1).map((line) => latencyLine(line, { label: text.mean, color: 2, dashed: true })),
    ...(client === undefined
      ? []
      : [latencyLine(client, { label: `${text.client} ${quantileName(top)}`, color: 3, dashed: true })]),
  ];
  const limits = options.objectiveSeconds === undefined ? [] : [{
    value: options.objectiveSeconds,
    label: text.throughputLatency.objective(formatSeconds(options.objectiveSeconds)),
  }];
  return makeTimePanel({
    title: text.quantities[quantity],
    ...simulatedTag(context, "server"),
    subtitle: subtitleOf([
      text.axis.seconds,
      text.windows(formatSeconds(context.rangeSeconds)),
      servers.some((found) => found[0]?.upper !== undefined) ? text.bandOf(quantileName(top)) : "",
      options.withSpan ?? true ? spanText(context) : "",
    ]),
    ...(lines.length > 0 ? {} : { absent: absentReason(context, quantity, "server") }),
    text,
  }, {
    span: context.span ?? { startSeconds: 0, endSeconds: 0 },
    timeZone: context.timeZone,
    unit: "seconds",
    scale: options.scale ?? "linear",
    lines,
    marks: marksOf(context, "server", { phases: true }),
    gaps: gapsOf(context, "server"),
    limits,
  });
}

/** A line of a latency; `band` draws the buckets that hold its values. */
export function latencyLine(
  line: LineValues,
  look: { label: string; color: number; dashed?: boolean; band?: boolean },
): TimeLine {
  const { label, color, dashed = false, band = false } = look;
  return {
    label,
    color,
    dashed,
    curve: "linear",
    timesSeconds: line.timesSeconds,
    values: line.values,
    ...(band && line.lower !== undefined && line.upper !== undefined
      ? { lower: line.lower, upper: line.upper }
      : {}),
    ...(line.current === undefined ? {} : { current: line.current }),
    ...(line.currentIsFloor === true ? { currentIsFloor: true } : {}),
  };
}

/** A counter as a rate. */
export interface RatePart {
  readonly quantity: QuantityName;
  readonly label: string;
  readonly color: number;
}

/** Prompt and generated tokens per second, added up over engines. */
export function throughputPanel(context: ChartContext, options: PanelOptions = {}): Promise<TimePanel> {
  const { text } = context;
  return ratePanel(context, {
    ...options,
    title: text.throughput,
    parts: [
      { quantity: "generation_tokens", label: text.generation, color: 0 },
      { quantity: "prompt_tokens", label: text.prompt, color: 1 },
    ],
    unit: "tokens_per_second",
  });
}

/** Rates of a source that holds less than one window yet. */
function notCovered(context: ChartContext, lines: readonly TimeLine[]): { readonly absent?: string } {
  const held = context.held;
  if (held === undefined || lines.some((line) => hasFinite(line.values))) return {};
  const coveredSeconds = Math.round(held.endSeconds - held.startSeconds);
  if (coveredSeconds >= context.rangeSeconds) return {};
  const cause: Cause = {
    code: "window_not_covered",
    params: { coveredSeconds, windowSeconds: Math.round(context.rangeSeconds) },
  };
  return { absent: causeSentence(cause, context.language) };
}

/** Requests that finished, failed and were refused, per second. */
export function outcomesPanel(context: ChartContext, options: PanelOptions = {}): Promise<TimePanel> {
  const { text } = context;
  return ratePanel(context, {
    ...options,
    title: text.outcomes,
    parts: [
      { quantity: "request_success", label: text.finished, color: 2 },
      { quantity: "request_failure", label: text.failedRequests, color: 1 },
      { quantity: "admission_rejections", label: text.refused, color: 3 },
    ],
    unit: "requests_per_second",
  });
}

/** Preemptions per second. */
export function preemptionsPanel(context: ChartContext, options: PanelOptions = {}): Promise<TimePanel> {
  const { text } = context;
  return ratePanel(context, {
    ...options,
    title: text.preemptions,
    parts: [{ quantity: "preemptions", label: text.preemptions, color: 1 }],
    unit: "per_second",
  });
}

/** Share of the tokens that were looked up in the prefix cache and found there, windowed. */
export async function prefixCachePanel(
  context: ChartContext,
  options: PanelOptions = {},
): Promise<TimePanel> {
  const { text } = context;
  const rate = (quantity: QuantityName) =>
    windowLines(context, quantity, { fn: { kind: "rate" }, side: "server" });
  const [[hits], [queries]] = await Promise.all([rate("prefix_cache_hits"), rate("prefix_cache_queries")]);
  const ratio = hits === undefined || queries === undefined ? undefined : quotient(hits, queries);
  return makeGaugePanel(context, {
    lines: ratio === undefined ? [] : [ratio],
    side: "server",
    name: () => text.hitRatio,
    color: 0,
    title: text.prefixCache,
    quantity: "prefix_cache_hits",
    unit: "ratio",
    withSpan: options.withSpan ?? true,
    details: [text.windows(formatSeconds(context.rangeSeconds))],
    phases: true,
  });
}

/** One line by another on the same grid; nothing where the divisor is 0: of no queries no share was found. */
function quotient(line: LineValues, by: LineValues): LineValues {
  const values = line.values.map((value, index) => {
    const divisor = by.values[index] ?? NaN;
    return divisor === 0 ? NaN : value / divisor;
  });
  const last = values.at(-1) ?? NaN;
  return {
    labels: line.labels,
    unit: "ratio",
    timesSeconds: line.timesSeconds,
    values,
    ...(Number.isNaN(last) ? {} : { current: last }),
  };
}

/** Rates of counters on one axis. */
export async function ratePanel(
  context: ChartContext,
  options: PanelOptions & {
    readonly title: string;
    readonly parts: readonly RatePart[];
    readonly unit?: DisplayUnit;
  },
): Promise<TimePanel> {
  const { text } = context;
  const found = await Promise.all(
    options.parts.map((part) =>
      windowLines(context, part.quantity, { fn: { kind: "rate" }, side: "server" })
    ),
  );
  const lines = options.parts.flatMap((part, index) =>
    (found[index] ?? []).slice(0, 1).map((line): TimeLine => ({
      label: part.label,
      color: part.color,
      curve: "linear",
      dashed: index > 0,
      timesSeconds: line.timesSeconds,
      values: line.values,
      ...(line.current === undefined ? {} : { current: line.current }),
    }))
  );
  const unit = options.unit ?? rateUnit(found.flat()[0]?.unit);
  const first = options.parts[0]?.quantity ?? "generation_tokens";
  return makeTimePanel({
    title: options.title,
    ...simulatedTag(context, "server"),
    subtitle: subtitleOf([
      text.axis[unit],
      text.windows(formatSeconds(context.rangeSeconds)),
      options.withSpan ?? true ? spanText(context) : "",
    ]),
    ...(lines.length > 0 ? notCovered(context, lines) : { absent: absentReason(context, first, "server") }),
    text,
  }, {
    span: context.span ?? { startSeconds: 0, endSeconds: 0 },
    timeZone: context.timeZone,
    unit,
    scale: "linear",
    lines,
    marks: marksOf(context, "server", { phases: true }),
    gaps: gapsOf(context, "server"),
    limits: [],
  });
}

/** KV cache usage, one line an engine: ratios of engines do not add up. */
export async function kvCachePanel(context: ChartContext, options: PanelOptions = {}): Promise<TimePanel> {
  const { text } = context;
  const lines = await gaugeLines(context, "kv_cache_usage");
  return makeGaugePanel(context, {
    lines,
    side: "server",
    name: (line) => engineName(context, line, lines.length),
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
  const { engine, target, model_name: model, ...others } = line.labels;
  const several = factsOf(context, "server").length > 1;
  const parts = [
    several ? target : undefined,
    engine === undefined ? model : text.engine(engine),
    ...Object.values(others),
  ];
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}
