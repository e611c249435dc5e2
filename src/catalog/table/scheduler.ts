/**
 * What the scheduler holds: requests running and waiting, KV cache, preemptions.
 *
 * @module
 */
import type { QuantityTable } from "../entry.ts";

/** Quantities of the scheduler. */
export const SCHEDULER: QuantityTable<
  | "running"
  | "waiting"
  | "waiting_by_reason"
  | "swapped"
  | "kv_cache_usage"
  | "preemptions"
  | "engine_sleep_state"
  | "cache_config"
> = {
  running: {
    type: "gauge",
    unit: "requests",
    combine: "sum",
    candidates: [
      { server: "vllm", name: "vllm:num_requests_running", since: "0.3.3" },
      { server: "sglang", name: "sglang:num_running_reqs", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_num_requests_running" },
      { server: "tgi", name: "tgi_batch_current_size" },
      { server: "llama_cpp", name: "llamacpp:requests_processing", option: "--metrics" },
      { server: "dynamo", name: "dynamo_frontend_active_requests" },
      { server: "dynamo", name: "dynamo_frontend_inflight_requests" },
      { server: "triton", name: "nv_trt_llm_request_metrics", labels: { request_type: "active" } },
    ],
  },
  waiting: {
    type: "gauge",
    unit: "requests",
    combine: "sum",
    candidates: [
      { server: "vllm", name: "vllm:num_requests_waiting", since: "0.3.3" },
      { server: "sglang", name: "sglang:num_queue_reqs", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_num_requests_waiting" },
      { server: "tgi", name: "tgi_queue_size" },
      { server: "llama_cpp", name: "llamacpp:requests_deferred", option: "--metrics" },
      { server: "dynamo", name: "dynamo_frontend_queued_requests" },
      { server: "triton", name: "nv_trt_llm_request_metrics", labels: { request_type: "waiting" } },
      { server: "triton", name: "nv_inference_pending_request_count" },
    ],
  },
  waiting_by_reason: {
    type: "gauge",
    unit: "requests",
    combine: "sum",
    candidates: [{ server: "vllm", name: "vllm:num_requests_waiting_by_reason", since: "0.20.2" }],
  },
  swapped: {
    type: "gauge",
    unit: "requests",
    combine: "sum",
    candidates: [{
      server: "vllm",
      name: "vllm:num_requests_swapped",
      since: "0.3.3",
      until: "0.8.0",
      hiddenUntil: "0.8.5",
      engine: "v0",
    }],
  },
  kv_cache_usage: {
    type: "gauge",
    unit: "ratio",
    combine: "max",
    candidates: [
      {
        server: "vllm",
        name: "vllm:kv_cache_usage_perc",
        since: "0.9.2",
        engine: "v1",
        biases: [
          { code: "cached_blocks_count_as_free" },
          { code: "rests_at_one_block", since: "0.9.2", until: "0.9.2", goneIn: "0.10.2" },
          { code: "one_series_per_pid", since: "0.11.0", until: "0.11.2", goneIn: "0.12.0" },
        ],
      },
      {
        server: "vllm",
        name: "vllm:gpu_cache_usage_perc",
        since: "0.3.3",
        until: "0.10.2",
        hiddenUntil: "0.11.2",
        biases: [
          { code: "cached_blocks_count_as_free", engine: "v1" },
          { code: "zero_on_v0_cpu", engine: "v0" },
        ],
      },
      { server: "sglang", name: "sglang:token_usage", option: "--enable-metrics" },
      { server: "sglang", name: "sglang:full_token_usage", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_kv_cache_utilization" },
      { server: "llama_cpp", name: "llamacpp:kv_cache_usage_ratio", option: "--metrics" },
      { server: "dynamo", name: "dynamo_component_kvstats_gpu_cache_usage_percent" },
      {
        server: "triton",
        name: "nv_trt_llm_kv_cache_block_metrics",
        labels: { kv_cache_block_type: "fraction" },
      },
    ],
  },
  preemptions: {
    type: "counter",
    unit: "count",
    combine: "sum",
    candidates: [{ server: "vllm", name: "vllm:num_preemptions_total", since: "0.4.3" }],
  },
  engine_sleep_state: {
    type: "gauge",
    unit: "count",
    combine: "none",
    candidates: [{ server: "vllm", name: "vllm:engine_sleep_state", since: "0.11.2", engine: "v1" }],
  },
  cache_config: {
    type: "info",
    unit: "count",
    combine: "none",
    candidates: [{ server: "vllm", name: "vllm:cache_config_info", type: "gauge", since: "0.3.3" }],
  },
};
