/**
 * Which points of a line a picture needs: the one implementation of M4.
 *
 * @module
 */

/** Points in ascending time; NaN breaks the line. */
export interface LinePoints {
  readonly timesSeconds: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** Ascending times at which the line breaks although no point is NaN. */
  readonly staleSeconds?: ArrayLike<number>;
}

/** The pixels that points are thinned for. */
export interface PixelColumns {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** How many. Points outside the span count to the first or last. */
  readonly columns: number;
}

/**
 * M4: of every pixel column the first, last, lowest and highest point, so that a line drawn through them covers the same
 * pixels as the line through all. Runs per segment between breaks: nothing is joined across a gap and every break stays.
 *
 * Method: Jugel, Jerzak, Hackenbroich, Markl, "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014.
 *
 * @returns indices of the points to keep, ascending; all of them when there are no more than four a column
 */
export function m4Indices(points: LinePoints, view: PixelColumns): Uint32Array {
  return thinned(points, view, { perColumn: 4, keepEnds: true });
}

/**
 * The lowest and highest point of every pixel column: half of M4's points, the same extremes, and lines that may be off by a
 * column's width between them. First and last point of a segment stay.
 */
export function minMaxIndices(points: LinePoints, view: PixelColumns): Uint32Array {
  return thinned(points, view, { perColumn: 2, keepEnds: false });
}

function thinned(
  points: LinePoints,
  view: PixelColumns,
  how: { readonly perColumn: number; readonly keepEnds: boolean },
): Uint32Array {
  const { timesSeconds, values } = points;
  const { startSeconds, endSeconds, columns } = view;
  const count = timesSeconds.length;
  if (count <= how.perColumn * columns || columns < 1) {
    return Uint32Array.from({ length: count }, (_, index) => index);
  }
  const perSecond = columns / Math.max(endSeconds - startSeconds, Number.MIN_VALUE);
  const columnOf = (index: number) => {
    const column = Math.floor(((timesSeconds[index] ?? 0) - startSeconds) * perSecond);
    return Math.max(0, Math.min(columns - 1, column));
  };
  const breaksBefore = breakFinder(points);
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
    const begins = first === 0 || !Number.isFinite(values[first - 1]) || breaksBefore(first);
    index++;
    while (index < count && Number.isFinite(values[index]) && columnOf(index) === column) {
      if (breaksBefore(index)) break;
      if ((values[index] ?? 0) < (values[lowest] ?? 0)) lowest = index;
      if ((values[index] ?? 0) > (values[highest] ?? 0)) highest = index;
      index++;
    }
    const last = index - 1;
    const chosen = new Set([lowest, highest]);
    const ends = index >= count || !Number.isFinite(values[index]) || breaksBefore(index);
    if (how.keepEnds || begins) chosen.add(first);
    if (how.keepEnds || ends) chosen.add(last);
    for (const each of [...chosen].sort((a, b) => a - b)) kept.push(each);
  }
  return Uint32Array.from(kept);
}

/** Whether a mark of absence lies between a point and the one before it; to be asked of rising indices. */
function breakFinder({ timesSeconds, staleSeconds = [] }: LinePoints): (index: number) => boolean {
  let stale = 0;
  return (index) => {
    const [before, now] = [timesSeconds[index - 1] ?? -Infinity, timesSeconds[index] ?? Infinity];
    while (stale < staleSeconds.length && (staleSeconds[stale] ?? Infinity) <= before) stale++;
    return index > 0 && (staleSeconds[stale] ?? Infinity) <= now;
  };
}
