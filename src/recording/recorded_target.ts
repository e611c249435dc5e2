/**
 * What a writer keeps of one target between ticks: its series, and the ticks that are not in a block yet.
 *
 * @module
 */
import { appendTick, failTick, type TickResult } from "../series/ingest.ts";
import { StoredSampler, type StoredSeries } from "../series/store_entry.ts";
import type { SampleBatch } from "../series/types.ts";
import type { BlockColumn, TickRow } from "./block_codec.ts";

/** A tick's row without its id. */
export interface LooseTick {
  readonly timeSeconds: number;
  /** Series of the values by their ids in the file; undefined when nothing could be read. */
  readonly layout: readonly number[] | undefined;
  readonly data: TickRow;
}

/** A block's rows. */
export interface PackedBlock {
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly axis: Float64Array;
  readonly columns: readonly { readonly seriesId: number; readonly column: BlockColumn }[];
}

/** A target that is being recorded. */
export class RecordedTarget {
  readonly sampler: StoredSampler;
  readonly fileIds = new Map<StoredSeries, number>();
  /** First time of anything that is not in a block; undefined when there is nothing. */
  #firstLooseSeconds: number | undefined;
  /** Ticks that were forgotten before they could be written. */
  lostTicks = 0;

  constructor(readonly fileId: number, name: string) {
    this.sampler = new StoredSampler(name);
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
    const layout = Array.from(ids, (id) => idOf(this.sampler.ids[id]!));
    const data = {
      values: values instanceof Float64Array ? values : Float64Array.from(values),
      ...marks,
      ...(timestampsSeconds === undefined ? {} : { ownSeconds: Float64Array.from(timestampsSeconds) }),
    };
    return { timeSeconds, layout, data };
  }

  /** Everything that is not in a block yet; undefined when there is nothing. */
  pack(): PackedBlock | undefined {
    if (this.#firstLooseSeconds === undefined) return undefined;
    const { sampler } = this;
    const [from, to] = [sampler.firstTick, sampler.nextTick];
    const columns = sampler.series.flatMap((series) => {
      const column = columnOf(series, from, to);
      return column === undefined ? [] : [{ seriesId: this.fileIds.get(series)!, column }];
    });
    return {
      firstSeconds: from < to ? sampler.timeOf(from) : this.#firstLooseSeconds,
      lastSeconds: sampler.lastAttemptSeconds,
      axis: sampler.axis(from, to).slice(),
      columns,
    };
  }

  /** Forgets what {@link pack} gave: it is written. */
  packed(): void {
    const { sampler } = this;
    sampler.forgetBefore(sampler.nextTick);
    this.#forgetMarks();
    this.#firstLooseSeconds = undefined;
  }

  /** Forgets the oldest ticks beyond a number, unwritten. */
  loseBeyond(ticks: number): void {
    const excess = this.looseTicks - ticks;
    if (excess <= 0) return;
    this.lostTicks += excess;
    this.sampler.forgetBefore(this.sampler.firstTick + excess);
    this.#firstLooseSeconds = this.sampler.timeOf(this.sampler.firstTick);
  }

  #forgetMarks(): void {
    for (const { stale, resets, own } of this.sampler.series) {
      stale.forget(stale.length);
      resets.forget(resets.length);
      own?.times.forget(own.times.length);
      own?.values.forget(own.values.length);
    }
  }
}

function columnOf(series: StoredSeries, from: number, to: number): BlockColumn | undefined {
  const staleSeconds = series.stale.view();
  const resetSeconds = series.resets.view();
  if (series.own !== undefined) {
    const { times, values } = series.own;
    if (times.length === 0) return undefined;
    return { values: values.view(), ownSeconds: times.view(), staleSeconds, resetSeconds };
  }
  const { values, ticks } = series.column.read(from, to);
  if (values.length === 0 && staleSeconds.length === 0) return undefined;
  if (ticks === undefined) return { values, staleSeconds, resetSeconds };
  for (let i = 0; i < ticks.length; i++) ticks[i]! -= from;
  return { values, ticks, staleSeconds, resetSeconds };
}
