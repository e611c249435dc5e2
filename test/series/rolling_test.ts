import assert from "node:assert/strict";
import { downsample } from "../../src/series/downsample.ts";
import { joinByTime } from "../../src/series/join.ts";
import { rollingStatistics } from "../../src/series/rolling.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Series } from "../../src/series/types.ts";

Deno.test("rollingStatistics() keeps its digits where the spread is a millionth of the values", () => {
  const random = seededRandom(7);
  const size = 5000;
  const timesSeconds = Float64Array.from({ length: size }, (_, i) => 1.79e9 + i);
  const offsets = Float64Array.from({ length: size }, () => Math.round(random.next() * 2 ** 20) / 2 ** 20);
  const { mean, standardDeviation, count } = rollingStatistics(
    { timesSeconds, values: offsets.map((offset) => 1e6 + offset) },
    { rangeSeconds: 300 },
  );
  // Exact reference: the offsets alone, two passes; every value and sum is a multiple of 2^-20.
  for (let i = 299; i < size; i += 97) {
    const window = offsets.subarray(i - 299, i + 1);
    const centre = window.reduce((sum, value) => sum + value, 0) / 300;
    const spread = Math.sqrt(window.reduce((sum, value) => sum + (value - centre) ** 2, 0) / 300);
    assert.equal(count[i], 300);
    assert.ok(Math.abs(mean[i]! - (1e6 + centre)) <= 1e6 * 2 ** -52);
    assert.ok(Math.abs(standardDeviation[i]! / spread - 1) < 1e-14);
  }
});

Deno.test("rollingStatistics() leaves NaN out and gives none where an infinity stands", () => {
  const { mean, standardDeviation, count } = rollingStatistics({
    timesSeconds: [0, 1, 2, 3, 4, 5],
    values: [1, NaN, 3, Infinity, 5, 7],
  }, { rangeSeconds: 2 });
  assert.deepEqual([...count], [1, 1, 1, 2, 2, 2]);
  assert.deepEqual([...mean], [1, 1, 3, NaN, NaN, 6]);
  assert.deepEqual([...standardDeviation], [0, 0, 0, NaN, NaN, 1]);
});

Deno.test("joinByTime() pairs the nearest points within the tolerance", () => {
  const left = { timesSeconds: [0, 10, 20, 30], values: [1, 2, 3, 4] };
  const right = { timesSeconds: [0.4, 9, 11, 33], values: [10, 20, 30, 40] };
  const { timesSeconds, left: a, right: b } = joinByTime(left, right, { toleranceSeconds: 1 });
  assert.deepEqual([[...timesSeconds], [...a], [...b]], [[0, 10], [1, 2], [10, 20]]);
  assert.equal(joinByTime(left, { timesSeconds: [], values: [] }, { toleranceSeconds: 9 }).left.length, 0);
});

Deno.test("downsample() keeps every column's extremes, the gaps and the bounds", () => {
  const random = seededRandom(3);
  const size = 10_000;
  const timesSeconds = Float64Array.from({ length: size }, (_, i) => i < 5000 ? i : i + 100);
  const values = Float64Array.from({ length: size }, () => random.next());
  values[1234] = 99;
  values[4999] = -99;
  const series: Series = {
    name: "g",
    labels: {},
    type: "gauge",
    timesSeconds,
    values,
    staleSeconds: Float64Array.of(5000),
  };
  const options = { span: { startSeconds: 0, endSeconds: 10_100 }, columns: 100 };
  const small = downsample(series, options);
  assert.ok(small.values.length <= 4 * 101);
  const column = (time: number) => Math.min(99, Math.floor(time / 101));
  for (let c = 0; c < 100; c++) {
    const of = (each: Series) => each.values.filter((_, i) => column(each.timesSeconds[i]!) === c);
    assert.deepEqual([Math.min(...of(small)), Math.max(...of(small))], [
      Math.min(...of(series)),
      Math.max(...of(series)),
    ]);
  }
  // Both ends of the gap are there, so a line can break at it.
  assert.ok(small.timesSeconds.includes(4999) && small.timesSeconds.includes(5100));
  assert.equal(
    downsample({ ...series, timesSeconds: timesSeconds.slice(0, 9), values: values.slice(0, 9) }, options)
      .values.length,
    9,
  );
});
