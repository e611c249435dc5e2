/**
 * The report's order: verdict, evidence, charts, tables.
 *
 * @module
 */
import type { Finding } from "../analyzer/findings.ts";
import type { ClientSummary, PerformanceReport, QuantitySummary } from "../analyzer/performance_report.ts";
import {
  formatCount,
  formatInstant,
  formatNumber,
  formatRatio,
  formatSeconds,
  formatValue,
} from "../base/format.ts";
import type { Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import { analyzerText } from "../text/analyzer.ts";
import { biasSentence } from "../text/biases.ts";
import { causeSentence } from "../text/causes.ts";
import type { Language } from "../text/language.ts";
import { quantityTitle, shortQuantityTitle } from "../text/quantities.ts";
import { reportText } from "../text/report.ts";
import type { Block } from "./document.ts";
import { findingBlocks, verdictSentence } from "./findings_blocks.ts";

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
  const words = reportText(language);
  const { findings } = report.diagnosis;
  return [
    { kind: "heading", level: 1, text: words.title },
    ...aboutBlocks(report, language),
    { kind: "heading", level: 2, text: words.verdict },
    ...verdictBlocks(findings, language),
    { kind: "heading", level: 2, text: words.findings },
    ...findings.slice(0, SHOWN_WHOLE).flatMap((finding) => findingBlocks(finding, language)),
    ...moreBlocks(findings.slice(SHOWN_WHOLE), language),
    ...chartBlocks(options.charts ?? [], language),
    ...latencyBlocks(report, language),
    ...clientBlocks(report.client, language),
    ...averageBlocks(report.averages, language),
    ...biasBlocks(report, language),
    ...anomalyBlocks(report, language),
    ...changeBlocks(report, language),
    ...methodBlocks(report, language),
    ...targetBlocks(report, language),
  ];
}

function aboutBlocks(report: PerformanceReport, language: Language): Block[] {
  const words = reportText(language);
  const { span } = report;
  if (span === undefined) return [{ kind: "paragraph", text: words.empty }];
  const duration = formatSeconds(span.endSeconds - span.startSeconds);
  const line = words.span(formatInstant(span.startSeconds), formatInstant(span.endSeconds), duration);
  const blocks: Block[] = [{ kind: "paragraph", text: line }];
  if (report.simulated) blocks.push({ kind: "paragraph", text: words.simulated });
  return blocks;
}

function verdictBlocks(findings: readonly Finding[], language: Language): Block[] {
  const first = findings[0];
  return first === undefined
    ? []
    : [{ kind: "paragraph", text: verdictSentence(first, language), strong: true }];
}

function moreBlocks(findings: readonly Finding[], language: Language): Block[] {
  if (findings.length === 0) return [];
  const words = reportText(language);
  return [
    { kind: "heading", level: 3, text: words.more(String(findings.length)) },
    { kind: "list", items: findings.map((finding) => verdictSentence(finding, language)) },
  ];
}

function chartBlocks(charts: readonly ReportChart[], language: Language): Block[] {
  if (charts.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: reportText(language).charts },
    ...charts.map((chart): Block => ({ kind: "svg", ...chart })),
  ];
}

function latencyBlocks({ latencies }: PerformanceReport, language: Language): Block[] {
  if (latencies.length === 0) return [];
  const words = reportText(language);
  const { columns } = words;
  return [
    { kind: "heading", level: 2, text: words.latencies },
    {
      kind: "table",
      columns: [columns.what, columns.count, columns.mean, columns.p50, columns.p90, columns.p99],
      rows: latencies.map((latency) => [
        quantityTitle(latency.quantity, language),
        formatCount(latency.count),
        formatSeconds(latency.mean),
        ...[0.5, 0.9, 0.99].map((q) => {
          const found = latency.quantiles.find((one) => one.q === q);
          if (found === undefined) return formatValue(undefined, undefined);
          return `${formatSeconds(found.value)} (${formatSeconds(found.lower)}–${
            formatSeconds(found.upper)
          })`;
        }),
      ]),
    },
    { kind: "paragraph", text: words.estimated },
  ];
}

function clientBlocks(client: ClientSummary | undefined, language: Language): Block[] {
  if (client === undefined) return [];
  const words = reportText(language);
  const { columns } = words;
  const outcomes = Object.entries(client.outcomes).map(([outcome, count]) => `${outcome} ${count}`).join(
    ", ",
  );
  const rows =
    ([["client_ttft", client.ttft], ["client_itl", client.itl], ["client_e2e", client.e2e]] as const)
      .flatMap(([quantity, spread]) =>
        spread === undefined ? [] : [[
          quantityTitle(quantity, language),
          formatCount(spread.count),
          formatSeconds(spread.mean),
          formatSeconds(spread.p50),
          formatSeconds(spread.p99),
        ]]
      );
  return [
    { kind: "heading", level: 2, text: words.client },
    { kind: "paragraph", text: words.outcomes(outcomes) },
    ...(rows.length === 0 ? [] : [
      {
        kind: "table",
        columns: [columns.what, columns.count, columns.mean, columns.p50, columns.p99],
        rows,
      } as const,
    ]),
  ];
}

/** A value of a series or, for a counter, of its rate. */
function seriesValue(value: number, unit: Unit | undefined, perSecond: boolean): string {
  return perSecond ? `${formatCount(value)}/s` : formatValue(value, unit);
}

function averageBlocks(averages: readonly QuantitySummary[], language: Language): Block[] {
  if (averages.length === 0) return [];
  const words = reportText(language);
  const { columns } = words;
  return [
    { kind: "heading", level: 2, text: words.averages },
    {
      kind: "table",
      columns: [
        columns.what,
        columns.series,
        columns.current,
        columns.mean,
        columns.minimum,
        columns.p50,
        columns.p99,
        columns.maximum,
      ],
      rows: averages.map((one) => [
        one.perSecond
          ? words.perSecond(quantityTitle(one.quantity, language))
          : quantityTitle(one.quantity, language),
        labelsText(one.labels),
        ...[one.current, one.mean, one.minimum, one.p50, one.p99, one.maximum].map((value) =>
          seriesValue(value, one.unit, one.perSecond)
        ),
      ]),
    },
  ];
}

/** What a reader of the tables above should know. */
function biasBlocks({ biases }: PerformanceReport, language: Language): Block[] {
  if (biases.length === 0) return [];
  const items = biases.map(({ code, quantities }) =>
    reportText(language).bias(
      quantities.map((quantity) => shortQuantityTitle(quantityTitle(quantity, language))),
      biasSentence(code, language),
    )
  );
  return [{ kind: "list", lead: reportText(language).biases, items }];
}

function anomalyBlocks({ anomalies }: PerformanceReport, language: Language): Block[] {
  const words = reportText(language);
  const { columns } = words;
  const rows = anomalies.flatMap(({ quantity, labels, unit, perSecond, result, worst }) => {
    if (worst === undefined) return [];
    const point = worst.worst;
    const score = point.score === undefined ? "" : ` (${formatNumber(point.score)} σ)`;
    return [[
      perSecond ? words.perSecond(quantityTitle(quantity, language)) : quantityTitle(quantity, language),
      labelsText(labels),
      String(result.episodes.length),
      seriesValue(point.value, unit, perSecond) + score,
      formatInstant(point.timeSeconds),
      seriesValue(result.median, unit, perSecond),
    ]];
  });
  return [
    { kind: "heading", level: 2, text: words.anomalies },
    rows.length === 0 ? { kind: "paragraph", text: words.noAnomalies } : {
      kind: "table",
      columns: [columns.what, columns.series, columns.episodes, columns.worst, columns.at, columns.median],
      rows,
    },
  ];
}

/** The clearest changes; a bursty series has many. */
const SHOWN_CHANGES = 12;

function changeBlocks({ changes }: PerformanceReport, language: Language): Block[] {
  const words = reportText(language);
  const { columns } = words;
  const all = changes.flatMap((series) => series.changes.map((change) => ({ ...series, change })));
  const clearest = all.toSorted((a, b) => Math.abs(b.change.deviations) - Math.abs(a.change.deviations))
    .slice(0, SHOWN_CHANGES).toSorted((a, b) => a.change.timeSeconds - b.change.timeSeconds);
  if (clearest.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: words.changes },
    {
      kind: "table",
      columns: [columns.at, columns.what, columns.series, columns.before, columns.after],
      rows: clearest.map(({ quantity, labels, unit, perSecond, change }) => [
        formatInstant(change.timeSeconds),
        perSecond ? words.perSecond(quantityTitle(quantity, language)) : quantityTitle(quantity, language),
        labelsText(labels),
        seriesValue(change.before, unit, perSecond),
        `${seriesValue(change.after, unit, perSecond)} (${formatNumber(change.deviations)} σ)`,
      ]),
    },
  ];
}

function methodBlocks(report: PerformanceReport, language: Language): Block[] {
  const words = reportText(language);
  const { diagnosis, scrapes, absent } = report;
  const items = [
    words.windows(String(diagnosis.windows), formatSeconds(diagnosis.windowSeconds)),
    words.scrapes(String(scrapes.failed), String(scrapes.restarts)),
    ...diagnosis.stepModels.map(({ engine, model }) =>
      words.stepModel({
        engine: engine === undefined ? "" : ` (${words.engine(engine)})`,
        step: formatSeconds(model.perStepSeconds),
        decode: formatSeconds(model.perDecodeSeconds),
        prompt: formatSeconds(model.perPromptSeconds),
        error: formatRatio(model.residual),
      })
    ),
  ];
  const { titles } = analyzerText(language);
  const blind = [...new Set(diagnosis.blind.map((rule) => titles[rule.code]))];
  const missing = absent.map(({ quantity, cause }) =>
    `${quantityTitle(quantity, language)}: ${causeSentence(cause, language)}`
  );
  return [
    { kind: "list", items },
    ...(blind.length === 0 ? [] : [{ kind: "list", lead: words.blind, items: blind } as const]),
    ...(missing.length === 0 ? [] : [{ kind: "list", lead: words.absent, items: missing } as const]),
  ];
}

function targetBlocks({ facts }: PerformanceReport, language: Language): Block[] {
  if (facts.length === 0) return [];
  const words = reportText(language);
  const { columns } = words;
  return [
    { kind: "heading", level: 2, text: words.targets },
    {
      kind: "table",
      columns: [
        columns.target,
        columns.kind,
        columns.address,
        columns.version,
        columns.models,
        columns.interval,
      ],
      rows: facts.map((fact) => [
        fact.target + (fact.simulated ? " *" : ""),
        fact.kind ?? "",
        fact.address ?? "",
        fact.version ?? "",
        (fact.models ?? []).join(", "),
        fact.intervalSeconds === undefined ? "" : formatSeconds(fact.intervalSeconds),
      ]),
    },
    ...(facts.some((fact) => fact.simulated)
      ? [{ kind: "paragraph", text: `* ${words.simulated}` } as const]
      : []),
  ];
}

function labelsText(labels: Labels): string {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(", ");
}
