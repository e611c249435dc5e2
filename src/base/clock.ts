/**
 * Time as a dependency: everything that reads a clock or waits takes one of these.
 *
 * @module
 */
import { checkArgument, CLOCK, FUNCTION, SECONDS, SIGNAL } from "./arguments.ts";

/** A source of time and of waiting. Instants are Unix seconds as doubles, never going backwards. */
export interface Clock {
  /** Now, in Unix seconds. Monotonic: a step of the wall clock does not move it. */
  nowSeconds(): number;
  /**
   * Resolves at the given instant (at once when it is past).
   *
   * @throws the signal's reason when it is aborted before or while waiting
   */
  sleepUntil(timeSeconds: number, signal?: AbortSignal): Promise<void>;
  /**
   * What the machine's own clock says now, Unix seconds; it may be set, and goes on while the machine sleeps. Absent on a
   * clock that has no machine behind it.
   */
  wallSeconds?(): number;
  /**
   * Present on a virtual clock only: time moves while at least one such work is under way, and stands still between.
   * Call it through {@link drive}.
   */
  drive?<T>(work: () => Promise<T>): Promise<T>;
}

/** Waits so many seconds on a clock, real or virtual. Same rejection as {@link Clock.sleepUntil}. */
export function sleep(clock: Clock, durationSeconds: number, signal?: AbortSignal): Promise<void> {
  const call = "sleep(lab.clock, 5)";
  checkArgument(call, { clock }, CLOCK);
  checkArgument(call, { durationSeconds }, SECONDS);
  if (signal !== undefined) checkArgument(call, { signal }, SIGNAL);
  return clock.sleepUntil(clock.nowSeconds() + durationSeconds, signal);
}

/**
 * Runs work in the foreground: what a person waits for (a load, a watch, a stop). On a real clock this is a plain call;
 * on a virtual one it is what lets time pass, so that background work alone never makes the hours fly.
 */
export function drive<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  const call = "drive(lab.clock, async () => await collector.collectOnce())";
  checkArgument(call, { clock }, CLOCK);
  checkArgument(call, { work }, FUNCTION);
  return clock.drive === undefined ? work() : clock.drive(work);
}
