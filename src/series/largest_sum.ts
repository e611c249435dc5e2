/**
 * The largest sum of several gauges at any one time, exactly: at every reading of any of them.
 *
 * @module
 */
import type { Series } from "./types.ts";

/** What is needed of a series. */
export type Summand = Pick<Series, "timesSeconds" | "values" | "staleSeconds">;

/** A value counts for so many of its series' usual distances between readings, and for that long at least. */
const LASTING_READINGS = 2.5;
const LEAST_SECONDS = 15;

/**
 * A value counts until the next one of its series, a mark of absence, or where neither comes for two and a half times the
 * usual pace (15 s at least). Values of one time are taken together. Undefined without values.
 */
export function largestSum(series: readonly Summand[]): number | undefined {
  const changes = series.flatMap((one, at) => [
    ...Array.from(one.timesSeconds, (time, i) => ({ time, at, value: one.values[i]! })),
    ...Array.from(one.staleSeconds, (time) => ({ time, at, value: NaN })),
  ]).sort((a, b) => a.time - b.time);
  const lasts = series.map(({ timesSeconds }) => lastsSeconds(timesSeconds));
  const values = new Float64Array(series.length).fill(NaN);
  const read = new Float64Array(series.length);
  let most: number | undefined;
  for (let i = 0; i < changes.length;) {
    const { time } = changes[i]!;
    for (; i < changes.length && changes[i]!.time === time; i++) {
      const { at, value } = changes[i]!;
      values[at] = value;
      read[at] = time;
    }
    let sum: number | undefined;
    for (let at = 0; at < values.length; at++) {
      if (Number.isNaN(values[at]!) || time - read[at]! > lasts[at]!) continue;
      sum = (sum ?? 0) + values[at]!;
    }
    if (sum !== undefined && (most === undefined || sum > most)) most = sum;
  }
  return most;
}

function lastsSeconds(times: ArrayLike<number>): number {
  const gaps = Float64Array.from(
    { length: Math.max(0, times.length - 1) },
    (_, i) => times[i + 1]! - times[i]!,
  )
    .sort();
  return Math.max(LEAST_SECONDS, LASTING_READINGS * (gaps[gaps.length >> 1] ?? 0));
}
