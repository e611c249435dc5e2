/**
 * Files of `vllm bench serve --save-result`. Keys and formulas: vLLM 0.33, `vllm/benchmarks/serve.py`.
 *
 * @module
 */
import { formatInstant } from "../base/format.ts";
import type { RequestRecord } from "../series/types.ts";
import { compact } from "../simulator/workload/compact.ts";
import * as times from "../simulator/workload/request_times.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { pooledGaps } from "../simulator/workload/summary.ts";
import type { BenchmarkRun, FileDistribution } from "./benchmark_run.ts";
import {
  bySend,
  figuresOf,
  goodRecords,
  lateness,
  loadOf,
  named,
  numberIn,
  numbersAt,
  percentilesOf,
  present,
} from "./figures.ts";
import type { JsonObject } from "./json.ts";
import { outcomeAndReason, outcomeCounts } from "./outcomes.ts";

const PERCENTS = [50, 90, 95, 99];
/** September 2001; no machine has been up for so long. */
const EARLIEST_UNIX_SECONDS = 1e9;

/**
 * Writes a result with vLLM's keys, in vLLM's order; after them, how far the client can be trusted, and what
 * of the means lies outside the server's own clock where that was read.
 *
 * A figure of an empty sample is null, where vLLM writes 0. As in vLLM a failed request keeps its place in the lists of
 * `detailed`, with zeros and its error. A closed loop is `request_rate` "inf" with `max_concurrency`.
 *
 * @param options `detailed`: lists per request, as `--save-detailed`; `metadata`: as `--metadata`
 */
export function toVllmBench(
  result: WorkloadResult,
  options: { readonly detailed?: boolean; readonly metadata?: Readonly<Record<string, string>> } = {},
): JsonObject {
  const { summary } = result;
  const chat = result.endpoint === "chat";
  const backend = chat ? "openai-chat" : "openai";
  const all = bySend(result.records);
  const good = goodRecords(result);
  const { ratePerSecond, concurrency } = loadOf(result.phases[0]?.plan);
  const peaks = peaksOf(good);
  return {
    date: compactDate(result.span.startSeconds),
    endpoint_type: backend,
    backend,
    label: null,
    model_id: result.model,
    tokenizer_id: result.model,
    num_prompts: all.length,
    ...options.metadata,
    request_rate: ratePerSecond ?? "inf",
    burstiness: burstinessOf(result),
    max_concurrency: concurrency ?? null,
    ...rampOf(result),
    duration: summary.durationSeconds,
    completed: good.length,
    failed: all.length - good.length,
    total_input_tokens: summary.promptTokens,
    total_output_tokens: summary.outputTokens,
    request_throughput: summary.requestsPerSecond,
    request_goodput: result.goodput?.requestsPerSecond ?? null,
    output_throughput: summary.outputTokensPerSecond,
    total_token_throughput: summary.totalTokensPerSecond,
    max_output_tokens_per_s: peaks.chunksPerSecond,
    max_concurrent_requests: peaks.concurrent,
    rtfx: 0,
    queue_times: all.map(lateness),
    latencies: all.map((record) => record.outcome === "ok" ? times.e2eSeconds(record) ?? 0 : 0),
    ...statistics("ttft", present(good, times.ttftSeconds)),
    ...statistics("tpot", present(good, times.tpotSeconds)),
    ...statistics("itl", pooledGaps(good)),
    ...statistics("e2el", present(good, times.e2eSeconds)),
    ...(options.detailed === true ? details(all) : {}),
    client_engine: result.engine,
    client_trust: result.trust.level,
    client_lag_ms: result.trust.lagP99Seconds === undefined ? null : result.trust.lagP99Seconds * 1000,
    ...outsideOf(result),
    ...searchOf(result),
  };
}

/** Of a search the rate that was found, and what each rate showed; the keys before are of the run at that rate. */
function searchOf({ search }: WorkloadResult): JsonObject {
  if (search === undefined) return {};
  return {
    find_max: {
      best_per_second: search.bestPerSecond ?? null,
      not_held_per_second: search.failedPerSecond ?? null,
      estimate_per_second: search.estimatePerSecond ?? null,
      target_ratio: search.targetRatio,
      probes: search.probes.map((probe) => ({
        rate_per_second: probe.ratePerSecond,
        verdict: probe.verdict,
        good_ratio: probe.goodput.ratio ?? null,
        good_ratio_lower: probe.interval?.lower ?? null,
        good_ratio_upper: probe.interval?.upper ?? null,
        counted: probe.goodput.counted,
        runs: probe.runs,
        seconds: probe.seconds,
        achieved_per_second: probe.achievedPerSecond,
        little_ratio: probe.littleRatio ?? null,
        client_trust: probe.trust,
      })),
    },
  };
}

/** What of the means lies outside the server's own clock; null with the cause's code where that cannot be told. */
function outsideOf({ outside }: WorkloadResult): JsonObject {
  return Object.fromEntries(
    Object.entries(outside ?? {}).flatMap(([name, one]) => [
      [`outside_engine_${name}_ms`, "absent" in one ? null : one.seconds * 1000],
      ...("absent" in one ? [[`outside_engine_${name}_absent`, one.absent.code]] : []),
    ]),
  );
}

function statistics(name: string, seconds: ArrayLike<number>): JsonObject {
  const figures = figuresOf(seconds);
  const ms = (value: number | undefined) => value === undefined ? null : value * 1000;
  const percentiles = percentilesOf(seconds, PERCENTS);
  return {
    [`mean_${name}_ms`]: ms(figures?.mean),
    [`median_${name}_ms`]: ms(figures?.p50),
    [`std_${name}_ms`]: ms(figures?.std),
    ...Object.fromEntries(
      PERCENTS.map((percent) => [`p${percent}_${name}_ms`, ms(percentiles.get(percent))]),
    ),
  };
}

function details(all: readonly RequestRecord[]): JsonObject {
  const good = (record: RequestRecord, value: (record: RequestRecord) => number | undefined) =>
    record.outcome === "ok" ? value(record) ?? 0 : 0;
  return {
    input_lens: all.map((record) => record.promptTokens ?? 0),
    output_lens: all.map((record) => good(record, ({ outputTokens }) => outputTokens)),
    start_times: all.map((record) => record.sentSeconds ?? record.dueSeconds),
    ttfts: all.map((record) => good(record, times.ttftSeconds)),
    itls: all.map((record) => record.outcome === "ok" ? [...times.interTokenSeconds(record)] : []),
    generated_texts: all.map((record) => record.text ?? ""),
    errors: all.map((record) => record.outcome === "ok" ? "" : `${record.outcome}: ${record.error ?? ""}`),
    server_queue_times: all.map(() => null),
    server_ttfts: all.map(() => null),
  };
}

/** Peaks as vLLM counts them: chunks, not tokens, in bins of one second; a request counts in every bin it touches. */
function peaksOf(
  good: readonly RequestRecord[],
): { readonly chunksPerSecond: number; readonly concurrent: number } {
  const starts = present(good, (record) => record.sentSeconds);
  const first = starts.reduce((least, start) => Math.min(least, start), Infinity);
  const chunks = new Map<number, number>();
  const requests = new Map<number, number>();
  const count = (bins: Map<number, number>, bin: number) => bins.set(bin, (bins.get(bin) ?? 0) + 1);
  for (const record of good) {
    if (record.sentSeconds === undefined) continue;
    for (const time of record.chunkTimesSeconds) count(chunks, Math.floor(time - first));
    const end = record.chunkTimesSeconds.at(-1) ?? record.endSeconds ?? record.sentSeconds;
    for (let bin = Math.floor(record.sentSeconds - first); bin <= Math.floor(end - first); bin++) {
      count(requests, bin);
    }
  }
  const most = (bins: Map<number, number>) => [...bins.values()].reduce((a, b) => Math.max(a, b), 0);
  return { chunksPerSecond: most(chunks), concurrent: most(requests) };
}

/** vLLM knows only gamma gaps: 1 is Poisson, "inf" constant. */
function burstinessOf(result: WorkloadResult): number | string {
  const mode = result.phases[0]?.plan.mode;
  if (mode?.kind !== "open") return 1;
  if (mode.arrivals.kind === "constant") return "inf";
  if (mode.arrivals.kind !== "gamma") return 1;
  return Number.isFinite(mode.arrivals.burstiness) ? mode.arrivals.burstiness : "inf";
}

function rampOf(result: WorkloadResult): JsonObject {
  const mode = result.phases[0]?.plan.mode;
  if (mode?.kind !== "open" || mode.arrivals.kind !== "ramp") return {};
  return {
    ramp_up_strategy: mode.arrivals.shape ?? "linear",
    ramp_up_start_rps: mode.arrivals.fromPerSecond,
    ramp_up_end_rps: mode.arrivals.toPerSecond,
  };
}

/** `20261124-202648`, in UTC. */
function compactDate(unixSeconds: number): string {
  return formatInstant(unixSeconds).replace(/[-:Z]/g, "").replace("T", "-");
}

/** Reads such a file; the requests too, if it was saved in detail. Figures that are 0 for want of requests are missing. */
export function fromVllmBench(file: JsonObject): BenchmarkRun {
  const completed = numberIn(file, "completed", 1);
  const records = readDetails(file);
  // vLLM knows no request that was cut off: only files of the lab tell them from those that failed.
  const own = isOwn(file) && records.length > 0 ? outcomeCounts(records) : undefined;
  const rate = numberIn(file, "request_rate", 1);
  const hasRamp = typeof file["ramp_up_strategy"] === "string";
  // vLLM's own start times count from the machine's start: only files of the lab hold Unix time there.
  const started = numbersAt(file, "start_times")?.[0];
  const startSeconds = started !== undefined && started > EARLIEST_UNIX_SECONDS ? started : undefined;
  return {
    format: "vllm_bench",
    ...(typeof file["model_id"] === "string" ? { model: file["model_id"] } : {}),
    ...named("startSeconds", startSeconds),
    ...named("durationSeconds", numberIn(file, "duration", 1)),
    ...named("completed", completed),
    ...named("failed", own?.failed ?? numberIn(file, "failed", 1)),
    ...named("unfinished", own?.unfinished),
    ...named("promptTokens", numberIn(file, "total_input_tokens", 1)),
    ...named("outputTokens", numberIn(file, "total_output_tokens", 1)),
    ...named("requestsPerSecond", numberIn(file, "request_throughput", 1)),
    ...named("outputTokensPerSecond", numberIn(file, "output_throughput", 1)),
    ...named("totalTokensPerSecond", numberIn(file, "total_token_throughput", 1)),
    ...named("goodputPerSecond", numberIn(file, "request_goodput", 1)),
    ...named("ratePerSecond", rate),
    ...named("concurrency", hasRamp ? undefined : numberIn(file, "max_concurrency", 1)),
    ...(completed === 0 ? {} : {
      ...named("ttft", readStatistics(file, "ttft")),
      ...named("tpot", readStatistics(file, "tpot")),
      ...named("itl", readStatistics(file, "itl")),
      ...named("e2e", readStatistics(file, "e2el")),
    }),
    records,
  };
}

function readStatistics(file: JsonObject, name: string): FileDistribution | undefined {
  const percentiles: Record<number, number> = {};
  for (const [key, value] of Object.entries(file)) {
    const percent = key.match(new RegExp(`^p([\\d.]+)_${name}_ms$`))?.[1];
    if (percent !== undefined && typeof value === "number") percentiles[Number(percent)] = value / 1000;
  }
  const median = numberIn(file, `median_${name}_ms`, 1e-3);
  if (median !== undefined) percentiles[50] = median;
  const mean = numberIn(file, `mean_${name}_ms`, 1e-3);
  if (mean === undefined && Object.keys(percentiles).length === 0) return undefined;
  return { percentiles, ...named("mean", mean), ...named("std", numberIn(file, `std_${name}_ms`, 1e-3)) };
}

/** vLLM's own start times are of a clock without a date, so instants are only good relative to one another. */
function readDetails(file: JsonObject): readonly RequestRecord[] {
  const starts = numbersAt(file, "start_times");
  const ttfts = numbersAt(file, "ttfts");
  const itls = file["itls"];
  if (starts === undefined || ttfts === undefined || !Array.isArray(itls)) return [];
  const inputs = numbersAt(file, "input_lens") ?? [];
  const outputs = numbersAt(file, "output_lens") ?? [];
  const errors = Array.isArray(file["errors"]) ? file["errors"] : [];
  const model = typeof file["model_id"] === "string" ? file["model_id"] : "";
  const queued = numbersAt(file, "queue_times") ?? [];
  const latencies = numbersAt(file, "latencies") ?? [];
  const own = isOwn(file);
  return starts.map((startSeconds, i) => {
    const error = typeof errors[i] === "string" && errors[i] !== "" ? errors[i].slice(0, 300) : undefined;
    const told = own && error !== undefined ? outcomeAndReason(error) : undefined;
    const sentSeconds = told?.outcome === "dropped" ? undefined : startSeconds;
    const gaps = Array.isArray(itls[i]) ? itls[i].filter((gap) => typeof gap === "number") : [];
    const ok = error === undefined;
    const ttft = ttfts[i] ?? 0;
    // An answer that was not streamed has no first token of its own: vLLM writes 0 there.
    const streamed = ok && (ttft > 0 || gaps.length > 0);
    const chunkTimesSeconds = streamed ? chunkTimes(startSeconds + ttft, gaps) : new Float64Array(0);
    const latency = latencies[i] ?? 0;
    const endSeconds = chunkTimesSeconds.at(-1) ?? (latency > 0 ? startSeconds + latency : undefined);
    return compact({
      id: String(i),
      target: "file",
      model,
      endpoint: String(file["endpoint_type"]).includes("chat") ? "chat" as const : "completions" as const,
      phase: "vllm bench",
      outcome: ok ? "ok" as const : told?.outcome ?? "error" as const,
      dueSeconds: startSeconds - (queued[i] ?? 0),
      sentSeconds,
      chunkTimesSeconds,
      endSeconds: ok ? endSeconds : undefined,
      promptTokens: inputs[i],
      outputTokens: ok ? outputs[i] : undefined,
      error: told?.reason ?? error,
      engine: "vllm bench",
      trust: "not_measured" as const,
    });
  });
}

/** Whether the lab wrote it: it says after vLLM's keys which client sent the requests. */
function isOwn(file: JsonObject): boolean {
  return typeof file["client_engine"] === "string";
}

/** The first chunk's time, then one for each gap. */
export function chunkTimes(firstSeconds: number, gaps: readonly number[]): Float64Array {
  const chunks = new Float64Array(gaps.length + 1);
  chunks[0] = firstSeconds;
  for (const [i, gap] of gaps.entries()) chunks[i + 1] = chunks[i]! + gap;
  return chunks;
}
