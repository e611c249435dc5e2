/**
 * Medians and extremes of the points around each point.
 *
 * @module
 */
import { firstAtOrAfter } from "../base/search.ts";

/**
 * Median of the points around each one, exact, by ranks and a bitmap: O(n log n) for the sort, then a few steps a point.
 *
 * @param values without NaN
 * @param half points taken on each side
 * @param options.leastHalf near the ends as many points are taken on both sides as there are on the shorter one, but so many
 * at least where there are; default `half`
 */
export function rollingMedian(
  values: ArrayLike<number>,
  half: number,
  options: { readonly leastHalf?: number } = {},
): Float64Array {
  const { leastHalf = half } = options;
  const count = values.length;
  const sorted = Float64Array.from(values).sort();
  const ranks = ranksAmong(sorted, values);
  const window = new RankWindow(count);
  const medians = new Float64Array(count);
  let from = 0;
  let to = 0;
  for (let i = 0; i < count; i++) {
    const reach = Math.min(half, Math.max(leastHalf, Math.min(i, count - 1 - i)));
    const start = Math.max(0, i - reach);
    const end = Math.min(count, i + reach + 1);
    while (to < end) window.add(ranks[to++]!);
    while (from > start) window.add(ranks[--from]!);
    while (from < start) window.remove(ranks[from++]!);
    while (to > end) window.remove(ranks[--to]!);
    const upper = window.select(window.size >> 1);
    medians[i] = window.size % 2 === 1
      ? sorted[upper]!
      : sorted[window.before(upper)]! + 0.5 * (sorted[upper]! - sorted[window.before(upper)]!);
  }
  return medians;
}

/** Place of each value in the sorted array; equal values have neighbouring places in their order. */
function ranksAmong(sorted: Float64Array, values: ArrayLike<number>): Uint32Array {
  const taken = new Uint32Array(sorted.length);
  return Uint32Array.from(values, (value) => {
    const first = firstAtOrAfter(sorted, value);
    return first + taken[first]!++;
  });
}

/** Ranks in a window, one bit each, with a pointer that moves to the wanted one: from point to point it hardly moves. */
class RankWindow {
  readonly #words: Int32Array;
  size = 0;
  #pointer = 0;
  /** Ranks in the window below the pointer. */
  #below = 0;

  constructor(count: number) {
    this.#words = new Int32Array((count >> 5) + 1);
  }

  add(rank: number): void {
    this.#words[rank >> 5]! |= 1 << (rank & 31);
    this.size++;
    if (rank < this.#pointer) this.#below++;
  }

  remove(rank: number): void {
    this.#words[rank >> 5]! &= ~(1 << (rank & 31));
    this.size--;
    if (rank < this.#pointer) this.#below--;
  }

  /** The rank in the window with `order` others below it, 0 to size - 1. */
  select(order: number): number {
    const isHeld = this.#words[this.#pointer >> 5]! >>> (this.#pointer & 31) & 1;
    if (!isHeld) {
      if (this.#below < this.size) this.#pointer = this.#after(this.#pointer);
      else {
        this.#pointer = this.before(this.#pointer);
        this.#below--;
      }
    }
    for (; this.#below < order; this.#below++) this.#pointer = this.#after(this.#pointer);
    for (; this.#below > order; this.#below--) this.#pointer = this.before(this.#pointer);
    return this.#pointer;
  }

  /** The next lower rank in the window; there must be one. */
  before(rank: number): number {
    let word = (rank - 1) >> 5;
    const shift = (rank - 1) & 31;
    let bits = this.#words[word]! & (shift === 31 ? -1 : (1 << (shift + 1)) - 1);
    while (bits === 0) bits = this.#words[--word]!;
    return (word << 5) + 31 - Math.clz32(bits);
  }

  #after(rank: number): number {
    let word = (rank + 1) >> 5;
    let bits = this.#words[word]! & (-1 << ((rank + 1) & 31));
    while (bits === 0) bits = this.#words[++word]!;
    return (word << 5) + 31 - Math.clz32(bits & -bits);
  }
}

/** Lowest and highest of the points at most `reach` away from each one, in O(n). */
export function rollingExtremes(
  values: Float64Array,
  reach: number,
): { readonly lowest: Float64Array; readonly highest: Float64Array } {
  const highest = rollingMaximum(values, reach);
  const lowest = rollingMaximum(values.map((value) => -value), reach).map((value) => -value);
  return { lowest, highest };
}

/** By a queue of the candidates, falling: each point enters and leaves it once. */
function rollingMaximum(values: Float64Array, reach: number): Float64Array {
  const count = values.length;
  const queue = new Int32Array(count);
  const maxima = new Float64Array(count);
  let head = 0;
  let tail = 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    for (; next < Math.min(count, i + reach + 1); next++) {
      while (tail > head && values[queue[tail - 1]!]! <= values[next]!) tail--;
      queue[tail++] = next;
    }
    while (queue[head]! < i - reach) head++;
    maxima[i] = values[queue[head]!]!;
  }
  return maxima;
}
