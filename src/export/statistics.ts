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
  /** Of a counter: growth between the first and the last point, resets added up (the fall itself is not growth). */
  readonly increase?: number;
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
  if (isCounter(series)) return { ...ends, ...growth(numbers) };
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

function growth(values: Float64Array): { increase: number; resets: number } {
  let increase = 0;
  let resets = 0;
  for (let i = 1; i < values.length; i++) {
    const step = values[i]! - values[i - 1]!;
    if (step >= 0) {
      increase += step;
    } else {
      resets++;
      increase += values[i]!;
    }
  }
  return { increase, resets };
}
