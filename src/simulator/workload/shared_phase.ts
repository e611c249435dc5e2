/**
 * A phase that threads share out: they begin together, stop together, and give one result.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { RequestRecord } from "../../series/types.ts";
import type { CounterRegistry } from "./counter_registry.ts";
import type { EngineHooks, EngineOutcome } from "./engine.ts";
import type { EngineThread } from "./engine_thread.ts";
import { onAbort } from "./on_abort.ts";
import type { PhasePlan, StopReason } from "./plan.ts";
import { Tally, tallyMemory } from "./tally.ts";
import type { EngineAddress } from "./worker_messages.ts";

/** From the last thread's word to the start: time for all of them to hear of it. */
const START_SECONDS = 0.01;

/** What a phase is, and whom it tells. */
export interface SharedPhaseOptions {
  readonly plan: PhasePlan;
  readonly address: EngineAddress;
  readonly clock: Clock;
  readonly registry: CounterRegistry;
  readonly hooks: EngineHooks;
}

/** One run of one phase. */
export class SharedPhase {
  readonly #threads: readonly EngineThread[];
  readonly #options: SharedPhaseOptions;
  readonly #memory = tallyMemory();
  readonly #tally = new Tally(this.#memory);
  readonly #records: RequestRecord[][];
  #ready = 0;
  #stopped: StopReason | undefined;
  #failure: Error | undefined;

  constructor(threads: readonly EngineThread[], options: SharedPhaseOptions) {
    this.#threads = threads;
    this.#options = options;
    this.#records = threads.map(() => []);
  }

  /**
   * Runs it. A thread that fails stops the others, and what all of them did is the result.
   *
   * @throws what the threads failed with when none of them came to an end
   */
  async run(): Promise<EngineOutcome> {
    const { signal } = this.#options.hooks;
    const runs = this.#threads.map((thread, index) => this.#runThread(thread, index));
    const stopListening = onAbort(signal, () => this.#tellAll({ kind: "abort" }));
    try {
      const outcomes = (await Promise.all(runs)).filter((outcome) => outcome !== undefined);
      const [first] = outcomes;
      if (first === undefined) throw this.#failure;
      return this.#threads.length === 1 ? first : this.#joined(first, outcomes);
    } finally {
      stopListening();
    }
  }

  /** The share of one thread; undefined when the thread failed. */
  async #runThread(thread: EngineThread, index: number): Promise<EngineOutcome | undefined> {
    const { plan, address, registry, hooks } = this.#options;
    const live = registry.addLive(plan.shape.model);
    const count = this.#threads.length;
    const share = count === 1 ? {} : { share: { index, count, tally: this.#memory } };
    try {
      return await thread.run({ plan, address, target: hooks.target, ...share }, {
        batch: (records, counters) => {
          live.update(counters);
          for (const record of records) {
            if (count > 1) this.#records[index]!.push(record);
            hooks.onRecord(record);
          }
        },
        ready: () => this.#oneIsReady(),
        stopped: (reason) => this.#stop(reason, thread),
      });
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      // How many requests are lost is known when the others have ended.
      this.#stop({ code: "thread_failed", error: this.#failure.message, lost: 0 }, thread);
    } finally {
      live.end();
    }
  }

  #oneIsReady(): void {
    if (++this.#ready < this.#threads.length) return;
    this.#tellAll({ kind: "start", timeSeconds: this.#options.clock.nowSeconds() + START_SECONDS });
  }

  #stop(reason: StopReason, by: EngineThread): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = reason;
    this.#tally.stop();
    for (const thread of this.#threads) if (thread !== by) thread.tell({ kind: "end", reason });
  }

  #tellAll(message: Parameters<EngineThread["tell"]>[0]): void {
    for (const thread of this.#threads) thread.tell(message);
  }

  #joined(first: EngineOutcome, outcomes: readonly EngineOutcome[]): EngineOutcome {
    const records = inOrderOfEnds(this.#records);
    const { planned } = first;
    const stopped = this.#stopped?.code === "thread_failed"
      ? { ...this.#stopped, lost: this.#tally.begun - records.length }
      : this.#stopped;
    const { stopped: _own, ...rest } = first;
    return {
      ...rest,
      startSeconds: Math.min(...outcomes.map(({ startSeconds }) => startSeconds)),
      endSeconds: Math.max(...outcomes.map(({ endSeconds }) => endSeconds)),
      notSent: planned === undefined ? 0 : planned - this.#tally.begun,
      ...(stopped === undefined ? {} : { stopped }),
      lags: outcomes.flatMap(({ lags }) => lags),
      threads: this.#threads.length,
      records,
    };
  }
}

/** Merges lists that are each in order. A request that was dropped has no end: it stays behind the one before it. */
export function inOrderOfEnds(lists: readonly (readonly RequestRecord[])[]): readonly RequestRecord[] {
  const keyed = lists.flatMap((list) => {
    let last = -Infinity;
    return list.map((record) => ({ record, atSeconds: last = Math.max(last, record.endSeconds ?? last) }));
  });
  return keyed.sort((a, b) => a.atSeconds - b.atSeconds).map(({ record }) => record);
}
