import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openRecording } from "../../src/recording/recording.ts";
import { createRecording } from "../../src/recording/writer.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { LabEvent, MetricSource, SampleBatch } from "../../src/series/types.ts";

const TARGETS = Array.from({ length: 8 }, (_, index) => `server-${index}`);
const DEFINED = [
  { id: 0, name: "c_total", labels: {}, type: "counter" as const },
  { id: 1, name: "g", labels: {}, type: "gauge" as const },
];
const WANTED = ["c_total", "g"];

/** Everything that one target tells: a counter that begins anew, a gauge with gaps, a failed read now and then. */
function tell(
  sink: {
    append(id: string, timeSeconds: number, batch: SampleBatch): unknown;
    fail(id: string, timeSeconds: number, event: LabEvent): unknown;
  },
  target: string,
  ticks: { readonly from: number; readonly to: number },
): void {
  for (let time = ticks.from; time < ticks.to; time++) {
    if (time % 700 === 699) {
      const cause = { code: "timeout" } as const;
      sink.fail(target, time, {
        kind: "scrape_failed",
        timeSeconds: time,
        target,
        cause,
        durationSeconds: 1,
      });
      continue;
    }
    const ids = time % 90 < 5 ? [0] : [0, 1];
    sink.append(target, time, {
      ids,
      values: ids.map((id) => id === 0 ? time % 1500 : Math.sin(time)),
      defined: time === ticks.from ? DEFINED : [],
      vanishedIds: [],
      events: [],
    });
  }
}

/** All points and marks of one target, and its rates, without its name. */
async function said(source: MetricSource, target: string): Promise<unknown> {
  const matchers = [{ label: "target", operator: "=", value: target }] as const;
  const span = { startSeconds: 0, endSeconds: 1e5 };
  const grid = { startSeconds: 0, stepSeconds: 41, count: 120, rangeSeconds: 60 };
  return await Promise.all(WANTED.flatMap((name) => [
    source.select({ name, matchers }, span),
    source.select({ name, matchers }, { startSeconds: 1020, endSeconds: 2052 }),
    source.evaluate({ selector: { name, matchers }, fn: { kind: "rate" } }, grid),
  ])).then((all) =>
    all.flat().map(({ labels: _labels, sampler: _sampler, ...rest }) => structuredClone(rest))
  );
}

Deno.test("a target is kept and recorded alike whichever place it came in, and no two pack their blocks at one time", async () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/r.sqlite`;
  try {
    const source = new MemorySource();
    const alone = new MemorySource();
    tell(alone, "alone", { from: 0, to: 4700 });
    const wanted = await said(alone, "alone");
    // Written in two sittings: the second goes on where the first was closed.
    for (const ticks of [{ from: 0, to: 3000 }, { from: 3000, to: 4700 }]) {
      using writer = createRecording(path);
      for (const target of TARGETS) tell(writer, target, ticks);
    }
    for (const target of TARGETS) tell(source, target, { from: 0, to: 4700 });
    for (const target of TARGETS) assert.deepEqual(await said(source, target), wanted, `${target} in memory`);
    using recording = openRecording(path);
    const points = async (name: string, target: string) => {
      const span = { startSeconds: 0, endSeconds: 1e5 };
      const matchers = [{ label: "target", operator: "=", value: target }] as const;
      const [series] = await recording.select({ name, matchers }, span);
      return [series?.timesSeconds, series?.values];
    };
    for (const name of WANTED) {
      const [series] = await alone.select({ name }, { startSeconds: 0, endSeconds: 1e5 });
      for (const target of TARGETS) {
        assert.deepEqual(
          await points(name, target),
          [series?.timesSeconds, series?.values],
          `${target} in the file`,
        );
      }
    }
    assertApart(path);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** Within the first sitting: its end closes all. */
function assertApart(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true });
  const rows = db.prepare("SELECT target, last_time, ticks FROM block WHERE last_time < 2999").all();
  db.close();
  const ends = rows.map((row) => Number(row.last_time)).sort((a, b) => a - b);
  assert.ok(rows.length >= 2 * TARGETS.length, `${rows.length} blocks`);
  const apart = ends.slice(1).map((end, index) => end - ends[index]!);
  assert.ok(Math.min(...apart) >= 60, apart.join(" "));
  assert.ok(rows.every((row) => Number(row.ticks) <= 1024));
}
