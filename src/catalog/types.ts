/**
 * The names by which charts, analysis and diagnosis ask for numbers, whatever a server calls them.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { MetricMeta, MetricType } from "../parser/types.ts";
import type { BiasCode } from "./entry.ts";

/** Canonical quantities. Durations are in seconds, sizes in bytes, ratios 0–1. */
export type QuantityName =
  // the scheduler
  | "running"
  | "waiting"
  | "waiting_by_reason"
  | "swapped"
  | "kv_cache_usage"
  | "preemptions"
  | "engine_sleep_state"
  | "cache_config"
  // latency histograms
  | "ttft"
  | "itl"
  | "tpot"
  | "e2e"
  | "queue_time"
  | "prefill_time"
  | "decode_time"
  | "inference_time"
  // tokens and requests
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
  // caches
  | "prefix_cache_queries"
  | "prefix_cache_hits"
  | "prefix_cache_hit_ratio"
  // speculative decoding, LoRA, estimates
  | "spec_decode_drafts"
  | "spec_decode_draft_tokens"
  | "spec_decode_accepted_tokens"
  | "lora_requests"
  | "estimated_flops"
  // the server's process and its HTTP side
  | "http_requests"
  | "http_request_duration"
  | "process_start_time"
  | "process_cpu_seconds"
  | "process_resident_memory"
  // the machine
  | "cpu_usage"
  | "memory_usage"
  | "memory_used"
  | "memory_total"
  // the container that the lab runs in: `lab_cgroup_memory_used_bytes`, `lab_cgroup_memory_limit_bytes`
  | "container_memory_used"
  | "container_memory_limit"
  | "gpu_utilization"
  | "gpu_memory_used"
  | "gpu_memory_total"
  | "gpu_memory_usage"
  | "gpu_power"
  | "gpu_energy"
  | "gpu_temperature"
  | "gpu_sm_clock"
  // what holds a GPU back: label `reason` tells why clocks are held down
  | "gpu_throttle"
  | "gpu_power_limit"
  | "gpu_dram_active"
  // the workload's own view
  | "client_requests"
  | "client_in_flight"
  | "client_ttft"
  | "client_itl"
  | "client_tpot"
  | "client_e2e"
  | "client_prompt_tokens"
  | "client_generation_tokens";

/** Base units inside the lab. */
export type Unit =
  | "seconds"
  | "bytes"
  | "ratio"
  | "tokens"
  | "requests"
  | "count"
  | "joules"
  | "watts"
  | "celsius"
  | "hertz"
  | "flops"
  | "unix_seconds";

/** A quantity found on a server. Multiply raw values by `unitFactor` to get the canonical unit. */
export interface ResolvedQuantity {
  /** What was looked for. */
  readonly quantity: QuantityName;
  /** The family's name on this server (`vllm:time_to_first_token_seconds`, `vllm:prompt_tokens_total`). */
  readonly name: string;
  /** Of this name by the catalog, whatever the text says; it may differ from the quantity's. */
  readonly type: MetricType;
  /** The canonical one, after `unitFactor`. */
  readonly unit: Unit;
  /** 1 where the server already uses the canonical unit. */
  readonly unitFactor: number;
  /** Labels that a series must have to count (Triton and others put several quantities under one name). */
  readonly labelFilter?: Readonly<Record<string, string>>;
  /** Known faults of this server's figure, as codes. */
  readonly biases: readonly BiasCode[];
}

/** Why a quantity was or was not found: for people. */
export type QuantityExplanation =
  | { readonly found: ResolvedQuantity; readonly tried: readonly string[] }
  | {
    readonly absent: Cause;
    readonly tried: readonly string[];
    /** How it can be worked out from what this server shows, if it can. */
    readonly derivation?: { readonly formula: string; readonly names: readonly string[] };
  };

/** Re-exported so that callers of the catalog need one import. */
export type { MetricMeta };
