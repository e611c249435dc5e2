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
import { ModelledEngine, pickEngine } from "./what_if_engine.ts";

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
  /** Engines behind one server, which shares the load out among them as vLLM does; default 1. */
  readonly engines?: number;
  /** Virtual time; default 300 s, the first fifth of which is not counted. */
  readonly seconds?: number;
}

/** What came out, of all engines together. `model` is always true: nothing of this was measured. */
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
  const { random, seconds = 300, engines = 1 } = options;
  const lines = Array.from({ length: engines }, () =>
    new ModelledEngine(
      new Engine({
        limits: { ...profile.limits, ...options.limits },
        stepTime: profile.stepTime,
        jitter: profile.jitter,
        random,
      }),
      load,
    ));
  const run = new WhatIfRun(lines, load, { random, seconds });
  return { model: true, profile: profile.name, ...run.run() };
}

/** Arrivals and ends of steps, one after the other as they happen. */
class WhatIfRun {
  readonly #ttft: number[] = [];
  readonly #itl: number[] = [];
  #finished = 0;
  #tokens = 0;
  #waitingAtHalf = 0;

  constructor(
    readonly lines: readonly ModelledEngine[],
    readonly load: WhatIfLoad,
    readonly options: { readonly random: Random; readonly seconds: number },
  ) {}

  run(): Omit<WhatIfResult, "model" | "profile"> {
    const { lines, options: { random, seconds } } = this;
    const meanGap = 1 / this.load.requestsPerSecond;
    const warm = seconds / 5;
    let arrival = exponential(random, meanGap);
    let now = 0;
    while (now < seconds) {
      const next = lines.reduce((first, line) => line.stepEnd < first.stepEnd ? line : first);
      // Who comes at the end of a step is in the next one.
      if (arrival <= next.stepEnd) {
        now = arrival;
        const line = pickEngine(lines, now);
        line.arrive(now);
        arrival += exponential(random, meanGap);
        if (line.stepEnd === Infinity && !(arrival <= now)) line.begin(now);
        continue;
      }
      now = next.stepEnd;
      this.#complete(next, { now, counts: next.stepBegin >= warm });
      if (now < seconds / 2) this.#waitingAtHalf = this.#waiting;
      next.begin(now);
    }
    const counted = now - warm;
    const sum = (of: (line: ModelledEngine) => number) => lines.reduce((total, line) => total + of(line), 0);
    return {
      requestsPerSecond: this.#finished / counted,
      outputTokensPerSecond: this.#tokens / counted,
      ttft: { mean: mean(this.#ttft), p99: quantile(this.#ttft, 0.99) },
      itl: { mean: mean(this.#itl), p99: quantile(this.#itl, 0.99) },
      runningMean: sum(({ runningSeconds }) => runningSeconds) / counted,
      waitingMean: sum(({ waitingSeconds }) => waitingSeconds) / counted,
      kvUsageMaximum: Math.max(...lines.map(({ kvMaximum }) => kvMaximum)),
      preemptions: sum(({ engine }) => engine.statistics.preemptions),
      overloaded:
        this.#waiting > this.#waitingAtHalf + Math.max(10, 0.1 * this.load.requestsPerSecond * seconds / 2),
    };
  }

  get #waiting(): number {
    return this.lines.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  #complete(line: ModelledEngine, { now, counts }: { readonly now: number; readonly counts: boolean }): void {
    for (const { tokens, sinceArrival, gap, finished } of line.complete(now, counts)) {
      if (!counts) continue;
      this.#tokens += tokens;
      if (gap === undefined) this.#ttft.push(sinceArrival);
      else this.#itl.push(gap);
      if (finished) this.#finished++;
    }
  }
}
