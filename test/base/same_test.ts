import assert from "node:assert/strict";
import { sameColumn } from "../../src/base/same.ts";

Deno.test("sameColumn() compares every number, and a column with NaN to itself alone", () => {
  const column = (...values: number[]) => Float64Array.from(values);
  const rows: readonly (readonly [Float64Array, Float64Array, boolean])[] = [
    [column(), column(), true],
    [column(1, 2, 3), column(1, 2, 3), true],
    [column(1, 2, 3), column(1, 2, 4), false],
    [column(0, 2, 3), column(1, 2, 3), false],
    [column(1, 2), column(1, 2, 3), false],
    [column(1, 2, 3), column(1, 2), false],
    [column(0.3), column(0.1 + 0.2), false],
    [column(NaN), column(NaN), false],
  ];
  for (const [one, other, same] of rows) assert.equal(sameColumn(one, other), same, `${one} and ${other}`);
  const gaps = column(1, NaN);
  assert.equal(sameColumn(gaps, gaps), true);
});
