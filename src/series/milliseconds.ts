/**
 * Times as windows compare them: whole milliseconds, as Prometheus keeps them.
 *
 * @module
 */
import { firstPassing } from "../base/search.ts";

/** Unix seconds to whole milliseconds, to the nearest. */
export function toMilliseconds(timeSeconds: number): number {
  return Math.round(timeSeconds * 1000);
}

/**
 * A duration in seconds as Go's `Duration.Seconds()` gives it for whole milliseconds: the integer part plus the rest,
 * which differs from `ms / 1000` in the last bit for some odd ranges.
 */
export function durationSeconds(durationMs: number): number {
  const whole = Math.floor(durationMs / 1000);
  return whole + ((durationMs - whole * 1000) * 1e6) / 1e9;
}

/** First index whose time, in whole milliseconds, is after `limitMs`; the length when none is. `from` bounds it below. */
export function firstAfterMs(timesSeconds: ArrayLike<number>, limitMs: number, from = 0): number {
  return firstPassing(from, timesSeconds.length, (index) => toMilliseconds(timesSeconds[index]!) > limitMs);
}
