/**
 * The dashboard in a terminal: a row a line, with a sparkline, the value now and the highest.
 *
 * @module
 */
import { type Checks, COUNT } from "../base/arguments.ts";
import { CHART_CHECKS, checkChart } from "../charts/chart_checks.ts";
import { fitTerminal, terminalWidth } from "../base/terminal_text.ts";
import { type ChartContext, type ChartOptions, factsOf, readContext } from "../charts/context.ts";
import { gapsOf } from "../charts/gaps.ts";
import { shortQuantityTitle } from "../text/quantities.ts";
import { clockTime, clockTimeFrom, zoneOffsetName } from "../charts/time_axis.ts";
import type { TimeLine, TimePanel } from "../charts/time_panel.ts";
import { formatDisplay } from "../charts/units.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { pagePanels } from "./page_data.ts";
import { whatIsWatched } from "./snapshot.ts";

/** How large the terminal is. */
export interface TerminalOptions extends ChartOptions {
  /** Default 80. */
  readonly columns?: number;
  /** Default 24. */
  readonly rows?: number;
}

const CHECKS: Checks<TerminalOptions> = { ...CHART_CHECKS, columns: COUNT, rows: COUNT };

const LEVELS = "▁▂▃▄▅▆▇█";
/** How wide the parts of a line are, with one column between two. */
interface Layout {
  readonly label: number;
  readonly spark: number;
  readonly value: number;
  /** 0 where there is no room for it. */
  readonly most: number;
}

/** A sparkline narrower than that shows no shape. */
const LEAST_SPARK = 8;

/** Where room is short the highest value goes first, then the ends of names; a number is whole or is not there. */
function layoutOf(columns: number): Layout {
  const [value, most, label] = [11, 16, 26];
  const whole = columns - label - value - most - 3;
  if (whole >= LEAST_SPARK) return { label, spark: whole, value, most };
  const short = Math.max(8, Math.min(label, columns - value - LEAST_SPARK - 2));
  return { label: short, spark: Math.max(0, columns - short - value - 2), value, most: 0 };
}
/** A failed scrape, and a restart, in a sparkline. */
const GAP = "░";
const RESTART = "╎";

/**
 * Draws the newest state in at most `rows` lines of exactly `columns` columns. A sparkline starts at zero (ratios end at
 * 100 %), each of its columns shows the highest value of its time, so that no spike is lost; a failed scrape is shaded.
 */
export async function terminalView(
  source: MetricSource,
  options: TerminalOptions = {},
): Promise<string> {
  checkChart("terminalView(collector, { columns: 80 })", source, options, CHECKS);
  const { columns = 80, rows = 24 } = options;
  const context = await readContext(source, options);
  const heading = headingLines(context, columns);
  if (context.span === undefined) return heading.slice(0, rows).join("\n");
  const panels = await pagePanels(context);
  const body = panels.flatMap(([, panel]) => panelLines(panel, { context, columns }));
  const events = eventLines(context, columns);
  const room = Math.max(0, rows - heading.length);
  const kept = body.slice(0, room);
  const left = room - kept.length;
  return [...heading, ...kept, ...(left > 0 ? events.slice(-left) : [])].slice(0, rows).join("\n");
}

function headingLines(context: ChartContext, columns: number): string[] {
  const { text, span, timeZone } = context;
  const now = span === undefined
    ? ""
    : `${clockTime(span.endSeconds, timeZone)} ${zoneOffsetName(span.endSeconds, timeZone)}`;
  const title = fitTerminal(text.dashboard, Math.max(0, columns - now.length - 1));
  const watched = whatIsWatched(context);
  return [
    `${title} ${now}`.slice(0, columns),
    fitTerminal(watched === "" ? text.nothingYet : watched, columns),
  ];
}

function panelLines(panel: TimePanel, view: { context: ChartContext; columns: number }): string[] {
  const { columns } = view;
  const name = shortQuantityTitle(panel.title.split(/[:：]/)[0] ?? panel.title);
  if (panel.absent !== undefined) {
    const { label } = layoutOf(columns);
    const reason = fitTerminal(panel.absent, Math.max(0, columns - label - 1));
    return [inColumns(`${fitTerminal(name, label)} ${reason}`, columns)];
  }
  const several = factsOf(view.context, "server").length > 1;
  return shownLines(panel, several).map((line) => lineOf(panel, line, { ...view, name }));
}

/** A line of cells that fit already, in a terminal narrower than they are too. */
function inColumns(line: string, columns: number): string {
  let kept = "";
  for (const character of line) {
    if (terminalWidth(kept + character) > columns) break;
    kept += character;
  }
  return kept + " ".repeat(columns - terminalWidth(kept));
}

/** Of latencies the highest quantile and the client's, or that of each server; of everything else all lines, at most three. */
function shownLines({ data }: TimePanel, several: boolean): readonly TimeLine[] {
  if (data.unit !== "seconds") return data.lines.slice(0, 3);
  const quantiles = data.lines.filter(({ label }) => /(^|\s)p9[\d.]*$/.test(label));
  return several && !data.lines.some(isMedian) ? data.lines.slice(0, 3) : quantiles;
}

/** Only where servers are told together has a panel a median. */
function isMedian({ label }: TimeLine): boolean {
  return label === "p50";
}

function lineOf(
  panel: TimePanel,
  line: TimeLine,
  view: { context: ChartContext; columns: number; name: string },
): string {
  const { context, columns, name } = view;
  const { text } = context;
  // A latency is always said to be which: a quantile, the client's.
  const isPlain = panel.data.lines.length === 1 && panel.data.unit !== "seconds";
  // Servers have names without blanks: `rack-p40:8000` is none of a quantile's.
  const isQuantile = panel.data.unit !== "seconds" || /(^|\s)p\d[\d.]*$/.test(line.label);
  const label = isPlain ? name : isQuantile ? `${name} ${line.label}` : `${name} p95 ${line.label}`;
  const now = (line.currentIsFloor === true ? ">" : "") + formatDisplay(line.current, panel.data.unit, text);
  const most = `${text.maximum} ${formatDisplay(highest(mostOf(line)), panel.data.unit, text)}`;
  const layout = layoutOf(columns);
  const spark = sparkline(panel, line, { columns: layout.spark, gaps: gapsOf(context, "server") });
  const cells = [
    fitTerminal(label, layout.label),
    ...(layout.spark > 0 ? [spark] : []),
    fitTerminal(now, layout.value, "right"),
    ...(layout.most > 0 ? [fitTerminal(most, layout.most, "right")] : []),
  ];
  return inColumns(cells.join(" "), columns);
}

/** Of means of many readings the highest of those. */
function mostOf(line: Pick<TimeLine, "values" | "upper" | "spread">): ArrayLike<number> {
  return line.spread === true ? line.upper ?? line.values : line.values;
}

function highest(values: ArrayLike<number>): number {
  let most = NaN;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? NaN;
    if (Number.isFinite(value) && !(value <= most)) most = value;
  }
  return most;
}

/** One character a column of time: its highest value, `░` where scrapes failed, `╎` at a restart, blank where nothing is known. */
export function sparkline(
  panel: Pick<TimePanel, "data">,
  line: Pick<TimeLine, "timesSeconds" | "values" | "upper" | "spread">,
  options: { readonly columns: number; readonly gaps?: readonly TimeSpan[] },
): string {
  const { columns } = options;
  const { span, unit, marks } = panel.data;
  const length = Math.max(span.endSeconds - span.startSeconds, 1e-9);
  const columnOf = (time: number) =>
    Math.min(columns - 1, Math.max(0, Math.floor(((time - span.startSeconds) / length) * columns)));
  const most = new Float64Array(columns).fill(NaN);
  for (let index = 0; index < line.timesSeconds.length; index++) {
    const value = mostOf(line)[index] ?? NaN;
    const column = columnOf(line.timesSeconds[index] ?? NaN);
    if (Number.isFinite(value) && !(value <= (most[column] ?? NaN))) most[column] = value;
  }
  const top = unit === "ratio" ? Math.max(1, highest(mostOf(line))) : highest(mostOf(line));
  const cells = Array.from(most, (value) => Number.isNaN(value) ? " " : levelOf(value, top));
  for (const gap of options.gaps ?? panel.data.gaps) {
    for (let column = columnOf(gap.startSeconds); column <= columnOf(gap.endSeconds); column++) {
      if (cells[column] === " ") cells[column] = GAP;
    }
  }
  for (const mark of marks) if (mark.bad) cells[columnOf(mark.timeSeconds)] = RESTART;
  return cells.join("");
}

function levelOf(value: number, top: number): string {
  const level = top > 0 ? Math.round((value / top) * (LEVELS.length - 1)) : 0;
  return LEVELS[Math.max(0, Math.min(LEVELS.length - 1, level))] ?? " ";
}

/** The newest events with their times. */
function eventLines(context: ChartContext, columns: number): string[] {
  const { text, timeZone } = context;
  const now = context.span?.endSeconds ?? 0;
  const several = factsOf(context, "server").length > 1;
  return context.events.flatMap((event) => {
    const what = event.kind === "counter_reset"
      ? (several ? `${event.target}: ` : "") +
        (event.reason === "process_start_changed" ? text.restart : text.counterReset)
      : event.kind === "note"
      ? event.text
      : event.kind === "incident"
      ? `${event.name} ${event.state}`
      : event.kind === "workload" && event.state === "begin"
      ? event.phase
      : undefined;
    return what === undefined
      ? []
      : [fitTerminal(`${clockTimeFrom(event.timeSeconds, now, timeZone)}  ${what}`, columns)];
  });
}
