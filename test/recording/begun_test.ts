import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { openRecording } from "../../src/recording/recording.ts";
import { replay } from "../../src/recording/replay.ts";
import { createRecording } from "../../src/recording/writer.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { MetricSource } from "../../src/series/types.ts";

Deno.test("a recording knows, open, closed and replayed, which counters began at its first tick", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/run.sqlite`;
    const define = (id: number, name: string) => ({ id, name, labels: {}, type: "counter" as const });
    const writer = createRecording(path);
    const none = { vanishedIds: [], events: [] };
    const defined = [define(0, "new_total"), define(1, "old_total")];
    writer.append("w", 1, { ids: [0, 1], values: [3, 40], defined, begunIds: [0], ...none });
    writer.append("w", 2, { ids: [0, 1], values: [5, 41], defined: [], ...none });
    const grown = async (source: MetricSource) => {
      const grid = { startSeconds: 2, stepSeconds: 1, count: 1, rangeSeconds: 60 };
      const fn = { kind: "increase", extrapolate: false } as const;
      const of = async (name: string) =>
        (await source.evaluate({ selector: { name }, fn }, grid))[0]!.values[0];
      return [await of("new_total"), await of("old_total")];
    };
    const open = openRecording(path);
    assert.deepEqual(await grown(open), [5, 1]);
    open.close();
    writer.close();
    const closed = openRecording(path);
    assert.deepEqual(await grown(closed), [5, 1]);
    const again = new MemorySource();
    await replay(closed, again, { clock: new VirtualClock(0), speed: Infinity });
    assert.deepEqual(await grown(again), [5, 1]);
    closed.close();
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
