/**
 * Columns of numbers by tick, in pieces, so that growing copies nothing and forgetting frees whole pieces.
 *
 * @module
 */

/** Ticks in a piece. 8 KiB of values: the arrays' own headers stay below 4 %. */
export const CHUNK_TICKS = 1024;

/**
 * A slot that was never written holds this pattern, which is no number that is ever stored: every NaN is stored in one
 * other form. It is written and tested as integers, since a NaN's bits do not survive arithmetic.
 */
const EMPTY_WORD = 0xffffffff;
const HIGH_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

interface Chunk {
  readonly values: Float64Array;
  readonly words: Uint32Array;
  /** How many slots were written, the first and the last of them. */
  written: number;
  readonly first: number;
  last: number;
}

/** The values of one series on its target's time axis; a tick without a value is a gap. */
export class Column {
  #chunks: (Chunk | undefined)[] = [];
  #firstChunk = 0;
  #last: Chunk | undefined;
  #lastNumber = -1;

  /** Bytes held by the values. */
  get bytes(): number {
    let count = 0;
    for (const chunk of this.#chunks) if (chunk !== undefined) count++;
    return count * CHUNK_TICKS * 8;
  }

  /** Writes the value of a tick, which must be later than every tick written before. Returns the bytes newly held. */
  write(tick: number, value: number): number {
    const number = Math.floor(tick / CHUNK_TICKS);
    const slot = tick - number * CHUNK_TICKS;
    const grown = number === this.#lastNumber ? 0 : this.#begin(number, slot);
    const chunk = this.#last!;
    if (!Number.isNaN(value)) chunk.values[slot] = value;
    else {
      chunk.words[2 * slot + HIGH_WORD] = 0x7ff80000;
      chunk.words[2 * slot + 1 - HIGH_WORD] = 0;
    }
    chunk.written++;
    chunk.last = slot;
    return grown;
  }

  #begin(number: number, first: number): number {
    if (this.#chunks.length === 0) this.#firstChunk = number;
    const values = new Float64Array(CHUNK_TICKS);
    const words = new Uint32Array(values.buffer);
    words.fill(EMPTY_WORD);
    this.#last = { values, words, written: 0, first, last: first };
    this.#lastNumber = number;
    this.#chunks[number - this.#firstChunk] = this.#last;
    return values.byteLength;
  }

  /** Frees the pieces that hold only ticks before `tick`. Returns the bytes freed. */
  forgetBefore(tick: number): number {
    const keep = Math.min(Math.floor(tick / CHUNK_TICKS) - this.#firstChunk, this.#chunks.length);
    if (keep <= 0) return 0;
    const dropped = this.#chunks.splice(0, keep).filter((chunk) => chunk !== undefined).length;
    this.#firstChunk += keep;
    if (this.#chunks.length === 0) {
      this.#last = undefined;
      this.#lastNumber = -1;
    }
    return dropped * CHUNK_TICKS * 8;
  }

  /** True where the tick has a value. */
  has(tick: number): boolean {
    const number = Math.floor(tick / CHUNK_TICKS);
    const chunk = this.#chunks[number - this.#firstChunk];
    return chunk !== undefined && chunk.words[2 * (tick - number * CHUNK_TICKS) + HIGH_WORD] !== EMPTY_WORD;
  }

  /** The value of a tick that has one. */
  at(tick: number): number {
    const number = Math.floor(tick / CHUNK_TICKS);
    return this.#chunks[number - this.#firstChunk]!.values[tick - number * CHUNK_TICKS]!;
  }

  /** Last tick in [from, to) that has a value, else -1. */
  lastWrittenIn(from: number, to: number): number {
    for (let tick = to - 1; tick >= from; tick--) {
      const number = Math.floor(tick / CHUNK_TICKS);
      if (this.#chunks[number - this.#firstChunk] === undefined) tick = number * CHUNK_TICKS;
      else if (this.has(tick)) return tick;
    }
    return -1;
  }

  /** First tick in [from, to) that has a value, else -1. */
  firstWrittenIn(from: number, to: number): number {
    for (let tick = from; tick < to; tick++) {
      const number = Math.floor(tick / CHUNK_TICKS);
      if (this.#chunks[number - this.#firstChunk] === undefined) tick = (number + 1) * CHUNK_TICKS - 1;
      else if (this.has(tick)) return tick;
    }
    return -1;
  }

  /** The tick from which on [from, to) holds `count` values, or `from` when it holds fewer. */
  tickOfLast(count: number, range: { readonly from: number; readonly to: number }): number {
    let tick = range.to;
    for (let left = count; left > 0; left--) {
      const found = this.lastWrittenIn(range.from, tick);
      if (found < 0) return range.from;
      tick = found;
    }
    return tick;
  }

  /**
   * The values of the ticks [from, to).
   *
   * @param shared give a view of what is held where that can be, which the caller must not write to; else a copy
   * @returns `ticks` holds each value's tick where there are gaps; without it the values are those of every tick
   */
  read(from: number, to: number, shared = false): { values: Float64Array; ticks?: Int32Array } {
    if (shared) {
      const view = this.#viewOf(from, to);
      if (view !== undefined) return { values: view };
    }
    const values = new Float64Array(to - from);
    let dense = true;
    for (let tick = from; tick < to;) {
      const number = Math.floor(tick / CHUNK_TICKS);
      const start = tick - number * CHUNK_TICKS;
      const end = Math.min(CHUNK_TICKS, to - number * CHUNK_TICKS);
      const chunk = this.#chunks[number - this.#firstChunk];
      if (chunk === undefined || !isDense(chunk, start, end)) dense = false;
      if (chunk !== undefined && dense) values.set(chunk.values.subarray(start, end), tick - from);
      if (!dense) return this.#readWithGaps(from, to);
      tick += end - start;
    }
    return { values };
  }

  /** The ticks as they lie in one piece without a gap; undefined where they do not. */
  #viewOf(from: number, to: number): Float64Array | undefined {
    const number = Math.floor(from / CHUNK_TICKS);
    const base = number * CHUNK_TICKS;
    const chunk = this.#chunks[number - this.#firstChunk];
    if (chunk === undefined || to <= from || to > base + CHUNK_TICKS) return undefined;
    return isDense(chunk, from - base, to - base) ? chunk.values.subarray(from - base, to - base) : undefined;
  }

  #readWithGaps(from: number, to: number): { values: Float64Array; ticks: Int32Array } {
    const values = new Float64Array(to - from);
    const ticks = new Int32Array(to - from);
    let count = 0;
    for (let tick = from; tick < to;) {
      const number = Math.floor(tick / CHUNK_TICKS);
      const base = number * CHUNK_TICKS;
      const end = Math.min(base + CHUNK_TICKS, to);
      const chunk = this.#chunks[number - this.#firstChunk];
      for (; chunk !== undefined && tick < end; tick++) {
        if (chunk.words[2 * (tick - base) + HIGH_WORD] === EMPTY_WORD) continue;
        values[count] = chunk.values[tick - base]!;
        ticks[count++] = tick;
      }
      tick = end;
    }
    return { values: values.slice(0, count), ticks: ticks.slice(0, count) };
  }
}

/** True where every slot in [start, end) was written (false also where that would take a look at each). */
function isDense(chunk: Chunk, start: number, end: number): boolean {
  return chunk.written === chunk.last - chunk.first + 1 && start >= chunk.first && end - 1 <= chunk.last;
}
