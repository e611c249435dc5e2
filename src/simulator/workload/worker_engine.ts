/**
 * The engine in a thread of its own, so that a notebook's cells and charts cannot disturb it.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { CounterRegistry } from "./counter_registry.ts";
import type { EngineHooks, EngineOutcome, LoadEngine } from "./engine.ts";
import type { PhasePlan } from "./plan.ts";
import type { EngineAddress, FromEngine, ToEngine } from "./worker_messages.ts";

const SCRIPT = new URL("./engine_worker.ts", import.meta.url);
/** Exchanges by which the two threads' clocks are compared. */
const CLOCK_EXCHANGES = 5;

/** True when this process may start the thread: Deno reads its script from the disk. */
export async function canStartWorker(): Promise<boolean> {
  if (SCRIPT.protocol !== "file:") return true;
  return (await Deno.permissions.query({ name: "read", path: SCRIPT })).state === "granted";
}

/** Options of {@link workerEngine}. */
export interface WorkerEngineOptions {
  readonly address: EngineAddress;
  readonly clock: Clock;
  readonly registry: CounterRegistry;
}

/** Starts the thread at the first phase; `close()` ends it. */
export function workerEngine(options: WorkerEngineOptions): LoadEngine {
  let thread: EngineThread | undefined;
  return {
    name: options.address.engine,
    ownThread: true,
    async run(plan, hooks) {
      thread ??= await EngineThread.start(options);
      return await thread.run(plan, hooks);
    },
    close() {
      thread?.terminate();
      thread = undefined;
    },
  };
}

class EngineThread {
  readonly #worker: Worker;
  readonly #options: WorkerEngineOptions;
  #offsetSeconds = 0;
  #listener: (message: FromEngine) => void = () => {};
  #fail: (error: Error) => void = () => {};

  private constructor(options: WorkerEngineOptions) {
    this.#options = options;
    this.#worker = new Worker(SCRIPT, { type: "module", name: "load engine" });
    this.#worker.addEventListener("message", (event: MessageEvent<FromEngine>) => this.#listener(event.data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail(
        new Error(`Cannot run load engine: its thread failed with ${event.message}, wanted it to run`),
      );
    });
  }

  static async start(options: WorkerEngineOptions): Promise<EngineThread> {
    const thread = new EngineThread(options);
    try {
      thread.#offsetSeconds = await thread.#compareClocks();
    } catch (error) {
      thread.terminate();
      throw error;
    }
    return thread;
  }

  terminate(): void {
    this.#worker.terminate();
  }

  /**
   * How far the thread's clock is behind this one's. Both count from their own start by the wall clock of that moment:
   * only a step of the wall clock in between makes them differ, and only then is anything corrected.
   */
  async #compareClocks(): Promise<number> {
    const { clock } = this.#options;
    let best = { roundTrip: Infinity, offset: 0 };
    for (let i = 0; i < CLOCK_EXCHANGES; i++) {
      const before = clock.nowSeconds();
      const there = await this.#ask();
      const after = clock.nowSeconds();
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
      this.#tell({ kind: "clock" });
    });
  }

  async run(plan: PhasePlan, hooks: EngineHooks): Promise<EngineOutcome> {
    const { registry, address } = this.#options;
    const live = registry.addLive(plan.shape.model);
    const onAbort = () => this.#tell({ kind: "abort" });
    try {
      return await new Promise<EngineOutcome>((resolve, reject) => {
        this.#fail = reject;
        this.#listener = (message) => {
          if (message.kind === "batch") {
            live.update(message.counters);
            message.records.forEach(hooks.onRecord);
          } else if (message.kind === "done") resolve(message.outcome);
          else if (message.kind === "failed") reject(new Error(message.message));
        };
        this.#tell({ kind: "run", plan, target: hooks.target, address, offsetSeconds: this.#offsetSeconds });
        if (hooks.signal.aborted) onAbort();
        else hooks.signal.addEventListener("abort", onAbort, { once: true });
      });
    } finally {
      hooks.signal.removeEventListener("abort", onAbort);
      live.end();
    }
  }

  #tell(message: ToEngine): void {
    this.#worker.postMessage(message);
  }
}
