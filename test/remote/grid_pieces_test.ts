import assert from "node:assert/strict";
import { inPieces } from "../../src/remote/grid_pieces.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { Grid, Series, WindowQuery } from "../../src/series/types.ts";

/** A gauge of two series with a gap in one of them. */
function gappy(): MemorySource {
  const source = new MemorySource();
  for (let time = 0; time < 100; time++) {
    source.append("t", time, {
      ids: time > 30 && time < 61 ? [0] : [0, 1],
      values: [time, -time],
      vanishedIds: time === 31 ? [1] : [],
      defined: time > 0
        ? []
        : [0, 1].map((id) => ({ id, name: "x", labels: { id: `${id}` }, type: "gauge" })),
      events: [],
    });
  }
  return source;
}

const QUERY: WindowQuery = { selector: { name: "x" }, fn: { kind: "avg" } };

Deno.test("inPieces() gives what the whole grid gives, wherever the pieces meet", async () => {
  const source = gappy();
  for (const [count, stepSeconds] of [[3, 1], [40, 1], [57, 0.7], [99, 1], [900, 0.1]] as const) {
    const grid: Grid = { startSeconds: 1, stepSeconds, count, rangeSeconds: 5 };
    const whole = await source.evaluate(QUERY, grid);
    for (const most of [3, 10, 1000]) {
      const asked: number[] = [];
      const pieces = await inPieces(grid, {
        most,
        count: (piece) => Promise.resolve(piece.count),
        evaluate: (piece): Promise<readonly Series[]> => {
          asked.push(piece.count);
          return source.evaluate(QUERY, piece);
        },
      });
      assert.deepEqual(pieces, whole, `${count} in pieces of ${most}`);
      assert.ok(asked.every((each) => each <= most));
    }
  }
});

Deno.test("inPieces() refuses a window that holds too many points by itself", async () => {
  const grid: Grid = { startSeconds: 1, stepSeconds: 1, count: 9, rangeSeconds: 5 };
  const work = { most: 10, count: () => Promise.resolve(11), evaluate: () => Promise.resolve([]) };
  await assert.rejects(inPieces(grid, work), {
    name: "RangeError",
    message:
      "Cannot evaluate a window of 5 s: 11 points, wanted at most 10; use matchers or a shorter window",
  });
});
