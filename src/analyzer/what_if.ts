/**
 * What the engine model says of other settings. A model's word, never a measurement.
 *
 * @module
 */
import { exponential, type Random } from "../base/random.ts";
import { Engine } from "../simulator/engine/engine.ts";
import type { Profile } from "../simulator/engine/profiles.ts";
import type { EngineLimits } from "../simulator/engine/types.ts";
import { mean, quantile } from "./statistics.ts";

/** Poisson users of one kind. */
export interface WhatIfLoad {
  /** Mean rate of arrivals. */
  readonly requestsPerSecond: number;
  /** Of each request. */
  readonly promptTokens: number;
  /** Tokens at the beginning that all prompts share; default 0. */
  readonly sharedTokens?: number;
  /** Of each request. */
  readonly outputTokens: number;
}

/** How {@link whatIf} runs. */
export interface WhatIfOptions {
  readonly random: Random;
  /** Settings in place of the profile's: `{ maxNumSequences: 256 }`. */
  readonly limits?: Partial<EngineLimits>;
  /** Virtual time; default 300 s, the first fifth of which is not counted. */
  readonly seconds?: number;
}

/** What came out. `model` is always true: nothing of this was measured. */
export interface WhatIfResult {
  readonly model: true;
  readonly profile: string;
  readonly requestsPerSecond: number;
  readonly outputTokensPerSecond: number;
  readonly ttft: { readonly mean: number; readonly p99: number };
  readonly itl: { readonly mean: number; readonly p99: number };
  readonly runningMean: number;
  readonly waitingMean: number;
  readonly kvUsageMaximum: number;
  readonly preemptions: number;
  /** Requests waiting at the end, above those of the middle: the load is more than it can do. */
  readonly overloaded: boolean;
}

/** Runs a profile of the engine model under a load in virtual time and gives what it does. */
export function whatIf(profile: Profile, load: WhatIfLoad, options: WhatIfOptions): WhatIfResult {
  const { random, seconds = 300 } = options;
  const engine = new Engine({
    limits: { ...profile.limits, ...options.limits },
    stepTime: profile.stepTime,
    jitter: profile.jitter,
    random,
  });
  const run = new WhatIfRun(engine, load, { random, seconds });
  return { model: true, profile: profile.name, ...run.run() };
}

class WhatIfRun {
  readonly #firstTokens = new Map<string, { arrival: number; last: number }>();
  readonly #ttft: number[] = [];
  readonly #itl: number[] = [];
  #finished = 0;
  #tokens = 0;
  #runningSeconds = 0;
  #waitingSeconds = 0;
  #kvMaximum = 0;
  #waitingAtHalf = 0;
  #serial = 0;
  /** Arrivals that the engine does not hold yet: a long queue's prompts need not be made before their turn. */
  #backlog: number[] = [];
  #handedOver = 0;

  constructor(
    readonly engine: Engine,
    readonly load: WhatIfLoad,
    readonly options: { readonly random: Random; readonly seconds: number },
  ) {}

  run(): Omit<WhatIfResult, "model" | "profile"> {
    const { engine, options: { random, seconds } } = this;
    const warm = seconds / 5;
    let arrival = exponential(random, 1 / this.load.requestsPerSecond);
    let now = 0;
    while (now < seconds) {
      for (; arrival <= now; arrival += exponential(random, 1 / this.load.requestsPerSecond)) {
        this.#backlog.push(arrival);
      }
      this.#handOver();
      const plan = engine.begin(now);
      if (plan === undefined) {
        now = arrival;
        continue;
      }
      const end = now + plan.durationSeconds;
      this.#complete(end, now >= warm);
      if (now >= warm) this.#observe(plan.durationSeconds);
      if (now < seconds / 2) this.#waitingAtHalf = this.#waiting;
      now = end;
    }
    const counted = now - warm;
    return {
      requestsPerSecond: this.#finished / counted,
      outputTokensPerSecond: this.#tokens / counted,
      ttft: { mean: mean(this.#ttft), p99: quantile(this.#ttft, 0.99) },
      itl: { mean: mean(this.#itl), p99: quantile(this.#itl, 0.99) },
      runningMean: this.#runningSeconds / counted,
      waitingMean: this.#waitingSeconds / counted,
      kvUsageMaximum: this.#kvMaximum,
      preemptions: engine.statistics.preemptions,
      overloaded:
        this.#waiting > this.#waitingAtHalf + Math.max(10, 0.1 * this.load.requestsPerSecond * seconds / 2),
    };
  }

  get #waiting(): number {
    return this.engine.waiting + this.#backlog.length - this.#handedOver;
  }

  #handOver(): void {
    // First come, first served: who stands behind all that one step can admit changes nothing.
    const { maxBatchedTokens, maxNumSequences } = this.engine.limits;
    const room = Math.min(maxBatchedTokens, maxNumSequences) - this.engine.waiting;
    const end = Math.min(this.#backlog.length, this.#handedOver + room);
    while (this.#handedOver < end) this.#submit(this.#backlog[this.#handedOver++]!);
  }

  #submit(arrivalSeconds: number): void {
    const { promptTokens, sharedTokens = 0, outputTokens } = this.load;
    const serial = this.#serial++;
    const promptTokenIds = Int32Array.from(
      { length: promptTokens },
      (_, i) => i < sharedTokens ? i : serial * 31_337 + i,
    );
    this.engine.submit({
      id: String(serial),
      promptTokenIds,
      maxTokens: outputTokens,
      outputTokenId: (index) => index,
      arrivalSeconds,
      group: { n: 1, remaining: 1, longestOutputTokens: 0 },
    }, arrivalSeconds);
    this.#firstTokens.set(String(serial), { arrival: arrivalSeconds, last: NaN });
  }

  #complete(endSeconds: number, counts: boolean): void {
    for (const { request, tokens, finishReason } of this.engine.complete(endSeconds)) {
      const life = this.#firstTokens.get(request.id)!;
      if (counts) {
        this.#tokens += tokens;
        if (Number.isNaN(life.last)) this.#ttft.push(endSeconds - life.arrival);
        else this.#itl.push(endSeconds - life.last);
        if (finishReason !== undefined) this.#finished++;
      }
      life.last = endSeconds;
      if (finishReason !== undefined) this.#firstTokens.delete(request.id);
    }
  }

  #observe(seconds: number): void {
    const { gauges } = this.engine.statistics;
    this.#runningSeconds += gauges.running * seconds;
    this.#waitingSeconds += (gauges.waiting + this.#backlog.length - this.#handedOver) * seconds;
    this.#kvMaximum = Math.max(this.#kvMaximum, gauges.kvUsageRatio);
  }
}
