/**
 * Times as windows compare them: whole milliseconds, as Prometheus keeps them.
 *
 * @module
 */

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
export function firstAfter(timesSeconds: ArrayLike<number>, limitMs: number, from = 0): number {
  let low = from;
  let high = timesSeconds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Math.round(timesSeconds[middle]! * 1000) <= limitMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
