/**
 * The report's order: verdict, evidence, charts, tables.
 *
 * @module
 */
import { type Recurrence, recurrences } from "../analyzer/recurrences.ts";
import type { PerformanceReport } from "../analyzer/performance_report.ts";
import { formatSeconds } from "../base/format.ts";
import { hasSeveralServers } from "../series/facts.ts";
import type { Language } from "../text/language.ts";
import { reportText } from "../text/report.ts";
import { aboutBlocks, methodBlocks, targetBlocks } from "./about_blocks.ts";
import { capacityBlocks } from "./capacity_blocks.ts";
import { costBlocks, objectiveBlocks } from "./cost_blocks.ts";
import type { Block } from "./document.ts";
import { findingBlocks } from "./findings_blocks.ts";
import { clientBlocks, latencyBlocks } from "./latency_blocks.ts";
import { pageContext } from "./page_context.ts";
import { anomalyBlocks, averageBlocks, biasBlocks, changeBlocks } from "./series_blocks.ts";
import { sentenceOf, type Told, verdictBlocks } from "./verdict_blocks.ts";

/** A chart made by the caller. */
export interface ReportChart {
  /** Its caption, plain text; Markdown and text show it in place of the chart. */
  readonly title: string;
  /** SVG text made by this project: it is not escaped. */
  readonly svg: string;
}

/** Findings shown whole; the others with their sentence only. */
const SHOWN_WHOLE = 3;

/** The whole page as blocks. */
export function reportBlocks(
  report: PerformanceReport,
  options: { readonly language: Language; readonly charts?: readonly ReportChart[] },
): Block[] {
  const { language } = options;
  const context = pageContext(report.span, language);
  const words = reportText(language);
  const found = recurrences(report.diagnosis.findings);
  const told = {
    context,
    several: hasSeveralServers(report.facts),
    endSeconds: report.span?.endSeconds ?? Infinity,
  };
  return [
    { kind: "heading", level: 1, text: words.title },
    ...aboutBlocks(report, language),
    { kind: "heading", level: 2, text: words.verdict },
    ...verdictBlocks(found, told),
    ...chartBlocks(options.charts ?? [], language),
    { kind: "heading", level: 2, text: words.findings },
    ...found.slice(0, SHOWN_WHOLE).flatMap((one) => findingBlocks(one, context)),
    ...moreBlocks(found.slice(SHOWN_WHOLE), told),
    ...latencyBlocks(report, language),
    ...clientBlocks(report, language),
    ...capacityBlocks(report, language),
    ...objectiveBlocks(report, language),
    ...costBlocks(report, language),
    ...averageBlocks(report, language),
    ...biasBlocks(report, language),
    ...anomalyBlocks(report, context),
    ...changeBlocks(report, context),
    ...methodBlocks(report, language),
    ...targetBlocks(report, language),
  ];
}

function moreBlocks(more: readonly Recurrence[], told: Told): Block[] {
  if (more.length === 0) return [];
  const words = reportText(told.context.language);
  const items = more.map((one) => {
    const sentence = sentenceOf(one, told);
    return one.times === 1
      ? sentence
      : `${sentence} ${words.again(one.times, formatSeconds(one.heldSeconds))}`;
  });
  return [
    { kind: "heading", level: 3, text: words.more(String(more.length)) },
    { kind: "list", items },
  ];
}

function chartBlocks(charts: readonly ReportChart[], language: Language): Block[] {
  if (charts.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: reportText(language).charts },
    ...charts.map((chart): Block => ({ kind: "svg", ...chart })),
  ];
}
