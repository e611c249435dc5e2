/**
 * The columns of one scrape while it is being read.
 *
 * @module
 */

/** Growing columns; what they held before is overwritten from {@link ScrapeColumns.clear} on. */
export class ScrapeColumns {
  length = 0;
  hasTimestamps = false;
  slots = new Uint32Array(512);
  values = new Float64Array(512);
  #timestamps = new Float64Array(0);

  /** Before a scrape. */
  clear(): void {
    this.length = 0;
    this.hasTimestamps = false;
  }

  /** A value without a time of its own. */
  push(slot: number, value: number): void {
    const at = this.length++;
    if (at === this.values.length) this.#grow();
    this.slots[at] = slot;
    this.values[at] = value;
    if (this.hasTimestamps) this.#timestamps[at] = NaN;
  }

  /** A value with a time; all that came before in this scrape have none. */
  pushAt(slot: number, value: number, timestampSeconds: number): void {
    if (!this.hasTimestamps) {
      this.hasTimestamps = true;
      if (this.#timestamps.length < this.values.length) {
        this.#timestamps = new Float64Array(this.values.length);
      }
      this.#timestamps.fill(NaN, 0, this.length);
    }
    this.push(slot, value);
    this.#timestamps[this.length - 1] = timestampSeconds;
  }

  /** Times of the values, NaN where the text states none. */
  get timestampsSeconds(): Float64Array {
    return this.#timestamps.subarray(0, this.length);
  }

  #grow(): void {
    const capacity = this.values.length * 2;
    const slots = new Uint32Array(capacity);
    slots.set(this.slots);
    this.slots = slots;
    const values = new Float64Array(capacity);
    values.set(this.values);
    this.values = values;
    if (!this.hasTimestamps) return;
    const timestamps = new Float64Array(capacity);
    timestamps.set(this.#timestamps);
    this.#timestamps = timestamps;
  }
}
