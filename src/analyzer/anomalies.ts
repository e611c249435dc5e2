/**
 * Values that do not fit the rest of their series, as episodes.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { Points } from "../series/types.ts";
import { type Expectation, expectationOf } from "./expectation.ts";
import { rollingMedian } from "./rolling.ts";
import { ALONE, flaggedShare, thresholdFor } from "./false_alarms.ts";
import { isResting, rareChanges } from "./rare_changes.ts";
import { MAD_TO_DEVIATION, median, medianAbsoluteDeviation, quantile } from "./statistics.ts";
import { type TailFactors, tailFactors } from "./tails.ts";

/** How {@link detectAnomalies} looks. */
export interface AnomalyOptions {
  /**
   * Distance from what was expected, in robust standard deviations (1.4826 MAD), beyond which a value is strange.
   * Default 3.5 (Iglewicz and Hoaglin 1993).
   */
  readonly thresholdStd?: number;
  /**
   * In place of `thresholdStd`: the share of ordinary points that may be flagged, were they Gaussian and independent; the
   * threshold follows. Real series have heavier tails.
   */
  readonly falseAlarmRate?: number;
  /** Judge the logarithm, fit for durations and rates, whose tails are long upwards; zero and below are left out. */
  readonly logarithm?: boolean;
  /** Fewer points give "not enough points"; default 20. */
  readonly minimumPoints?: number;
  /** Anomalous points at most so far apart belong to one episode; default three median intervals. */
  readonly joinSeconds?: number;
  /** The smallest change that means anything, in the series' unit; the scale is never finer. Default 0. */
  readonly resolution?: number;
}

/** A point that was flagged. */
export interface AnomalousPoint {
  /** Unix seconds. */
  readonly timeSeconds: number;
  /** In the series' unit, also where the logarithm is judged. */
  readonly value: number;
  /**
   * Signed distance from what was expected, in robust deviations, of which long tails make larger ones; undefined for a series
   * that rests on one value.
   */
  readonly score?: number;
}

/** Anomalous points that belong together. */
export interface AnomalyEpisode {
  /** Unix seconds of the first of its points. */
  readonly startSeconds: number;
  /** Unix seconds of the last of its points; the same as the start for a single one. */
  readonly endSeconds: number;
  /** On which side of what was expected its points lie. */
  readonly direction: "above" | "below" | "both";
  /** Flagged ones only, in order of time; 1 or more. */
  readonly points: readonly AnomalousPoint[];
  /** The point furthest from what was expected. */
  readonly worst: AnomalousPoint;
}

/** Limits over time, in the series' unit. */
export interface ExpectedBand {
  /** Unix seconds: of every judged point, or only of the first and the last where the limits stay the same. */
  readonly timesSeconds: Float64Array;
  /** As many as times. */
  readonly lower: Float64Array;
  /** As many as times. */
  readonly upper: Float64Array;
}

/** What was looked at, and what was found. */
export interface AnomalyResult {
  /**
   * "robust_z": distance from what was expected by MAD. "rare_change": more than half of all values are equal, so that the MAD is 0 and
   * a departure is strange only because it is rare.
   */
  readonly method: "robust_z" | "rare_change";
  /** Points that were judged: with a number and, where the logarithm is judged, above 0. */
  readonly count: number;
  /** Of the judged points, in the series' unit. */
  readonly median: number;
  /** Robust standard deviation of the differences, in the series' unit (of the logarithm where that is judged); 0 for a resting series. */
  readonly scale: number;
  /** In robust standard deviations. */
  readonly threshold: number;
  /** Points that would be flagged were all values ordinary, Gaussian and independent. */
  readonly expectedByChance: number;
  /**
   * Length in points of a period that the series repeats: then each point is judged against the median of those at the same
   * place of their periods. Absent where there is none.
   */
  readonly periodPoints?: number;
  /** Points of the moving median that the series was judged against; absent where one level fits the whole. */
  readonly windowPoints?: number;
  /** Beyond what a value is strange, once a neighbour is so too; absent for a resting series. */
  readonly expected?: ExpectedBand;
  /** In order of time; empty when nothing stands out. */
  readonly episodes: readonly AnomalyEpisode[];
}

/**
 * Finds values that do not fit, in O(n log n).
 *
 * Expected is the median, or a moving median where the level moves by much more than the noise, with what repeats itself (see
 * `windowPoints`, `periodPoints`). A level that changes for good is no anomaly, and neither is what lies between the levels before
 * and after; a surge is one up to half of the moving median's width. Scales are robust (MAD), wider on the side whose tail is longer
 * than a Gaussian's, where the noise grows for a time, and at least 1 % of the median, so that tiny movements of a flat series stay
 * quiet; a series that does not vary has none.
 *
 * A point counts when it lies beyond the threshold and so does a neighbour (two of three in a row), or when it lies
 * beyond one and a half times the threshold: one spike of noise is no anomaly, one enormous value is. What is strange from the very
 * first points on is how the series begins, not told: nothing is known of the level before.
 * Give rates for counters (`toSignal`): a counter by itself only grows.
 *
 * @returns a cause in place of a result for too few points (NaN does not count) or a constant series
 */
export function detectAnomalies(
  points: Points,
  options: AnomalyOptions = {},
): AnomalyResult | { readonly absent: Cause } {
  const threshold = thresholdOf(options);
  const usable = usablePoints(points, options.logarithm === true);
  const wanted = options.minimumPoints ?? 20;
  const count = usable.values.length;
  if (count < wanted) return { absent: { code: "not_enough_points", params: { count, wanted } } };
  if (usable.judged.every((value) => value === usable.judged[0])) {
    return { absent: { code: "constant_series", params: { count, value: usable.values[0]! } } };
  }
  const expectation = expectationOf(usable.judged);
  const { windowPoints, periodPoints } = expectation;
  const shared = {
    count,
    median: median(usable.values),
    threshold,
    ...(periodPoints === undefined ? {} : { periodPoints }),
    ...(windowPoints === undefined ? {} : { windowPoints }),
  };
  const spread = spreadOf(expectation.differences, ALONE * threshold * finenessOf(usable, options));
  if (spread === 0) {
    const episodes = episodesOf(departed(usable, expectation.differences), usable, options);
    return { ...shared, method: "rare_change", scale: 0, expectedByChance: 0, episodes };
  }
  const scale = Math.max(spread, floorOf(usable, options));
  const limits = limitsOf(expectation, scale, threshold);
  return {
    ...shared,
    method: "robust_z",
    scale,
    expectedByChance: count * flaggedShare(threshold),
    expected: bandOf(usable, limits),
    episodes: episodesOf(beyond(usable, expectation, limits), usable, options),
  };
}

/** Where so many values depart from the one that more than half of them have, departures are no rare changes. */
const RARE_SHARE = 0.05;
/** Standard deviation by the 95 % quantile of distances, of a Gaussian: Φ⁻¹(0.975). */
const WIDE_DEVIATE = 1.959963984540054;

/** By the MAD; by the 95 % quantile where that is 0 and yet too many values differ. 0 for a resting series (see `isResting`). */
function spreadOf(differences: Float64Array, least: number): number {
  const spread = MAD_TO_DEVIATION * medianAbsoluteDeviation(differences, 0);
  if (spread > 0) return spread;
  return isResting(differences, least)
    ? 0
    : quantile(differences.map(Math.abs), 1 - RARE_SHARE) / WIDE_DEVIATE;
}

/** No finer than the values are, than 1 % of the level, than what the caller says. */
function floorOf({ judged }: UsablePoints, options: AnomalyOptions): number {
  const level = options.logarithm ? 0.01 : Math.max(0.01 * Math.abs(median(judged)), quantumOf(judged));
  return Math.max(level, options.resolution ?? 0);
}

/** The same without asking the few values that differ how fine they are: whole numbers count. Infinite where none can be told. */
function finenessOf({ judged }: UsablePoints, { resolution = 0 }: AnomalyOptions): number {
  const unit = judged.every(Number.isInteger) ? 1 : resolution > 0 ? 0 : Infinity;
  return Math.max(unit, 0.01 * Math.abs(median(judged)), resolution);
}

/** Values looked at for the smallest step between two. */
const QUANTUM_POINTS = 2000;

/** The smallest difference between two of the values: 1 of whole numbers, next to nothing of others. */
function quantumOf(values: Float64Array): number {
  const every = Math.ceil(values.length / QUANTUM_POINTS);
  const sorted = values.filter((_, i) => i % every === 0).sort();
  let least = Infinity;
  for (let i = 1; i < sorted.length; i++) {
    const step = sorted[i]! - sorted[i - 1]!;
    if (step > 0 && step < least) least = step;
  }
  return least === Infinity ? 0 : least;
}

/** What a value is held against, point by point, in the judged unit. */
interface Limits {
  /** Robust deviations, tails left aside. */
  readonly scales: Float64Array;
  readonly tails: TailFactors;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly threshold: number;
}

function limitsOf(expectation: Expectation, scale: number, threshold: number): Limits {
  const { differences, lowest, highest } = expectation;
  const scales = scalesOf(expectation, scale);
  const tails = tailFactors(differences.map((difference, i) => difference / scales[i]!), threshold);
  return {
    scales,
    tails,
    threshold,
    lower: lowest.map((level, i) => level - threshold * tails.below * scales[i]!),
    upper: highest.map((level, i) => level + threshold * tails.above * scales[i]!),
  };
}

/** The noise's own window: twice that of the level, so many points on each side at least. */
const LEAST_NOISE_HALF = 30;

/** Wider than the whole's where the noise is so for a time, and at places of the period at which it always is. */
function scalesOf({ differences, windowPoints, periodPoints }: Expectation, scale: number): Float64Array {
  const scales = new Float64Array(differences.length).fill(scale);
  const distances = differences.map(Math.abs);
  const widen = (at: (i: number) => number) =>
    scales.forEach((own, i) => scales[i] = Math.max(own, MAD_TO_DEVIATION * at(i)));
  if (windowPoints !== undefined) {
    const half = Math.max(LEAST_NOISE_HALF, windowPoints - 1);
    const local = rollingMedian(distances, half, { leastHalf: half >> 1 });
    widen((i) => local[i]!);
  }
  if (periodPoints !== undefined) {
    const local = Float64Array.from(
      { length: periodPoints },
      (_, place) =>
        median(distances.filter((_distance, i) => {
          const apart = Math.abs(i % periodPoints - place);
          return Math.min(apart, periodPoints - apart) <= 1;
        })),
    );
    widen((i) => local[i % periodPoints]!);
  }
  return scales;
}

function bandOf({ timesSeconds, isLogarithm }: UsablePoints, { lower, upper }: Limits): ExpectedBand {
  const unit = (limits: Float64Array) => isLogarithm ? limits.map(Math.exp) : limits;
  const isSame = (limits: Float64Array) => limits.every((limit) => limit === limits[0]);
  const ends = (values: ArrayLike<number>) => Float64Array.of(values[0]!, values[values.length - 1]!);
  return isSame(lower) && isSame(upper)
    ? { timesSeconds: ends(timesSeconds), lower: unit(ends(lower)), upper: unit(ends(upper)) }
    : { timesSeconds: Float64Array.from(timesSeconds), lower: unit(lower), upper: unit(upper) };
}

function thresholdOf(options: AnomalyOptions): number {
  if (options.falseAlarmRate !== undefined) {
    if (!(options.falseAlarmRate > 0 && options.falseAlarmRate < 1)) {
      throw new RangeError(
        `Cannot detect anomalies: falseAlarmRate is ${options.falseAlarmRate}, wanted between 0 and 1`,
      );
    }
    return thresholdFor(options.falseAlarmRate);
  }
  const threshold = options.thresholdStd ?? 3.5;
  if (!(threshold > 0)) {
    throw new RangeError(`Cannot detect anomalies: thresholdStd is ${threshold}, wanted above 0`);
  }
  return threshold;
}

/** Points with a number; `judged` is what is compared: the values or their logarithms. */
interface UsablePoints {
  readonly timesSeconds: readonly number[];
  readonly values: readonly number[];
  readonly judged: Float64Array;
  readonly isLogarithm: boolean;
}

function usablePoints(points: Points, logarithm: boolean): UsablePoints {
  const timesSeconds: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < points.values.length; i++) {
    const value = points.values[i]!;
    if (Number.isNaN(value) || (logarithm && value <= 0)) continue;
    timesSeconds.push(points.timesSeconds[i]!);
    values.push(value);
  }
  const judged = Float64Array.from(values, (value) => logarithm ? Math.log(value) : value);
  return { timesSeconds, values, judged, isLogarithm: logarithm };
}

interface Flagged {
  readonly index: number;
  readonly point: AnomalousPoint;
  /** From what was expected, signed, in the judged unit. */
  readonly difference: number;
  readonly distance: number;
}

/** In deviations from the nearest of what was expected about each point; 0 for what lies between. */
function beyond(points: UsablePoints, expectation: Expectation, limits: Limits): Flagged[] {
  const { threshold, tails, scales } = limits;
  const scores = points.judged.map((value, i) => {
    const above = value - expectation.highest[i]!;
    const below = value - expectation.lowest[i]!;
    return above > 0
      ? above / (scales[i]! * tails.above)
      : below < 0
      ? below / (scales[i]! * tails.below)
      : 0;
  });
  const isStrange = (index: number, sign: number) => sign * (scores[index] ?? 0) > threshold;
  const flagged: Flagged[] = [];
  scores.forEach((score, index) => {
    if (Math.abs(score) <= threshold) return;
    const accompanied = [-2, -1, 1, 2].some((step) => isStrange(index + step, Math.sign(score)));
    if (!accompanied && Math.abs(score) <= ALONE * threshold) return;
    const point = { timeSeconds: points.timesSeconds[index]!, value: points.values[index]!, score };
    flagged.push({ index, point, difference: expectation.differences[index]!, distance: Math.abs(score) });
  });
  return withoutBeginning(flagged);
}

/** Strange from one of the first so many points on, and on until it is not for as many. */
const BEGINNING_POINTS = 3;

function withoutBeginning(flagged: readonly Flagged[]): Flagged[] {
  let last = -1;
  return flagged.filter(({ index }) => {
    if (index - last > BEGINNING_POINTS) return true;
    last = index;
    return false;
  });
}

function departed(points: UsablePoints, differences: Float64Array): Flagged[] {
  return rareChanges(differences).map((index) => {
    const point = { timeSeconds: points.timesSeconds[index]!, value: points.values[index]! };
    const difference = differences[index]!;
    return { index, point, difference, distance: Math.abs(difference) };
  });
}

function episodesOf(
  flagged: readonly Flagged[],
  points: UsablePoints,
  options: AnomalyOptions,
): AnomalyEpisode[] {
  const join = options.joinSeconds ?? 3 * typicalGap(points.timesSeconds);
  const groups: Flagged[][] = [];
  for (const one of flagged) {
    const group = groups.at(-1);
    const previous = group?.at(-1);
    const joined = previous !== undefined && one.point.timeSeconds - previous.point.timeSeconds <= join;
    if (joined) group!.push(one);
    else groups.push([one]);
  }
  return groups.map((group) => {
    const worst = group.reduce((best, one) => one.distance > best.distance ? one : best);
    const above = group.some((one) => one.difference > 0);
    const below = group.some((one) => one.difference < 0);
    return {
      startSeconds: group[0]!.point.timeSeconds,
      endSeconds: group.at(-1)!.point.timeSeconds,
      direction: above && below ? "both" : above ? "above" : "below",
      points: group.map((one) => one.point),
      worst: worst.point,
    };
  });
}

function typicalGap(timesSeconds: readonly number[]): number {
  const gaps = timesSeconds.slice(1).map((time, i) => time - timesSeconds[i]!);
  return gaps.length === 0 ? 0 : median(gaps);
}
