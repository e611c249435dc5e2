/**
 * Steps of the machine's clock against the lab's.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

/**
 * The lab's clock never jumps: when the machine's is set, or goes on while the machine sleeps, the two part. Times in the
 * lab stay even, but no longer agree with the server's own; that is worth an event.
 */
export class WallClockWatch {
  readonly #clock: Clock;
  #skewSeconds: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#skewSeconds = this.#skew();
  }

  /** How far the machine's clock has stepped since the last call that told a step of a second or more; 0: not at all. */
  stepSeconds(): number {
    const skew = this.#skew();
    if (skew === undefined || this.#skewSeconds === undefined) return 0;
    const step = skew - this.#skewSeconds;
    if (Math.abs(step) < 1) return 0; // A clock that is being slewed drifts by milliseconds a minute.
    this.#skewSeconds = skew;
    return step;
  }

  #skew(): number | undefined {
    const wall = this.#clock.wallSeconds?.();
    return wall === undefined ? undefined : wall - this.#clock.nowSeconds();
  }
}
