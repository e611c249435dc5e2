/**
 * The two interfaces that hold the lab together: {@link Sampler} (values come in) and {@link MetricSource} (series go out).
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { QuantityName, Unit } from "../catalog/types.ts";
import type { Labels, MetricMeta, MetricType } from "../parser/types.ts";

// ---------------------------------------------------------------------------------------------------------------
// Time

/** From `startSeconds` to `endSeconds`, both included, in Unix seconds. */
export interface TimeSpan {
  /** First instant, Unix seconds. */
  readonly startSeconds: number;
  /** Last instant, Unix seconds. */
  readonly endSeconds: number;
}

/** Evaluation times `startSeconds + k * stepSeconds`, k < `count`, each looking back `rangeSeconds`: (t - range, t]. */
export interface Grid {
  /** First evaluation time, Unix seconds. */
  readonly startSeconds: number;
  /** Between two evaluation times. */
  readonly stepSeconds: number;
  /** Number of evaluation times. */
  readonly count: number;
  /** How far each looks back. */
  readonly rangeSeconds: number;
}

/** Points in ascending time; stale points are left out, NaN is an ordinary value. */
export interface Points {
  /** Unix seconds, ascending. */
  readonly timesSeconds: ArrayLike<number>;
  /** One for each time. */
  readonly values: ArrayLike<number>;
}

/** The window (endSeconds - rangeSeconds, endSeconds]; times are rounded to whole milliseconds, as Prometheus keeps them. */
export interface WindowRange {
  /** Last instant, included, Unix seconds. */
  readonly endSeconds: number;
  /** How far the window reaches back; its first instant is excluded. */
  readonly rangeSeconds: number;
}

// ---------------------------------------------------------------------------------------------------------------
// Series

/** A name and all its labels, with its points. */
export interface Series extends Points {
  /** The sample's name as the server spells it. */
  readonly name: string;
  /** Id of the sampler that yielded it, where it is one sampler's own and not computed from several. */
  readonly sampler?: string;
  /** Every label but the name. */
  readonly labels: Labels;
  /** Type of the family that it belongs to. */
  readonly type: MetricType;
  /** Unit of the values, where it is known. */
  readonly unit?: Unit;
  /** Unix seconds, ascending. */
  readonly timesSeconds: Float64Array;
  /** One for each time. */
  readonly values: Float64Array;
  /** When it was marked absent (missing from a good scrape, or its target failed): ascending. A line breaks there. */
  readonly staleSeconds: Float64Array;
  /** Where values are estimates: the interval that holds each (the bucket of a quantile). Same length as `values`. */
  readonly lower?: Float64Array;
  /** Upper end of the interval that holds each value. */
  readonly upper?: Float64Array;
  /**
   * Counters: times of points at which it is known to have begun anew from 0 although its value did not fall (its
   * `_created` or the process start changed; at the first point: it began after the tick before). Ascending.
   */
  readonly resetSeconds?: Float64Array;
  /** What limits the values of a combined series (`different_buckets`: merged on the bounds that all share). */
  readonly causes?: readonly Cause[];
}

/** How a matcher compares; regular expressions are anchored at both ends, as in Prometheus. */
export type MatchOperator = "=" | "!=" | "=~" | "!~";

/** One condition on a label; a label that is missing counts as "". */
export interface Matcher {
  /** Name of the label. */
  readonly label: string;
  /** How it is compared. */
  readonly operator: MatchOperator;
  /** What it is compared with: text, or an anchored regular expression. */
  readonly value: string;
}

/** Which part of a histogram or summary is meant. */
export type SamplePart = "value" | "bucket" | "sum" | "count" | "quantile";

/**
 * Which series. By `name`: the sample name as the server spells it (`x_bucket`). By `quantity`: the catalog finds the
 * name on each target, and values come in the canonical unit; `part` says which series of a histogram.
 */
export type Selector =
  | { readonly name: string; readonly matchers?: readonly Matcher[] }
  | { readonly quantity: QuantityName; readonly part?: SamplePart; readonly matchers?: readonly Matcher[] };

/** A function over windows. All equal Prometheus 3's on the same points, unless `extrapolate` is false. */
export type WindowFunction =
  | { readonly kind: "increase" | "rate" | "delta"; readonly extrapolate?: boolean }
  | { readonly kind: "irate" | "idelta" | "resets" | "changes" | "deriv" }
  | { readonly kind: "count" | "last" | "min" | "max" | "sum" | "avg" | "stddev" }
  | { readonly kind: "quantile"; readonly quantile: number }
  /** Of a histogram: `histogram_quantile(q, sum by (le, …) (rate(x_bucket)))`, with the bucket's bounds in lower/upper. */
  | { readonly kind: "histogram_quantile"; readonly quantile: number }
  /** Of a histogram or summary: increase of the sum by increase of the count, exact. No result without observations. */
  | { readonly kind: "histogram_mean" }
  /** Of a histogram: observed increase per bucket (not cumulative), one series per `le`. */
  | { readonly kind: "histogram_increase" };

/** A function over windows of the selected series, then combined over labels. */
export interface WindowQuery {
  /** Which series. */
  readonly selector: Selector;
  /** What is computed over each window. */
  readonly fn: WindowFunction;
  /** How series are combined; default "sum" for counters and histograms, "none" otherwise. */
  readonly combine?: "none" | "sum" | "max" | "min" | "avg";
  /** Labels that are kept apart when combining (`["engine"]`); default none. `le` is handled by the function. */
  readonly by?: readonly string[];
  /**
   * At times when a series is marked absent (its target failed, or it vanished) though its window still holds older
   * points: "absent" (default) gives no result, since Prometheus' fades there; "as_prometheus" gives Prometheus'.
   */
  readonly whileStale?: "absent" | "as_prometheus";
}

// ---------------------------------------------------------------------------------------------------------------
// In: Sampler

/** A series that a sampler will yield values for, told once, before or with its first value. */
export interface SeriesDefinition {
  /** Small integer, stable and never reused during the sampler's life. */
  readonly id: number;
  /** The sample's own name (`x_bucket`). */
  readonly name: string;
  /** Every label but the name. */
  readonly labels: Labels;
  /** Type of the family that it belongs to. */
  readonly type: MetricType;
  /** HELP of the family, as the source gives it. */
  readonly help?: string;
  /** Unit of the values, where it is known. */
  readonly unit?: Unit;
}

/** What one tick of a sampler yielded. Columns: `values[i]` belongs to the series `ids[i]`. */
export interface SampleBatch {
  /** Series of this tick, by the ids of their definitions. */
  readonly ids: ArrayLike<number>;
  /** One for each id. */
  readonly values: ArrayLike<number>;
  /** Unix seconds per value where the source states its own time (NaN: the tick's time). Absent: all at the tick. */
  readonly timestampsSeconds?: ArrayLike<number>;
  /** Definitions of ids that are new in this batch. */
  readonly defined: readonly SeriesDefinition[];
  /** Ids that earlier batches had and this one says are absent: they become stale now. */
  readonly vanishedIds: ArrayLike<number>;
  /** Things that the sampler noticed on this tick. */
  readonly events: readonly LabEvent[];
  /** Facts learnt on this tick, merged over earlier ones. */
  readonly facts?: TargetFacts;
  /** Requests that ended since the last tick (a workload). */
  readonly requests?: readonly RequestRecord[];
}

/**
 * Whatever yields values on a tick. The collector owns the clock: it calls each sampler on its own interval, stamps the
 * batch with the time at which the read began, and turns a rejection into an event and a gap of this sampler's series.
 */
export interface Sampler {
  /** Unique among a collector's samplers; the `target` label when several targets are watched. */
  readonly id: string;
  /** Between its ticks, seconds. */
  readonly intervalSeconds: number;
  /** What is known before the first read (an address), so that a target that never answers is not nameless. */
  readonly facts?: TargetFacts;
  /**
   * Reads once.
   *
   * @param timeSeconds the tick, Unix seconds
   * @param signal aborted when the collector stops or the tick takes longer than allowed
   * @throws SampleError with its cause when nothing could be read
   */
  sample(timeSeconds: number, signal: AbortSignal): Promise<SampleBatch>;
  /** True where what happened since the last tick would be lost: it is then read once more when the collector stops. */
  readonly wantsLastRead?: boolean;
  /** Frees what it holds (a worker, a library). Called once, after the last sample. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** A read that failed as a whole. Callers catch it for its `reason`. */
export class SampleError extends Error {
  /** Tells it apart from other errors. */
  override readonly name = "SampleError";
  /** @param reason why, as a code with parameters */
  /** Made by samplers. */
  constructor(readonly reason: Cause, options?: ErrorOptions) {
    super(`Cannot sample: ${reason.code} ${JSON.stringify(reason.params ?? {})}`, options);
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Out: MetricSource

/** What is known of a target apart from its series. Everything but `target` and `simulated` may be unknown. */
export interface TargetFacts {
  /** The sampler's id. */
  readonly target: string;
  /** What kind of thing it is. */
  readonly kind?:
    | "vllm"
    | "sglang"
    | "tgi"
    | "triton"
    | "tensorrt_llm"
    | "llama_cpp"
    | "dynamo"
    | "host"
    | "gpu"
    | "workload"
    | "other";
  /** True when the numbers come from a simulated server, machine or GPU. */
  readonly simulated: boolean;
  /** Origin as a person would name it: an address without credentials, or the file it was recorded in. */
  readonly address?: string;
  /** As the server states it. */
  readonly version?: string;
  /** Model names that it serves. */
  readonly models?: readonly string[];
  /** Values of the `engine` label. */
  readonly engines?: readonly string[];
  /** Between its ticks, seconds. */
  readonly intervalSeconds?: number;
  /** Longest prompt and answer together, in tokens. */
  readonly maxModelLength?: number;
  /** Most sequences that one step may hold. */
  readonly maxNumSequences?: number;
  /** Capacity of the KV cache in tokens, over all engines. */
  readonly kvCacheTokens?: number;
  /** Tokens in one KV block. */
  readonly kvBlockSizeTokens?: number;
  /** When its process began, Unix seconds. */
  readonly startTimeSeconds?: number;
  /** `cache_config_info`'s labels, as they stand. */
  readonly cacheConfig?: Labels;
  /** Anything else worth telling: CPU model, cores, driver, chip, profile name. */
  readonly details?: Readonly<Record<string, string | number>>;
  /** What is absent on this target as a whole and why (`gpu` → no library). */
  readonly absent?: Readonly<Record<string, Cause>>;
}

/** Things with a time. `target` is the sampler's id where there is one. */
export type LabEvent =
  | {
    readonly kind: "scrape_failed";
    readonly timeSeconds: number;
    readonly target: string;
    readonly cause: Cause;
    readonly durationSeconds: number;
  }
  | {
    readonly kind: "scrape_recovered";
    readonly timeSeconds: number;
    readonly target: string;
    readonly failedCount: number;
    readonly gapSeconds: number;
  }
  | {
    readonly kind: "lines_skipped";
    readonly timeSeconds: number;
    readonly target: string;
    readonly count: number;
    readonly firstLine: number;
    readonly reason: string;
    readonly text: string;
  }
  | {
    readonly kind: "counter_reset";
    readonly timeSeconds: number;
    readonly target: string;
    readonly reason: "value_fell" | "created_changed" | "process_start_changed";
    readonly seriesCount: number;
    readonly previousTimeSeconds: number;
    readonly newStartSeconds?: number;
  }
  | {
    readonly kind: "tick_skipped";
    readonly timeSeconds: number;
    readonly target: string;
    readonly count: number;
  }
  | {
    readonly kind: "clock_jump";
    readonly timeSeconds: number;
    readonly target: string;
    readonly jumpSeconds: number;
  }
  | {
    readonly kind: "gpu_lost";
    readonly timeSeconds: number;
    readonly target: string;
    readonly gpu: string;
    readonly cause: Cause;
  }
  | {
    readonly kind: "gpu_xid";
    readonly timeSeconds: number;
    readonly target: string;
    readonly gpu: string;
    readonly xid: number;
  }
  | {
    readonly kind: "workload";
    readonly timeSeconds: number;
    readonly target: string;
    readonly phase: string;
    readonly state: "begin" | "end";
    readonly plan?: Readonly<Record<string, string | number>>;
  }
  | {
    readonly kind: "incident";
    readonly timeSeconds: number;
    readonly target: string;
    readonly name: string;
    readonly state: "begin" | "end";
  }
  /** The recording cannot be written, and goes on in memory; or can again, less the ticks that memory could not hold. */
  | {
    readonly kind: "recording";
    readonly timeSeconds: number;
    readonly state: "failed" | "recovered";
    readonly cause?: Cause;
    readonly lostTicks?: number;
  }
  | { readonly kind: "collector"; readonly timeSeconds: number; readonly state: "started" | "stopped" }
  | { readonly kind: "note"; readonly timeSeconds: number; readonly text: string };

/** How a request ended. */
export type RequestOutcome =
  | "ok"
  /** Refused or failed by the server, in status or in the stream. */
  | "error"
  /** The connection failed or broke. */
  | "connection_error"
  | "timeout"
  /** Cut on purpose by the workload (an abort scenario). */
  | "aborted"
  /** Still running when the run ended. */
  | "unfinished"
  /** Never sent: no free connection in time. */
  | "dropped";

/** How far a client figure can be trusted (lag of the measuring thread itself). */
export type TrustLevel = "good" | "client_adds" | "client_limited" | "not_measured";

/**
 * One request as its client saw it. Instants are Unix seconds on the collector's clock; absent where it never happened.
 * TTFT is `chunkTimesSeconds[0] - sentSeconds`: the first chunk with choices, empty text included, as vLLM counts.
 */
export interface RequestRecord {
  /** Unique within its run. */
  readonly id: string;
  /** The sampler's id. */
  readonly target: string;
  /** Model that was asked for. */
  readonly model: string;
  /** API that was called. */
  readonly endpoint: "completions" | "chat";
  /** Part of the workload that it belongs to. */
  readonly phase: string;
  /** How it ended. */
  readonly outcome: RequestOutcome;
  /** When the schedule wanted it sent (open loop: the pacer's time; closed loop: when its slot was free). */
  readonly dueSeconds: number;
  /** When its first byte was sent. */
  readonly sentSeconds?: number;
  /** When opening a connection for it began; absent where an open one was used, or the engine cannot see it. */
  readonly connectStartedSeconds?: number;
  /** When its connection was there, if it was a new one. */
  readonly connectedSeconds?: number;
  /** When status and headers had come. */
  readonly headersSeconds?: number;
  /** Arrival of every chunk that carries choices (token chunks), ascending. */
  readonly chunkTimesSeconds: Float64Array;
  /** When its last byte came, or when it was given up. */
  readonly endSeconds?: number;
  /** HTTP status. */
  readonly status?: number;
  /** As the server states it. */
  readonly finishReason?: string;
  /** As the server counts them. */
  readonly promptTokens?: number;
  /** Prompt tokens that the server took from its cache. */
  readonly cachedTokens?: number;
  /** Tokens of the answer. */
  readonly outputTokens?: number;
  /** Where `outputTokens` is from: the server's usage, or counted chunks (then an estimate). */
  readonly outputTokensFrom?: "usage" | "chunks";
  /** Most tokens that were asked for. */
  readonly maxTokens?: number;
  /** Answers asked for at once (`n`), where more than one: chunks and tokens of all are together in this row. */
  readonly answerCount?: number;
  /** What the server or the connection said, cut to 300 characters. */
  readonly error?: string;
  /** The answer's text, where keeping it was asked for. */
  readonly text?: string;
  /** Which client measured it (`raw`, `fetch`). */
  readonly engine: string;
  /** How far its times can be trusted. */
  readonly trust: TrustLevel;
}

/**
 * Whatever has series: a live collector, a recording, a remote Prometheus, shipped data.
 * Charts, analysis, report and export are written against it once.
 */
export interface MetricSource {
  /** What it holds; undefined while it is empty. */
  span(): Promise<TimeSpan | undefined>;
  /** Name, type, help, unit of every family that is there. */
  describe(): Promise<readonly MetricMeta[]>;
  /** Per target. */
  facts(): Promise<readonly TargetFacts[]>;
  /**
   * Raw points.
   *
   * @throws RangeError above a stated limit of points, naming `evaluate()` as the way out
   */
  select(selector: Selector, span: TimeSpan): Promise<readonly Series[]>;
  /** A function over windows at every time of the grid; a time without a result has no point. */
  evaluate(query: WindowQuery, grid: Grid): Promise<readonly Series[]>;
  /** The workload's rows that were due in the span, exact, by due time. */
  requests(span: TimeSpan): Promise<readonly RequestRecord[]>;
  /** Things with a time in the span, ascending. */
  events(span: TimeSpan): Promise<readonly LabEvent[]>;
}
