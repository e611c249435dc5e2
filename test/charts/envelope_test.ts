import assert from "node:assert/strict";
import fc from "fast-check";
import { envelopeOf } from "../../src/charts/envelope.ts";
import type { LineValues } from "../../src/charts/lines.ts";

function line(times: readonly number[], values: readonly number[]): LineValues {
  return {
    labels: {},
    unit: undefined,
    timesSeconds: Float64Array.from(times),
    values: Float64Array.from(values),
  };
}

Deno.test("envelopeOf() of lines on the same times is their lowest and highest at each", () => {
  const values = fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 6, maxLength: 6 }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(values, (rows) => {
      const times = [0, 1, 2, 3, 4, 5];
      const { timesSeconds, lower, upper } = envelopeOf(rows.map((row) => line(times, row)));
      assert.deepEqual([...timesSeconds], times);
      assert.deepEqual([...lower], times.map((_, k) => Math.min(...rows.map((row) => row[k] ?? NaN))));
      assert.deepEqual([...upper], times.map((_, k) => Math.max(...rows.map((row) => row[k] ?? NaN))));
    }),
    { seed: 41, numRuns: 200 },
  );
});

Deno.test("envelopeOf() holds each line at its last value between its points, and loses no extreme", () => {
  const times = [0, 1, 2, 3];
  const late = times.map((time) => time + 0.2);
  const { timesSeconds, lower, upper } = envelopeOf([
    line(times, [1, 1, 9, 1]),
    line(late, [5, 5, 5, 0]),
  ]);
  assert.deepEqual([...timesSeconds], times);
  assert.deepEqual([...upper], [5, 5, 9, 5]);
  assert.deepEqual([...lower], [1, 1, 5, 0]);
});

Deno.test("envelopeOf() leaves out a line that stopped, and breaks where none has a value", () => {
  const { timesSeconds, lower, upper } = envelopeOf([
    line([0, 1, 2, 3, 4, 5], [1, 1, 1, 1, NaN, 1]),
    line([0, 1], [7, 7]),
  ]);
  assert.deepEqual([...timesSeconds], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...upper], [7, 7, 7, 7, NaN, 1]);
  assert.deepEqual([...lower], [1, 1, 1, 1, NaN, 1]);
});

Deno.test("envelopeOf() has every time of lines on a few different axes once, ascending", () => {
  const axis = fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 })
    .map((times) => times.sort((a, b) => a - b));
  fc.assert(
    fc.property(fc.array(axis, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(2)), (axes, picks) => {
      const chosen = [axes[0]!, ...picks.map((pick) => axes[pick % axes.length]!)];
      // Beside one whose points are a hundredth apart: then no two of the others are taken for one.
      const dense = [100, 100.01, 100.02];
      const lines = [...chosen, dense].map((times) => line(times, times.map(() => 1)));
      const { timesSeconds } = envelopeOf(lines);
      const expected = [...new Set([...chosen.flat(), ...dense])].sort((a, b) => a - b);
      assert.deepEqual([...timesSeconds], expected);
    }),
    { seed: 43, numRuns: 200 },
  );
});
