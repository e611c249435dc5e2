/**
 * Detailed statistics of every quantity that is there, as a table.
 *
 * @module
 */
import { formatCount, formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import { type ChartContext, type ChartOptions, readContext, sideOf, spanText } from "../charts/context.ts";
import { formatDisplay } from "../charts/units.ts";
import { renderTable } from "../report/table.ts";
import type { MetricSource } from "../series/types.ts";
import { quantityRows, type StatisticsRow } from "./statistics_rows.ts";

export type { StatisticsRow };

/** What is known of one target's collection. */
export interface TargetRow {
  /** Its name. */
  readonly target: string;
  /** Kind, version, models, and whether it is simulated. */
  readonly what: string;
  /** Between two reads, where it is known. */
  readonly intervalSeconds?: number;
  /** In the span. */
  readonly failedScrapes: number;
  /** Restarts and counters that began anew, in the span. */
  readonly resets: number;
}

/** The table, and the numbers in it. `html` is escaped; `text` is one line a row. */
export interface DetailedStatistics {
  /** Two tables, escaped. */
  readonly html: string;
  /** The same for a terminal. */
  readonly text: string;
  /** The first table. */
  readonly targets: readonly TargetRow[];
  /** The second table. */
  readonly rows: readonly StatisticsRow[];
}

/** Reads every quantity that is there over the last 300 s of the span. */
export async function detailedStatistics(
  source: MetricSource,
  options: ChartOptions = {},
): Promise<DetailedStatistics> {
  const context = await readContext(source, options);
  const rows = context.span === undefined ? [] : await quantityRows(context, context.span.endSeconds);
  const targets = targetRows(context);
  const tables = [targetTable(context, targets), quantityTable(context, rows)];
  return {
    html: tables.map((table) => table.html).join(""),
    text: tables.map((table) => table.text).join("\n\n"),
    targets,
    rows,
  };
}

function targetRows(context: ChartContext): TargetRow[] {
  const count = (target: string, kind: "scrape_failed" | "counter_reset") =>
    context.events.filter((event) => event.kind === kind && event.target === target).length;
  return context.facts.map((facts) => {
    const simulated = facts.simulated ? context.text.simulated : undefined;
    const what = [
      sideOf(facts) === "server" ? facts.kind : undefined,
      facts.version,
      facts.models?.join(", "),
      simulated,
    ];
    return {
      target: facts.target,
      what: what.filter((part) => part !== undefined).join(" "),
      ...(facts.intervalSeconds === undefined ? {} : { intervalSeconds: facts.intervalSeconds }),
      failedScrapes: count(facts.target, "scrape_failed"),
      resets: count(facts.target, "counter_reset"),
    };
  });
}

function targetTable(context: ChartContext, targets: readonly TargetRow[]) {
  const { table, statistics, nothingYet } = context.text;
  const span = context.span;
  return renderTable(
    [
      { title: table.target },
      { title: table.what },
      { title: table.interval, numeric: true },
      { title: table.gaps, numeric: true },
      { title: table.resets, numeric: true },
    ],
    targets.map((row) => [
      row.target,
      row.what,
      row.intervalSeconds === undefined ? NOT_AVAILABLE : formatSeconds(row.intervalSeconds),
      formatCount(row.failedScrapes),
      formatCount(row.resets),
    ]),
    {
      caption: statistics,
      notes: [
        span === undefined
          ? nothingYet
          : `${spanText(context)}, ${table.duration} ${formatSeconds(span.endSeconds - span.startSeconds)}`,
      ],
    },
  );
}

function quantityTable(context: ChartContext, rows: readonly StatisticsRow[]) {
  const { table } = context.text;
  const show = (row: StatisticsRow, value: number | undefined) =>
    formatDisplay(value, row.unit, context.text);
  return renderTable(
    [
      { title: table.quantity },
      { title: table.series },
      { title: table.current, numeric: true },
      { title: table.average, numeric: true },
      { title: table.maximum, numeric: true },
      { title: table.minimum, numeric: true },
      { title: table.p95, numeric: true },
      { title: table.points, numeric: true },
      { title: table.state, whole: true },
    ],
    rows.map((row) => [
      context.text.quantities[row.quantity] + table.kinds[row.kind],
      labelText(row, rows),
      show(row, row.current),
      show(row, row.average),
      row.kind === "histogram" ? "–" : show(row, row.maximum),
      row.kind === "histogram" ? "–" : show(row, row.minimum),
      (row.p95IsFloor === true ? ">" : "") + show(row, row.p95),
      String(row.points),
      row.state === "live" ? table.stateLive : table.stateStale,
    ]),
    { notes: rows.length === 0 ? [] : [table.explanation(formatSeconds(context.rangeSeconds))] },
  );
}

/** Labels that tell the rows of a quantity apart: `finished_reason stop`. A GPU keeps its number only. */
function labelText(row: StatisticsRow, rows: readonly StatisticsRow[]): string {
  const others = rows.filter((other) => other.quantity === row.quantity);
  const names = Object.keys(row.labels).filter((name) => {
    if (name === "gpu") return true;
    if (row.labels.gpu !== undefined && (name === "uuid" || name === "name")) return false;
    return others.some((other) => other.labels[name] !== row.labels[name]);
  });
  return names.map((name) => `${name} ${row.labels[name]}`).join(", ");
}
