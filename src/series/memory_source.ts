/**
 * A source whose series, events and requests are in memory.
 *
 * @module
 */
import { checkArgument, checkOptions, POSITIVE } from "../base/arguments.ts";
import { firstPassing } from "../base/search.ts";
import { checkAppend, checkEvaluate, checkSelect, EVENT, FACTS, RECORD, SPAN } from "./arguments.ts";
import type { MetricMeta } from "../parser/types.ts";
import { evaluateSeries, partsFor } from "./evaluate.ts";
import { mergeFacts } from "./facts.ts";
import {
  familiesOf,
  finished,
  type KnownSampler,
  type Selection,
  selectionsOf,
  unitsOf,
} from "./selection.ts";
import { inOneName, type LifeRequest, type LivingSelection } from "./lives.ts";
import { livingIn } from "./living_in.ts";
import { ReadMemory } from "./read_memory.ts";
import {
  type AppendResult,
  readStore,
  SeriesStore,
  type SeriesStoreOptions,
  type StoreRequest,
} from "./store.ts";
import type {
  Grid,
  LabEvent,
  MetricSource,
  RequestRecord,
  SampleBatch,
  Selector,
  Series,
  TargetFacts,
  TimeSpan,
  WindowQuery,
} from "./types.ts";

/** How much a source keeps, and how much it gives at once. */
export interface MemorySourceOptions extends SeriesStoreOptions {
  /** Most points that one `select` copies; default 10 million (160 MB). */
  readonly maxSelectPoints?: number;
}

const DEFAULT_SELECT_POINTS = 10_000_000;

/**
 * Series, events, requests and facts of several samplers, in memory. Events and requests are forgotten with the points.
 *
 * The `target` label: see {@link SeriesStoreOptions.labelTargets}. It can always be matched and given in `by`.
 */
export class MemorySource implements MetricSource {
  /** The series. */
  readonly store: SeriesStore;
  readonly #maxSelectPoints: number;
  readonly #bounded: boolean;
  readonly #facts = new Map<string, TargetFacts>();
  readonly #known = new Map<string, { count: number; sampler: KnownSampler }>();
  #events: LabEvent[] = [];
  #requests: RequestRecord[] = [];
  #forgottenBefore = -Infinity;
  /** The tick at which it was last looked what is to be forgotten. */
  #lookedSeconds = -Infinity;
  #described: { readonly count: number; readonly metas: readonly MetricMeta[] } | undefined;
  readonly #reads = new ReadMemory();

  /**
   * An empty source.
   *
   * @param options how much is kept and given at once
   */
  constructor(options: MemorySourceOptions = {}) {
    const { maxSelectPoints, ...kept } = options;
    checkOptions<Pick<MemorySourceOptions, "maxSelectPoints">>(
      "new MemorySource({ maxPoints: 1000 })",
      { maxSelectPoints },
      { maxSelectPoints: POSITIVE },
    );
    this.store = new SeriesStore(kept);
    this.#maxSelectPoints = options.maxSelectPoints ?? DEFAULT_SELECT_POINTS;
    const { retentionSeconds, maxPoints, maxBytes } = options;
    this.#bounded = retentionSeconds !== undefined || maxPoints !== undefined || maxBytes !== undefined;
  }

  /**
   * Adds one tick of a sampler with its events, facts and requests. A tick that is not later than the last is refused, and
   * what came with it but the series is kept.
   *
   * @throws TypeError when the batch has a value for an id that was never defined
   */
  append(samplerId: string, timeSeconds: number, batch: SampleBatch): AppendResult {
    checkAppend("source.append(id, timeSeconds, batch)", { samplerId, timeSeconds, batch });
    const result = this.store.append(samplerId, timeSeconds, batch);
    for (const event of batch.events) this.addEvent(event);
    for (const event of result.events) this.addEvent(event);
    if (batch.facts !== undefined) this.addFacts(batch.facts);
    for (const request of batch.requests ?? []) this.addRequest(request);
    this.#forget(timeSeconds);
    return result;
  }

  /** Notes a tick on which nothing could be read, with its event: a gap in all series of the sampler. */
  fail(samplerId: string, timeSeconds: number, event: LabEvent): AppendResult {
    checkArgument("source.fail(id, timeSeconds, event)", { event }, EVENT);
    const result = this.store.fail(samplerId, timeSeconds);
    this.addEvent(event);
    for (const own of result.events) this.addEvent(own);
    this.#forget(timeSeconds);
    return result;
  }

  /** Adds an event; the order of times is kept whatever the order of arrival. */
  addEvent(event: LabEvent): void {
    checkArgument('source.addEvent({ kind: "note", timeSeconds, text })', { event }, EVENT);
    insert(this.#events, event, (each) => each.timeSeconds);
  }

  /** Adds a request's row, by due time. */
  addRequest(request: RequestRecord): void {
    checkArgument("source.addRequest(record)", { request }, RECORD);
    insert(this.#requests, request, (each) => each.dueSeconds);
  }

  /** Puts facts over earlier ones of the same target; details and reasons of absence are put together by key. */
  addFacts(facts: TargetFacts): void {
    checkArgument("source.addFacts({ target, simulated })", { facts }, FACTS);
    this.#facts.set(facts.target, mergeFacts(this.#facts.get(facts.target), facts));
  }

  /** First tick kept and last tick, failed ones included; without ticks those of the events. */
  span(): Promise<TimeSpan | undefined> {
    const span = this.store.span();
    if (span !== undefined || this.#events.length === 0) return Promise.resolve(span);
    return Promise.resolve({
      startSeconds: this.#events[0]!.timeSeconds,
      endSeconds: this.#events.at(-1)!.timeSeconds,
    });
  }

  describe(): Promise<readonly MetricMeta[]> {
    const count = this.store.samplerIds.reduce((sum, id) => sum + this.store.countSeries(id), 0);
    if (this.#described?.count !== count) {
      this.#described = { count, metas: familiesOf(this.store.definitions()) };
    }
    return Promise.resolve(this.#described.metas);
  }

  facts(): Promise<readonly TargetFacts[]> {
    return Promise.resolve([...this.#facts.values()]);
  }

  /**
   * Raw points, both ends of the span included. The times of several series may be one array: it must not be written to.
   *
   * @throws RangeError above `maxSelectPoints` points
   */
  // deno-lint-ignore require-await -- a throw becomes a rejection
  async select(selector: Selector, span: TimeSpan): Promise<readonly Series[]> {
    checkSelect('source.select({ quantity: "running" }, await source.span())', selector, span);
    const selections = selectionsOf(selector, this.#samplers()).map((one) => this.#living(one, { span }));
    let count = 0;
    for (const { selection } of selections.flat()) {
      count += this.store.countPoints({ ...requestOf(selection), span });
    }
    if (count > this.#maxSelectPoints) {
      throw new RangeError(
        `Cannot select ${count} points: more than ${this.#maxSelectPoints}, use evaluate() or a shorter span`,
      );
    }
    return this.#read(selections, { span });
  }

  // deno-lint-ignore require-await -- a throw becomes a rejection
  async evaluate(query: WindowQuery, grid: Grid): Promise<readonly Series[]> {
    checkEvaluate("source.evaluate({ selector, fn }, grid)", query, grid);
    const span = {
      startSeconds: grid.startSeconds - grid.rangeSeconds - 0.001,
      endSeconds: grid.startSeconds + Math.max(0, grid.count - 1) * grid.stepSeconds + 0.001,
    };
    const withTarget = this.store.labelsTargets || (query.by ?? []).includes("target");
    const key = JSON.stringify([query.selector, partsFor(query.fn), span, withTarget]);
    const { series, histograms } = this.#reads.get(this.store.changes, key, () => {
      const wanted = { span, includeBefore: true };
      const selections = selectionsOf(query.selector, this.#samplers(), query.fn).map((one) =>
        this.#living(one, wanted)
      );
      return this.#read(selections, { ...wanted, withTarget, shared: true });
    });
    return evaluateSeries(query, grid, series, histograms);
  }

  // deno-lint-ignore require-await -- a throw becomes a rejection
  async requests(span: TimeSpan): Promise<readonly RequestRecord[]> {
    checkArgument("source.requests(await source.span())", { span }, SPAN);
    return within(this.#requests, span, (each) => each.dueSeconds);
  }

  // deno-lint-ignore require-await -- a throw becomes a rejection
  async events(span: TimeSpan): Promise<readonly LabEvent[]> {
    checkArgument("source.events(await source.span())", { span }, SPAN);
    return within(this.#events, span, (each) => each.timeSeconds);
  }

  #read(selections: readonly LivingSelection[][], request: StoreRequest): Series[] {
    return selections.flatMap((living) =>
      inOneName(living, (selection) => {
        const unitOf = unitsOf(selection);
        const units = unitOf === undefined ? {} : { unitOf };
        return finished(readStore(this.store, { ...requestOf(selection), ...request, ...units }), selection);
      })
    );
  }

  #living(selection: Selection, request: LifeRequest): LivingSelection[] {
    return livingIn(this.store, selection, request);
  }

  /** Families of each sampler; worked out anew only when series were added. */
  #samplers(): KnownSampler[] {
    return this.store.samplerIds.map((id) => {
      const count = this.store.countSeries(id);
      const known = this.#known.get(id);
      if (known?.count === count) return known.sampler;
      const sampler = { id, metas: familiesOf(this.store.definitions(id)) };
      this.#known.set(id, { count, sampler });
      return sampler;
    });
  }

  /** Drops events and requests from before the first point that is kept, now and then. */
  #forget(timeSeconds: number): void {
    if (!this.#bounded || timeSeconds < this.#lookedSeconds + 1 && timeSeconds >= this.#lookedSeconds) return;
    this.#lookedSeconds = timeSeconds;
    const startSeconds = this.store.span()?.startSeconds;
    if (startSeconds === undefined || startSeconds < this.#forgottenBefore + 60) return;
    this.#forgottenBefore = startSeconds;
    this.#events = from(this.#events, startSeconds, (each) => each.timeSeconds);
    this.#requests = from(this.#requests, startSeconds, (each) => each.dueSeconds);
  }
}

function requestOf(selection: Selection): StoreRequest {
  const { samplerId, names, matchers } = selection;
  return { names, matchers, ...(samplerId === undefined ? {} : { samplerId }) };
}

/** Puts an item in its place by time, after those of the same time; cheap when it is the latest. */
function insert<T>(items: T[], item: T, timeOf: (item: T) => number): void {
  let at = items.length;
  while (at > 0 && timeOf(items[at - 1]!) > timeOf(item)) at--;
  items.splice(at, 0, item);
}

function from<T>(items: readonly T[], startSeconds: number, timeOf: (item: T) => number): T[] {
  return items.slice(firstPassing(0, items.length, (index) => timeOf(items[index]!) >= startSeconds));
}

function within<T>(items: readonly T[], span: TimeSpan, timeOf: (item: T) => number): T[] {
  const first = firstPassing(0, items.length, (index) => timeOf(items[index]!) >= span.startSeconds);
  const after = firstPassing(first, items.length, (index) => timeOf(items[index]!) > span.endSeconds);
  return items.slice(first, after);
}
