/**
 * Fewer points with the same picture. Pure.
 *
 * @module
 */
import { type LinePoints, m4Indices, minMaxIndices, type PixelColumns } from "../series/m4.ts";

/**
 * M4, or min–max where the points are so dense that M4 would keep nearly all it may: there each column is a vertical stroke
 * anyway, and what counts is how far it reaches.
 */
export function thinIndices(points: LinePoints, view: PixelColumns): Uint32Array {
  const kept = m4Indices(points, view);
  return kept.length > 2.5 * view.columns ? minMaxIndices(points, view) : kept;
}

/** A line, and the edges of its band where it has one. */
type LineWithBand = LinePoints & { readonly lower?: ArrayLike<number>; readonly upper?: ArrayLike<number> };

/** {@link thinIndices} of a line and of the edges of its band, so that none of them loses its extremes. */
export function thinLine(line: LineWithBand, view: PixelColumns): Uint32Array {
  const { timesSeconds, values, lower, upper } = line;
  const columns = [values, lower, upper].filter((each) => each !== undefined);
  const kept = new Set(columns.flatMap((each) => [...thinIndices({ timesSeconds, values: each }, view)]));
  return Uint32Array.from(kept).sort();
}

/**
 * {@link thinLine} of each line of a panel, and of each the times that any other one keeps: of lines that were read together
 * there is a value of each at one time.
 */
export function thinTogether(lines: readonly LineWithBand[], view: PixelColumns): Uint32Array[] {
  const alone = lines.map((line) => thinLine(line, view));
  if (lines.every(({ timesSeconds }, k) => timesSeconds.length === alone[k]?.length)) return alone;
  const times = new Set(
    lines.flatMap(({ timesSeconds }, k) => Array.from(alone[k] ?? [], (index) => timesSeconds[index])),
  );
  return lines.map(({ timesSeconds }) =>
    Uint32Array.from(timesSeconds, (_, index) => index).filter((index) => times.has(timesSeconds[index]))
  );
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
