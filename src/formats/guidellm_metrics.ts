/**
 * GuideLLM's metrics of a benchmark, by status.
 *
 * @module
 */
import type { RequestRecord, TimeSpan } from "../series/types.ts";
import { percentileInterval, sorted } from "../simulator/workload/distribution.ts";
import * as times from "../simulator/workload/request_times.ts";
import type { JsonObject } from "./json.ts";
import { describeWeighted, perSecond, timeInFlight, type Weighted } from "./weighted.ts";

/** Requests by GuideLLM's three groups. */
export interface StatusGroups {
  readonly successful: readonly RequestRecord[];
  readonly errored: readonly RequestRecord[];
  readonly incomplete: readonly RequestRecord[];
}

const PERCENTILES: readonly (readonly [string, number])[] = [
  ["p001", 0.001],
  ["p01", 0.01],
  ["p05", 0.05],
  ["p10", 0.1],
  ["p25", 0.25],
  ["p50", 0.5],
  ["p75", 0.75],
  ["p90", 0.9],
  ["p95", 0.95],
  ["p99", 0.99],
  ["p999", 0.999],
];

/**
 * Makes the metrics. As in GuideLLM TPOT includes the first token, ITL is a request's mean weighted by its gaps, and
 * percentiles are values of the sample; its rates' spread is here that of whole seconds, their mean the exact rate.
 */
export function guidellmMetrics(
  groups: StatusGroups,
  options: { readonly span: TimeSpan; readonly openLoop: boolean },
): JsonObject {
  const each = (of: (record: RequestRecord) => number | undefined) =>
    byStatus(groups, (records) => plain(records, of));
  const rate = (of: (record: RequestRecord) => number) =>
    byStatus(groups, (records) => rateOf(records, of, options.span));
  const one = () => 1;
  const prompt = ({ promptTokens }: RequestRecord) => promptTokens ?? 0;
  const output = ({ outputTokens }: RequestRecord) => outputTokens ?? 0;
  const nothing = byStatus(groups, () => summary([]));
  return {
    request_totals: {
      successful: groups.successful.length,
      errored: groups.errored.length,
      incomplete: groups.incomplete.length,
      total: groups.successful.length + groups.errored.length + groups.incomplete.length,
    },
    requests_per_second: rate(one),
    request_concurrency: byStatus(groups, (records) => summary(timeInFlight(records))),
    request_latency: each(times.e2eSeconds),
    request_dispatch_delay: options.openLoop
      ? each(({ sentSeconds, dueSeconds }) =>
        sentSeconds === undefined ? undefined : sentSeconds - dueSeconds
      )
      : null,
    request_scheduled_latency: options.openLoop ? each(times.e2eScheduledSeconds) : null,
    request_streaming_iterations_count: each((record) => record.chunkTimesSeconds.length),
    prompt_token_count: each((record) => record.promptTokens),
    output_token_count: each((record) => record.outputTokens),
    total_token_count: each((record) => prompt(record) + output(record)),
    time_to_first_token_ms: each((record) => milliseconds(times.ttftSeconds(record))),
    time_to_first_output_token_ms: each((record) => milliseconds(times.ttftSeconds(record))),
    time_per_output_token_ms: byStatus(groups, (records) => byToken(perToken(records))),
    inter_token_latency_ms: byStatus(groups, (records) => byToken(perGap(records))),
    time_to_last_round_trip_ms: nothing,
    avg_round_trip_time_ms: nothing,
    prompt_tokens_per_second: rate(prompt),
    output_tokens_per_second: rate(output),
    tokens_per_second: rate((record) => prompt(record) + output(record)),
    output_tokens_per_iteration: each(tokensPerChunk),
    iter_tokens_per_iteration: each(tokensPerChunk),
    text: { tokens: null, words: null, characters: null },
    image: { tokens: null, images: null, pixels: null, bytes: null },
    video: { tokens: null, frames: null, seconds: null, bytes: null },
    audio: { tokens: null, samples: null, seconds: null, bytes: null },
    tool_call: { tokens: null, mixed_tokens: null, count: null },
  };
}

function byStatus(groups: StatusGroups, make: (records: readonly RequestRecord[]) => JsonObject): JsonObject {
  return {
    successful: make(groups.successful),
    errored: make(groups.errored),
    incomplete: make(groups.incomplete),
    total: make([...groups.successful, ...groups.errored, ...groups.incomplete]),
  };
}

/** A value per request, each counting once; these alone have intervals. */
function plain(
  records: readonly RequestRecord[],
  of: (record: RequestRecord) => number | undefined,
): JsonObject {
  const values = records.map(of).filter((value) => value !== undefined);
  const ascending = sorted(values);
  const intervals = PERCENTILES.map(([name, share]) => {
    const interval = percentileInterval(ascending, share);
    return [name, interval === undefined ? null : { lower: interval.lower, upper: interval.upper }] as const;
  });
  return {
    ...summary(values.map((value) => ({ value, weight: 1 }))),
    percentile_cis: Object.fromEntries(intervals),
  };
}

/** GuideLLM writes zeros with a count of zero where there is nothing. */
function summary(values: readonly Weighted[], exactMean?: number): JsonObject {
  const figures = describeWeighted(values);
  const at = (share: number) => figures?.percentile(share) ?? 0;
  return {
    mean: exactMean ?? figures?.mean ?? 0,
    median: at(0.5),
    mode: figures?.mode ?? 0,
    variance: (figures?.std ?? 0) ** 2,
    std_dev: figures?.std ?? 0,
    min: figures?.min ?? 0,
    max: figures?.max ?? 0,
    count: figures?.count ?? 0,
    total_sum: figures?.sum ?? 0,
    percentiles: Object.fromEntries(PERCENTILES.map(([name, share]) => [name, at(share)])),
    pdf: null,
    mean_ci: null,
    percentile_cis: null,
  };
}

/** Of values weighted by tokens GuideLLM counts the tokens. */
function byToken(values: readonly Weighted[]): JsonObject {
  const figures = describeWeighted(values);
  return { ...summary(values), count: figures?.weight ?? 0, total_sum: figures?.weightedSum ?? 0 };
}

function rateOf(
  records: readonly RequestRecord[],
  of: (record: RequestRecord) => number,
  span: TimeSpan,
): JsonObject {
  const durationSeconds = span.endSeconds - span.startSeconds;
  if (records.length === 0 || !(durationSeconds > 0)) return summary([]);
  const events = records.flatMap((record) =>
    record.endSeconds === undefined ? [] : [{ atSeconds: record.endSeconds, amount: of(record) }]
  );
  const total = events.reduce((sum, { amount }) => sum + amount, 0);
  return summary(
    perSecond(events, { startSeconds: span.startSeconds, durationSeconds }),
    total / durationSeconds,
  );
}

function perToken(records: readonly RequestRecord[]): readonly Weighted[] {
  return records.flatMap((record) => {
    const e2e = times.e2eSeconds(record);
    const tokens = record.outputTokens ?? 0;
    return e2e === undefined || tokens === 0 ? [] : [{ value: e2e * 1000 / tokens, weight: tokens }];
  });
}

function perGap(records: readonly RequestRecord[]): readonly Weighted[] {
  return records.flatMap((record) => {
    const tpot = times.tpotSeconds(record);
    return tpot === undefined ? [] : [{ value: tpot * 1000, weight: (record.outputTokens ?? 1) - 1 }];
  });
}

function tokensPerChunk(record: RequestRecord): number | undefined {
  const chunks = record.chunkTimesSeconds.length;
  return chunks === 0 || record.outputTokens === undefined ? undefined : record.outputTokens / chunks;
}

function milliseconds(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * 1000;
}
