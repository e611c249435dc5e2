/**
 * When to try again: soon at first, ever more rarely, at most once a minute.
 *
 * @module
 */

const FIRST_SECONDS = 1;
const LONGEST_SECONDS = 60;

/** A back-off that doubles. */
export class RetryTimer {
  #atSeconds = -Infinity;
  #waitSeconds = FIRST_SECONDS;

  /** True when a try is allowed. */
  isDue(timeSeconds: number): boolean {
    return timeSeconds >= this.#atSeconds;
  }

  /** The try failed. */
  fail(timeSeconds: number): void {
    this.#atSeconds = timeSeconds + this.#waitSeconds;
    this.#waitSeconds = Math.min(2 * this.#waitSeconds, LONGEST_SECONDS);
  }

  /** The try succeeded. */
  succeed(): void {
    this.#atSeconds = -Infinity;
    this.#waitSeconds = FIRST_SECONDS;
  }
}
