import assert from "node:assert/strict";
import { join } from "node:path";
import { writeSomewhere } from "../../src/cli/elsewhere.ts";
import { writeText } from "../../src/export/files.ts";
import { CliError } from "../../src/cli/terminal.ts";

Deno.test("writeSomewhere() writes into a temporary folder where the wanted one takes no files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "no folder");
    const asked: string[] = [];
    const write = async (directory: string) => {
      asked.push(directory);
      const path = join(directory, "result.json");
      await Deno.writeTextFile(path, "{}");
      return path;
    };
    assert.equal(await writeSomewhere(folder, "en", write), join(folder, "result.json"));
    const path = await writeSomewhere(file, "en", write);
    assert.deepEqual(asked.slice(0, 2), [folder, file]);
    assert.ok(path.startsWith(asked[2]!) && asked.length === 3);
    assert.equal(await Deno.readTextFile(path), "{}");
    await Deno.remove(asked[2]!, { recursive: true });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("writeSomewhere() ends with one line where no folder takes files, and hides no mistake", async () => {
  const folders: string[] = [];
  const full = (directory: string) => {
    folders.push(directory);
    return Promise.reject(new Error(`Cannot write ${directory}/a: No space left on device, wanted room`));
  };
  await assert.rejects(writeSomewhere("/a", "en", full), (error) => {
    assert.ok(error instanceof CliError && error.exitCode === 1);
    assert.match(error.message, /^Cannot write .+: No space left on device, wanted room$/);
    return true;
  });
  await Deno.remove(folders[1]!);
  const mistake = new TypeError("x is not a function");
  await assert.rejects(writeSomewhere("/a", "en", () => Promise.reject(mistake)), mistake);
});

Deno.test("writeText() leaves the old file where the new one fails, and writes through what is no plain file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a.html");
    await writeText(path, "one");
    await Deno.mkdir(`${path}.part`);
    await assert.rejects(writeText(path, "two"));
    assert.equal(await Deno.readTextFile(path), "one");
    if (Deno.build.os === "windows") return;
    await Deno.symlink(path, join(folder, "link"));
    await writeText(join(folder, "link"), "three");
    assert.equal(await Deno.readTextFile(path), "three");
    await writeText("/dev/null", "four");
    assert.equal((await Deno.stat("/dev/null")).isCharDevice, true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
