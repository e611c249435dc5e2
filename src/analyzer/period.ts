/**
 * Whether a series repeats itself, and what is left of it without that.
 *
 * @module
 */
import { mean, median, medianAbsoluteDeviation } from "./statistics.ts";

/** Shorter series, and longer ones, are not searched: too few periods, too much work. */
const FEWEST_POINTS = 80;
const MOST_POINTS = 5000;
/** A period has at least so many points … */
const SHORTEST = 6;
/** … and is seen so often at least. */
const FEWEST_PERIODS = 4;
/** Autocorrelation at the period, at least. */
const LEAST_LIKENESS = 0.5;

/**
 * Length of the period in points: the first hill of the autocorrelation, after it was below 0, that is within 10 % of the
 * highest and above .5, and only where the series without it is less spread by a third. Undefined where there is none.
 * Values far out are drawn in first, so that one of them makes no period.
 */
export function periodOf(values: ArrayLike<number>): number | undefined {
  const count = values.length;
  if (!isSearched(count)) return undefined;
  const centre = median(values);
  const spread = medianAbsoluteDeviation(values, centre);
  if (spread === 0) return undefined;
  const period = firstHill(
    autocorrelations(drawnIn(values, centre, 6 * spread), Math.floor(count / FEWEST_PERIODS)),
  );
  if (period === undefined) return undefined;
  return medianAbsoluteDeviation(withoutPeriod(values, period), centre) < 2 / 3 * spread ? period : undefined;
}

/** Whether a series of so many points is searched for a period. */
export function isSearched(count: number): boolean {
  return count >= FEWEST_POINTS && count <= MOST_POINTS;
}

function drawnIn(values: ArrayLike<number>, centre: number, most: number): Float64Array {
  return Float64Array.from(values, (value) => Math.min(centre + most, Math.max(centre - most, value)));
}

function autocorrelations(values: Float64Array, longest: number): Float64Array {
  const centre = mean(values);
  const centred = values.map((value) => value - centre);
  const at = (lag: number) => {
    let sum = 0;
    for (let i = lag; i < centred.length; i++) sum += centred[i]! * centred[i - lag]!;
    return sum;
  };
  const own = at(0);
  // By the number of pairs: without it later periods look less alike than they are.
  return Float64Array.from(
    { length: longest + 1 },
    (_, lag) => at(lag) / own * centred.length / (centred.length - lag),
  );
}

function firstHill(likeness: Float64Array): number | undefined {
  const negative = likeness.findIndex((value) => value < 0);
  if (negative < 0) return undefined;
  const from = Math.max(SHORTEST, negative);
  const hills: number[] = [];
  for (let lag = from; lag < likeness.length - 1; lag++) {
    if (likeness[lag]! >= likeness[lag - 1]! && likeness[lag]! > likeness[lag + 1]!) hills.push(lag);
  }
  const highest = Math.max(...hills.map((lag) => likeness[lag]!));
  if (!(highest > LEAST_LIKENESS)) return undefined;
  return hills.find((lag) => likeness[lag]! >= 0.9 * highest);
}

/** For each place of the period the median of the values there, about 0: their median over all is taken off. */
export function usualByPlace(values: ArrayLike<number>, period: number): Float64Array {
  const centre = median(values);
  return Float64Array.from({ length: period }, (_, place) => {
    const there: number[] = [];
    for (let i = place; i < values.length; i += period) there.push(values[i]!);
    return median(there) - centre;
  });
}

/** Each value less what is usual at its place of the period. */
function withoutPeriod(values: ArrayLike<number>, period: number): Float64Array {
  const usual = usualByPlace(values, period);
  return Float64Array.from(values, (value, i) => value - usual[i % period]!);
}
