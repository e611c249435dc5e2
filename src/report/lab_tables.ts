/**
 * Tables of how the lab itself stands: what is watched, how reading goes, what loads came to.
 *
 * @module
 */
import { cacheTokens } from "./cache_tokens.ts";
import { type Check, checkArgument, type Checks, listOf, shape } from "../base/arguments.ts";
import { checkView } from "../charts/chart_checks.ts";
import { formatRate, formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import type { Cause } from "../base/cause.ts";
import type { TargetFacts } from "../series/types.ts";
import type { Distribution } from "../simulator/workload/distribution.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { causeSentence } from "../text/causes.ts";
import { factName, factText, kindText } from "../text/facts.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { punctuation } from "../text/punctuation.ts";
import { tablesText } from "../text/tables.ts";
import { engineSentence } from "../text/workload.ts";
import { shortfallLines } from "./load_trouble.ts";
import { type RenderedTable, renderTable, type TableColumn } from "./table.ts";

/** How the tables are worded. */
export interface LabTableOptions {
  /** Default English. */
  readonly language?: Language;
}

/** How a sampler has been doing: the part of the collector's health that the table shows. */
export interface HealthRow {
  /** The sampler's name. */
  readonly id: string;
  /** Between its ticks. */
  readonly intervalSeconds: number;
  /** Reads that ended, good or not. */
  readonly scrapes: number;
  /** Reads that failed. */
  readonly failures: number;
  /** Runs of failures. */
  readonly gaps: number;
  /** Counter resets that were seen. */
  readonly resets: number;
  /** The newest failure. */
  readonly lastError?: { readonly cause: Cause };
}

const CHECKS: Checks<LabTableOptions> = { language: LANGUAGE };

const FACTS = listOf(shape("", ["target", "simulated"]), "a list of facts, such as await collector.facts()");

const HEALTH = listOf(shape("", ["id", "intervalSeconds", "scrapes"]), "the health of a collector");

const RESULT = shape("", ["summary", "trust"]);

/** The longest name of a load that stays on one line, characters. */
const SHORT_NAME = 16;

const RESULTS: Check = {
  wanted: "an object of results of loads by name",
  accepts: (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.values(value).every(RESULT.accepts),
};

/**
 * What is watched (a row for each target), and what is absent there with its cause in words.
 *
 * @example
 * ```ts
 * import { factsTable, openLab, RealTimeMetricsCollector, show } from "#lab";
 *
 * await using lab = await openLab();
 * await using collector = new RealTimeMetricsCollector(lab.collectorOptions);
 * await collector.collectOnce();
 * await show(factsTable(await collector.facts(), lab.viewOptions));
 * ```
 */
export function factsTable(facts: readonly TargetFacts[], options: LabTableOptions = {}): RenderedTable {
  const call = "factsTable(await collector.facts())";
  checkArgument(call, { facts }, FACTS);
  checkView<LabTableOptions>(call, options, CHECKS);
  const language = options.language ?? "en";
  const text = tablesText(language);
  const { colon, comma, semicolon } = punctuation(language);
  return renderTable(
    [text.target, text.what, text.details, text.absent].map((title) => ({ title })),
    facts.map((one) => [
      one.target,
      [
        one.kind === undefined ? "" : kindText(one.kind, language),
        one.version ?? "",
        one.simulated ? text.simulated : "",
      ].filter((part) => part !== "")
        .join(" "),
      detailsOf(one, language).join(comma),
      Object.entries(one.absent ?? {})
        .map(([what, cause]) => factName(what, language) + colon + causeSentence(cause, language))
        .join(semicolon),
    ]),
  );
}

function detailsOf(facts: TargetFacts, language: Language): readonly string[] {
  const known: Record<string, string | number | undefined> = {
    models: facts.models?.join(", "),
    engines: facts.engines?.length,
    max_model_len: facts.maxModelLength,
    kv_cache_tokens: cacheTokens(facts),
    ...facts.details,
  };
  return Object.entries(known).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [factText(name, value, language)]
  );
}

/** The collector's own health, a row for each source: reads, failures, gaps, resets, the last failure. */
export function healthTable(health: readonly HealthRow[], options: LabTableOptions = {}): RenderedTable {
  const call = "healthTable(collector.health)";
  checkArgument(call, { health }, HEALTH);
  checkView<LabTableOptions>(call, options, CHECKS);
  const language = options.language ?? "en";
  const text = tablesText(language);
  const numbers = [text.interval, text.reads, text.failures, text.gaps, text.resets].map(numeric);
  return renderTable(
    [{ title: text.sampler }, ...numbers, { title: text.lastError }],
    health.map((one) => [
      one.id,
      formatSeconds(one.intervalSeconds),
      ...[one.scrapes, one.failures, one.gaps, one.resets].map(String),
      one.lastError === undefined ? "" : causeSentence(one.lastError.cause, language),
    ]),
  );
}

/**
 * Loads beside each other: what was reached, and what users waited for. Below it stands what went otherwise than planned:
 * requests that failed, with the reasons, that were cut, or that were never sent.
 *
 * @example
 * ```ts
 * import { openLab, show, VllmWorkloadSimulator, workloadTable } from "#lab";
 *
 * await using lab = await openLab();
 * const users = new VllmWorkloadSimulator(lab.workloadOptions);
 * const two = await users.simulateConcurrentLoad({ requests: 4, concurrency: 2, maxTokens: 8 });
 * await show(workloadTable({ "2 users": two }, lab.viewOptions));
 * ```
 */
export function workloadTable(
  results: Readonly<Record<string, WorkloadResult>>,
  options: LabTableOptions = {},
): RenderedTable {
  const call = 'workloadTable({ "32 users": result })';
  checkArgument(call, { results }, RESULTS);
  checkView<LabTableOptions>(call, options, CHECKS);
  const language = options.language ?? "en";
  const { colon } = punctuation(language);
  const notes = Object.entries(results).flatMap(([name, result]) =>
    shortfallLines(result, language).map((line) => name + colon + line)
  );
  // Once, however many of them it would help.
  const late = Object.values(results).find(({ betterEngine }) => betterEngine !== undefined);
  const engine = late === undefined ? undefined : engineSentence(late, language);
  if (engine !== undefined) notes.push(engine);
  return plainWorkloadTable(results, language, notes);
}

/** The same, with notes of the caller's own. */
export function plainWorkloadTable(
  results: Readonly<Record<string, WorkloadResult>>,
  language: Language,
  notes: readonly string[] = [],
): RenderedTable {
  const text = tablesText(language);
  const { bracket } = punctuation(language);
  const columns = ["TTFT p50", "TTFT p99", "ITL p50", "ITL p99", "E2E p50", text.throughput].map(numeric);
  const rows = Object.entries(results).map(([name, { summary, trust }]) => [
    name,
    `${summary.byOutcome.ok} / ${summary.requests}`,
    String(summary.maxInFlight),
    at(summary.ttft, "p50"),
    at(summary.ttft, "p99"),
    at(summary.itl, "p50"),
    at(summary.itl, "p99"),
    at(summary.e2e, "p50"),
    formatRate(summary.outputTokensPerSecond, "tok/s"),
    text.trust[trust.level] +
    (trust.lagP99Seconds === undefined ? "" : bracket(`±${formatSeconds(trust.lagP99Seconds)}`)),
  ]);
  // In a narrow window "c = 32" would become three lines; a long name of the caller's may.
  const short = rows.every(([name = ""]) => name.length <= SHORT_NAME);
  return renderTable(
    [{ title: text.load, whole: short }, numeric(text.okOfAll), numeric(text.inFlight), ...columns, {
      title: text.trustTitle,
    }],
    rows,
    { notes },
  );
}

function numeric(title: string): TableColumn {
  return { title, numeric: true };
}

function at(distribution: Distribution | undefined, percentile: "p50" | "p99"): string {
  return distribution === undefined ? NOT_AVAILABLE : formatSeconds(distribution[percentile]);
}
