/**
 * Measures how late this thread wakes up: the error bar of everything that it measures.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { percentile, sorted } from "./distribution.ts";

/** Interval of the timer whose overshoot is the lag. */
const INTERVAL_SECONDS = 0.01;
/** Readings kept: ten minutes. */
const CAPACITY = 60_000;

/** A 10 ms timer in the thread of the engine. On a virtual clock there is nothing to measure: it reads nothing. */
export class LagMeter {
  readonly #clock: Clock;
  readonly #times = new Float64Array(CAPACITY);
  readonly #lags = new Float64Array(CAPACITY);
  #count = 0;
  #stop = new AbortController();

  /** Starts at once; call {@link LagMeter.stop}. */
  constructor(clock: Clock) {
    this.#clock = clock;
    if (clock.drive === undefined) void this.#loop();
  }

  /** True when there is a real thread to measure. */
  get measures(): boolean {
    return this.#clock.drive === undefined;
  }

  /** Ends the timer. */
  stop(): void {
    this.#stop.abort();
  }

  /** Readings taken since an instant, oldest first; undefined on a virtual clock. */
  readings(sinceSeconds = -Infinity): Float64Array | undefined {
    if (!this.measures) return undefined;
    const kept = Math.min(this.#count, CAPACITY);
    const lags: number[] = [];
    for (let i = this.#count - 1; i >= this.#count - kept; i--) {
      if (this.#times[i % CAPACITY]! < sinceSeconds) break;
      lags.push(this.#lags[i % CAPACITY]!);
    }
    return Float64Array.from(lags.reverse());
  }

  /** p99 of the readings since an instant; undefined without readings. A timer that is overdue right now counts too. */
  p99Since(sinceSeconds: number): number | undefined {
    const readings = this.readings(sinceSeconds);
    return readings === undefined ? undefined : percentile(sorted(readings), 0.99);
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const due = this.#clock.nowSeconds() + INTERVAL_SECONDS;
      try {
        await this.#clock.sleepUntil(due, signal);
      } catch {
        return; // stopped
      }
      const now = this.#clock.nowSeconds();
      this.#times[this.#count % CAPACITY] = now;
      this.#lags[this.#count % CAPACITY] = now - due;
      this.#count++;
    }
  }
}
