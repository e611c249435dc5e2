/**
 * What `deno task load` ends with: the table, how far to trust it, whether objectives were met, the files.
 *
 * @module
 */
import { join } from "node:path";
import { escapeTerminal } from "../base/escape.ts";
import { formatCount, formatRatio } from "../base/format.ts";
import { BENCHMARK_FILES, type WritableFormat, writeBenchmark } from "../formats/benchmark_file.ts";
import { workloadTable } from "../report/lab_tables.ts";
import type { Goodput } from "../simulator/workload/goodput.ts";
import type { FailureReason } from "../simulator/workload/summary.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { cliText } from "../text/cli.ts";
import { runSummaryText } from "../text/run_summary.ts";
import {
  countsSentence,
  goodputSentence,
  searchSentence,
  stopSentence,
  trustSentence,
  workloadText,
} from "../text/workload.ts";
import type { CommonOptions } from "./options.ts";
import { print } from "./terminal.ts";

/** The table, how far to trust it, the reasons of failures, and the files. */
export async function reportLoad(
  result: WorkloadResult,
  directory: string,
  options: CommonOptions & { readonly share?: number },
): Promise<void> {
  const { lang } = options;
  const files = await writeResults(result, directory);
  if (options.json) return print(writeBenchmark(result, "vllm_bench"));
  const words = runSummaryText(lang);
  print(workloadTable({ [result.name]: result }, { language: lang }).text);
  print(countsSentence(result, lang));
  print(trustSentence(result.trust, lang));
  if (result.goodput !== undefined) objectiveLines(result.goodput, options).forEach(print);
  if (result.search !== undefined) print(searchSentence(result.search, lang));
  if (result.stopped !== undefined) print(escapeTerminal(stopSentence(result.stopped, lang)));
  for (const failure of result.summary.failures) {
    print(words.failure(failure.count, words.outcomes[failure.outcome], escapeTerminal(reasonOf(failure))));
  }
  const { unfinished } = result.summary.byOutcome;
  if (unfinished > 0 && result.stopped === undefined) {
    print(workloadText(lang).cutByDrain(formatCount(unfinished)));
  }
  print(`${cliText(lang).written}:\n${files.map((file) => `  ${file}`).join("\n")}`);
}

/** With the status of the answer, where the server's own words do not say it. */
function reasonOf({ reason, status }: FailureReason): string {
  if (status === undefined || status === 200 || reason.includes(String(status))) return reason;
  return `HTTP ${status}: ${reason}`;
}

/** Share of requests that must meet the objectives where nobody says otherwise. */
export const DEFAULT_SHARE = 0.99;

/** Whether the objectives of a run were met; true where there are none. A run in which nothing counts did not meet them. */
export function meetsObjectives(result: WorkloadResult, share = DEFAULT_SHARE): boolean {
  return result.goodput === undefined || (result.goodput.ratio ?? 0) >= share;
}

function objectiveLines(
  reached: Goodput,
  { lang, share = DEFAULT_SHARE }: CommonOptions & { readonly share?: number },
): readonly string[] {
  const text = workloadText(lang);
  const verdict = (reached.ratio ?? 0) >= share ? text.objectiveMet : text.objectiveMissed;
  return [goodputSentence(reached, lang), verdict(formatRatio(share))];
}

/** Our own file and those of the tools that people compare with. */
async function writeResults(result: WorkloadResult, directory: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const [format, name] of Object.entries(BENCHMARK_FILES)) {
    const path = join(directory, name);
    // The keys of the table are the formats: Object.entries forgets it.
    await Deno.writeTextFile(path, writeBenchmark(result, format as WritableFormat));
    files.push(path);
  }
  return files;
}
