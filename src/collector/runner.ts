/**
 * One sampler on its grid: every tick at start + k × interval, never two at a time, never an uncaught error.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { Clock } from "../base/clock.ts";
import { type LabEvent, type SampleBatch, SampleError, type Sampler } from "../series/types.ts";
import { withDeadline } from "./deadline.ts";
import type { WallClockWatch } from "./wall_clock.ts";

/** How a sampler has been doing. */
export interface SamplerHealth {
  /** The sampler's: the name of its target. */
  readonly id: string;
  /** Between two ticks. */
  readonly intervalSeconds: number;
  /** `waiting`: not read yet; `failing`: its last read failed. */
  readonly state: "waiting" | "ok" | "failing";
  /** Reads that ended, good ones and failed ones. */
  readonly scrapes: number;
  /** Reads that failed; a tick that was skipped is none. */
  readonly failures: number;
  /** Runs of failures, one each however long. */
  readonly gaps: number;
  /** Counter resets seen. */
  readonly resets: number;
  /** Ticks that were due while a read was still running or the process stood still. */
  readonly skippedTicks: number;
  /** When the last good read began, Unix seconds; absent before the first. */
  readonly lastSuccessSeconds?: number;
  /**
   * When the last failed read began and why it failed. It stays when reads are good again; absent before the
   * first.
   */
  readonly lastError?: { readonly timeSeconds: number; readonly cause: Cause };
}

/** What a runner tells its owner. */
export interface RunnerSink {
  batch(sampler: Sampler, timeSeconds: number, batch: SampleBatch): void;
  /** The event says why. */
  failure(sampler: Sampler, timeSeconds: number, event: LabEvent): void;
  event(event: LabEvent): void;
}

/** What one tick came to. */
export type TickResult =
  | { readonly target: string; readonly timeSeconds: number; readonly samples: number }
  | { readonly target: string; readonly timeSeconds: number; readonly failed: Cause };

/** A tick this much late, as a share of the interval, still counts as on time: a read that times out takes all of its interval. */
const TOLERANCE = 0.02;

/** What a runner runs on. */
export interface RunnerOptions {
  readonly clock: Clock;
  readonly sink: RunnerSink;
  /** Shared by all runners of a collector, so that a step of the machine's clock is told once. */
  readonly wall?: WallClockWatch;
}

/** Runs one sampler. */
export class SamplerRunner {
  readonly sampler: Sampler;
  readonly #clock: Clock;
  readonly #sink: RunnerSink;
  readonly #wall: WallClockWatch | undefined;
  /** Fires when a read under way is to be given up. */
  readonly #giveUp = new AbortController();
  #running: Promise<TickResult> | undefined;
  /** The sampler itself may still be at work when its tick has been given up. */
  #busy = false;
  #failedInRow = 0;
  #gapFromSeconds = 0;
  #health: { -readonly [K in keyof SamplerHealth]: SamplerHealth[K] };

  constructor(sampler: Sampler, options: RunnerOptions) {
    if (!(sampler.intervalSeconds > 0)) {
      throw new RangeError(
        `Cannot run the sampler "${sampler.id}": interval ${sampler.intervalSeconds} s, wanted more than 0`,
      );
    }
    this.sampler = sampler;
    this.#clock = options.clock;
    this.#sink = options.sink;
    this.#wall = options.wall;
    this.#health = {
      id: sampler.id,
      intervalSeconds: sampler.intervalSeconds,
      state: "waiting",
      scrapes: 0,
      failures: 0,
      gaps: 0,
      resets: 0,
      skippedTicks: 0,
    };
  }

  /** A copy of the present state. */
  get health(): SamplerHealth {
    return { ...this.#health };
  }

  /** Ticks until the signal fires. Never rejects. */
  async run(startSeconds: number, signal: AbortSignal): Promise<void> {
    const { intervalSeconds } = this.sampler;
    for (let index = 0; await this.#wait(startSeconds + index * intervalSeconds, signal);) {
      const lateSeconds = this.#clock.nowSeconds() - (startSeconds + index * intervalSeconds);
      if (lateSeconds > intervalSeconds) this.#stoodStill(lateSeconds);
      const stepSeconds = this.#wall?.stepSeconds() ?? 0;
      if (Math.abs(stepSeconds) > intervalSeconds) this.#jumped(stepSeconds);
      if (this.#busy) this.#skip(1);
      else await this.tick();
      if (signal.aborted) return;
      const elapsed = (this.#clock.nowSeconds() - startSeconds) / intervalSeconds;
      const next = Math.max(index + 1, Math.ceil(elapsed - TOLERANCE));
      if (next > index + 1 && lateSeconds <= intervalSeconds) this.#skip(next - index - 1);
      index = next;
    }
  }

  /** Reads once now, or joins the read under way. Never rejects. */
  tick(): Promise<TickResult> {
    this.#running ??= this.#read().finally(() => this.#running = undefined);
    return this.#running;
  }

  /**
   * Waits for the read under way, at most so long, then gives it up and frees the sampler. Never rejects.
   *
   * A sampler that asks for a last read gets it, unless it failed last time.
   */
  async end(graceSeconds: number): Promise<void> {
    const timeoutSeconds = graceSeconds;
    const limit = { clock: this.#clock, timeoutSeconds };
    const running = this.#running;
    if (running !== undefined) await withDeadline(() => running, limit).catch(() => this.#giveUp.abort());
    if (this.sampler.wantsLastRead === true) await this.#readLast(limit);
    await this.#running;
    this.#giveUp.abort();
    try {
      await this.sampler[Symbol.asyncDispose]?.();
    } catch (error) {
      this.#health.lastError = { timeSeconds: this.#clock.nowSeconds(), cause: causeOf(error) };
    }
  }

  async #readLast(limit: { readonly clock: Clock; readonly timeoutSeconds: number }): Promise<void> {
    // What has not ended by then will not be waited for: what is there is read.
    await withDeadline(() => this.sampler.settle?.() ?? Promise.resolve(), limit).catch(() => undefined);
    const { state, lastSuccessSeconds = Infinity } = this.#health;
    if (state !== "ok" || this.#clock.nowSeconds() <= lastSuccessSeconds) return;
    await withDeadline(() => this.tick(), limit).catch(() => this.#giveUp.abort());
  }

  /** The store found that this sampler's counters began anew. */
  countReset(): void {
    this.#health.resets++;
  }

  async #wait(dueSeconds: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#clock.sleepUntil(dueSeconds, signal);
      return !signal.aborted;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  async #read(): Promise<TickResult> {
    const timeSeconds = this.#clock.nowSeconds();
    const target = this.sampler.id;
    try {
      const batch = await this.#limitedSample(timeSeconds);
      this.#sink.batch(this.sampler, timeSeconds, batch);
      this.#succeeded(timeSeconds);
      return { target, timeSeconds, samples: batch.ids.length };
    } catch (error) {
      const failed = causeOf(error);
      // A read that the collector's own end cut short says nothing about the target.
      if (!this.#giveUp.signal.aborted) this.#failed(timeSeconds, failed);
      return { target, timeSeconds, failed };
    }
  }

  #limitedSample(timeSeconds: number): Promise<SampleBatch> {
    const { signal } = this.#giveUp;
    if (this.sampler.limitsItself === true) return this.#sample(timeSeconds, signal);
    // Far above any sampler's own limit: the last resort against one that never answers.
    const timeoutSeconds = Math.max(5 * this.sampler.intervalSeconds, 30);
    const limit = { clock: this.#clock, timeoutSeconds, signal };
    return withDeadline((inner) => this.#sample(timeSeconds, inner), limit);
  }

  async #sample(timeSeconds: number, signal: AbortSignal): Promise<SampleBatch> {
    this.#busy = true;
    try {
      return await this.sampler.sample(timeSeconds, signal);
    } finally {
      this.#busy = false;
    }
  }

  #succeeded(timeSeconds: number): void {
    const health = this.#health;
    health.scrapes++;
    health.state = "ok";
    if (this.#failedInRow > 0) {
      this.#sink.event({
        kind: "scrape_recovered",
        timeSeconds,
        target: this.sampler.id,
        failedCount: this.#failedInRow,
        gapSeconds: timeSeconds - this.#gapFromSeconds,
      });
      this.#failedInRow = 0;
    }
    health.lastSuccessSeconds = timeSeconds;
  }

  #failed(timeSeconds: number, cause: Cause): void {
    const health = this.#health;
    health.scrapes++;
    health.failures++;
    if (this.#failedInRow++ === 0) {
      health.gaps++;
      this.#gapFromSeconds = health.lastSuccessSeconds ?? timeSeconds;
    }
    health.state = "failing";
    health.lastError = { timeSeconds, cause };
    const durationSeconds = this.#clock.nowSeconds() - timeSeconds;
    const target = this.sampler.id;
    this.#sink.failure(this.sampler, timeSeconds, {
      kind: "scrape_failed",
      timeSeconds,
      target,
      cause,
      durationSeconds,
    });
  }

  #skip(count: number): void {
    this.#health.skippedTicks += count;
    const timeSeconds = this.#clock.nowSeconds();
    this.#sink.event({ kind: "tick_skipped", timeSeconds, target: this.sampler.id, count });
  }

  #stoodStill(lateSeconds: number): void {
    this.#health.skippedTicks += Math.floor(lateSeconds / this.sampler.intervalSeconds);
    this.#jumped(lateSeconds);
  }

  #jumped(jumpSeconds: number): void {
    const timeSeconds = this.#clock.nowSeconds();
    this.#sink.event({ kind: "clock_jump", timeSeconds, target: this.sampler.id, jumpSeconds });
  }
}

/** The reason that an error carries, or the error itself as one. */
export function causeOf(error: unknown): Cause {
  if (error instanceof SampleError) return error.reason;
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "sampler_error", params: { detail: detail.slice(0, 200) } };
}
