import assert from "node:assert/strict";
import { stringAt } from "../../src/formats/json.ts";
import { Kernel } from "../../tools/kernel/kernel.ts";
import { OutputCollector } from "../../tools/notebook/outputs.ts";
import { shortly } from "../tools/notebook_helper.ts";

const SETUP = new URL("../../src/notebook/setup.ts", import.meta.url).href;
const SHOW = new URL("../../src/notebook/show.ts", import.meta.url).href;

/** Sends cells all at once, as JupyterLab's "Run All" does, and waits for the reply of each. */
function runAll(kernel: Kernel, cells: readonly string[]): Promise<string[]> {
  return Promise.all(cells.map(async (code) => {
    const reply = await kernel.request("shell", {
      type: "execute_request",
      content: { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false },
    }, { timeoutSeconds: 30 });
    return stringAt(reply.content, "status");
  }));
}

Deno.test("Stop in the middle of Run All ends the cells that wait, and the next that the reader runs goes on", async () => {
  const directory = await Deno.makeTempDir();
  const kernel = await Kernel.start({ directory });
  try {
    const collector = new OutputCollector();
    const outputs = collector.beginCell();
    const waiting = Promise.withResolvers<void>();
    kernel.listen((message) => {
      collector.take(message);
      if (message.type === "stream") waiting.resolve();
    });
    const all = runAll(kernel, [
      // JupyterLab has no runner that would end the queue.
      `Deno.env.delete("LAB_RUNNER_PID");
       import { setup } from "${SETUP}"; import { say, wait } from "${SHOW}"; setup(); var cleaned = 0; undefined`,
      `await say("waiting"); await wait(3600);`,
      `await say("left out"); cleaned++; undefined`,
      `await wait(1); cleaned++; undefined`,
    ]);
    // A first cell that fails leaves nothing to wait for.
    await Promise.race([waiting.promise, all]);
    kernel.interrupt();
    assert.deepEqual(await all, ["ok", "error", "error", "error"]);
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    assert.deepEqual(await runAll(kernel, [`await wait(0.1); await say("cleaned " + cleaned);`]), ["ok"]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const notRun =
      "error: Stopped: Not run, because a cell before it was stopped. Run it when you are ready.";
    assert.deepEqual(shortly(outputs.outputs), [
      "stdout: waiting\n",
      "error: Stopped: Stopped. Everything collected so far is kept.",
      notRun,
      notRun,
      "stdout: cleaned 0\n",
    ]);
  } finally {
    await kernel.stop();
    await Deno.remove(directory, { recursive: true });
  }
});
