/**
 * What a series was expected to be at each of its points: a level that may move, and what repeats itself.
 *
 * @module
 */
import { isSearched, periodOf, usualByPlace } from "./period.ts";
import { rollingExtremes, rollingMedian } from "./rolling.ts";
import { median, medianAbsoluteDeviation, quantile } from "./statistics.ts";

/** What was expected, point by point. */
export interface Expectation {
  /** Value less what was expected just there. */
  readonly differences: Float64Array;
  /**
   * Lowest of what was expected at and about each point. While the level moves, all that lies between here and `highest` is on its
   * way and not strange.
   */
  readonly lowest: Float64Array;
  /** Highest of what was expected at and about each point. */
  readonly highest: Float64Array;
  /** Points of the moving median; absent where one level fits the whole. */
  readonly windowPoints?: number;
  /** Points of what repeats itself; absent where nothing does. */
  readonly periodPoints?: number;
}

/** Widths of the moving median as shares of the series, the calmest first. A surge up to half as long stands out from it. */
const WINDOW_SHARES = [1 / 3, 1 / 6];
/** A moving median over fewer points on each side follows the noise. */
const LEAST_HALF = 12;
/** Differences are compared by this quantile: a level that is another for more than a fifth of the time is no surge. */
const WIDE_SHARE = 0.8;
/** The calmest level is taken whose differences are at most so many times those of the quickest. */
const CALM_ENOUGH = 2;
/** A period's level moves over so many periods. */
const WINDOW_PERIODS = 3;
/** Levels are chosen on so many points of a long series, evenly taken. */
const CHOICE_POINTS = 2000;

/** Works out what was expected. The values decide by themselves whether the level moves and whether they repeat. */
export function expectationOf(values: Float64Array): Expectation {
  const plain = levelOf(values, WINDOW_SHARES.map((share) => Math.floor(values.length * share / 2)));
  const season = seasonOf(values);
  if (season !== undefined && (plain.half === undefined || season.spread < 2 / 3 * spreadOf(values, plain))) {
    return expectation(values, season.level, season.usual);
  }
  return expectation(values, plain);
}

/** A level; `half` is absent where it stays the same. */
interface Level {
  readonly line: Float64Array;
  readonly half?: number;
}

function levelOf(values: Float64Array, halves: readonly number[]): Level {
  const half = chosenHalf(values, halves);
  return half === undefined ? constantLevel(values) : movingLevel(values, half);
}

function constantLevel(values: Float64Array): Level {
  return { line: new Float64Array(values.length).fill(median(values)) };
}

function movingLevel(values: Float64Array, half: number): Level {
  return { half, line: rollingMedian(values, half, { leastHalf: half >> 1 }) };
}

/** Of the levels that are calm enough the calmest; undefined for one that does not move. */
function chosenHalf(values: Float64Array, halves: readonly number[]): number | undefined {
  const usable = halves.filter((half) => half >= LEAST_HALF);
  const every = Math.ceil(values.length / CHOICE_POINTS);
  const some = every === 1 ? values : values.filter((_, i) => i % every === 0);
  const levels = [
    { half: undefined, level: constantLevel(some) },
    ...usable.map((half) => ({ half, level: movingLevel(some, Math.floor(half / every)) })),
  ];
  const spreads = levels.map(({ level: { line } }) =>
    quantile(some.map((value, i) => Math.abs(value - line[i]!)), WIDE_SHARE)
  );
  const least = Math.min(...spreads);
  return levels[spreads.findIndex((spread) => spread <= CALM_ENOUGH * least)]!.half;
}

function spreadOf(values: Float64Array, { line }: Level): number {
  return medianAbsoluteDeviation(values.map((value, i) => value - line[i]!), 0);
}

interface Season {
  readonly level: Level;
  readonly usual: Float64Array;
  readonly spread: number;
}

/** Looked for in the values, else in what a slow level leaves of them: a series that grows has no autocorrelation to speak of. */
function seasonOf(values: Float64Array): Season | undefined {
  if (!isSearched(values.length)) return undefined;
  let rest = values;
  let period = periodOf(values);
  const half = Math.floor(values.length * WINDOW_SHARES[0]! / 2);
  if (period === undefined && half >= LEAST_HALF) {
    const { line } = movingLevel(values, half);
    rest = values.map((value, i) => value - line[i]!);
    period = periodOf(rest);
  }
  if (period === undefined) return undefined;
  const usual = usualByPlace(rest, period);
  const seasonless = values.map((value, i) => value - usual[i % period]!);
  const level = levelOf(seasonless, [Math.max(LEAST_HALF, Math.floor(period * WINDOW_PERIODS / 2))]);
  return { level, usual, spread: spreadOf(seasonless, level) };
}

function expectation(values: Float64Array, { line, half }: Level, usual?: Float64Array): Expectation {
  const at = (level: Float64Array) =>
    usual === undefined ? level : level.map((value, i) => value + usual[i % usual.length]!);
  const about = half === undefined ? { lowest: line, highest: line } : rollingExtremes(line, half >> 1);
  const expected = at(line);
  return {
    differences: values.map((value, i) => value - expected[i]!),
    lowest: at(about.lowest),
    highest: at(about.highest),
    ...(half === undefined ? {} : { windowPoints: 2 * half + 1 }),
    ...(usual === undefined ? {} : { periodPoints: usual.length }),
  };
}
