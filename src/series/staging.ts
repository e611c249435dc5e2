/**
 * Ticks on their way into the columns.
 *
 * A target nearly always tells the same series in the same order. Written one by one into as many columns, each value costs
 * several places of memory that no cache holds; as a row beside the row before it costs one, and some rows later all of a
 * column's are written at once.
 *
 * @module
 */
import type { ResetRole } from "./resets.ts";
import type { StoredSeries } from "./store_entry.ts";

/** Ticks that are held at most: what a column is written at once. */
const MOST_ROWS = 32;

/** What makes a tick more than its values, by the series' role: a fall, or any change. */
const WATCH: Readonly<Record<ResetRole, number>> = { counter: 1, created: 2, process_start: 2, none: 0 };

/** Whether two ticks are of the same series in the same order. */
export function sameIds(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Rows of one layout: series that were told in one order, all of them at every tick. */
export class Staging {
  readonly #ids: Uint32Array;
  readonly #series: readonly StoredSeries[];
  readonly #watch: Uint8Array;
  /** The values of the last tick, staged or not. */
  readonly #last: Float64Array;
  #rows = new Float64Array(0);
  /** Of each series, the rows that its column has. */
  readonly #taken: Uint8Array;
  #count = 0;
  #firstTick = 0;

  /**
   * After a tick that was written into the columns.
   *
   * @param ids as the sampler gave them
   * @param series those of the ids
   */
  constructor(ids: ArrayLike<number>, series: readonly StoredSeries[], values: ArrayLike<number>) {
    this.#ids = Uint32Array.from(ids);
    this.#series = series;
    this.#watch = Uint8Array.from(series, ({ role }) => WATCH[role]);
    this.#last = Float64Array.from(values);
    this.#taken = new Uint8Array(series.length);
    for (let slot = 0; slot < series.length; slot++) series[slot]!.staged = { staging: this, slot };
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#rows.byteLength;
  }

  /** Whether a tick can be a row: the same series in the same order, and no sign of anything having begun anew. */
  fits(ids: ArrayLike<number>, values: ArrayLike<number>): boolean {
    if (!sameIds(ids, this.#ids)) return false;
    for (let slot = 0; slot < ids.length; slot++) {
      const watch = this.#watch[slot];
      if (
        watch === 1 ? values[slot]! < this.#last[slot]! : watch === 2 && values[slot] !== this.#last[slot]
      ) {
        return false;
      }
    }
    return true;
  }

  /** Adds a tick that fits, the one after the last. */
  add(tick: number, values: ArrayLike<number>): void {
    if (this.#rows.length === 0) this.#rows = new Float64Array(MOST_ROWS * this.#ids.length);
    if (this.#count === 0) this.#firstTick = tick;
    this.#last.set(values);
    this.#rows.set(values, this.#count * this.#ids.length);
    if (++this.#count === MOST_ROWS) this.flush();
  }

  /** Writes what is staged into all columns. */
  flush(): void {
    for (let slot = 0; slot < this.#series.length; slot++) this.take(slot);
    this.#count = 0;
    this.#taken.fill(0);
  }

  /** Writes what is staged of one series into its column. */
  take(slot: number): void {
    const from = this.#taken[slot]!;
    const count = this.#count;
    if (from === count) return;
    this.#taken[slot] = count;
    const series = this.#series[slot]!;
    const width = this.#ids.length;
    for (let row = from; row < count; row++) {
      series.write(this.#firstTick + row, this.#rows[row * width + slot]!);
    }
  }

  /** Ends it: its series are told in another way from now on. */
  end(): void {
    this.flush();
    for (const series of this.#series) series.staged = undefined;
  }
}
