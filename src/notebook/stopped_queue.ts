/**
 * The cells that wait behind a stopped one. The Deno kernel goes on with them, as if nothing had happened: a Stop in the
 * middle of "Run All" would clean up all that it was meant to keep. It does not tell where a cell ends, so time decides.
 *
 * @module
 */

/** A stop that nothing has taken notice of for so long was pressed while the kernel was idle. */
const STOP_IS_NEW_MS = 3_000;

/** A waiting cell begins at once and comes to its first output within this time; a reader takes longer. */
const WAITING_MS = 1_500;

/** Remembers that Stop was pressed, and refuses what follows closely. */
export class StoppedQueue {
  readonly #off: boolean;
  readonly #nowMs: () => number;
  #stoppedAtMs = -Infinity;
  #refusesUntilMs = -Infinity;

  /** With `off` it never refuses anything. */
  constructor(options: { readonly off?: boolean; readonly nowMs?: () => number } = {}) {
    this.#off = options.off ?? false;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Stop was pressed. */
  stop(): void {
    if (!this.#off) this.#stoppedAtMs = this.#nowMs();
  }

  /** True once after each stop, for the cell that was running: with its end begin the cells that are refused. */
  takeStop(): boolean {
    const now = this.#nowMs();
    const taken = now - this.#stoppedAtMs < STOP_IS_NEW_MS;
    this.#stoppedAtMs = -Infinity;
    if (taken) this.#refusesUntilMs = now + WAITING_MS;
    return taken;
  }

  /** True in a cell that has begun right after a stopped or a refused one. */
  refuses(): boolean {
    const now = this.#nowMs();
    if (now >= this.#refusesUntilMs) return false;
    this.#refusesUntilMs = now + WAITING_MS;
    return true;
  }
}
