/**
 * How much a server can do: Little's law, the knee of a load curve, KV memory for a target, and what the engine model
 * says of other settings.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";

/** Little's law over a window: L = λ W. */
export interface LittleCheck {
  /** Mean number in the system as gauges say. */
  readonly observed: number;
  /** Arrival rate times mean time in the system. */
  readonly expected: number;
  /** The first by the second. */
  readonly ratio: number;
  /** Within a tenth: the three figures belong together. */
  readonly consistent: boolean;
}

/**
 * Checks L = λ W (Little 1961) for figures of one steady window. Sums are booked when requests end, so the window must be
 * at least ten times the mean time in the system, and without trend.
 *
 * @returns a cause where the window is too short or empty
 */
export function checkLittle(
  window: {
    readonly seconds: number;
    readonly meanInSystem: number;
    readonly finished: number;
    readonly meanSeconds: number;
  },
): LittleCheck | { readonly absent: Cause } {
  if (!(window.finished > 0) || !(window.seconds > 0)) return { absent: { code: "no_requests_in_window" } };
  if (window.seconds < 10 * window.meanSeconds) {
    return {
      absent: {
        code: "window_not_covered",
        params: {
          coveredSeconds: Math.round(window.seconds),
          windowSeconds: Math.round(10 * window.meanSeconds),
        },
      },
    };
  }
  const expected = window.finished / window.seconds * window.meanSeconds;
  const ratio = expected > 0 ? window.meanInSystem / expected : NaN;
  return { observed: window.meanInSystem, expected, ratio, consistent: Math.abs(ratio - 1) <= 0.1 };
}

/** One level of load: what was asked, what came out, how long it took. */
export interface LoadLevel {
  readonly throughput: number;
  readonly latencySeconds: number;
}

/** The level beyond which latency grows faster than throughput. */
export interface Knee extends LoadLevel {
  readonly index: number;
  /** Distance from the straight line between the ends, 0 to 1: below 0.1 there is no clear knee. */
  readonly sharpness: number;
}

/**
 * Knee of a throughput–latency curve by the farthest point from the chord (Satopää et al., "Kneedle", 2011, without
 * smoothing), on axes scaled to 0–1.
 *
 * @param levels at least three, in any order; a level with less throughput than one of lower latency is past saturation
 */
export function findKnee(levels: readonly LoadLevel[]): Knee | { readonly absent: Cause } {
  if (levels.length < 3) {
    return { absent: { code: "not_enough_points", params: { count: levels.length, wanted: 3 } } };
  }
  const ordered = levels.map((level, index) => ({ ...level, index })).sort((a, b) =>
    a.throughput - b.throughput
  );
  const [low, high] = [ordered[0]!, ordered.at(-1)!];
  const latencies = ordered.map((level) => level.latencySeconds);
  const [least, most] = [Math.min(...latencies), Math.max(...latencies)];
  if (!(high.throughput > low.throughput) || !(most > least)) return { absent: { code: "constant_series" } };
  const scored = ordered.map((level) => {
    const x = (level.throughput - low.throughput) / (high.throughput - low.throughput);
    const y = (level.latencySeconds - least) / (most - least);
    return { ...level, sharpness: x - y };
  });
  return scored.reduce((best, level) => level.sharpness > best.sharpness ? level : best);
}

/** Utilisation of a server that finishes at most `capacity` requests a second. */
export function utilization(arrivalsPerSecond: number, capacityPerSecond: number): number {
  return capacityPerSecond > 0 ? arrivalsPerSecond / capacityPerSecond : NaN;
}

/** KV tokens that a number of requests needs at once, each with its prompt and, on average over its life, half its output. */
export function kvTokensFor(
  load: {
    readonly concurrency: number;
    readonly promptTokens: number;
    readonly outputTokens: number;
    /** Share of the prompt that all of them have in common and hold once; default 0. */
    readonly sharedShare?: number;
    readonly blockSizeTokens?: number;
  },
): { readonly mean: number; readonly peak: number } {
  const { concurrency, promptTokens, outputTokens, sharedShare = 0, blockSizeTokens = 16 } = load;
  const own = promptTokens * (1 - sharedShare);
  const shared = promptTokens * sharedShare;
  const blocks = (tokens: number) => Math.ceil(tokens / blockSizeTokens) * blockSizeTokens;
  return {
    mean: shared + concurrency * (own + outputTokens / 2 + blockSizeTokens / 2),
    peak: blocks(shared) + concurrency * blocks(own + outputTokens),
  };
}
