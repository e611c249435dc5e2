/**
 * Totals of one series for the files.
 *
 * @module
 */
import type { Series } from "../series/types.ts";

/** Of a gauge the extremes and the mean of its points, of a counter what it grew by. NaN points are counted apart. */
export interface SeriesStatistics {
  readonly count: number;
  readonly notANumber: number;
  readonly firstTimeSeconds: number;
  readonly lastTimeSeconds: number;
  readonly first?: number;
  readonly last?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Mean of the points, not weighted by time. */
  readonly mean?: number;
  /**
   * Of a counter: growth between the first and the last point, each life from 0 (the fall itself is not growth); from 0 on too where
   * it is known to have begun at its first point. The same as the report's.
   */
  readonly increase?: number;
  /** New beginnings after the first point: falls, and those that its creation or its process tells though it did not fall. */
  readonly resets?: number;
}

/** @param series with at least one point */
export function statisticsOf(series: Series): SeriesStatistics {
  const { timesSeconds, values } = series;
  const numbers = values.filter((value) => !Number.isNaN(value));
  const shared = {
    count: values.length,
    notANumber: values.length - numbers.length,
    firstTimeSeconds: timesSeconds[0]!,
    lastTimeSeconds: timesSeconds[timesSeconds.length - 1]!,
  };
  if (numbers.length === 0) return shared;
  const ends = { ...shared, first: numbers[0]!, last: numbers[numbers.length - 1]! };
  if (isCounter(series)) return { ...ends, ...growth(series) };
  let minimum = Infinity;
  let maximum = -Infinity;
  let sum = 0;
  for (const value of numbers) {
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
    sum += value;
  }
  return { ...ends, minimum, maximum, mean: sum / numbers.length };
}

function isCounter(series: Series): boolean {
  return series.type === "counter" || series.type === "histogram" ||
    (series.type === "summary" && /_(sum|count)$/.test(series.name));
}

function growth({ timesSeconds, values, resetSeconds }: Series): { increase: number; resets: number } {
  const begun = new Set(resetSeconds);
  let increase = 0;
  let resets = 0;
  let before: number | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    const begins = begun.has(timesSeconds[i]!);
    if (before === undefined) {
      increase = begins ? value : 0;
    } else if (begins || value < before) {
      resets++;
      increase += value;
    } else {
      increase += value - before;
    }
    before = value;
  }
  return { increase, resets };
}
