/**
 * A long grid evaluated piece by piece, so that never more than a number of points is held.
 *
 * @module
 */
import { labelsKey } from "../series/labels.ts";
import { REMOTE_WORDS } from "./remote_words.ts";
import type { Grid, Series } from "../series/types.ts";

/** What is done with a piece. */
export interface PieceWork {
  /** Most points that one piece may hold. */
  readonly most: number;
  /** What to ask for where one window holds more; default in the words of code. */
  readonly fewer?: string;
  /** How many points the windows of a grid hold. */
  count(grid: Grid): Promise<number>;
  evaluate(grid: Grid): Promise<readonly Series[]>;
}

/**
 * Evaluates a grid, in halves of halves where it holds too many points. The result is that of the whole: pieces overlap by one
 * time, so that results that stop between two of them are seen to.
 *
 * @throws RangeError when a single time's window holds too many points
 */
export async function inPieces(grid: Grid, work: PieceWork): Promise<readonly Series[]> {
  return (await halve(grid, work)).map((series) => onGrid(series, grid));
}

/** Times counted from the start of the whole, as they would be without pieces: to the last bit. */
function onGrid(series: Series, { startSeconds, stepSeconds }: Grid): Series {
  const timeOf = (time: number) =>
    startSeconds + Math.round((time - startSeconds) / stepSeconds) * stepSeconds;
  if (!(stepSeconds > 0)) return series;
  const { timesSeconds, staleSeconds } = series;
  return { ...series, timesSeconds: timesSeconds.map(timeOf), staleSeconds: staleSeconds.map(timeOf) };
}

async function halve(grid: Grid, work: PieceWork): Promise<readonly Series[]> {
  const count = await work.count(grid);
  if (count <= work.most) return work.evaluate(grid);
  if (grid.count <= 2) {
    throw new RangeError(
      `Cannot evaluate a window of ${grid.rangeSeconds} s: ${count} points, wanted at most ${work.most}; ${
        work.fewer ?? REMOTE_WORDS.code.fewerOrShorterWindow
      }`,
    );
  }
  const half = Math.ceil(grid.count / 2);
  const first = await halve({ ...grid, count: half }, work);
  const from = { ...grid, startSeconds: grid.startSeconds + (half - 1) * grid.stepSeconds };
  const second = await halve({ ...from, count: grid.count - half + 1 }, work);
  return join(first, second, from.startSeconds);
}

/** The second piece's first time is the first's last: its results there are left out. */
function join(first: readonly Series[], second: readonly Series[], sharedSeconds: number): Series[] {
  const joined = new Map(first.map((series) => [keyOf(series), series]));
  for (const later of second) {
    const key = keyOf(later);
    const from = later.timesSeconds[0] === sharedSeconds ? 1 : 0;
    const rest = pick(later, from);
    const earlier = joined.get(key);
    if (earlier !== undefined) joined.set(key, append(earlier, rest));
    else if (rest.values.length > 0) joined.set(key, rest);
  }
  return [...joined.values()];
}

function keyOf({ name, labels }: Series): string {
  return name + labelsKey(labels);
}

function pick(series: Series, from: number): Series {
  return {
    ...series,
    timesSeconds: series.timesSeconds.slice(from),
    values: series.values.slice(from),
    ...(series.lower === undefined ? {} : { lower: series.lower.slice(from) }),
    ...(series.upper === undefined ? {} : { upper: series.upper.slice(from) }),
  };
}

function append(earlier: Series, later: Series): Series {
  const causes = [
    ...new Map([...earlier.causes ?? [], ...later.causes ?? []].map((each) => [each.code, each])).values(),
  ];
  return {
    ...earlier,
    timesSeconds: both(earlier.timesSeconds, later.timesSeconds),
    values: both(earlier.values, later.values),
    staleSeconds: both(earlier.staleSeconds, later.staleSeconds),
    ...(earlier.lower === undefined || later.lower === undefined
      ? {}
      : { lower: both(earlier.lower, later.lower) }),
    ...(earlier.upper === undefined || later.upper === undefined
      ? {}
      : { upper: both(earlier.upper, later.upper) }),
    ...(causes.length === 0 ? {} : { causes }),
  };
}

function both(first: Float64Array, second: Float64Array): Float64Array {
  const whole = new Float64Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
