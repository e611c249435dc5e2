/**
 * Which share of ordinary points a threshold flags, and the other way round.
 *
 * @module
 */
import { twoSidedNormalP } from "./statistics.ts";

/** Share of ordinary Gaussian points that is flagged: those with a strange neighbour, and those that lie far out alone. */
export function flaggedShare(threshold: number): number {
  const beyond = twoSidedNormalP(threshold);
  const accompanied = 1 - (1 - beyond / 2) ** 4;
  const far = twoSidedNormalP(ALONE * threshold);
  return beyond * accompanied + far * (1 - accompanied);
}

/** The threshold at which so large a share of ordinary points is flagged. */
export function thresholdFor(share: number): number {
  let [low, high] = [0, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (flaggedShare(middle) > share) low = middle;
    else high = middle;
  }
  return high;
}

/** A point without a strange neighbour has to lie so many times further out. */
export const ALONE = 1.5;
