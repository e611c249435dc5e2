/**
 * Processor and memory of the machine, and memory of the GPUs.
 *
 * @module
 */
import { dashOf } from "./panel.ts";
import { absenceOf } from "../analyzer/absence.ts";
import { formatBytes, formatSeconds } from "../base/format.ts";
import { QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import { causeSentence } from "../text/causes.ts";
import {
  absentCause,
  type ChartContext,
  countSeries,
  factsOf,
  marksOf,
  type Side,
  sideOf,
  simulatedTag,
  spanText,
  subtitleOf,
} from "./context.ts";
import { gapsOf } from "./gaps.ts";
import { envelopeOf } from "./envelope.ts";
import { gaugeLines, type LineValues } from "./lines.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { type Limit, makeTimePanel, type TimeBand, type TimeLine, type TimePanel } from "./time_panel.ts";
import type { DisplayUnit } from "./units.ts";

/** How much of the subtitle a panel has room for. */
export interface PanelOptions {
  /** Date and zone in the subtitle; a dashboard has them once in its heading. Default true. */
  readonly withSpan?: boolean;
}

/** More lines than this become a band with the highest named. */
export const MOST_LINES = 4;

/** Use of the processor: one line a machine. */
export async function cpuPanel(context: ChartContext, options: PanelOptions = {}): Promise<TimePanel> {
  const lines = await gaugeLines(context, "cpu_usage");
  const { text } = context;
  return makeGaugePanel(context, {
    lines,
    side: "host",
    name: (line) => line.labels.target === undefined ? text.cpu : `${text.cpu} ${line.labels.target}`,
    color: 0,
    title: text.quantities.cpu_usage,
    quantity: "cpu_usage",
    unit: "ratio",
    filled: true,
    withSpan: options.withSpan ?? true,
    details: [text.ofAllCores],
  });
}

/** Use of memory, and of the container's limit where there is one. */
export async function memoryPanel(context: ChartContext, options: PanelOptions = {}): Promise<TimePanel> {
  const { text } = context;
  const [usage, used, limit, total] = await Promise.all([
    gaugeLines(context, "memory_usage"),
    gaugeLines(context, "container_memory_used"),
    gaugeLines(context, "container_memory_limit"),
    gaugeLines(context, "memory_total"),
  ]);
  const container = containerUsage(used[0], limit[0]);
  const sizes = [
    total[0]?.current === undefined ? "" : `${text.memorySize} ${formatBytes(total[0].current)}`,
    container === undefined ? "" : `${text.containerLimit} ${formatBytes(container.limitBytes)}`,
  ];
  return makeGaugePanel(context, {
    lines: container === undefined ? usage : [...usage, container.line],
    side: "host",
    name: (line) =>
      line === container?.line
        ? text.container
        : line.labels.target === undefined
        ? text.memory
        : `${text.memory} ${line.labels.target}`,
    color: 2,
    title: text.quantities.memory_usage,
    quantity: "memory_usage",
    unit: "ratio",
    filled: container === undefined,
    withSpan: options.withSpan ?? true,
    details: sizes,
  });
}

/** What the container uses of its limit, over time; the limit hardly ever changes, so its last value stands for all. */
function containerUsage(used: LineValues | undefined, limit: LineValues | undefined) {
  const limitBytes = limit?.values.findLast((value) => Number.isFinite(value) && value > 0);
  if (used === undefined || limitBytes === undefined) return undefined;
  const line: LineValues = {
    ...used,
    unit: "ratio",
    values: used.values.map((value) => value / limitBytes),
    ...(used.current === undefined ? {} : { current: used.current / limitBytes }),
  };
  return { line, limitBytes };
}

/** A figure of every GPU, or why there is none. */
export async function gpuPanel(
  context: ChartContext,
  options: PanelOptions & { readonly quantity?: QuantityName; readonly unit?: DisplayUnit } = {},
): Promise<TimePanel> {
  const quantity = options.quantity ?? "gpu_memory_usage";
  const lines = await gaugeLines(context, quantity);
  const total = quantity === "gpu_memory_usage" ? await gaugeLines(context, "gpu_memory_total") : [];
  const size = total[0]?.current;
  return makeGaugePanel(context, {
    lines,
    side: "gpu",
    name: (line) => gpuName(context, line),
    color: 4,
    title: context.text.quantities[quantity],
    quantity,
    unit: options.unit ?? QUANTITIES[quantity].unit,
    filled: lines.length === 1,
    withSpan: options.withSpan ?? true,
    details: size === undefined
      ? []
      : [`${total.length > 1 ? `${total.length} × ` : ""}${formatBytes(size)}`],
  });
}

/** `GPU 0`; with its machine where several report. */
export function gpuName(context: ChartContext, line: LineValues): string {
  const { gpu, index, uuid, target } = line.labels;
  const name = context.text.gpuName(gpu ?? index ?? uuid ?? "");
  const several =
    new Set(context.facts.filter((each) => each.kind === "gpu").map((each) => each.target)).size > 1;
  return several && target !== undefined ? `${target} ${name}` : name;
}

/** What a panel of gauges is made of. */
export interface GaugePanelParts {
  readonly lines: readonly LineValues[];
  readonly side: Side;
  readonly name: (line: LineValues) => string;
  /** First colour; further lines take the next ones. */
  readonly color: number;
  readonly title: string;
  readonly quantity: QuantityName;
  readonly unit: DisplayUnit;
  readonly filled?: boolean;
  readonly step?: boolean;
  readonly withSpan: boolean;
  readonly details?: readonly string[];
  readonly limits?: readonly Limit[];
  readonly phases?: boolean;
}

/** Lines of gauges; more than four become the lowest-to-highest band and the highest one by name. */
export function makeGaugePanel(context: ChartContext, parts: GaugePanelParts): TimePanel {
  const { lines, side, unit, text } = { ...parts, text: context.text };
  const count = countSeries(context, parts.quantity, lines.length);
  const many = count > MOST_LINES && lines.length > 0 ? bandOf(context, parts, count) : undefined;
  const spreads = spreadsOf(context, many?.lines ?? lines);
  const shown: TimeLine[] = (many?.lines ?? lines).map((line, index) => {
    const spread = spreads?.[index];
    return {
      label: parts.name(line),
      color: many === undefined ? parts.color + index : parts.color + 1,
      curve: parts.step === true && spread === undefined ? "step" : "linear",
      dashed: many === undefined && dashOf(index),
      timesSeconds: (spread ?? line).timesSeconds,
      values: (spread ?? line).values,
      filled: parts.filled === true && count === 1 && spread === undefined,
      // The band of many lines holds what each of them reached.
      ...(spread === undefined || many !== undefined
        ? {}
        : { lower: spread.lower, upper: spread.upper, spread: true }),
      ...(line.current === undefined ? {} : { current: line.current }),
    };
  });
  const labelled = many === undefined ? shown : shown.map((line) => ({
    ...line,
    label: context.live === undefined ? text.highest(line.label) : text.highestOf(count),
  }));
  return makeTimePanel({
    title: parts.title,
    ...simulatedTag(context, side),
    subtitle: subtitleOf([
      text.axis[unit],
      ...(parts.details ?? []),
      spreadText(context, spreads),
      many === undefined || context.live === undefined ? "" : text.highestNow(parts.name(many.worst)),
      parts.withSpan ? spanText(context) : "",
    ]),
    ...(lines.length > 0 ? {} : { absent: absentReason(context, parts.quantity, side) }),
    text,
  }, {
    span: context.span ?? { startSeconds: 0, endSeconds: 0 },
    timeZone: context.timeZone,
    unit,
    scale: "linear",
    lines: labelled,
    ...(many === undefined ? {} : { bands: [many.band] }),
    marks: marksOf(context, side, { phases: parts.phases === true }),
    gaps: gapsOf(context, side),
    limits: parts.limits ?? [],
  });
}

/** Lines of so many readings that they would be a mass, as mean and spread. A page that grows keeps every reading. */
function spreadsOf(
  context: ChartContext,
  lines: readonly LineValues[],
): readonly (Spread | undefined)[] | undefined {
  const { span, mostPoints, live } = context;
  if (span === undefined || live !== undefined) return undefined;
  return lines.map((line) => spreadOf(line, { span, bins: mostPoints }));
}

function spreadText(context: ChartContext, spreads: readonly (Spread | undefined)[] | undefined): string {
  const spread = spreads?.find((each) => each !== undefined);
  return spread === undefined
    ? ""
    : context.text.meanAndRange(formatSeconds(roundedSeconds(spread.binSeconds)));
}

/** Tenths of seconds below ten, whole seconds above: a piece's length is nothing to be exact about. */
function roundedSeconds(seconds: number): number {
  return seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds);
}

/** The reason in words why a quantity has no line. */
export function absentReason(context: ChartContext, quantity: QuantityName, side: Side): string {
  if (context.span === undefined) return context.text.nothingYet;
  const others = context.facts.filter((facts) => sideOf(facts) !== side);
  const cause = absentCause(context, quantity) ?? absentCause(context, side) ?? absenceOf(quantity, {
    facts: [...factsOf(context, side), ...others],
    families: context.metas,
    events: context.events,
  });
  return causeSentence(cause, context.language);
}

/**
 * Lowest and highest of all lines, and the line that is highest now (or was last). A live page gets the highest of all as its
 * line, since which one is highest changes.
 */
function bandOf(
  context: ChartContext,
  parts: GaugePanelParts,
  count: number,
): { readonly band: TimeBand; readonly lines: readonly LineValues[]; readonly worst: LineValues } {
  const envelope = envelopeOf(parts.lines);
  const worst = parts.lines.reduce((a, b) => lastFinite(b) > lastFinite(a) ? b : a);
  const highest: LineValues = {
    labels: {},
    unit: worst.unit,
    timesSeconds: envelope.timesSeconds,
    values: envelope.upper,
    ...(worst.current === undefined ? {} : { current: worst.current }),
  };
  return {
    band: { label: context.text.minToMax(count), color: parts.color, ...envelope },
    lines: [context.live === undefined ? worst : highest],
    worst,
  };
}

function lastFinite(line: LineValues): number {
  return line.current ?? -Infinity;
}
