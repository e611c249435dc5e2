/**
 * What was seen to happen, without extrapolation: integers stay integers, and neighbouring windows add up.
 *
 * @module
 */
import { firstAfter, hasNumber } from "../base/search.ts";
import type { Points } from "./types.ts";

/** Points of a counter. */
export interface CounterPoints extends Points {
  /** Times of points at which it is known to have begun anew from 0 although its value did not fall. Ascending. */
  readonly resetSeconds?: ArrayLike<number>;
  /** False where a falling value is no new start (the sum of a histogram that takes negative values). Default true. */
  readonly fallsAreResets?: boolean;
}

/** What was counted between two points in time. */
export interface Observed {
  /** By how much the counter (or gauge) moved. */
  readonly difference: number;
  /** Time of the point that it is measured from, and of the last point, in milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The movement from the last point at or before the window to the last point inside it.
 *
 * Without a point before the window, the first one inside is the start; a counter that is known to have begun inside the
 * window (a time in `resetSeconds` at its first point) is counted from 0. A fall of a counter, and every time listed in
 * `resetSeconds`, is a new start from 0. Undefined when the window holds no point, or there is nothing to measure from.
 *
 * @param bounds indices `[low, high)` of the points inside the window
 */
export function observedDifference(
  points: CounterPoints,
  bounds: { readonly low: number; readonly high: number },
  counter: boolean,
): Observed | undefined {
  const { timesSeconds, values } = points;
  const { low, high } = bounds;
  if (high <= low) return undefined;
  const resets = points.resetSeconds ?? [];
  const base = low > 0 ? low - 1 : low;
  const bornInside = counter && low === 0 && hasNumber(resets, timesSeconds[0]!);
  if (base === high - 1 && !bornInside) return undefined;
  // Whole lives are added as last minus first of each: fewer roundings than adding every step.
  let difference = 0;
  let start = bornInside ? 0 : values[base]!;
  if (counter) {
    const fallsAreResets = points.fallsAreResets ?? true;
    let reset = firstAfter(resets, timesSeconds[base]!);
    for (let i = base + 1; i < high; i++) {
      const time = timesSeconds[i]!;
      let begins = fallsAreResets && values[i]! < values[i - 1]!;
      while (reset < resets.length && resets[reset]! <= time) {
        begins = true;
        reset++;
      }
      if (!begins) continue;
      difference += values[i - 1]! - start;
      start = 0;
    }
  }
  difference += values[high - 1]! - start;
  return {
    difference,
    fromMs: Math.round(timesSeconds[base]! * 1000),
    toMs: Math.round(timesSeconds[high - 1]! * 1000),
  };
}
