import assert from "node:assert/strict";
import { ModelledEngine, pickEngine } from "../../src/analyzer/what_if_engine.ts";
import { seededRandom } from "../../src/base/random.ts";
import { Engine } from "../../src/simulator/engine/engine.ts";
import { profileNamed } from "../../src/simulator/engine/profiles.ts";

const { limits, stepTime, jitter } = profileNamed("llama-8b-l40s");

function engine(): ModelledEngine {
  return new ModelledEngine(
    new Engine({ limits, stepTime, jitter, random: seededRandom(1) }),
    { requestsPerSecond: 1, promptTokens: 10, outputTokens: 100 },
  );
}

Deno.test("pickEngine() counts what it sent as waiting until the engine tells anew, though it runs by then", () => {
  const [idle, busy] = [engine(), engine()];
  const engines = [idle, busy];
  for (let i = 0; i < 2; i++) busy.arrive(0);
  busy.begin(0);
  assert.equal(pickEngine(engines, 0), idle, "0 against 2 that run");
  idle.arrive(0);
  idle.begin(0);
  // vLLM's balancer adds a waiting request, which weighs 4, to what it was told 50 ms ago.
  assert.equal(pickEngine(engines, 0.05), busy);
  assert.equal(pickEngine(engines, 0.06), idle, "4 against 2 + 4");
  assert.equal(pickEngine(engines, 0.15), idle, "told anew: 1 runs, against 2");
});
