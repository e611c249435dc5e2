/**
 * How much longer the tails of a series are than Gaussian ones, on each side.
 *
 * @module
 */
import { normalQuantile, quantile } from "./statistics.ts";

/** How much further out than a Gaussian's a limit has to lie, 1 or more. */
export interface TailFactors {
  readonly above: number;
  readonly below: number;
}

/** Letter values: the halves, quarters, eighths and sixteenths furthest out on a side. */
const DEPTHS = [0.5, 0.75, 0.875, 0.9375];
const DEVIATES = DEPTHS.map((depth) => normalQuantile(0.5 + depth / 2));
/** Fewer differences on a side say nothing of its tail. */
const LEAST_COUNT = 8;
/** Times 1/√n: by chance the letter values of Gaussian values fan out so much (the standard error of h, simulated). */
const FAN_BY_CHANCE = 0.84;

/**
 * Factors for a limit of `threshold` deviations, from the letter values of each side (Tukey's h: the quantiles of z e^(h z²/2);
 * Hoaglin 1985). What a sixteenth of a side's values reach is how the series is; rarer values do not move the limit.
 *
 * One or two runs beyond the threshold are left out: a surge is not the tail that it stands out from.
 *
 * @param scaled differences in robust deviations
 */
export function tailFactors(scaled: Float64Array, threshold: number): TailFactors {
  const isSurge = surges(scaled, threshold);
  return {
    above: sideFactor(distancesOn(1, scaled, isSurge), threshold),
    below: sideFactor(distancesOn(-1, scaled, isSurge), threshold),
  };
}

function distancesOn(sign: 1 | -1, scaled: Float64Array, isSurge: Uint8Array): Float64Array {
  const distances = new Float64Array(scaled.length);
  let kept = 0;
  for (let i = 0; i < scaled.length; i++) {
    const distance = sign * scaled[i]!;
    if (distance > 0 && isSurge[i] === 0) distances[kept++] = distance;
  }
  return distances.subarray(0, kept);
}

function sideFactor(distances: Float64Array, threshold: number): number {
  if (distances.length < LEAST_COUNT) return 1;
  const excess = DEPTHS.map((depth, i) =>
    Math.log(Math.max(quantile(distances, depth), 1e-9) / DEVIATES[i]!)
  );
  const squares = DEVIATES.map((deviate) => deviate * deviate / 2);
  const outerLessInner = ([a, b, c, d]: readonly number[]) => c! + d! - a! - b!;
  const fan = outerLessInner(excess) / outerLessInner(squares) - FAN_BY_CHANCE / Math.sqrt(distances.length);
  return Math.max(1, Math.exp(excess[0]!)) * Math.exp(Math.max(0, fan) * threshold * threshold / 2);
}

/** A run beyond the threshold, a single point between allowed, of at least so many points … */
const SURGE_POINTS = 2;
/** … is a surge, where there are so few of them … */
const MOST_SURGES = 2;
/** … and they hold no more of the series than this. */
const SURGE_SHARE = 0.2;

function surges(scaled: Float64Array, threshold: number): Uint8Array {
  const count = scaled.length;
  const isBeyond = (i: number) => Math.abs(scaled[i] ?? 0) > threshold;
  const runs: [number, number][] = [];
  for (let from = 0; from < count; from++) {
    if (!isBeyond(from)) continue;
    let last = from;
    while (isBeyond(last + 1) || isBeyond(last + 2)) last++;
    if (last - from + 1 >= SURGE_POINTS) runs.push([from, last]);
    from = last;
  }
  const marked = new Uint8Array(count);
  const held = runs.reduce((sum, [from, last]) => sum + last - from + 1, 0);
  if (runs.length <= MOST_SURGES && held <= SURGE_SHARE * count) {
    for (const [from, last] of runs) marked.fill(1, from, last + 1);
  }
  return marked;
}
