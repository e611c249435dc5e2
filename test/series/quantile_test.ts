/** Values by hand from the definition; the server's own answers are in prometheus_answers_test.ts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { histogramQuantile } from "../../src/series/quantile.ts";

const buckets = (...pairs: [number, number][]) => pairs.map(([le, count]) => ({ le, count }));

Deno.test("histogramQuantile() interpolates inside the bucket that it names", () => {
  const histogram = buckets([1, 10], [2, 30], [Infinity, 40]);
  assert.deepEqual(histogramQuantile(0.5, histogram), { value: 1.5, lower: 1, upper: 2 });
  assert.deepEqual(histogramQuantile(0.125, histogram), { value: 0.5, lower: 0, upper: 1 });
  assert.deepEqual(histogramQuantile(0.9, histogram), { value: 2, lower: 2, upper: Infinity });
});

Deno.test("histogramQuantile() has no value without observations, +Inf or a second bucket", () => {
  for (const histogram of [[], buckets([Infinity, 5]), buckets([1, 5]), buckets([1, 0], [Infinity, 0])]) {
    assert.deepEqual(histogramQuantile(0.5, histogram), { value: NaN, lower: NaN, upper: NaN });
  }
  assert.equal(histogramQuantile(NaN, buckets([1, 5], [Infinity, 5])).value, NaN);
});

Deno.test("histogramQuantile() adds equal bounds, sorts, and lifts counts that fall", () => {
  const tidy = buckets([1, 4], [2, 4], [Infinity, 8]);
  const untidy = buckets([Infinity, 8], [2, 3], [1, 3], [1, 1]);
  assert.deepEqual(histogramQuantile(0.4, untidy), histogramQuantile(0.4, tidy));
});

Deno.test("histogramQuantile() gives infinities outside 0 to 1", () => {
  assert.equal(histogramQuantile(-1, buckets([1, 1], [Infinity, 1])).value, -Infinity);
  assert.equal(histogramQuantile(2, []).value, Infinity);
});

Deno.test("histogramQuantile() lies inside its bucket and rises with q", () => {
  const histogram = fc.array(fc.nat(1000), { minLength: 2, maxLength: 12 }).map((added) => {
    let count = 0;
    return added.map((more, i) => ({ le: i === added.length - 1 ? Infinity : 2 ** i, count: count += more }));
  });
  const q = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(histogram, q, q, (made, a, b) => {
      const low = histogramQuantile(Math.min(a, b), made);
      const high = histogramQuantile(Math.max(a, b), made);
      if (Number.isNaN(low.value) || Number.isNaN(high.value)) return;
      assert.ok(low.lower <= low.value && low.value <= low.upper);
      assert.ok(low.value <= high.value + 1e-12 * Math.abs(high.value));
    }),
    { seed: 4, numRuns: 500 },
  );
});
