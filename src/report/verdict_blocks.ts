/**
 * The verdict of a report: what weighs most, then whatever a reader must not miss beside it.
 *
 * @module
 */
import type { FindingCode } from "../analyzer/findings.ts";
import type { Recurrence } from "../analyzer/recurrences.ts";
import { formatSeconds } from "../base/format.ts";
import { analyzerText } from "../text/analyzer.ts";
import { punctuation } from "../text/punctuation.ts";
import { reportText } from "../text/report.ts";
import type { Block } from "./document.ts";
import { afterVerdict, detailLine, placedVerdict } from "./findings_blocks.ts";
import { instantText, type PageContext } from "./page_context.ts";

/** In which words findings are told, and of what. */
export interface Told {
  readonly context: PageContext;
  /** Whether the source holds several servers: then each sentence says of which it is. */
  readonly several: boolean;
  /** Where the data ends: what held until about then goes on. */
  readonly endSeconds: number;
}

/** A finding in one sentence, with its server where there are several. */
export function sentenceOf({ finding }: Recurrence, { context, several }: Told): string {
  return placedVerdict(finding, { language: context.language, several });
}

/** Sentences of a list in the verdict; the others stand among the findings. */
const MOST_LISTED = 8;
/** Just as serious ones. */
const MOST_GRAVE = 2;

/**
 * The first finding's sentence with its weight and time; then those as grave, those that went on until the end, and of each
 * server that is not named yet what weighs most there. Where nothing is wrong anywhere, that first.
 */
export function verdictBlocks(found: readonly Recurrence[], told: Told): Block[] {
  const [first, ...rest] = found;
  if (first === undefined) return [];
  const words = reportText(told.context.language);
  const best = Map.groupBy(found, ({ finding }) => finding.target);
  if (told.several && [...best.values()].every(([one]) => one?.finding.code === "healthy")) {
    return allHealthy([...best.values()].map(([one]) => one!), told);
  }
  const grave = rest.filter(({ finding }) => finding.severity === "critical").slice(0, MOST_GRAVE);
  const ongoing = rest.filter((one) =>
    !grave.includes(one) && one.finding.severity !== "info" && goesOn(one, told)
  );
  const named = new Set([first, ...grave, ...ongoing].map(({ finding }) => finding.target));
  const others = [...best].flatMap(([target, [one]]) => named.has(target) || one === undefined ? [] : [one]);
  return [
    { kind: "paragraph", text: sentenceOf(first, told), strong: true },
    { kind: "paragraph", text: detailLine(first, told.context) },
    ...listed(words.also, grave, told),
    ...listed(goesOn(first, told) ? words.besides : words.goesOn, ongoing, told),
    ...(told.several ? listed(words.otherServers, others, told) : []),
  ];
}

/** All servers with their figures; a doubt that all of them share is told once. */
function allHealthy(best: readonly Recurrence[], told: Told): Block[] {
  const { language } = told.context;
  const text = analyzerText(language);
  const doubts = new Set(best.map(({ finding }) => afterVerdict(finding, text)));
  const [doubt] = doubts;
  const shared = doubts.size === 1 && doubt !== undefined;
  const without = ({ finding, ...rest }: Recurrence): Recurrence => {
    const { doubt: _doubt, extent: _extent, suspect: _suspect, ...params } = finding.params;
    return { ...rest, finding: { ...finding, params } };
  };
  return [
    {
      kind: "paragraph",
      text: reportText(language).allHealthy(String(best.length)) +
        (shared ? punctuation(language).space + doubt : ""),
      strong: true,
    },
    ...listed(undefined, shared ? best.map(without) : best, told),
  ];
}

/** What lasted until so many seconds before the end goes on: two windows. */
const STILL_SECONDS = 60;
/** Of what events tell, whose end is known to the scrape. */
const EVENT_SECONDS = 2;
const EVENTS: ReadonlySet<FindingCode> = new Set<FindingCode>(["scrapes_failing", "server_restarted"]);

function goesOn({ finding, span }: Recurrence, { endSeconds }: Told): boolean {
  const slack = EVENTS.has(finding.code) ? EVENT_SECONDS : STILL_SECONDS;
  return Number.isFinite(finding.span.startSeconds) && span.endSeconds >= endSeconds - slack;
}

function listed(lead: string | undefined, all: readonly Recurrence[], told: Told): Block[] {
  if (all.length === 0) return [];
  const { language } = told.context;
  const items = all.slice(0, MOST_LISTED).map((one) => sentenceOf(one, told) + sinceText(one, told));
  const more = all.length - items.length;
  return [{
    kind: "list",
    ...(lead === undefined ? {} : { lead }),
    items: more > 0 ? [...items, reportText(language).more(String(more))] : items,
  }];
}

/** When it began and how long it held, of what is wrong and goes on. */
function sinceText(one: Recurrence, told: Told): string {
  const { finding, heldSeconds, times } = one;
  if (finding.severity === "info" || !goesOn(one, told)) return "";
  const { language } = told.context;
  const words = reportText(language);
  const again = times === 1 ? "" : ` ${words.again(times, formatSeconds(heldSeconds))}`;
  return punctuation(language).bracket(words.since(instantText(finding.span.startSeconds, told.context))) +
    again;
}
