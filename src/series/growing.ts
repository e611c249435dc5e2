/**
 * A list of doubles that grows at its end and forgets at its start.
 *
 * @module
 */

/** Ascending times, or values beside them; holds at most twice what it needs. */
export class GrowingList {
  #items = new Float64Array(0);
  #start = 0;
  #end = 0;

  /** How many it holds. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#items.byteLength;
  }

  /** The last one, undefined when empty. */
  last(): number | undefined {
    return this.#end > this.#start ? this.#items[this.#end - 1] : undefined;
  }

  push(value: number): void {
    if (this.#end === this.#items.length) this.#makeRoom();
    this.#items[this.#end++] = value;
  }

  #makeRoom(): void {
    const count = this.length;
    // Room at the start is used up first; it must be half of the whole, else moving costs more than it gains.
    const target = this.#start * 2 > this.#items.length
      ? this.#items
      : new Float64Array(Math.max(8, 2 * this.#items.length));
    target.set(this.#items.subarray(this.#start, this.#end));
    this.#items = target;
    this.#start = 0;
    this.#end = count;
  }

  /** Drops the first `count`. */
  forget(count: number): void {
    this.#start = Math.min(this.#end, this.#start + count);
  }

  /** A view of all; valid until the next change. */
  view(): Float64Array {
    return this.#items.subarray(this.#start, this.#end);
  }
}
