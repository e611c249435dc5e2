import assert from "node:assert/strict";
import { nearestKnown, ownTime } from "../../src/live/page/points.js";

Deno.test("nearestKnown() is the nearest in time, not by the number of points between", () => {
  const u = undefined;
  const rows: [(number | null | undefined)[], number[], number, number][] = [
    [[1, u, 2], [0, 1, 2], 0, 0],
    // Five points of other lines within a second, and none for a minute: the sixth is nearer.
    [[1, u, u, u, u, u, 2], [0, 60, 60.1, 60.2, 60.3, 60.4, 60.5], 1, 6],
    [[1, u, 2], [0, 1, 2], 1, 0],
    [[1, u, null], [0, 9, 10], 1, 2],
    [[1, u, u], [0, 1, 2], 2, 0],
    [[u, u, 3], [0, 1, 2], 0, 2],
    [[u, u, u], [0, 1, 2], 1, 1],
  ];
  for (const [values, times, index, expected] of rows) {
    assert.equal(nearestKnown(values, index, times), expected, JSON.stringify({ values, times, index }));
  }
  assert.equal(nearestKnown(undefined, 4, []), 4);
});

Deno.test("ownTime() names the time of each value that is not of the time that is shown", () => {
  const words = (at: number) => `${Math.floor(at)} s`;
  const times = [0, 1, 2, 3, 4, 5];
  const rows = [
    [{ at: 3, shown: 3.9, isUnderCursor: true, times }, ""],
    [{ at: 3, shown: 4, isUnderCursor: true, times }, " · 3 s"],
    [{ at: 30, shown: 4, isUnderCursor: true, times }, " · 30 s"],
    // The newest of servers that are read one after the other is all "now".
    [{ at: 95, shown: 100, isUnderCursor: false, times }, ""],
    [{ at: 94, shown: 100, isUnderCursor: false, times }, " · 94 s"],
    [{ at: 80, shown: 100, isUnderCursor: false, times: [60, 70, 80] }, ""],
    [{ at: 70, shown: 100, isUnderCursor: false, times: [50, 60, 70] }, " · 70 s"],
    [{ at: undefined, shown: 100, isUnderCursor: true, times }, ""],
  ] as const;
  for (const [value, expected] of rows) assert.equal(ownTime(value, words), expected, JSON.stringify(value));
});
