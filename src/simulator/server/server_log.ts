/**
 * A log like vLLM 0.32's own, so that readers of logs can be taught and tested: start-up, requests, the line of statistics
 * every ten seconds, and each step where asked.
 *
 * @module
 */
import type { EngineStatistics } from "../engine/statistics.ts";
import type { StepPlan } from "../engine/types.ts";
import { type HttpRequest, STATUS_WORDS } from "./http_message.ts";
import type { ServerLife } from "./server_life.ts";
import type { SimulatedServer } from "./simulated_server.ts";

/** How often statistics are told. */
const STATISTICS_SECONDS = 10;

type Drafts = EngineStatistics["drafts"];

/** Where lines go and which. */
export interface ServerLogOptions {
  /** Gets one line at a time, without its end. */
  readonly write: (line: string) => void;
  /** `--enable-logging-iteration-details`: a line for every step. */
  readonly iterations?: boolean;
}

/** Writes the log of one server, life after life. */
export class ServerLog {
  readonly #server: SimulatedServer;
  readonly #options: ServerLogOptions;
  #lives = 0;
  #clientPort = 40_000;

  constructor(server: SimulatedServer, options: ServerLogOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** A life has begun: what a server says until it answers, and from then on its statistics. */
  started(life: ServerLife): void {
    this.#lives++;
    const { profile, shape, modelName } = this.#server;
    const { limits, loadSeconds, engineCount } = life.options;
    const tokens = limits.blockCount * limits.blockSizeTokens;
    const device = profile.gpu === undefined ? "CPU" : "GPU";
    const weightsSeconds = loadSeconds * 0.2;
    const api = (source: string, text: string) => this.#line("APIServer", source, text);
    const engine = (source: string, text: string) => this.#line("EngineCore", source, text);
    api("api_utils.py:347", `version ${shape.version}`);
    api("api_utils.py:347", `model   ${modelName}`);
    api("model.py:2152", `Using max model len ${limits.maxModelLength}`);
    api(
      "scheduler.py:307",
      `Chunked prefill is enabled with max_num_batched_tokens=${limits.maxBatchedTokens}.`,
    );
    for (let index = 0; index < engineCount; index++) {
      engine(
        "core.py:133",
        `Initializing a V1 LLM engine (v${shape.version}) with config: model='${modelName}'`,
      );
      this.#line(
        "Worker",
        "default_loader.py:501",
        `Loading weights took ${weightsSeconds.toFixed(2)} seconds`,
      );
      if (profile.blockCountOverride !== undefined) {
        engine(
          "kv_cache_utils.py:2619",
          `Overriding num_gpu_blocks with num_gpu_blocks_override=${limits.blockCount}`,
        );
      }
      engine(
        "kv_cache_utils.py:2327",
        `${device} KV cache size: ${tokens.toLocaleString("en-US")} tokens, Maximum concurrency for ${
          limits.maxModelLength.toLocaleString("en-US")
        } tokens per request: ${(tokens / limits.maxModelLength).toFixed(2)}x`,
      );
      const initSeconds = loadSeconds * 0.4;
      engine(
        "core.py:402",
        `init engine (profile, create kv cache, warmup model) took ${initSeconds.toFixed(2)} s`,
      );
    }
    api("entry.py:140", "Starting vLLM server");
    for (
      const text of [
        "Started server process",
        "Waiting for application startup.",
        "Application startup complete.",
      ]
    ) {
      this.#options.write(
        `INFO:     ${text === "Started server process" ? `${text} [${this.#pid("APIServer")}]` : text}`,
      );
    }
    void this.#tellStatistics(life);
  }

  /** A request was answered (a stream: begun). */
  answered({ method, path, query }: HttpRequest, status: number): void {
    // Clients come from ever new ports.
    this.#clientPort = this.#clientPort >= 60_000 ? 40_000 : this.#clientPort + 2;
    const reason = STATUS_WORDS[status] ?? "";
    const target = query === "" ? path : `${path}?${query}`;
    this.#options.write(
      `INFO:     127.0.0.1:${this.#clientPort} - "${method} ${target} HTTP/1.1" ${status} ${reason}`,
    );
  }

  /** A step has ended. */
  stepped(plan: StepPlan, endSeconds: number, engineIndex: number): void {
    if (this.#options.iterations !== true) return;
    const { life, profile } = this.#server;
    const { statistics } = life.runners[engineIndex]!.engine;
    const { work, startSeconds } = plan;
    const generating = work.sequences - work.prefillSequences;
    const device = profile.gpu === undefined ? "CPU" : "GPU";
    this.#line(
      "APIServer",
      "loggers.py:182",
      `Engine ${engineName(engineIndex)}: Iteration(${
        statistics.steps - 1
      }): ${work.prefillSequences} context requests, ` +
        `${work.prefillTokens} context tokens, ${generating} generation requests, ` +
        `${work.tokens - work.prefillTokens} generation tokens, ` +
        `iteration elapsed time: ${(1000 * (endSeconds - startSeconds)).toFixed(2)} ms, ` +
        `${device} KV cache usage: ${percent(statistics.gauges.kvUsageRatio)}`,
    );
  }

  /** The lines of statistics, until one has told that nothing happens any more: as in vLLM, a server that rests is silent. */
  async #tellStatistics(life: ServerLife): Promise<void> {
    const { clock } = this.#server;
    const told = life.runners.map(({ engine }) => ({
      before: counted(engine.statistics),
      wasBusy: false,
      drafts: { ...engine.statistics.drafts, timeSeconds: life.readySeconds },
    }));
    for (let due = life.readySeconds + STATISTICS_SECONDS;; due += STATISTICS_SECONDS) {
      await clock.sleepUntil(due);
      if (this.#server.life !== life || this.#server.state !== "up") return;
      for (const [index, { engine }] of life.runners.entries()) {
        const last = told[index]!;
        const now = counted(engine.statistics);
        const prompt = now.prompt - last.before.prompt;
        const output = now.output - last.before.output;
        const isBusy = prompt + output > 0;
        const { gauges, drafts } = engine.statistics;
        if (isBusy || last.wasBusy || gauges.running + gauges.waiting > 0) {
          this.#tell(index, engine.statistics, { prompt, output });
        }
        if (drafts.steps > last.drafts.steps) {
          this.#tellDrafts(drafts, last.drafts, due - last.drafts.timeSeconds);
          last.drafts = { ...drafts, acceptedAt: [...drafts.acceptedAt], timeSeconds: due };
        }
        last.before = now;
        last.wasBusy = isBusy;
      }
    }
  }

  /** What speculation brought since it was last told of. */
  #tellDrafts(now: Drafts, before: Drafts, seconds: number): void {
    const steps = now.steps - before.steps;
    const tokens = now.tokens - before.tokens;
    const accepted = now.accepted - before.accepted;
    const positions = this.#server.limits.speculation?.draftTokens ?? now.acceptedAt.length;
    const rates = Array.from(
      { length: positions },
      (_, position) =>
        (((now.acceptedAt[position] ?? 0) - (before.acceptedAt[position] ?? 0)) / steps).toFixed(3),
    );
    this.#line(
      "APIServer",
      "metrics.py:120",
      `SpecDecoding metrics: Mean acceptance length: ${(1 + accepted / steps).toFixed(2)}, ` +
        `Accepted throughput: ${(accepted / seconds).toFixed(2)} tokens/s, ` +
        `Drafted throughput: ${(tokens / seconds).toFixed(2)} tokens/s, ` +
        `Accepted: ${accepted} tokens, Drafted: ${tokens} tokens, ` +
        `Per-position acceptance rate: ${rates.join(", ")}, ` +
        `Avg Draft acceptance rate: ${percent(tokens === 0 ? 0 : accepted / tokens)}`,
    );
  }

  #tell(
    index: number,
    statistics: EngineStatistics,
    tokens: { readonly prompt: number; readonly output: number },
  ): void {
    const { gauges, prefixQueriedTokens, prefixHitTokens } = statistics;
    const device = this.#server.profile.gpu === undefined ? "CPU" : "GPU";
    const hitRatio = prefixQueriedTokens === 0 ? 0 : prefixHitTokens / prefixQueriedTokens;
    this.#line(
      "APIServer",
      "loggers.py:335",
      `Engine ${engineName(index)}: Avg prompt throughput: ${
        (tokens.prompt / STATISTICS_SECONDS).toFixed(1)
      } tokens/s, ` +
        `Avg generation throughput: ${(tokens.output / STATISTICS_SECONDS).toFixed(1)} tokens/s, ` +
        `Running: ${gauges.running} reqs, Waiting: ${gauges.waiting} reqs, ` +
        `${device} KV cache usage: ${percent(gauges.kvUsageRatio)}, Prefix cache hit rate: ${
          percent(hitRatio)
        }`,
    );
  }

  #line(process: "APIServer" | "EngineCore" | "Worker", source: string, text: string): void {
    const time = new Date(this.#server.clock.nowSeconds() * 1000).toISOString();
    const stamp = `${time.slice(5, 10)} ${time.slice(11, 19)}`;
    this.#options.write(`(${process} pid=${this.#pid(process)}) INFO ${stamp} [${source}] ${text}`);
  }

  #pid(process: "APIServer" | "EngineCore" | "Worker"): number {
    return 20_000 + 1000 * this.#lives + { APIServer: 1, EngineCore: 402, Worker: 618 }[process];
  }
}

function engineName(index: number): string {
  return String(index).padStart(3, "0");
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)}%`;
}

function counted(
  { promptTokens, outputTokens }: EngineStatistics,
): { readonly prompt: number; readonly output: number } {
  return { prompt: promptTokens, output: outputTokens };
}
