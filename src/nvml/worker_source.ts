/**
 * NVML from the lab's thread: questions to the worker, one at a time, none of them waited for longer than a limit.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { withDeadline } from "../collector/deadline.ts";
import type { GpuSample, GpuSource } from "../gpu/types.ts";
import { SampleError } from "../series/types.ts";
import { WireReader } from "./wire.ts";
import type { NvmlAnswer, NvmlQuestion } from "./worker.ts";

/** How the worker is asked. */
export interface WorkerSourceOptions {
  readonly path: string;
  readonly clock: Clock;
  /** After this a read is given up; the next ones fail at once until the worker answers again. */
  readonly timeoutSeconds: number;
}

/** How long a worker is given to hand everything back to the driver, in seconds. */
const CLOSE_SECONDS = 1;

/** A {@link GpuSource} whose calls are made on a thread of their own, started at the first read. */
export class NvmlWorkerSource implements GpuSource {
  readonly simulated = false;
  readonly limitsItself = true;
  readonly #options: WorkerSourceOptions;
  #worker: Worker | undefined;
  #reader = new WireReader();
  /** The answer under way, if any. */
  #waiting: PromiseWithResolvers<NvmlAnswer> | undefined;

  constructor(options: WorkerSourceOptions) {
    this.#options = options;
  }

  /** @inheritdoc */
  async read(timeSeconds: number, signal: AbortSignal): Promise<GpuSample> {
    const { clock, timeoutSeconds } = this.#options;
    if (this.#waiting !== undefined) throw new SampleError({ code: "timeout", params: { timeoutSeconds } });
    const asked = this.#ask({ ask: "read", timeSeconds });
    const answer = await withDeadline(() => asked, { clock, timeoutSeconds, signal });
    if ("sample" in answer) return this.#reader.unpack(answer.sample);
    const detail = "failed" in answer ? answer.failed : "closed";
    throw new SampleError({ code: "sampler_error", params: { detail: detail.slice(0, 200) } });
  }

  /** Hands everything back to the driver and ends the thread, also when it hangs in a call. */
  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    if (this.#waiting === undefined) {
      const limit = { clock: this.#options.clock, timeoutSeconds: CLOSE_SECONDS };
      const asked = this.#ask({ ask: "close" });
      await withDeadline(() => asked, limit).catch(() => {}); // Ended below either way.
    }
    worker.terminate();
    this.#worker = undefined;
    this.#waiting = undefined;
  }

  #ask(question: NvmlQuestion): Promise<NvmlAnswer> {
    const waiting = Promise.withResolvers<NvmlAnswer>();
    this.#waiting = waiting;
    this.#worker ??= this.#start();
    this.#worker.postMessage(question);
    return waiting.promise;
  }

  #start(): Worker {
    this.#reader = new WireReader(); // A new worker counts from 0.
    const worker = new Worker(new URL("./worker.ts", import.meta.url).href, { type: "module", name: "nvml" });
    worker.onmessage = ({ data }: MessageEvent<NvmlAnswer>) => this.#answered(data);
    worker.onerror = (event) => {
      event.preventDefault(); // Else it would end the whole process.
      this.#worker = undefined; // The next read starts another.
      this.#answered({ failed: event.message });
    };
    const open: NvmlQuestion = { ask: "open", path: this.#options.path };
    worker.postMessage(open);
    return worker;
  }

  #answered(answer: NvmlAnswer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }
}
