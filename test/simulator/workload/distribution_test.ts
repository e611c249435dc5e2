import assert from "node:assert/strict";
import fc from "fast-check";
import {
  describe,
  percentile,
  percentileInterval,
  sorted,
  wilsonInterval,
} from "../../../src/simulator/workload/distribution.ts";

const near = (actual: number | undefined, expected: number, tolerance = 1e-12) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

Deno.test("describe() equals numpy 2.4.6", () => {
  // numpy.percentile (linear), mean, std (ddof 0) of these ten values.
  const figures = describe([0.31, 0.05, 0.12, 0.44, 0.02, 0.27, 0.19, 0.08, 0.61, 0.15])!;
  near(figures.p50, 0.17);
  near(figures.p90, 0.457);
  near(figures.p95, 0.5335);
  near(figures.p99, 0.5947);
  near(figures.mean, 0.224);
  near(figures.std, 0.17754999295972954);
  assert.deepEqual([figures.count, figures.min, figures.max], [10, 0.02, 0.61]);
  assert.equal("p99" in figures.intervals, false);
});

Deno.test("describe() of nothing is unknown, of one value that value, without NaN", () => {
  assert.equal(describe([]), undefined);
  assert.equal(describe([NaN]), undefined);
  const one = describe([NaN, 4])!;
  assert.deepEqual([one.count, one.p50, one.p99, one.std, one.intervals], [1, 4, 4, 0, {}]);
});

Deno.test("percentile() lies between its neighbours and refuses shares outside 0 to 1", () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (sample, share) => {
      const ascending = sorted(sample);
      const value = percentile(ascending, share)!;
      const below = Math.floor(share * (sample.length - 1));
      assert.ok(value >= ascending[below]! - 1e-9);
      assert.ok(value <= ascending[Math.min(below + 1, sample.length - 1)]! + 1e-9);
    }),
    { seed: 5 },
  );
  assert.equal(percentile([], 0.5), undefined);
  assert.throws(() => percentile([1], 1.1), RangeError);
});

Deno.test("percentileInterval() takes the ranks that the binomial of scipy 1.17.1 gives", () => {
  const f = (n: number, share: number, expected: readonly [number, number] | undefined) => {
    const ranks = Float64Array.from({ length: n }, (_, i) => i + 1);
    const interval = percentileInterval(ranks, share);
    assert.deepEqual(
      interval === undefined ? undefined : [interval.lower, interval.upper],
      expected,
      `${n} ${share}`,
    );
  };
  f(367, 0.99, undefined);
  f(368, 0.99, [360, 368]);
  f(100, 0.5, [40, 61]);
  f(1000, 0.9, [881, 919]);
  f(5000, 0.99, [4936, 4964]);
  f(0, 0.5, undefined);
  f(5, 0.5, undefined);
  f(6, 0.5, [1, 6]);
});

Deno.test("wilsonInterval() equals scipy 1.17.1's binomtest(...).proportion_ci('wilson')", () => {
  const f = (successes: number, trials: number, lower: number, upper: number) => {
    const interval = wilsonInterval(successes, trials)!;
    near(interval.lower, lower, 1e-12);
    near(interval.upper, upper, 1e-12);
  };
  f(0, 10, 0, 0.27753279986288926);
  f(8, 10, 0.4901624715366418, 0.9433178485456248);
  f(95, 100, 0.8882495307680809, 0.978456320845632);
  f(368, 368, 0.9896690949070677, 1);
  assert.equal(wilsonInterval(0, 0), undefined);
});
