/**
 * Tokens and requests.
 *
 * @module
 */
import type { QuantityTable } from "../entry.ts";

/** Counters of tokens and requests, and what requests were like. */
export const TOKENS: QuantityTable<
  | "prompt_tokens"
  | "prompt_tokens_by_source"
  | "prompt_tokens_cached"
  | "generation_tokens"
  | "iteration_tokens"
  | "request_prompt_tokens"
  | "request_generation_tokens"
  | "request_max_tokens"
  | "request_preemptions"
  | "request_success"
  | "request_failure"
  | "admission_rejections"
> = {
  prompt_tokens: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:prompt_tokens_total",
        since: "0.3.3",
        biases: [{ code: "prompt_booked_at_end" }, { code: "recounted_after_preemption", engine: "v0" }],
      },
      { server: "sglang", name: "sglang:prompt_tokens_total", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_prompt_tokens_total" },
      { server: "tgi", name: "tgi_request_input_length_sum" },
      { server: "llama_cpp", name: "llamacpp:prompt_tokens_total", option: "--metrics" },
      { server: "dynamo", name: "dynamo_frontend_input_sequence_tokens_sum" },
    ],
  },
  prompt_tokens_by_source: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [{
      server: "vllm",
      name: "vllm:prompt_tokens_by_source_total",
      since: "0.16.0",
      engine: "v1",
    }],
  },
  prompt_tokens_cached: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [
      { server: "vllm", name: "vllm:prompt_tokens_cached_total", since: "0.16.0", engine: "v1" },
      { server: "sglang", name: "sglang:cached_tokens_total", option: "--enable-metrics" },
      { server: "llama_cpp", name: "llamacpp:prompt_tokens_cached_total", option: "--metrics" },
      { server: "dynamo", name: "dynamo_frontend_cached_sequence_length_sum" },
    ],
  },
  generation_tokens: {
    type: "counter",
    unit: "tokens",
    combine: "sum",
    candidates: [
      { server: "vllm", name: "vllm:generation_tokens_total", since: "0.3.3" },
      { server: "sglang", name: "sglang:generation_tokens_total", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_generation_tokens_total" },
      { server: "tgi", name: "tgi_request_generated_tokens_sum" },
      { server: "llama_cpp", name: "llamacpp:tokens_predicted_total", option: "--metrics" },
      { server: "dynamo", name: "dynamo_frontend_output_tokens_total" },
    ],
  },
  iteration_tokens: {
    type: "histogram",
    unit: "tokens",
    combine: "sum",
    candidates: [{
      server: "vllm",
      name: "vllm:iteration_tokens_total",
      since: "0.6.6",
      biases: [{ code: "chunked_prompt_booked_at_end" }],
    }],
  },
  request_prompt_tokens: {
    type: "histogram",
    unit: "tokens",
    combine: "sum",
    candidates: [
      { server: "vllm", name: "vllm:request_prompt_tokens", biases: [{ code: "aborts_uncounted" }] },
      { server: "tgi", name: "tgi_request_input_length" },
      { server: "dynamo", name: "dynamo_frontend_input_sequence_tokens" },
    ],
  },
  request_generation_tokens: {
    type: "histogram",
    unit: "tokens",
    combine: "sum",
    candidates: [
      { server: "vllm", name: "vllm:request_generation_tokens", biases: [{ code: "aborts_uncounted" }] },
      { server: "tgi", name: "tgi_request_generated_tokens" },
      { server: "dynamo", name: "dynamo_frontend_output_sequence_tokens" },
    ],
  },
  request_max_tokens: {
    type: "histogram",
    unit: "tokens",
    combine: "sum",
    candidates: [
      { server: "vllm", name: "vllm:request_params_max_tokens", since: "0.6.6" },
      { server: "tgi", name: "tgi_request_max_new_tokens" },
    ],
  },
  request_preemptions: {
    type: "histogram",
    unit: "count",
    combine: "sum",
    candidates: [{ server: "vllm", name: "vllm:request_num_preemptions", since: "0.30.0", engine: "v1" }],
  },
  request_success: {
    type: "counter",
    unit: "requests",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:request_success_total",
        since: "0.4.3",
        biases: [{ code: "aborts_uncounted" }, { code: "counts_each_sequence" }],
      },
      { server: "sglang", name: "sglang:num_requests_total", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_request_success_total" },
      { server: "tgi", name: "tgi_request_success" },
      { server: "dynamo", name: "dynamo_frontend_requests_total", labels: { status: "success" } },
      { server: "triton", name: "nv_inference_request_success" },
    ],
  },
  request_failure: {
    type: "counter",
    unit: "requests",
    combine: "sum",
    candidates: [
      { server: "sglang", name: "sglang:num_aborted_requests_total", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_request_error_total" },
      { server: "tgi", name: "tgi_request_failure" },
      { server: "dynamo", name: "dynamo_frontend_requests_total", labels: { status: "error" } },
      { server: "triton", name: "nv_inference_request_failure" },
    ],
    derivations: [{
      formula: 'd(http_requests_total{handler=~"/v1/.*",status=~"4xx|5xx"})',
      names: ["vllm:cache_config_info", "http_requests_total"],
    }],
  },
  admission_rejections: {
    type: "counter",
    unit: "requests",
    combine: "sum",
    candidates: [{ server: "vllm", name: "vllm:admission_rejections_total", since: "0.32.0", engine: "v1" }],
  },
};
