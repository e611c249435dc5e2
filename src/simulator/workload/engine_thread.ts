/**
 * A thread that runs an engine, from outside.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { RequestRecord } from "../../series/types.ts";
import type { EngineOutcome } from "./engine.ts";
import type { FromEngine, ToEngine } from "./worker_messages.ts";

/** The engine's script. */
export const ENGINE_SCRIPT = new URL("./engine_worker.ts", import.meta.url);
/** Exchanges by which the two threads' clocks are compared. */
const CLOCK_EXCHANGES = 5;

/** Whom a thread tells while it runs a phase. */
export interface ThreadListener {
  batch(records: readonly RequestRecord[], counters: Float64Array): void;
  ready(): void;
  stopped(reason: Extract<FromEngine, { kind: "stopped" }>["reason"]): void;
}

/** One thread; it runs one phase at a time. */
export class EngineThread {
  readonly #worker: Worker;
  readonly #clock: Clock;
  #offsetSeconds = 0;
  #listener: (message: FromEngine) => void = () => {};
  #fail: (error: Error) => void = () => {};

  private constructor(script: URL, name: string, clock: Clock) {
    this.#clock = clock;
    this.#worker = new Worker(script, { type: "module", name });
    this.#worker.addEventListener("message", (event: MessageEvent<FromEngine>) => this.#listener(event.data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail(
        new Error(`Cannot run load engine: its thread failed with ${event.message}, wanted it to run`),
      );
    });
  }

  /** Starts it and compares its clock. */
  static async start(
    clock: Clock,
    options: { readonly name: string; readonly script?: URL },
  ): Promise<EngineThread> {
    const thread = new EngineThread(options.script ?? ENGINE_SCRIPT, options.name, clock);
    try {
      thread.#offsetSeconds = await thread.#compareClocks();
    } catch (error) {
      thread.terminate();
      throw error;
    }
    return thread;
  }

  /** Ends it, whatever it does. */
  terminate(): void {
    this.#worker.terminate();
  }

  /**
   * How far the thread's clock is behind this one's. Both count from their own start by the wall clock of that moment:
   * only a step of the wall clock in between makes them differ, and only then is anything corrected.
   */
  async #compareClocks(): Promise<number> {
    let best = { roundTrip: Infinity, offset: 0 };
    for (let i = 0; i < CLOCK_EXCHANGES; i++) {
      const before = this.#clock.nowSeconds();
      const there = await this.#ask();
      const after = this.#clock.nowSeconds();
      if (after - before < best.roundTrip) {
        best = { roundTrip: after - before, offset: (before + after) / 2 - there };
      }
    }
    return Math.abs(best.offset) <= best.roundTrip / 2 ? 0 : best.offset;
  }

  #ask(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#listener = (message) => message.kind === "clock" && resolve(message.nowSeconds);
      this.tell({ kind: "clock" });
    });
  }

  /** Runs a phase, or a share of it; rejects when the thread fails. */
  run(
    work: Omit<Extract<ToEngine, { kind: "run" }>, "kind" | "offsetSeconds">,
    listener: ThreadListener,
  ): Promise<EngineOutcome> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#listener = (message) => {
        if (message.kind === "batch") listener.batch(message.records, message.counters);
        else if (message.kind === "ready") listener.ready();
        else if (message.kind === "stopped") listener.stopped(message.reason);
        else if (message.kind === "done") resolve(message.outcome);
        else if (message.kind === "failed") reject(new Error(message.message));
      };
      this.tell({ kind: "run", ...work, offsetSeconds: this.#offsetSeconds });
    });
  }

  /** Says something to it. */
  tell(message: ToEngine): void {
    this.#worker.postMessage(message);
  }
}
