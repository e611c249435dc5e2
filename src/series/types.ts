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
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Evaluation times `startSeconds + k * stepSeconds`, k < `count`, each looking back `rangeSeconds`: (t - range, t]. */
export interface Grid {
  readonly startSeconds: number;
  readonly stepSeconds: number;
  readonly count: number;
  readonly rangeSeconds: number;
}

/** Points in ascending time; stale points are left out, NaN is an ordinary value. */
export interface Points {
  readonly timesSeconds: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** The window (endSeconds - rangeSeconds, endSeconds]; times are rounded to whole milliseconds, as Prometheus keeps them. */
export interface WindowRange {
  readonly endSeconds: number;
  readonly rangeSeconds: number;
}

// ---------------------------------------------------------------------------------------------------------------
// Series

/** A name and all its labels, with its points. */
export interface Series extends Points {
  readonly name: string;
  readonly labels: Labels;
  readonly type: MetricType;
  readonly unit?: Unit;
  readonly timesSeconds: Float64Array;
  readonly values: Float64Array;
  /** When it was marked absent (missing from a good scrape, or its target failed): ascending. A line breaks there. */
  readonly staleSeconds: Float64Array;
  /** Where values are estimates: the interval that holds each (the bucket of a quantile). Same length as `values`. */
  readonly lower?: Float64Array;
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
  readonly label: string;
  readonly operator: MatchOperator;
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
  readonly selector: Selector;
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
  readonly name: string;
  readonly labels: Labels;
  readonly type: MetricType;
  readonly help?: string;
  readonly unit?: Unit;
}

/** What one tick of a sampler yielded. Columns: `values[i]` belongs to the series `ids[i]`. */
export interface SampleBatch {
  readonly ids: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** Unix seconds per value where the source states its own time (NaN: the tick's time). Absent: all at the tick. */
  readonly timestampsSeconds?: ArrayLike<number>;
  /** Definitions of ids that are new in this batch. */
  readonly defined: readonly SeriesDefinition[];
  /** Ids that earlier batches had and this one says are absent: they become stale now. */
  readonly vanishedIds: ArrayLike<number>;
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
  readonly intervalSeconds: number;
  /**
   * Reads once.
   *
   * @param timeSeconds the tick, Unix seconds
   * @param signal aborted when the collector stops or the tick takes longer than allowed
   * @throws SampleError with its cause when nothing could be read
   */
  sample(timeSeconds: number, signal: AbortSignal): Promise<SampleBatch>;
  /** Frees what it holds (a worker, a library). Called once, after the last sample. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** A read that failed as a whole. Callers catch it for its `reason`. */
export class SampleError extends Error {
  override readonly name = "SampleError";
  /** @param reason why, as a code with parameters */
  constructor(readonly reason: Cause, options?: ErrorOptions) {
    super(`Cannot sample: ${reason.code} ${JSON.stringify(reason.params ?? {})}`, options);
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Out: MetricSource

/** What is known of a target apart from its series. Everything but `target` and `simulated` may be unknown. */
export interface TargetFacts {
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
  readonly version?: string;
  readonly models?: readonly string[];
  readonly engines?: readonly string[];
  readonly intervalSeconds?: number;
  readonly maxModelLength?: number;
  readonly maxNumSequences?: number;
  readonly kvCacheTokens?: number;
  readonly kvBlockSizeTokens?: number;
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
  readonly id: string;
  readonly target: string;
  readonly model: string;
  readonly endpoint: "completions" | "chat";
  readonly phase: string;
  readonly outcome: RequestOutcome;
  /** When the schedule wanted it sent (open loop: the pacer's time; closed loop: when its slot was free). */
  readonly dueSeconds: number;
  readonly sentSeconds?: number;
  /** When opening a connection for it began; absent where an open one was used, or the engine cannot see it. */
  readonly connectStartedSeconds?: number;
  readonly connectedSeconds?: number;
  readonly headersSeconds?: number;
  /** Arrival of every chunk that carries choices (token chunks), ascending. */
  readonly chunkTimesSeconds: Float64Array;
  readonly endSeconds?: number;
  readonly status?: number;
  readonly finishReason?: string;
  readonly promptTokens?: number;
  readonly cachedTokens?: number;
  readonly outputTokens?: number;
  /** Where `outputTokens` is from: the server's usage, or counted chunks (then an estimate). */
  readonly outputTokensFrom?: "usage" | "chunks";
  readonly maxTokens?: number;
  /** Answers asked for at once (`n`), where more than one: chunks and tokens of all are together in this row. */
  readonly answerCount?: number;
  /** What the server or the connection said, cut to 300 characters. */
  readonly error?: string;
  /** The answer's text, where keeping it was asked for. */
  readonly text?: string;
  readonly engine: string;
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
