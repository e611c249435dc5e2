/**
 * What `deno task load` ends with: the table, how far to trust it, whether objectives were met, the files.
 *
 * @module
 */
import { join } from "node:path";
import { escapeTerminal } from "../base/escape.ts";
import { isKept, judgeShare, objectiveVerdict, type ShareVerdict } from "../analyzer/objectives.ts";
import { formatNumber, formatSeconds } from "../base/format.ts";
import { writeText } from "../export/files.ts";
import { BENCHMARK_FILES, type WritableFormat, writeBenchmark } from "../formats/benchmark_file.ts";
import { objectiveSentence } from "../report/cost_blocks.ts";
import { plainWorkloadTable } from "../report/lab_tables.ts";
import { troubleLines } from "../report/load_trouble.ts";
import type { Goodput, Objectives } from "../simulator/workload/goodput.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import type { TokenPrices } from "../simulator/workload/safety.ts";
import { alarmText } from "../text/alarms.ts";
import { causeSentence } from "../text/causes.ts";
import {
  countsSentence,
  engineSentence,
  goodputSentence,
  searchSentence,
  threadsSentence,
  trustSentence,
  workloadText,
} from "../text/workload.ts";
import type { Language } from "../text/language.ts";
import { writeSomewhere } from "./elsewhere.ts";
import type { CommonOptions } from "./options.ts";
import { print } from "./terminal.ts";
import { writtenLines } from "./written.ts";

/** What is said besides the result. */
export interface ReportLoadOptions extends CommonOptions {
  /** Of the requests that must meet the objectives. */
  readonly share?: number;
  /** Of a million tokens: what was used is told at these. */
  readonly price?: TokenPrices;
  /** What of the times lies outside the engine; "" where that is not told. */
  readonly outsideLine?: string;
}

/**
 * The table, how far to trust it, the reasons of failures, and the files.
 *
 * @throws CliError (exit 1) when the files cannot be written, there or elsewhere; what is printed has been printed by then
 */
export async function reportLoad(
  result: WorkloadResult,
  directory: string,
  options: ReportLoadOptions,
): Promise<void> {
  const { lang } = options;
  if (options.json) print(writeBenchmark(result, "vllm_bench"));
  else printResult(result, options);
  const files = await writeSomewhere(directory, lang, (folder) => writeResults(result, folder));
  if (!options.json) print(writtenLines(files, lang));
}

function printResult(result: WorkloadResult, options: ReportLoadOptions): void {
  const { lang } = options;
  print(plainWorkloadTable({ [result.name]: result }, lang).text);
  const counts = countsSentence(result, lang);
  if (counts !== "") print(counts);
  // What went wrong comes before how far to trust the times of what went well.
  for (const line of troubleLines(result, lang)) print(escapeTerminal(line));
  // Of a search the records are those of one rate: their price is not the search's.
  if (options.price !== undefined && result.search === undefined) {
    print(priceLine(result, options.price, lang));
  }
  print(trustSentence(result.trust, lang));
  const engine = engineSentence(result, lang);
  if (engine !== undefined) print(engine);
  if (options.outsideLine) print(escapeTerminal(options.outsideLine));
  const threads = threadsSentence(result, lang);
  if (threads !== undefined) print(threads);
  if (result.goodput !== undefined) {
    const share = result.search === undefined ? options.share ?? DEFAULT_SHARE : undefined;
    objectiveLines(result.goodput, share, lang).forEach((line) => print(line));
  }
  if (result.search !== undefined) print(searchSentence(result.search, lang, result.stopped));
}

/** By the tokens of all answers as the server counted them; of those that were cut it told none. */
function priceLine({ summary }: WorkloadResult, price: TokenPrices, language: Language): string {
  const { promptTokens, outputTokens } = summary;
  const amount = (promptTokens * price.promptPerMillion + outputTokens * price.outputPerMillion) / 1e6;
  return workloadText(language).money(formatNumber(amount));
}

/** Share of requests that must meet the objectives where nobody says otherwise. */
export const DEFAULT_SHARE = 0.99;

/** Whether the objectives of a run were met; true where there are none. A run in which nothing counts did not meet them. */
export function meetsObjectives(result: WorkloadResult, share = DEFAULT_SHARE): boolean {
  if (result.goodput === undefined) return true;
  const judged = judgedShare(result.goodput, share);
  return judged !== undefined && isKept(objectiveVerdict(judged));
}

function objectiveLines(
  reached: Goodput,
  share: number | undefined,
  language: Language,
): readonly string[] {
  // A search says itself what held.
  if (share === undefined) return [goodputSentence(reached, language)];
  const words = alarmText(language);
  const name = objectivesText(reached.objectives);
  const judged = judgedShare(reached, share);
  const line = judged === undefined
    ? words.noRequests(name, causeSentence({ code: "no_requests_in_window" }, language))
    : objectiveSentence(name, judged, language);
  return [
    goodputSentence(reached, language),
    words.kept(judged !== undefined && isKept(objectiveVerdict(judged)), line),
  ];
}

/** Undefined where no request counts. */
function judgedShare({ good, counted }: Goodput, wanted: number): ShareVerdict | undefined {
  return counted === 0 ? undefined : judgeShare({ met: good, total: counted }, wanted);
}

/** As a command line gives them: `ttft=500ms,e2e=5s`. */
function objectivesText(objectives: Objectives): string {
  return Object.entries(objectives).map(([name, seconds]) =>
    `${name.replace("Seconds", "")}=${formatSeconds(seconds).replace(" ", "")}`
  ).join(",");
}

/** Our own file and those of the tools that people compare with. */
async function writeResults(result: WorkloadResult, directory: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const [format, name] of Object.entries(BENCHMARK_FILES)) {
    const path = join(directory, name);
    // The keys of the table are the formats: Object.entries forgets it.
    const text = writeBenchmark(result, format as WritableFormat);
    await writeText(path, text);
    files.push(path);
  }
  return files;
}
