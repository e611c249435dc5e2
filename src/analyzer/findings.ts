/**
 * What the diagnosis says: codes, numbers and where they are from. `src/text` turns codes into sentences.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { Unit } from "../catalog/types.ts";
import type { TimeSpan } from "../series/types.ts";

/** Codes of every finding that a diagnosis can have. Order is order of rank: what makes the rest untrustworthy comes first. */
export const FINDING_CODES = [
  // whether the numbers can be trusted
  "data_stale",
  "server_restarted",
  "scrapes_failing",
  "engine_hung",
  "engines_unbalanced",
  "client_saturated",
  // what users feel directly
  "requests_failing",
  "requests_rejected",
  "hidden_aborts",
  // what limits the server
  "kv_bound",
  "preemption_thrash",
  "sequence_limit",
  "prefix_cache_cold",
  "gpu_throttled",
  "gpu_memory_taken",
  "kv_cache_shrunk",
  "engine_slow",
  "long_prompts",
  "front_end_bound",
  "overload",
  "prefill_bound",
  "client_sees_more",
  "speculation_not_paying",
  "waiting_unexplained",
  // nothing is wrong
  "concurrency_limited",
  "decode_bandwidth_bound",
  "under_used",
  "idle",
  "healthy",
  // nothing can be said
  "cannot_tell",
] as const;

/** A verdict. */
export type FindingCode = typeof FINDING_CODES[number];

/** How bad: users suffer; users will or may suffer; worth knowing. */
export type Severity = "critical" | "warning" | "info";

/** Direct evidence and plenty of it; inferred; one witness. */
export type Confidence = "high" | "medium" | "low";

/** Units of evidence: those of quantities and what is made of them. */
export type EvidenceUnit =
  | Unit
  | "requests_per_second"
  | "tokens_per_second"
  | "steps_per_second"
  | "tokens_per_step"
  | "factor"
  | "share";

/** What a piece of evidence measures. Each has a title in every language. */
export type EvidenceQuantity =
  | "running_max"
  | "running_mean"
  | "running_min"
  | "waiting_max"
  | "waiting_mean"
  | "waiting_median"
  | "waiting_growth"
  | "kv_cache_usage_max"
  | "kv_cache_usage_mean"
  | "preemptions"
  | "preemptions_per_request"
  | "queue_time_mean"
  | "ttft_mean"
  | "ttft_p99"
  | "itl_mean"
  | "itl_p50"
  | "itl_p99"
  | "itl_p999"
  | "e2e_mean"
  | "outside_engine_mean"
  | "arrival_rate"
  | "finish_rate"
  | "generation_rate"
  | "computed_prompt_rate"
  | "computed_tokens_per_request"
  | "steps"
  | "step_time"
  | "batch_mean"
  | "tokens_per_step"
  | "step_tokens_median"
  | "step_tokens_top"
  | "slow_factor"
  | "prefill_share"
  | "fixed_share"
  | "running_low"
  | "prefix_hit_share"
  | "cached_tokens_per_request"
  | "prompt_length_median"
  | "longest_prompt_bucket"
  | "rejections"
  | "failed_requests"
  | "failed_share"
  | "cut_requests"
  | "cut_share"
  | "client_ttft_mean"
  | "client_gap"
  | "client_late_p99"
  | "client_limited_share"
  | "failed_scrapes"
  | "gap_duration"
  | "last_sample_age"
  | "counters_reset"
  | "gpu_power_mean"
  | "gpu_utilization_mean"
  | "gpu_sm_clock_mean"
  | "gpu_throttled_share"
  | "gpu_power_limit"
  | "gpu_memory_used_mean"
  | "gpu_memory_total"
  | "gpu_dram_active_mean"
  | "kv_cache_tokens"
  | "accepted_share"
  | "accepted_length";

/** A number that can be checked: what, over which window, by which formula. */
export interface Evidence {
  /** What it is, for a sentence. */
  readonly quantity: EvidenceQuantity;
  /** Which points it is from. */
  readonly window: TimeSpan;
  /** As the formula gives it. */
  readonly value: number;
  /** Of `value`, and of `limit` and `baseline` where they are there. */
  readonly unit: EvidenceUnit;
  /** In canonical quantities and the functions of windows: `increase(preemptions) / increase(ttft.count)`. */
  readonly formula: string;
  /** What the value is held against: a threshold or a limit. */
  readonly limit?: number;
  /** What it was when nothing was wrong. */
  readonly baseline?: number;
  /** Events or scrapes behind it. */
  readonly count?: number;
}

/** What would prove a finding wrong. */
export type FalsifierCode =
  | "series_move_again"
  | "two_servers_behind_one_address"
  | "network_between_only"
  | "engine_asleep_or_paused"
  | "one_long_request"
  | "client_errors_only"
  | "probes_counted"
  | "requests_still_running"
  | "kv_free_while_waiting"
  | "few_preemptions_of_a_ramp"
  | "itl_rises_with_limit"
  | "kv_full"
  | "workload_changed"
  | "clock_and_power_normal"
  | "batch_or_prefill_grew"
  | "no_long_prompt"
  | "prompts_unchanged"
  | "decode_takes_the_time"
  | "memory_is_the_servers_own"
  | "fewer_blocks_on_purpose"
  | "requests_wait"
  | "rate_of_arrivals_fixed"
  | "itl_grows_with_batch"
  | "network_adds_it"
  | "arrivals_unchanged"
  | "slow_engine"
  | "client_starved"
  | "server_ttft_grew_too"
  | "greedy_against_sampled"
  | "peaks_inside_window"
  | "objective_missed"
  | "source_incomplete"
  | "open_loop";

/** What to do. `flag` and `value` are for this server's version where it has such an option. */
export type AdviceCode =
  | "repair_scraping"
  | "see_if_it_serves"
  | "read_log_before_restart"
  | "split_window_at_restart"
  | "read_server_log"
  | "restart_engine"
  | "alert_on_no_steps"
  | "balance_engines"
  | "more_load_processes"
  | "fix_client_requests"
  | "raise_admission_limit"
  | "add_replicas"
  | "raise_client_timeout"
  | "more_kv_memory"
  | "smaller_kv_entries"
  | "shorter_context"
  | "fewer_sequences"
  | "keep_watermark"
  | "raise_sequence_limit"
  | "stable_prompt_prefix"
  | "sticky_routing"
  | "enable_prefix_caching"
  | "check_gpu_cooling_and_power"
  | "check_gpu_cooling"
  | "raise_power_limit"
  | "check_power_supply"
  | "separate_gpu_programs"
  | "reserve_kv_memory"
  | "larger_token_budget"
  | "separate_prefill"
  | "more_clients"
  | "larger_batch"
  | "smaller_weights"
  | "speculate"
  | "check_gpu_data"
  | "check_cpu_neighbours"
  | "limit_long_prefills"
  | "smaller_token_budget"
  | "route_long_prompts"
  | "more_front_end_cpu"
  | "more_api_servers"
  | "coarser_streaming"
  | "limit_admission"
  | "shorter_outputs"
  | "move_client"
  | "fewer_draft_tokens"
  | "consolidate"
  | "send_load"
  | "collect_longer"
  | "collect_missing";

/** One piece of advice. */
export interface Advice {
  /** Chooses the sentence. */
  readonly code: AdviceCode;
  /** The server's option as it is typed: `--max-num-seqs`. */
  readonly flag?: string;
  /** Value to try. */
  readonly value?: string | number;
}

/** The measurement that would tell most. */
export type NextMeasurement =
  | "watch_scrapes"
  | "steps_and_log"
  | "rejections_after_change"
  | "errors_by_status"
  | "preemptions_after_change"
  | "itl_p99_at_higher_limit"
  | "hit_share_after_change"
  | "gpu_clock_and_power"
  | "itl_p99_without_long_prompts"
  | "ttft_at_shorter_prompts"
  | "gpu_memory_by_process"
  | "rate_at_more_clients"
  | "itl_by_batch"
  | "outside_engine_after_change"
  | "capacity_by_ramp"
  | "client_from_other_machine"
  | "waiting_per_engine"
  | "longer_run"
  | "speculation_off";

/** A verdict with its proof. */
export interface Finding {
  /** Chooses the sentence. */
  readonly code: FindingCode;
  /** How much it hurts. */
  readonly severity: Severity;
  /** How well it is supported. */
  readonly confidence: Confidence;
  /** Label `target` of the server ("" where the source has one only). */
  readonly target: string;
  /** Label `engine`; absent when it concerns the whole server. */
  readonly engine?: string;
  /** From the first scrape that shows it, else the start of the first window in which it held, to the last window's end. */
  readonly span: TimeSpan;
  /** It began so many seconds after `span.startSeconds` at most; absent where an event told the moment. */
  readonly startsWithinSeconds?: number;
  /** Most telling first; of the worst window, what is counted of all of its windows. */
  readonly evidence: readonly Evidence[];
  /** What to look at before it is believed. */
  readonly falsifiedBy: readonly FalsifierCode[];
  /** Most promising first; empty where nothing needs to be done. */
  readonly advice: readonly Advice[];
  /** What to measure to confirm it, or after acting on it. */
  readonly next: NextMeasurement;
  /** What sentences quote besides evidence. */
  readonly params: Readonly<Record<string, number | string>>;
  /** Other verdicts that held meanwhile and follow from this one. */
  readonly consequences: readonly FindingCode[];
  /** For `cannot_tell`: what is missing. For `scrapes_failing`: why the first read failed. */
  readonly missing?: Cause;
}
