/**
 * The report's objectives and costs.
 *
 * @module
 */
import type { CostReport } from "../analyzer/cost.ts";
import type { ErrorBudget } from "../analyzer/error_budget.ts";
import { objectiveVerdict, type ShareVerdict } from "../analyzer/objectives.ts";
import type { ObjectiveSummary, PerformanceReport } from "../analyzer/performance_report.ts";
import {
  formatCount,
  formatInstant,
  formatNumber,
  formatRatio,
  formatSeconds,
  formatWhole,
  NOT_AVAILABLE,
} from "../base/format.ts";
import type { Reading } from "../base/cause.ts";
import type { TimeSpan } from "../series/types.ts";
import { alarmText } from "../text/alarms.ts";
import { causeSentence } from "../text/causes.ts";
import { costText } from "../text/cost.ts";
import type { Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { reportText } from "../text/report.ts";
import { absenceLines } from "./about_blocks.ts";
import type { Block } from "./document.ts";

/** An objective, its share and the verdict: the words of every command that holds requests against one. Plain text. */
export function objectiveSentence(
  objective: string,
  reached: ShareVerdict & Pick<ErrorBudget, "countedBy">,
  language: Language,
): string {
  return alarmText(language).objective({
    gaps: reached.countedBy === "gaps",
    objective,
    share: shareText(reached.share, reached.wanted),
    met: formatWhole(reached.met),
    total: formatWhole(reached.total),
    wanted: formatRatio(reached.wanted),
    verdict: objectiveVerdict(reached),
  });
}

/** With so many digits that a share that was missed does not read like the wanted one. */
function shareText(share: number, wanted: number): string {
  const text = formatRatio(share);
  if (share === wanted || text !== formatRatio(wanted)) return text;
  for (let decimals = 2; decimals <= 6; decimals++) {
    const longer = Number((share * 100).toFixed(decimals));
    if (longer !== Number((wanted * 100).toFixed(decimals))) return `${longer}%`;
  }
  return text;
}

function instants({ startSeconds, endSeconds }: TimeSpan): string {
  return `${formatInstant(startSeconds)} … ${formatInstant(endSeconds)}`;
}

/** An objective in one line, and a further one for each stretch in which its budget burnt too fast. Plain text. */
export function objectiveLines(
  summary: ObjectiveSummary,
  language: Language,
  showSpan: (span: TimeSpan) => string = instants,
): readonly string[] {
  const words = alarmText(language);
  const { text, limitSeconds, budget } = summary;
  if ("absent" in budget) return [words.noRequests(text, causeSentence(budget.absent, language))];
  const { boundarySeconds } = budget;
  const coarse = boundarySeconds !== undefined && limitSeconds !== undefined &&
    boundarySeconds < limitSeconds * (1 - 1e-9);
  const line = objectiveSentence(text, budget, language) +
    words.budget(formatRatio(budget.budgetLeft), formatNumber(budget.burnRate));
  const { stillWaiting, countedBy, cut, byServer = [] } = budget;
  const notes = [
    ...(byServer.length === 0 ? [] : [serversNote(byServer, language)]),
    ...(countedBy === undefined ? [] : [words.countedBy[countedBy]]),
    ...(coarse ? [words.boundary(formatSeconds(limitSeconds), formatSeconds(boundarySeconds))] : []),
    ...(stillWaiting === undefined ? [] : [words.stillWaiting(stillWaiting)]),
    ...(cut === undefined ? [] : [words.cut(cut, formatRatio(budget.met / (budget.total + cut)))]),
  ];
  return [
    [line, ...notes].join(punctuation(language).semicolon),
    ...budget.alerts.map(({ rule, span, peak }) =>
      words.burnAlert(
        formatNumber(rule.factor),
        formatSeconds(rule.longSeconds),
        formatSeconds(rule.shortSeconds),
        showSpan(span),
        formatNumber(peak),
      )
    ),
  ];
}

/** `3 servers together (a 100%, b 40%, c 99%)`. */
function serversNote(
  servers: readonly { readonly target: string; readonly met: number; readonly total: number }[],
  language: Language,
): string {
  const { bracket, list } = punctuation(language);
  const shares = servers.map(({ target, met, total }) =>
    `${target} ${total > 0 ? formatRatio(met / total) : NOT_AVAILABLE}`
  );
  return alarmText(language).together(servers.length) + bracket(shares.join(list));
}

/** Objectives that were asked for; nothing without one. */
export function objectiveBlocks({ objectives = [] }: PerformanceReport, language: Language): Block[] {
  if (objectives.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: costText(language).objectives },
    { kind: "list", items: objectives.flatMap((one) => objectiveLines(one, language)) },
  ];
}

/** What tokens cost; nothing where none of it is known. What is not known stands below, by its cause. */
export function costBlocks({ cost }: PerformanceReport, language: Language): Block[] {
  if (cost === undefined) return [];
  const all = costRows(cost, language);
  const rows = all.flatMap(([name, reading, show]) =>
    "absent" in reading ? [] : [[name, show(reading.value)]]
  );
  if (rows.length === 0) return [];
  const words = costText(language);
  const missing = all.flatMap(([what, reading]) =>
    "absent" in reading ? [{ what, cause: reading.absent }] : []
  );
  return [
    { kind: "heading", level: 2, text: words.cost },
    {
      kind: "table",
      columns: [words.what, words.value],
      numeric: [1],
      rows,
    },
    { kind: "paragraph", text: words.note },
    ...(missing.length === 0 ? [] : [
      { kind: "list", lead: reportText(language).absent, items: absenceLines(missing, language) } as const,
    ]),
  ];
}

function costRows(
  cost: CostReport,
  language: Language,
): readonly (readonly [string, Reading, (value: number) => string])[] {
  const { rows } = costText(language);
  const money = (value: number) => Number(value.toPrecision(4)).toString();
  return [
    [rows.outputTokens, cost.outputTokens, formatCount],
    [rows.energy, cost.energyJoules, (value) => `${formatNumber(value / 3.6e6)} kWh`],
    [
      rows.energyPerMillion,
      cost.kilowattHoursPerMillionOutputTokens,
      (value) => `${formatNumber(value)} kWh`,
    ],
    [rows.money, cost.money, money],
    [rows.moneyPerMillion, cost.moneyPerMillionOutputTokens, money],
    [rows.recomputed, cost.wasted.recomputed, formatCount],
    [rows.aborted, cost.wasted.aborted, formatCount],
    [rows.wasted, cost.wasted.share, formatRatio],
  ];
}
