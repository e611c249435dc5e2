/**
 * Lines over time: the model that pictures, the interactive page and the terminal share.
 *
 * @module
 */
import type { TimeSpan } from "../series/types.ts";
import type { ChartsText } from "../text/charts.ts";
import { type Gap, gapsLabel } from "./gaps.ts";
import { type Dash, fullTitle, type LegendEntry, type Panel } from "./panel.ts";
import { drawTimeBody, wordsWithoutPlace } from "./time_body.ts";
import { COLOR, seriesColor } from "./theme.ts";
import { type DisplayUnit, formatDisplay } from "./units.ts";

/** One line. NaN in `values` breaks it. */
export interface TimeLine {
  /** Plain text. */
  readonly label: string;
  /** Index into the theme's series colours. */
  readonly color: number;
  /** True is dashed. */
  readonly dashed?: boolean | Dash;
  readonly curve: "linear" | "step";
  readonly timesSeconds: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** Where the values are estimates: the interval that holds each, drawn as a band. */
  readonly lower?: ArrayLike<number>;
  readonly upper?: ArrayLike<number>;
  /** `values` are means of many readings each, `lower` and `upper` the lowest and the highest of them. */
  readonly spread?: boolean;
  /** Fills down to zero. */
  readonly filled?: boolean;
  /** The value at the end of the span; absent when the line does not reach it. */
  readonly current?: number;
  /** `current` is only known to be at least that. */
  readonly currentIsFloor?: boolean;
}

/** A band between two values without a line (lowest to highest of many). */
export interface TimeBand {
  readonly label: string;
  readonly color: number;
  readonly timesSeconds: ArrayLike<number>;
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** A point that is pointed out. */
export interface TimeDot {
  readonly timeSeconds: number;
  readonly value: number;
}

/** Something with a time: a rule from top to bottom with a word. */
export interface TimeMark {
  readonly timeSeconds: number;
  readonly label: string;
  readonly bad: boolean;
}

/** A level that should not be passed, drawn and named when it lies within reach. */
export interface Limit {
  readonly value: number;
  readonly label: string;
}

/** Everything that is drawn. */
export interface TimeData {
  readonly span: TimeSpan;
  readonly timeZone: string;
  readonly unit: DisplayUnit;
  readonly scale: "linear" | "log";
  readonly lines: readonly TimeLine[];
  readonly bands?: readonly TimeBand[];
  readonly dots?: readonly TimeDot[];
  /** What dots are called; with it the legend says how many there are, also when there are none. */
  readonly dotLabel?: string;
  readonly marks: readonly TimeMark[];
  readonly gaps: readonly Gap[];
  readonly limits: readonly Limit[];
}

/** A panel of lines; `data` is there for those who draw it elsewhere. */
export interface TimePanel extends Panel {
  readonly data: TimeData;
}

/** Texts around the lines. */
export interface TimePanelHead {
  readonly title: string;
  readonly tag?: string;
  readonly subtitle: string;
  readonly absent?: string;
  readonly text: ChartsText;
}

/** Makes the panel: legend with current values, in the order of the lines' right ends. */
export function makeTimePanel(head: TimePanelHead, data: TimeData): TimePanel {
  const { subtitle, absent, text } = head;
  const hasLine = data.lines.some((line) => hasFinite(line.values)) ||
    (data.bands ?? []).some((band) => hasFinite(band.upper));
  const reason = absent ?? (hasLine ? undefined : text.nothingYet);
  const legend = reason === undefined ? timeLegend(data, text) : [];
  return {
    title: head.title,
    ...(head.tag === undefined ? {} : { tag: head.tag }),
    subtitle,
    legend,
    description: describe(fullTitle(head), subtitle, reason, legend),
    ...(reason === undefined ? {} : { absent: reason }),
    data,
    wordsWithoutPlace: (width, fontSize) => wordsWithoutPlace(data, width, fontSize),
    draw: (kit, box, fontSize, numbers) =>
      drawTimeBody(data, { kit, box, fontSize, text, ...(numbers === undefined ? {} : { numbers }) }),
  };
}

function describe(
  title: string,
  subtitle: string,
  reason: string | undefined,
  legend: readonly LegendEntry[],
): string {
  const values = legend.map((entry) => `${entry.label} ${entry.value}`.trim()).join(", ");
  return [title, subtitle, reason ?? values].filter((part) => part !== "").join("; ");
}

/** True where at least one value can be drawn. */
export function hasFinite(values: ArrayLike<number>): boolean {
  for (let index = 0; index < values.length; index++) if (Number.isFinite(values[index])) return true;
  return false;
}

/** How a line is broken; undefined for a whole one. */
export function dashName(dashed: TimeLine["dashed"]): Dash | undefined {
  return dashed === true ? "dashed" : dashed || undefined;
}

/** Known, but not at the span's end. */
function isPast(line: TimeLine): boolean {
  return line.current === undefined && hasFinite(line.values);
}

/** The value at the span's end; of a line that does not reach it the highest that is drawn, said so. */
function legendValue(
  line: TimeLine,
  view: { readonly data: TimeData; readonly text: ChartsText; readonly saysMaximum: boolean },
): string {
  const { data, text, saysMaximum } = view;
  const now = (line.currentIsFloor === true ? ">" : "") + formatDisplay(line.current, data.unit, text);
  if (line.current !== undefined) return now;
  const { value, isFloor } = highestOf(line, data.span);
  if (value === undefined) return now;
  const highest = (isFloor ? ">" : "") + formatDisplay(value, data.unit, text);
  return saysMaximum ? `${text.maximum} ${highest}` : highest;
}

/** Of means of many readings the highest of those. A quantile in the last bucket is only known to be at least that. */
function highestOf(
  line: TimeLine,
  span: TimeSpan,
): { readonly value: number | undefined; readonly isFloor: boolean } {
  const from = line.spread === true ? line.upper ?? line.values : line.values;
  let value: number | undefined;
  let isFloor = false;
  for (let index = 0; index < from.length; index++) {
    const each = from[index] ?? NaN;
    const time = line.timesSeconds[index] ?? NaN;
    if (!Number.isFinite(each) || time < span.startSeconds || time > span.endSeconds) continue;
    if (line.spread !== true && line.upper?.[index] === Infinity) isFloor = true;
    if (value === undefined || each > value) value = each;
  }
  return { value, isFloor };
}

function timeLegend(data: TimeData, text: ChartsText): LegendEntry[] {
  const ordered = [...data.lines].sort((a, b) => (b.current ?? -Infinity) - (a.current ?? -Infinity));
  // Of a run that has ended no line reaches the end: "max" is said once, before all.
  const areAllPast = ordered.length > 1 && ordered.every(isPast);
  const entries: LegendEntry[] = ordered.map((line) => ({
    label: line.label,
    value: legendValue(line, { data, text, saysMaximum: !areAllPast }),
    color: seriesColor(line.color),
    mark: dashName(line.dashed) ?? "line",
  }));
  if (areAllPast) entries.unshift({ label: `${text.maximum}:`, value: "", color: COLOR.muted, mark: "none" });
  for (const band of data.bands ?? []) {
    entries.push({ label: band.label, value: "", color: seriesColor(band.color), mark: "area" });
  }
  const partial = gapsLabel(data.gaps, data.span, text);
  if (partial !== "") entries.push({ label: partial, value: "", color: COLOR.grid, mark: "gap" });
  if (data.dots !== undefined && data.dotLabel !== undefined) {
    entries.push({
      label: data.dotLabel,
      value: String(data.dots.length),
      color: COLOR.bad,
      mark: "diamond",
    });
  }
  return entries;
}
