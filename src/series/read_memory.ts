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

/** Together they hold at most so many: 8 MB of values, and their times. */
const MOST_POINTS_IN_ALL = 1_000_000;

/** A read, and what was worked out of it. */
export interface KeptRead {
  readonly series: readonly Series[];
  readonly histograms: HistogramMemory;
}

/** Reads of a store that has not changed since. */
export class ReadMemory {
  #changes = -1;
  #reads = new Map<string, KeptRead>();
  /** Of all reads. */
  #points = 0;

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
      this.#points = 0;
      this.#changes = changes;
    }
    const known = this.#reads.get(key);
    if (known !== undefined) {
      // Behind all others: the one that was not asked for longest goes first.
      this.#reads.delete(key);
      this.#reads.set(key, known);
      return known;
    }
    const series = read();
    const kept = { series, histograms: new HistogramMemory() };
    const points = pointsOf(series);
    if (points > MOST_POINTS) return kept;
    this.#reads.set(key, kept);
    this.#points += points;
    for (const [oldest, { series }] of this.#reads) {
      if (this.#reads.size <= MOST_READS && this.#points <= MOST_POINTS_IN_ALL) break;
      this.#reads.delete(oldest);
      this.#points -= pointsOf(series);
    }
    return kept;
  }
}

function pointsOf(series: readonly Series[]): number {
  return series.reduce((sum, { values }) => sum + values.length, 0);
}
