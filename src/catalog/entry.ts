/**
 * The shape of the catalog's table.
 *
 * @module
 */
import type { MetricType } from "../parser/types.ts";
import type { QuantityName, Unit } from "./types.ts";

/** Who exposes a name. `process` is every server's own client library, `lab` this project. */
export type ServerName =
  | "vllm"
  | "sglang"
  | "tensorrt_llm"
  | "tgi"
  | "llama_cpp"
  | "dynamo"
  | "triton"
  | "process"
  | "dcgm_exporter"
  | "nvidia_gpu_exporter"
  | "node_exporter"
  | "cadvisor"
  | "lab";

/**
 * What is known to be wrong or misleading about a figure.
 *
 * - `recounted_after_preemption`: V0 counts a request again after each preemption
 * - `queries_recounted_while_waiting`: each try to admit a request that waits for KV blocks counts its queries and hits
 *   again
 * - `zero_on_v0_cpu`: vLLM 0.9.2's V0 on a CPU shows 0 all along
 * - `rests_at_one_block`: once used, the gauge rests at 1/num_gpu_blocks and not at 0
 * - `cached_blocks_count_as_free`: blocks that only the prefix cache holds count as free, so an idle server reads 0
 * - `one_series_per_pid`: with several API servers one series per process, most of them 0
 * - `minus_one_means_off`: -1 where prefix caching is off
 * - `aborts_uncounted`: a request cut by its client is never counted as finished
 * - `aborts_counted`: requests cut after their first token are counted here, though not in what finished
 * - `counts_each_sequence`: n=2 counts two
 * - `one_token_requests_are_zero`: requests of one token are recorded as 0
 * - `first_bucket_is_10ms`: all intervals below 10 ms share a bucket
 * - `first_bucket_is_300ms`: all durations below 300 ms share a bucket
 * - `gap_between_outputs`: one value per output event, not per token
 * - `named_per_token`: despite its name it holds the gaps between outputs
 * - `chunked_prompt_booked_at_end`: a prompt computed in chunks is booked whole in its last chunk
 * - `prompt_booked_at_end`: a prompt is added whole when its prefill ends, so the rate jumps
 * - `estimated`: worked out from the model's shape, not measured
 * - `zero_without_option`: shown, but 0, without its option
 * - `api_server_only`: of the API server's process, not of engine or workers
 * - `frontend_cannot_see_aborts`: HTTP counts a cut request as answered (2xx)
 * - `only_the_sum`: a running sum; there is no distribution, and its count is another metric
 * - `blank_values`: values from 2^47 up (DCGM's "blank") mean "no value"
 * - `lifetime_mean`: a mean since the start; it says nothing of a window
 * - `per_iteration`: a property of the batch, not of one request
 */
export type BiasCode =
  | "recounted_after_preemption"
  | "queries_recounted_while_waiting"
  | "zero_on_v0_cpu"
  | "rests_at_one_block"
  | "cached_blocks_count_as_free"
  | "one_series_per_pid"
  | "minus_one_means_off"
  | "aborts_uncounted"
  | "aborts_counted"
  | "counts_each_sequence"
  | "one_token_requests_are_zero"
  | "first_bucket_is_10ms"
  | "first_bucket_is_300ms"
  | "gap_between_outputs"
  | "named_per_token"
  | "chunked_prompt_booked_at_end"
  | "prompt_booked_at_end"
  | "estimated"
  | "zero_without_option"
  | "api_server_only"
  | "frontend_cannot_see_aborts"
  | "only_the_sum"
  | "blank_values"
  | "lifetime_mean"
  | "per_iteration";

/** A bias and where it holds; without bounds in every version. */
export interface Bias {
  /** What is wrong with the figure. */
  readonly code: BiasCode;
  /** First and last version in which it was seen. */
  readonly since?: string;
  /** Absent: seen up to the newest version. */
  readonly until?: string;
  /** First version in which it was seen to be gone; between `until` and this nobody looked. */
  readonly goneIn?: string;
  /** Of one of vLLM's two engines only. */
  readonly engine?: "v0" | "v1";
}

/** One name under which a server shows a quantity. */
export interface Candidate {
  /** Whose name it is. */
  readonly server: ServerName;
  /**
   * The name in Prometheus text. Spellings of the same name need no line of their own: `vllm_x`, `ray_vllm_x`,
   * `ray_vllm:x`, `kserve_vllm:x` and OpenMetrics families without `_total` are found under `vllm:x`.
   */
  readonly name: string;
  /** Where it differs from the quantity's. */
  readonly type?: MetricType;
  /** Raw value times this is the canonical unit; default 1. */
  readonly unitFactor?: number;
  /** Labels that a series must have. */
  readonly labels?: Readonly<Record<string, string>>;
  /** First and last of the versions looked at that show it without being asked. */
  readonly since?: string;
  /** Absent: the newest version looked at shows it. */
  readonly until?: string;
  /** Last version that shows it with `--show-hidden-metrics-for-version`. */
  readonly hiddenUntil?: string;
  /** Of one of vLLM's two engines only. */
  readonly engine?: "v0" | "v1";
  /** What the server must be started with. */
  readonly option?: string;
  /** Known faults of the figure under this name; absent: none known. */
  readonly biases?: readonly Bias[];
}

/** How to work a quantity out of others where no name gives it. d(x) is the increase over a window. */
export interface Derivation {
  /** Over increases, d(x), for people to read. */
  readonly formula: string;
  /** The names it needs, all of them, in Prometheus text. */
  readonly names: readonly string[];
  /** The same for the lab, which works it out at every tick; absent: it does not (a histogram of other histograms). */
  readonly computation?: Computation;
}

/** A gauge of other series' values at the same tick. */
export interface Computation {
  /** The sum of these… */
  readonly part: readonly Term[];
  /** …as a share of the sum of these; absent: the sum itself. */
  readonly whole?: readonly Term[];
  /** True: what the share leaves of 1. */
  readonly isRest?: boolean;
  /** True: the series are counters, and what counts is their growth since the tick before; a fall is no growth but a gap. */
  readonly ofGrowth?: boolean;
  /** Labels over which the sums go; series that differ in other labels stay apart. */
  readonly over?: readonly string[];
  /** The result times this is the canonical unit; default 1. */
  readonly unitFactor?: number;
}

/** Series of one name within a sum. */
export interface Term {
  /** The name in Prometheus text. */
  readonly name: string;
  /** True: it is taken away. */
  readonly isMinus?: boolean;
  /** Only series whose label has one of these values. */
  readonly where?: { readonly label: string; readonly values: readonly string[] };
  /** Values from there on mean "none": there is no result then. */
  readonly blankFrom?: number;
}

/** What the lab means by a quantity, and who gives it. */
export interface Quantity {
  /** How it is read: as it stands, by its increase, by its buckets, by its labels. */
  readonly type: "gauge" | "counter" | "histogram" | "info";
  /** The canonical one; a name with another has a `unitFactor`. */
  readonly unit: Unit;
  /** How it combines over engines: counts and rates add up, ratios do not. */
  readonly combine: "sum" | "max" | "none";
  /** In lookup order: the first that is there wins, and never two are added. */
  readonly candidates: readonly Candidate[];
  /** Tried in this order where no candidate is there; absent: no other names give it. */
  readonly derivations?: readonly Derivation[];
}

/** A part of the table. */
export type QuantityTable<Name extends QuantityName> = Readonly<Record<Name, Quantity>>;
