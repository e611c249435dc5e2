/**
 * Which figure of the model stands behind which name of `/metrics`, over all versions that can be simulated.
 *
 * @module
 */
import type { EngineHistogramName, EngineStatistics } from "../engine/statistics.ts";
import type { Histogram } from "../engine/statistics.ts";

/** Sleep levels: 0 awake, 1 weights offloaded, 2 everything discarded. */
export type SleepLevel = 0 | 1 | 2;

/** What a binding may look at: one engine. */
export interface EngineView {
  readonly statistics: EngineStatistics;
  readonly sleepLevel: SleepLevel;
  readonly blockCount: number;
}

/** The value of one child. */
export type Binding = (engine: EngineView, label: (name: string) => string | undefined) => number;

/** Histograms by family name. Old and new names of one quantity show the same figures. */
export const HISTOGRAM_FAMILIES: Readonly<Record<string, EngineHistogramName>> = {
  "vllm:time_to_first_token_seconds": "timeToFirstToken",
  "vllm:inter_token_latency_seconds": "interTokenLatency",
  "vllm:time_per_output_token_seconds": "interTokenLatency",
  "vllm:request_time_per_output_token_seconds": "timePerOutputToken",
  "vllm:e2e_request_latency_seconds": "e2e",
  "vllm:request_queue_time_seconds": "queue",
  "vllm:request_prefill_time_seconds": "prefill",
  "vllm:request_decode_time_seconds": "decode",
  "vllm:request_inference_time_seconds": "inference",
  "vllm:request_prompt_tokens": "promptTokens",
  "vllm:request_generation_tokens": "outputTokens",
  "vllm:request_max_num_generation_tokens": "longestOutputTokens",
  "vllm:request_params_n": "samples",
  "vllm:request_params_max_tokens": "maxTokens",
  "vllm:request_num_preemptions": "preemptions",
  "vllm:request_prefill_kv_computed_tokens": "computedPromptTokens",
  "vllm:iteration_tokens_total": "iterationTokens",
};

const ZERO: Binding = () => 0;

/** Counters and gauges of one engine, by family name. */
export const SCALAR_FAMILIES: Readonly<Record<string, Binding>> = {
  "vllm:num_requests_running": ({ statistics }) => statistics.gauges.running,
  "vllm:num_requests_waiting": ({ statistics }) => statistics.gauges.waiting,
  "vllm:num_requests_waiting_by_reason": ({ statistics }, label) =>
    label("reason") === "capacity" ? statistics.gauges.waiting : 0,
  "vllm:kv_cache_usage_perc": ({ statistics }) => statistics.gauges.kvUsageRatio,
  "vllm:gpu_cache_usage_perc": ({ statistics }) => statistics.gauges.kvUsageRatio,
  "vllm:engine_sleep_state": ({ sleepLevel }, label) =>
    Number(label("sleep_state") === SLEEP_STATES[sleepLevel]),
  "vllm:prefix_cache_queries_total": ({ statistics }) => statistics.prefixQueriedTokens,
  "vllm:prefix_cache_hits_total": ({ statistics }) => statistics.prefixHitTokens,
  "vllm:gpu_prefix_cache_queries_total": ({ statistics }) => statistics.prefixQueriedTokens,
  "vllm:gpu_prefix_cache_hits_total": ({ statistics }) => statistics.prefixHitTokens,
  "vllm:num_preemptions_total": ({ statistics }) => statistics.preemptions,
  "vllm:prompt_tokens_total": ({ statistics }) => statistics.promptTokens,
  "vllm:prompt_tokens_by_source_total": ({ statistics }, label) => {
    if (label("source") === "local_compute") return statistics.promptTokens - statistics.cachedPromptTokens;
    return label("source") === "local_cache_hit" ? statistics.cachedPromptTokens : 0;
  },
  "vllm:prompt_tokens_cached_total": ({ statistics }) => statistics.cachedPromptTokens,
  "vllm:prompt_tokens_cached_by_source_total": ({ statistics }, label) =>
    label("source") === "device" ? statistics.prefixHitTokens : 0,
  "vllm:generation_tokens_total": ({ statistics }) => statistics.outputTokens,
  "vllm:request_success_total": ({ statistics }, label) => {
    const reason = label("finished_reason");
    return reason === "stop" || reason === "length" ? statistics.finished[reason] : 0;
  },
  "vllm:spec_decode_num_drafts_total": ({ statistics }) => statistics.drafts.steps,
  "vllm:spec_decode_num_draft_tokens_total": ({ statistics }) => statistics.drafts.tokens,
  "vllm:spec_decode_num_accepted_tokens_total": ({ statistics }) => statistics.drafts.accepted,
  "vllm:spec_decode_num_accepted_tokens_per_pos_total": ({ statistics }, label) =>
    statistics.drafts.acceptedAt[Number(label("position"))] ?? 0,
  "vllm:cache_config_info": () => 1,
  // Features that the model does not have: the real server shows 0 for them too when they are not used.
  "vllm:estimated_flops_per_gpu_total": ZERO,
  "vllm:estimated_read_bytes_per_gpu_total": ZERO,
  "vllm:estimated_write_bytes_per_gpu_total": ZERO,
  "vllm:external_prefix_cache_queries_total": ZERO,
  "vllm:external_prefix_cache_hits_total": ZERO,
  "vllm:mm_cache_queries_total": ZERO,
  "vllm:mm_cache_hits_total": ZERO,
  "vllm:prompt_tokens_recomputed_total": ZERO,
};

const SLEEP_STATES = ["awake", "weights_offloaded", "discard_all"] as const;

/** A family's histogram. */
export function histogramOf(family: string, engine: EngineView): Histogram | undefined {
  const name = HISTOGRAM_FAMILIES[family];
  return name === undefined ? undefined : engine.statistics.histograms[name];
}
