import assert from "node:assert/strict";
import fc from "fast-check";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition, WindowFunction, WindowQuery } from "../../src/series/types.ts";

const BOUNDS = ["0.5", "1", "2", "+Inf"];
const DEFINED: readonly SeriesDefinition[] = [
  ...BOUNDS.map((le, id): SeriesDefinition => ({
    id,
    name: "vllm:time_to_first_token_seconds_bucket",
    labels: { engine: "0", le },
    type: "histogram",
  })),
  { id: 4, name: "vllm:num_requests_running", labels: { engine: "0" }, type: "gauge" },
];

/** Appends a tick whose buckets grew by `steps`, from the bottom up. */
function tick(source: MemorySource, target: string, at: { time: number; counts: number[]; first: boolean }) {
  source.append(target, at.time, {
    ids: DEFINED.map(({ id }) => id),
    values: [...at.counts, at.time],
    defined: at.first ? DEFINED : [],
    vanishedIds: [],
    events: [],
  });
}

const FUNCTIONS: readonly WindowFunction[] = [
  { kind: "histogram_quantile", quantile: 0.5 },
  { kind: "histogram_quantile", quantile: 0.95 },
  { kind: "histogram_increase" },
];

Deno.test("evaluate() answers the same whether or not the series were read a moment ago", async () => {
  const step = fc.record({
    grows: fc.array(fc.nat(5), { minLength: 4, maxLength: 4 }),
    fails: fc.boolean(),
    asks: fc.array(fc.record({ fn: fc.nat(2), count: fc.integer({ min: 1, max: 3 }), by: fc.boolean() }), {
      maxLength: 4,
    }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const asked = new MemorySource();
      const calls: ((source: MemorySource) => void)[] = [];
      const both = { a: [0, 0, 0, 0], b: [0, 0, 0, 0] };
      for (const [time, { grows, fails, asks }] of steps.entries()) {
        for (const [target, counts] of Object.entries(both)) {
          grows.forEach((by, from) => {
            for (let at = from; at < counts.length; at++) counts[at]! += by;
          });
          const failed = fails && target === "b" && time > 0;
          const values = [...counts];
          const call = (source: MemorySource) =>
            failed
              ? void source.fail(target, time, {
                kind: "scrape_failed",
                timeSeconds: time,
                target,
                cause: { code: "timeout" },
                durationSeconds: 1,
              })
              : tick(source, target, { time, counts: values, first: time === 0 });
          calls.push(call);
          call(asked);
        }
        for (const { fn, count, by } of asks) {
          const query: WindowQuery = {
            selector: { quantity: "ttft" },
            fn: FUNCTIONS[fn]!,
            ...(by ? { by: ["target"] } : {}),
          };
          const grid = { startSeconds: time - count + 1, stepSeconds: 1, count, rangeSeconds: 4 };
          const fresh = new MemorySource();
          for (const call of calls) call(fresh);
          assert.deepEqual(await asked.evaluate(query, grid), await fresh.evaluate(query, grid));
        }
      }
    }),
    { seed: 20261125, numRuns: 60 },
  );
});

Deno.test("select() gives copies: writing to them changes nothing that is held", async () => {
  const source = new MemorySource();
  for (let time = 0; time < 10; time++) tick(source, "a", { time, counts: [1, 2, 3, 4], first: time === 0 });
  const span = { startSeconds: 0, endSeconds: 9 };
  const selector = { name: "vllm:num_requests_running" };
  const last = { startSeconds: 9, stepSeconds: 1, count: 1, rangeSeconds: 5 };
  const query = { selector, fn: { kind: "last" } } as const;
  const [evaluated] = await source.evaluate(query, last);
  evaluated!.values.fill(-1);
  const [series] = await source.select(selector, span);
  series!.values.fill(-1);
  assert.deepEqual([...(await source.select(selector, span))[0]!.values], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal((await source.evaluate(query, last))[0]!.values[0], 9);
});
