/**
 * Counters as rates: throughput, requests that ended, preemptions, prefix cache hits.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { formatSeconds } from "../base/format.ts";
import type { QuantityName } from "../catalog/types.ts";
import { causeSentence } from "../text/causes.ts";
import { type ChartContext, marksOf, simulatedTag, spanText, subtitleOf } from "./context.ts";
import { gapsOf, joinGaps } from "./gaps.ts";
import type { LineValues } from "./lines.ts";
import { type RateLine, rateLine } from "./rate_line.ts";
import { dashOf } from "./panel.ts";
import { absentReason, makeGaugePanel, type PanelOptions } from "./system_panels.ts";
import { hasFinite, makeTimePanel, type TimeLine, type TimePanel } from "./time_panel.ts";
import { type DisplayUnit, rateUnit } from "./units.ts";

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
  const [hits, queries] = await Promise.all([
    rateLine(context, "prefix_cache_hits"),
    rateLine(context, "prefix_cache_queries"),
  ]);
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
    details: [windowsText(context, [hits, queries])],
    phases: true,
  });
}

/** How far back rates look. */
function windowsText(context: ChartContext, lines: readonly (RateLine | undefined)[]): string {
  const duration = formatSeconds(context.rangeSeconds);
  const { windows, windowsUpTo } = context.text;
  return lines.some((line) => line?.shortened === true) ? windowsUpTo(duration) : windows(duration);
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
  const found = await Promise.all(options.parts.map((part) => rateLine(context, part.quantity)));
  const lines = options.parts.flatMap((part, index): TimeLine[] => {
    const line = found[index];
    if (line === undefined) return [];
    return [{
      label: part.label,
      color: part.color,
      curve: "linear",
      dashed: dashOf(index),
      timesSeconds: line.timesSeconds,
      values: line.values,
      ...(line.current === undefined ? {} : { current: line.current }),
    }];
  });
  const unit = options.unit ?? rateUnit(found.find((line) => line !== undefined)?.unit);
  const first = options.parts[0]?.quantity ?? "generation_tokens";
  return makeTimePanel({
    title: options.title,
    ...simulatedTag(context, "server"),
    subtitle: subtitleOf([
      text.axis[unit],
      windowsText(context, found),
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
    gaps: joinGaps(gapsOf(context, "server"), found.flatMap((line) => line?.partial ?? [])),
    limits: [],
  });
}
