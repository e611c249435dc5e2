/**
 * A time limit on a clock: the only way in which a read gives up, on the machine's clock and on a virtual one alike.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { SampleError } from "../series/types.ts";

/** Who keeps the time, how long, and who may call it off earlier. */
export interface DeadlineOptions {
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  /** Aborted by the caller: the work is called off at once. */
  readonly signal?: AbortSignal;
}

/** Why the timer is called off. Without a reason an exception with its stack would be made each time. */
const ENDED = new Error("ended in time");

/**
 * Runs work for at most a time. The work gets a signal that fires when the time is up or the caller calls it off; it is
 * not waited for after that, whether it listens or not, and what it says later is dropped.
 *
 * @throws SampleError `timeout` (parameter `timeoutSeconds`) or `cancelled`; else what the work throws
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: DeadlineOptions,
): Promise<T> {
  const { clock, timeoutSeconds, signal } = options;
  if (signal?.aborted) throw new SampleError({ code: "cancelled" }, { cause: signal.reason });
  const inner = new AbortController();
  const timer = new AbortController();
  const stop = Promise.withResolvers<never>();
  const giveUp = (error: SampleError) => {
    stop.reject(error);
    inner.abort(error);
  };
  const onAbort = () => giveUp(new SampleError({ code: "cancelled" }, { cause: signal?.reason }));
  signal?.addEventListener("abort", onAbort, { once: true });
  clock.sleepUntil(clock.nowSeconds() + timeoutSeconds, timer.signal).then(
    () => giveUp(new SampleError({ code: "timeout", params: { timeoutSeconds } })),
    () => {}, // The timer was called off below: the work ended first.
  );
  const running = work(inner.signal);
  running.catch(() => {}); // It may fail after nobody waits for it any more.
  try {
    return await Promise.race([running, stop.promise]);
  } finally {
    timer.abort(ENDED);
    signal?.removeEventListener("abort", onAbort);
  }
}
