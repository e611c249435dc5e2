/**
 * Where the values of a histogram fell over time: cells of time and bucket, with counts.
 *
 * @module
 */
import type { Checks } from "../base/arguments.ts";
import { CHART_CHECKS, checkChart } from "./chart_checks.ts";
import { QUANTITY } from "../catalog/quantities.ts";
import { formatCount, formatSeconds } from "../base/format.ts";
import { QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import { shortQuantityTitle } from "../text/quantities.ts";
import {
  type ChartContext,
  type ChartOptions,
  readContext,
  simulatedTag,
  spanText,
  subtitleOf,
} from "./context.ts";
import { gapsOf } from "./gaps.ts";
import { type Box, type Panel, svgText, tenth } from "./panel.ts";
import { panelPicture, type Picture } from "./picture.ts";
import { togetherText } from "./server_latency_lines.ts";
import { absentReason, type PanelOptions } from "./system_panels.ts";
import { textWidth } from "./text_width.ts";
import { COLOR, HEAT } from "./theme.ts";
import { timeTicks } from "./time_axis.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { formatTick } from "./units.ts";

/** Widest number of cells over time. */
const MOST_CELLS = 48;

/** Counts per cell; `counts[row][column]`, row 0 is the lowest bucket. */
export interface HeatData {
  /** What the columns cover. */
  readonly span: TimeSpan;
  /** Width of a column. */
  readonly stepSeconds: number;
  /** End of each column's time. */
  readonly timesSeconds: readonly number[];
  /** Upper bounds of the buckets, ascending; the last may be Infinity. */
  readonly bounds: readonly number[];
  /** Lower bound of the first bucket. */
  readonly lowest: number;
  /** By row and column. */
  readonly counts: readonly (readonly number[])[];
  /** Of all cells. */
  readonly total: number;
}

const CHECKS: Checks<ChartOptions & { readonly quantity?: QuantityName }> = {
  ...CHART_CHECKS,
  quantity: QUANTITY,
};

/** Distribution of a latency (default TTFT) over time, from the server's buckets. */
export async function latencyHeatmap(
  source: MetricSource,
  options: ChartOptions & { readonly quantity?: QuantityName } = {},
): Promise<Picture> {
  checkChart('latencyHeatmap(collector, { quantity: "ttft" })', source, options, CHECKS);
  const context = await readContext(source, options);
  return await panelPicture(await heatPanel(context, options), options);
}

/** The panel of {@link latencyHeatmap}. */
export async function heatPanel(
  context: ChartContext,
  options: PanelOptions & { readonly quantity?: QuantityName } = {},
): Promise<Panel> {
  const quantity = options.quantity ?? "ttft";
  const { text } = context;
  const data = await readHeat(context, quantity);
  const unit = QUANTITIES[quantity].unit;
  const subtitle = subtitleOf([
    data === undefined ? "" : text.heatmap.cells(formatSeconds(data.stepSeconds)),
    data === undefined ? "" : text.heatmap.total(formatCount(data.total)),
    togetherText(context),
    options.withSpan ?? true ? spanText(context) : "",
  ]);
  const title = text.heatmap.title(shortQuantityTitle(text.quantities[quantity]));
  return {
    title,
    ...simulatedTag(context, "server"),
    subtitle,
    legend: [],
    description: `${title}; ${subtitle}`,
    ...(data === undefined ? { absent: absentReason(context, quantity, "server") } : {}),
    draw: (_kit, box, fontSize) =>
      data === undefined
        ? ""
        : drawHeat(data, { box, fontSize, context, label: (bound) => formatTick(bound, unit, text) }),
  };
}

async function readHeat(context: ChartContext, quantity: QuantityName): Promise<HeatData | undefined> {
  if (context.span === undefined) return undefined;
  const { startSeconds, endSeconds } = context.span;
  const { stepSeconds: smallest } = context.grid;
  const steps = Math.max(1, Math.ceil((endSeconds - startSeconds) / MOST_CELLS / smallest));
  const stepSeconds = steps * smallest;
  const count = Math.max(1, Math.ceil((endSeconds - startSeconds) / stepSeconds));
  const first = endSeconds - (count - 1) * stepSeconds;
  const series = await context.source.evaluate(
    { selector: { quantity }, fn: { kind: "histogram_increase" } },
    {
      startSeconds: first,
      stepSeconds,
      count,
      rangeSeconds: stepSeconds,
    },
  );
  const rows = series.map((each) => ({ bound: boundOf(each.labels.le), each })).sort((a, b) =>
    a.bound - b.bound
  );
  const counts = rows.map(({ each }) => {
    const row = new Array<number>(count).fill(0);
    each.timesSeconds.forEach((time, index) => {
      const column = Math.round((time - first) / stepSeconds);
      if (column >= 0 && column < count) row[column] = (row[column] ?? 0) + (each.values[index] ?? 0);
    });
    return row;
  });
  const used = counts.map((row) => row.some((value) => value > 0));
  const from = used.indexOf(true);
  const to = used.lastIndexOf(true);
  if (from < 0) return undefined;
  const kept = counts.slice(from, to + 1);
  return {
    // A span shorter than one cell is widened to show it.
    span: { startSeconds: Math.min(startSeconds, endSeconds - stepSeconds), endSeconds },
    stepSeconds,
    timesSeconds: Array.from({ length: count }, (_, k) => first + k * stepSeconds),
    bounds: rows.slice(from, to + 1).map((row) => row.bound),
    lowest: from === 0 ? 0 : rows[from - 1]?.bound ?? 0,
    counts: kept,
    total: kept.flat().reduce((sum, value) => sum + value, 0),
  };
}

/** `le` of a bucket; what is no number (or missing) is the last bucket. */
export function boundOf(le: string | undefined): number {
  if (le === undefined) return Infinity;
  const bound = le === "+Inf" ? Infinity : Number(le);
  return Number.isNaN(bound) ? Infinity : bound;
}

interface HeatView {
  readonly box: Box;
  readonly fontSize: number;
  readonly context: ChartContext;
  readonly label: (bound: number) => string;
}

function drawHeat(data: HeatData, view: HeatView): string {
  const { box, fontSize, context } = view;
  const edges = [data.lowest, ...data.bounds].map((bound) => bound === Infinity ? "+Inf" : view.label(bound));
  const left = box.x + Math.max(...edges.map((edge) => textWidth(edge, fontSize))) + 8;
  const area: Box = {
    x: left,
    y: box.y + 8,
    width: box.x + box.width - left - 8,
    height: box.height - fontSize - 18,
  };
  const rowHeight = area.height / data.bounds.length;
  const pixels = (time: number) =>
    area.x +
    ((time - data.span.startSeconds) / (data.span.endSeconds - data.span.startSeconds || 1)) * area.width;
  const parts: string[] = [];
  for (const gap of gapsOf(context, "server")) {
    const x = Math.max(area.x, pixels(gap.startSeconds));
    const width = Math.min(area.x + area.width, pixels(gap.endSeconds)) - x;
    if (width > 0) parts.push(rect({ x, y: area.y, width, height: area.height }, COLOR.grid, 0.6));
  }
  parts.push(drawCells(data, { area, rowHeight, pixels, fontSize }));
  const every = Math.max(1, Math.ceil((fontSize * 1.2) / rowHeight));
  edges.forEach((edge, index) => {
    if (index % every !== 0) return;
    const y = area.y + area.height - index * rowHeight;
    parts.push(svgText(edge, { x: area.x - 6, y: y + fontSize * 0.35, size: fontSize, anchor: "end" }));
  });
  const ticks = timeTicks(data.span, { timeZone: context.timeZone, widthPixels: area.width, fontSize });
  for (const tick of ticks) {
    const x = pixels(tick.timeSeconds);
    parts.push(
      `<path d="M${tenth(x)},${tenth(area.y + area.height)}v3" stroke="${COLOR.muted}"/>`,
      svgText(tick.label, { x, y: area.y + area.height + fontSize + 4, size: fontSize, anchor: "middle" }),
    );
  }
  parts.push(
    `<path d="M${tenth(area.x)},${tenth(area.y + area.height)}h${
      tenth(area.width)
    }" stroke="${COLOR.grid}"/>`,
  );
  return parts.join("");
}

/**
 * Cells of one colour as one path, numbers where they fit. Strength goes with the root of the count, so that a cell of one is
 * seen beside a cell of a hundred.
 */
function drawCells(
  data: HeatData,
  view: { area: Box; rowHeight: number; pixels: (time: number) => number; fontSize: number },
): string {
  const { area, rowHeight, pixels } = view;
  const most = Math.max(...data.counts.flat());
  const size = view.fontSize - 1;
  const paths = HEAT.map(() => new CellPath(Math.max(0.5, rowHeight - CELL_GAP)));
  const labels: string[] = [];
  data.counts.forEach((row, index) => {
    const y = area.y + area.height - (index + 1) * rowHeight;
    row.forEach((count, column) => {
      if (count <= 0) return;
      const end = data.timesSeconds[column] ?? 0;
      const x = Math.max(area.x, pixels(end - data.stepSeconds));
      const cell = { x, y, width: pixels(end) - x, height: rowHeight };
      const step = Math.min(HEAT.length - 1, Math.floor(Math.sqrt(count / most) * HEAT.length));
      paths[step]?.add(cell);
      const label = formatCount(count);
      if (cell.height < size + 2 || cell.width < textWidth(label, size) + 2) return;
      const color = step >= 4 ? COLOR.onStrong : COLOR.onWeak;
      const at = { x: x + cell.width / 2, y: y + rowHeight / 2 + size * 0.35 };
      labels.push(svgText(label, { ...at, size, color, anchor: "middle" }));
    });
  });
  return paths.map((path, step) => path.draw(HEAT[step] ?? HEAT[0])).join("") + labels.join("");
}

/** Between two cells. */
const CELL_GAP = 0.6;

/** Cells of one height as strokes of one path, each told by its way from the one before: a third of the bytes of rectangles. */
class CellPath {
  readonly #height: number;
  #d = "";
  #x = 0;
  #y = 0;

  constructor(height: number) {
    this.#height = height;
  }

  add(cell: Box): void {
    const x = Math.round(cell.x * 10);
    const y = Math.round((cell.y + this.#height / 2) * 10);
    const width = Math.round(Math.max(0.5, cell.width - CELL_GAP) * 10);
    const to = this.#d === "" ? `M${x / 10} ${y / 10}` : `m${(x - this.#x) / 10} ${(y - this.#y) / 10}`;
    this.#d += `${to}h${width / 10}`.replace(/(?<!\d)0\./g, ".").replaceAll(" -", "-");
    this.#x = x + width;
    this.#y = y;
  }

  draw(color: string): string {
    if (this.#d === "") return "";
    return `<path fill="none" stroke="${color}" stroke-width="${tenth(this.#height)}" d="${this.#d}"/>`;
  }
}

function rect(box: Box, fill: string, opacity?: number): string {
  return `<rect x="${tenth(box.x)}" y="${tenth(box.y)}" width="${tenth(box.width)}" height="${
    tenth(box.height)
  }"` +
    ` fill="${fill}"${opacity === undefined ? "" : ` fill-opacity="${opacity}"`}/>`;
}
