import assert from "node:assert/strict";
import { detectAnomalies } from "../../src/analyzer/anomalies.ts";
import { detectChangePoints } from "../../src/analyzer/change_points.ts";
import { compareFigures, compareRuns } from "../../src/analyzer/compare.ts";
import { correlate } from "../../src/analyzer/correlation.ts";
import { costOf } from "../../src/analyzer/cost.ts";
import { errorBudget } from "../../src/analyzer/error_budget.ts";
import { figuresOfRequests } from "../../src/analyzer/run_figures.ts";
import { MemorySource } from "../../src/series/memory_source.ts";

const EMPTY: readonly (readonly [string, readonly number[]])[] = [
  ["nothing", []],
  ["one point", [5]],
  ["NaN only", new Array(50).fill(NaN)],
  ["nineteen numbers among NaN", Array.from({ length: 60 }, (_, i) => i < 19 ? i : NaN)],
  ["one value", new Array(50).fill(7)],
];

Deno.test("detectAnomalies() and detectChangePoints() have a cause and no verdict when there is nothing to judge", () => {
  for (const [name, values] of EMPTY) {
    const points = { timesSeconds: values.map((_, i) => i), values };
    for (const options of [{}, { logarithm: true }]) {
      assert.ok("absent" in detectAnomalies(points, options), name);
      assert.ok("absent" in detectChangePoints(points, options), name);
    }
  }
});

Deno.test("correlate() has a cause and no number when there is nothing to correlate", () => {
  assert.deepEqual(correlate([]).pairs, []);
  // Of nineteen numbers ten cells are left, which is the least that it takes.
  for (const [name, values] of EMPTY.filter(([name]) => !name.startsWith("nineteen"))) {
    const signal = { name, labels: {}, perSecond: false, timesSeconds: values.map((_, i) => i), values };
    const other = { ...signal, values: values.map((_, i) => i) };
    const { pairs } = correlate([signal, other]);
    assert.ok(pairs.every((pair) => "absent" in pair), name);
  }
});

Deno.test("cost and budget of an empty source are absent, each with its cause", async () => {
  const source = () => new MemorySource({ retentionSeconds: 10 });
  const cost = await costOf(source(), { pricePerGpuHour: 1, gpuCount: 1 });
  for (const reading of [cost.outputTokens, cost.money, cost.energyJoules, cost.wasted.share]) {
    assert.ok("absent" in reading);
  }
  assert.ok("absent" in await errorBudget(source(), { ttftSeconds: 1 }));
});

Deno.test("comparing nothing is inconclusive and never a pass", async () => {
  const nothing = figuresOfRequests([]);
  assert.equal(compareFigures([nothing], [nothing]).verdict, "inconclusive");
  assert.equal(compareFigures([], []).verdict, "inconclusive");
  const source = new MemorySource({ retentionSeconds: 10 });
  assert.equal((await compareRuns(source, source)).verdict, "inconclusive");
});
