/**
 * Fewer points with the same picture. Pure.
 *
 * @module
 */

/** Points in ascending time; NaN breaks the line. */
export interface LinePoints {
  readonly timesSeconds: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/**
 * M4: of every pixel column the first, last, lowest and highest point, so that a line drawn through them covers the same
 * pixels as the line through all. Runs per segment between breaks: nothing is joined across a gap and every break stays.
 *
 * Method: Jugel, Jerzak, Hackenbroich, Markl, "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014.
 *
 * @param span what the width shows; points outside it are kept in the first or last column
 * @returns indices of the points to keep, ascending; all of them when there are no more than four a column
 */
export function m4Indices(
  points: LinePoints,
  options: { startSeconds: number; endSeconds: number; columns: number },
): Uint32Array {
  const { timesSeconds, values } = points;
  const { startSeconds, endSeconds, columns } = options;
  const count = timesSeconds.length;
  if (count <= 4 * columns || columns < 1) return Uint32Array.from({ length: count }, (_, index) => index);
  const perSecond = columns / Math.max(endSeconds - startSeconds, Number.MIN_VALUE);
  const columnOf = (index: number) => {
    const column = Math.floor(((timesSeconds[index] ?? 0) - startSeconds) * perSecond);
    return Math.max(0, Math.min(columns - 1, column));
  };
  const kept: number[] = [];
  let index = 0;
  while (index < count) {
    if (!Number.isFinite(values[index])) {
      // One break stands for a run of them.
      kept.push(index++);
      while (index < count && !Number.isFinite(values[index])) index++;
      continue;
    }
    const first = index;
    const column = columnOf(first);
    let lowest = first;
    let highest = first;
    while (index < count && Number.isFinite(values[index]) && columnOf(index) === column) {
      if ((values[index] ?? 0) < (values[lowest] ?? 0)) lowest = index;
      if ((values[index] ?? 0) > (values[highest] ?? 0)) highest = index;
      index++;
    }
    for (const each of [...new Set([first, lowest, highest, index - 1])].sort((a, b) => a - b)) {
      kept.push(each);
    }
  }
  return Uint32Array.from(kept);
}
