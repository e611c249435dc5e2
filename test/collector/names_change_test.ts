import assert from "node:assert/strict";
import { latestSeries } from "../../src/collector/latest.ts";
import { summarize } from "../../src/collector/summary.ts";
import { SeriesStore } from "../../src/series/store.ts";

const NAMES = ["vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc"];

/** KV use under one name or the other on each tick. */
function storeOf(ticks: readonly (readonly [name: number, value: number])[]): SeriesStore {
  const store = new SeriesStore();
  ticks.forEach(([id, value], timeSeconds) =>
    store.append("t", timeSeconds, {
      ids: [id],
      values: [value],
      defined: ticks.findIndex((tick) => tick[0] === id) === timeSeconds
        ? [{ id, name: NAMES[id]!, labels: {}, type: "gauge" }]
        : [],
      vanishedIds: [1 - id].filter((other) => ticks[timeSeconds - 1]?.[0] === other),
      events: [],
    })
  );
  return store;
}

const current = (store: SeriesStore) =>
  summarize(store, { endSeconds: 3, intervalSeconds: () => 1, quantities: ["kv_cache_usage"] })
    .map((row) => row.current);

Deno.test("the newest points of a quantity reach over an upgrade, and the summary has the newest name", () => {
  const store = storeOf([[0, 0.1], [0, 0.2], [1, 0.3], [1, 0.4]]);
  const latest = (points?: number) =>
    latestSeries(store, { quantity: "kv_cache_usage" }, {
      endSeconds: 3,
      ...(points === undefined ? {} : { points }),
    }).map(({ values }) => [...values]);
  assert.deepEqual(latest(), [[0.1, 0.2, 0.3, 0.4]]);
  assert.deepEqual(latest(3), [[0.2, 0.3, 0.4]]);
  assert.deepEqual(current(store), [0.4]);
});

Deno.test("the newest points of a server that went back to an older version are those of now", () => {
  const store = storeOf([[1, 0.1], [1, 0.2], [0, 0.3], [0, 0.4]]);
  const [latest] = latestSeries(store, { quantity: "kv_cache_usage" }, { endSeconds: 3, points: 1 });
  assert.deepEqual([...latest!.values], [0.4]);
  assert.deepEqual(current(store), [0.4]);
});
