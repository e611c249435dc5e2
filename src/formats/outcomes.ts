/**
 * How requests ended, as files tell it: which count as failed, and the lab's own words in other tools' fields.
 *
 * @module
 */
import type { RequestOutcome, RequestRecord } from "../series/types.ts";
import { named } from "./figures.ts";
import type { BenchmarkRun } from "./benchmark_run.ts";

const FAILED: ReadonlySet<string> = new Set<RequestOutcome>(["error", "connection_error", "timeout"]);
const CUT: ReadonlySet<string> = new Set<RequestOutcome>(["aborted", "unfinished", "dropped"]);

/** True for an error, no connection, a time-out; false for what ended well and for what the run cut off or never sent. */
export function isFailed(outcome: RequestOutcome): boolean {
  return FAILED.has(outcome);
}

/** An outcome by its name; undefined for any other text. */
export function outcomeNamed(text: unknown): RequestOutcome | undefined {
  return text === "ok" || FAILED.has(String(text)) || CUT.has(String(text))
    ? text as RequestOutcome
    : undefined;
}

/** The outcome and the reason of `timeout: no first token`, as the lab writes into a tool's only field for errors. */
export function outcomeAndReason(
  text: string,
): { readonly outcome: RequestOutcome; readonly reason: string } | undefined {
  const [, name, reason = ""] = /^([a-z_]+): (.*)$/s.exec(text) ?? [];
  const outcome = outcomeNamed(name);
  return outcome === undefined ? undefined : { outcome, reason };
}

/** How many ended which way. */
export function outcomeCounts(
  records: readonly RequestRecord[],
): Required<Pick<BenchmarkRun, "completed" | "failed" | "unfinished">> {
  const completed = records.filter(({ outcome }) => outcome === "ok").length;
  const failed = records.filter(({ outcome }) => isFailed(outcome)).length;
  return { completed, failed, unfinished: records.length - completed - failed };
}

/**
 * The mean of all gaps between token chunks of the requests that ended well, where a file holds of each only the first
 * and the last chunk's time and their number; undefined without a gap.
 */
export function meanGapOf(
  rows: readonly { readonly record: RequestRecord; readonly chunks: number | undefined }[],
): { readonly itl?: { readonly mean: number; readonly percentiles: Readonly<Record<number, number>> } } {
  let seconds = 0;
  let gaps = 0;
  for (const { record: { outcome, chunkTimesSeconds: times }, chunks } of rows) {
    if (outcome !== "ok" || chunks === undefined || chunks < 2 || times.length === 0) continue;
    seconds += times[times.length - 1]! - times[0]!;
    gaps += chunks - 1;
  }
  return named("itl", gaps === 0 ? undefined : { mean: seconds / gaps, percentiles: {} });
}
