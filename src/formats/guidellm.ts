/**
 * Files of GuideLLM: `benchmarks.json`, version 2 of its report. Names, units and formulas: GuideLLM 0.8.1,
 * `benchmark/schemas/` and `schemas/base/`.
 *
 * @module
 */
import { lastSeconds, requestsSpan } from "../series/request_span.ts";
import type { RequestOutcome, RequestRecord, TimeSpan } from "../series/types.ts";
import { compact } from "../simulator/workload/compact.ts";
import type { PhasePlan } from "../simulator/workload/plan.ts";
import * as times from "../simulator/workload/request_times.ts";
import type { PhaseResult, WorkloadResult } from "../simulator/workload/results.ts";
import type { BenchmarkRun, FileDistribution } from "./benchmark_run.ts";
import { bySend, loadOf, named, numberIn, readDistribution } from "./figures.ts";
import { guidellmMetrics, type StatusGroups } from "./guidellm_metrics.ts";
import { isJsonObject, type JsonObject, objectAt } from "./json.ts";
import { meanGapOf, outcomeAndReason } from "./outcomes.ts";
import { chunkTimes } from "./vllm_bench.ts";

/** Which of GuideLLM's groups an outcome belongs to. */
const GROUP: Readonly<Record<RequestOutcome, keyof StatusGroups>> = {
  ok: "successful",
  error: "errored",
  connection_error: "errored",
  timeout: "errored",
  dropped: "errored",
  aborted: "incomplete",
  unfinished: "incomplete",
};

/** Writes a report with a benchmark per phase; `guidellm` itself can load it. */
export function toGuidellm(result: WorkloadResult): JsonObject {
  return {
    metadata: { version: 2, guidellm_version: "0.8.1", python_version: "", platform: "" },
    config: { spec: scenario(result) },
    benchmarks: result.phases.map((phase, index) => benchmark(result, phase, index)),
    conclusions: [],
  };
}

/** The arguments that GuideLLM would have been called with, as far as it has words for them. */
function scenario(result: WorkloadResult): JsonObject {
  const plan = result.phases[0]?.plan;
  const mode = plan?.mode;
  return {
    backend: {
      kind: "openai_http",
      target: result.apiBase,
      model: result.model,
      request_format: result.endpoint === "chat" ? "/v1/chat/completions" : "/v1/completions",
    },
    profile: mode?.kind === "closed" ? { kind: "concurrent", streams: [mode.users] } : asyncProfile(result),
    data: [{
      kind: "synthetic_text",
      prompt_tokens: meanTokens(result, "promptTokens"),
      output_tokens: meanTokens(result, "outputTokens"),
    }],
  };
}

function asyncProfile(result: WorkloadResult): JsonObject {
  const { ratePerSecond } = loadOf(result.phases[0]?.plan);
  const constant = result.phases[0]?.plan.mode.kind === "open" &&
    strategyKind(result.phases[0].plan) === "constant";
  return {
    kind: constant ? "constant" : "poisson",
    rate: [ratePerSecond ?? Math.max(1e-9, result.summary.requestsPerSecond)],
  };
}

function strategyKind({ mode }: PhasePlan): string {
  return mode.kind === "closed" ? "concurrent" : mode.arrivals.kind;
}

function meanTokens(result: WorkloadResult, field: "promptTokens" | "outputTokens"): number {
  const { byOutcome } = result.summary;
  return byOutcome.ok === 0 ? 1 : Math.max(1, Math.round(result.summary[field] / byOutcome.ok));
}

function benchmark(result: WorkloadResult, phase: PhaseResult, index: number): JsonObject {
  const records = result.records.filter((record) => record.phase === phase.name);
  const groups = groupsOf(bySend(records));
  const span = requestsSpan(records) ?? phase.span;
  const { startSeconds, endSeconds } = span;
  return {
    type_: "generative_benchmark",
    config: config(result, phase.plan, index),
    scheduler_state: schedulerState(groups, span),
    scheduler_metrics: schedulerMetrics(groups, span),
    metrics: guidellmMetrics(groups, { span, openLoop: phase.plan.mode.kind === "open" }),
    requests: {
      successful: groups.successful.map(request),
      errored: groups.errored.map(request),
      incomplete: groups.incomplete.map(request),
      total: null,
    },
    warnings: [],
    start_time: startSeconds,
    end_time: endSeconds,
    duration: endSeconds - startSeconds,
    warmup_duration: 0,
    cooldown_duration: 0,
  };
}

function groupsOf(records: readonly RequestRecord[]): StatusGroups {
  const of = (group: keyof StatusGroups) => records.filter((record) => GROUP[record.outcome] === group);
  return { successful: of("successful"), errored: of("errored"), incomplete: of("incomplete") };
}

function config(result: WorkloadResult, plan: PhasePlan, index: number): JsonObject {
  return {
    run_id: `lab-${result.span.startSeconds}`,
    run_index: index,
    strategy: strategy(plan),
    constraints: compact({
      max_seconds: plan.limit.durationSeconds === undefined
        ? undefined
        : { max_duration: plan.limit.durationSeconds },
      max_requests: plan.limit.requests === undefined ? undefined : { max_num: plan.limit.requests },
    }),
    profile: { kind: strategyKind(plan) },
    requests: { data: plan.prompts.kind },
    backend: { kind: "openai_http", target: result.apiBase, model: result.model },
    environment: { engine: result.engine, trust: result.trust.level },
  };
}

/** GuideLLM knows constant and Poisson rates; a schedule that is neither is a trace to it. */
function strategy({ mode }: PhasePlan): JsonObject {
  if (mode.kind === "closed") return { type_: "concurrent", streams: mode.users };
  const { arrivals } = mode;
  if (arrivals.kind === "constant") return { type_: "constant", rate: arrivals.ratePerSecond };
  if (arrivals.kind === "poisson") return { type_: "poisson", rate: arrivals.ratePerSecond };
  return { type_: "trace" };
}

function counts(groups: StatusGroups): JsonObject {
  const successful = groups.successful.length;
  const errored = groups.errored.length;
  const incomplete = groups.incomplete.length;
  return { successful, errored, incomplete, total: successful + errored + incomplete };
}

function schedulerState(groups: StatusGroups, span: TimeSpan): JsonObject {
  const { successful, errored, incomplete, total } = counts(groups);
  return {
    start_time: span.startSeconds,
    end_time: span.endSeconds,
    start_requests_time: span.startSeconds,
    end_requests_time: span.endSeconds,
    created_requests: total,
    processed_requests: total,
    successful_requests: successful,
    errored_requests: errored,
    cancelled_requests: incomplete,
  };
}

function schedulerMetrics(groups: StatusGroups, span: TimeSpan): JsonObject {
  const all = [...groups.successful, ...groups.errored, ...groups.incomplete];
  const average = (of: (record: RequestRecord) => number | undefined) => {
    const values = all.map(of).filter((value) => value !== undefined);
    return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const late = average(times.latenessSeconds);
  const inFlight = average(({ sentSeconds, endSeconds }) =>
    sentSeconds === undefined || endSeconds === undefined ? undefined : endSeconds - sentSeconds
  );
  const { startSeconds, endSeconds } = span;
  return {
    start_time: startSeconds,
    request_start_time: startSeconds,
    measure_start_time: startSeconds,
    measure_end_time: endSeconds,
    request_end_time: endSeconds,
    end_time: endSeconds,
    requests_made: counts(groups),
    queued_time_avg: late,
    resolve_start_delay_avg: 0,
    resolve_targeted_start_delay_avg: late,
    request_start_delay_avg: average(times.connectSeconds),
    request_targeted_start_delay_avg: average(({ sentSeconds, dueSeconds }) =>
      sentSeconds === undefined ? undefined : sentSeconds - dueSeconds
    ),
    request_time_avg: inFlight,
    resolve_end_delay_avg: 0,
    resolve_time_avg: inFlight,
    finalized_delay_avg: 0,
    processed_delay_avg: 0,
  };
}

const STATUS = { successful: "completed", errored: "errored", incomplete: "cancelled" } as const;

function request(record: RequestRecord): JsonObject {
  const ms = (value: number | undefined) => value === undefined ? null : value * 1000;
  const end = lastSeconds(record);
  const e2e = times.e2eSeconds(record);
  const output = record.outputTokens;
  return {
    type_: "generative_request_stats",
    request_id: record.id,
    request_args: null,
    output: record.text ?? null,
    info: {
      request_id: record.id,
      status: STATUS[GROUP[record.outcome]],
      scheduler_start_time: record.dueSeconds,
      timings: timings(record, end),
      error: record.outcome === "ok" ? null : `${record.outcome}: ${record.error ?? ""}`,
    },
    input_metrics: { text_tokens: record.promptTokens ?? null, cached_tokens: record.cachedTokens ?? null },
    output_metrics: { text_tokens: output ?? null },
    request_start_time: record.sentSeconds ?? null,
    request_end_time: end,
    request_latency: e2e ?? null,
    prompt_tokens: record.promptTokens ?? null,
    output_tokens: output ?? null,
    time_to_first_token_ms: ms(times.ttftSeconds(record)),
    time_per_output_token_ms: e2e === undefined || output === undefined || output === 0
      ? null
      : e2e / output * 1000,
    inter_token_latency_ms: ms(times.tpotSeconds(record)),
  };
}

function timings(record: RequestRecord, end: number): JsonObject {
  const chunks = record.chunkTimesSeconds;
  const first = chunks[0] ?? null;
  const last = chunks.at(-1) ?? null;
  return {
    targeted_start: record.dueSeconds,
    resolve_start: record.connectStartedSeconds ?? record.sentSeconds ?? record.dueSeconds,
    request_start: record.sentSeconds ?? null,
    first_request_iteration: record.headersSeconds ?? first,
    first_token_iteration: first,
    first_output_token_iteration: first,
    last_token_iteration: last,
    last_request_iteration: last,
    request_iterations: chunks.length,
    token_iterations: chunks.length,
    request_end: record.sentSeconds === undefined ? null : end,
    resolve_end: record.endSeconds ?? end,
    finalized: record.endSeconds ?? end,
  };
}

/**
 * Reads a report, a run per benchmark. Its ITL is a mean per request, so it stands under `tpot`, as everywhere here; the
 * mean of all gaps is made from its requests and their numbers of chunks, or, without them, is its token-weighted mean.
 */
export function fromGuidellm(file: JsonObject): readonly BenchmarkRun[] {
  const benchmarks = file["benchmarks"];
  return Array.isArray(benchmarks) ? benchmarks.filter(isJsonObject).map(readBenchmark) : [];
}

function readBenchmark(benchmark: JsonObject): BenchmarkRun {
  const metrics = objectAt(benchmark, "metrics");
  const totals = objectAt(metrics, "request_totals");
  const model = objectAt(objectAt(benchmark, "config"), "backend")["model"];
  const rows = readRequests(objectAt(benchmark, "requests"), typeof model === "string" ? model : "");
  const records = rows.map(({ record }) => record);
  const successful = (name: string) => objectAt(metrics, name)["successful"];
  const figures = (name: string, scale: number) => {
    const found = readDistribution(successful(name), {
      scale,
      mean: "mean",
      percentile: /^p(\d+)$/,
      nested: "percentiles",
    });
    // Its zeros with a count of zero are nothing at all.
    return found?.count === 0 ? undefined : found;
  };
  const mean = (name: string) => {
    const value = successful(name);
    return isJsonObject(value) ? numberIn(value, "mean", 1) : undefined;
  };
  const sum = (name: string) => {
    const value = successful(name);
    return isJsonObject(value) ? numberIn(value, "total_sum", 1) : undefined;
  };
  const configuration = objectAt(benchmark, "config");
  const strategyObject = objectAt(configuration, "strategy");
  return {
    format: "guidellm",
    ...(typeof model === "string" ? { model } : {}),
    ...named("startSeconds", numberIn(benchmark, "start_time", 1)),
    ...named("durationSeconds", numberIn(benchmark, "duration", 1)),
    ...named("completed", numberIn(totals, "successful", 1)),
    ...countsIn(totals, records),
    ...named("promptTokens", sum("prompt_token_count")),
    ...named("outputTokens", sum("output_token_count")),
    ...named("requestsPerSecond", mean("requests_per_second")),
    ...named("outputTokensPerSecond", mean("output_tokens_per_second")),
    ...named("totalTokensPerSecond", mean("tokens_per_second")),
    ...named("goodputPerSecond", mean("request_goodput")),
    ...named("ratePerSecond", numberIn(strategyObject, "rate", 1)),
    ...named("concurrency", numberIn(strategyObject, "streams", 1)),
    ...named("ttft", figures("time_to_first_token_ms", 1e-3)),
    ...(rows.some(({ chunks }) => chunks !== undefined)
      ? meanGapOf(rows)
      : named("itl", meanOf(figures("inter_token_latency_ms", 1e-3)))),
    ...named("tpot", figures("inter_token_latency_ms", 1e-3)),
    ...named("e2e", figures("request_latency", 1)),
    records,
    endsOnly: true,
  };
}

function meanOf(figures: FileDistribution | undefined): FileDistribution | undefined {
  return figures?.mean === undefined ? undefined : { mean: figures.mean, percentiles: {} };
}

/** One that the lab never sent stands among the errored ones, by GuideLLM's words; its own error tells. */
function countsIn(
  totals: JsonObject,
  records: readonly RequestRecord[],
): Pick<BenchmarkRun, "failed" | "unfinished"> {
  const errored = numberIn(totals, "errored", 1);
  const incomplete = numberIn(totals, "incomplete", 1);
  const unsent = records.filter(({ outcome }) => outcome === "dropped").length;
  return {
    ...named("failed", errored === undefined ? undefined : errored - unsent),
    ...named("unfinished", incomplete === undefined ? undefined : incomplete + unsent),
  };
}

interface Row {
  readonly record: RequestRecord;
  readonly chunks: number | undefined;
}

/** GuideLLM keeps the first and the last token's time only, so that is all there is of each request's chunks. */
function readRequests(requests: JsonObject, model: string): readonly Row[] {
  const groups = [["successful", "ok"], ["errored", "error"], ["incomplete", "unfinished"]] as const;
  return groups.flatMap(([group, outcome]) => {
    const rows = requests[group];
    return (Array.isArray(rows) ? rows.filter(isJsonObject) : []).map((row) => ({
      record: readRequest(row, outcome, model),
      chunks: numberIn(objectAt(objectAt(row, "info"), "timings"), "token_iterations", 1),
    }));
  });
}

function readRequest(row: JsonObject, outcome: "ok" | "error" | "unfinished", model: string): RequestRecord {
  const info = objectAt(row, "info");
  const at = (name: string) => numberIn(objectAt(info, "timings"), name, 1);
  const sentSeconds = at("request_start");
  const first = at("first_token_iteration");
  const last = at("last_token_iteration");
  const error = typeof info["error"] === "string" ? info["error"] : undefined;
  const told = error === undefined ? undefined : outcomeAndReason(error);
  return compact({
    id: typeof row["request_id"] === "string" ? row["request_id"] : "",
    target: "file",
    model,
    endpoint: "chat" as const,
    phase: "guidellm",
    outcome: outcome === "ok" ? outcome : told?.outcome ?? outcome,
    dueSeconds: at("targeted_start") ?? sentSeconds ?? 0,
    sentSeconds,
    chunkTimesSeconds: first === undefined
      ? new Float64Array(0)
      : chunkTimes(first, last === undefined || last <= first ? [] : [last - first]),
    endSeconds: at("request_end") ?? at("resolve_end"),
    promptTokens: numberIn(row, "prompt_tokens", 1) ??
      numberIn(objectAt(row, "input_metrics"), "text_tokens", 1),
    outputTokens: numberIn(row, "output_tokens", 1) ??
      numberIn(objectAt(row, "output_metrics"), "text_tokens", 1),
    error: (told?.reason ?? error)?.slice(0, 300),
    engine: "guidellm",
    trust: "not_measured" as const,
  });
}
