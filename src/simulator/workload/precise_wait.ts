/**
 * Waiting for an instant more exactly than a timer does.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../../base/clock.ts";

/** A timer fires up to some 2 ms late; from here on the event loop itself is turned until the instant. */
const TURN_SECONDS = 0.002;

/**
 * Waits on a real clock: a timer until shortly before, then turns of the event loop, which let sockets be read.
 *
 * @throws the signal's reason when it is aborted
 */
export async function waitPrecisely(clock: Clock, timeSeconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const early = timeSeconds - TURN_SECONDS;
  if (clock.nowSeconds() < early) await clock.sleepUntil(early, signal);
  while (clock.nowSeconds() < timeSeconds) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  }
}
