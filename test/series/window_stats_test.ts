/** Expected values by hand; quantiles by the closed form of linear interpolation between closest ranks (type 7). */
import assert from "node:assert/strict";
import {
  holdings,
  timeShare,
  timeWeightedMean,
  timeWeightedQuantile,
} from "../../src/series/time_weighted.ts";
import { windowStats } from "../../src/series/window_stats.ts";

Deno.test("windowStats() takes seconds, not points, and tells how much they cover", () => {
  const timesSeconds = Array.from({ length: 100 }, (_, i) => 10 * i);
  const stats = windowStats({ timesSeconds, values: timesSeconds.map((_, i) => i) }, { endSeconds: 990 });
  assert.ok("avg" in stats);
  // (690, 990]: the points 70 to 99.
  assert.deepEqual([stats.count, stats.current, stats.min, stats.max, stats.avg], [30, 99, 70, 99, 84.5]);
  // 70 + q * 29
  assert.deepEqual([stats.p50, stats.p95, stats.p99].map((p) => Number(p.toFixed(9))), [84.5, 97.55, 98.71]);
  assert.equal(stats.coverageRatio, 1);
});

Deno.test("windowStats() is absent, never 0, where the window holds no number", () => {
  const absent = { absent: { code: "no_data", params: { rangeSeconds: 60 } } };
  for (const values of [[1, 2], [NaN, NaN]]) {
    const endSeconds = Number.isNaN(values[0]!) ? 20 : 1000;
    assert.deepEqual(
      windowStats({ timesSeconds: [10, 20], values }, { endSeconds, rangeSeconds: 60 }),
      absent,
    );
  }
});

Deno.test("windowStats() has no current value once the series is marked absent or NaN", () => {
  const points = { timesSeconds: [10, 20], values: [3, 5], staleSeconds: [30] };
  const after = windowStats(points, { endSeconds: 40 });
  const before = windowStats(points, { endSeconds: 29 });
  assert.ok("avg" in after && "avg" in before);
  assert.deepEqual([after.current, after.last, after.lastSeconds, before.current], [undefined, 5, 20, 5]);
  const nan = windowStats({ timesSeconds: [10, 20], values: [3, NaN] }, { endSeconds: 20 });
  assert.ok("avg" in nan);
  assert.deepEqual([nan.current, nan.avg, nan.count, nan.nanCount], [undefined, 3, 1, 1]);
});

Deno.test("time-weighted means count each value for as long as it stood", () => {
  const points = { timesSeconds: [0, 10, 20, 21, 22, 23], values: [1, 1, 5, 5, 5, 5] };
  const held = holdings(points, { endSeconds: 24, rangeSeconds: 24 }, { intervalSeconds: 10 });
  assert.deepEqual([...held.seconds], [10, 10, 1, 1, 1, 1]);
  assert.equal(timeWeightedMean(held), (20 * 1 + 4 * 5) / 24);
  assert.equal(timeWeightedQuantile(0.5, held), 1);
  assert.equal(timeWeightedQuantile(0.9, held), 5);
  assert.equal(timeShare((value) => value >= 5, held), 4 / 24);
});

Deno.test("a value stands no longer than its mark of absence or one and a half intervals", () => {
  const points = { timesSeconds: [0, 10, 100], values: [1, 2, 3], staleSeconds: [12] };
  const held = holdings(points, { endSeconds: 200, rangeSeconds: 200 }, { intervalSeconds: 10 });
  assert.deepEqual([...held.seconds], [10, 2, 15]);
  assert.equal(held.coveredSeconds, 27);
});

Deno.test("the last point before the window reaches into it", () => {
  const held = holdings({ timesSeconds: [0, 10], values: [1, 2] }, { endSeconds: 12, rangeSeconds: 5 });
  assert.deepEqual([...held.seconds], [3, 2]);
});

Deno.test("time-weighted figures sort by value, leave out what stood for no time, and are undefined without time", () => {
  const of = (...numbers: number[]) => Float64Array.from(numbers);
  const held = { values: of(7, -3, 2, 100), seconds: of(1, 2, 3, 0), coveredSeconds: 6 };
  assert.deepEqual([0, 1 / 3, 0.34, 5 / 6, 0.84, 1].map((q) => timeWeightedQuantile(q, held)), [
    -3,
    -3,
    2,
    2,
    7,
    7,
  ]);
  assert.equal(timeWeightedMean(held), (7 - 6 + 6) / 6);
  const none = { values: of(7), seconds: of(0), coveredSeconds: 0 };
  assert.deepEqual(
    [timeWeightedMean(none), timeWeightedQuantile(0.5, none), timeShare(() => true, none)],
    [undefined, undefined, undefined],
  );
  assert.deepEqual([-0.1, 1.1].map((q) => timeWeightedQuantile(q, held)), [undefined, undefined]);
  assert.equal(timeShare((value) => value > 2, held), 1 / 6);
});

Deno.test("holdings() begin with the last point before the window, and hold nothing of those before it", () => {
  const points = { timesSeconds: [0, 10, 20, 30], values: [1, 2, 3, 4] };
  const held = holdings(points, { endSeconds: 32, rangeSeconds: 7 });
  assert.deepEqual([[...held.values], [...held.seconds], held.coveredSeconds], [[3, 4], [5, 2], 7]);
});

Deno.test("holdings() give NaN no time, nor a lone point whose usual distance nobody knows", () => {
  const gap = holdings({ timesSeconds: [0, 10, 20], values: [1, NaN, 3] }, {
    endSeconds: 25,
    rangeSeconds: 25,
  });
  assert.deepEqual([[...gap.seconds], gap.coveredSeconds], [[10, 0, 5], 15]);
  // The window holds no point: the one before it is alone.
  const points = { timesSeconds: [0, 10, 20], values: [1, 2, 3] };
  const range = { endSeconds: 25, rangeSeconds: 2 };
  assert.deepEqual([...holdings(points, range).seconds], [0]);
  assert.deepEqual([...holdings(points, range, { intervalSeconds: 10 }).seconds], [2]);
  // By the distances within, 2 s: not by the 18 s before it.
  const late = holdings({ timesSeconds: [0, 18, 20, 22], values: [1, 2, 3, 4] }, {
    endSeconds: 40,
    rangeSeconds: 21,
  });
  assert.deepEqual([...late.seconds], [1, 2, 3]);
});
