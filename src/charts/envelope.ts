/**
 * The lowest and the highest of many lines, and their sum; their points need not fall on the same times.
 *
 * @module
 */
import { sameColumn } from "../base/same.ts";
import type { LineValues } from "./lines.ts";

/** Lowest and highest at each time; NaN where no line has a value. */
export interface Envelope {
  readonly timesSeconds: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** A value stands no longer than so many of its line's intervals. */
const LONGEST_STAND = 2.5;

/**
 * At each time at which any line has a point, the lowest and highest of what all lines have then: a line that was read at
 * another time stands at its last value, for two and a half of its intervals. Times less than half an interval apart, of
 * targets that are read one after the other, become one, with the lowest and highest of them.
 */
export function envelopeOf(lines: readonly LineValues[]): Envelope {
  const walkers = lines.map((line) => new Walker(line));
  const apart = Math.min(...walkers.map(({ intervalSeconds }) => intervalSeconds)) / 2;
  const times = allTimes(lines);
  const [ends, lower, upper]: [number[], number[], number[]] = [[], [], []];
  let group = -Infinity;
  for (const time of times) {
    let low = Infinity;
    let high = -Infinity;
    for (const walker of walkers) {
      const value = walker.at(time);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const known = low <= high;
    const last = ends.length - 1;
    const joins = time - group < apart && Number.isNaN(upper[last]) !== known;
    if (!joins) {
      group = time;
      ends.push(time);
      lower.push(known ? low : NaN);
      upper.push(known ? high : NaN);
    } else if (known) {
      lower[last] = Math.min(lower[last] ?? low, low);
      upper[last] = Math.max(upper[last] ?? high, high);
    }
  }
  return {
    timesSeconds: Float64Array.from(ends),
    lower: Float64Array.from(lower),
    upper: Float64Array.from(upper),
  };
}

/**
 * The sum of all lines that have a value, at each time at which any has a point; what has none counts nothing. Of times less
 * than half an interval apart, of targets that are read one after the other, the last stands for all: then each was read.
 */
export function sumOf(lines: readonly LineValues[]): Pick<LineValues, "timesSeconds" | "values"> {
  const walkers = lines.map((line) => new Walker(line));
  const apart = Math.min(...walkers.map(({ intervalSeconds }) => intervalSeconds)) / 2;
  const times = allTimes(lines);
  const [ends, sums]: [number[], number[]] = [[], []];
  let group = -Infinity;
  times.forEach((time, index) => {
    if (time - group >= apart) group = time;
    if ((times[index + 1] ?? Infinity) - group < apart) return;
    let sum = NaN;
    for (const walker of walkers) {
      const value = walker.at(time);
      if (!Number.isNaN(value)) sum = Number.isNaN(sum) ? value : sum + value;
    }
    ends.push(time);
    sums.push(sum);
  });
  return { timesSeconds: Float64Array.from(ends), values: Float64Array.from(sums) };
}

/** Ascending, each once, to the millisecond. */
function allTimes(lines: readonly LineValues[]): Float64Array {
  // Lines of one target have the same times: of eight GPUs over a day one axis is sorted, not eight.
  const axes: Float64Array[] = [];
  for (const { timesSeconds } of lines) {
    if (!axes.some((axis) => sameColumn(axis, timesSeconds))) axes.push(timesSeconds);
  }
  const all = new Float64Array(axes.reduce((sum, axis) => sum + axis.length, 0));
  let count = 0;
  for (const axis of axes) for (const time of axis) all[count++] = Math.round(time * 1000) / 1000;
  if (!isAscending(all)) all.sort();
  let kept = 0;
  for (const time of all) if (kept === 0 || time !== all[kept - 1]) all[kept++] = time;
  return all.subarray(0, kept);
}

function isAscending(times: Float64Array): boolean {
  for (let index = 1; index < times.length; index++) if (times[index]! < times[index - 1]!) return false;
  return true;
}

/** A line that is asked for its value at rising times. */
class Walker {
  readonly intervalSeconds: number;
  readonly #line: LineValues;
  #index = -1;

  constructor(line: LineValues) {
    this.#line = line;
    this.intervalSeconds = usualInterval(line.timesSeconds);
  }

  at(timeSeconds: number): number {
    const { timesSeconds, values } = this.#line;
    while (this.#index + 1 < timesSeconds.length) {
      if ((timesSeconds[this.#index + 1] ?? Infinity) > timeSeconds + 0.0006) break;
      this.#index++;
    }
    if (this.#index < 0) return NaN;
    const age = timeSeconds - (timesSeconds[this.#index] ?? NaN);
    return age > LONGEST_STAND * this.intervalSeconds ? NaN : values[this.#index] ?? NaN;
  }
}

/** Median distance of the last points; 1 s where there are fewer than two. */
function usualInterval(times: Float64Array): number {
  const recent = Array.from(times.slice(-21));
  const gaps = recent.slice(1).map((time, index) => time - (recent[index] ?? time)).sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 1;
}
