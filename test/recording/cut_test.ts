import assert from "node:assert/strict";
import { openRecording } from "../../src/recording/recording.ts";
import { createRecording } from "../../src/recording/writer.ts";
import type { SampleBatch } from "../../src/series/types.ts";

function tick(value: number, first: boolean): SampleBatch {
  return {
    ids: [0],
    values: [value],
    defined: first ? [{ id: 0, name: "g", labels: {}, type: "gauge" }] : [],
    vanishedIds: [],
    events: [],
  };
}

Deno.test("createRecording() that goes on with a file whose writer was killed keeps where it was cut", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const [path, left] = [`${directory}/a.sqlite`, `${directory}/b.sqlite`];
    const writer = createRecording(path);
    for (let time = 100; time < 110; time++) writer.append("vllm", time, tick(time, time === 100));
    // What a killed process leaves: the file and its log, as they are between two ticks.
    for (const end of ["", "-wal"]) await Deno.copyFile(path + end, left + end);
    writer.close();
    const resumed = createRecording(left);
    for (let time = 200; time < 205; time++) resumed.append("vllm", time, tick(time, time === 200));
    resumed.close();
    for (const [file, cuts] of [[path, []], [left, [109]]] as const) {
      using recording = openRecording(file);
      const span = (await recording.span())!;
      const found = (await recording.events(span)).filter(({ kind }) => kind === "recording_cut");
      assert.deepEqual(found.map(({ timeSeconds }) => timeSeconds), cuts);
      const [series] = await recording.select({ name: "g" }, span);
      assert.equal(series!.values.length, file === left ? 15 : 10);
      // The line breaks behind the last value: nobody knows what was between.
      assert.deepEqual(Array.from(series!.staleSeconds, Math.floor), cuts);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
