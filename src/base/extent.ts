/**
 * The largest and smallest of many numbers: `Math.max(...values)` ends in a full stack from about a hundred thousand on.
 *
 * @module
 */

/** `-Infinity` of none; NaN counts as in `Math.max`: it wins. */
export function largest(values: Iterable<number>): number {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/** `Infinity` of none; NaN counts as in `Math.min`: it wins. */
export function smallest(values: Iterable<number>): number {
  let least = Infinity;
  for (const value of values) least = Math.min(least, value);
  return least;
}
