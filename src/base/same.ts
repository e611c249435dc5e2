/**
 * Whether two columns are the same.
 *
 * @module
 */

/** True where both have the same numbers in the same order, to the last bit; a column with NaN in it is like itself alone. */
export function sameColumn(one: Float64Array, other: Float64Array): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
