/**
 * Reads a live store as a page does, tick by tick, and prints how much the heap has grown over 400 ticks by what only a
 * collection of the whole heap would take away. Run with `--v8-flags=--expose-gc`.
 */
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition, WindowFunction } from "../../src/series/types.ts";

declare const gc: (options: { readonly type: "minor" }) => void;

const TARGETS = 4;
const BOUNDS = ["0.1", "0.2", "0.5", "1", "2", "5", "10", "+Inf"];
const FUNCTIONS: readonly WindowFunction[] = [
  { kind: "histogram_bounded_quantile", quantile: 0.5 },
  { kind: "histogram_bounded_quantile", quantile: 0.95 },
  { kind: "histogram_mean" },
];

const defined: readonly SeriesDefinition[] = [
  ...BOUNDS.map((le) => ({ part: "bucket", labels: { engine: "0", le } })),
  { part: "sum", labels: { engine: "0" } },
  { part: "count", labels: { engine: "0" } },
].map(({ part, labels }, id) => ({
  id,
  name: `vllm:time_to_first_token_seconds_${part}`,
  labels,
  type: "histogram",
}));
const ids = defined.map(({ id }) => id);
const source = new MemorySource({ maxPoints: 100 });

async function tick(time: number): Promise<void> {
  for (let target = 0; target < TARGETS; target++) {
    source.append(`server-${target}`, time, {
      ids,
      values: ids.map((id) => time * (id + 1)),
      defined: time === 0 ? defined : [],
      vanishedIds: [],
      events: [],
    });
  }
  const grid = { startSeconds: time - 1, stepSeconds: 1, count: 2, rangeSeconds: 15 };
  for (const fn of FUNCTIONS) await source.evaluate({ selector: { quantity: "ttft" }, fn }, grid);
}

/** Bytes in use once the young part of the heap was collected. */
function held(): number {
  gc({ type: "minor" });
  gc({ type: "minor" });
  return Deno.memoryUsage().heapUsed;
}

let before = 0;
for (let time = 0; time < 600; time++) {
  await tick(time);
  if (time % 4 === 0) gc({ type: "minor" });
  if (time === 200) before = held();
}
// deno-lint-ignore no-console -- its result
console.log(held() - before);
