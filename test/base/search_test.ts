import assert from "node:assert/strict";
import fc from "fast-check";
import { firstAfter, firstAtOrAfter, firstPassing, hasNumber } from "../../src/base/search.ts";

/** Ascending, with many equal neighbours, infinities and both zeros. */
const ascendingNumbers = fc.array(
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })),
  { maxLength: 40 },
).map((numbers) => Float64Array.from(numbers).sort());

/** What `findIndex` finds by looking at every number. */
function scanned(numbers: Float64Array, test: (value: number) => boolean): number {
  const index = numbers.findIndex(test);
  return index === -1 ? numbers.length : index;
}

Deno.test("firstAtOrAfter() and firstAfter() find what a look at every number finds", () => {
  fc.assert(
    fc.property(ascendingNumbers, fc.double({ noNaN: true }), fc.nat(), (numbers, other, at) => {
      // A number of the list itself is the limit that matters: the two differ there only.
      for (const limit of [other, ...(numbers.length > 0 ? [numbers[at % numbers.length]!] : [])]) {
        assert.equal(firstAtOrAfter(numbers, limit), scanned(numbers, (value) => value >= limit));
        assert.equal(firstAfter(numbers, limit), scanned(numbers, (value) => value > limit));
        assert.equal(hasNumber(numbers, limit), numbers.some((value) => value === limit));
      }
    }),
    { seed: 20_260_824, numRuns: 2_000 },
  );
});

Deno.test("firstAtOrAfter() and firstAfter() stand on both sides of equal numbers", () => {
  const numbers = [1, 2, 2, 2, 5];
  const found = (limit: number) => [firstAtOrAfter(numbers, limit), firstAfter(numbers, limit)];
  assert.deepEqual(found(0), [0, 0]);
  assert.deepEqual(found(1), [0, 1]);
  assert.deepEqual(found(2), [1, 4]);
  assert.deepEqual(found(3), [4, 4]);
  assert.deepEqual(found(5), [4, 5]);
  assert.deepEqual(found(6), [5, 5]);
  assert.deepEqual(found(NaN), [5, 5]);
  assert.deepEqual([firstAtOrAfter([], 1), firstAfter([], 1), hasNumber([], 1)], [0, 0, false]);
});

Deno.test("firstPassing() finds the first of a range, its end when none passes, and asks few times", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.nat(1_000_000), fc.nat(), (low, length, at) => {
      const high = low + length;
      const first = low + at % (length + 1);
      let asked = 0;
      const found = firstPassing(low, high, (index) => {
        asked++;
        assert.ok(index >= low && index < high);
        return index >= first;
      });
      assert.equal(found, first);
      assert.ok(asked <= Math.ceil(Math.log2(length + 1)));
    }),
    { seed: 20_260_825, numRuns: 2_000 },
  );
});
