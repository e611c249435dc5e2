/**
 * Where a signal's level changes for good.
 *
 * @module
 */
import { checkArgument, checkOptions, type Checks, COUNT, FLAG, NUMBER } from "../base/arguments.ts";
import { POINTS } from "../series/arguments.ts";
import type { Cause } from "../base/cause.ts";
import type { Points } from "../series/types.ts";
import { MAD_TO_DEVIATION, mean, median, medianAbsoluteDeviation, twoSidedNormalP } from "./statistics.ts";

/** How {@link detectChangePoints} looks. */
export interface ChangePointOptions {
  /** Shortest level in points; default 5. */
  readonly minimumLength?: number;
  /** What a further change must save, in units of variance times log n; default 3. More gives fewer changes. */
  readonly penalty?: number;
  /** Judge the logarithm, fit for durations and rates; values of zero and below are left out. */
  readonly logarithm?: boolean;
  /** A change smaller than this share of the level before is not told; default 0.1. */
  readonly minimumShare?: number;
  /** A change smaller than so many standard deviations of the noise is not told; default 2.5. */
  readonly minimumDeviations?: number;
  /** A change that is surer by chance is not told; default 0.95, see {@link ChangePoint.confidence}. */
  readonly minimumConfidence?: number;
  /** Fewer points give "not enough points"; default 20. */
  readonly minimumPoints?: number;
}

/** Of the options of a search for changes in points. */
export const CHANGE_POINT_CHECKS: Checks<ChangePointOptions> = {
  minimumLength: COUNT,
  penalty: NUMBER,
  logarithm: FLAG,
  minimumShare: NUMBER,
  minimumDeviations: NUMBER,
  minimumConfidence: NUMBER,
  minimumPoints: COUNT,
};

/** One change of level. */
export interface ChangePoint {
  /** Time of the first point of the new level. */
  readonly timeSeconds: number;
  /** Medians of the levels on both sides. */
  readonly before: number;
  /** In the series' unit, also where the logarithm is judged. */
  readonly after: number;
  /** Difference of the levels in standard deviations of the noise. */
  readonly deviations: number;
  /**
   * 1 less the probability that a series without any change shows one so clear anywhere: both levels' means by a normal test with
   * the variance that noise with its memory gives to means, times the number of places where a level could have begun.
   */
  readonly confidence: number;
  /** Length of the levels in points: what the change rests on. */
  readonly beforeCount: number;
  /** Up to the next change of level, told or not. */
  readonly afterCount: number;
}

/** Changes in order of time. */
export interface ChangePointResult {
  /** Points that were judged; of long series the means of blocks. */
  readonly count: number;
  /** Standard deviation of the noise about the levels, in the judged unit. */
  readonly noise: number;
  /** Empty when the level stays. */
  readonly changes: readonly ChangePoint[];
}

/**
 * Least-squares levels with a penalty for each change, exact, by PELT (Killick, Fearnhead and Eckley 2012), in about O(n).
 *
 * The noise comes from differences of neighbours and of means of neighbouring blocks (MAD of differences / 0.6745 / √2), so that
 * the levels themselves do not widen it, and noise that resembles itself from point to point is no change. A change is told
 * only where it is also large: by default 2.5 deviations and 10 % of the level before.
 *
 * More than 4,000 points are averaged in blocks first; `count` is then that of the blocks.
 *
 * @returns a cause in place of a result for too few points or a constant series
 */
export function detectChangePoints(
  points: Points,
  options: ChangePointOptions = {},
): ChangePointResult | { readonly absent: Cause } {
  const call = "detectChangePoints(series)";
  checkArgument(call, { points }, POINTS);
  checkOptions<ChangePointOptions>(call, options, CHANGE_POINT_CHECKS, { also: ["span", "matchers"] });
  const { minimumLength = 5, minimumShare = 0.1, minimumDeviations = 2.5, minimumPoints = 20 } = options;
  const { minimumConfidence = 0.95 } = options;
  const { timesSeconds, values } = fewEnough(usablePoints(points, options.logarithm === true));
  if (values.length < minimumPoints) {
    return { absent: { code: "not_enough_points", params: { count: values.length, wanted: minimumPoints } } };
  }
  const judged = options.logarithm ? values.map(Math.log) : values;
  const neighbours = noiseOf(judged);
  if (neighbours === 0) return { absent: { code: "constant_series", params: { count: values.length } } };
  const lasting = lastingNoise(judged, neighbours);
  const penalty = (options.penalty ?? 3) * Math.log(judged.length) * lasting * lasting;
  const starts = segmentStarts(judged, { minimumLength, penalty });
  const levels = starts.map((start, i) => {
    const end = starts[i + 1] ?? judged.length;
    return {
      start,
      count: end - start,
      mean: mean(judged.subarray(start, end)),
      median: median(values.subarray(start, end)),
    };
  });
  const about = Float64Array.from(
    levels.flatMap(({ start, count, mean: level }) =>
      Array.from(judged.subarray(start, start + count), (value) => value - level)
    ),
  );
  const noise = Math.max(neighbours, MAD_TO_DEVIATION * medianAbsoluteDeviation(about, 0));
  const changes = levels.slice(1).flatMap((level, i) => {
    const previous = levels[i]!;
    const difference = level.mean - previous.mean;
    const deviations = difference / noise;
    const byChance = twoSidedNormalP(
      difference / (lasting * Math.sqrt(1 / previous.count + 1 / level.count)),
    );
    const confidence = 1 - Math.min(1, judged.length * byChance);
    const isLarge = Math.abs(deviations) >= minimumDeviations &&
      Math.abs(level.median - previous.median) >= minimumShare * Math.abs(previous.median);
    if (!isLarge || confidence < minimumConfidence) return [];
    return [{
      timeSeconds: timesSeconds[level.start]!,
      before: previous.median,
      after: level.median,
      deviations,
      confidence,
      beforeCount: previous.count,
      afterCount: level.count,
    }];
  });
  return { count: judged.length, noise, changes };
}

interface UsablePoints {
  readonly timesSeconds: Float64Array;
  readonly values: Float64Array;
}

function usablePoints(points: Points, positive: boolean): UsablePoints {
  const keep: number[] = [];
  for (let i = 0; i < points.values.length; i++) {
    const value = points.values[i]!;
    if (Number.isFinite(value) && (!positive || value > 0)) keep.push(i);
  }
  return {
    timesSeconds: Float64Array.from(keep, (i) => points.timesSeconds[i]!),
    values: Float64Array.from(keep, (i) => points.values[i]!),
  };
}

/** Where nothing changes PELT compares all pairs: longer series are averaged in blocks of equal size first. */
const MOST_POINTS = 4000;

function fewEnough(points: UsablePoints): UsablePoints {
  const size = Math.ceil(points.values.length / MOST_POINTS);
  if (size <= 1) return points;
  const count = Math.floor(points.values.length / size);
  return {
    timesSeconds: Float64Array.from({ length: count }, (_, i) => points.timesSeconds[i * size]!),
    values: Float64Array.from(
      { length: count },
      (_, i) => mean(points.values.subarray(i * size, (i + 1) * size)),
    ),
  };
}

/** Below this share of the mean square, most differences are nearly 0 and a few are bursts: their MAD is not the noise. */
const BURSTY = 0.25;

/** Robust where differences vary alike; bursty and resting series are judged by the mean square of their differences. */
function noiseOf(values: Float64Array): number {
  const differences = differencesOf(values);
  const robust = robustNoise(differences);
  const square = Math.sqrt(mean(differences.map((difference) => difference * difference)) / 2);
  return robust < BURSTY * square ? square : robust;
}

/** Blocks whose means are compared, each twice as long; fewer than so many say nothing. */
const LEAST_BLOCKS = 12;
const LONGEST_BLOCK = 128;

/**
 * Standard deviation that noise gives to means, in terms of single points: √n times that of a mean of n. By the differences of
 * neighbouring blocks, the largest of several lengths; of noise without memory all are alike.
 */
function lastingNoise(values: Float64Array, neighbours: number): number {
  let largest = neighbours;
  for (let length = 2; length <= LONGEST_BLOCK && values.length >= LEAST_BLOCKS * length; length *= 2) {
    const count = Math.floor(values.length / length);
    const means = Float64Array.from(
      { length: count },
      (_, i) => mean(values.subarray(i * length, (i + 1) * length)),
    );
    largest = Math.max(largest, Math.sqrt(length) * robustNoise(differencesOf(means)));
  }
  return largest;
}

function differencesOf(values: Float64Array): Float64Array {
  return Float64Array.from({ length: values.length - 1 }, (_, i) => values[i + 1]! - values[i]!);
}

function robustNoise(differences: Float64Array): number {
  return MAD_TO_DEVIATION * medianAbsoluteDeviation(differences, 0) / Math.SQRT2;
}

/**
 * Starts of the segments of the best segmentation. Cost of a segment: squared distances from its mean, by running sums about
 * the first value, so that large levels lose no digits.
 */
function segmentStarts(values: Float64Array, options: { minimumLength: number; penalty: number }): number[] {
  const { minimumLength, penalty } = options;
  const count = values.length;
  const origin = values[0]!;
  const sums = new Float64Array(count + 1);
  const squares = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) {
    const value = values[i]! - origin;
    sums[i + 1] = sums[i]! + value;
    squares[i + 1] = squares[i]! + value * value;
  }
  const cost = (from: number, to: number) => {
    const sum = sums[to]! - sums[from]!;
    return squares[to]! - squares[from]! - sum * sum / (to - from);
  };
  const best = new Float64Array(count + 1).fill(Infinity);
  const previous = new Int32Array(count + 1);
  best[0] = -penalty;
  let candidates = [0];
  for (let end = minimumLength; end <= count; end++) {
    const totals = candidates.map((from) => best[from]! + cost(from, end));
    totals.forEach((total, i) => {
      if (total + penalty < best[end]!) {
        best[end] = total + penalty;
        previous[end] = candidates[i]!;
      }
    });
    candidates = candidates.filter((_, i) => totals[i]! <= best[end]!);
    const opened = end - minimumLength + 1;
    if (opened >= minimumLength && best[opened]! < Infinity) candidates.push(opened);
  }
  const starts: number[] = [];
  for (let end = count; end > 0; end = previous[end]!) starts.unshift(previous[end]!);
  return starts;
}
