/**
 * A row for each request: how long until its first token, how long it then streamed, how it ended.
 *
 * @module
 */
import { checkChart } from "./chart_checks.ts";
import { largest, smallest } from "../base/extent.ts";
import type { MetricSource, RequestRecord, TimeSpan } from "../series/types.ts";
import { type ChartContext, type ChartOptions, readContext, spanText, subtitleOf } from "./context.ts";
import { type Box, type Panel, svgText, tenth } from "./panel.ts";
import { panelPicture, type Picture } from "./picture.ts";
import { COLOR, seriesColor } from "./theme.ts";
import { timeTicks } from "./time_axis.ts";

/** Most rows that are drawn. */
const MOST_ROWS = 60;
/** Of these the slowest are always shown, so that the worst is seen. */
const SLOWEST_ROWS = 10;

/**
 * Draws a bar for each request of the workload: its wait for the first token, then its tokens. More than 60: all
 * failures that fit, the 10 slowest, and the rest evenly over time.
 */
export async function requestTimeline(source: MetricSource, options: ChartOptions = {}): Promise<Picture> {
  checkChart("requestTimeline(collector)", source, options);
  const context = await readContext(source, options);
  const panel = await timelinePanel(context);
  return await panelPicture(panel, { height: 420, ...options });
}

/** The panel of {@link requestTimeline}. */
export async function timelinePanel(context: ChartContext): Promise<Panel> {
  const { text } = context;
  const all = context.span === undefined ? [] : await context.source.requests(context.span);
  const sent = all.filter((request) => request.sentSeconds !== undefined);
  const shown = chooseRows(sent);
  const simulated = context.facts.some((facts) => facts.kind === "workload" && facts.simulated);
  const span = spanOf(shown);
  const subtitle = subtitleOf([
    sent.length > 0 ? text.timeline.shown(shown.length, all.length) : "",
    span === undefined ? "" : spanText({ ...context, span }),
  ]);
  return {
    title: text.timeline.title,
    ...(simulated ? { tag: text.simulated } : {}),
    subtitle,
    legend: sent.length === 0 ? [] : [
      { label: text.timeline.wait, value: "", color: seriesColor(1), mark: "bar" },
      { label: text.timeline.decode, value: "", color: seriesColor(0), mark: "bar" },
      { label: text.timeline.failed, value: "", color: COLOR.bad, mark: "diamond" },
    ],
    description: `${text.timeline.title}; ${subtitle}`,
    ...(span === undefined ? { absent: text.timeline.none } : {}),
    draw: (_kit, box, fontSize) =>
      span === undefined ? "" : drawRows(shown, { box, fontSize, span, timeZone: context.timeZone }),
  };
}

function durationOf(request: RequestRecord): number {
  return (request.endSeconds ?? request.sentSeconds ?? 0) - (request.sentSeconds ?? 0);
}

function chooseRows(requests: readonly RequestRecord[]): readonly RequestRecord[] {
  if (requests.length <= MOST_ROWS) return bySent(requests);
  const chosen = new Set(requests.filter((request) => request.outcome !== "ok").slice(0, MOST_ROWS / 2));
  const slowest = [...requests].sort((a, b) => durationOf(b) - durationOf(a));
  for (const request of slowest.slice(0, SLOWEST_ROWS)) chosen.add(request);
  const rest = bySent(requests.filter((request) => !chosen.has(request)));
  const room = MOST_ROWS - chosen.size;
  for (let k = 0; k < room; k++) {
    const request = rest[Math.floor((k * rest.length) / room)];
    if (request !== undefined) chosen.add(request);
  }
  return bySent([...chosen]);
}

function bySent(requests: readonly RequestRecord[]): readonly RequestRecord[] {
  return [...requests].sort((a, b) => (a.sentSeconds ?? 0) - (b.sentSeconds ?? 0));
}

function spanOf(requests: readonly RequestRecord[]): TimeSpan | undefined {
  if (requests.length === 0) return undefined;
  const starts = requests.map((request) => request.sentSeconds ?? Infinity);
  const ends = requests.map((request) => request.endSeconds ?? request.chunkTimesSeconds.at(-1) ?? -Infinity);
  const startSeconds = smallest(starts);
  return { startSeconds, endSeconds: Math.max(startSeconds + 0.001, largest(ends)) };
}

function drawRows(
  requests: readonly RequestRecord[],
  view: { box: Box; fontSize: number; span: TimeSpan; timeZone: string },
): string {
  const { box, fontSize, span } = view;
  const area: Box = { x: box.x + 4, y: box.y + 6, width: box.width - 12, height: box.height - fontSize - 14 };
  const pixels = (time: number) =>
    area.x + ((time - span.startSeconds) / (span.endSeconds - span.startSeconds)) * area.width;
  const rowHeight = Math.min(14, area.height / requests.length);
  const bottom = area.y + rowHeight * requests.length;
  const ticks = timeTicks(span, { timeZone: view.timeZone, widthPixels: area.width, fontSize });
  const grid = ticks.map((tick) => {
    const x = tenth(pixels(tick.timeSeconds));
    return `<path d="M${x},${tenth(area.y)}V${tenth(bottom)}" stroke="${COLOR.grid}"/>` +
      svgText(tick.label, {
        x: pixels(tick.timeSeconds),
        y: bottom + fontSize + 3,
        size: fontSize,
        anchor: "middle",
      });
  });
  const rows = requests.map((request, index) =>
    drawRow(request, { y: area.y + index * rowHeight, height: Math.max(1, rowHeight - 1), pixels })
  );
  return [...grid, ...rows].join("");
}

function drawRow(
  request: RequestRecord,
  at: { y: number; height: number; pixels: (time: number) => number },
): string {
  const { y, height, pixels } = at;
  const sent = request.sentSeconds ?? 0;
  const first = request.chunkTimesSeconds[0];
  const end = request.endSeconds ?? request.chunkTimesSeconds.at(-1) ?? sent;
  const bar = (from: number, to: number, fill: string) =>
    `<rect x="${tenth(pixels(from))}" y="${tenth(y)}" width="${
      tenth(Math.max(0.5, pixels(to) - pixels(from)))
    }" height="${tenth(height)}" fill="${fill}"/>`;
  const bars = first === undefined
    ? bar(sent, end, seriesColor(1))
    : bar(sent, first, seriesColor(1)) + bar(first, end, seriesColor(0));
  if (request.outcome === "ok") return bars;
  const r = Math.min(5, Math.max(3, height / 2));
  const x = pixels(end);
  return `${bars}<path d="M${tenth(x)},${tenth(y + height / 2 - r)}l${tenth(r)},${tenth(r)}l${tenth(-r)},${
    tenth(r)
  }l${tenth(-r)},${tenth(-r)}z" fill="${COLOR.bad}" stroke="${COLOR.card}"/>`;
}
