import assert from "node:assert/strict";
import { onlyQuantities } from "../../src/collector/only_quantities.ts";
import type { SampleBatch } from "../../src/series/types.ts";

Deno.test("onlyQuantities() keeps a quantity under the older name that a server shows after going back", async () => {
  const define = (id: number, name: string) => ({ id, name, labels: {}, type: "gauge" as const });
  const none = { vanishedIds: [], events: [] };
  const batches: SampleBatch[] = [
    {
      ids: [0, 1],
      values: [0.5, 7],
      defined: [define(0, "vllm:kv_cache_usage_perc"), define(1, "other")],
      ...none,
    },
    {
      ids: [2, 1],
      values: [0.25, 7],
      defined: [define(2, "vllm:gpu_cache_usage_perc")],
      vanishedIds: [0],
      events: [],
    },
    { ids: [2, 1], values: [0.75, 7], defined: [], ...none },
  ];
  const sampler = onlyQuantities({
    id: "t",
    intervalSeconds: 1,
    sample: (timeSeconds) => Promise.resolve(batches[timeSeconds]!),
  }, ["kv_cache_usage"]);
  const { signal } = new AbortController();
  const kept = [];
  for (let tick = 0; tick < 3; tick++) {
    kept.push([...Array.from((await sampler.sample(tick, signal)).values)]);
  }
  assert.deepEqual(kept, [[0.5], [0.25], [0.75]]);
});
