/**
 * A limit on requests in flight, with a queue before it.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";

/** So many places; who finds none waits in order of arrival. */
export class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a place if one is free and nobody waits for it. */
  take(): boolean {
    if (this.#free === 0 || this.#waiting.length > 0) return false;
    this.#free--;
    return true;
  }

  /** Gives a place back: to who waits longest, if anybody does. */
  free(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }

  /** Waits for a place until an instant; false when none came free, or the signal aborted. */
  async wait(clock: Clock, untilSeconds: number, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const turn = Promise.withResolvers<boolean>();
    const enter = () => turn.resolve(true);
    this.#waiting.push(enter);
    const leave = () => {
      const index = this.#waiting.indexOf(enter);
      if (index < 0) return; // its turn came first
      this.#waiting.splice(index, 1);
      turn.resolve(false);
    };
    const stop = () => over.abort();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    clock.sleepUntil(untilSeconds, over.signal).then(leave, leave);
    const got = await turn.promise;
    signal.removeEventListener("abort", stop);
    over.abort();
    return got;
  }
}
