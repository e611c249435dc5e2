// @ts-check
// Points of a line among the times of others: the nearest that says something, and those with no neighbour.

/** @typedef {import("uplot")} Plot */

/**
 * The index of the point nearest in time at which a line says something, a break included; of two as near the earlier.
 *
 * @param {ArrayLike<unknown> | undefined} values
 * @param {number} index
 * @param {ArrayLike<number>} times
 */
export function nearestKnown(values, index, times) {
  if (values === undefined || values[index] !== undefined) return index;
  let [before, after] = [index - 1, index + 1];
  while (before >= 0 && values[before] === undefined) before--;
  while (after < values.length && values[after] === undefined) after++;
  if (before < 0) return after < values.length ? after : index;
  if (after >= values.length) return before;
  const away = (/** @type {number} */ other) => Math.abs((times[other] ?? NaN) - (times[index] ?? NaN));
  return away(after) < away(before) ? after : before;
}

/** Median distance of the last points. @param {readonly number[]} times */
export function usualInterval(times) {
  const recent = times.slice(-21);
  const gaps = recent.slice(1).map((time, index) => time - (recent[index] ?? time)).sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? Infinity;
}

/** A newest value this old is still "now", or two and a half of its line's intervals. */
const NOW_SECONDS = 5;

/**
 * The time of a value in words where it is not the one that the panel shows: no value passes for that of another time. Of what
 * is newest, without a cursor, only where it is no longer "now": servers are read one after the other.
 *
 * @param {{ at: number | undefined, shown: number | undefined, isUnderCursor: boolean, times: readonly number[] }} value
 * @param {(at: number) => string} words
 */
export function ownTime({ at, shown, isUnderCursor, times }, words) {
  if (at === undefined || shown === undefined || words(at) === words(shown)) return "";
  const isNow = !isUnderCursor &&
    Math.abs(shown - at) <= Math.max(NOW_SECONDS, 2.5 * usualInterval(times));
  return isNow ? "" : ` · ${words(at)}`;
}

/**
 * Points with no neighbour to be joined to, which would not be seen otherwise.
 *
 * @param {Plot} plot
 * @param {number} series
 * @returns {number[]}
 */
export function loneIndices(plot, series) {
  const values = plot.data[series] ?? [];
  /** @type {number[]} */
  const known = [];
  // Undefined is another line's time and joins; null breaks.
  for (let index = 0; index < values.length; index++) if (values[index] !== undefined) known.push(index);
  return known.filter((index, at) => {
    const [before, after] = [known[at - 1], known[at + 1]];
    const isBreak = (/** @type {number | undefined} */ other) =>
      other === undefined || values[other] === null;
    return values[index] !== null && isBreak(before) && isBreak(after);
  });
}
