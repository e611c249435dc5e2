/**
 * Many readings as what they were on average and how far they reached. Pure.
 *
 * @module
 */
import type { TimeSpan } from "../series/types.ts";
import type { LineValues } from "./lines.ts";

/** Readings of one piece of time: their mean, lowest and highest. */
export interface Spread extends LineValues {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** How long a piece is. */
  readonly binSeconds: number;
}

/** With fewer readings a piece, a line through all of them can still be followed. */
const MOST_READINGS = 4;

/**
 * A line of more readings than can be told apart as one point for each of `bins` equal pieces of the span: the mean of the
 * readings in it, with their lowest and highest. A break within a piece stays, with what was before it and behind it as points
 * of their own. Undefined where there are at most four readings a piece on average.
 */
export function spreadOf(line: LineValues, view: { span: TimeSpan; bins: number }): Spread | undefined {
  const { timesSeconds, values } = line;
  const { span, bins } = view;
  if (timesSeconds.length <= MOST_READINGS * bins) return undefined;
  const binSeconds = (span.endSeconds - span.startSeconds) / bins;
  const out = new Columns();
  let bin = NaN;
  for (let index = 0; index < timesSeconds.length; index++) {
    const time = timesSeconds[index] ?? NaN;
    const value = values[index] ?? NaN;
    const of = Math.min(bins - 1, Math.floor((time - span.startSeconds) / binSeconds));
    if (of !== bin || Number.isNaN(value)) out.flush();
    bin = of;
    if (Number.isNaN(value)) out.breakAt(time);
    else out.add(time, value);
  }
  out.flush();
  return { ...line, ...out.finish(), binSeconds };
}

/** Points as they are made. */
class Columns {
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  readonly #lower: number[] = [];
  readonly #upper: number[] = [];
  #from = NaN;
  #to = NaN;
  #sum = 0;
  #count = 0;
  #low = Infinity;
  #high = -Infinity;

  add(time: number, value: number): void {
    if (this.#count === 0) this.#from = time;
    this.#to = time;
    this.#sum += value;
    this.#count++;
    if (value < this.#low) this.#low = value;
    if (value > this.#high) this.#high = value;
  }

  flush(): void {
    if (this.#count === 0) return;
    this.#push((this.#from + this.#to) / 2, this.#sum / this.#count, this.#low, this.#high);
    [this.#sum, this.#count, this.#low, this.#high] = [0, 0, Infinity, -Infinity];
  }

  breakAt(time: number): void {
    if (this.#values.length > 0 && !Number.isNaN(this.#values.at(-1))) this.#push(time, NaN, NaN, NaN);
  }

  finish(): Pick<Spread, "timesSeconds" | "values" | "lower" | "upper"> {
    return {
      timesSeconds: Float64Array.from(this.#times),
      values: Float64Array.from(this.#values),
      lower: Float64Array.from(this.#lower),
      upper: Float64Array.from(this.#upper),
    };
  }

  #push(time: number, value: number, low: number, high: number): void {
    this.#times.push(time);
    this.#values.push(value);
    this.#lower.push(low);
    this.#upper.push(high);
  }
}
