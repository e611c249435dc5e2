/**
 * Packs a target's ticks into a block, some series at a time: all at once would hold up whoever waits for the next tick.
 *
 * @module
 */
import type { StoredSampler, StoredSeries } from "../series/store_entry.ts";
import { type BlockColumn, packBlockColumn } from "./block_codec.ts";

/** A block's rows. */
export interface PackedBlock {
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly axis: Float64Array;
  /** Packed series, their checksums still to come: these take in the block's id. */
  readonly chunks: readonly { readonly seriesId: number; readonly packed: Uint8Array }[];
  readonly samples: number;
}

/** What of a series belongs to the block, taken when the packing begins; values on the axis are read when it is their turn. */
interface Part {
  readonly series: StoredSeries;
  readonly staleSeconds: Float64Array;
  readonly resetSeconds: Float64Array;
  readonly own: { readonly times: Float64Array; readonly values: Float64Array } | undefined;
}

/** Packs the ticks that a sampler holds at the time of making it. The sampler must keep them until it is done. */
export class BlockBuilder {
  readonly #sampler: StoredSampler;
  readonly #idOf: (series: StoredSeries) => number;
  readonly #parts: readonly Part[];
  readonly #from: number;
  readonly #to: number;
  readonly #firstSeconds: number;
  readonly #lastSeconds: number;
  readonly #chunks: { seriesId: number; packed: Uint8Array }[] = [];
  #samples = 0;
  #next = 0;

  /**
   * @param firstSeconds time of the first tick, which may be a failed one
   */
  constructor(
    sampler: StoredSampler,
    options: { readonly firstSeconds: number; readonly idOf: (series: StoredSeries) => number },
  ) {
    this.#sampler = sampler;
    this.#idOf = options.idOf;
    this.#firstSeconds = options.firstSeconds;
    this.#lastSeconds = sampler.lastAttemptSeconds;
    this.#from = sampler.firstTick;
    this.#to = sampler.nextTick;
    this.#parts = sampler.series.map((series) => ({
      series,
      staleSeconds: series.stale.view().slice(),
      resetSeconds: series.resets.view().slice(),
      own: series.own === undefined
        ? undefined
        : { times: series.own.times.view().slice(), values: series.own.values.view().slice() },
    }));
  }

  /** Packs the next so many series; true when all are packed. */
  advance(seriesCount: number): boolean {
    const end = Math.min(this.#parts.length, this.#next + seriesCount);
    for (; this.#next < end; this.#next++) {
      const part = this.#parts[this.#next]!;
      const column = this.#columnOf(part);
      if (column === undefined) continue;
      const seriesId = this.#idOf(part.series);
      this.#samples += column.values.length;
      this.#chunks.push({ seriesId, packed: packBlockColumn(column) });
    }
    return this.#next === this.#parts.length;
  }

  /** The block; what is not packed yet is packed now. */
  finish(): PackedBlock {
    this.advance(Infinity);
    return {
      firstSeconds: this.#firstSeconds,
      lastSeconds: this.#lastSeconds,
      axis: this.#sampler.axis(this.#from, this.#to).slice(),
      chunks: this.#chunks,
      samples: this.#samples,
    };
  }

  /** Lets the sampler forget what is in the block. */
  forget(): void {
    this.#sampler.forgetBefore(this.#to);
    for (const { series, staleSeconds, resetSeconds, own } of this.#parts) {
      series.stale.forget(staleSeconds.length);
      series.resets.forget(resetSeconds.length);
      series.own?.times.forget(own?.times.length ?? 0);
      series.own?.values.forget(own?.values.length ?? 0);
    }
  }

  #columnOf({ series, staleSeconds, resetSeconds, own }: Part): BlockColumn | undefined {
    if (own !== undefined) {
      if (own.times.length === 0) return undefined;
      return { values: own.values, ownSeconds: own.times, staleSeconds, resetSeconds };
    }
    const { values, ticks } = series.column.read(this.#from, this.#to);
    if (values.length === 0 && staleSeconds.length === 0) return undefined;
    if (ticks === undefined) return { values, staleSeconds, resetSeconds };
    for (let i = 0; i < ticks.length; i++) ticks[i]! -= this.#from;
    return { values, ticks, staleSeconds, resetSeconds };
  }
}
