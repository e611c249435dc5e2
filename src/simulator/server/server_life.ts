/**
 * One life of the simulated server's processes: engines, counters and everything else that a restart loses.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { seededRandom } from "../../base/random.ts";
import { Engine } from "../engine/engine.ts";
import type { Profile } from "../engine/profiles.ts";
import type { EngineLimits } from "../engine/types.ts";
import type { SleepLevel } from "./bindings.ts";
import { EngineRunner, type RunnerEvents } from "./engine_runner.ts";
import { HttpMetrics } from "./http_metrics.ts";
import { boundsOf, familyOf, type MetricsState } from "./metrics_text.ts";
import { pythonFloat } from "./python_float.ts";
import type { MetricsShape } from "./shape.ts";

/** How often engines tell the balancer of their load. */
const BALANCE_SECONDS = 0.1;

/** What a life begins with. */
export interface LifeOptions {
  readonly clock: Clock;
  readonly profile: Profile;
  readonly limits: EngineLimits;
  readonly shape: MetricsShape;
  readonly modelName: string;
  readonly engineCount: number;
  /** Whether `/metrics` says that the server is simulated. */
  readonly targetInfo: boolean;
  readonly seed: number;
  /** How long the processes took to come up before they answered. */
  readonly loadSeconds: number;
  readonly events?: RunnerEvents;
}

/** The processes of a server from start to end. */
export class ServerLife {
  readonly runners: readonly EngineRunner[];
  readonly http: HttpMetrics;
  readonly readySeconds: number;
  readonly rejections = { requests: 0, tokens: 0 };
  sleepLevel: SleepLevel = 0;
  /** The engine has died: requests get 500, `/health` 503. */
  dead = false;
  openAnswers = 0;
  httpRequests = 0;
  used = false;
  #ids = 0;
  readonly #occurrences = new Map<number, number>();

  constructor(readonly options: LifeOptions) {
    const { clock, profile, limits, shape, seed, events } = options;
    this.readySeconds = clock.nowSeconds();
    this.runners = Array.from({ length: options.engineCount }, (_, index) => {
      const engine = new Engine({
        limits,
        stepTime: profile.stepTime,
        jitter: profile.jitter,
        random: seededRandom(seed * 7919 + index),
        boundsOf: (name) => {
          const family = familyOf(shape, name);
          return family === undefined ? [] : boundsOf(shape, family, limits.maxModelLength);
        },
      });
      return new EngineRunner(engine, clock, { index, ...(events === undefined ? {} : { events }) });
    });
    this.http = new HttpMetrics({
      durations: boundsOf(shape, "http_request_duration_seconds", 0),
      fineDurations: boundsOf(shape, "http_request_duration_highr_seconds", 0),
    });
    for (const runner of this.runners) runner.start();
  }

  /**
   * The engine for the next request: the one with the least to do as it last said itself (a waiting request weighs four
   * times as much as a running one), plus what was sent to it just now. A stuck engine says nothing new, and goes on
   * getting requests: as in vLLM.
   */
  pickEngine(): EngineRunner {
    const now = this.options.clock.nowSeconds();
    const load = ({ engine, sent }: EngineRunner) =>
      4 * engine.statistics.gauges.waiting + engine.statistics.gauges.running +
      4 * sent.since(now - BALANCE_SECONDS);
    const best = this.runners.reduce((best, runner) => (load(runner) < load(best) ? runner : best));
    best.sent.add(now);
    return best;
  }

  /** A new id of 16 hex digits; the same in every run. */
  nextId(): string {
    const random = seededRandom(this.options.seed ^ Math.imul(++this.#ids, 0x9e3779b1));
    return Array.from({ length: 4 }, () => Math.floor(random.next() * 65536).toString(16).padStart(4, "0"))
      .join("");
  }

  /** How often this prompt has been seen before, so that a repeated one gets another answer. */
  occurrence(promptHash: number): number {
    const seen = this.#occurrences.get(promptHash) ?? 0;
    if (this.#occurrences.size >= 100_000) this.#occurrences.clear();
    this.#occurrences.set(promptHash, seen + 1);
    return seen;
  }

  /** Requests submitted and not yet ended, over all engines. */
  get unfinished(): number {
    return this.runners.reduce((sum, { engine }) => sum + engine.unfinished, 0);
  }

  /** Ends all loops. */
  stop(): void {
    for (const runner of this.runners) runner.stop();
  }

  /** What `/metrics` shows now. */
  metricsState(): MetricsState {
    const { clock, profile, shape, modelName, loadSeconds } = this.options;
    return {
      shape,
      modelName,
      engines: this.runners.map(({ engine }) => ({
        statistics: engine.statistics,
        sleepLevel: this.sleepLevel,
        blockCount: engine.limits.blockCount,
      })),
      http: this.http,
      process: {
        startSeconds: this.readySeconds - Math.max(loadSeconds, profile.loadSeconds),
        readySeconds: this.readySeconds,
        requests: this.httpRequests,
        outputTokens: this.runners.reduce((sum, { engine }) => sum + engine.statistics.outputTokens, 0),
        openStreams: this.openAnswers,
      },
      rejections: this.rejections,
      cacheConfig: this.#cacheConfig(),
      createdSeconds: this.readySeconds - 1.9,
      timeSeconds: clock.nowSeconds(),
      used: this.used,
      pace: this.runners.map(({ pace }) => pace),
      targetInfo: this.options.targetInfo,
    };
  }

  #cacheConfig(): Record<string, string> {
    const { limits, profile, engineCount } = this.options;
    const tokens = limits.blockCount * limits.blockSizeTokens;
    return {
      block_size: String(limits.blockSizeTokens),
      effective_attention_block_size: String(limits.blockSizeTokens),
      enable_prefix_caching: limits.prefixCaching ? "True" : "False",
      gpu_memory_utilization: String(profile.gpuMemoryUtilization),
      kv_cache_max_concurrency: pythonFloat(tokens / limits.maxModelLength),
      kv_cache_memory_bytes: profile.gpu === undefined ? String(1024 ** 3) : "None",
      kv_cache_size_tokens: String(tokens),
      // With several engines the real server tells the sum of their blocks here.
      num_gpu_blocks: String(limits.blockCount * engineCount),
      num_gpu_blocks_override: profile.blockCountOverride === undefined
        ? "None"
        : String(profile.blockCountOverride),
      user_specified_block_size: profile.blockSizeGiven ? "True" : "False",
    };
  }
}
