/**
 * The two clocks: the machine's, and one that jumps from timer to timer.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../base/clock.ts";

/** A timer cannot be set further ahead than this (2^31 - 1 ms); longer waits are cut in pieces. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The one clock of a process: `performance.timeOrigin + performance.now()`, so that a step of the wall clock cannot split two witnesses. */
export function realClock(): Clock {
  const nowSeconds = () => (performance.timeOrigin + performance.now()) / 1000;
  return {
    nowSeconds,
    wallSeconds: () => Date.now() / 1000,
    async sleepUntil(timeSeconds, signal) {
      signal?.throwIfAborted();
      for (let left = timeSeconds - nowSeconds(); left > 0; left = timeSeconds - nowSeconds()) {
        await timer(Math.min(left * 1000, LONGEST_TIMER_MS), signal);
      }
    },
  };
}

function timer(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(handle);
      reject(signal?.reason);
    };
    // Fractions of a millisecond are cut by setTimeout, which would wake up early and spin: round up.
    const handle = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, Math.ceil(delayMs));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

interface VirtualTimer {
  readonly timeSeconds: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * A clock without waiting: while driven, it lets everything that can run do so, then jumps to the next timer.
 * Two runs with the same code and seeds take the same steps in the same order, provided that nothing but this clock
 * is waited for (no sockets, files or real timers).
 */
export class VirtualClock implements Clock {
  #nowSeconds: number;
  #timers: VirtualTimer[] = [];
  #order = 0;
  #driven = 0;
  #pumping = false;

  /**
   * Begins at a given instant; no time passes until something is driven.
   *
   * @param startSeconds the first instant, Unix seconds
   */
  constructor(startSeconds: number) {
    this.#nowSeconds = startSeconds;
  }

  nowSeconds(): number {
    return this.#nowSeconds;
  }

  sleepUntil(timeSeconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = { timeSeconds, order: this.#order++, fire };
      const remove = () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
      };
      const onAbort = () => {
        remove();
        reject(signal?.reason);
      };
      function fire() {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#insert(timer);
    });
  }

  async drive<T>(work: () => Promise<T>): Promise<T> {
    this.#driven++;
    const running = work();
    void this.#pump();
    try {
      return await running;
    } finally {
      this.#driven--;
    }
  }

  /** Keeps the list sorted by time, then by order of registration. */
  #insert(timer: VirtualTimer): void {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timers[middle]!.timeSeconds <= timer.timeSeconds) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (true) {
        // One turn of the event loop runs every promise reaction that is ready, however long the chain.
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (this.#driven === 0) return;
        const next = this.#timers.shift();
        if (next === undefined) continue;
        this.#nowSeconds = Math.max(this.#nowSeconds, next.timeSeconds);
        next.fire();
      }
    } finally {
      this.#pumping = false;
    }
  }
}
