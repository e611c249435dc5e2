/**
 * Measures how late this thread wakes up: the error bar of everything that it measures.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { firstPassing } from "../../base/search.ts";
import { LAG_INTERVAL_SECONDS, lagP99 } from "./trust.ts";

/** A timer is always a little late; from here on it stands for a thread that is being held up. */
const OVERDUE_SECONDS = 0.003;
/** Readings kept: ten minutes. */
const CAPACITY = 60_000;

/** A 10 ms timer in the thread of the engine. On a virtual clock there is nothing to measure: it reads nothing. */
export class LagMeter {
  readonly #clock: Clock;
  readonly #times = new Float64Array(CAPACITY);
  readonly #lags = new Float64Array(CAPACITY);
  readonly #scratch = new Float64Array(CAPACITY + 1);
  /** The last p99 that was asked for: a thousand requests that end between two readings have the same. */
  #asked = { first: -1, count: -1, p99: 0 };
  #dueSeconds = Infinity;
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
    return this.#copyFrom(this.#firstSince(sinceSeconds)).slice();
  }

  /** {@link lagP99} of the readings since an instant; undefined without readings. A timer that is overdue right now counts too. */
  p99Since(sinceSeconds: number): number | undefined {
    if (!this.measures) return undefined;
    const first = this.#firstSince(sinceSeconds);
    const overdue = this.#clock.nowSeconds() - this.#dueSeconds;
    if (overdue > OVERDUE_SECONDS) {
      this.#copyFrom(first);
      const length = this.#count - first + 1;
      this.#scratch[length - 1] = overdue;
      return lagP99(this.#scratch.subarray(0, length).sort());
    }
    if (first === this.#count) return undefined;
    if (first !== this.#asked.first || this.#count !== this.#asked.count) {
      this.#asked = { first, count: this.#count, p99: lagP99(this.#copyFrom(first).sort())! };
    }
    return this.#asked.p99;
  }

  /** The first reading at or after an instant that is still kept; the number of all where none is. */
  #firstSince(sinceSeconds: number): number {
    const oldest = Math.max(0, this.#count - CAPACITY);
    return firstPassing(oldest, this.#count, (index) => this.#times[index % CAPACITY]! >= sinceSeconds);
  }

  /** Readings from one on, in a buffer that the next call uses again. */
  #copyFrom(first: number): Float64Array {
    for (let i = first; i < this.#count; i++) this.#scratch[i - first] = this.#lags[i % CAPACITY]!;
    return this.#scratch.subarray(0, this.#count - first);
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const due = this.#clock.nowSeconds() + LAG_INTERVAL_SECONDS;
      this.#dueSeconds = due;
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
