/**
 * The two clocks: the machine's, and one that jumps from timer to timer.
 *
 * @module
 */
import { checkArgument, FUNCTION, NUMBER, SIGNAL } from "../base/arguments.ts";
import { setImmediate } from "node:timers";
import type { Clock } from "../base/clock.ts";
import { firstPassing } from "../base/search.ts";

/** A timer cannot be set further ahead than this (2^31 - 1 ms); longer waits are cut in pieces. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The one clock of a process: `performance.timeOrigin + performance.now()`, so that a step of the wall clock cannot split two witnesses. */
export function realClock(): Clock {
  return {
    nowSeconds,
    wallSeconds: () => Date.now() / 1000,
    async sleepUntil(timeSeconds, signal) {
      signal?.throwIfAborted();
      while (timeSeconds > nowSeconds()) await alarmed(timeSeconds, signal);
    },
  };
}

function nowSeconds(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

/** Those who wait for one millisecond. */
interface Alarm {
  readonly waiting: Set<() => void>;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** By millisecond. All samplers of a grid wait for the same one: setting the runtime's timer costs more than a read. */
const alarms = new Map<number, Alarm>();

function alarmed(timeSeconds: number, signal: AbortSignal | undefined): Promise<void> {
  // Fractions of a millisecond are cut by setTimeout, which would wake up early and spin: round up.
  const nowMs = nowSeconds() * 1000;
  const dueMs = Math.min(Math.ceil(timeSeconds * 1000), Math.floor(nowMs) + LONGEST_TIMER_MS);
  const alarm = alarms.get(dueMs) ?? newAlarm(dueMs, dueMs - nowMs);
  return new Promise((resolve, reject) => {
    const ring = () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    };
    const onAbort = () => {
      alarm.waiting.delete(ring);
      if (alarm.waiting.size === 0) {
        clearTimeout(alarm.timer);
        if (alarms.get(dueMs) === alarm) alarms.delete(dueMs);
      }
      reject(signal?.reason);
    };
    alarm.waiting.add(ring);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function newAlarm(dueMs: number, delayMs: number): Alarm {
  const waiting = new Set<() => void>();
  const timer = setTimeout(() => {
    alarms.delete(dueMs);
    for (const ring of waiting) ring();
  }, Math.ceil(delayMs));
  const alarm = { waiting, timer };
  alarms.set(dueMs, alarm);
  return alarm;
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
    checkArgument("new VirtualClock(0)", { startSeconds }, NUMBER);
    this.#nowSeconds = startSeconds;
  }

  nowSeconds(): number {
    return this.#nowSeconds;
  }

  sleepUntil(timeSeconds: number, signal?: AbortSignal): Promise<void> {
    if (typeof timeSeconds !== "number") {
      checkArgument("clock.sleepUntil(clock.nowSeconds() + 5)", { timeSeconds }, NUMBER);
    }
    if (signal !== undefined) {
      checkArgument("clock.sleepUntil(timeSeconds, stopSignal())", { signal }, SIGNAL);
    }
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
    checkArgument("clock.drive(async () => {})", { work }, FUNCTION);
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
    const timers = this.#timers;
    const at = firstPassing(0, timers.length, (index) => timers[index]!.timeSeconds > timer.timeSeconds);
    timers.splice(at, 0, timer);
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
