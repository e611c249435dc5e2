/**
 * The two interfaces that hold the lab together: {@link Sampler} (values come in) and {@link MetricSource} (series go out).
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { Unit } from "../catalog/types.ts";
import type { Labels, MetricMeta, MetricType } from "../parser/types.ts";
import type { LabEvent, TargetFacts } from "./events.ts";
import type { Grid, Selector, Series, TimeSpan, WindowQuery } from "./points.ts";
import type { RequestRecord } from "./request.ts";

export type { LabEvent, TargetFacts } from "./events.ts";
export type {
  Grid,
  Matcher,
  MatchOperator,
  Points,
  SamplePart,
  Selector,
  Series,
  TimeSpan,
  WindowFunction,
  WindowQuery,
  WindowRange,
} from "./points.ts";
export type { RequestOutcome, RequestRecord, TrustLevel } from "./request.ts";

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
  /**
   * Ids that are new in this batch and are known to have begun at 0 since the tick before (at the first tick: since the
   * sampler was made): their first value was all counted meanwhile. Without a `_created` nothing else says so.
   */
  readonly begunIds?: ArrayLike<number>;
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
  /**
   * Called once, before the last read: resolves when what is just being ended (a load that was told to stop) has ended, so
   * that the last read has all of it. Never rejects.
   */
  settle?(): Promise<void>;
  /** True where `sample` ends within a limit of its own and at once when the signal fires: then no second limit is kept. */
  readonly limitsItself?: boolean;
  /** Frees what it holds (a worker, a library). Called once, after the last sample. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** A read that failed as a whole. Callers catch it for its `reason`. */
export class SampleError extends Error {
  /** Tells it apart from other errors. */
  override readonly name = "SampleError";
  /** What could not be read, without credentials; undefined where the reader knows it anyway. */
  readonly address: string | undefined;
  /**
   * Made by samplers.
   *
   * @param reason why, as a code with parameters
   */
  constructor(readonly reason: Cause, options?: ErrorOptions & { readonly address?: string }) {
    const what = options?.address === undefined ? "sample" : `sample ${options.address}`;
    super(`Cannot ${what}: ${reason.code} ${JSON.stringify(reason.params ?? {})}`, options);
    this.address = options?.address;
  }
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
