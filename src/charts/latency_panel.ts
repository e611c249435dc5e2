/**
 * Windowed quantiles of a latency, with the bucket that holds the highest, the exact mean, and the client's beside.
 *
 * @module
 */
import { formatSeconds } from "../base/format.ts";
import type { QuantityName } from "../catalog/types.ts";
import { clientLine } from "./client_lines.ts";
import {
  type ChartContext,
  marksOf,
  objectiveLimits,
  simulatedTag,
  spanText,
  subtitleOf,
} from "./context.ts";
import { gapsOf } from "./gaps.ts";
import { type LineValues, windowLines } from "./lines.ts";
import { type Dash } from "./panel.ts";
import { absentReason, type PanelOptions } from "./system_panels.ts";
import { serverCount, serverLatencyLines, type ServerLine, togetherText } from "./server_latency_lines.ts";
import { makeTimePanel, type TimeLine, type TimePanel } from "./time_panel.ts";

/** What a latency panel shows. */
export interface LatencyPanelOptions extends PanelOptions {
  /** A latency histogram. Default `ttft`. */
  readonly quantity?: QuantityName;
  /** Default 0.5 and 0.95. */
  readonly quantiles?: readonly number[];
  /** Objective in seconds. */
  readonly objectiveSeconds?: number;
  /** Of the latency axis; default linear. */
  readonly scale?: "linear" | "log";
}

/** `p95`, `p99.9`. */
export function quantileName(quantile: number): string {
  return `p${Number((quantile * 100).toPrecision(6))}`;
}

/** Colours of quantiles between the median and the highest, so that the mean keeps its own. */
const BETWEEN = [5, 4];

/** One colour for the median, one for the highest quantile, in every panel. */
export function quantileColor(quantiles: readonly number[], index: number): number {
  if ((quantiles[index] ?? 0) <= 0.5) return 0;
  return index === quantiles.length - 1 ? 1 : BETWEEN[(index + 1) % BETWEEN.length] ?? 5;
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
    windowLines(context, name, { fn: { kind: "histogram_bounded_quantile", quantile: q }, side: "server" });
  const [{ lines: each, words }, means, client, ...servers] = await Promise.all([
    serverLatencyLines(context, quantity, top),
    windowLines(context, quantity, { fn: { kind: "histogram_mean" }, side: "server" }),
    clientLine(context, quantity, top),
    ...quantiles.map((q) => quantileLines(quantity, q)),
  ]);
  const { text } = context;
  const several = each.length > 0;
  const lines: TimeLine[] = several ? eachServer(context, { each, all: servers.at(-1)?.[0], top, client }) : [
    ...servers.flatMap((found, index) => {
      const q = quantiles[index] ?? top;
      return found.slice(0, 1).map((line) =>
        latencyLine(line, {
          label: quantileName(q),
          color: quantileColor(quantiles, index),
          band: q === top,
        })
      );
    }),
    ...means.slice(0, 1).map((line) => latencyLine(line, { label: text.mean, color: 2, dashed: "dotted" })),
    ...(client === undefined
      ? []
      : [latencyLine(client, { label: `${text.client} ${quantileName(top)}`, color: 3, dashed: true })]),
  ];
  const limits = objectiveLimits(context, quantity, options.objectiveSeconds);
  return makeTimePanel({
    title: text.quantities[quantity],
    ...simulatedTag(context, "server"),
    subtitle: subtitleOf([
      text.axis.seconds,
      text.windows(formatSeconds(context.rangeSeconds)),
      several ? words : togetherText(context),
      !several && servers.some((found) => found[0]?.upper !== undefined)
        ? text.bandOf(quantileName(top))
        : "",
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

/** Dotted is what all are together. */
const SERVER_DASHES = [false, "dashdot", "dashed"] as const;

/** The highest quantile of each server, and of all together, dashed: a mixture, which none of them may be near. */
function eachServer(
  context: ChartContext,
  lines: {
    readonly each: readonly ServerLine[];
    readonly all: LineValues | undefined;
    readonly top: number;
    readonly client: LineValues | undefined;
  },
): TimeLine[] {
  const { text } = context;
  const { each, all, top, client } = lines;
  return [
    ...each.map(({ name, line }, index) =>
      latencyLine(line, {
        label: name,
        color: index,
        dashed: SERVER_DASHES[index % SERVER_DASHES.length] ?? false,
      })
    ),
    ...(all === undefined ? [] : [
      latencyLine(all, {
        label: text.serversTogether(serverCount(context)),
        color: each.length,
        dashed: "dotted",
      }),
    ]),
    ...(client === undefined ? [] : [
      latencyLine(client, {
        label: `${text.client} ${quantileName(top)}`,
        color: each.length + 1,
        dashed: true,
      }),
    ]),
  ];
}

/** A line of a latency; `band` draws the buckets that hold its values. */
export function latencyLine(
  line: LineValues,
  look: { label: string; color: number; dashed?: boolean | Dash; band?: boolean },
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
