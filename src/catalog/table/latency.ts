/**
 * Where the time of a request goes, as the server says.
 *
 * @module
 */
import type { QuantityTable } from "../entry.ts";

/** Latency histograms. */
export const LATENCY: QuantityTable<
  "ttft" | "itl" | "tpot" | "e2e" | "queue_time" | "prefill_time" | "decode_time" | "inference_time"
> = {
  ttft: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:time_to_first_token_seconds",
        since: "0.3.3",
        biases: [{ code: "aborts_counted" }, { code: "recounted_after_preemption", engine: "v0" }],
      },
      { server: "sglang", name: "sglang:time_to_first_token_seconds", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_time_to_first_token_seconds" },
      { server: "dynamo", name: "dynamo_frontend_time_to_first_token_seconds" },
      { server: "triton", name: "nv_inference_first_response_histogram_ms", unitFactor: 1e-3 },
    ],
  },
  itl: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:inter_token_latency_seconds",
        since: "0.10.2",
        engine: "v1",
        biases: [{ code: "gap_between_outputs" }, { code: "first_bucket_is_10ms" }],
      },
      {
        server: "vllm",
        name: "vllm:time_per_output_token_seconds",
        since: "0.3.3",
        until: "0.11.2",
        hiddenUntil: "0.14.1",
        biases: [{ code: "named_per_token" }, { code: "gap_between_outputs" }, {
          code: "first_bucket_is_10ms",
        }],
      },
      { server: "sglang", name: "sglang:inter_token_latency_seconds", option: "--enable-metrics" },
      { server: "dynamo", name: "dynamo_frontend_inter_token_latency_seconds" },
    ],
  },
  tpot: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:request_time_per_output_token_seconds",
        since: "0.11.2",
        engine: "v1",
        biases: [{ code: "one_token_requests_are_zero" }, { code: "aborts_uncounted" }, {
          code: "first_bucket_is_10ms",
        }],
      },
      { server: "sglang", name: "sglang:request_time_per_output_token_seconds", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_time_per_output_token_seconds" },
      { server: "tgi", name: "tgi_request_mean_time_per_token_duration" },
    ],
    derivations: [
      {
        formula:
          "d(request_decode_time_seconds_sum) / (d(request_generation_tokens_sum) - d(request_generation_tokens_count))",
        names: ["vllm:request_decode_time_seconds", "vllm:request_generation_tokens"],
      },
      {
        formula: "d(tokens_predicted_seconds_total) / d(tokens_predicted_total)",
        names: ["llamacpp:tokens_predicted_seconds_total", "llamacpp:tokens_predicted_total"],
      },
    ],
  },
  e2e: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:e2e_request_latency_seconds",
        since: "0.3.3",
        biases: [{ code: "aborts_uncounted" }, { code: "first_bucket_is_300ms", since: "0.6.6" }],
      },
      { server: "sglang", name: "sglang:e2e_request_latency_seconds", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_e2e_request_latency_seconds" },
      { server: "tgi", name: "tgi_request_duration" },
      { server: "dynamo", name: "dynamo_frontend_request_duration_seconds" },
      {
        server: "triton",
        name: "nv_inference_request_duration_us",
        type: "counter",
        unitFactor: 1e-6,
        biases: [{ code: "only_the_sum" }],
      },
    ],
  },
  queue_time: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:request_queue_time_seconds",
        since: "0.6.6",
        biases: [{ code: "aborts_uncounted" }, { code: "first_bucket_is_300ms" }],
      },
      {
        server: "vllm",
        name: "vllm:time_in_queue_requests",
        since: "0.6.6",
        until: "0.8.0",
        hiddenUntil: "0.8.5",
        engine: "v0",
      },
      { server: "sglang", name: "sglang:queue_time_seconds", option: "--enable-metrics" },
      { server: "tensorrt_llm", name: "trtllm_request_queue_time_seconds" },
      { server: "tgi", name: "tgi_request_queue_duration" },
      {
        server: "triton",
        name: "nv_inference_queue_duration_us",
        type: "counter",
        unitFactor: 1e-6,
        biases: [{ code: "only_the_sum" }],
      },
    ],
  },
  prefill_time: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:request_prefill_time_seconds",
        since: "0.6.6",
        biases: [{ code: "aborts_uncounted" }, { code: "first_bucket_is_300ms" }],
      },
      { server: "tensorrt_llm", name: "trtllm_request_prefill_time_seconds" },
      {
        server: "tgi",
        name: "tgi_batch_inference_duration",
        labels: { method: "prefill" },
        biases: [{ code: "per_iteration" }],
      },
      {
        server: "llama_cpp",
        name: "llamacpp:prompt_seconds_total",
        type: "counter",
        option: "--metrics",
        biases: [{ code: "only_the_sum" }],
      },
    ],
  },
  decode_time: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:request_decode_time_seconds",
        since: "0.6.6",
        biases: [{ code: "aborts_uncounted" }, { code: "first_bucket_is_300ms" }],
      },
      { server: "tensorrt_llm", name: "trtllm_request_decode_time_seconds" },
      {
        server: "tgi",
        name: "tgi_batch_inference_duration",
        labels: { method: "decode" },
        biases: [{ code: "per_iteration" }],
      },
      {
        server: "llama_cpp",
        name: "llamacpp:tokens_predicted_seconds_total",
        type: "counter",
        option: "--metrics",
        biases: [{ code: "only_the_sum" }],
      },
    ],
  },
  inference_time: {
    type: "histogram",
    unit: "seconds",
    combine: "sum",
    candidates: [
      {
        server: "vllm",
        name: "vllm:request_inference_time_seconds",
        since: "0.6.6",
        biases: [{ code: "aborts_uncounted" }, { code: "first_bucket_is_300ms" }],
      },
      { server: "tensorrt_llm", name: "trtllm_request_inference_time_seconds" },
      { server: "tgi", name: "tgi_request_inference_duration" },
      {
        server: "triton",
        name: "nv_inference_compute_infer_duration_us",
        type: "counter",
        unitFactor: 1e-6,
        biases: [{ code: "only_the_sum" }],
      },
    ],
  },
};
