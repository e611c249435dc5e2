import assert from "node:assert/strict";
import { pressCounter } from "../../src/base/presses.ts";

Deno.test("pressCounter() takes signals within half a second of the first for the same press", () => {
  const cases: readonly (readonly [readonly number[], readonly number[]])[] = [
    [[100], [1]],
    [[100, 100.002], [1, 1]], // sent to the group, and forwarded
    [[100, 100.002, 100.5], [1, 1, 1]],
    [[100, 100.501], [1, 2]],
    [[100, 100.4, 100.8], [1, 1, 2]], // counted from the first, so that hammering ends it
    [[100, 102, 102.001], [1, 2, 2]],
  ];
  for (const [times, wanted] of cases) {
    const count = pressCounter();
    assert.deepEqual(times.map((time) => count(time)), wanted, times.join());
  }
});
