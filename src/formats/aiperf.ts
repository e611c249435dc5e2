/**
 * Files of NVIDIA AIPerf: `profile_export_aiperf.json` (schema 1.4) and `profile_export.jsonl`. Names and units: AIPerf
 * 0.13, `common/models/export_models.py` and `record_models.py`. GenAI-Perf's file has the same layout.
 *
 * @module
 */
import { formatInstant } from "../base/format.ts";
import { lastSeconds } from "../series/request_span.ts";
import type { RequestOutcome, RequestRecord } from "../series/types.ts";
import { compact } from "../simulator/workload/compact.ts";
import * as times from "../simulator/workload/request_times.ts";
import type { PhasePlan } from "../simulator/workload/plan.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { failureReasons, pooledGaps } from "../simulator/workload/summary.ts";
import type { BenchmarkRun } from "./benchmark_run.ts";
import {
  bySend,
  figuresOf,
  goodRecords,
  loadOf,
  named,
  numberIn,
  percentilesOf,
  present,
  readDistribution,
} from "./figures.ts";
import { isJsonObject, type JsonObject, objectAt } from "./json.ts";
import { isFailed, outcomeCounts, outcomeNamed } from "./outcomes.ts";
import { chunkTimes } from "./vllm_bench.ts";

const SCHEMA_VERSION = "1.4";
const PERCENTS = [1, 5, 10, 25, 50, 75, 90, 95, 99];

/** Writes the summary file, with how far the client can be trusted. A metric without a value is left out. */
export function toAiperf(result: WorkloadResult): JsonObject {
  const { summary, goodput } = result;
  const good = goodRecords(result);
  return {
    schema_version: SCHEMA_VERSION,
    ...distribution("time_to_first_token", "ms", present(good, times.ttftSeconds), 1e3),
    ...distribution(
      "time_to_second_token",
      "ms",
      present(good, (one) => times.interTokenSeconds(one)[0]),
      1e3,
    ),
    ...distribution("inter_token_latency", "ms", present(good, times.tpotSeconds), 1e3),
    ...distribution("inter_chunk_latency", "ms", pooledGaps(good), 1e3),
    ...distribution("request_latency", "ms", present(good, times.e2eSeconds), 1e3),
    ...distribution("effective_latency", "ms", present(good, times.e2eScheduledSeconds), 1e3),
    ...distribution("credit_to_start_latency", "ms", present(good, times.latenessSeconds), 1e3),
    ...distribution("http_req_connecting", "ms", present(good, times.connectSeconds), 1e3),
    ...distribution("input_sequence_length", "tokens", present(good, (one) => one.promptTokens), 1),
    ...distribution("output_sequence_length", "tokens", present(good, (one) => one.outputTokens), 1),
    ...distribution("output_token_throughput_per_user", "tokens/sec/user", present(good, userThroughput), 1),
    request_count: scalar("requests", good.length),
    error_request_count: scalar("requests", summary.requests - good.length),
    request_throughput: scalar("requests/sec", summary.requestsPerSecond),
    output_token_throughput: scalar("tokens/sec", summary.outputTokensPerSecond),
    total_token_throughput: scalar("tokens/sec", summary.totalTokensPerSecond),
    total_isl: scalar("tokens", summary.promptTokens),
    total_osl: scalar("tokens", summary.outputTokens),
    benchmark_duration: scalar("sec", summary.durationSeconds),
    ...(goodput === undefined ? {} : {
      goodput: scalar("requests/sec", goodput.requestsPerSecond),
      good_request_count: scalar("requests", goodput.good),
    }),
    input_config: inputConfig(result),
    run_info: { random_seed: Math.max(0, result.seed) },
    was_cancelled: result.stopped?.code === "cancelled",
    is_complete: result.stopped === undefined,
    error_summary: failureReasons(result.records).map(({ reason, status, outcome, count }) => ({
      error_details: { type: outcome, message: reason, ...(status === undefined ? {} : { code: status }) },
      count,
    })),
    client_trust: compact({
      engine: result.engine,
      level: result.trust.level,
      lag_ms: scaled(result.trust.lagP99Seconds),
    }),
    start_time: formatInstant(result.span.startSeconds),
    end_time: formatInstant(result.span.endSeconds),
  };
}

/** Writes the file of requests, a line each. Whatever did not end well carries its error. */
export function toAiperfLines(result: WorkloadResult): string {
  return bySend(result.records).map((record, index) => JSON.stringify(line(record, index)) + "\n").join("");
}

function line(record: RequestRecord, index: number): JsonObject {
  const sent = record.sentSeconds ?? record.dueSeconds;
  const ok = record.outcome === "ok";
  return {
    metadata: compact({
      session_num: index,
      x_request_id: record.id,
      credit_issued_ns: nanoseconds(record.dueSeconds),
      request_start_ns: nanoseconds(sent),
      request_ack_ns: record.headersSeconds === undefined ? undefined : nanoseconds(record.headersSeconds),
      request_end_ns: nanoseconds(lastSeconds(record)),
      worker_id: record.engine,
      record_processor_id: record.engine,
      benchmark_phase: "profiling",
      was_cancelled: record.outcome === "aborted" || record.outcome === "unfinished",
    }),
    metrics: ok ? lineMetrics(record) : { error_request_count: { value: 1, unit: "requests" } },
    ...(ok ? {} : {
      error: compact({
        code: record.status,
        type: record.outcome,
        message: record.error ?? record.outcome,
      }),
    }),
  };
}

function lineMetrics(record: RequestRecord): JsonObject {
  const ms = (value: number | undefined) =>
    value === undefined ? undefined : { value: value * 1000, unit: "ms" };
  const tokens = (value: number | undefined) => value === undefined ? undefined : { value, unit: "tokens" };
  const gaps = times.interTokenSeconds(record);
  return compact({
    time_to_first_token: ms(times.ttftSeconds(record)),
    time_to_second_token: ms(gaps[0]),
    inter_token_latency: ms(times.tpotSeconds(record)),
    inter_chunk_latency: gaps.length === 0
      ? undefined
      : { value: [...gaps].map((gap) => gap * 1000), unit: "ms" },
    request_latency: ms(times.e2eSeconds(record)),
    effective_latency: ms(times.e2eScheduledSeconds(record)),
    http_req_connecting: ms(times.connectSeconds(record)),
    input_sequence_length: tokens(record.promptTokens),
    output_sequence_length: tokens(record.outputTokens),
    request_count: { value: 1, unit: "requests" },
  });
}

function userThroughput(record: RequestRecord): number | undefined {
  const tpot = times.tpotSeconds(record);
  return tpot === undefined || tpot === 0 ? undefined : 1 / tpot;
}

function distribution(name: string, unit: string, values: ArrayLike<number>, scale: number): JsonObject {
  const figures = figuresOf(values);
  if (figures === undefined) return {};
  const percentiles = [...percentilesOf(values, PERCENTS)].map((
    [percent, value],
  ) => [`p${percent}`, value * scale]);
  return {
    [name]: {
      unit,
      avg: figures.mean * scale,
      ...Object.fromEntries(percentiles),
      min: figures.min * scale,
      max: figures.max * scale,
      std: figures.std * scale,
      count: figures.count,
      sum: figures.sum * scale,
    },
  };
}

function scaled(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function scalar(unit: string, avg: number): JsonObject {
  return { unit, avg };
}

function inputConfig(result: WorkloadResult): JsonObject {
  return {
    models: { items: [{ name: result.model }] },
    endpoint: {
      type: result.endpoint,
      streaming: result.phases[0]?.plan.shape.stream ?? true,
      urls: [result.apiBase],
    },
    datasets: [{ name: "prompts", type: "synthetic" }],
    phases: result.phases.map(({ name, plan }) =>
      compact({
        name,
        kind: "profiling",
        type: phaseType(plan),
        concurrency: loadOf(plan).concurrency,
        rate: loadOf(plan).ratePerSecond,
        requests: plan.limit.requests,
        duration: plan.limit.durationSeconds,
      })
    ),
  };
}

const FIXED_SCHEDULE = "fixed_schedule";

/** AIPerf's name of a phase's kind; a schedule that it has no name for is one of fixed times to it. */
function phaseType({ mode }: PhasePlan): string {
  if (mode.kind === "closed") return "concurrency";
  const { kind } = mode.arrivals;
  return kind === "constant" || kind === "poisson" || kind === "gamma" ? kind : FIXED_SCHEDULE;
}

function nanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9);
}

const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, sec: 1 };

/** Reads the summary file, GenAI-Perf's as well. */
export function fromAiperf(file: JsonObject): BenchmarkRun {
  const value = (name: string) => numberIn(objectAt(file, name), "avg", 1);
  const time = (name: string) => {
    const metric = objectAt(file, name);
    const scale = UNITS[String(metric["unit"] ?? "ms").toLowerCase()];
    return scale === undefined
      ? undefined
      : readDistribution(file[name], { scale, mean: "avg", percentile: /^p(\d+(?:\.\d+)?)$/ });
  };
  const completed = value("request_count");
  const config = objectAt(file, "input_config");
  const phases = Array.isArray(config["phases"]) ? config["phases"] : [];
  const phase = phases.find(isJsonObject) ?? {};
  return {
    format: "aiperf",
    ...named("model", modelOf(config)),
    ...named("durationSeconds", value("benchmark_duration")),
    ...named("completed", completed),
    ...failuresIn(file, value("error_request_count")),
    ...named("promptTokens", value("total_isl")),
    ...named("outputTokens", value("total_osl") ?? value("total_output_tokens")),
    ...named("requestsPerSecond", value("request_throughput")),
    ...named("outputTokensPerSecond", value("output_token_throughput")),
    ...named("totalTokensPerSecond", value("total_token_throughput")),
    ...named("goodputPerSecond", value("goodput")),
    ...named("ratePerSecond", numberIn(phase, "rate", 1)),
    ...named("concurrency", phase["type"] === FIXED_SCHEDULE ? undefined : numberIn(phase, "concurrency", 1)),
    ...named("ttft", time("time_to_first_token")),
    ...named("itl", time("inter_chunk_latency")),
    ...named("tpot", time("inter_token_latency")),
    ...named("e2e", time("request_latency")),
    records: [],
  };
}

/**
 * AIPerf counts what it cancelled itself among the errors; its list of them tells. It leaves the count out where there was
 * no error, and says so by an empty list.
 */
function failuresIn(
  file: JsonObject,
  count: number | undefined,
): Pick<BenchmarkRun, "failed" | "unfinished"> {
  const list = file["error_summary"];
  const errors = Array.isArray(list) ? list.filter(isJsonObject) : undefined;
  const all = count ?? (errors?.length === 0 ? 0 : undefined);
  if (all === undefined) return {};
  const unfinished = (errors ?? []).filter((one) => isCut(objectAt(one, "error_details")))
    .reduce((sum, one) => sum + (numberIn(one, "count", 1) ?? 0), 0);
  return { failed: all - unfinished, unfinished };
}

/** AIPerf's own kind of error for requests that it cancelled, and the lab's outcomes. */
function isCut(details: JsonObject): boolean {
  const outcome = outcomeNamed(details["type"]);
  return outcome === undefined ? details["type"] === "RequestCancellationError" : !isFailed(outcome);
}

function modelOf(config: JsonObject): string | undefined {
  const items = objectAt(config, "models")["items"];
  const item = Array.isArray(items) ? items.find(isJsonObject) : undefined;
  const names = config["model_names"];
  const name = item?.["name"] ?? (Array.isArray(names) ? names[0] : undefined);
  return typeof name === "string" ? name : undefined;
}

/** Reads the file of requests. A line that is not one of AIPerf's is passed over by the caller's parser. */
export function fromAiperfLines(lines: readonly JsonObject[]): BenchmarkRun {
  const records = lines.map(recordOf).filter((record) => record !== undefined);
  return {
    format: "aiperf_jsonl",
    ...outcomeCounts(records),
    records,
  };
}

function recordOf(line: JsonObject): RequestRecord | undefined {
  const metadata = objectAt(line, "metadata");
  const startSeconds = numberIn(metadata, "request_start_ns", 1e-9);
  if (startSeconds === undefined || metadata["benchmark_phase"] === "warmup") return undefined;
  const metrics = objectAt(line, "metrics");
  const seconds = (name: string) => {
    const metric = objectAt(metrics, name);
    return numberIn(metric, "value", UNITS[String(metric["unit"])] ?? NaN);
  };
  const ttft = seconds("time_to_first_token");
  const gaps = objectAt(metrics, "inter_chunk_latency");
  const scale = UNITS[String(gaps["unit"])] ?? 1e-3;
  const values = Array.isArray(gaps["value"]) ? gaps["value"].filter((gap) => typeof gap === "number") : [];
  const error = isJsonObject(line["error"]) ? line["error"] : undefined;
  const endSeconds = numberIn(metadata, "request_end_ns", 1e-9);
  const outcome = outcomeOf(error, metadata["was_cancelled"] === true);
  const sentSeconds = outcome === "dropped" ? undefined : startSeconds;
  return compact({
    id: typeof metadata["x_request_id"] === "string"
      ? metadata["x_request_id"]
      : String(metadata["session_num"]),
    target: "file",
    model: "",
    endpoint: "chat" as const,
    phase: "aiperf",
    outcome,
    dueSeconds: numberIn(metadata, "credit_issued_ns", 1e-9) ?? startSeconds,
    sentSeconds,
    headersSeconds: numberIn(metadata, "request_ack_ns", 1e-9),
    chunkTimesSeconds: ttft === undefined
      ? new Float64Array(0)
      : chunkTimes(startSeconds + ttft, values.map((gap) => gap * scale)),
    endSeconds,
    status: error === undefined ? undefined : numberIn(error, "code", 1),
    promptTokens: numberIn(objectAt(metrics, "input_sequence_length"), "value", 1),
    outputTokens: numberIn(objectAt(metrics, "output_sequence_length"), "value", 1),
    error: typeof error?.["message"] === "string" ? error["message"].slice(0, 300) : undefined,
    engine: "aiperf",
    trust: "not_measured" as const,
  });
}

function outcomeOf(error: JsonObject | undefined, cancelled: boolean): RequestOutcome {
  if (cancelled) return "unfinished";
  return error === undefined ? "ok" : outcomeNamed(error["type"]) ?? "error";
}
