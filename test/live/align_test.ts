import assert from "node:assert/strict";
import uPlot from "uplot";
import { rangeOf } from "../../src/live/page/axes.js";

// The page's scripts find uPlot where its own script leaves it.
Reflect.set(globalThis, "uPlot", uPlot);
const { align } = await import("../../src/live/page/charts.js");

Deno.test("align() breaks a line through the whole of its gap when other lines have times in it", () => {
  const data = align([
    { t: [0, 1, 2, 3, 4, 5, 6], v: [1, 1, 1, 1, 1, 1, 1] },
    { t: [0, 1, 2, 5, 6], v: [2, 2, null, 2, 2] },
    { t: [0, 3, 6], v: [3, 3, 3] },
  ]);
  assert.deepEqual(data, [
    [0, 1, 2, 3, 4, 5, 6],
    [1, 1, 1, 1, 1, 1, 1],
    [2, 2, null, null, null, 2, 2],
    // Read less often: its points are joined.
    [3, undefined, undefined, 3, undefined, undefined, 3],
  ]);
});

Deno.test("align() leaves a line that ended in a gap broken to the end", () => {
  const data = align([
    { t: [0, 1, 2, 3, 4], v: [1, 1, 1, 1, 1] },
    { t: [0, 1, 2], v: [2, 2, null] },
  ]);
  assert.deepEqual(data[2], [2, 2, null, null, null]);
});

Deno.test("rangeOf() leaves room above the highest value and above a limit in reach", () => {
  const panel = (unit: string, limit?: number) => ({
    id: "",
    title: "",
    subtitle: "",
    unit,
    lines: [],
    bands: [],
    marks: [],
    gaps: [],
    limits: limit === undefined ? [] : [{ value: limit, label: "" }],
  });
  const rows = [
    // A twentieth is free above values; above a limit at the top stand its words: 12 %.
    [panel("requests"), 16, 16.8],
    [panel("requests", 16), 16, 17.92],
    [panel("requests", 16), 7, 7.35],
    [panel("requests", 16), 8, 17.92],
    [panel("ratio"), 0.4, 1],
    [panel("ratio"), 1, 1.05],
    [panel("ratio"), 0.98, 1.03],
    [panel("seconds"), null, 1],
  ] as const;
  for (const [of, highest, top] of rows) {
    const [low, high] = rangeOf(of)(undefined, 0, highest);
    assert.equal(low, 0);
    assert.ok(Math.abs(high - top) < 1e-9, `${of.unit} ${highest}: ${high}, wanted ${top}`);
  }
});
