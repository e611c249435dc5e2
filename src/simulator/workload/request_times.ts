/**
 * The durations of one request, each defined once: pure. Definitions as `vllm bench serve` has them, unless said.
 *
 * @module
 */
import { type Check, checkArgument } from "../../base/arguments.ts";
import type { RequestRecord } from "../../series/types.ts";

/** Time to first token: first token chunk minus send. Undefined when no token chunk came. */
export function ttftSeconds(record: RequestRecord): number | undefined {
  checkRecord("ttftSeconds(result.records[0])", record);
  return since(record.chunkTimesSeconds[0], record.sentSeconds);
}

/** TTFT from the instant at which the schedule wanted the request sent: a late send counts as waiting. */
export function ttftScheduledSeconds(record: RequestRecord): number | undefined {
  return since(record.chunkTimesSeconds[0], record.dueSeconds);
}

/** Every gap between consecutive token chunks; empty below two chunks. Pool these, never their means, for ITL. */
export function interTokenSeconds(record: RequestRecord): Float64Array {
  checkRecord("interTokenSeconds(result.records[0])", record);
  const times = record.chunkTimesSeconds;
  const gaps = new Float64Array(Math.max(0, times.length - 1));
  for (let i = 0; i < gaps.length; i++) gaps[i] = times[i + 1]! - times[i]!;
  return gaps;
}

/** Mean gap of one request, (last - first) / (chunks - 1): what AIPerf and GuideLLM call ITL, by chunks. */
export function interTokenMeanSeconds(record: RequestRecord): number | undefined {
  const times = record.chunkTimesSeconds;
  return times.length < 2 ? undefined : (times[times.length - 1]! - times[0]!) / (times.length - 1);
}

/**
 * Time per output token after the first: (E2E - TTFT) / (output tokens - 1), tokens as the server counts them.
 * Undefined for one token or fewer, which have no such time.
 */
export function tpotSeconds(record: RequestRecord): number | undefined {
  checkRecord("tpotSeconds(result.records[0])", record);
  const times = record.chunkTimesSeconds;
  const tokens = record.outputTokens ?? 0;
  return times.length === 0 || tokens < 2 ? undefined : (times[times.length - 1]! - times[0]!) / (tokens - 1);
}

/**
 * End to end: last token chunk minus send (the usage chunk after it does not count). An answer that was not streamed
 * has no chunks: then its end.
 */
export function e2eSeconds(record: RequestRecord): number | undefined {
  checkRecord("e2eSeconds(result.records[0])", record);
  return since(lastInstant(record), record.sentSeconds);
}

/** End to end from the instant at which the schedule wanted the request sent. */
export function e2eScheduledSeconds(record: RequestRecord): number | undefined {
  return since(lastInstant(record), record.dueSeconds);
}

/** From send to the answer's headers. Undefined without an answer. */
export function headersWaitSeconds(record: RequestRecord): number | undefined {
  return since(record.headersSeconds, record.sentSeconds);
}

/** How long opening the connection took; undefined where an open one was used, or the engine cannot see it. */
export function connectSeconds(record: RequestRecord): number | undefined {
  return since(record.connectedSeconds, record.connectStartedSeconds);
}

/** How late the client began with the request: its own delay, without connecting. Undefined if it was never begun. */
export function latenessSeconds(record: RequestRecord): number | undefined {
  return since(record.connectStartedSeconds ?? record.sentSeconds, record.dueSeconds);
}

/** Token chunks that carry the very stamp of the one before: they were read at once, so their gap is not known. */
export function coalescedChunks(record: RequestRecord): number {
  const times = record.chunkTimesSeconds;
  let count = 0;
  for (let i = 1; i < times.length; i++) {
    if (times[i] === times[i - 1]) count++;
  }
  return count;
}

function lastInstant(record: RequestRecord): number | undefined {
  return record.chunkTimesSeconds.at(-1) ?? (record.outcome === "ok" ? record.endSeconds : undefined);
}

function since(instant: number | undefined, start: number | undefined): number | undefined {
  return instant === undefined || start === undefined ? undefined : instant - start;
}

const RECORD: Check = {
  wanted: "a request, such as one of a load's records",
  accepts: (value) =>
    typeof value === "object" && value !== null && "chunkTimesSeconds" in value &&
    ArrayBuffer.isView(value.chunkTimesSeconds),
};

function checkRecord(call: string, record: unknown): void {
  if (!RECORD.accepts(record)) checkArgument(call, { record }, RECORD);
}
