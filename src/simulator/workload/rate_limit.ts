/**
 * Where the share of good requests crosses a target, by all runs at all rates: pure.
 *
 * @module
 */
import type { Interval } from "./distribution.ts";

/** What was seen at one rate. */
export interface RateShare {
  readonly ratePerSecond: number;
  /** Of the requests that count, 0 to 1. */
  readonly goodRatio: number;
  /** As how many independent requests those that count are worth: misses come in crowds. */
  readonly worth: number;
}

/** What all runs together say of the limit. */
export interface RateLimit {
  /** As likely below as above. */
  readonly estimatePerSecond: number;
  /** 95 % interval, a second. */
  readonly interval: Interval;
  /** How likely it is that the limit is this rate or more, 0 to 1. */
  atLeast(ratePerSecond: number): number;
  /** The rate that the limit is below with this probability. */
  quantile(part: number): number;
}

/** Where a limit is looked for. */
export interface RateBounds {
  readonly lower: number;
  readonly upper: number;
  /** Share of requests that must be good, 0 to 1. */
  readonly targetRatio: number;
  /** About the most that lasts, by what the server did when it was asked for more than it can: a limit above it is unlikely. */
  readonly capacityPerSecond?: number;
}

/** Steps between the bounds, and how far beyond them a limit may lie in the logarithm. */
const STEPS = 400;
const BEYOND = 0.5;
/**
 * How fast the odds of a miss rise with the rate's logarithm: from a server with room to spare (2 to 5) to a queue that grows
 * without end above one rate. Between them each factor is as likely.
 */
const STEEPNESSES = Array.from({ length: 24 }, (_, i) => 3 * Math.pow(100 / 3, i / 23));
/** Far from the limit a curve of two parameters is not the server's: what was seen there says "above" or "below", no more. */
const FAR_WORTH = 8;
const FAR = 0.3;
/** How far a capacity may be off, in the logarithm. */
const CAPACITY_ERROR = 0.04;
/** A request in so many has another cause than the rate, so that a single one far below the limit does not move it. */
const STRAY = 0.002;

/**
 * Fits the odds of a miss as a power of the rate to all that was seen: every pair of a limit and a steepness is weighed by
 * its likelihood. Rates far from the limit count as little.
 *
 * @param shares one for each rate
 * @param bounds between these the limit is looked for, and a little beyond
 * @returns undefined where nothing was seen
 */
export function rateLimit(
  shares: readonly RateShare[],
  bounds: RateBounds,
): RateLimit | undefined {
  if (shares.length === 0) return undefined;
  // Which rates are far is known by a first look; by each limit in turn, the one far from all would explain most.
  const capped = (isFar: (one: RateShare) => boolean) =>
    shares.map((one) => isFar(one) ? { ...one, worth: Math.min(FAR_WORTH, one.worth) } : one);
  const first = fit(capped(({ goodRatio }) => goodRatio < 1 - 3 * (1 - bounds.targetRatio)), bounds);
  const centre = Math.log(first.estimatePerSecond);
  return fit(capped(({ ratePerSecond }) => Math.abs(Math.log(ratePerSecond) - centre) > FAR), bounds);
}

function fit(shares: readonly RateShare[], bounds: RateBounds): RateLimit {
  const target = Math.min(1 - 2 * STRAY, bounds.targetRatio);
  const wanted = Math.log((1 - target) / target);
  const from = Math.log(bounds.lower) - BEYOND;
  const step = (Math.log(bounds.upper) + BEYOND - from) / STEPS;
  const logs: number[] = [];
  for (let i = 0; i <= STEPS; i++) {
    const place = from + i * step;
    for (const steepness of STEEPNESSES) logs.push(likelihood(shares, { place, steepness, wanted }));
  }
  const capacity = Math.log(bounds.capacityPerSecond ?? Infinity);
  const above = (i: number) =>
    Math.max(0, from + (i / STEEPNESSES.length | 0) * step - capacity) / CAPACITY_ERROR;
  for (let i = 0; i < logs.length; i++) logs[i] = logs[i]! - above(i) ** 2 / 2;
  const most = logs.reduce((high, one) => Math.max(high, one), -Infinity);
  const weights = Array.from(
    { length: STEPS + 1 },
    (_, i) =>
      STEEPNESSES.reduce((sum, _one, k) => sum + Math.exp(logs[i * STEEPNESSES.length + k]! - most), 0),
  );
  return limitOf(weights, from, step);
}

function likelihood(
  shares: readonly RateShare[],
  { place, steepness, wanted }: {
    readonly place: number;
    readonly steepness: number;
    readonly wanted: number;
  },
): number {
  let sum = 0;
  for (const { ratePerSecond, goodRatio, worth } of shares) {
    const distance = Math.log(ratePerSecond) - place;
    const miss = STRAY + (1 - 2 * STRAY) / (1 + Math.exp(-(wanted + steepness * distance)));
    sum += worth * ((1 - goodRatio) * Math.log(miss) + goodRatio * Math.log(1 - miss));
  }
  return sum;
}

function limitOf(weights: readonly number[], from: number, step: number): RateLimit {
  const all = weights.reduce((sum, one) => sum + one, 0);
  /** Places at which a part of all weight lies below. */
  const quantile = (part: number) => {
    let below = 0;
    for (let i = 0; i < weights.length; i++) {
      const next = below + weights[i]! / all;
      if (next >= part) {
        const within = next > below ? (part - below) / (next - below) : 0.5;
        return Math.exp(from + (i + within - 0.5) * step);
      }
      below = next;
    }
    return Math.exp(from + (weights.length - 1) * step);
  };
  return {
    estimatePerSecond: quantile(0.5),
    interval: { lower: quantile(0.025), upper: quantile(0.975) },
    quantile,
    atLeast(ratePerSecond) {
      const place = (Math.log(ratePerSecond) - from) / step;
      return weights.reduce((sum, one, i) => sum + (i >= place ? one : 0), 0) / all;
    },
  };
}
