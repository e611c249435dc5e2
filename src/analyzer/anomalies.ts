/**
 * Values that do not fit the rest of their series, as episodes.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { periodOf, withoutPeriod } from "./period.ts";
import type { Points } from "../series/types.ts";
import { median, normalQuantile, quantileOfSorted, twoSidedNormalP } from "./statistics.ts";

/** A MAD times this is the standard deviation, were the values Gaussian: 1 / Φ⁻¹(3/4). */
export const MAD_TO_DEVIATION = 1.482602218505602;

/** How {@link detectAnomalies} looks. */
export interface AnomalyOptions {
  /**
   * Distance from the median, in robust standard deviations (1.4826 MAD), beyond which a value is strange.
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
  /** Signed distance from the median in robust deviations; undefined for a series that rests on one value. */
  readonly score?: number;
}

/** Anomalous points that belong together. */
export interface AnomalyEpisode {
  /** Unix seconds of the first of its points. */
  readonly startSeconds: number;
  /** Unix seconds of the last of its points; the same as the start for a single one. */
  readonly endSeconds: number;
  /** On which side of the median its points lie. */
  readonly direction: "above" | "below" | "both";
  /** Flagged ones only, in order of time; 1 or more. */
  readonly points: readonly AnomalousPoint[];
  /** The point furthest from the median. */
  readonly worst: AnomalousPoint;
}

/** What was looked at, and what was found. */
export interface AnomalyResult {
  /**
   * "robust_z": distance from the median by MAD. "rare_change": more than half of all values are equal, so that the MAD is 0 and
   * a departure is strange only because it is rare.
   */
  readonly method: "robust_z" | "rare_change";
  /** Points that were judged: with a number and, where the logarithm is judged, above 0. */
  readonly count: number;
  /** Of the judged points, in the series' unit. */
  readonly median: number;
  /** Robust standard deviation that scores are measured in, in the series' unit (of the logarithm where that is judged). */
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
  /** In order of time; empty when nothing stands out. */
  readonly episodes: readonly AnomalyEpisode[];
}

/** Departures are rare when at most this share of a resting series' points departs. */
const RARE_SHARE = 0.05;

/**
 * Finds values that do not fit, in O(n log n).
 *
 * A point counts when it lies beyond the threshold and so does a neighbour (two of three in a row), or when it lies
 * beyond one and a half times the threshold: one spike of noise is no anomaly, one enormous value is. The scale is the MAD's, or that of
 * the tails where it is larger (bursts and peaks that come back are no anomalies), and at least 1 % of the
 * median, so that tiny movements of a flat series stay quiet; a series that does not vary has none.
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
  if (usable.values.length < wanted) {
    return { absent: { code: "not_enough_points", params: { count: usable.values.length, wanted } } };
  }
  const count = usable.judged.length;
  if (usable.judged.every((value) => value === usable.judged[0])) {
    return { absent: { code: "constant_series", params: { count, value: usable.values[0]! } } };
  }
  const period = periodOf(usable.judged);
  const judged = period === undefined ? usable.judged : withoutPeriod(usable.judged, period);
  return judgeAll({ ...usable, judged }, options, { threshold, period });
}

function judgeAll(
  usable: UsablePoints,
  options: AnomalyOptions,
  how: { readonly threshold: number; readonly period: number | undefined },
): AnomalyResult {
  const { threshold, period } = how;
  const count = usable.judged.length;
  const centre = median(usable.judged);
  const distances = Float64Array.from(usable.judged, (value) => Math.abs(value - centre)).sort();
  const spread = MAD_TO_DEVIATION * quantileOfSorted(distances, 0.5);
  const floor = Math.max(options.logarithm ? 0.01 : 0.01 * Math.abs(centre), options.resolution ?? 0);
  const result = {
    count,
    median: median(usable.values),
    threshold,
    expectedByChance: count * flaggedShare(threshold),
    ...(period === undefined ? {} : { periodPoints: period }),
  };
  if (spread === 0) {
    const flagged = rareChanges(usable, centre);
    return {
      ...result,
      method: "rare_change",
      scale: 0,
      expectedByChance: 0,
      episodes: episodesOf(flagged, usable, options),
    };
  }
  const tail = tailSpread(distances, period === undefined ? 0.8 : 0.9);
  const look = (scale: number) => {
    const flagged = beyond(usable, { centre, scale, threshold });
    return { scale, flagged, episodes: episodesOf(flagged, usable, options) };
  };
  let seen = look(Math.max(spread, floor, tail));
  if (seen.flagged.length > RARE_SHARE * count && seen.episodes.length > SOME_EPISODES) {
    seen = look(Math.max(seen.scale, tailSpread(distances, 1 - RARE_SHARE)));
  }
  return { ...result, method: "robust_z", scale: seen.scale, episodes: seen.episodes };
}

/** More episodes than this, of too many points, are how the series is. One long surge is not. */
const SOME_EPISODES = 5;

/**
 * The deviation by a quantile of the distances from the median, of Gaussian values the same as by their MAD. Where it is
 * larger, so many values lie far out: bursts, peaks, the edges of a period that was taken out. What is as frequent is no
 * anomaly.
 */
function tailSpread(sortedDistances: Float64Array, share: number): number {
  return quantileOfSorted(sortedDistances, share) / normalQuantile(0.5 + share / 2);
}

/** Share of ordinary Gaussian points that is flagged: those with a strange neighbour, and those that lie far out alone. */
function flaggedShare(threshold: number): number {
  const beyond = twoSidedNormalP(threshold);
  const accompanied = 1 - (1 - beyond / 2) ** 4;
  const far = twoSidedNormalP(ALONE * threshold);
  return beyond * accompanied + far * (1 - accompanied);
}

/** The threshold at which so large a share of ordinary points is flagged. */
function thresholdFor(share: number): number {
  let [low, high] = [0, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (flaggedShare(middle) > share) low = middle;
    else high = middle;
  }
  return high;
}

/** A point without a strange neighbour has to lie so many times further out. */
const ALONE = 1.5;

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
  readonly judged: readonly number[];
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
  return { timesSeconds, values, judged: logarithm ? values.map(Math.log) : values };
}

interface Flagged {
  readonly index: number;
  readonly point: AnomalousPoint;
  readonly distance: number;
}

function beyond(
  points: UsablePoints,
  judge: { centre: number; scale: number; threshold: number },
): Flagged[] {
  const scores = points.judged.map((value) => (value - judge.centre) / judge.scale);
  const strange = scores.map((score) => Math.abs(score) > judge.threshold);
  const flagged: Flagged[] = [];
  scores.forEach((score, index) => {
    if (!strange[index]) return;
    const accompanied = [-2, -1, 1, 2].some((step) =>
      strange[index + step] === true && Math.sign(scores[index + step]!) === Math.sign(score)
    );
    if (!accompanied && Math.abs(score) <= ALONE * judge.threshold) return;
    const point = { timeSeconds: points.timesSeconds[index]!, value: points.values[index]!, score };
    flagged.push({ index, point, distance: Math.abs(score) });
  });
  return flagged;
}

function rareChanges(points: UsablePoints, centre: number): Flagged[] {
  const flagged: Flagged[] = [];
  points.judged.forEach((value, index) => {
    if (value === centre) return;
    const point = { timeSeconds: points.timesSeconds[index]!, value: points.values[index]! };
    flagged.push({ index, point, distance: Math.abs(value - centre) });
  });
  return flagged.length <= RARE_SHARE * points.judged.length ? flagged : [];
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
  const centre = median(points.values);
  return groups.map((group) => {
    const worst = group.reduce((best, one) => one.distance > best.distance ? one : best);
    const above = group.some((one) => one.point.value > centre);
    const below = group.some((one) => one.point.value < centre);
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
