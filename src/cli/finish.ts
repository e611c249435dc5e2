/**
 * What every command ends with: the summary, the findings, the files.
 *
 * @module
 */
import { join } from "node:path";
import type { PerformanceReport } from "../analyzer/performance_report.ts";
import { foremost, recurrences } from "../analyzer/recurrences.ts";
import { formatSeconds } from "../base/format.ts";
import type { Clock } from "../base/clock.ts";
import { singleLine } from "../base/escape.ts";
import { localTimeZone } from "../charts/time_axis.ts";
import { exportMonitoringData } from "../export/export.ts";
import { hasSeveralServers } from "../series/facts.ts";
import { findingLine } from "../report/finding_line.ts";
import { renderReport } from "../report/render.ts";
import { reportCharts } from "../report/report_charts.ts";
import { summariseRun } from "../report/run_summary.ts";
import { runSummaryLines } from "../report/run_summary_lines.ts";
import type { MetricSource } from "../series/types.ts";
import { cliText } from "../text/cli.ts";
import { reportText } from "../text/report.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";

/** Where files go, and in which words. */
export interface FinishOptions {
  /** Made when it is not there. */
  readonly directory: string;
  readonly language: Language;
  /** Gives the time in file names. */
  readonly clock: Clock;
}

/** A run's result and the report it comes from, which is made once for the terminal and the files. */
export interface ReportedResult {
  readonly language: Language;
  readonly report: PerformanceReport;
}

/** The summary and the findings of a source, as lines for the terminal. */
export async function resultLines(source: MetricSource, result: ReportedResult): Promise<readonly string[]> {
  const { language } = result;
  const { findings, span } = result.report.diagnosis;
  const endSeconds = span?.endSeconds;
  const options = {
    language,
    timeZone: localTimeZone(),
    several: hasSeveralServers(await source.facts()),
    ...(endSeconds === undefined ? {} : { endSeconds }),
  };
  const found = recurrences(findings);
  const shown = foremost(found, SHOWN_FINDINGS).map(({ finding, times, heldSeconds }) => {
    const line = singleLine(findingLine(finding, options));
    return times === 1
      ? `  ${line}`
      : `  ${line} ${reportText(language).again(times, formatSeconds(heldSeconds))}`;
  });
  const rest = found.length - shown.length;
  return [
    ...runSummaryLines(await summariseRun(source), { language }),
    cliText(language).findings + punctuation(language).colon.trimEnd(),
    ...shown,
    ...(rest > 0 ? [`  ${reportText(language).more(String(rest))}`] : []),
  ];
}

/** Of every other server the first besides; the rest is in the report. */
const SHOWN_FINDINGS = 3;

/** Writes the data files; returns their paths. */
export function writeData(source: MetricSource, options: FinishOptions): Promise<readonly string[]> {
  return exportMonitoringData(source, { directory: options.directory, clock: options.clock });
}

/** Writes the report as Markdown and as a page; returns their paths. */
export async function writeReports(
  source: MetricSource,
  options: ReportedResult & Pick<FinishOptions, "directory">,
): Promise<readonly string[]> {
  const { language, directory, report } = options;
  // The report's times are UTC: so are the charts'.
  const charts = await reportCharts(source, { language, timeZone: "UTC" });
  const paths = [join(directory, "report.md"), join(directory, "report.html")] as const;
  await Deno.writeTextFile(paths[0], renderReport(report, { language, format: "markdown" }));
  await Deno.writeTextFile(paths[1], renderReport(report, { language, format: "html", charts }));
  return paths;
}
