import assert from "node:assert/strict";
import { run } from "../../src/cli/repair.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { openRecording } from "../../src/recording/recording.ts";
import { createRecording } from "../../src/recording/writer.ts";

/** A recording with a note a second. */
function record(path: string): void {
  const clock = new VirtualClock(1_800_000_000);
  const writer = createRecording(path, { clock });
  for (let i = 0; i < 500; i++) {
    writer.addEvent({ kind: "note", timeSeconds: 1_800_000_000 + i, text: `note ${i} ${"x".repeat(100)}` });
  }
  writer.close();
}

Deno.test("repair saves a whole recording with exit code 0, a truncated one with 1, and overwrites nothing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [whole, cut] = [`${folder}/whole.sqlite`, `${folder}/cut.sqlite`];
    record(whole);
    assert.equal(await run([whole, `${folder}/a.sqlite`]), 0);
    using saved = openRecording(`${folder}/a.sqlite`);
    const span = { startSeconds: 0, endSeconds: 2e9 };
    assert.equal((await saved.events(span)).length, 500);
    const bytes = await Deno.readFile(whole);
    await Deno.writeFile(cut, bytes.subarray(0, Math.floor(bytes.length * 0.7)));
    assert.equal(await run([cut, `${folder}/b.sqlite`]), 1);
    using rest = openRecording(`${folder}/b.sqlite`);
    const left = (await rest.events(span)).length;
    assert.ok(left > 100 && left < 500, `${left}`);
    await assert.rejects(
      async () => await run([whole, cut]),
      /^CliError: Cannot write to .+cut\.sqlite: there is a file already, wanted a new one$/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
