/**
 * Prefix cache, speculative decoding, LoRA, estimates.
 *
 * @module
 */
import type { Bias, QuantityTable } from "../entry.ts";

/** Seen in 0.10.2, 0.17.1 and 0.25.1, not in 0.32.0 under the same load. */
const RECOUNTED: readonly Bias[] = [
  { code: "queries_recounted_while_waiting", until: "0.25.1", goneIn: "0.32.0" },
];

/** Quantities of caches and optional features. */
export const CACHES: QuantityTable<
  | "prefix_cache_queries"
  | "prefix_cache_hits"
  | "prefix_cache_hit_ratio"
  | "spec_decode_drafts"
  | "spec_decode_draft_tokens"
  | "spec_decode_accepted_tokens"
  | "lora_requests"
  | "estimated_flops"
> = {
  prefix_cache_queries: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:prefix_cache_queries_total",
        since: "0.9.2",
        engine: "v1",
        biases: RECOUNTED,
      },
      {
        server: "vllm",
        name: "vllm:gpu_prefix_cache_queries_total",
        since: "0.7.3",
        until: "0.10.2",
        hiddenUntil: "0.11.2",
        engine: "v1",
        biases: RECOUNTED,
      },
    ],
  },
  prefix_cache_hits: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:prefix_cache_hits_total",
        since: "0.9.2",
        engine: "v1",
        biases: RECOUNTED,
      },
      {
        server: "vllm",
        name: "vllm:gpu_prefix_cache_hits_total",
        since: "0.7.3",
        until: "0.10.2",
        hiddenUntil: "0.11.2",
        engine: "v1",
        biases: RECOUNTED,
      },
    ],
  },
  prefix_cache_hit_ratio: {
    type: "gauge",
    unit: "ratio",
    combine: "none",
    candidates: [
      {
        server: "vllm",
        name: "vllm:gpu_prefix_cache_hit_rate",
        since: "0.6.6",
        until: "0.8.0",
        hiddenUntil: "0.8.5",
        engine: "v0",
        biases: [{ code: "minus_one_means_off" }, { code: "lifetime_mean" }],
      },
      { server: "sglang", name: "sglang:cache_hit_rate", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_kv_cache_hit_rate" },
    ],
    derivations: [
      {
        formula:
          'd(prompt_tokens_by_source_total{source!="local_compute"}) / d(prompt_tokens_by_source_total)',
        names: ["vllm:prompt_tokens_by_source_total"],
        computation: {
          part: [{
            name: "vllm:prompt_tokens_by_source_total",
            where: { label: "source", values: ["local_compute"] },
          }],
          whole: [{ name: "vllm:prompt_tokens_by_source_total" }],
          isRest: true,
          ofGrowth: true,
          over: ["source"],
        },
      },
      {
        formula: "d(prefix_cache_hits_total) / d(prefix_cache_queries_total)",
        names: ["vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total"],
        computation: {
          part: [{ name: "vllm:prefix_cache_hits_total" }],
          whole: [{ name: "vllm:prefix_cache_queries_total" }],
          ofGrowth: true,
        },
      },
      {
        formula: "d(gpu_prefix_cache_hits_total) / d(gpu_prefix_cache_queries_total)",
        names: ["vllm:gpu_prefix_cache_hits_total", "vllm:gpu_prefix_cache_queries_total"],
        computation: {
          part: [{ name: "vllm:gpu_prefix_cache_hits_total" }],
          whole: [{ name: "vllm:gpu_prefix_cache_queries_total" }],
          ofGrowth: true,
        },
      },
    ],
  },
  spec_decode_drafts: {
    type: "counter",
    unit: "count",
    combine: "sum",
    candidates: [{
      server: "vllm",
      name: "vllm:spec_decode_num_drafts_total",
      option: "--speculative-config",
    }],
  },
  spec_decode_draft_tokens: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [{
      server: "vllm",
      name: "vllm:spec_decode_num_draft_tokens_total",
      option: "--speculative-config",
    }],
  },
  spec_decode_accepted_tokens: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [{
      server: "vllm",
      name: "vllm:spec_decode_num_accepted_tokens_total",
      option: "--speculative-config",
    }],
  },
  lora_requests: {
    type: "gauge",
    unit: "unix_seconds",
    combine: "none",
    candidates: [{
      server: "vllm",
      name: "vllm:lora_requests_info",
      since: "0.6.6",
      option: "--enable-lora",
    }],
  },
  estimated_flops: {
    type: "counter",
    unit: "flops",
    combine: "sum",
    candidates: [{
      server: "vllm",
      name: "vllm:estimated_flops_per_gpu_total",
      since: "0.17.1",
      engine: "v1",
      biases: [{ code: "estimated" }, { code: "zero_without_option" }],
    }],
  },
};
