/**
 * Every family that vLLM 0.3 to 0.33 can show, so that a name which is none of them can be told.
 *
 * Without `vllm:`, and as registered: counters without `_total`. Names that a connector or an option brings by the dozen
 * are given by their beginning.
 *
 * @module
 */

/** Families by their whole name. */
export const VLLM_FAMILIES: readonly string[] = [
  // scheduler and caches
  "num_requests_running",
  "num_requests_waiting",
  "num_requests_waiting_by_reason",
  "num_requests_swapped",
  "num_requests_kv_fetch_by_stage",
  "engine_sleep_state",
  "kv_cache_usage_perc",
  "gpu_cache_usage_perc",
  "cpu_cache_usage_perc",
  "cache_config_info",
  "cache_config",
  "prefix_cache_queries",
  "prefix_cache_hits",
  "gpu_prefix_cache_queries",
  "gpu_prefix_cache_hits",
  "gpu_prefix_cache_hit_rate",
  "cpu_prefix_cache_hit_rate",
  "external_prefix_cache_queries",
  "external_prefix_cache_hits",
  "mm_cache_queries",
  "mm_cache_hits",
  "num_preemptions",
  "kv_block_lifetime_seconds",
  "kv_block_idle_before_evict_seconds",
  "kv_block_reuse_gap_seconds",
  // tokens and requests
  "prompt_tokens",
  "prompt_tokens_by_source",
  "prompt_tokens_cached",
  "prompt_tokens_cached_by_source",
  "prompt_tokens_recomputed",
  "generation_tokens",
  "tokens",
  "iteration_tokens_total",
  "avg_prompt_throughput_toks_per_s",
  "avg_generation_throughput_toks_per_s",
  "request_success",
  "corrupted_requests",
  "admission_rejections",
  "watermark_requests",
  "request_prompt_tokens",
  "request_generation_tokens",
  "request_max_num_generation_tokens",
  "request_params_n",
  "request_params_max_tokens",
  "request_params_best_of",
  "request_num_preemptions",
  "request_prefill_kv_computed_tokens",
  "tool_call_parser_invocations",
  // latency
  "time_to_first_token_seconds",
  "inter_token_latency_seconds",
  "time_per_output_token_seconds",
  "request_time_per_output_token_seconds",
  "e2e_request_latency_seconds",
  "request_queue_time_seconds",
  "time_in_queue_requests",
  "request_prefill_time_seconds",
  "request_decode_time_seconds",
  "request_inference_time_seconds",
  "model_forward_time_milliseconds",
  "model_execute_time_milliseconds",
  // LoRA and estimates
  "lora_requests_info",
  "estimated_flops_per_gpu",
  "estimated_read_bytes_per_gpu",
  "estimated_write_bytes_per_gpu",
];

/** Beginnings of the names that options and connectors bring. */
export const VLLM_PREFIXES: readonly string[] = [
  "spec_decode_",
  "diffusion_",
  "nixl_",
  "mooncake_",
  "kv_offload_",
  "simple_kv_offload_",
  "hisparse_",
  "hf3fs_",
  "umbp_transfer_",
  "sleep_mode_operation",
  "rl_weight_update_operation",
  "websocket_connection",
];
