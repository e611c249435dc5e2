/**
 * Runs an engine on a clock: begins its steps, waits for their ends and hands out what they bring.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { Engine } from "../engine/engine.ts";
import type { EngineRequest, StepOutput, StepPlan } from "../engine/types.ts";
import { waitPrecisely } from "../workload/precise_wait.ts";

/** Gets a request's tokens. `undefined` ends it without a finish: the engine died. */
export type OutputSink = (output: StepOutput | undefined, timeSeconds: number) => void;

/** Behind by more than this, the loop gives up catching up and says so. */
const LOST_PACE_SECONDS = 0.25;
/** Steps in a row that may be caught up before others get a turn. */
const STEPS_PER_TURN = 32;

/** How well the loop keeps up with the clock. */
export interface Pace {
  /** How late the last step ended that made it lose pace; 0 before one. */
  lateSeconds: number;
  /** Largest lateness so far. */
  latestSeconds: number;
  /** Times that it lost pace: then the model runs slower than it says. */
  lost: number;
}

/** What a runner tells of. */
export interface RunnerEvents {
  /**
   * Told whenever a step ended more than 0.25 s late: the time is not caught up, the model falls behind its
   * figures.
   */
  readonly onLostPace?: (lateSeconds: number) => void;
  /** Told at the end of every step; `engineIndex` counts from 0. */
  readonly onStep?: (plan: StepPlan, timeSeconds: number, engineIndex: number) => void;
}

/** Counts things by time, for a short while. */
class RecentCount {
  #timesSeconds: number[] = [];

  add(timeSeconds: number): void {
    this.#timesSeconds.push(timeSeconds);
  }

  /** How many were added after the given time; earlier ones are forgotten. */
  since(timeSeconds: number): number {
    this.#timesSeconds = this.#timesSeconds.filter((time) => time > timeSeconds);
    return this.#timesSeconds.length;
  }
}

/** An engine with its loop. */
export class EngineRunner {
  /** Requests given to it of late. */
  readonly sent = new RecentCount();
  readonly pace: Pace = { lateSeconds: 0, latestSeconds: 0, lost: 0 };
  readonly #clock: Clock;
  readonly #events: RunnerEvents;
  readonly #index: number;
  readonly #sinks = new Map<string, OutputSink>();
  readonly #stop = new AbortController();
  #wake: (() => void) | undefined;
  #hung = false;
  #resume: (() => void) | undefined;
  #running: Promise<void> | undefined;

  /** @param options.index which of the server's engines it is, as `onStep` tells */
  constructor(
    readonly engine: Engine,
    clock: Clock,
    options: { readonly events?: RunnerEvents; readonly index?: number } = {},
  ) {
    const { events = {}, index = 0 } = options;
    this.#index = index;
    this.#clock = clock;
    this.#events = events;
  }

  /** Starts the loop. */
  start(): void {
    this.#running ??= this.#loop().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error;
    });
  }

  /** Hands over a request that reaches the engine at the given time. */
  submit(request: EngineRequest, timeSeconds: number, sink: OutputSink): void {
    this.engine.submit(request, timeSeconds);
    this.#sinks.set(request.id, sink);
    this.#wake?.();
  }

  /** The client has gone. */
  abort(id: string): void {
    if (!this.#sinks.delete(id)) return;
    this.engine.abort(id);
    this.#wake?.();
  }

  /** From now on the step under way, or the next one, does not end. */
  hang(): void {
    this.#hung = true;
  }

  /** The step that hung ends now. */
  unhang(): void {
    this.#hung = false;
    this.#resume?.();
  }

  /** The engine dies: every request ends without a finish, nothing runs any more. */
  die(timeSeconds: number): void {
    this.stop();
    const sinks = [...this.#sinks.values()];
    this.#sinks.clear();
    for (const sink of sinks) sink(undefined, timeSeconds);
  }

  /** Ends the loop. Requests under way hear nothing any more. */
  stop(): void {
    this.#stop.abort();
    this.#wake?.();
    this.#resume?.();
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stop;
    let timeSeconds = this.#clock.nowSeconds();
    let stepsInTurn = 0;
    while (!signal.aborted) {
      if (!this.engine.hasWork) {
        await new Promise<void>((resolve) => this.#wake = resolve);
        this.#wake = undefined;
        timeSeconds = Math.max(timeSeconds, this.#clock.nowSeconds());
        continue;
      }
      const plan = this.engine.begin(timeSeconds);
      if (plan === undefined) {
        const arrival = this.engine.nextArrivalSeconds;
        if (arrival === undefined || arrival <= timeSeconds) continue;
        await this.#waitUntil(arrival);
        timeSeconds = arrival;
        continue;
      }
      const end = timeSeconds + plan.durationSeconds;
      if (this.#clock.nowSeconds() < end) stepsInTurn = 0;
      else if (++stepsInTurn % STEPS_PER_TURN === 0) {
        await this.#clock.sleepUntil(this.#clock.nowSeconds() + 1e-4);
      }
      await this.#waitUntil(end);
      timeSeconds = await this.#endOfStep(plan, end);
    }
  }

  /** A timer alone is some 2 ms late, and every first token would reach its user that much after the time that is counted. */
  #waitUntil(timeSeconds: number): Promise<void> {
    const { signal } = this.#stop;
    return this.#clock.drive === undefined
      ? waitPrecisely(this.#clock, timeSeconds, signal)
      : this.#clock.sleepUntil(timeSeconds, signal);
  }

  /** Ends the step and returns when the next one begins. */
  async #endOfStep(plan: StepPlan, endSeconds: number): Promise<number> {
    let end = endSeconds;
    if (this.#hung) {
      await new Promise<void>((resolve) => this.#resume = resolve);
      this.#resume = undefined;
      this.#stop.signal.throwIfAborted();
      end = this.#clock.nowSeconds();
    }
    for (const output of this.engine.complete(end)) {
      const sink = this.#sinks.get(output.request.id);
      if (output.finishReason !== undefined) this.#sinks.delete(output.request.id);
      sink?.(output, end);
    }
    this.#events.onStep?.(plan, end, this.#index);
    const late = Math.max(0, this.#clock.nowSeconds() - end);
    this.pace.latestSeconds = Math.max(this.pace.latestSeconds, late);
    if (late <= LOST_PACE_SECONDS) return end;
    this.pace.lost++;
    this.pace.lateSeconds = late;
    this.#events.onLostPace?.(late);
    return this.#clock.nowSeconds();
  }
}
