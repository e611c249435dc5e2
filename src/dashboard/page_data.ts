/**
 * Panels as plain data for pages that draw them in a browser.
 *
 * @module
 */
import { singleLine } from "../base/escape.ts";
import { type ChartContext, spanText, subtitleOf } from "../charts/context.ts";
import { thinBand, thinTogether } from "../charts/downsample.ts";
import { gapLabel } from "../charts/gaps.ts";
import { distinctMarks } from "../charts/mark_labels.ts";
import { clientServerPanel } from "../charts/client_server_panel.ts";
import { type Dash, fullTitle } from "../charts/panel.ts";
import { latencyPanel } from "../charts/latency_panel.ts";
import { serverCount } from "../charts/server_latency_lines.ts";
import { throughputPanel } from "../charts/rate_panels.ts";
import { kvCachePanel, requestsPanel } from "../charts/server_panels.ts";
import { cpuPanel, gpuPanel, memoryPanel } from "../charts/system_panels.ts";
import { zoneOffsetName } from "../charts/time_axis.ts";
import { dashName, type TimeLine, type TimePanel } from "../charts/time_panel.ts";
import type { TimeSpan } from "../series/types.ts";
import type { ChartsText } from "../text/charts.ts";
import { isServerAlone, whatIsWatched } from "./snapshot.ts";

/** Values with null where a line breaks. */
type PageValues = readonly (number | null)[];

/** One line; times are Unix seconds. */
export interface PageLine {
  readonly label: string;
  readonly color: number;
  readonly dashed: boolean | Dash;
  readonly step: boolean;
  readonly filled: boolean;
  readonly t: readonly number[];
  readonly v: PageValues;
  readonly lower?: PageValues;
  readonly upper?: PageValues;
  /** Values are means, and the band reaches from the lowest to the highest reading. */
  readonly spread?: boolean;
}

/** From, to, and of several targets how many answered, in words. */
export type PageGap = readonly [number, number] | readonly [number, number, string];

/** One panel. */
export interface PagePanel {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  readonly unit: string;
  readonly absent?: string;
  readonly lines: readonly PageLine[];
  readonly bands: readonly (Pick<PageLine, "label" | "color" | "t"> & {
    readonly lower: PageValues;
    readonly upper: PageValues;
  })[];
  readonly marks: readonly { readonly t: number; readonly label: string; readonly bad: boolean }[];
  /** From, to; of several targets some of which answered with the words for that. */
  readonly gaps: readonly PageGap[];
  readonly limits: readonly { readonly value: number; readonly label: string }[];
}

/** Everything that a page shows. */
export interface PageData {
  readonly title: string;
  readonly subtitle: string;
  readonly language: string;
  readonly timeZone: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly perSecond: { readonly tokens: string; readonly requests: string; readonly events: string };
  readonly hint: string;
  /** What the time is called in a legend. */
  readonly time: string;
  /** What the highest value of a line is called that ends before the span does; absent on a live page, where that is none now. */
  readonly maximum?: string;
  readonly panels: readonly PagePanel[];
}

/** Pixel columns that a line is thinned to: about what a panel has. */
const COLUMNS = 350;

/**
 * The panels of the interactive dashboard, of the terminal and of the live page. Those of the machine are left out where nobody
 * watches one; a live page has them all, since watching may begin later.
 */
export async function pagePanels(context: ChartContext): Promise<readonly (readonly [string, TimePanel])[]> {
  const short = { withSpan: false };
  const machine = context.live === undefined && isServerAlone(context) ? [] : [
    named("cpu", cpuPanel(context, short)),
    named("memory", memoryPanel(context, short)),
    named("gpu_utilization", gpuPanel(context, { ...short, quantity: "gpu_utilization" })),
    named("gpu_memory", gpuPanel(context, short)),
  ];
  return await Promise.all([
    named("ttft", ttftPanel(context)),
    named("itl", latencyPanel(context, { ...short, quantity: "itl" })),
    named("e2e", latencyPanel(context, { ...short, quantity: "e2e" })),
    named("requests", requestsPanel(context, short)),
    named("throughput", throughputPanel(context, short)),
    named("kv", kvCachePanel(context, short)),
    ...machine,
  ]);
}

/**
 * The server's beside the client's; of several servers a line for each, since a mixture hides the one that is slow. A live page
 * has the mean as well, as its other latencies do: what lies outside the engine is told of a whole span only.
 */
function ttftPanel(context: ChartContext): Promise<TimePanel> {
  const options = { withSpan: false, quantity: "ttft" } as const;
  return serverCount(context) > 1 || context.live !== undefined
    ? latencyPanel(context, options)
    : clientServerPanel(context, options);
}

async function named(id: string, panel: Promise<TimePanel>): Promise<readonly [string, TimePanel]> {
  return [id, await panel];
}

/** The span, or on a live page, whose span moves, the zone alone. */
function whenIsWatched(context: ChartContext): string {
  if (context.live === undefined || context.span === undefined) return spanText(context);
  return zoneOffsetName(context.span.endSeconds, context.timeZone);
}

/** A span for a page, whose points have whole milliseconds: none of them lies outside, where no cursor would reach it. */
export function pageSpan({ startSeconds, endSeconds }: TimeSpan): TimeSpan {
  return {
    startSeconds: Math.floor(startSeconds * 1000) / 1000,
    endSeconds: Math.ceil(endSeconds * 1000) / 1000,
  };
}

/** Reads a source's panels as page data. */
export async function readPageData(context: ChartContext): Promise<PageData> {
  const panels = await pagePanels(context);
  const { text } = context;
  const span = pageSpan(context.span ?? { startSeconds: 0, endSeconds: 1 });
  return {
    title: text.dashboard,
    subtitle: singleLine(subtitleOf([whatIsWatched(context), whenIsWatched(context)])) || text.nothingYet,
    language: context.language,
    timeZone: context.timeZone,
    startSeconds: span.startSeconds,
    endSeconds: Math.max(span.endSeconds, span.startSeconds + 1),
    perSecond: text.perSecond,
    hint: text.interactive.hint,
    time: text.axis.unix_seconds,
    ...(context.live === undefined ? { maximum: text.maximum } : {}),
    panels: panels.map(([id, panel]) => toPagePanel(id, panel, text)),
  };
}

/** A panel's lines, thinned together by M4 per gap-free segment so that no spike is lost and each has a value at one time. */
export function toPagePanel(id: string, panel: TimePanel, text: ChartsText): PagePanel {
  const { data } = panel;
  const kept = thinTogether(data.lines, { ...data.span, columns: COLUMNS });
  return {
    id,
    title: singleLine(fullTitle(panel)),
    subtitle: singleLine(panel.subtitle),
    unit: data.unit,
    ...(panel.absent === undefined ? {} : { absent: singleLine(panel.absent) }),
    lines: data.lines.map((line, index) => toPageLine(line, kept[index] ?? new Uint32Array())),
    bands: (data.bands ?? []).map((band) => {
      const { timesSeconds, lower, upper } = thinBand(band, { ...data.span, columns: COLUMNS });
      return {
        label: singleLine(band.label),
        color: band.color,
        t: Array.from(timesSeconds, milliseconds),
        lower: Array.from(lower, short),
        upper: Array.from(upper, short),
      };
    }),
    marks: distinctMarks(data.marks).map((mark) => ({
      t: mark.timeSeconds,
      label: singleLine(mark.label),
      bad: mark.bad,
    })),
    gaps: data.gaps.map((gap): PageGap => {
      const label = gapLabel(gap, text);
      const { startSeconds, endSeconds } = gap;
      return label === "" ? [startSeconds, endSeconds] : [startSeconds, endSeconds, label];
    }),
    limits: data.limits.map((limit) => ({ value: limit.value, label: singleLine(limit.label) })),
  };
}

function toPageLine(line: TimeLine, indices: Uint32Array): PageLine {
  const pick = (values: ArrayLike<number>): PageValues =>
    Array.from(indices, (index) => short(values[index] ?? NaN));
  return {
    label: singleLine(line.label),
    color: line.color,
    dashed: dashName(line.dashed) ?? false,
    step: line.curve === "step",
    filled: line.filled === true,
    t: Array.from(indices, (index) => milliseconds(line.timesSeconds[index] ?? 0)),
    v: pick(line.values),
    ...(line.lower === undefined || line.upper === undefined
      ? {}
      : { lower: pick(line.lower), upper: pick(line.upper) }),
    ...(line.spread === true ? { spread: true } : {}),
  };
}

function milliseconds(timeSeconds: number): number {
  return Math.round(timeSeconds * 1000) / 1000;
}

/** Five digits are more than a pixel or a label shows; JSON knows no NaN. */
function short(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : null;
}
