/**
 * Two runs side by side: each figure with its interval and its number of observations.
 *
 * @module
 */
import {
  ANY_TEXT,
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  LIST,
  needed,
  NUMBER,
  OBJECT,
} from "../base/arguments.ts";
import { checkView, DISPLAY_UNIT, PICTURE_CHECKS } from "./chart_checks.ts";
import { formatCount } from "../base/format.ts";
import { type ChartsText, chartsText } from "../text/charts.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { type Box, type Panel, svgText, tenth } from "./panel.ts";
import { panelPicture, type Picture, type PictureOptions } from "./picture.ts";
import { fitMiddle, textWidth } from "./text_width.ts";
import { COLOR, seriesColor } from "./theme.ts";
import { linearAxis } from "./ticks.ts";
import { type DisplayUnit, formatDisplay } from "./units.ts";

/** A figure of one run. */
export interface Estimate {
  /** The figure. */
  readonly value: number;
  /** Interval that holds the true value; absent where none is known. */
  readonly lower?: number;
  /** Upper end of the interval. */
  readonly upper?: number;
  /** Observations. */
  readonly count: number;
}

/** One figure in both runs. */
export interface BeforeAfterRow {
  /** What it is. */
  readonly label: string;
  /** Of both runs. */
  readonly unit: DisplayUnit;
  /** In the first run. */
  readonly before: Estimate;
  /** In the second run. */
  readonly after: Estimate;
}

/** How {@link beforeAfterChart} draws. */
export interface BeforeAfterOptions extends PictureOptions {
  /** Default English. */
  readonly language?: Language;
  /** Under the title. */
  readonly note?: string;
}

const CHECKS: Checks<BeforeAfterOptions> = { ...PICTURE_CHECKS, language: LANGUAGE, note: ANY_TEXT };

const ROW: Checks<BeforeAfterRow> = {
  label: needed(ANY_TEXT),
  unit: needed(DISPLAY_UNIT),
  before: needed(OBJECT),
  after: needed(OBJECT),
};

/** Unknown figures are NaN, so that any number will do. */
const FIGURE: Check = { ...NUMBER, accepts: (value) => typeof value === "number" };

const ESTIMATE: Checks<Estimate> = {
  value: needed(FIGURE),
  lower: FIGURE,
  upper: FIGURE,
  count: needed(FIGURE),
};

function checkRow(call: string, row: BeforeAfterRow): void {
  checkOptions<BeforeAfterRow>(call, row, ROW);
  checkOptions<Estimate>(call, row.before, ESTIMATE);
  checkOptions<Estimate>(call, row.after, ESTIMATE);
}

/** Rows with an axis of their own each, since their units differ; every axis starts at zero. */
export function beforeAfterChart(
  rows: readonly BeforeAfterRow[],
  options: BeforeAfterOptions = {},
): Promise<Picture> {
  const call = "beforeAfterChart([{ label, unit, before: { value, count }, after: { value, count } }])";
  checkArgument(call, { rows }, LIST);
  for (const row of rows) checkRow(call, row);
  checkView<BeforeAfterOptions>(call, options, CHECKS);
  const height = options.height ?? Math.min(900, 84 + Math.max(1, rows.length) * 52);
  const text = chartsText(options.language ?? "en");
  return panelPicture(beforeAfterPanel(rows, { text, note: options.note ?? "" }), { ...options, height });
}

/** The panel of {@link beforeAfterChart}. */
export function beforeAfterPanel(
  rows: readonly BeforeAfterRow[],
  options: { readonly text: ChartsText; readonly note: string },
): Panel {
  const { text } = options;
  return {
    title: text.compare.title,
    subtitle: options.note,
    legend: [
      { label: text.compare.before, value: "", color: seriesColor(0), mark: "dot" },
      { label: text.compare.after, value: "", color: seriesColor(1), mark: "diamond" },
    ],
    description: [text.compare.title, ...rows.map((row) => describeRow(row, text))].join("; "),
    ...(rows.length === 0 ? { absent: text.nothingYet } : {}),
    draw: (_kit, box, fontSize) => drawRows(rows, { box, fontSize, text }),
  };
}

function describeRow(row: BeforeAfterRow, text: ChartsText): string {
  const [before, after] = [row.before, row.after].map((each) => formatDisplay(each.value, row.unit, text));
  const change = changeOf(row);
  return `${row.label}: ${text.compare.before} ${before}, ${text.compare.after} ${after}` +
    (change === "" ? "" : ` (${change})`);
}

/** `+15%`, `-50%`, from tenfold on `×12`; nothing where one is not known, or nothing was. */
function changeOf({ before, after }: BeforeAfterRow): string {
  const ratio = after.value / before.value;
  if (!Number.isFinite(ratio) || before.value <= 0 || after.value < 0) return "";
  if (ratio >= 10) return `×${formatCount(Math.round(ratio))}`;
  const percent = Math.round((ratio - 1) * 100);
  return percent > 0 ? `+${percent}%` : `${percent}%`.replace("-0%", "0%");
}

function drawRows(
  rows: readonly BeforeAfterRow[],
  view: { box: Box; fontSize: number; text: ChartsText },
): string {
  const { box, fontSize } = view;
  const labelRoom = Math.min(
    box.width * 0.32,
    Math.max(...rows.map((row) => textWidth(row.label, fontSize))) + 12,
  );
  const valueRoom = Math.min(box.width * 0.34, textWidth("999 ktok/s +999% (n = 99.9k)", fontSize) + 8);
  const rowHeight = box.height / rows.length;
  return rows.map((row, index) => {
    const y = box.y + (index + 0.5) * rowHeight;
    const track = { x: box.x + labelRoom, width: box.width - labelRoom - valueRoom };
    return svgText(fitMiddle(row.label, labelRoom - 12, fontSize), {
      x: track.x - 10,
      y: y + fontSize * 0.35,
      size: fontSize,
      color: COLOR.text,
      anchor: "end",
    }) + drawRow(row, { ...view, track, y, half: Math.min(12, rowHeight / 4) });
  }).join("");
}

interface RowView {
  readonly box: Box;
  readonly fontSize: number;
  readonly text: ChartsText;
  readonly track: { readonly x: number; readonly width: number };
  readonly y: number;
  readonly half: number;
}

function drawRow(row: BeforeAfterRow, view: RowView): string {
  const { track, y, half, fontSize, text } = view;
  const all = [row.before, row.after].flatMap((
    each,
  ) => [each.value, each.lower ?? each.value, each.upper ?? each.value]);
  const axis = linearAxis({ unit: row.unit, minimum: Math.min(...all), maximum: Math.max(...all) });
  const [low, high] = axis.domain;
  const pixels = (value: number) => track.x + ((value - low) / (high - low)) * track.width;
  const base = `<path d="M${tenth(track.x)},${tenth(y)}h${tenth(track.width)}" stroke="${COLOR.grid}"/>`;
  const runs = [row.before, row.after].map((each, index) => {
    const at = y + (index === 0 ? -half : half);
    const color = seriesColor(index);
    const x = pixels(each.value);
    const interval = each.lower === undefined || each.upper === undefined
      ? ""
      : `<path d="M${tenth(pixels(each.lower))},${tenth(at)}H${
        tenth(pixels(each.upper))
      }" stroke="${color}" stroke-width="2"/>`;
    const mark = index === 0
      ? `<circle cx="${tenth(x)}" cy="${tenth(at)}" r="4" fill="${color}"/>`
      : `<path d="M${tenth(x)},${tenth(at - 5)}l5,5l-5,5l-5,-5z" fill="${color}"/>`;
    const figure = formatDisplay(each.value, row.unit, text);
    const change = index === 0 || changeOf(row) === "" ? "" : `, ${changeOf(row)}`;
    const value = `${figure}${change} (${text.compare.n(formatCount(each.count))})`;
    return interval + mark + svgText(value, {
      x: track.x + track.width + 12,
      y: at + fontSize * 0.35,
      size: fontSize,
      color: COLOR.text,
    });
  });
  return base + runs.join("");
}
