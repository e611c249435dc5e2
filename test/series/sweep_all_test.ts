import assert from "node:assert/strict";
import { seededRandom } from "../../src/base/random.ts";
import { overGrid, type PointFunction, sweepAll } from "../../src/series/over_grid.ts";

const SEED = 20261125;
const GRID = { startSeconds: 12, stepSeconds: 3, count: 20, rangeSeconds: 15 };

/** A counter that now and then begins anew or misses readings, on times of its own or on those of all. */
function counter(random: () => number, times: Float64Array) {
  const kept = random() < 0.3 ? times.filter(() => random() < 0.8) : times;
  let value = 0;
  const values = kept.map(() => value = random() < 0.03 ? 0 : value + Math.floor(5 * random()));
  return { timesSeconds: kept, values };
}

Deno.test("sweepAll() gives each series what overGrid() gives it, bit for bit", () => {
  const source = seededRandom(SEED);
  const random = () => source.next();
  const times = Float64Array.from({ length: 140 }, (_, i) => i / 2 + 0.01 * random());
  const series = Array.from({ length: 200 }, () => counter(random, times));
  const functions: readonly PointFunction[] = [
    { kind: "rate" },
    { kind: "increase" },
    { kind: "increase", extrapolate: false },
    { kind: "max" },
    { kind: "min" },
    { kind: "avg" },
    { kind: "last" },
    { kind: "count" },
    { kind: "irate" },
    { kind: "delta", extrapolate: false },
    { kind: "resets" },
    { kind: "changes" },
    { kind: "deriv" },
    { kind: "quantile", quantile: 0.9 },
  ];
  for (const fn of functions) {
    const all = sweepAll(fn, series, GRID);
    series.forEach((points, s) => {
      const one = overGrid(fn, points, GRID);
      const [from, to] = [s * GRID.count, (s + 1) * GRID.count];
      assert.deepEqual(all.values.subarray(from, to), one.values);
      assert.deepEqual(all.present.subarray(from, to), one.present);
    });
  }
});

Deno.test("sweepAll() of no series, or over no times, gives nothing", () => {
  assert.equal(sweepAll({ kind: "rate" }, [], GRID).values.length, 0);
  const one = { timesSeconds: [0, 1], values: [0, 1] };
  assert.equal(sweepAll({ kind: "rate" }, [one], { ...GRID, count: 0 }).values.length, 0);
});
