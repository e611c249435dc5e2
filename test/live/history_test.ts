import assert from "node:assert/strict";
import fc from "fast-check";
import { append, fits, mergeGaps } from "../../src/live/page/history.js";

type Page = Parameters<typeof append>[0];
type Panel = Page["panels"][number];

function panelOf(t: number[], v: (number | null)[], more: Partial<Panel> = {}): Panel {
  const line = { label: "running", color: 0, dashed: false, step: true, filled: false, t, v };
  return {
    id: "requests",
    title: "",
    subtitle: "",
    unit: "requests",
    lines: [line],
    bands: [],
    marks: [],
    gaps: [],
    limits: [],
    ...more,
  };
}

function pageOf(panel: Panel): Page {
  return {
    title: "",
    subtitle: "",
    language: "en",
    timeZone: "UTC",
    startSeconds: 0,
    endSeconds: 10,
    perSecond: { tokens: "", requests: "", events: "" },
    hint: "",
    time: "",
    panels: [panel],
  };
}

Deno.test("append() adds new points once, breaks where some failed to come, and moves the span", () => {
  const page = pageOf(panelOf([0, 1, 2, 3], [5, 5, 6, 6]));
  const update = { startSeconds: 1, endSeconds: 12, panels: [panelOf([3, 4, 10, 11], [6, 7, 8, 9])] };
  append(page, update);
  append(page, update);
  assert.deepEqual(page.panels[0]?.lines[0]?.t, [0, 1, 2, 3, 4, 7, 10, 11]);
  assert.deepEqual(page.panels[0]?.lines[0]?.v, [5, 5, 6, 6, 7, null, 8, 9]);
  assert.deepEqual([page.startSeconds, page.endSeconds], [1, 12]);
});

Deno.test("append() keeps gaps by their start and marks once, and drops what ended before the span", () => {
  const page = pageOf(
    panelOf([0], [1], { gaps: [[1, 2], [6, 8]], marks: [{ t: 2, label: "restart", bad: true }] }),
  );
  const mark = { t: 9, label: "restart", bad: true };
  append(page, {
    startSeconds: 4,
    endSeconds: 12,
    panels: [panelOf([], [], { gaps: [[6, 10]], marks: [mark] })],
  });
  append(page, {
    startSeconds: 4,
    endSeconds: 13,
    panels: [panelOf([], [], { gaps: [[6, 11]], marks: [mark] })],
  });
  assert.deepEqual(page.panels[0]?.gaps, [[6, 11]]);
  assert.deepEqual(page.panels[0]?.marks, [mark]);
});

Deno.test("mergeGaps() makes one gap of pieces that come one by one, and lets news count where both say something", () => {
  const two = "2 of 3 answering";
  const one = "1 of 3 answering";
  type Gaps = Parameters<typeof mergeGaps>[0];
  const rows: [Gaps, Gaps, Gaps][] = [
    [[[1, 2]], [[2, 3]], [[1, 3]]],
    // What is known of an outage begins later and later while it lasts.
    [[[0, 600]], [[1, 601]], [[0, 601]]],
    [[[5, 6, two]], [[6.01, 7.01, two]], [[5, 7.01, two]]],
    [[[5, 10, two]], [[5, 8, two], [8, 11, one]], [[5, 8, two], [8, 11, one]]],
    [[[5, 10, two]], [[7, 8, one]], [[5, 7, two], [7, 8, one], [8, 10, two]]],
    [[[1, 2]], [[5, 6]], [[1, 2], [5, 6]]],
  ];
  for (const [old, news, expected] of rows) assert.deepEqual(mergeGaps(old, news, 0), expected);
  assert.deepEqual(mergeGaps([[1, 2], [4, 6]], [], 3), [[4, 6]]);
});

Deno.test("fits() takes an update that lacks panels or lines, not one with new ones", () => {
  const page = pageOf(panelOf([0], [1]));
  assert.ok(fits(page, []));
  assert.ok(fits(page, [panelOf([1], [1])]));
  assert.ok(fits(page, [panelOf([], [], { lines: [], absent: "no data" })]));
  const [line] = panelOf([1], [1]).lines;
  assert.ok(line !== undefined);
  assert.ok(!fits(page, [panelOf([], [], { lines: [{ ...line, label: "waiting" }] })]));
  assert.ok(!fits(page, [panelOf([], [], { id: "other" })]));
});

Deno.test("append() takes a panel's reason away with its first values, and not before", () => {
  const page = pageOf(panelOf([0], [null], { absent: "not enough history yet" }));
  const add = (t: number, news: Parameters<typeof append>[1]["panels"][number]) =>
    append(page, { startSeconds: 0, endSeconds: t, panels: [news] });
  add(1, panelOf([1], [null], { absent: "not enough history yet" }));
  assert.equal(page.panels[0]?.absent, "not enough history yet");
  add(2, panelOf([2], [5]));
  assert.equal(page.panels[0]?.absent, undefined);
  add(3, panelOf([3], [null], { absent: "no requests ended" }));
  assert.equal(page.panels[0]?.absent, undefined);
});

Deno.test("append() keeps a day of points bounded, in order, without losing the highest or the lowest", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 80_000 }), fc.integer({ min: 0, max: 80_000 }), (spike, dip) => {
      const page = pageOf(panelOf([], []));
      for (let from = 0; from < 86_400; from += 600) {
        const t = Array.from({ length: 600 }, (_, k) => from + k);
        const v = t.map((time) => time === spike ? 99 : time === dip ? -99 : time % 7);
        append(page, { startSeconds: 0, endSeconds: from + 600, panels: [panelOf(t, v)] });
      }
      const line = page.panels[0]?.lines[0];
      assert.ok(line !== undefined && line.t.length <= 4000 && line.t.length === line.v.length);
      assert.ok(line.t.every((time, index) => index === 0 || time > (line.t[index - 1] ?? 0)));
      if (spike !== dip) assert.ok(line.v.includes(99) && line.v.includes(-99));
    }),
    { seed: 17, numRuns: 5 },
  );
});

Deno.test("append() lets go of what the span has left behind, a fifth at a time", () => {
  const page = pageOf(panelOf([], []));
  for (let time = 0; time < 1000; time++) {
    append(page, { startSeconds: time - 100, endSeconds: time, panels: [panelOf([time], [time % 7])] });
    const t = page.panels[0]?.lines[0]?.t ?? [];
    assert.ok(t.length <= 127, `${t.length} points`);
    assert.ok((t[0] ?? 0) <= Math.max(0, time - 100), "what is in the span stays");
  }
});

Deno.test("append() thins lines that were read together to the same times, each with its highest and lowest", () => {
  const page = pageOf(panelOf([], []));
  const [first] = page.panels[0]?.lines ?? [];
  assert.ok(first !== undefined && page.panels[0] !== undefined);
  page.panels[0].lines = ["running", "waiting", "preempted"].map((label) => ({
    ...first,
    label,
    t: [],
    v: [],
  }));
  const valueOf = (line: number, time: number) =>
    time === 1000 * (line + 1) ? 99 : time === 5000 * (line + 1) ? -99 : (time * (line + 3)) % 11;
  for (let from = 0; from < 86_400; from += 600) {
    const t = Array.from({ length: 600 }, (_, k) => from + k);
    const lines = page.panels[0].lines.map((line, index) => ({
      ...line,
      t,
      v: t.map((time) => valueOf(index, time)),
    }));
    append(page, { startSeconds: 0, endSeconds: from + 600, panels: [panelOf([], [], { lines })] });
  }
  const { lines } = page.panels[0];
  assert.ok(lines.length === 3 && (lines[0]?.t.length ?? Infinity) <= 4000);
  lines.forEach((line, index) => {
    assert.deepEqual(line.t, lines[0]?.t);
    assert.deepEqual(line.v, line.t.map((time) => valueOf(index, time)));
    assert.ok(line.v.includes(99) && line.v.includes(-99));
  });
});
