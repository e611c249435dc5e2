/**
 * The report's order: verdict, evidence, charts, tables.
 *
 * @module
 */
import type { Finding } from "../analyzer/findings.ts";
import { type Recurrence, recurrences } from "../analyzer/recurrences.ts";
import type { ClientSummary, PerformanceReport, QuantitySummary } from "../analyzer/performance_report.ts";
import {
  formatCount,
  formatInstant,
  formatNumber,
  formatRatio,
  formatSeconds,
  formatValue,
} from "../base/format.ts";
import type { QuantityName, Unit } from "../catalog/types.ts";
import { analyzerText } from "../text/analyzer.ts";
import { biasSentence } from "../text/biases.ts";
import { causeSentence } from "../text/causes.ts";
import type { Language } from "../text/language.ts";
import { quantityTitle, shortQuantityTitle } from "../text/quantities.ts";
import { reportText } from "../text/report.ts";
import { runSummaryText } from "../text/run_summary.ts";
import { costBlocks, objectiveBlocks } from "./cost_blocks.ts";
import type { Block } from "./document.ts";
import { findingBlocks, hasSeveralServers, placedVerdict } from "./findings_blocks.ts";
import { instantText, labelsText, type PageContext, pageContext } from "./page_context.ts";

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
  const told = { language, several: hasSeveralServers(report.facts) };
  return [
    { kind: "heading", level: 1, text: words.title },
    ...aboutBlocks(report, language),
    { kind: "heading", level: 2, text: words.verdict },
    ...verdictBlocks(found.map(({ finding }) => finding), told),
    ...chartBlocks(options.charts ?? [], language),
    { kind: "heading", level: 2, text: words.findings },
    ...found.slice(0, SHOWN_WHOLE).flatMap((one) => findingBlocks(one, context)),
    ...moreBlocks(found.slice(SHOWN_WHOLE), told),
    ...latencyBlocks(report, language),
    ...clientBlocks(report.client, language),
    ...objectiveBlocks(report, language),
    ...costBlocks(report, language),
    ...averageBlocks(report.averages, language),
    ...biasBlocks(report, language),
    ...anomalyBlocks(report, context),
    ...changeBlocks(report, context),
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

/** In which words findings are told, and whether with their server's name. */
interface Told {
  readonly language: Language;
  readonly several: boolean;
}

/** The first finding's sentence, then those of the others that are as grave. */
function verdictBlocks(findings: readonly Finding[], told: Told): Block[] {
  const [first, ...rest] = findings;
  if (first === undefined) return [];
  const grave = rest.slice(0, SHOWN_WHOLE - 1).filter(({ severity }) => severity === "critical");
  return [
    { kind: "paragraph", text: placedVerdict(first, told), strong: true },
    ...(grave.length === 0 ? [] : [
      {
        kind: "list",
        lead: reportText(told.language).also,
        items: grave.map((finding) => placedVerdict(finding, told)),
      } as const,
    ]),
  ];
}

function moreBlocks(more: readonly Recurrence[], told: Told): Block[] {
  if (more.length === 0) return [];
  const words = reportText(told.language);
  const items = more.map(({ finding, times, heldSeconds }) => {
    const sentence = placedVerdict(finding, told);
    return times === 1 ? sentence : `${sentence} ${words.again(times, formatSeconds(heldSeconds))}`;
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
      numeric: [1, 2, 3, 4, 5],
    },
    { kind: "paragraph", text: words.estimated },
  ];
}

function clientBlocks(client: ClientSummary | undefined, language: Language): Block[] {
  if (client === undefined) return [];
  const words = reportText(language);
  const { columns } = words;
  const names: Readonly<Record<string, string>> = runSummaryText(language).outcomes;
  const outcomes = Object.entries(client.outcomes).map(([outcome, count]) =>
    `${count} ${names[outcome] ?? outcome}`
  ).join(", ");
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
        numeric: [1, 2, 3, 4],
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
  const all = averages.map(({ labels }) => labels);
  const silent = averages.filter(isSilent);
  const name = (one: QuantitySummary) => summaryTitle(one, language);
  return [
    { kind: "heading", level: 2, text: words.averages },
    withoutEmptyColumns({
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
      rows: averages.filter((one) => !isSilent(one)).map((one) => [
        name(one),
        labelsText(one.labels, all),
        ...[one.current, one.mean, one.minimum, one.p50, one.p99, one.maximum].map((value) =>
          seriesValue(value, one.unit, one.perSecond)
        ),
      ]),
      numeric: [2, 3, 4, 5, 6, 7],
    }),
    ...(silent.length === 0 ? [] : [
      {
        kind: "paragraph",
        text: words.alwaysZero(silent.map((one) => {
          const labels = labelsText(one.labels, all);
          return labels === "" ? name(one) : `${name(one)} (${labels})`;
        })),
      } as const,
    ]),
  ];
}

/** A rate that was 0 all the time says so in one word, not in a row. */
function isSilent({ perSecond, minimum, maximum }: QuantitySummary): boolean {
  return perSecond && minimum === 0 && maximum === 0;
}

function summaryTitle(
  one: { readonly quantity: QuantityName; readonly perSecond: boolean },
  language: Language,
): string {
  const title = quantityTitle(one.quantity, language);
  return one.perSecond ? reportText(language).perSecond(title) : title;
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

function anomalyBlocks({ anomalies }: PerformanceReport, context: PageContext): Block[] {
  const { language } = context;
  const words = reportText(language);
  const { columns } = words;
  const all = anomalies.map(({ labels }) => labels);
  const rows = anomalies.flatMap((series) => {
    const { labels, unit, perSecond, result, worst } = series;
    if (worst === undefined) return [];
    const point = worst.worst;
    const score = point.score === undefined ? "" : ` (${formatNumber(point.score)} σ)`;
    return [[
      summaryTitle(series, language),
      labelsText(labels, all),
      String(result.episodes.length),
      seriesValue(point.value, unit, perSecond) + score,
      instantText(point.timeSeconds, context),
      seriesValue(result.median, unit, perSecond),
    ]];
  });
  return [
    { kind: "heading", level: 2, text: words.anomalies },
    rows.length === 0 ? { kind: "paragraph", text: words.noAnomalies } : withoutEmptyColumns({
      kind: "table",
      columns: [columns.what, columns.series, columns.episodes, columns.worst, columns.at, columns.median],
      rows,
      numeric: [2, 3, 4, 5],
    }),
  ];
}

/** The clearest changes; a bursty series has many. */
const SHOWN_CHANGES = 12;

function changeBlocks({ changes }: PerformanceReport, context: PageContext): Block[] {
  const words = reportText(context.language);
  const { columns } = words;
  const labels = changes.map((series) => series.labels);
  const all = changes.flatMap((series) => series.changes.map((change) => ({ ...series, change })));
  const clearest = all.toSorted((a, b) => Math.abs(b.change.deviations) - Math.abs(a.change.deviations))
    .slice(0, SHOWN_CHANGES).toSorted((a, b) => a.change.timeSeconds - b.change.timeSeconds);
  if (clearest.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: words.changes },
    withoutEmptyColumns({
      kind: "table",
      columns: [columns.at, columns.what, columns.series, columns.before, columns.after],
      rows: clearest.map((series) => [
        instantText(series.change.timeSeconds, context),
        summaryTitle(series, context.language),
        labelsText(series.labels, labels),
        seriesValue(series.change.before, series.unit, series.perSecond),
        `${seriesValue(series.change.after, series.unit, series.perSecond)} (${
          formatNumber(series.change.deviations)
        } σ)`,
      ]),
      numeric: [0, 3, 4],
    }),
  ];
}

type TableBlock = Extract<Block, { kind: "table" }>;

/** A column in which no row says anything is left out. */
function withoutEmptyColumns(table: TableBlock): TableBlock {
  const kept = table.columns.map((_, index) => index).filter((index) =>
    table.rows.some((row) => (row[index] ?? "") !== "")
  );
  return {
    kind: "table",
    columns: kept.map((index) => table.columns[index] ?? ""),
    rows: table.rows.map((row) => kept.map((index) => row[index] ?? "")),
    numeric: kept.flatMap((index, place) => table.numeric?.includes(index) ? [place] : []),
  };
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
    { kind: "heading", level: 2, text: words.method },
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
