/**
 * What was read a moment ago: several functions of one histogram are asked for one after the other.
 *
 * @module
 */
import { HistogramMemory } from "./histograms.ts";
import type { Series } from "./types.ts";

/** Reads that are kept at a time; a page asks for about this many. */
const MOST_READS = 32;
/** Larger reads are not kept: the memory would be held until the next tick. */
const MOST_POINTS = 100_000;

/** A read, and what was worked out of it. */
export interface KeptRead {
  readonly series: readonly Series[];
  readonly histograms: HistogramMemory;
}

/** Reads of a store that has not changed since. */
export class ReadMemory {
  #changes = -1;
  #reads = new Map<string, KeptRead>();

  /**
   * The series read under a key, read anew when anything changed. They are shared: nobody may write to them.
   *
   * @param changes of the store, which tells whether the last reads still hold
   * @param key tells the reads apart
   */
  get(changes: number, key: string, read: () => readonly Series[]): KeptRead {
    if (changes !== this.#changes) {
      // Not `clear()`: the engine's table points to the one that follows it, and a table that has become old keeps all that
      // ever follow it, with all they hold, until the whole heap is collected.
      this.#reads = new Map();
      this.#changes = changes;
    }
    const known = this.#reads.get(key);
    if (known !== undefined) return known;
    const series = read();
    const kept = { series, histograms: new HistogramMemory() };
    const points = series.reduce((sum, { values }) => sum + values.length, 0);
    if (points <= MOST_POINTS && this.#reads.size < MOST_READS) this.#reads.set(key, kept);
    return kept;
  }
}
