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

/** A timer that rings so much too late was held up by this machine: an answer may lie there that nobody could read yet. */
const LATE_SECONDS = 0.02;
/** For reading it. */
const GRACE_SECONDS = 0.25;
/** From here on it is said beside the timeout. */
const STOOD_STILL_SECONDS = 0.1;

function timedOut(timeoutSeconds: number, lateSeconds: number): SampleError {
  const stoodStill = lateSeconds < STOOD_STILL_SECONDS
    ? {}
    : { stoodStillSeconds: Math.round(10 * lateSeconds) / 10 };
  return new SampleError({ code: "timeout", params: { timeoutSeconds, ...stoodStill } });
}

/**
 * Runs work for at most a time; where this process itself stood still when that ended, for a quarter of a second more. The work gets
 * a signal that fires when the time is up or the caller calls it off; it is not waited for after that, whether it listens or not, and
 * what it says later is dropped.
 *
 * @throws SampleError `timeout` (parameters `timeoutSeconds` and, where this process stood still itself, `stoodStillSeconds`)
 * or `cancelled`; else what the work throws
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: DeadlineOptions,
): Promise<T> {
  const { signal } = options;
  if (signal?.aborted) throw cancelled(signal);
  const inner = new AbortController();
  const startSeconds = options.clock.nowSeconds();
  const running = work(inner.signal);
  // What is read from memory or a small file is there at once: no timer is set and called off for that.
  if (await isSettledSoon(running)) return running;
  return waitFor(running, { ...options, inner, endSeconds: startSeconds + options.timeoutSeconds });
}

/** Turns of the microtask queue within which work without waiting ends: an `await` or two in each layer. */
const TURNS = 6;

async function isSettledSoon(running: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  running.then(note, note); // Also keeps a failure that nobody waits for any more from being an uncaught one.
  for (let turn = 0; turn < TURNS && !settled; turn++) await undefined;
  return settled;
}

async function waitFor<T>(
  running: Promise<T>,
  options: DeadlineOptions & { readonly inner: AbortController; readonly endSeconds: number },
): Promise<T> {
  const { clock, timeoutSeconds, signal, inner, endSeconds } = options;
  const timer = new AbortController();
  const stop = Promise.withResolvers<never>();
  const giveUp = (error: SampleError) => {
    stop.reject(error);
    inner.abort(error);
  };
  const onAbort = () => giveUp(cancelled(signal));
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const late = async () => {
    await clock.sleepUntil(endSeconds, timer.signal);
    const lateSeconds = clock.nowSeconds() - endSeconds;
    if (lateSeconds > LATE_SECONDS) {
      await clock.sleepUntil(clock.nowSeconds() + Math.min(GRACE_SECONDS, timeoutSeconds), timer.signal);
    }
    return lateSeconds;
  };
  late().then(
    (lateSeconds) => giveUp(timedOut(timeoutSeconds, lateSeconds)),
    () => {}, // The timer was called off below: the work ended first.
  );
  try {
    return await Promise.race([running, stop.promise]);
  } finally {
    timer.abort(ENDED);
    signal?.removeEventListener("abort", onAbort);
  }
}

/**
 * A time limit for work that is done again and again, one piece at a time, and is nearly always quick: one timer runs over
 * many pieces and looks, when it fires, whether the present one is late. Setting and calling off a timer for each would cost
 * more than the work. Whoever makes one stops it, else its timer keeps the program alive for a limit's length.
 */
export class RollingDeadline {
  readonly #clock: Clock;
  readonly #timeoutSeconds: number;
  readonly #life = new AbortController();
  #signal: AbortSignal | undefined;
  #giveUp: ((error: SampleError) => void) | undefined;
  #endSeconds = Infinity;
  /** How long this process stood still over the end of the present piece; undefined: it did not, or is not over it. */
  #lateSeconds: number | undefined;
  #isArmed = false;

  /** Sets no timer yet. */
  constructor(options: { readonly clock: Clock; readonly timeoutSeconds: number }) {
    this.#clock = options.clock;
    this.#timeoutSeconds = options.timeoutSeconds;
  }

  /**
   * Waits for work that has begun, at most so long; what it says later is dropped.
   *
   * @throws SampleError as {@link withDeadline}: `timeout` or `cancelled`; else what the work throws
   */
  limit<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(cancelled(signal));
    this.#listen(signal);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const giveUp = (error: SampleError) => {
      this.#giveUp = undefined;
      reject(error);
    };
    const end = () => {
      if (this.#giveUp === giveUp) this.#giveUp = undefined;
    };
    this.#giveUp = giveUp;
    this.#lateSeconds = undefined;
    this.#endSeconds = this.#clock.nowSeconds() + this.#timeoutSeconds;
    this.#arm();
    running.then(resolve, reject).then(end);
    return promise;
  }

  /** Calls the timer off. What is waited for now is still waited for, without a limit. */
  stop(): void {
    this.#life.abort(ENDED);
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  /** Callers give the same signal again and again: it is listened to once. */
  #listen(signal: AbortSignal): void {
    if (signal === this.#signal) return;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = () => this.#giveUp?.(cancelled(this.#signal));

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#clock.sleepUntil(this.#endSeconds, this.#life.signal).then(
      () => this.#fire(),
      () => {}, // Stopped.
    );
  }

  #fire(): void {
    this.#isArmed = false;
    if (this.#giveUp === undefined) return; // Nothing is waited for: the next piece sets the timer again.
    const now = this.#clock.nowSeconds();
    if (now < this.#endSeconds) return this.#arm();
    const lateSeconds = now - this.#endSeconds;
    if (this.#lateSeconds === undefined && lateSeconds > LATE_SECONDS) {
      this.#lateSeconds = lateSeconds;
      this.#endSeconds = now + Math.min(GRACE_SECONDS, this.#timeoutSeconds);
      return this.#arm();
    }
    this.#giveUp(timedOut(this.#timeoutSeconds, this.#lateSeconds ?? lateSeconds));
  }
}

function cancelled(signal: AbortSignal | undefined): SampleError {
  return new SampleError({ code: "cancelled" }, { cause: signal?.reason });
}
