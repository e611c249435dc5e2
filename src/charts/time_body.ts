/**
 * Draws lines over time with Plot: gaps as grey bands, restarts as named rules, limits, lone points.
 *
 * @module
 */
import type { Markish } from "@observablehq/plot";
import type { ChartsText } from "../text/charts.ts";
import { thinBand, thinLine } from "./downsample.ts";
import { drawMarkLabels, type MarkNumbers, marksInSpan, unplacedWords } from "./mark_labels.ts";
import { type Box, DASH_ARRAYS, svgText } from "./panel.ts";
import type { PlotKit } from "./plot_kit.ts";
import { fitEnd, textWidth } from "./text_width.ts";
import { COLOR, seriesColor } from "./theme.ts";
import { linearAxis, logAxis, type ValueAxis } from "./ticks.ts";
import { timeTicks } from "./time_axis.ts";
import { dashName, type TimeData, type TimeLine, type TimeMark } from "./time_panel.ts";
import { formatTick } from "./units.ts";

interface BodyOptions {
  readonly kit: PlotKit;
  readonly box: Box;
  readonly fontSize: number;
  readonly text: ChartsText;
  /** Of the words that stand in the picture's key. */
  readonly numbers?: MarkNumbers;
}

interface Row {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** Axes leave room for labels such as `500 ms` even where theirs are shorter: the times of panels under each other align. */
const USUAL_LABEL_EM = 3.8;

/** The body of a {@link TimeData}: a nested SVG and the labels of its marks. */
export function drawTimeBody(data: TimeData, options: BodyOptions): string {
  const { kit, box, fontSize, text } = options;
  const axis = valueAxis(data, box.height);
  const labels = axis.ticks.map((tick) => formatTick(tick, data.unit, text));
  const marginLeft =
    Math.max(USUAL_LABEL_EM * fontSize, ...labels.map((label) => textWidth(label, fontSize))) + 8;
  const margins = { left: Math.min(marginLeft, box.width / 3), right: 8, top: 12, bottom: fontSize + 9 };
  const plotWidth = Math.max(1, box.width - margins.left - margins.right);
  const span = drawableSpan(data);
  const scaleX = (time: number) =>
    margins.left + ((time - span.startSeconds) / (span.endSeconds - span.startSeconds)) * plotWidth;
  const ticks = timeTicks(span, { timeZone: data.timeZone, widthPixels: plotWidth, fontSize });
  const marked = marksInSpan(data);
  const tickLabels = new Map(ticks.map((tick) => [tick.timeSeconds, tick.label]));
  const { plot } = kit;
  const marks: Markish[] = [
    ...gapMarks(data, kit, axis),
    plot.gridY([...axis.ticks], { stroke: COLOR.grid, strokeOpacity: 1 }),
    plot.axisY([...axis.ticks], {
      tickSize: 0,
      tickPadding: 6,
      label: null,
      text: (_: unknown, index: number) => labels[index] ?? "",
    }),
    plot.axisX(ticks.map((tick) => tick.timeSeconds), {
      tickSize: 3,
      tickPadding: 3,
      label: null,
      text: (time: number) => tickLabels.get(time) ?? "",
    }),
    ...bandMarks(data, kit, { span, plotWidth }),
    ...limitMarks(data, kit, axis),
    ...data.lines.flatMap((line) => lineMarks(line, kit, { data, axis, span, plotWidth })),
    ...eventMarks(marked, kit),
    ...dotMarks(data, kit),
  ];
  const svg = kit.render({
    width: box.width,
    height: box.height,
    marginLeft: margins.left,
    marginRight: margins.right,
    marginTop: margins.top,
    marginBottom: margins.bottom,
    x: { type: "linear", domain: [span.startSeconds, span.endSeconds], axis: null, label: null },
    y: { type: axis.scale, domain: [...axis.domain], axis: null, label: null },
    marks,
  }, box);
  const place = { box, width: box.width, fontSize, scaleX, numbers: options.numbers ?? new Map() };
  return svg + drawMarkLabels(marked, place) + limitLabels(data, { ...options, axis, margins });
}

/**
 * Words of marks that will find no place beside their rules in a drawing so wide, by time. The drawing itself may have a
 * little less or more room; here it is taken to have less.
 */
export function wordsWithoutPlace(data: TimeData, width: number, fontSize: number): readonly string[] {
  const span = drawableSpan(data);
  const left = USUAL_LABEL_EM * fontSize + 8;
  const plotWidth = Math.max(1, width - left - 8 - fontSize);
  const scaleX = (time: number) =>
    left + ((time - span.startSeconds) / (span.endSeconds - span.startSeconds)) * plotWidth;
  return unplacedWords(marksInSpan(data), { width: width - fontSize, fontSize, scaleX });
}

/** One instant is drawn in the middle of a few seconds: a domain needs a width. */
function drawableSpan(data: TimeData): { startSeconds: number; endSeconds: number } {
  const { startSeconds, endSeconds } = data.span;
  return endSeconds > startSeconds
    ? data.span
    : { startSeconds: startSeconds - 5, endSeconds: endSeconds + 5 };
}

function valueAxis(data: TimeData, height: number): ValueAxis {
  let minimum = Infinity;
  let maximum = -Infinity;
  const see = (values: ArrayLike<number> | undefined) => {
    if (values === undefined) return;
    for (let index = 0; index < values.length; index++) {
      const value = values[index] ?? NaN;
      if (!Number.isFinite(value) || (data.scale === "log" && value <= 0)) continue;
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
    }
  };
  for (const line of data.lines) [line.values, line.lower, line.upper].forEach(see);
  for (const band of data.bands ?? []) [band.lower, band.upper].forEach(see);
  see((data.dots ?? []).map((dot) => dot.value));
  // A limit near the data belongs in the picture; one far above would flatten the lines.
  for (const limit of data.limits) if (limit.value <= maximum * 2) see([limit.value]);
  const steps = Math.max(2, Math.min(5, Math.floor(height / 28)));
  const options = { unit: data.unit, minimum, maximum, steps };
  return data.scale === "log" ? logAxis(options) : linearAxis(options);
}

/** Grey where nobody answered, paler where some of several did. */
function gapMarks(data: TimeData, kit: PlotKit, axis: ValueAxis): Markish[] {
  const gaps = data.gaps
    .map((gap) => ({
      x1: Math.max(gap.startSeconds, data.span.startSeconds),
      x2: Math.min(gap.endSeconds, data.span.endSeconds),
      partial: (gap.answering ?? 0) > 0,
    }))
    .filter((gap) => gap.x2 > gap.x1);
  const [y1, y2] = axis.domain;
  return [false, true].flatMap((partial) => {
    const drawn = gaps.filter((gap) => gap.partial === partial);
    if (drawn.length === 0) return [];
    const fillOpacity = partial ? 0.4 : 0.6;
    return [kit.plot.rect(drawn, { x1: "x1", x2: "x2", y1, y2, fill: COLOR.grid, fillOpacity })];
  });
}

function bandMarks(
  data: TimeData,
  kit: PlotKit,
  view: { span: TimeData["span"]; plotWidth: number },
): Markish[] {
  const columns = Math.max(1, Math.floor(view.plotWidth));
  return (data.bands ?? []).map((band) => {
    const { timesSeconds, lower, upper } = thinBand(band, { ...view.span, columns });
    const rows = Array.from(
      timesSeconds,
      (x, index) => ({ x, low: lower[index] ?? NaN, high: upper[index] ?? NaN }),
    );
    return kit.plot.areaY(rows, {
      x: "x",
      y1: "low",
      y2: "high",
      fill: seriesColor(band.color),
      fillOpacity: 0.22,
    });
  });
}

interface LineView {
  readonly data: TimeData;
  readonly axis: ValueAxis;
  readonly span: TimeData["span"];
  readonly plotWidth: number;
}

function lineMarks(line: TimeLine, kit: PlotKit, view: LineView): Markish[] {
  const { plot } = kit;
  const rows = rowsOf(line, view);
  const color = seriesColor(line.color);
  // Steps narrower than a pixel are strokes: two corners for each would only cost bytes.
  const isThinned = rows.length < line.timesSeconds.length;
  const curve = line.curve === "step" && !isThinned ? "step-after" : "linear";
  const marks: Markish[] = [];
  if (line.lower !== undefined && line.upper !== undefined) {
    // The last bucket has no upper end: its band reaches the top. A logarithm has no zero.
    const [bottom, top] = view.axis.domain;
    const band = rows.map((row) => ({
      ...row,
      low: view.axis.scale === "log" ? Math.max(row.low, bottom) : row.low,
      high: row.high === Infinity ? top : row.high,
    }));
    marks.push(
      plot.areaY(band, {
        x: "x",
        y1: "low",
        y2: "high",
        curve: line.spread === true ? "linear" : "step-after",
        fill: color,
        fillOpacity: line.spread === true ? 0.25 : 0.18,
      }),
    );
  }
  if (line.filled === true && view.axis.scale === "linear") {
    marks.push(plot.areaY(rows, { x: "x", y1: 0, y2: "y", curve, fill: color, fillOpacity: 0.15 }));
  }
  const broken = dashName(line.dashed);
  const dash = broken === undefined ? {} : { strokeDasharray: DASH_ARRAYS[broken] };
  marks.push(plot.lineY(rows, { x: "x", y: "y", curve, stroke: color, strokeWidth: 1.6, ...dash }));
  const lone = rows.filter((row, index) => isLone(rows, row, index));
  if (lone.length > 0) marks.push(plot.dot(lone, { x: "x", y: "y", r: 2.5, fill: color }));
  return marks;
}

/** A point with no neighbour to be joined to would be a speck. */
function isLone(rows: readonly Row[], row: Row, index: number): boolean {
  if (!Number.isFinite(row.y)) return false;
  return !Number.isFinite(rows[index - 1]?.y) && !Number.isFinite(rows[index + 1]?.y);
}

/** Points to draw, thinned to what the width can show. */
function rowsOf(
  line: Pick<TimeLine, "timesSeconds" | "values" | "lower" | "upper">,
  view: { span: TimeData["span"]; plotWidth: number },
): Row[] {
  const columns = Math.max(1, Math.floor(view.plotWidth));
  const indices = thinLine(line, { ...view.span, columns });
  return Array.from(indices, (index) => ({
    x: line.timesSeconds[index] ?? NaN,
    y: line.values[index] ?? NaN,
    low: line.lower?.[index] ?? NaN,
    high: line.upper?.[index] ?? NaN,
  }));
}

function visibleLimits(data: TimeData, axis: ValueAxis) {
  const [low, high] = axis.domain;
  return data.limits.filter((limit) => limit.value >= low && limit.value <= high * 1.0001);
}

function limitMarks(data: TimeData, kit: PlotKit, axis: ValueAxis): Markish[] {
  const limits = visibleLimits(data, axis);
  if (limits.length === 0) return [];
  return [
    kit.plot.ruleY(limits.map((limit) => limit.value), {
      stroke: COLOR.warn,
      strokeDasharray: "6,3",
      strokeWidth: 1.2,
    }),
  ];
}

interface LimitView extends BodyOptions {
  readonly axis: ValueAxis;
  readonly margins: {
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  };
}

/** Names stand at the right, above their line, or below where there is no room above. */
function limitLabels(data: TimeData, view: LimitView): string {
  const { axis, box, margins, fontSize } = view;
  const [low, high] = axis.domain;
  const height = box.height - margins.top - margins.bottom;
  const place = (value: number) =>
    axis.scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return visibleLimits(data, axis).map((limit) => {
    const y = box.y + margins.top + (1 - place(limit.value)) * height;
    const above = y - box.y > margins.top + fontSize;
    const label = fitEnd(limit.label, box.width - margins.left - margins.right, fontSize);
    return svgText(label, {
      x: box.x + box.width - margins.right,
      // Underscores, of `max_num_seqs` say, reach three units below.
      y: above ? y - 4.5 : y + fontSize + 1,
      size: fontSize,
      color: COLOR.warn,
      anchor: "end",
      halo: true,
    });
  }).join("");
}

function eventMarks(marked: readonly TimeMark[], kit: PlotKit): Markish[] {
  const marks: Markish[] = [];
  for (const bad of [false, true]) {
    const of = marked.filter((mark) => mark.bad === bad);
    if (of.length === 0) continue;
    const stroke = bad ? COLOR.bad : COLOR.muted;
    marks.push(kit.plot.ruleX(of, {
      x: "timeSeconds",
      stroke,
      strokeDasharray: bad ? "3,2" : "1,3",
      strokeWidth: 1.2,
    }));
  }
  return marks;
}

function dotMarks(data: TimeData, kit: PlotKit): Markish[] {
  const dots = (data.dots ?? []).map((dot) => ({ x: dot.timeSeconds, y: dot.value }));
  if (dots.length === 0) return [];
  return [
    kit.plot.dot(dots, { x: "x", y: "y", r: 4, symbol: "diamond2", fill: COLOR.bad, stroke: COLOR.card }),
  ];
}
