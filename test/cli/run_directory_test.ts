import assert from "node:assert/strict";
import { basename } from "node:path";
import { holdsData, makeRunDirectory, recordingIn, removeEmptyRun } from "../../src/cli/runs.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { createRecording } from "../../src/recording/writer.ts";

Deno.test("makeRunDirectory() gives runs that begin in the same second a folder each", async () => {
  const parent = await Deno.makeTempDir();
  try {
    const paths = await Promise.all(
      [1, 2, 3].map(() => makeRunDirectory(1_795_615_200, undefined, `${parent}/runs`)),
    );
    assert.deepEqual(paths.map((path) => basename(path)).sort(), [
      "2026-11-25T14-00-00Z",
      "2026-11-25T14-00-00Z-2",
      "2026-11-25T14-00-00Z-3",
    ]);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

Deno.test("removeEmptyRun() takes what a run makes before it collects anything, and leaves what others put there", async () => {
  const parent = await Deno.makeTempDir();
  try {
    for (const others of [[], ["notes.txt"]]) {
      const path = await makeRunDirectory(1_795_615_200, `${parent}/${others.length}`);
      createRecording(`${path}/recording.sqlite`, { clock: new VirtualClock(0) }).close();
      await Deno.writeTextFile(`${path}/lab.ipynb`, "{}");
      for (const name of others) await Deno.writeTextFile(`${path}/${name}`, "");
      assert.equal(await holdsData(`${path}/recording.sqlite`), false);
      await removeEmptyRun(path, ["lab.ipynb"]);
      const left = await Array.fromAsync(Deno.readDir(path)).then(
        (entries) => entries.map(({ name }) => name),
        (error) => error instanceof Deno.errors.NotFound ? undefined : Promise.reject(error),
      );
      assert.deepEqual(left, others.length === 0 ? undefined : others);
    }
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

Deno.test("holdsData() tells a recording with points from one without, and one that cannot be read may have some", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assert.equal(await holdsData(`${folder}/none.sqlite`), false);
    await Deno.writeTextFile(`${folder}/broken.sqlite`, "no database");
    assert.equal(await holdsData(`${folder}/broken.sqlite`), true);
    const writer = createRecording(`${folder}/points.sqlite`, { clock: new VirtualClock(0) });
    const defined = [{ id: 0, name: "g", labels: {}, type: "gauge" as const }];
    writer.append("t", 1, { ids: [0], values: [1], defined, vanishedIds: [], events: [] });
    writer.close();
    assert.equal(await holdsData(`${folder}/points.sqlite`), true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("recordingIn() finds the recording of a run's folder and leaves any other path as it is", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assert.equal(await recordingIn(folder), folder);
    await Deno.writeTextFile(`${folder}/recording.sqlite`, "");
    assert.equal(await recordingIn(folder), `${folder}/recording.sqlite`);
    assert.equal(await recordingIn(`${folder}/recording.sqlite`), `${folder}/recording.sqlite`);
    assert.equal(await recordingIn(`${folder}/none`), `${folder}/none`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
