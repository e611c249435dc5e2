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

/**
 * M4, or min–max where the points are so dense that M4 would keep nearly all it may: there each column is a vertical stroke
 * anyway, and what counts is how far it reaches.
 */
export function thinIndices(points: LinePoints, view: PixelColumns): Uint32Array {
  const kept = m4Indices(points, view);
  return kept.length > 2.5 * view.columns ? minMaxIndices(points, view) : kept;
}

/** {@link thinIndices} of a line and of the edges of its band, so that none of them loses its extremes. */
export function thinLine(
  line: LinePoints & { readonly lower?: ArrayLike<number>; readonly upper?: ArrayLike<number> },
  view: PixelColumns,
): Uint32Array {
  const { timesSeconds, values, lower, upper } = line;
  const columns = [values, lower, upper].filter((each) => each !== undefined);
  const kept = new Set(columns.flatMap((each) => [...thinIndices({ timesSeconds, values: each }, view)]));
  return Uint32Array.from(kept).sort();
}

/** A band between two values; NaN breaks it. */
export interface BandPoints {
  readonly timesSeconds: ArrayLike<number>;
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** A band with one point for each pixel column of each segment: the lowest and highest that it reaches there. */
export function thinBand(band: BandPoints, view: PixelColumns): BandPoints {
  const { timesSeconds, lower, upper } = band;
  if (timesSeconds.length <= 2 * view.columns) return band;
  const perSecond = view.columns / Math.max(view.endSeconds - view.startSeconds, Number.MIN_VALUE);
  const columnOf = (index: number) =>
    Math.floor(((timesSeconds[index] ?? 0) - view.startSeconds) * perSecond);
  const result = {
    timesSeconds: new Array<number>(),
    lower: new Array<number>(),
    upper: new Array<number>(),
  };
  let before = NaN;
  for (let index = 0; index < timesSeconds.length; index++) {
    const [low, high] = [lower[index] ?? NaN, upper[index] ?? NaN];
    const column = Number.isFinite(low) && Number.isFinite(high) ? columnOf(index) : -Infinity;
    const last = result.lower.length - 1;
    if (column === before) {
      result.lower[last] = Math.min(result.lower[last] ?? low, low);
      result.upper[last] = Math.max(result.upper[last] ?? high, high);
    } else {
      result.timesSeconds.push(timesSeconds[index] ?? NaN);
      result.lower.push(low);
      result.upper.push(high);
    }
    before = column;
  }
  return result;
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
    const last = index - 1;
    const chosen = new Set([lowest, highest]);
    if (how.keepEnds || first === 0 || !Number.isFinite(values[first - 1])) chosen.add(first);
    if (how.keepEnds || index >= count || !Number.isFinite(values[index])) chosen.add(last);
    for (const each of [...chosen].sort((a, b) => a - b)) kept.push(each);
  }
  return Uint32Array.from(kept);
}
