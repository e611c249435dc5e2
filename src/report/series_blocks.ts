/**
 * What the report says of series: values over the whole time, what does not fit, where the level changed.
 *
 * @module
 */
import type { AnomalySummary, PerformanceReport, QuantitySummary } from "../analyzer/performance_report.ts";
import { formatNumber, formatPerSecond, formatRatio, formatValue } from "../base/format.ts";
import { QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName, Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import { biasSentence } from "../text/biases.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { quantityTitle, shortQuantityTitle } from "../text/quantities.ts";
import { reportText } from "../text/report.ts";
import type { Block } from "./document.ts";
import { instantText, labelsText, labelsTextWithoutTarget, type PageContext } from "./page_context.ts";
import { withoutEmptyColumns } from "./table_block.ts";

/** A value of a series or, for a counter, of its rate. */
function seriesValue(value: number, unit: Unit | undefined, perSecond: boolean): string {
  return perSecond ? formatPerSecond(value) : formatValue(value, unit);
}

/**
 * Gauges and rates. Durations have a table of their own, of all their observations: beside it, extremes of the means of
 * two seconds would read like another truth.
 */
export function averageBlocks({ averages, latencies }: PerformanceReport, language: Language): Block[] {
  const told = new Set(latencies.map(({ quantity }) => quantity));
  const shown = averages.filter(({ quantity }) => !told.has(quantity));
  if (shown.length === 0) return [];
  const words = reportText(language);
  const { columns } = words;
  const all = shown.map(({ labels }) => labels);
  const silent = shown.filter(isSilent);
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
      rows: shown.filter((one) => !isSilent(one)).map((one) => [
        summaryTitle(one, language),
        labelsText(one.labels, all),
        ...[one.current, one.mean, one.minimum, one.p50, one.p99, one.maximum].map((value) =>
          seriesValue(value, one.unit, one.perSecond)
        ),
      ]),
      numeric: [2, 3, 4, 5, 6, 7],
    }),
    ...(shown.some(({ current }) => Number.isNaN(current))
      ? [{ kind: "paragraph", text: words.noneAtEnd } as const]
      : []),
    ...(silent.length === 0
      ? []
      : [{ kind: "paragraph", text: words.alwaysZero(silentNames(shown, language)) } as const]),
  ];
}

/** A rate that was 0 all the time says so in one word, not in a row. */
function isSilent({ perSecond, minimum, maximum }: QuantitySummary): boolean {
  return perSecond && minimum === 0 && maximum === 0;
}

/** By quantity; its series are named only where another one of it was not silent. */
function silentNames(shown: readonly QuantitySummary[], language: Language): string[] {
  const { list, bracket } = punctuation(language);
  return [...Map.groupBy(shown, ({ quantity }) => quantity).values()].flatMap((series) => {
    const silent = series.filter(isSilent);
    const [first] = silent;
    if (first === undefined) return [];
    const title = summaryTitle(first, language);
    if (silent.length === series.length) return [title];
    return [title + bracket(silentLabels(silent, series).join(list))];
  });
}

/** A target's name only where the same series of another target was not silent. */
function silentLabels(silent: readonly QuantitySummary[], series: readonly QuantitySummary[]): string[] {
  const all = series.map(({ labels }) => labels);
  const withoutTarget = (labels: Labels) => labelsTextWithoutTarget(labels, all);
  const names = silent.map(({ labels }) => {
    const own = withoutTarget(labels);
    const same = series.filter((one) => withoutTarget(one.labels) === own);
    return own !== "" && same.every(isSilent) ? own : labelsText(labels, all);
  });
  return [...new Set(names)];
}

/** Of a duration the mean of each window was judged. */
function summaryTitle(
  one: { readonly quantity: QuantityName; readonly perSecond: boolean },
  language: Language,
): string {
  const words = reportText(language);
  const title = quantityTitle(one.quantity, language);
  if (QUANTITIES[one.quantity].type === "histogram") return words.meanOf(title);
  return one.perSecond ? words.perSecond(title) : title;
}

/** What a reader of the tables above should know. */
export function biasBlocks({ biases }: PerformanceReport, language: Language): Block[] {
  if (biases.length === 0) return [];
  const items = biases.map(({ code, quantities }) =>
    reportText(language).bias(
      quantities.map((quantity) => shortQuantityTitle(quantityTitle(quantity, language))),
      biasSentence(code, language),
    )
  );
  return [{ kind: "list", lead: reportText(language).biases, items }];
}

/** Nothing where no series could be judged: that none stands out would be a claim. */
export function anomalyBlocks({ anomalies, averages }: PerformanceReport, context: PageContext): Block[] {
  if (anomalies.length === 0) return [];
  const words = reportText(context.language);
  const { columns } = words;
  const all = [...averages, ...anomalies].map(({ labels }) => labels);
  const rows = anomalies.flatMap((series) => anomalyRow(series, { all, context }));
  const scored = anomalies.some(({ worst }) => worst?.worst.score !== undefined);
  return [
    { kind: "heading", level: 2, text: words.anomalies },
    ...(rows.length === 0 ? [{ kind: "paragraph", text: words.noAnomalies } as const] : [
      withoutEmptyColumns({
        kind: "table",
        columns: [columns.what, columns.series, columns.episodes, columns.worst, columns.at, columns.median],
        rows,
        numeric: [2, 3, 4, 5],
      }),
      ...(scored ? [{ kind: "paragraph", text: words.sigma } as const] : []),
    ]),
  ];
}

function anomalyRow(
  series: AnomalySummary,
  { all, context }: { readonly all: readonly Labels[]; readonly context: PageContext },
): string[][] {
  const { labels, unit, perSecond, result, worst } = series;
  if (worst === undefined) return [];
  const point = worst.worst;
  const score = point.score === undefined ? "" : ` (${formatNumber(point.score)} σ)`;
  return [[
    summaryTitle(series, context.language),
    labelsText(labels, all),
    String(result.episodes.length),
    seriesValue(point.value, unit, perSecond) + score,
    instantText(point.timeSeconds, context),
    seriesValue(result.median, unit, perSecond),
  ]];
}

/** The clearest changes; a bursty series has many. */
const SHOWN_CHANGES = 12;

/** Changes of level in order of time, the clearest of them. */
export function changeBlocks({ changes, averages }: PerformanceReport, context: PageContext): Block[] {
  const words = reportText(context.language);
  const { columns } = words;
  // Also of the series that did not change: where one of three servers did, its name must stand there.
  const labels = [...averages, ...changes].map((series) => series.labels);
  const all = changes.flatMap((series) => series.changes.map((change) => ({ ...series, change })));
  const clearest = all.toSorted((a, b) => Math.abs(b.change.deviations) - Math.abs(a.change.deviations))
    .slice(0, SHOWN_CHANGES).toSorted((a, b) => a.change.timeSeconds - b.change.timeSeconds);
  if (clearest.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: words.changes },
    withoutEmptyColumns({
      kind: "table",
      columns: [
        columns.at,
        columns.what,
        columns.series,
        columns.before,
        columns.after,
        columns.confidence,
      ],
      rows: clearest.map((series) => [
        instantText(series.change.timeSeconds, context),
        summaryTitle(series, context.language),
        labelsText(series.labels, labels),
        seriesValue(series.change.before, series.unit, series.perSecond),
        `${seriesValue(series.change.after, series.unit, series.perSecond)} (${
          formatNumber(series.change.deviations)
        } σ)`,
        confidenceText(series.change.confidence),
      ]),
      numeric: [0, 3, 4, 5],
    }),
    { kind: "paragraph", text: words.sigmaOfChanges },
  ];
}

/** Never rounded up to certainty. */
function confidenceText(confidence: number): string {
  return confidence > 0.999 ? `> ${formatRatio(0.999)}` : formatRatio(Math.floor(confidence * 1000) / 1000);
}
