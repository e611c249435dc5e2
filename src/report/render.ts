/**
 * A report as text, Markdown or a self-contained HTML page.
 *
 * @module
 */
import type { PerformanceReport } from "../analyzer/performance_report.ts";
import { type Language, LANGUAGES } from "../text/language.ts";
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

/**
 * Verdict first, then evidence, charts, tables. Whatever a server said is escaped for the format.
 *
 * @throws RangeError for a language, format or heading level that does not exist
 */
export function renderReport(report: PerformanceReport, options: RenderReportOptions = {}): string {
  const { language = "en", format = "markdown", charts = [], headingLevel = 1 } = options;
  if (!LANGUAGES.includes(language)) {
    throw new RangeError(
      `Cannot render report: language ${JSON.stringify(language)}, wanted ${LANGUAGES.join(" or ")}`,
    );
  }
  if (!(Number.isInteger(headingLevel) && headingLevel >= 1 && headingLevel <= 6)) {
    throw new RangeError(`Cannot render report: heading level ${headingLevel}, wanted 1 to 6`);
  }
  const blocks = reportBlocks(report, { language, charts });
  switch (format) {
    case "text":
      return renderText(blocks);
    case "markdown":
      return renderMarkdown(blocks, headingLevel);
    case "html":
      return renderHtml(blocks, language);
    default:
      throw new RangeError(
        `Cannot render report: format ${JSON.stringify(format)}, wanted text, markdown or html`,
      );
  }
}
