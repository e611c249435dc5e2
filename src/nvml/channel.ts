/**
 * The memory that the lab's thread and the calling thread share: who asked what, what was answered, and the numbers.
 *
 * The calling thread sleeps on `asked` without an event loop, and the lab's thread is woken by `answered`: a message each way
 * would cost more than reading eight GPUs.
 *
 * @module
 */

/** What is asked. */
export const COMMAND = { read: 0, close: 1 } as const;

/** In place of a form's number: the answer comes as a message (a new form, faults, a failure, too many numbers). */
export const BY_MESSAGE = -1;

/** Words of the control part. */
const ASKED = 0;
const ANSWERED = 1;
const COMMAND_WORD = 2;
const FORM = 3;
const SIZE = 4;
const TIME_BYTE = 32;
const VALUES_BYTE = 64;

/** Numbers that there is room for: 60 instances with all their figures, and processes. More come as a message. */
const CAPACITY = 4096;

/** Room for both sides. */
export function newChannelMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(VALUES_BYTE + 8 * CAPACITY);
}

/** One side's view of it. Each word is written by one side only. */
export class Channel {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #time: Float64Array<SharedArrayBuffer>;
  readonly values: Float64Array<SharedArrayBuffer>;
  #seen = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, TIME_BYTE / 4);
    this.#time = new Float64Array(memory, TIME_BYTE, 1);
    this.values = new Float64Array(memory, VALUES_BYTE);
  }

  /** The lab's side asks, and gets a promise of the answer's arrival. */
  ask(command: number, timeSeconds: number): Promise<unknown> {
    const asked = Atomics.load(this.#words, ASKED);
    const answered = Atomics.load(this.#words, ANSWERED); // Before it may be answered.
    this.#time[0] = timeSeconds;
    Atomics.store(this.#words, COMMAND_WORD, command);
    Atomics.store(this.#words, ASKED, asked + 1);
    Atomics.notify(this.#words, ASKED);
    const arrival = Atomics.waitAsync(this.#words, ANSWERED, answered);
    return arrival.async ? arrival.value : Promise.resolve();
  }

  /** The calling side sleeps until it is asked something that it has not seen. */
  nextQuestion(): { readonly command: number; readonly timeSeconds: number } {
    Atomics.wait(this.#words, ASKED, this.#seen);
    this.#seen = Atomics.load(this.#words, ASKED);
    return { command: Atomics.load(this.#words, COMMAND_WORD), timeSeconds: this.#time[0]! };
  }

  /** The calling side answers; numbers must stand in `values` by then. */
  answer(form: number, size = 0): void {
    Atomics.store(this.#words, FORM, form);
    Atomics.store(this.#words, SIZE, size);
    Atomics.store(this.#words, ANSWERED, this.#seen);
    Atomics.notify(this.#words, ANSWERED);
  }

  /** The newest answer. */
  get answered(): { readonly form: number; readonly size: number } {
    return { form: Atomics.load(this.#words, FORM), size: Atomics.load(this.#words, SIZE) };
  }
}
