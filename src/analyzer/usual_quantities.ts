/**
 * The quantities that are analysed where nobody names any.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";

/** What the correlation takes by default; what a source lacks is left out. */
export const CORRELATED: readonly QuantityName[] = [
  "cpu_usage",
  "memory_usage",
  "gpu_memory_usage",
  "gpu_utilization",
  "running",
  "waiting",
  "kv_cache_usage",
  "generation_tokens",
  "prompt_tokens",
  "ttft",
  "itl",
];

/** What the report averages and searches for anomalies. */
export const REPORTED: readonly QuantityName[] = [
  "running",
  "waiting",
  "kv_cache_usage",
  "generation_tokens",
  "prompt_tokens",
  "preemptions",
  "request_success",
  "ttft",
  "itl",
  "cpu_usage",
  "memory_usage",
  "gpu_utilization",
  "gpu_memory_usage",
  "gpu_power",
  "gpu_temperature",
];

/** What its table of latencies has. */
export const LATENCIES: readonly QuantityName[] = [
  "ttft",
  "itl",
  "tpot",
  "e2e",
  "queue_time",
  "prefill_time",
  "decode_time",
];
