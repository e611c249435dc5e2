/**
 * NVML from the lab's thread: questions to the calling thread, one at a time, none of them waited for longer than a limit.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { RollingDeadline, withDeadline } from "../collector/deadline.ts";
import type { GpuSample, GpuSource } from "../gpu/types.ts";
import { SampleError } from "../series/types.ts";
import { BY_MESSAGE, Channel, COMMAND, newChannelMemory } from "./channel.ts";
import { WireReader } from "./wire.ts";
import type { NvmlAnswer, NvmlStart } from "./worker.ts";

/** How the worker is asked. */
export interface WorkerSourceOptions {
  readonly path: string;
  readonly clock: Clock;
  /** After this a read is given up; the next ones fail at once until the worker answers again. */
  readonly timeoutSeconds: number;
}

/** How long a worker is given to hand everything back to the driver, in seconds. */
const CLOSE_SECONDS = 1;

/** An answer whose numbers lie in the shared memory, or one that came whole. */
type Answer = NvmlAnswer | { readonly form: number; readonly size: number };

/**
 * An answer that is waited for. One that comes as a message has come when both have: the message, and the word in the shared
 * memory that follows it. Asking earlier would take that word for the next answer's.
 */
interface Waiting extends PromiseWithResolvers<Answer> {
  hasArrived: boolean;
  message: NvmlAnswer | undefined;
}

/** The thread and what belongs to it: a new thread gets all of it anew. */
interface Calling {
  readonly worker: Worker;
  readonly channel: Channel;
  readonly reader: WireReader;
  readonly deadline: RollingDeadline;
}

/** A {@link GpuSource} whose calls are made on a thread of their own, started at the first read. */
export class NvmlWorkerSource implements GpuSource {
  readonly simulated = false;
  readonly limitsItself = true;
  readonly #options: WorkerSourceOptions;
  #calling: Calling | undefined;
  /** The answer under way, if any. */
  #waiting: Waiting | undefined;

  constructor(options: WorkerSourceOptions) {
    this.#options = options;
  }

  /** @inheritdoc */
  async read(timeSeconds: number, signal: AbortSignal): Promise<GpuSample> {
    const { timeoutSeconds } = this.#options;
    if (this.#waiting !== undefined) throw new SampleError({ code: "timeout", params: { timeoutSeconds } });
    const calling = this.#calling ??= this.#start();
    const answer = await calling.deadline.limit(this.#ask(calling, COMMAND.read, timeSeconds), signal);
    if ("form" in answer) {
      return calling.reader.unpack(answer, calling.channel.values.slice(0, answer.size));
    }
    if ("sample" in answer) return calling.reader.unpack(answer.sample, answer.values);
    throw new SampleError({ code: "sampler_error", params: { detail: answer.failed.slice(0, 200) } });
  }

  /** Hands everything back to the driver and ends the thread, also when it hangs in a call. */
  async [Symbol.asyncDispose](): Promise<void> {
    const calling = this.#calling;
    if (calling === undefined) return;
    const isHanging = this.#waiting !== undefined;
    // Told in either case: ending a thread that sleeps does not wake it, so it must find this when its call comes back.
    const closed = calling.channel.ask(COMMAND.close, 0);
    if (!isHanging) {
      const limit = { clock: this.#options.clock, timeoutSeconds: CLOSE_SECONDS };
      await withDeadline(() => closed, limit).catch(() => {}); // Ended below either way.
    }
    calling.deadline.stop();
    calling.worker.terminate();
    this.#calling = undefined;
    this.#waiting = undefined;
  }

  #ask({ channel }: Calling, command: number, timeSeconds: number): Promise<Answer> {
    const waiting: Waiting = { ...Promise.withResolvers<Answer>(), hasArrived: false, message: undefined };
    this.#waiting = waiting;
    channel.ask(command, timeSeconds).then(() => {
      const { answered } = channel;
      waiting.hasArrived = true;
      if (answered.form !== BY_MESSAGE) this.#settle(waiting, answered);
      else if (waiting.message !== undefined) this.#settle(waiting, waiting.message);
    });
    return waiting.promise;
  }

  #start(): Calling {
    const memory = newChannelMemory();
    const worker = new Worker(new URL("./worker.ts", import.meta.url).href, { type: "module", name: "nvml" });
    worker.onmessage = ({ data }: MessageEvent<NvmlAnswer>) => {
      const waiting = this.#waiting;
      if (waiting === undefined || this.#calling?.worker !== worker) return;
      waiting.message = data;
      if (waiting.hasArrived) this.#settle(waiting, data);
    };
    worker.onerror = (event) => {
      event.preventDefault(); // Else it would end the whole process.
      if (this.#calling?.worker !== worker) return;
      this.#calling.deadline.stop();
      this.#calling = undefined; // The next read starts another.
      if (this.#waiting !== undefined) this.#settle(this.#waiting, { failed: event.message });
    };
    const start: NvmlStart = { path: this.#options.path, memory };
    worker.postMessage(start);
    const deadline = new RollingDeadline(this.#options);
    return { worker, channel: new Channel(memory), reader: new WireReader(), deadline };
  }

  #settle(waiting: Waiting, answer: Answer): void {
    if (this.#waiting === waiting) this.#waiting = undefined;
    waiting.resolve(answer);
  }
}
