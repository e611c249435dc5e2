import assert from "node:assert/strict";
import { notebookText } from "../tools/notebook_helper.ts";

const SETUP = new URL("../../src/notebook/setup.ts", import.meta.url).href;
const RUNNER = new URL("../../tools/run_notebook.ts", import.meta.url).href;

/** Resolves when a process is gone; a zombie is gone too. */
async function ended(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (!await isAlive(pid)) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

async function isAlive(pid: number): Promise<boolean> {
  try {
    Deno.kill(pid, "SIGCONT");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return !/^State:\s+Z/m.test(status);
}

Deno.test({
  name: "a kernel whose runner was killed ends by itself, with its children and its connection file",
  ignore: Deno.build.os === "windows",
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/test.ipynb`;
      const told = `${directory}/told.json`;
      await Deno.writeTextFile(
        path,
        notebookText([
          `import { setup } from "${SETUP}"; setup();
           const child = new Deno.Command("sleep", { args: ["600"] }).spawn();
           const file = Deno.env.get("LAB_CONNECTION_FILE");
           await Deno.writeTextFile("${told}.part", JSON.stringify([Deno.pid, child.pid, file]));
           await Deno.rename("${told}.part", "${told}");
           await new Promise(() => {});`,
        ]),
      );
      const runner = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", RUNNER, path],
        stdout: "null",
        stderr: "null",
      }).spawn();
      const [kernel, child, file] = await read(told);
      assert.equal(typeof file, "string");
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600, "nobody else may read its key");
      assert.ok(await isAlive(kernel) && await isAlive(child));

      runner.kill("SIGKILL");
      await runner.status;
      assert.ok(await ended(kernel), "the kernel is gone");
      assert.ok(await ended(child), "what its cell started is gone");
      await assert.rejects(Deno.stat(file), Deno.errors.NotFound);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

async function read(file: string): Promise<[number, number, string]> {
  for (let attempt = 0; attempt < 2000; attempt++) {
    try {
      return JSON.parse(await Deno.readTextFile(file));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail("the notebook did not begin");
}
