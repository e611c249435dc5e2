/**
 * Fewer points for a picture, with the minima, maxima and gaps of all.
 *
 * @module
 */
import type { Series, TimeSpan } from "./types.ts";

/** What is drawn, and how wide. */
export interface DownsampleOptions {
  /** What the width shows. */
  readonly span: TimeSpan;
  /** Pixels across the span. */
  readonly columns: number;
}

/**
 * Keeps of every pixel column the first, last, lowest and highest point of each stretch between gaps: the line through them
 * covers the same pixels as the line through all. At most four points for each column and stretch; marks of absence stay.
 *
 * Points outside the span are left out. Few points come back as they are. NaN values are kept: they break a line.
 *
 * Method: M4; Jugel, Jerzak, Hackenbroich, Markl, VLDB 2014.
 */
export function downsample(series: Series, options: DownsampleOptions): Series {
  const { startSeconds, endSeconds } = options.span;
  const columns = Math.max(1, Math.floor(options.columns));
  const { timesSeconds, values, staleSeconds } = series;
  const perSecond = columns / Math.max(endSeconds - startSeconds, Number.MIN_VALUE);
  const kept: number[] = [];
  let inside = 0;
  let stretch: Stretch | undefined;
  let stale = 0;
  let stretchNumber = 0;
  for (let i = 0; i < timesSeconds.length; i++) {
    const time = timesSeconds[i]!;
    if (time < startSeconds || time > endSeconds) continue;
    inside++;
    while (stale < staleSeconds.length && staleSeconds[stale]! <= time) {
      stale++;
      stretchNumber++;
    }
    const column = Math.min(columns - 1, Math.floor((time - startSeconds) * perSecond));
    if (Number.isNaN(values[i]!)) {
      stretch?.keep(kept);
      stretch = undefined;
      kept.push(i);
    } else if (stretch !== undefined && stretch.column === column && stretch.number === stretchNumber) {
      stretch.take(i);
    } else {
      stretch?.keep(kept);
      stretch = new Stretch(values, i, { column, number: stretchNumber });
    }
  }
  stretch?.keep(kept);
  if (kept.length === timesSeconds.length || inside === timesSeconds.length && inside <= 4 * columns) {
    return series;
  }
  const pick = (column: Float64Array) => Float64Array.from(kept, (i) => column[i]!);
  return {
    ...series,
    timesSeconds: pick(timesSeconds),
    values: pick(values),
    ...(series.lower === undefined ? {} : { lower: pick(series.lower) }),
    ...(series.upper === undefined ? {} : { upper: pick(series.upper) }),
  };
}

/** Neighbouring points of one column. */
class Stretch {
  readonly column: number;
  readonly number: number;
  #last: number;
  #lowest: number;
  #highest: number;

  constructor(
    readonly values: Float64Array,
    readonly first: number,
    place: { readonly column: number; readonly number: number },
  ) {
    this.column = place.column;
    this.number = place.number;
    this.#last = this.#lowest = this.#highest = first;
  }

  take(index: number): void {
    this.#last = index;
    if (this.values[index]! < this.values[this.#lowest]!) this.#lowest = index;
    if (this.values[index]! > this.values[this.#highest]!) this.#highest = index;
  }

  keep(kept: number[]): void {
    const chosen = [this.first, this.#lowest, this.#highest, this.#last].sort((a, b) => a - b);
    chosen.forEach((index, i) => {
      if (index !== chosen[i - 1]) kept.push(index);
    });
  }
}
