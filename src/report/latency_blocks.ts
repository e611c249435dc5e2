/**
 * The report's latencies, as servers and as clients saw them.
 *
 * @module
 */
import type {
  ClientSummary,
  LatencyFigures,
  LatencySummary,
  PerformanceReport,
} from "../analyzer/performance_report.ts";
import { formatCount, formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { Language } from "../text/language.ts";
import { outsideSentence } from "../text/outside.ts";
import { punctuation } from "../text/punctuation.ts";
import { quantityTitle, shortQuantityTitle } from "../text/quantities.ts";
import { reportText } from "../text/report.ts";
import { runSummaryText } from "../text/run_summary.ts";
import type { Block } from "./document.ts";

/** By the servers' histograms, of several servers together and each by itself; nothing where none had an observation. */
export function latencyBlocks({ latencies }: PerformanceReport, language: Language): Block[] {
  if (latencies.length === 0) return [];
  const words = reportText(language);
  const { columns } = words;
  const several = latencies.some(({ servers }) => servers !== undefined);
  const figures = [columns.count, columns.mean, columns.p50, columns.p90, columns.p99];
  const notes = [...partNotes(latencies, language), ...apartNotes(latencies, language)];
  return [
    { kind: "heading", level: 2, text: words.latencies },
    {
      kind: "table",
      columns: [columns.what, ...(several ? [columns.target] : []), ...figures],
      rows: latencies.flatMap((latency) => latencyRows(latency, language)),
      numeric: figures.map((_, i) => i + (several ? 2 : 1)),
    },
    { kind: "paragraph", text: words.estimated },
    ...notes.map((text): Block => ({ kind: "paragraph", text })),
  ];
}

function latencyRows({ quantity, servers, ...all }: LatencySummary, language: Language): string[][] {
  const title = quantityTitle(quantity, language);
  if (servers === undefined) return [[title, ...figureTexts(all)]];
  const words = reportText(language);
  return [
    [title, words.together(servers.length), ...figureTexts(all)],
    ...servers.map(({ target, figures, apart }) => [
      title,
      apart === undefined ? target : words.apart[apart](target),
      ...figureTexts(figures),
    ]),
  ];
}

function figureTexts(figures: LatencyFigures | undefined): string[] {
  if (figures === undefined) return ["0", ...Array<string>(4).fill(NOT_AVAILABLE)];
  const { count, mean, quantiles } = figures;
  return [
    formatCount(count),
    formatSeconds(mean),
    ...[0.5, 0.9, 0.99].map((q) => quantileText(quantiles.find((one) => one.q === q))),
  ];
}

/** Servers that surely answer unlike all others, one sentence each: of what they differ most in. */
function apartNotes(latencies: readonly LatencySummary[], language: Language): string[] {
  const words = reportText(language);
  const told = latencies.flatMap(({ quantity, servers = [] }) =>
    servers.flatMap(({ target, figures, apart }) => {
      if (apart === undefined || figures === undefined) return [];
      const others = servers.flatMap((one) => one.target === target ? [] : one.figures?.mean ?? []);
      return [{ quantity, target, apart, mean: figures.mean, others }];
    })
  );
  return [...Map.groupBy(told, ({ target }) => target).values()].map((own) => {
    const sentences = own.map(({ quantity, apart, mean, others }) =>
      words.apartBy[apart](
        shortQuantityTitle(quantityTitle(quantity, language)),
        formatSeconds(mean),
        formatSeconds(apart === "slower" ? Math.max(...others) : Math.min(...others)),
      )
    );
    return words.standsApart(own[0]!.target, sentences.join(punctuation(language).semicolon));
  });
}

/** A duration that is part of another one, for every request. */
const PARTS = [
  ["queue_time", "ttft"],
  ["prefill_time", "ttft"],
  ["ttft", "e2e"],
  ["queue_time", "e2e"],
  ["decode_time", "e2e"],
] as const;

/** Where the estimate of a part is above that of the whole, which no request shows: why. */
function partNotes(latencies: readonly LatencySummary[], language: Language): string[] {
  const titles = (quantity: QuantityName) => shortQuantityTitle(quantityTitle(quantity, language));
  const found = PARTS.flatMap(([part, whole]) => {
    const [inner, outer] = [part, whole].map((name) => latencies.find(({ quantity }) => quantity === name));
    return (inner?.quantiles ?? []).flatMap(({ q, value, isGuess }) => {
      const other = outer?.quantiles.find((one) => one.q === q);
      if (other === undefined || value <= other.value || isGuess || other.isGuess) return [];
      return [
        `${titles(part)} p${q * 100} ${formatSeconds(value)} > ${titles(whole)} p${q * 100} ${
          formatSeconds(other.value)
        }`,
      ];
    });
  });
  return found.length === 0
    ? []
    : [reportText(language).partAbove(found.join(punctuation(language).semicolon))];
}

/**
 * The estimate with what is sure of it. Where its bucket, the sum and the count leave nothing to estimate, only that: a border
 * (`≤ 300 ms`, `> 80 s`) or both (`20 s–32.5 s`).
 */
export function quantileText(found: LatencySummary["quantiles"][number] | undefined): string {
  if (found === undefined || Number.isNaN(found.value)) return NOT_AVAILABLE;
  const { value, lower, upper, isGuess = false } = found;
  if (upper === Infinity) return `> ${formatSeconds(lower)}`;
  if (lower === 0 && upper > 0) return `≤ ${formatSeconds(upper)}`;
  const [from, to] = [formatSeconds(lower), formatSeconds(upper)];
  if (from === to) return formatSeconds(value);
  return isGuess || value <= lower || value >= upper
    ? `${from}–${to}`
    : `${formatSeconds(value)} (${from}–${to})`;
}

/** Exact figures of the load's own requests. */
export function clientBlocks(
  { client, outside = {} }: Pick<PerformanceReport, "client" | "outside">,
  language: Language,
): Block[] {
  if (client === undefined) return [];
  const between = outsideSentence(outside, language);
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
    ...(between === "" ? [] : [{ kind: "paragraph", text: between } as const]),
    ...(client.endedLater === undefined
      ? []
      : [{ kind: "paragraph", text: words.endedLater(client.endedLater) } as const]),
    ...cutNote(client, language),
  ];
}

/** Requests that a table of first tokens lacks, though they waited: the longest, as a rule. */
function cutNote({ cutBeforeFirstToken: cut, ttft }: ClientSummary, language: Language): Block[] {
  if (cut === undefined) return [];
  const { p50, p99 } = cut.ttftAtLeast;
  const text = runSummaryText(language).cutBeforeToken(
    cut.count,
    cut.count + (ttft?.count ?? 0),
    formatSeconds(p50),
    formatSeconds(p99),
  );
  return [{ kind: "paragraph", text }];
}
