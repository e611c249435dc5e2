import assert from "node:assert/strict";
import { largest, smallest } from "../../src/base/extent.ts";

Deno.test("largest() and smallest() take a million numbers, none, and NaN", () => {
  const many = Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 1_000_003 - 5);
  assert.equal(largest(many), many.toSorted((a, b) => b - a)[0]);
  assert.equal(smallest(many), -5);
  assert.deepEqual([largest([]), smallest([])], [-Infinity, Infinity]);
  assert.ok(Number.isNaN(largest([1, NaN, 2])));
});
