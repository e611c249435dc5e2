/**
 * Which part of a run is steady: pure.
 *
 * @module
 */
import type { RequestRecord, TimeSpan } from "../../series/types.ts";
import { ttftSeconds } from "./request_times.ts";

/** Where the warm-up of a sequence ends. */
export interface WarmUp {
  /** How many values to leave out at the beginning. */
  readonly cut: number;
  /** False when the best cut lies at the middle: then the sequence never settled. */
  readonly steady: boolean;
}

/**
 * MSER-5: of batch means of five, leaves out the d that minimise s²/(n - d) over the rest, d up to n/2.
 *
 * Source: White, Simulation 69:6 (1997); White, Cobb and Spratt, WSC 2000. Fewer than ten values say nothing: no cut.
 */
export function mser5(values: ArrayLike<number>): WarmUp {
  const means: number[] = [];
  for (let at = 0; at + 5 <= values.length; at += 5) {
    let sum = 0;
    for (let i = at; i < at + 5; i++) sum += values[i]!;
    means.push(sum / 5);
  }
  const n = means.length;
  if (n < 2) return { cut: 0, steady: false };
  const half = Math.floor(n / 2);
  let best = { at: 0, score: Infinity };
  // From the end on, so that sums of the rest grow by one batch at a time.
  let sum = 0;
  let squares = 0;
  for (let d = n - 1; d >= 0; d--) {
    sum += means[d]!;
    squares += means[d]! ** 2;
    const rest = n - d;
    const score = Math.max(0, squares - sum * sum / rest) / rest ** 2;
    // At a tie the earlier cut keeps more: rounding of equal values must not cost any.
    if (d <= half && score <= best.score + 1e-12 * Math.abs(best.score)) best = { at: d, score };
  }
  return { cut: best.at * 5, steady: best.at < half };
}

/** The steady part of a run. */
export interface SteadyWindow {
  readonly span: TimeSpan;
  /** The requests that were sent and ended within it, in the order of their sends. */
  readonly records: readonly RequestRecord[];
  /** Requests left out before and after. */
  readonly before: number;
  readonly after: number;
  /** False when MSER-5 found no end of the warm-up. */
  readonly steady: boolean;
}

/** Share of its peak that the number in flight must hold … */
const LOAD_SHARE = 0.9;
/** … but one slot may always be between two requests, and a dip may last this long. */
const DIP_SECONDS = 0.05;

/**
 * Finds the steady window. In a closed loop it is the longest time in which the number in flight stays near its peak, so
 * that the first and the last wave drop out; in an open loop, where that number tells the server's state, it is the time
 * of the arrivals. From either, the warm-up goes that MSER-5 finds in TTFT in the order of the sends.
 *
 * @returns undefined when no request was both sent and ended
 */
export function steadyWindow(
  records: readonly RequestRecord[],
  options: { readonly loop: "open" | "closed" },
): SteadyWindow | undefined {
  const whole = options.loop === "closed" ? longestPlateau(records) : arrivalSpan(records);
  if (whole === undefined) return undefined;
  const inside = records
    .filter(({ sentSeconds, endSeconds }) =>
      sentSeconds !== undefined && endSeconds !== undefined && sentSeconds >= whole.startSeconds &&
      sentSeconds <= whole.endSeconds
    )
    .sort((a, b) => (a.sentSeconds ?? 0) - (b.sentSeconds ?? 0));
  const measured = inside.filter((record) => ttftSeconds(record) !== undefined);
  const warmUp = mser5(measured.map((record) => ttftSeconds(record) ?? NaN));
  const startSeconds = warmUp.cut === 0
    ? whole.startSeconds
    : measured[warmUp.cut]?.sentSeconds ?? whole.startSeconds;
  const kept = inside.filter((record) => (record.sentSeconds ?? 0) >= startSeconds);
  const before = records.filter((record) => (record.sentSeconds ?? record.dueSeconds) < startSeconds).length;
  return {
    span: { startSeconds, endSeconds: whole.endSeconds },
    records: kept,
    before,
    after: records.length - before - kept.length,
    steady: warmUp.steady,
  };
}

function arrivalSpan(records: readonly RequestRecord[]): TimeSpan | undefined {
  let startSeconds = Infinity;
  let endSeconds = -Infinity;
  for (const { sentSeconds } of records) {
    if (sentSeconds === undefined) continue;
    startSeconds = Math.min(startSeconds, sentSeconds);
    endSeconds = Math.max(endSeconds, sentSeconds);
  }
  return startSeconds <= endSeconds ? { startSeconds, endSeconds } : undefined;
}

/** The longest time in which the number in flight holds its share of the peak, short dips apart. */
function longestPlateau(records: readonly RequestRecord[]): TimeSpan | undefined {
  const steps = flightSteps(records);
  const peak = steps.reduce((most, { inFlight }) => Math.max(most, inFlight), 0);
  if (peak === 0) return undefined;
  const least = Math.max(1, Math.min(LOAD_SHARE * peak, peak - 1));
  let best = { startSeconds: 0, endSeconds: 0 };
  let since: number | undefined;
  for (const [i, { timeSeconds, inFlight }] of steps.entries()) {
    if (inFlight >= least) since ??= timeSeconds;
    else if (since !== undefined && !recovers(steps, i, least)) {
      if (timeSeconds - since > best.endSeconds - best.startSeconds) {
        best = { startSeconds: since, endSeconds: timeSeconds };
      }
      since = undefined;
    }
  }
  return best;
}

interface FlightStep {
  readonly timeSeconds: number;
  readonly inFlight: number;
}

/** Number in flight after each instant at which it changes. */
function flightSteps(records: readonly RequestRecord[]): readonly FlightStep[] {
  const changes = new Map<number, number>();
  for (const { sentSeconds, endSeconds } of records) {
    if (sentSeconds === undefined || endSeconds === undefined) continue;
    changes.set(sentSeconds, (changes.get(sentSeconds) ?? 0) + 1);
    changes.set(endSeconds, (changes.get(endSeconds) ?? 0) - 1);
  }
  let inFlight = 0;
  return [...changes].sort(([a], [b]) => a - b).map(([timeSeconds, change]) => ({
    timeSeconds,
    inFlight: inFlight += change,
  }));
}

function recovers(steps: readonly FlightStep[], from: number, least: number): boolean {
  const limit = steps[from]!.timeSeconds + DIP_SECONDS;
  for (let i = from + 1; i < steps.length && steps[i]!.timeSeconds <= limit; i++) {
    if (steps[i]!.inFlight >= least) return true;
  }
  return false;
}
