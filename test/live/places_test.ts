import assert from "node:assert/strict";
import fc from "fast-check";
import { fragmentOf, rangeOfFragment } from "../../src/live/page/places.js";

Deno.test("rangeOfFragment() gives back what fragmentOf() wrote, to the millisecond", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4e12 }),
      fc.integer({ min: 1, max: 1e9 }),
      (from, length) => {
        const range = { startSeconds: from / 1000, endSeconds: (from + length) / 1000 };
        const back = rangeOfFragment(fragmentOf(range));
        assert.ok(back !== undefined);
        assert.ok(Math.abs(back.startSeconds - range.startSeconds) < 0.0011);
        assert.ok(Math.abs(back.endSeconds - range.endSeconds) < 0.0011);
      },
    ),
    { seed: 11, numRuns: 300 },
  );
  assert.equal(
    fragmentOf({ startSeconds: 1795492800, endSeconds: 1795492860.5 }),
    "#from=2026-11-24T04:00:00Z&to=2026-11-24T04:01:00.500Z",
  );
});

Deno.test("rangeOfFragment() takes nothing for a part of the time that is none", () => {
  const none = ["", "#", "#from=2026-11-24T04:00:00Z", "#from=x&to=y", "#section"];
  const backwards = "#from=2026-11-24T04:00:01Z&to=2026-11-24T04:00:00Z";
  for (const fragment of [...none, backwards]) assert.equal(rangeOfFragment(fragment), undefined, fragment);
});
