/**
 * Places in ascending numbers, by bisection.
 *
 * Every answer is an index between 0 and the length. It is also a count: as many numbers stand before it. So the last
 * number before a limit is at `firstAtOrAfter(…) - 1` and the last at or before it at `firstAfter(…) - 1`; -1 is none.
 *
 * @module
 */

/** Index of the first number that is not below a limit (any equal ones from there on); the length when there is none. */
export function firstAtOrAfter(ascending: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    // Asked this way round, NaN as the limit finds nothing: a histogram's observation of NaN is above every bound.
    if (ascending[middle]! >= limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Index of the first number above a limit (behind any equal ones); the length when there is none. */
export function firstAfter(ascending: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The first whole number in `[low, high)`, `low` at least 0, that passes a test, `high` when none does: for what is no array of numbers.
 *
 * @param test once it passes for one, it passes for all that follow
 */
export function firstPassing(low: number, high: number, test: (index: number) => boolean): number {
  let from = low;
  let to = high;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (test(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Whether an ascending list has a number, to the last bit. */
export function hasNumber(ascending: ArrayLike<number>, wanted: number): boolean {
  return ascending[firstAtOrAfter(ascending, wanted)] === wanted;
}
