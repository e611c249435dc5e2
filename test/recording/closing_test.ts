import assert from "node:assert/strict";
import { openRecording } from "../../src/recording/recording.ts";
import { createRecording, type RecordingWriter } from "../../src/recording/writer.ts";
import type { LabEvent } from "../../src/series/types.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A gauge that says the time, once a second. */
function feed(writer: RecordingWriter, ticks: { readonly from: number; readonly to: number }): void {
  for (let time = ticks.from; time < ticks.to; time++) {
    writer.append("vllm", time, {
      ids: [0],
      values: [time],
      defined: time === 0 ? [{ id: 0, name: "g", labels: {}, type: "gauge", help: "" }] : [],
      vanishedIds: [],
      events: [],
    });
  }
}

async function valuesOf(path: string): Promise<readonly number[]> {
  using recording = openRecording(path);
  const [series] = await recording.select({ name: "g" }, { startSeconds: 0, endSeconds: Infinity });
  return [...series!.values];
}

Deno.test("a recording whose folder is removed while it is written is told, and put back at the end", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/sub/r.sqlite`;
    Deno.mkdirSync(`${folder}/sub`);
    const told: LabEvent[] = [];
    let nowSeconds = 0;
    const clock = { nowSeconds: () => nowSeconds, sleepUntil: () => Promise.resolve() };
    const writer = createRecording(path, { clock, onEvent: (event) => told.push(event) });
    feed(writer, { from: 0, to: 10 });
    Deno.removeSync(`${folder}/sub`, { recursive: true });
    nowSeconds = 10;
    feed(writer, { from: 10, to: 3000 });
    assert.deepEqual(told.map((event) => event.kind === "recording" && event.cause?.code), [
      "recording_removed",
    ]);
    writer.close();
    assert.deepEqual(await valuesOf(path), Array.from({ length: 3000 }, (_, i) => i));
    assert.deepEqual([...Deno.readDirSync(`${folder}/sub`)].map(({ name }) => name), ["r.sqlite"]);
  });
});

Deno.test("a recording in whose place another file stands is kept beside it, and closing says so", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    const writer = createRecording(path);
    feed(writer, { from: 0, to: 10 });
    Deno.renameSync(path, `${folder}/moved.sqlite`);
    Deno.writeTextFileSync(path, "another");
    assert.throws(
      () => writer.close(),
      /another file stands there, wanted its own; it is .+r-2\.sqlite now$/,
    );
    assert.equal(Deno.readTextFileSync(path), "another");
    assert.deepEqual(await valuesOf(`${folder}/r-2.sqlite`), Array.from({ length: 10 }, (_, i) => i));
  });
});

Deno.test("closing a recording leaves the lock of another writer alone", async () => {
  await inFolder((folder) => {
    const path = `${folder}/r.sqlite`;
    const first = createRecording(path);
    Deno.removeSync(`${path}-lock`);
    Deno.writeTextFileSync(`${path}-lock`, "another's");
    first.close();
    assert.equal(Deno.readTextFileSync(`${path}-lock`), "another's");
    return Promise.resolve();
  });
});

Deno.test("a file whose pages are damaged is told by one error with what to do, whatever is asked of it", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    const writer = createRecording(path);
    feed(writer, { from: 0, to: 3000 });
    writer.close();
    const bytes = Deno.readFileSync(path);
    const told =
      /^RangeError: Cannot (open|read|record into) .+: it is damaged \(.+\), wanted a whole file; deno task repair saves what is whole$/;
    let failures = 0;
    for (let page = 1; page < bytes.length / 8192; page++) {
      const damaged = bytes.slice();
      damaged.fill(0xff, page * 8192, page * 8192 + 200);
      Deno.writeFileSync(path, damaged);
      try {
        await valuesOf(path);
      } catch (error) {
        failures++;
        assert.match(String(error), told, `page ${page}`);
      }
      try {
        createRecording(path).close();
      } catch (error) {
        failures++;
        assert.match(String(error), told, `page ${page}`);
      }
    }
    assert.ok(failures > 0);
  });
});

Deno.test("a matcher that cannot be read is the caller's mistake, and no damage of the file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/r.sqlite`;
    const writer = createRecording(path);
    feed(writer, { from: 0, to: 10 });
    writer.close();
    using recording = openRecording(path);
    const selector = { name: "g", matchers: [{ label: "a", operator: "=~", value: "(" }] } as const;
    const wanted = { name: "SyntaxError", message: /Invalid regular expression/ };
    await assert.rejects(recording.select(selector, { startSeconds: 0, endSeconds: 10 }), wanted);
    const grid = { startSeconds: 10, stepSeconds: 1, count: 1, rangeSeconds: 10 };
    await assert.rejects(recording.evaluate({ selector, fn: { kind: "last" } }, grid), wanted);
  });
});
