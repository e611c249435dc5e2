/**
 * Departures of a series that rests on one value.
 *
 * @module
 */
import { MAD_TO_DEVIATION, median, medianAbsoluteDeviation } from "./statistics.ts";

/** So few episodes of departures are rare in themselves; of more only those that are larger than the others by far. */
const FEW_EPISODES = 3;
/** Few departures may last so long altogether, one alone longer. */
const FEW_SHARE = 0.05;
const ONE_SHARE = 0.2;
/** Departures at most so many points apart, or this share of the series, belong together. */
const TOGETHER_POINTS = 3;
const TOGETHER_SHARE = 0.02;
/** Sizes of departures are compared by their logarithm, which is never known better than this. */
const LEAST_SIZE_SPREAD = 0.5;
/** A departure this many robust deviations larger than the others stands out from them. */
const SIZE_THRESHOLD = 3.5;

/**
 * Whether a series rests on one value: few points depart from it, or all that do so are one departure. No scale may be taken from
 * those: it would be as large as what stands out. Points further apart than three are several: a trouble that comes and goes.
 *
 * @param differences from the value that it may rest on
 * @param least one departure of more than few points has to be larger than this: else it may be noise
 */
export function isResting(differences: Float64Array, least: number): boolean {
  const departed = differences.reduce((sum, difference) => difference === 0 ? sum : sum + 1, 0);
  if (departed <= FEW_SHARE * differences.length) return true;
  if (departed > ONE_SHARE * differences.length) return false;
  return differences.some((difference) => Math.abs(difference) > least) &&
    departures(differences, TOGETHER_POINTS).length === 1;
}

/**
 * Indices of the points whose departure is strange because it is rare, or because it is so much larger than the others. A
 * departure from the very first point on is how the series begins.
 *
 * @param differences from the value that the series rests on: 0 for most
 */
export function rareChanges(differences: Float64Array): number[] {
  const groups = departures(differences);
  const told = groups.filter(([first]) => first !== 0);
  if (groups.length <= FEW_EPISODES) {
    const most = (groups.length === 1 ? ONE_SHARE : FEW_SHARE) * differences.length;
    return groups.flat().length <= most ? told.flat() : [];
  }
  const sizeOf = (group: readonly number[]) =>
    Math.log(group.reduce((sum, index) => sum + Math.abs(differences[index]!), 0));
  const sizes = groups.map(sizeOf);
  const usual = median(sizes);
  const spread = Math.max(LEAST_SIZE_SPREAD, MAD_TO_DEVIATION * medianAbsoluteDeviation(sizes, usual));
  return told.filter((group) => sizeOf(group) - usual > SIZE_THRESHOLD * spread).flat();
}

function departures(
  differences: Float64Array,
  apart = Math.max(TOGETHER_POINTS, TOGETHER_SHARE * differences.length),
): number[][] {
  const groups: number[][] = [];
  differences.forEach((difference, index) => {
    if (difference === 0) return;
    const group = groups.at(-1);
    if (group !== undefined && index - group.at(-1)! <= apart) group.push(index);
    else groups.push([index]);
  });
  return groups;
}
