/**
 * Series of different targets side by side: their ticks never fall together exactly.
 *
 * @module
 */
import { checkArgument, checkOptions, DURATION, needed } from "../base/arguments.ts";
import { POINTS } from "./arguments.ts";
import type { Points } from "./types.ts";

/** Pairs of values that belong to one moment, by the times of the left series. */
export interface JoinedPoints {
  /** Times of the left series' points, Unix seconds. */
  readonly timesSeconds: Float64Array;
  /** Values of the left series. */
  readonly left: Float64Array;
  /** Values of the right series at about these times. */
  readonly right: Float64Array;
}

/**
 * Pairs each left point with the nearest right one, at most `toleranceSeconds` away; of two equally near the earlier.
 * A right point may serve several left ones (a slow series beside a fast one). Left points without a partner are left out.
 */
export function joinByTime(
  left: Points,
  right: Points,
  options: { readonly toleranceSeconds: number },
): JoinedPoints {
  const call = "joinByTime(one, other, { toleranceSeconds: 1 })";
  checkArgument(call, { left }, POINTS);
  checkArgument(call, { right }, POINTS);
  checkOptions<{ readonly toleranceSeconds: number }>(call, options, { toleranceSeconds: needed(DURATION) });
  const size = left.timesSeconds.length;
  const times = new Float64Array(size);
  const leftValues = new Float64Array(size);
  const rightValues = new Float64Array(size);
  let count = 0;
  let next = 0; // first right point that is not before the left one
  for (let i = 0; i < size; i++) {
    const time = left.timesSeconds[i]!;
    while (next < right.timesSeconds.length && right.timesSeconds[next]! < time) next++;
    const before = next > 0 ? time - right.timesSeconds[next - 1]! : Infinity;
    const after = next < right.timesSeconds.length ? right.timesSeconds[next]! - time : Infinity;
    const distance = Math.min(before, after);
    if (!(distance <= options.toleranceSeconds)) continue;
    times[count] = time;
    leftValues[count] = left.values[i]!;
    rightValues[count++] = right.values[before <= after ? next - 1 : next]!;
  }
  return {
    timesSeconds: times.slice(0, count),
    left: leftValues.slice(0, count),
    right: rightValues.slice(0, count),
  };
}
