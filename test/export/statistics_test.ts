import assert from "node:assert/strict";
import { statisticsOf } from "../../src/export/statistics.ts";
import { seriesOf } from "../helpers/fixed_source.ts";

Deno.test("statisticsOf() adds up a counter's lives, those too that begin without a fall", () => {
  const counter = (points: [number, number][], resetSeconds: number[] = []) => {
    const { increase, resets } = statisticsOf({
      ...seriesOf("a_total", points, { type: "counter" }),
      resetSeconds: Float64Array.from(resetSeconds),
    });
    return [increase, resets];
  };
  assert.deepEqual(counter([[1, 5], [2, 9], [3, 2], [4, 4]]), [8, 1]);
  // Began anew at 3, from 0, and stands higher than before already.
  assert.deepEqual(counter([[1, 5], [2, 9], [3, 12], [4, 13]], [3]), [17, 1]);
  // Known to have begun with its first point.
  assert.deepEqual(counter([[1, 5], [2, 9]], [1]), [9, 0]);
  assert.deepEqual(counter([[1, 5], [2, NaN], [3, 9], [4, NaN], [5, 1]], [5]), [5, 1]);
  assert.deepEqual(counter([[1, 5]]), [0, 0]);
});
