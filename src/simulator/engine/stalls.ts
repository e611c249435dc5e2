/**
 * A disturbed machine in more detail than its speed per second: it stops for moments and is quicker between them.
 *
 * @module
 */
import { exponential, type Random } from "../../base/random.ts";
import type { Slowdown } from "./replay.ts";

/** How uneven the speed is within a piece of a slowdown. */
export interface Stalls {
  /** Share of the lost time that is lost in stalls, 0 to 1; the rest is lost evenly. */
  readonly share: number;
  /** Mean length of a stall; lengths are exponential. */
  readonly meanSeconds: number;
}

/** A machine that stands still: so slow that nothing gets done in a stall. */
const STANDSTILL = 1e9;

/**
 * The same slowdown with stalls at random places. The work that each piece gets done stays what it was, so that a replay
 * keeps its time; a piece without a loss, or an endless one, stays as it is.
 */
export function withStalls(slowdown: Slowdown, stalls: Stalls, random: Random): Slowdown {
  const untilSeconds: number[] = [];
  const factors: number[] = [];
  let startSeconds = 0;
  for (const [index, end] of slowdown.untilSeconds.entries()) {
    const factor = slowdown.factors[index]!;
    const durationSeconds = end - startSeconds;
    const lost = Number.isFinite(end) ? stalls.share * durationSeconds * Math.max(0, 1 - 1 / factor) : 0;
    const between = lost > 0 ? factor * (durationSeconds - lost) / durationSeconds : factor;
    for (
      const stall of places(lost, { startSeconds, durationSeconds, meanSeconds: stalls.meanSeconds, random })
    ) {
      untilSeconds.push(stall.fromSeconds, stall.toSeconds);
      factors.push(between, STANDSTILL);
    }
    untilSeconds.push(end);
    factors.push(between);
    startSeconds = end;
  }
  return { untilSeconds, factors };
}

/** Stalls of so much time together, somewhere in a piece and not over each other. */
function places(
  lostSeconds: number,
  piece: {
    readonly startSeconds: number;
    readonly durationSeconds: number;
    readonly meanSeconds: number;
    readonly random: Random;
  },
): { readonly fromSeconds: number; readonly toSeconds: number }[] {
  const lengths: number[] = [];
  let left = lostSeconds;
  while (left > 1e-6) {
    const length = Math.min(left, exponential(piece.random, piece.meanSeconds));
    lengths.push(length);
    left -= length;
  }
  // Points of the running time at which the machine stops, in order; the stalls before one push it back.
  const running = piece.durationSeconds - lostSeconds;
  const points = lengths.map(() => piece.random.next() * running).sort((a, b) => a - b);
  let pushed = 0;
  return points.map((point, index) => {
    const fromSeconds = piece.startSeconds + point + pushed;
    pushed += lengths[index]!;
    return { fromSeconds, toSeconds: fromSeconds + lengths[index]! };
  });
}
