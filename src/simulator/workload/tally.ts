/**
 * What the threads of a phase count together: numbers given out, requests begun, failures in a row, tokens asked for.
 *
 * @module
 */

/** Cells of the counts; the tokens stand behind them in 64 bits. */
const TAKEN = 0;
const BEGUN = 1;
const FAILURES = 2;
const CONNECTION_FAILURES = 3;
const STOPPED = 4;
const COUNTS = 6;
const COUNT_BYTES = COUNTS * Int32Array.BYTES_PER_ELEMENT;

/** Memory of a tally; sent to other threads it stays one. */
export function tallyMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(COUNT_BYTES + BigInt64Array.BYTES_PER_ELEMENT);
}

/** A view of the counts; those of one memory tell the same in every thread. */
export class Tally {
  readonly #counts: Int32Array;
  readonly #tokens: BigInt64Array;

  constructor(memory: SharedArrayBuffer = tallyMemory()) {
    this.#counts = new Int32Array(memory, 0, COUNTS);
    this.#tokens = new BigInt64Array(memory, COUNT_BYTES, 1);
  }

  /** Whether fewer numbers than `most` are given out. */
  isLeft(most: number): boolean {
    return Atomics.load(this.#counts, TAKEN) < most;
  }

  /** The next number from 0 on, given to one caller only; undefined when `most` are given out. */
  take(most: number): number | undefined {
    if (!this.isLeft(most)) return undefined;
    // Between the look and this, another thread may have taken the last.
    const number = Atomics.add(this.#counts, TAKEN, 1);
    return number < most ? number : undefined;
  }

  /** A request is begun: from here on it is owed a row. */
  begin(): void {
    Atomics.add(this.#counts, BEGUN, 1);
  }

  /** Requests begun. */
  get begun(): number {
    return Atomics.load(this.#counts, BEGUN);
  }

  /** Tokens used and reserved. */
  get tokens(): number {
    return Number(Atomics.load(this.#tokens, 0));
  }

  /** Reserves what a request can cost at most; false, and nothing is reserved, where the budget is too small for it. */
  reserve(tokens: number, budget: number): boolean {
    const more = BigInt(Math.ceil(tokens));
    while (true) {
      const before = Atomics.load(this.#tokens, 0);
      if (Number(before + more) > budget) return false;
      if (Atomics.compareExchange(this.#tokens, 0, before, before + more) === before) return true;
    }
  }

  /** Puts what a request cost in the place of what was reserved for it. */
  settle(reserved: number, used: number): void {
    Atomics.add(this.#tokens, 0, BigInt(Math.ceil(used)) - BigInt(Math.ceil(reserved)));
  }

  /** A request ended well: failures are counted anew. */
  succeeded(): void {
    Atomics.store(this.#counts, FAILURES, 0);
    Atomics.store(this.#counts, CONNECTION_FAILURES, 0);
  }

  /** A request failed; how many have without a success between them, and how many of them without an answer. */
  failed(isConnection: boolean): { readonly failures: number; readonly connectionFailures: number } {
    const failures = Atomics.add(this.#counts, FAILURES, 1) + 1;
    if (!isConnection) Atomics.store(this.#counts, CONNECTION_FAILURES, 0);
    return {
      failures,
      connectionFailures: isConnection ? Atomics.add(this.#counts, CONNECTION_FAILURES, 1) + 1 : 0,
    };
  }

  /** Nothing more is to be sent, by any thread. */
  stop(): void {
    Atomics.store(this.#counts, STOPPED, 1);
  }

  /** Whether a thread has stopped the phase. */
  get isStopped(): boolean {
    return Atomics.load(this.#counts, STOPPED) === 1;
  }
}
