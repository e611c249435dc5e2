/**
 * The run summary as lines for a terminal or a notebook cell.
 *
 * @module
 */
import { checkArgument, type Checks, shape } from "../base/arguments.ts";
import { checkView } from "../charts/chart_checks.ts";
import { escapeTerminal, shortenMiddle } from "../base/escape.ts";
import {
  formatCount,
  formatInstant,
  formatRate,
  formatSeconds,
  formatValue,
  NOT_AVAILABLE,
} from "../base/format.ts";
import { gpusOf } from "../analyzer/run_figures.ts";
import type { LabEvent, TargetFacts } from "../series/types.ts";
import type { Unit } from "../catalog/types.ts";
import type { Distribution } from "../simulator/workload/distribution.ts";
import { causeSentence } from "../text/causes.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { type Punctuation, punctuation } from "../text/punctuation.ts";
import { outsideSentence } from "../text/outside.ts";
import { type ReportText, reportText } from "../text/report.ts";
import { type RunSummaryText, runSummaryText } from "../text/run_summary.ts";
import { keyHint } from "./load_trouble.ts";
import { renderTable } from "./table.ts";
import { hasSeveralServers } from "../series/facts.ts";
import { LATENCIES, type RunSummary, type ServerLatency } from "./run_summary.ts";

/** How the lines are made. */
export interface RunSummaryOptions {
  /** Of the lines, default English; names and figures that a server gave stay as they are. */
  readonly language?: Language;
}

const CHECKS: Checks<RunSummaryOptions> = { language: LANGUAGE };

const SUMMARY = shape("what summariseRun() gives", ["span", "facts", "server", "counted", "maxima"]);

/** Lines without colour codes; whatever a server said is escaped. */
export function runSummaryLines(
  summary: RunSummary | undefined,
  options: RunSummaryOptions = {},
): readonly string[] {
  const call = "runSummaryLines(await summariseRun(collector))";
  if (summary !== undefined) checkArgument(call, { summary }, SUMMARY);
  checkView<RunSummaryOptions>(call, options, CHECKS);
  const language = options.language ?? "en";
  const { cut, lostPace } = reportText(language);
  const text: Words = { ...runSummaryText(language), ...punctuation(language), cut, lostPace };
  if (summary === undefined) return [text.nothing];
  return [
    ...targetLines(summary, text, language),
    ...clientLines(summary, text, language),
    ...latencyTable(summary, text),
    outsideSentence(summary.outside ?? {}, language),
    peakLine(summary, text),
    ...troubleLines(summary, text),
  ].filter((line) => line !== "");
}

/** Words, and the marks between them. */
type Words = RunSummaryText & Punctuation & Pick<ReportText, "cut" | "lostPace">;

function targetLines({ facts, span }: RunSummary, text: Words, language: Language): string[] {
  const names = facts.filter((one) => one.kind !== "workload")
    .map((one) =>
      escapeTerminal(watchedName(one, language)) + (one.simulated ? text.bracket(text.simulated) : "")
    );
  const duration = formatSeconds(span.endSeconds - span.startSeconds);
  return [
    text.targets + text.colon + names.join(text.semicolon),
    text.span(formatInstant(span.startSeconds), formatInstant(span.endSeconds), duration),
  ];
}

/** A server by its address and what it is; GPUs by their names, or why there is none. */
function watchedName(facts: TargetFacts, language: Language): string {
  const { kind, target, address, version, models = [], absent } = facts;
  if (kind === "gpu") {
    const none = absent?.["gpu"];
    return gpusOf([facts]) ?? (none === undefined ? target : causeSentence(none, language));
  }
  const parts = [address ?? target, kind === "host" ? "" : kind, version, ...models];
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}

function clientLines({ client, events }: RunSummary, text: Words, language: Language): string[] {
  if (client === undefined) return [text.requests + text.colon + text.noClient];
  const outcomes = Object.entries(client.byOutcome).filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${text.outcomes[outcome as keyof typeof client.byOutcome]}`);
  const notSent = notSentOf(events);
  if (notSent > 0) outcomes.push(text.notSent(formatCount(notSent)));
  return [
    text.requests + text.colon + String(client.requests + notSent) + text.bracket(outcomes.join(text.list)) +
    text.comma +
    text.rate(formatRate(client.requestsPerSecond, "req/s"), formatSeconds(client.durationSeconds)),
    text.tokens(
      formatCount(client.promptTokens),
      formatCount(client.outputTokens),
      formatRate(client.outputTokensPerSecond, "tok/s"),
    ),
    ...client.failures.filter(({ outcome }) => outcome !== "aborted" && outcome !== "unfinished").slice(0, 5)
      .map((failure) =>
        "  " + text.failure(failure.count, text.outcomes[failure.outcome], reasonText(failure.reason)) +
        keyHint(failure.status, language)
      ),
  ];
}

/** Requests that loads had planned and never began, as their ends tell. */
function notSentOf(events: readonly LabEvent[]): number {
  return events.reduce((sum, event) => {
    const count = event.kind === "workload" && event.state === "end" ? event.plan?.["notSent"] : undefined;
    return typeof count === "number" && count > 0 ? sum + count : sum;
  }, 0);
}

/** Longest reason that is shown whole. */
const REASON_LENGTH = 160;

/** The message of an OpenAI error body, else the text as it is; one escaped line. */
function reasonText(reason: string): string {
  const message = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(reason)?.[1];
  return escapeTerminal(
    shortenMiddle(message === undefined ? reason : String(JSON.parse(message)), REASON_LENGTH),
  );
}

/**
 * One row per latency and witness: n, mean, p50, p99; a server's quantile with what is sure of it. Both sides have the same
 * requests: TTFT and ITL of all that got a first token, the others of those that ended well.
 */
function latencyTable({ client, firstTokens, server, servers }: RunSummary, text: Words): string[] {
  const rows: string[][] = [];
  for (const latency of LATENCIES) {
    const name = latency.toUpperCase();
    const own = latency === "ttft" || latency === "itl" ? firstTokens?.[latency] : client?.[latency];
    const theirs = server[latency];
    if (own !== undefined) rows.push([name, text.clientSide, ...clientCells(own)]);
    if (theirs === undefined) continue;
    const side = servers === undefined ? text.serverSide : text.together(servers.length);
    rows.push([name, side, ...serverCells(theirs, text)]);
    for (const { target, latencies } of servers ?? []) {
      const single = latencies[latency];
      const cells = single === undefined
        ? ["0", ...Array<string>(3).fill(NOT_AVAILABLE), ""]
        : serverCells(single, text);
      rows.push([name, escapeTerminal(target), ...cells]);
    }
  }
  if (rows.length === 0) return [];
  const numeric = [text.count, text.mean, "p50", "p99"].map((title) => ({ title, numeric: true }));
  const table = renderTable([{ title: "" }, { title: "" }, ...numeric, { title: "" }], rows).text;
  return [...table.split("\n").map((line) => `  ${line}`), ...cutLine(firstTokens, text)];
}

function cutLine(first: RunSummary["firstTokens"], text: Words): string[] {
  if (first?.atLeast === undefined) return [];
  const { cut, atLeast: { p50, p99 }, ttft } = first;
  return [text.cutBeforeToken(cut, cut + (ttft?.count ?? 0), formatSeconds(p50), formatSeconds(p99))];
}

function clientCells(own: Distribution): string[] {
  return [String(own.count), formatSeconds(own.mean), formatSeconds(own.p50), formatSeconds(own.p99), ""];
}

function serverCells(theirs: ServerLatency, text: Words): string[] {
  const { p99Bounds } = theirs;
  const note = p99Bounds === undefined
    ? ""
    : `p99 ${text.bucket(formatSeconds(p99Bounds.lower), formatSeconds(p99Bounds.upper))}`;
  return [
    String(Math.round(theirs.count)),
    formatSeconds(theirs.meanSeconds),
    formatSeconds(theirs.p50),
    formatSeconds(theirs.p99),
    note,
  ];
}

function peakLine({ maxima, counted }: RunSummary, text: Words): string {
  const parts: [string, number | undefined, Unit][] = [
    [text.running, maxima.running, "count"],
    [text.waiting, maxima.waiting, "count"],
    [text.kvCache, maxima.kv_cache_usage, "ratio"],
    [text.preemptions, counted.preemptions, "count"],
    [text.cpu, maxima.cpu_usage, "ratio"],
    [text.memory, maxima.memory_usage, "ratio"],
  ];
  const known = parts.filter(([, value]) => value !== undefined)
    .map(([name, value, unit]) => `${name} ${formatValue(value, unit)}`);
  return known.length === 0 ? "" : text.peaks + text.colon + known.join(text.list);
}

/** What went wrong, of several servers with the names of those that it happened to. */
function troubleLines(summary: RunSummary, text: Words): string[] {
  const { failedScrapes, resets, facts, events, cutSeconds, lostPace } = summary;
  const whose = (kind: "scrape_failed" | "counter_reset") => {
    if (!hasSeveralServers(facts)) return "";
    const names = new Set(events.flatMap((event) => event.kind === kind ? [event.target] : []));
    return text.bracket(escapeTerminal([...names].join(text.list)));
  };
  return [
    failedScrapes > 0 ? text.failedScrapes(failedScrapes) + whose("scrape_failed") : "",
    resets > 0 ? text.resets(resets) + whose("counter_reset") : "",
    jumpLine(events, text),
    cutSeconds === undefined ? "" : text.cut(formatInstant(cutSeconds)),
    lostPace === undefined
      ? ""
      : text.lostPace(Math.round(lostPace.times), formatSeconds(lostPace.worstSeconds)),
  ];
}

/** Each sampler notices a jump by itself: what they tell within so long of each other is one. */
const SAME_JUMP_SECONDS = 5;

function jumpLine(events: readonly LabEvent[], text: Words): string {
  let count = 0;
  let longest = 0;
  let lastSeconds = -Infinity;
  for (const event of events) {
    if (event.kind !== "clock_jump") continue;
    if (event.timeSeconds - lastSeconds > SAME_JUMP_SECONDS) count++;
    lastSeconds = event.timeSeconds;
    longest = Math.max(longest, Math.abs(event.jumpSeconds));
  }
  return count === 0 ? "" : text.clockJumps(count, formatSeconds(longest));
}
