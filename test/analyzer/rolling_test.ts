import assert from "node:assert/strict";
import fc from "fast-check";
import { rollingExtremes, rollingMedian } from "../../src/analyzer/rolling.ts";
import { median } from "../../src/analyzer/statistics.ts";

const SERIES = fc.oneof(
  fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 120 }),
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 120 }),
);

Deno.test("rollingMedian() is the median of each window, for any values and widths", () => {
  fc.assert(
    fc.property(SERIES, fc.nat(70), fc.nat(70), (values, half, leastHalf) => {
      const medians = rollingMedian(values, half, { leastHalf });
      values.forEach((_, i) => {
        const reach = Math.min(half, Math.max(leastHalf, Math.min(i, values.length - 1 - i)));
        const expected = median(values.slice(Math.max(0, i - reach), i + reach + 1));
        assert.equal(medians[i]! + 0, expected + 0);
      });
    }),
    { seed: 5, numRuns: 300 },
  );
});

Deno.test("rollingMedian() of nothing is nothing, of one window each value", () => {
  assert.deepEqual(Array.from(rollingMedian([], 5)), []);
  assert.deepEqual(Array.from(rollingMedian([3, 1, 2], 0)), [3, 1, 2]);
  assert.deepEqual(Array.from(rollingMedian([3, 1, 2], 9)), [2, 2, 2]);
});

Deno.test("rollingExtremes() are those of each window", () => {
  fc.assert(
    fc.property(SERIES, fc.nat(40), (values, reach) => {
      const { lowest, highest } = rollingExtremes(Float64Array.from(values), reach);
      values.forEach((_, i) => {
        const around = values.slice(Math.max(0, i - reach), i + reach + 1);
        assert.equal(lowest[i]! + 0, Math.min(...around) + 0);
        assert.equal(highest[i]! + 0, Math.max(...around) + 0);
      });
    }),
    { seed: 6, numRuns: 200 },
  );
});
