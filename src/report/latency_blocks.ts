/**
 * The report's latencies, as servers and as clients saw them.
 *
 * @module
 */
import type { ClientSummary, LatencySummary, PerformanceReport } from "../analyzer/performance_report.ts";
import { formatCount, formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { quantityTitle } from "../text/quantities.ts";
import { reportText } from "../text/report.ts";
import { runSummaryText } from "../text/run_summary.ts";
import type { Block } from "./document.ts";

/** By the histograms of all servers together; nothing where none had an observation. */
export function latencyBlocks({ latencies }: PerformanceReport, language: Language): Block[] {
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
        ...[0.5, 0.9, 0.99].map((q) => quantileText(latency.quantiles.find((one) => one.q === q))),
      ]),
      numeric: [1, 2, 3, 4, 5],
    },
    { kind: "paragraph", text: words.estimated },
  ];
}

/**
 * The estimate with its bucket. In the first and in the last bucket there is nothing to estimate from: the border that is
 * known stands alone (`≤ 300 ms`, `> 80 s`).
 */
export function quantileText(found: LatencySummary["quantiles"][number] | undefined): string {
  if (found === undefined || Number.isNaN(found.value)) return NOT_AVAILABLE;
  const { value, lower, upper } = found;
  if (upper === Infinity) return `> ${formatSeconds(lower)}`;
  if (lower === 0 && upper > 0) return `≤ ${formatSeconds(upper)}`;
  return lower === upper
    ? formatSeconds(value)
    : `${formatSeconds(value)} (${formatSeconds(lower)}–${formatSeconds(upper)})`;
}

/** Exact figures of the load's own requests. */
export function clientBlocks(client: ClientSummary | undefined, language: Language): Block[] {
  if (client === undefined) return [];
  const words = reportText(language);
  const { columns } = words;
  const names: Readonly<Record<string, string>> = runSummaryText(language).outcomes;
  const outcomes = Object.entries(client.outcomes).map(([outcome, count]) =>
    `${count} ${names[outcome] ?? outcome}`
  ).join(punctuation(language).list);
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
