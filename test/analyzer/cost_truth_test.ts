/** Wasted tokens against the simulated engine, which knows of each token whether it was computed before and whom it reached. */
import assert from "node:assert/strict";
import { costOf } from "../../src/analyzer/cost.ts";
import { exponential, seededRandom } from "../../src/base/random.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";
import type { EngineStatistics } from "../../src/simulator/engine/statistics.ts";
import { ids, request, smallEngine } from "../simulator/engine/fixtures.ts";

/** 300 requests at once in a cache of 3,200 tokens; `abortShare` of them are cut after 40 tokens. */
function run(
  options: { readonly prefixCaching: boolean; readonly abortShare: number; readonly alike: boolean },
) {
  const { prefixCaching, abortShare, alike } = options;
  const random = seededRandom(7);
  const engine = smallEngine({
    blockCount: 200,
    blockSizeTokens: 16,
    maxNumSequences: 32,
    maxBatchedTokens: 512,
    maxModelLength: 2000,
    prefixCaching,
  });
  const seen = new Map<string, { prompt: number; tokens: number; cached: number; ended: boolean }>();
  const length = (least: number, mean: number) =>
    Math.min(900, alike ? mean : least + Math.floor(exponential(random, mean)));
  for (let i = 0; i < 300; i++) {
    const prompt = length(20, 120);
    engine.submit(request(`r${i}`, ids(i * 10_000, prompt), length(10, 150)), 0);
    seen.set(`r${i}`, { prompt, tokens: 0, cached: 0, ended: false });
  }
  const cut = new Set([...seen.keys()].filter(() => random.next() < abortShare));
  let computed = 0;
  for (let second = 0;; second++) {
    const plan = engine.begin(second);
    if (plan === undefined) break;
    computed += plan.work.tokens;
    for (const output of engine.complete(second + 1)) {
      const own = seen.get(output.request.id)!;
      own.tokens += output.tokens;
      own.cached = output.cachedTokens;
      own.ended = output.finishReason !== undefined;
      if (!own.ended && cut.has(output.request.id) && own.tokens > 40) engine.abort(output.request.id);
    }
  }
  const begun = [...seen.values()].filter(({ tokens }) => tokens > 0);
  // Computed once: the prompt but for what the cache had, and every output token but the last, which no step needs.
  const once = begun.reduce((sum, { prompt, cached, tokens }) => sum + prompt - cached + tokens - 1, 0);
  const aborted = begun.reduce((sum, { tokens, ended }) => sum + (ended ? 0 : tokens), 0);
  return { statistics: engine.statistics, recomputed: computed - once, aborted, computed };
}

/** Two scrapes: of a server that has just begun, and of the same at the end. */
function scraped({ preemptions, promptTokens, outputTokens, histograms }: EngineStatistics): MemorySource {
  const { timeToFirstToken, e2e, outputTokens: lengths } = histograms;
  const values: Readonly<Record<string, number>> = {
    "vllm:num_preemptions_total": preemptions,
    "vllm:prompt_tokens_total": promptTokens,
    "vllm:generation_tokens_total": outputTokens,
    "vllm:time_to_first_token_seconds_count": timeToFirstToken.count,
    "vllm:e2e_request_latency_seconds_count": e2e.count,
    "vllm:request_generation_tokens_count": lengths.count,
    "vllm:request_generation_tokens_sum": lengths.sum,
  };
  const defined = Object.keys(values).map((name, id): SeriesDefinition => ({
    id,
    name,
    labels: { engine: "0" },
    type: name.endsWith("_total") ? "counter" : "histogram",
  }));
  const source = new MemorySource();
  for (const [second, factor] of [[0, 0], [60, 1]] as const) {
    source.append("s", 1_767_603_600 + second, {
      ids: defined.map(({ id }) => id),
      values: Object.values(values).map((value) => value * factor),
      defined: second === 0 ? defined : [],
      vanishedIds: [],
      events: [],
    });
  }
  return source;
}

Deno.test("costOf() knows cut tokens exactly and bounds recomputed ones, by the engine's own truth", async () => {
  for (const alike of [true, false]) {
    for (const prefixCaching of [true, false]) {
      for (const abortShare of [0, 0.2]) {
        const name = JSON.stringify({ alike, prefixCaching, abortShare });
        const { statistics, recomputed, aborted, computed } = run({ alike, prefixCaching, abortShare });
        assert.ok(statistics.preemptions > 100, name);
        const { wasted } = await costOf(scraped(statistics));
        assert.ok("value" in wasted.recomputed && "value" in wasted.aborted && "value" in wasted.share, name);
        assert.ok(
          Math.abs(wasted.aborted.value - aborted) < 1e-6,
          `${name}: ${wasted.aborted.value} ${aborted}`,
        );
        const factor = wasted.recomputed.value / recomputed;
        assert.ok(factor > 1 && factor < 3.5, `${name}: ${factor}`);
        const share = (recomputed + aborted) / computed;
        assert.ok(
          wasted.share.value >= share && wasted.share.value < 1,
          `${name}: ${wasted.share.value} ${share}`,
        );
      }
    }
  }
});
