/**
 * Tables of what a notebook has in hand: samples of a scrape, requests of a workload.
 *
 * @module
 */
import { checkArgument, type Checks, COUNT } from "../base/arguments.ts";
import { checkView } from "../charts/chart_checks.ts";
import { FAMILY, RECORDS } from "../series/arguments.ts";
import { shortenMiddle } from "../base/escape.ts";
import { formatNumber, formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import type { MetricFamily, Sample } from "../parser/types.ts";
import type { RequestRecord } from "../series/types.ts";
import { e2eSeconds, tpotSeconds, ttftSeconds } from "../simulator/workload/request_times.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { runSummaryText } from "../text/run_summary.ts";
import { tablesText } from "../text/tables.ts";
import { type RenderedTable, renderTable } from "./table.ts";

/** Options of both tables. */
export interface NotebookTableOptions {
  /** Rows that are shown; the rest is counted in a note. Default 10. */
  readonly rows?: number;
  /** Default `en`. */
  readonly language?: Language;
}

const CHECKS: Checks<NotebookTableOptions> = { rows: COUNT, language: LANGUAGE };

/** The samples of a metric (a family), as they stand on the page: name, every label, value. */
export function sampleTable(family: MetricFamily, options: NotebookTableOptions = {}): RenderedTable {
  const call = "sampleTable(parser.parseMetrics(text)[0])";
  checkArgument(call, { family }, FAMILY);
  checkView<NotebookTableOptions>(call, options, CHECKS);
  const language = options.language ?? "en";
  const text = tablesText(language);
  const { bracket, colon } = punctuation(language);
  const shown = family.samples.slice(0, options.rows ?? 10);
  return renderTable(
    [{ title: text.sample }, { title: text.labels }, { title: text.value, numeric: true }],
    shown.map((sample) => [sample.name, labelText(sample), String(sample.value)]),
    {
      caption: family.name + bracket(family.type) + colon + family.help,
      notes: moreNote(family.samples.length - shown.length, text.more),
    },
  );
}

/** Longest piece of an error that fits into a row. */
const LONGEST_ERROR = 80;

/** Why an answer ended, or why there is none. */
function whyEnded({ finishReason, error }: RequestRecord, bracket: (text: string) => string): string {
  const why = finishReason ?? (error === undefined ? undefined : shortenMiddle(error, LONGEST_ERROR));
  return why === undefined ? "" : bracket(why);
}

/** Requests as their client saw them; a time that never came is n/a. */
export function requestTable(
  records: readonly RequestRecord[],
  options: NotebookTableOptions = {},
): RenderedTable {
  const call = "requestTable(result.records)";
  checkArgument(call, { records }, RECORDS);
  checkView<NotebookTableOptions>(call, options, CHECKS);
  const language = options.language ?? "en";
  const text = tablesText(language);
  const { bracket } = punctuation(language);
  const shown = records.slice(0, options.rows ?? 10);
  const numeric = [text.promptTokens, text.outputTokens, "TTFT", "TPOT", "E2E"].map((title) => ({
    title,
    numeric: true,
  }));
  return renderTable(
    [{ title: text.request }, { title: text.outcome }, ...numeric],
    shown.map((record) => [
      record.id,
      runSummaryText(language).outcomes[record.outcome] + whyEnded(record, bracket),
      count(record.promptTokens),
      count(record.outputTokens),
      ...[ttftSeconds(record), tpotSeconds(record), e2eSeconds(record)].map(duration),
    ]),
    { notes: moreNote(records.length - shown.length, text.more) },
  );
}

function labelText(sample: Sample): string {
  return Object.entries(sample.labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" ");
}

function moreNote(count: number, more: (count: number) => string): readonly string[] {
  return count > 0 ? [more(count)] : [];
}

function count(value: number | undefined): string {
  return value === undefined ? NOT_AVAILABLE : formatNumber(value);
}

function duration(value: number | undefined): string {
  return value === undefined ? NOT_AVAILABLE : formatSeconds(value);
}
