import assert from "node:assert/strict";
import fc from "fast-check";
import { growingSource } from "../../bench/feed_source.ts";
import { joinGaps, joinPanels } from "../../src/dashboard/join_panels.ts";
import { LiveFeed } from "../../src/dashboard/live_feed.ts";
import type { PageData, PageGap, PagePanel } from "../../src/dashboard/page_data.ts";
import { mergeGaps } from "../../src/live/page/history.js";

function panel(t: number[], v: (number | null)[], more: Partial<PagePanel> = {}): PagePanel {
  const line = { label: "running", color: 0, dashed: false, step: true, filled: false, t, v };
  const base = { id: "requests", title: "", subtitle: "", unit: "requests", limits: [] };
  return { ...base, lines: [line], bands: [], marks: [], gaps: [], ...more };
}

Deno.test("joinPanels() puts points behind each other, marks and gaps once", () => {
  const mark = { t: 2, label: "restart", bad: true };
  const joined = joinPanels(
    panel([1, 2], [5, null], { marks: [mark], gaps: [[2, 2.5]] }),
    panel([3], [7], { marks: [mark, { ...mark, t: 3 }], gaps: [[2, 3]], subtitle: "new" }),
  );
  assert.deepEqual(joined.lines[0]?.t, [1, 2, 3]);
  assert.deepEqual(joined.lines[0]?.v, [5, null, 7]);
  assert.deepEqual(joined.marks.map(({ t }) => t), [2, 3]);
  assert.deepEqual(joined.gaps, [[2, 3]]);
  assert.equal(joined.subtitle, "new");
});

Deno.test("joinPanels() keeps a line that only one piece has, and a reason only where neither has values", () => {
  const other = { label: "waiting", color: 1, dashed: true, step: true, filled: false, t: [1], v: [4] };
  assert.deepEqual(
    joinPanels(panel([1], [5], { lines: [other] }), panel([3], [7])).lines.map(({ label }) => label),
    ["running", "waiting"],
  );
  const nothing = panel([], [], { absent: "no data", lines: [] });
  assert.equal(joinPanels(panel([1], [5]), nothing).absent, undefined);
  assert.deepEqual(joinPanels(panel([1], [5]), nothing).lines[0]?.v, [5]);
  assert.equal(joinPanels(nothing, panel([3], [7])).absent, undefined);
  assert.equal(joinPanels(nothing, nothing).absent, "no data");
  assert.equal(joinPanels(undefined, nothing).absent, "no data");
});

Deno.test("a page that opens after hours has the last quarter of one in detail, and nothing twice", async () => {
  const { source, scrape } = await growingSource(1, 2);
  for (let tick = 0; tick < 3 * 1800; tick++) scrape();
  const page: PageData = JSON.parse((await new LiveFeed(source, { timeZone: "UTC" }).snapshot()).data);
  assert.match(page.subtitle, /before 06:44:58: 42 s windows/);
  for (const { id, lines } of page.panels) {
    for (const { t, v, label } of lines) {
      assert.equal(t.length, v.length);
      assert.ok(t.every((time, index) => index === 0 || time > (t[index - 1] ?? 0)), `${id} ${label}`);
      const recent = t.filter((time) => time > page.endSeconds - 300).length;
      assert.ok(recent >= 60, `${id} ${label}: ${recent} points in the last five minutes`);
      assert.ok((t[0] ?? Infinity) < page.startSeconds + 120, `${id} ${label} begins at the start`);
    }
  }
});

Deno.test("joinGaps() joins as the live page does", () => {
  const label = fc.constantFrom(undefined, "2 of 3 answering", "1 of 3 answering");
  const gap = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 20 }), label)
    .map(([from, length, words]): PageGap =>
      words === undefined ? [from, from + length] : [from, from + length, words]
    );
  fc.assert(
    fc.property(fc.array(gap, { maxLength: 6 }), fc.array(gap, { maxLength: 6 }), (older, newer) => {
      assert.deepEqual(joinGaps(older, newer), mergeGaps(older, newer, -Infinity));
    }),
    { seed: 9, numRuns: 300 },
  );
});
