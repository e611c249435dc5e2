/**
 * The engine in threads of its own, so that a notebook's cells and charts cannot disturb it: one, or several that share a
 * phase out.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { CounterRegistry } from "./counter_registry.ts";
import type { LoadEngine } from "./engine.ts";
import { ENGINE_SCRIPT, EngineThread } from "./engine_thread.ts";
import { SharedPhase } from "./shared_phase.ts";
import { type Threads, threadsFor } from "./threads.ts";
import type { EngineAddress } from "./worker_messages.ts";

/** True when this process may start the thread: Deno reads its script from the disk. */
export async function canStartWorker(): Promise<boolean> {
  if (ENGINE_SCRIPT.protocol !== "file:") return true;
  return (await Deno.permissions.query({ name: "read", path: ENGINE_SCRIPT })).state === "granted";
}

/** Options of {@link workerEngine}. */
export interface WorkerEngineOptions {
  readonly address: EngineAddress;
  readonly clock: Clock;
  readonly registry: CounterRegistry;
  readonly threads: Threads;
  /** The threads' script, for tests; default the engine's own. */
  readonly script?: URL;
}

/** Starts threads at the first phase that needs them; `close()` ends them. */
export function workerEngine(options: WorkerEngineOptions): LoadEngine {
  const threads: EngineThread[] = [];
  return {
    name: options.address.engine,
    ownThread: true,
    async run(plan, hooks) {
      const { threads: count, limit } = threadsFor(plan, options.threads, navigator.hardwareConcurrency);
      await startThreads(threads, count, options);
      const { registry, address, clock } = options;
      const phase = new SharedPhase(threads.slice(0, count), { plan, address, clock, registry, hooks });
      return { ...await phase.run(), ...(limit === undefined ? {} : { threadsLimit: limit }) };
    },
    close() {
      for (const thread of threads.splice(0)) thread.terminate();
    },
  };
}

async function startThreads(
  threads: EngineThread[],
  count: number,
  { clock, script }: WorkerEngineOptions,
): Promise<void> {
  const starting: Promise<unknown>[] = [];
  for (let i = threads.length; i < count; i++) {
    const options = { name: i === 0 ? "load engine" : `load engine ${i + 1}` };
    starting.push(
      EngineThread.start(clock, { ...options, ...(script === undefined ? {} : { script }) })
        .then((thread) => threads.push(thread)),
    );
  }
  // All of them: one that starts after another has failed is to be ended like the rest.
  const failed = (await Promise.allSettled(starting)).find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
