/**
 * From an engine model's figures to the series that a vLLM 0.32 server shows, without text between.
 *
 * @module
 */
import type { Histogram } from "../src/simulator/engine/statistics.ts";
import type { EngineHistogramName, EngineStatistics } from "../src/simulator/engine/statistics.ts";
import type { Labels, MetricType } from "../src/parser/types.ts";
import type { EngineLimits } from "../src/simulator/engine/types.ts";
import type { SampleBatch, SeriesDefinition, TargetFacts } from "../src/series/types.ts";
import { vllmBuckets } from "../test/helpers/vllm_buckets.ts";

const HISTOGRAMS: Partial<Record<EngineHistogramName, string>> = {
  timeToFirstToken: "vllm:time_to_first_token_seconds",
  interTokenLatency: "vllm:inter_token_latency_seconds",
  e2e: "vllm:e2e_request_latency_seconds",
  queue: "vllm:request_queue_time_seconds",
  prefill: "vllm:request_prefill_time_seconds",
  inference: "vllm:request_inference_time_seconds",
  promptTokens: "vllm:request_prompt_tokens",
  iterationTokens: "vllm:iteration_tokens_total",
};

/** Buckets as vLLM 0.32 has them (recorded run); none of what this server does not show. */
export function bucketBounds(name: EngineHistogramName, maxModelLength: number): readonly number[] {
  const family = HISTOGRAMS[name];
  return family === undefined ? [] : vllmBuckets(family, maxModelLength);
}

/** What a server knows besides its engines. */
export interface FrontEndFigures {
  readonly rejections: number;
  readonly answered: number;
  readonly serverErrors: number;
  readonly processStartSeconds: number;
  readonly apiServers: number;
}

/** Which engine, and how it is set up. */
export interface EngineIdentity {
  readonly engine: string;
  readonly limits: EngineLimits;
  readonly apiServers: number;
}

/** Names series once and gives batches of values. */
export class SeriesWriter {
  readonly #ids = new Map<string, number>();
  #defined: SeriesDefinition[] = [];
  #batchIds: number[] = [];
  #values: number[] = [];

  set(name: string, type: MetricType, labels: Labels, value: number): void {
    const key = name + JSON.stringify(labels);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(key, id);
      this.#defined.push({ id, name, labels, type });
    }
    this.#batchIds.push(id);
    this.#values.push(value);
  }

  take(facts?: TargetFacts): SampleBatch {
    const batch: SampleBatch = {
      ids: this.#batchIds,
      values: this.#values,
      defined: this.#defined,
      vanishedIds: [],
      events: [],
      ...(facts === undefined ? {} : { facts }),
    };
    this.#defined = [];
    this.#batchIds = [];
    this.#values = [];
    return batch;
  }
}

/** Writes one engine's series. */
export function writeEngine(writer: SeriesWriter, statistics: EngineStatistics, of: EngineIdentity): void {
  const { engine, limits, apiServers } = of;
  const labels = { engine, model_name: "model" };
  const gauge = (name: string, value: number) => writer.set(name, "gauge", labels, value);
  const counter = (name: string, value: number, more: Labels = {}) =>
    writer.set(name, "counter", { ...labels, ...more }, value);
  gauge("vllm:num_requests_running", statistics.gauges.running);
  gauge("vllm:num_requests_waiting", statistics.gauges.waiting);
  gauge("vllm:kv_cache_usage_perc", statistics.gauges.kvUsageRatio);
  counter("vllm:num_preemptions_total", statistics.preemptions);
  counter("vllm:prompt_tokens_total", statistics.promptTokens);
  const local = statistics.promptTokens - statistics.cachedPromptTokens;
  counter("vllm:prompt_tokens_by_source_total", local, { source: "local_compute" });
  counter("vllm:prompt_tokens_by_source_total", statistics.cachedPromptTokens, { source: "local_cache_hit" });
  counter("vllm:prefix_cache_queries_total", statistics.prefixQueriedTokens);
  counter("vllm:prefix_cache_hits_total", statistics.prefixHitTokens);
  counter("vllm:generation_tokens_total", statistics.outputTokens);
  for (const [reason, count] of Object.entries(statistics.finished)) {
    counter("vllm:request_success_total", count, { finished_reason: reason });
  }
  for (const [key, name] of Object.entries(HISTOGRAMS)) {
    const histogram = statistics.histograms[key as EngineHistogramName];
    const booked = key === "iterationTokens" && apiServers > 1 ? bookedTwice(histogram) : histogram;
    writeHistogram(writer, { name, labels }, booked);
  }
  writer.set("vllm:cache_config_info", "gauge", {
    engine,
    block_size: String(limits.blockSizeTokens),
    num_gpu_blocks: String(limits.blockCount),
  }, 1);
}

/** With two API servers each books its half of a step as a step of its own: the sum stays, the count doubles. */
function bookedTwice(histogram: Histogram): Pick<Histogram, "bounds" | "counts" | "sum" | "count"> {
  const counts = Float64Array.from(
    histogram.counts,
    (_, i) => 2 * (histogram.counts[i + 1] ?? 0) + (i === 0 ? 2 * histogram.counts[0]! : 0),
  );
  return { bounds: histogram.bounds, counts, sum: histogram.sum, count: 2 * histogram.count };
}

function writeHistogram(
  writer: SeriesWriter,
  of: { name: string; labels: Labels },
  histogram: Pick<Histogram, "bounds" | "counts" | "sum" | "count">,
): void {
  let total = 0;
  histogram.counts.forEach((count, i) => {
    total += count;
    const bound = histogram.bounds[i];
    const le = bound === undefined ? "+Inf" : Number.isInteger(bound) ? `${bound}.0` : String(bound);
    writer.set(`${of.name}_bucket`, "histogram", { ...of.labels, le }, total);
  });
  writer.set(`${of.name}_sum`, "histogram", of.labels, histogram.sum);
  writer.set(`${of.name}_count`, "histogram", of.labels, histogram.count);
}

/** Writes what the API server counts. */
export function writeFrontEnd(writer: SeriesWriter, figures: FrontEndFigures): void {
  const handler = "/v1/completions";
  const http = (status: string, value: number) =>
    writer.set("http_requests_total", "counter", { handler, method: "POST", status }, value);
  const reasons = { model_name: "model", reason: "max_num_queued_reqs" };
  writer.set("vllm:admission_rejections_total", "counter", reasons, figures.rejections);
  http("2xx", figures.answered);
  if (figures.serverErrors > 0) http("5xx", figures.serverErrors);
  // In multi-process mode there are no figures of the process.
  if (figures.apiServers > 1) return;
  writer.set("process_start_time_seconds", "gauge", {}, figures.processStartSeconds);
}
