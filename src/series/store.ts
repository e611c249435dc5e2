/**
 * Series in memory: typed arrays, one time axis for each sampler.
 *
 * @module
 */
import {
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  COUNT,
  FLAG,
  listOf,
  OBJECT,
  POSITIVE,
  TEXT,
} from "../base/arguments.ts";
import { checkAppend, checkTick, MATCHERS, SPAN } from "./arguments.ts";
import { CHUNK_TICKS } from "./column.ts";
import { appendTick, failTick, type RefusalReason, type TickResult } from "./ingest.ts";
import type { Life } from "./lives.ts";
import { compileMatchers } from "./matchers.ts";
import { type ReadOptions, readSeries } from "./read_series.ts";
import { storedLives } from "./stored_lives.ts";
import { firstTickOf, StoredSampler, type StoredSeries } from "./store_entry.ts";
import type { LabEvent, Matcher, SampleBatch, Series, SeriesDefinition, TimeSpan } from "./types.ts";

/** How much a store keeps. */
export interface SeriesStoreOptions {
  /** Points older than this, counted from a sampler's last tick, are forgotten. Default: all are kept. */
  readonly retentionSeconds?: number;
  /** Points kept for each series, counted in ticks of its sampler. Default: all. */
  readonly maxPoints?: number;
  /**
   * Bytes of points. Above it the oldest 1,024 ticks of the sampler that reaches back furthest are forgotten, as often as
   * needed; the newest 1,024 ticks of each sampler are always kept. Default: no bound.
   */
  readonly maxBytes?: number;
  /**
   * Whether labels carry `target` (the sampler's id). "auto" (default): as soon as two samplers have a series of the
   * same name, on all. A `target` label of the source's own becomes `exported_target`.
   */
  readonly labelTargets?: boolean | "auto";
}

const LABELS_TARGETS: Check = {
  wanted: 'true, false or "auto"',
  accepts: (value) => typeof value === "boolean" || value === "auto",
};

const CHECKS: Checks<SeriesStoreOptions> = {
  retentionSeconds: POSITIVE,
  maxPoints: POSITIVE,
  maxBytes: POSITIVE,
  labelTargets: LABELS_TARGETS,
};

/** What became of a tick. */
export type AppendResult =
  | {
    readonly accepted: true;
    /** A counter reset, where there was one. */
    readonly events: readonly LabEvent[];
    /** Points that were not taken: twice in one tick, or with a time of their own that is not later than the last. */
    readonly refusedPoints: number;
  }
  | {
    readonly accepted: false;
    readonly reason: RefusalReason;
    /** The clock's jump, at the first of several refusals. */
    readonly events: readonly LabEvent[];
  };

/** Which series and points. */
export interface StoreRequest {
  /** Sample names; absent: all. */
  readonly names?: readonly string[];
  /** Series of one sampler only. */
  readonly samplerId?: string;
  /** `target` can be matched whether labels carry it or not. */
  readonly matchers?: readonly Matcher[];
  /** Both ends included; absent: all that is kept. */
  readonly span?: TimeSpan;
  /** Take the last point before the span too. */
  readonly includeBefore?: boolean;
  /** At most so many points of each series, the newest. */
  readonly lastPoints?: number;
  /** Put `target` on the labels whatever the store's own rule says. */
  readonly withTarget?: boolean;
  /** Values may be views of what is held, for readers that write nothing and keep nothing. Default: copies. */
  readonly shared?: boolean;
}

const REQUEST_CHECKS: Checks<StoreRequest> = {
  names: listOf(TEXT, "a list of names"),
  samplerId: TEXT,
  matchers: MATCHERS,
  span: SPAN,
  includeBefore: FLAG,
  lastPoints: COUNT,
  withTarget: FLAG,
  shared: FLAG,
};

function checkRequest(request: StoreRequest): void {
  checkArgument('store.select({ names: ["up"] })', { request }, OBJECT);
  checkOptions<StoreRequest>('store.select({ names: ["up"] })', request, REQUEST_CHECKS);
}

/** Reads as `select` does, and says the units that are wanted. */
export let readStore: (
  store: SeriesStore,
  request: StoreRequest & Pick<ReadOptions, "unitOf">,
) => Series[];

/** When series were shown, each life of each; no name but those that are given. */
export let livesIn: (store: SeriesStore, request: StoreRequest) => Life[];

/**
 * Keeps the series of several samplers in memory, for as long as its retention in seconds says.
 *
 * A value takes 8 bytes, in pieces of 1,024 ticks; times are kept once for each sampler. A series that misses a tick has a gap
 * there. Retention is exact for readers; memory follows it by whole pieces, so that at most one piece more is held.
 *
 * @example
 * ```ts
 * import { SeriesStore } from "#lab";
 *
 * const store = new SeriesStore({ retentionSeconds: 3600 });
 * ```
 */
export class SeriesStore {
  readonly #options: SeriesStoreOptions;
  readonly #samplers = new Map<string, StoredSampler>();
  readonly #byName = new Map<string, StoredSeries[]>();
  /** By sampler, then by name. */
  readonly #byOwner = new Map<string, Map<string, StoredSeries[]>>();
  #sharedNames = false;
  #changes = 0;

  /**
   * An empty store.
   *
   * @param options how much is kept
   */
  constructor(options: SeriesStoreOptions = {}) {
    checkOptions<SeriesStoreOptions>("new SeriesStore({ maxPoints: 1000 })", options, CHECKS);
    this.#options = options;
  }

  /** Ids of the samplers that were heard of, in order of arrival. */
  get samplerIds(): readonly string[] {
    return [...this.#samplers.keys()];
  }

  /** Whether labels carry the target now. */
  get labelsTargets(): boolean {
    const { labelTargets = "auto" } = this.#options;
    return labelTargets === "auto" ? this.#sharedNames : labelTargets;
  }

  /** Rises whenever a reader could read something else than before. */
  get changes(): number {
    return this.#changes;
  }

  /** Bytes held by points, times and marks. */
  get bytes(): number {
    let sum = 0;
    for (const sampler of this.#samplers.values()) {
      sum += sampler.bytes;
      for (const series of sampler.series) sum += series.bytes;
    }
    return sum;
  }

  /** Definitions of every series, in order of arrival; of one sampler or of all. */
  definitions(samplerId?: string): readonly SeriesDefinition[] {
    return this.#chosenSamplers(samplerId).flatMap((sampler) =>
      sampler.series.map((series) => series.definition)
    );
  }

  /** How many series a sampler has. */
  countSeries(samplerId: string): number {
    return this.#samplers.get(samplerId)?.series.length ?? 0;
  }

  /** First tick kept and last tick, failed ones included; undefined without any. */
  span(samplerId?: string): TimeSpan | undefined {
    let startSeconds = Infinity;
    let endSeconds = -Infinity;
    for (const sampler of this.#chosenSamplers(samplerId)) {
      const empty = sampler.nextTick === sampler.firstTick;
      startSeconds = Math.min(
        startSeconds,
        empty ? sampler.firstAttemptSeconds : sampler.timeOf(sampler.firstTick),
      );
      endSeconds = Math.max(endSeconds, sampler.lastAttemptSeconds);
    }
    return startSeconds <= endSeconds ? { startSeconds, endSeconds } : undefined;
  }

  /**
   * Adds one tick of a sampler. Times must rise; a tick that does not is refused as a whole.
   *
   * @throws TypeError when the batch has a value for an id that was never defined
   */
  append(samplerId: string, timeSeconds: number, batch: SampleBatch): AppendResult {
    checkAppend("store.append(id, timeSeconds, batch)", { samplerId, timeSeconds, batch });
    this.#changes++;
    const sampler = this.#sampler(samplerId);
    for (const definition of batch.defined) this.#define(sampler, definition);
    return this.#conclude(sampler, timeSeconds, appendTick(sampler, timeSeconds, batch));
  }

  /** Notes a tick on which nothing could be read: every live series is marked absent at that time; no point is added. */
  fail(samplerId: string, timeSeconds: number): AppendResult {
    checkTick("store.fail(id, timeSeconds)", { samplerId, timeSeconds });
    this.#changes++;
    const sampler = this.#sampler(samplerId);
    return this.#conclude(sampler, timeSeconds, failTick(sampler, timeSeconds));
  }

  #conclude(sampler: StoredSampler, timeSeconds: number, result: TickResult): AppendResult {
    if (!result.accepted) return result;
    this.#forget(sampler, timeSeconds);
    const { events, refusedPoints } = result;
    return { accepted: true, events, refusedPoints };
  }

  /**
   * Copies of points, in order of arrival of their series. Series without a point or mark in the span are left out.
   *
   * @throws SyntaxError for a matcher's regular expression that cannot be read
   */
  select(request: StoreRequest): Series[] {
    checkRequest(request);
    return this.#select(request);
  }

  /** For readers within the project, which ask for dozens of names a second: nothing is checked. */
  static {
    readStore = (store, request) => store.#select(request);
    livesIn = (store, request) =>
      store.#find(request).flatMap((series) => storedLives(store.#samplers.get(series.samplerId)!, series));
  }

  #select(request: StoreRequest & Pick<ReadOptions, "unitOf">): Series[] {
    const stored = this.#find(request);
    const span = request.span ?? { startSeconds: -Infinity, endSeconds: Infinity };
    const found: Series[] = [];
    for (const series of stored) {
      const labels = series.shownLabels(request.withTarget ?? this.labelsTargets);
      const sampler = this.#samplers.get(series.samplerId)!;
      const read = readSeries(sampler, series, { ...request, span, labels });
      if (read !== undefined) found.push(read);
    }
    return found;
  }

  /** How many points a request would copy at most. */
  countPoints(request: StoreRequest): number {
    checkRequest(request);
    const stored = this.#find(request);
    const span = request.span ?? { startSeconds: -Infinity, endSeconds: Infinity };
    let count = 0;
    for (const series of stored) {
      const sampler = this.#samplers.get(series.samplerId)!;
      const ticks = sampler.firstTickAfter(span.endSeconds) - sampler.firstTickAtOrAfter(span.startSeconds);
      count += Math.min(series.own?.times.length ?? Math.max(0, ticks), request.lastPoints ?? Infinity);
    }
    return count;
  }

  #find(request: StoreRequest): StoredSeries[] {
    const { samplerId, matchers = [], names } = request;
    const held = samplerId === undefined ? this.#byName : this.#byOwner.get(samplerId);
    if (held === undefined) return [];
    const found = (names ?? [...this.#byName.keys()]).flatMap((name) => held.get(name) ?? []);
    if (matchers.length === 0) return found;
    const test = compileMatchers(matchers);
    return found.filter((series) => test(series.shownLabels(true)));
  }

  #sampler(id: string): StoredSampler {
    let sampler = this.#samplers.get(id);
    if (sampler === undefined) {
      this.#samplers.set(id, sampler = new StoredSampler(id, firstTickOf(this.#samplers.size)));
    }
    return sampler;
  }

  #chosenSamplers(id: string | undefined): StoredSampler[] {
    if (id === undefined) return [...this.#samplers.values()];
    const sampler = this.#samplers.get(id);
    return sampler === undefined ? [] : [sampler];
  }

  #define(sampler: StoredSampler, definition: SeriesDefinition): void {
    const series = sampler.define(definition);
    if (series === undefined) return;
    this.#own(sampler.id, series);
    const named = this.#byName.get(definition.name);
    if (named === undefined) this.#byName.set(definition.name, [series]);
    else {
      if (named[0]!.samplerId !== sampler.id) this.#sharedNames = true;
      named.push(series);
    }
  }

  #own(samplerId: string, series: StoredSeries): void {
    let own = this.#byOwner.get(samplerId);
    if (own === undefined) this.#byOwner.set(samplerId, own = new Map());
    const named = own.get(series.definition.name);
    if (named === undefined) own.set(series.definition.name, [series]);
    else named.push(series);
  }

  #forget(sampler: StoredSampler, nowSeconds: number): void {
    const { retentionSeconds, maxPoints, maxBytes } = this.#options;
    let first = sampler.firstTick;
    if (maxPoints !== undefined) first = Math.max(first, sampler.nextTick - maxPoints);
    if (retentionSeconds !== undefined) {
      while (first < sampler.nextTick && sampler.timeOf(first) < nowSeconds - retentionSeconds) first++;
    }
    sampler.forgetBefore(first);
    // Columns grow by pieces, so the sum is taken only when a piece may have been added.
    if (maxBytes !== undefined && sampler.nextTick % CHUNK_TICKS === 1) this.#forgetOldest(maxBytes);
  }

  #forgetOldest(maxBytes: number): void {
    while (this.bytes > maxBytes) {
      let oldest: StoredSampler | undefined;
      for (const sampler of this.#samplers.values()) {
        if (sampler.nextTick - sampler.firstTick <= CHUNK_TICKS) continue;
        if (oldest === undefined || sampler.timeOf(sampler.firstTick) < oldest.timeOf(oldest.firstTick)) {
          oldest = sampler;
        }
      }
      if (oldest === undefined) return;
      oldest.forgetBefore((Math.floor(oldest.firstTick / CHUNK_TICKS) + 1) * CHUNK_TICKS);
    }
  }
}
