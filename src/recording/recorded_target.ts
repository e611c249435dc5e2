/**
 * What a writer keeps of one target between ticks: its series, and the ticks that are not in a block yet.
 *
 * @module
 */
import { appendTick, failTick, type TickResult } from "../series/ingest.ts";
import { firstTickOf, StoredSampler, type StoredSeries } from "../series/store_entry.ts";
import { sameIds } from "../series/staging.ts";
import type { SampleBatch } from "../series/types.ts";
import { BlockBuilder } from "./block_builder.ts";
import type { TickRow } from "./block_codec.ts";

/** A tick's row without its id. */
export interface LooseTick {
  readonly timeSeconds: number;
  /** Series of the values by their ids in the file; undefined when nothing could be read. */
  readonly layout: readonly number[] | undefined;
  readonly data: TickRow;
}

/** A target that is being recorded. */
export class RecordedTarget {
  readonly sampler: StoredSampler;
  readonly fileIds = new Map<StoredSeries, number>();
  /** Ticks that were forgotten before they could be written. */
  lostTicks = 0;
  /** First time of anything that is neither in a block nor in the one that is being built. */
  #firstLooseSeconds: number | undefined;
  /** The same of what is being built. */
  #firstBuildingSeconds: number | undefined;
  #builder: BlockBuilder | undefined;
  #layout: readonly number[] = [];
  /** The batch's own ids that the layout stands for. */
  #layoutIds = new Uint32Array(0);

  constructor(readonly fileId: number, name: string) {
    this.sampler = new StoredSampler(name, firstTickOf(fileId - 1));
  }

  /** Ticks that are not in a block. */
  get looseTicks(): number {
    return this.sampler.nextTick - this.sampler.firstTick;
  }

  /** Takes a tick whose series are defined; gives its row when it is accepted. */
  append(timeSeconds: number, batch: SampleBatch): { result: TickResult; row?: LooseTick } {
    const result = appendTick(this.sampler, timeSeconds, batch);
    if (!result.accepted) return { result };
    this.#firstLooseSeconds ??= timeSeconds;
    return { result, row: this.#row(timeSeconds, result, batch) };
  }

  /** Takes a tick on which nothing could be read. */
  fail(timeSeconds: number): { result: TickResult; row?: LooseTick } {
    const result = failTick(this.sampler, timeSeconds);
    if (!result.accepted) return { result };
    this.#firstLooseSeconds ??= timeSeconds;
    return { result, row: this.#row(timeSeconds, result, undefined) };
  }

  #row(
    timeSeconds: number,
    result: Extract<TickResult, { accepted: true }>,
    batch: SampleBatch | undefined,
  ): LooseTick {
    const idOf = (series: StoredSeries) => this.fileIds.get(series)!;
    const marks = { staleIds: result.staled.map(idOf), resetIds: result.begunAnew.map(idOf) };
    if (batch === undefined) {
      return { timeSeconds, layout: undefined, data: { values: new Float64Array(0), ...marks } };
    }
    const { ids, values, timestampsSeconds } = batch;
    const layout = this.#layoutOf(ids, batch.defined.length > 0);
    const data = {
      values: values instanceof Float64Array ? values : Float64Array.from(values),
      ...marks,
      ...(timestampsSeconds === undefined ? {} : { ownSeconds: Float64Array.from(timestampsSeconds) }),
    };
    return { timeSeconds, layout, data };
  }

  /**
   * The same array as for the tick before where the series are the same, which they nearly always are.
   *
   * @param redefined ids may mean other series than before
   */
  #layoutOf(ids: ArrayLike<number>, redefined: boolean): readonly number[] {
    if (!redefined && sameIds(ids, this.#layoutIds)) return this.#layout;
    this.#layoutIds = Uint32Array.from(ids);
    const layout = Array.from(ids, (id) => this.fileIds.get(this.sampler.ids[id]!)!);
    if (!sameIds(layout, this.#layout)) this.#layout = layout;
    return this.#layout;
  }

  /**
   * Goes on with the block that is being built, or begins one when enough ticks are loose: a block ends where a piece of the
   * columns does, so that both go together. A target's first one has fewer ticks.
   *
   * @returns the builder when it has packed all series
   */
  build(
    options: { blockTicks: number; seriesAtOnce: number },
  ): BlockBuilder | undefined {
    if (this.#builder === undefined) {
      const { firstTick, nextTick } = this.sampler;
      const { blockTicks } = options;
      if (nextTick < (Math.floor(firstTick / blockTicks) + 1) * blockTicks) return undefined;
      this.#builder = this.#begin();
    }
    return this.#builder?.advance(options.seriesAtOnce) ? this.#builder : undefined;
  }

  /** A builder of all that is not in a block; undefined when there is nothing. */
  buildAll(): BlockBuilder | undefined {
    // One block of everything: a block that is half built would leave ticks that only memory holds for a second one.
    this.#builder = undefined;
    return this.#begin();
  }

  #begin(): BlockBuilder | undefined {
    const first = this.#firstLooseSeconds ?? this.#firstBuildingSeconds;
    if (first === undefined) return undefined;
    this.#firstBuildingSeconds = Math.min(this.#firstBuildingSeconds ?? Infinity, first);
    this.#firstLooseSeconds = undefined;
    return new BlockBuilder(this.sampler, {
      firstSeconds: this.#firstBuildingSeconds,
      idOf: (series) => this.fileIds.get(series)!,
    });
  }

  /** Forgets what is in a block: it is written. */
  written(builder: BlockBuilder): void {
    builder.forget();
    this.#builder = undefined;
    this.#firstBuildingSeconds = undefined;
  }

  /** Forgets the oldest ticks beyond a number, unwritten. */
  loseBeyond(ticks: number): void {
    const excess = this.looseTicks - ticks;
    if (excess <= 0) return;
    this.#builder = undefined;
    this.lostTicks += excess;
    this.sampler.forgetBefore(this.sampler.firstTick + excess);
    this.#firstLooseSeconds = this.sampler.timeOf(this.sampler.firstTick);
    this.#firstBuildingSeconds = undefined;
  }
}
