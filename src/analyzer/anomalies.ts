/**
 * Values that do not fit the rest of their series, as episodes.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { Points } from "../series/types.ts";
import { median, medianAbsoluteDeviation, normalQuantile, twoSidedNormalP } from "./statistics.ts";

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
   * In place of `thresholdStd`: the share of ordinary values that may lie beyond it, were they Gaussian (0.001 gives
   * 3.29 deviations). Real series have heavier tails.
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
  /** Points that would be beyond the threshold were all values ordinary, Gaussian and independent. */
  readonly expectedByChance: number;
  /** In order of time; empty when nothing stands out. */
  readonly episodes: readonly AnomalyEpisode[];
}

/** Departures are rare when at most this share of a resting series' points departs. */
const RARE_SHARE = 0.05;

/**
 * Finds values that do not fit, in O(n log n).
 *
 * A point counts when it lies beyond the threshold and so does a neighbour (two of three in a row), or when it lies
 * beyond twice the threshold: one spike of noise is no anomaly, one enormous value is. The scale is at least 1 % of the
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
  const centre = median(usable.judged);
  const spread = MAD_TO_DEVIATION * medianAbsoluteDeviation(usable.judged, centre);
  const floor = Math.max(options.logarithm ? 0.01 : 0.01 * Math.abs(centre), options.resolution ?? 0);
  const result = {
    count,
    median: median(usable.values),
    threshold,
    expectedByChance: count * twoSidedNormalP(threshold),
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
  const scale = Math.max(spread, floor);
  const flagged = beyond(usable, { centre, scale, threshold });
  return { ...result, method: "robust_z", scale, episodes: episodesOf(flagged, usable, options) };
}

function thresholdOf(options: AnomalyOptions): number {
  if (options.falseAlarmRate !== undefined) {
    if (!(options.falseAlarmRate > 0 && options.falseAlarmRate < 1)) {
      throw new RangeError(
        `Cannot detect anomalies: falseAlarmRate is ${options.falseAlarmRate}, wanted between 0 and 1`,
      );
    }
    return -normalQuantile(options.falseAlarmRate / 2);
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
    if (!accompanied && Math.abs(score) <= 2 * judge.threshold) return;
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
