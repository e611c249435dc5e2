/**
 * The figures of a run, from its records alone: pure.
 *
 * @module
 */
import { checkArgument, SECONDS } from "../../base/arguments.ts";
import { RECORDS } from "../../series/arguments.ts";
import { requestsSpan } from "../../series/request_span.ts";
import type { RequestOutcome, RequestRecord } from "../../series/types.ts";
import { describe, type Distribution } from "./distribution.ts";
import * as times from "./request_times.ts";

/** Every outcome, in the order in which tables list them. */
export const OUTCOMES: readonly RequestOutcome[] = [
  "ok",
  "error",
  "connection_error",
  "timeout",
  "aborted",
  "unfinished",
  "dropped",
];

/** A reason for failing, said once with its count. */
export interface FailureReason {
  /** Never `ok`. */
  readonly outcome: RequestOutcome;
  /** The error of the first such request, as the server or the engine put it; escape it. */
  readonly reason: string;
  /** HTTP status of an answer that says no; absent where none came, or where it began well. */
  readonly status?: number;
  /** Requests that failed so. */
  readonly count: number;
}

/** Figures of a set of requests. A distribution that has no values is missing. Latencies are of requests that ended well. */
export interface WorkloadSummary {
  /** All that were due, dropped ones included. */
  readonly requests: number;
  /** Every outcome is there, 0 included. */
  readonly byOutcome: Readonly<Record<RequestOutcome, number>>;
  /** Most frequent first; empty when all ended well. */
  readonly failures: readonly FailureReason[];
  /** What throughput is counted over: of a whole run first due to last end, of a phase its wall time. */
  readonly durationSeconds: number;
  /** From send to first token chunk. */
  readonly ttft?: Distribution;
  /** From the due time to first token chunk: a late send counts as waiting. */
  readonly ttftScheduled?: Distribution;
  /**
   * From send to the answer's headers. vLLM sends them before the first token: then it is about what network and HTTP
   * front end take, most of which the server's own TTFT leaves out. Servers that wait send them with the first token.
   */
  readonly headers?: Distribution;
  /** Pooled gaps between token chunks. */
  readonly itl?: Distribution;
  /** One mean gap per request. */
  readonly itlPerRequest?: Distribution;
  /** One value per request of two tokens or more. */
  readonly tpot?: Distribution;
  /** From send to last token chunk. */
  readonly e2e?: Distribution;
  /** From the due time to last token chunk. */
  readonly e2eScheduled?: Distribution;
  /** Of the connections that were opened, whatever became of their requests. */
  readonly connect?: Distribution;
  /** How late requests were begun, of all that were sent. */
  readonly lateness?: Distribution;
  /** Of requests that ended well. */
  readonly promptTokens: number;
  /** Those of the prompt tokens that the server took from its cache; 0 also where it does not tell. */
  readonly cachedTokens: number;
  /** Of requests that ended well. */
  readonly outputTokens: number;
  /** "chunks" when at least one answer's tokens had to be counted by chunks: then the sum is an estimate. */
  readonly outputTokensFrom: "usage" | "chunks";
  /** Ended well, by the duration; 0 where there is no duration. */
  readonly requestsPerSecond: number;
  /** Of requests that ended well. */
  readonly outputTokensPerSecond: number;
  /** Prompt and output of requests that ended well. */
  readonly totalTokensPerSecond: number;
  /** Largest and time-averaged number of requests in flight. */
  readonly maxInFlight: number;
  /** Area under the number in flight by the duration. */
  readonly meanInFlight: number;
}

/**
 * What a load came to: outcomes, rates per second, tokens, and percentiles of TTFT, TPOT and end to end in seconds.
 *
 * @param durationSeconds what throughput is counted over; default: first due to last end
 */
export function summarise(
  records: readonly RequestRecord[],
  durationSeconds?: number,
): WorkloadSummary {
  const call = "summarise(await source.requests(await source.span()))";
  checkArgument(call, { records }, RECORDS);
  if (durationSeconds !== undefined) checkArgument(call, { durationSeconds }, SECONDS);
  return summary(records, durationSeconds ?? spanSeconds(records));
}

function summary(records: readonly RequestRecord[], durationSeconds: number): WorkloadSummary {
  const good = records.filter((record) => record.outcome === "ok");
  const promptTokens = sum(good, (record) => record.promptTokens);
  const outputTokens = sum(good, (record) => record.outputTokens);
  const perSecond = (value: number) => durationSeconds > 0 ? value / durationSeconds : 0;
  const flight = inFlight(records);
  return {
    requests: records.length,
    byOutcome: countOutcomes(records),
    failures: failureReasons(records),
    durationSeconds,
    ...distributions(records, good),
    promptTokens,
    cachedTokens: sum(good, (record) => record.cachedTokens),
    outputTokens,
    outputTokensFrom: good.some((record) => record.outputTokensFrom === "chunks") ? "chunks" : "usage",
    requestsPerSecond: perSecond(good.length),
    outputTokensPerSecond: perSecond(outputTokens),
    totalTokensPerSecond: perSecond(promptTokens + outputTokens),
    maxInFlight: flight.max,
    meanInFlight: perSecond(flight.areaSeconds),
  };
}

function distributions(records: readonly RequestRecord[], good: readonly RequestRecord[]) {
  return {
    ...named("ttft", good.map(times.ttftSeconds)),
    ...named("ttftScheduled", good.map(times.ttftScheduledSeconds)),
    ...named("headers", good.map(times.headersWaitSeconds)),
    ...named("itl", pooledGaps(good)),
    ...named("itlPerRequest", good.map(times.interTokenMeanSeconds)),
    ...named("tpot", good.map(times.tpotSeconds)),
    ...named("e2e", good.map(times.e2eSeconds)),
    ...named("e2eScheduled", good.map(times.e2eScheduledSeconds)),
    ...named("connect", records.map(times.connectSeconds)),
    ...named("lateness", records.map(times.latenessSeconds)),
  };
}

function named<K extends string>(
  name: K,
  values: readonly (number | undefined)[] | Float64Array,
): { [key in K]?: Distribution } {
  const distribution = describe(
    values instanceof Float64Array ? values : values.filter((value) => value !== undefined),
  );
  const result: { [key in K]?: Distribution } = {};
  if (distribution !== undefined) result[name] = distribution;
  return result;
}

/** Every gap between token chunks of all the records, one after another. */
export function pooledGaps(records: readonly RequestRecord[]): Float64Array {
  const total = records.reduce(
    (count, record) => count + Math.max(0, record.chunkTimesSeconds.length - 1),
    0,
  );
  const gaps = new Float64Array(total);
  let at = 0;
  for (const record of records) {
    const own = times.interTokenSeconds(record);
    gaps.set(own, at);
    at += own.length;
  }
  return gaps;
}

/** How many ended which way; every outcome is there, 0 included. */
export function countOutcomes(records: readonly RequestRecord[]): Record<RequestOutcome, number> {
  const counts = { ok: 0, error: 0, connection_error: 0, timeout: 0, aborted: 0, unfinished: 0, dropped: 0 };
  for (const record of records) counts[record.outcome]++;
  return counts;
}

/** Why requests failed, most frequent first. Digits are masked when comparing, so that ids do not split a reason. */
export function failureReasons(records: readonly RequestRecord[]): readonly FailureReason[] {
  const found = new Map<string, FailureReason>();
  for (const record of records) {
    if (record.outcome === "ok") continue;
    const reason = record.error ?? "";
    // A connection that breaks is one reason, before an answer has begun or after.
    const status = record.status === undefined || record.status < 300 ? undefined : record.status;
    const key = `${record.outcome}|${status ?? ""}|${reason.replace(/\d+/g, "0")}`;
    const before = found.get(key);
    found.set(key, {
      outcome: record.outcome,
      reason: before?.reason ?? reason,
      ...(status === undefined ? {} : { status }),
      count: (before?.count ?? 0) + 1,
    });
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}

/** Largest number in flight at once and the area under it, by sweeping over starts and ends. */
export function inFlight(
  records: readonly RequestRecord[],
): { readonly max: number; readonly areaSeconds: number } {
  const changes: { readonly timeSeconds: number; readonly step: number }[] = [];
  let areaSeconds = 0;
  for (const { sentSeconds, endSeconds } of records) {
    if (sentSeconds === undefined || endSeconds === undefined) continue;
    changes.push({ timeSeconds: sentSeconds, step: 1 }, { timeSeconds: endSeconds, step: -1 });
    areaSeconds += endSeconds - sentSeconds;
  }
  // An end and a start at the same instant are a slot handed over, not two requests.
  changes.sort((a, b) => a.timeSeconds - b.timeSeconds || a.step - b.step);
  let now = 0;
  let max = 0;
  for (const change of changes) {
    now += change.step;
    max = Math.max(max, now);
  }
  return { max, areaSeconds };
}

function spanSeconds(records: readonly RequestRecord[]): number {
  const span = requestsSpan(records);
  return span === undefined ? 0 : span.endSeconds - span.startSeconds;
}

function sum(
  records: readonly RequestRecord[],
  value: (record: RequestRecord) => number | undefined,
): number {
  return records.reduce((total, record) => total + (value(record) ?? 0), 0);
}
