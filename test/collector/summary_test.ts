import assert from "node:assert/strict";
import { summarize } from "../../src/collector/summary.ts";
import { SeriesStore } from "../../src/series/store.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";

Deno.test("summarize() means of a restarted server take its sum from 0 too, though that is higher already", () => {
  const store = new SeriesStore();
  const name = "vllm:time_to_first_token_seconds";
  const defined = ["count", "sum"].map((part, id): SeriesDefinition => ({
    id,
    name: `${name}_${part}`,
    labels: { engine: "0" },
    type: "histogram",
  }));
  // 100 requests of 10 ms; after the restart 5 of 1 s and then 5 of 3 s.
  [[90, 0.9], [100, 1], [5, 5], [10, 20]].forEach((values, second) => {
    store.append("s", second, {
      ids: [0, 1],
      values,
      defined: second === 0 ? defined : [],
      vanishedIds: [],
      events: [],
    });
  });
  const [ttft] = summarize(store, { endSeconds: 3, intervalSeconds: () => 1 });
  assert.deepEqual([ttft!.quantity, ttft!.max_5m, ttft!.current], ["ttft", 3, 3]);
  assert.ok(Math.abs(ttft!.avg_5m! - (0.1 + 20) / 20) < 1e-9, `${ttft!.avg_5m}`);
});
