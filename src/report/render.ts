/**
 * A report as text, Markdown or a self-contained HTML page.
 *
 * @module
 */
import { type Check, checkArgument, type Checks, listOf, oneOf, shape } from "../base/arguments.ts";
import { checkView } from "../charts/chart_checks.ts";
import type { PerformanceReport } from "../analyzer/performance_report.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";
import { reportBlocks, type ReportChart } from "./report_blocks.ts";
import { renderText } from "./text.ts";

/** How {@link renderReport} writes. */
export interface RenderReportOptions {
  /** Default English. */
  readonly language?: Language;
  /** Default Markdown. */
  readonly format?: "text" | "markdown" | "html";
  /** Drawings for the HTML page, SVG made by this project; other formats name them only. */
  readonly charts?: readonly ReportChart[];
  /** Of the title in Markdown, 1–6, where the report stands within another text; default 1. Others follow below it. */
  readonly headingLevel?: number;
}

const HEADING_LEVEL: Check = {
  type: "number",
  wanted: "a whole number from 1 to 6",
  accepts: (value) => typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 6,
};

const CHECKS: Checks<RenderReportOptions> = {
  language: LANGUAGE,
  format: oneOf(["text", "markdown", "html"]),
  charts: listOf(shape("", ["title", "svg"]), "a list of charts, such as await reportCharts(collector)"),
  headingLevel: HEADING_LEVEL,
};

const REPORT = shape("what analyzer.generatePerformanceReport() gives", [
  "diagnosis",
  "averages",
  "latencies",
]);

/**
 * A report as text, Markdown or HTML: verdict first, then evidence, charts, tables. Whatever a server said is escaped for the format.
 *
 * @throws RangeError for a language, format or heading level that does not exist
 */
export function renderReport(report: PerformanceReport, options: RenderReportOptions = {}): string {
  const call = "renderReport(await analyzer.generatePerformanceReport())";
  checkArgument(call, { report }, REPORT);
  checkView<RenderReportOptions>(call, options, CHECKS);
  const { language = "en", format = "markdown", charts = [], headingLevel = 1 } = options;
  const blocks = reportBlocks(report, { language, charts });
  switch (format) {
    case "text":
      return renderText(blocks);
    case "markdown":
      return renderMarkdown(blocks, headingLevel);
    case "html":
      return renderHtml(blocks, language);
  }
}
