import assert from "node:assert/strict";
import { runCode, shortly } from "../tools/notebook_helper.ts";

const SETUP = new URL("../../src/notebook/setup.ts", import.meta.url).href;
const SHOW = new URL("../../src/notebook/show.ts", import.meta.url).href;
const IMPORTS =
  `import { setup, stopSignal } from "${SETUP}"; import { live, say, show, wait } from "${SHOW}";`;

Deno.test("setup() turns Jupyter's Stop into the end of what waits; state and later cells go on", async () => {
  const stop = new AbortController();
  const { run, cells } = await runCode([
    `${IMPORTS} setup(); var before = stopSignal(); var ticks = 0; setInterval(() => ticks++, 10); undefined`,
    `await say("waiting"); await wait(3600);`,
    `await say("left out");`,
    {
      code:
        `var was = ticks; await wait(0.2); await say([before.aborted, stopSignal().aborted, ticks > was].join());`,
      tags: ["closing"],
    },
  ], {
    signal: stop.signal,
    onCell: ({ number, state }) => {
      if (number === 2 && state === "begin") setTimeout(() => stop.abort(), 200);
    },
  });
  assert.deepEqual(run.failure && [run.failure.kind, run.failure.cellNumber, run.failure.name], [
    "stopped",
    2,
    "Stopped",
  ]);
  assert.deepEqual(cells.map((cell) => shortly(cell.outputs)), [
    [],
    [
      "stdout: waiting\n",
      "error: Stopped: Stopped. Everything collected so far is kept.",
    ],
    [],
    ["stdout: true,false,true\n"],
  ]);
});

Deno.test("setup() keeps timers alive when a background task fails while the kernel is idle", async () => {
  const { cells } = await runCode([
    `${IMPORTS} setup(); var ticks = 0; setInterval(() => ticks++, 10);
     setTimeout(() => { throw new RangeError("in a timer"); }, 20);
     setTimeout(() => void Promise.reject(new RangeError("in a promise")), 40); undefined`,
    `await wait(0.3); await say(String(ticks >= 15));`,
  ]);
  assert.deepEqual(cells.map((cell) => shortly(cell.outputs)), [[], [
    "stderr: A background task failed: RangeError: in a timer\nA background task failed: RangeError: in a promise\n",
    "stdout: true\n",
  ]]);
});

Deno.test("show(), say() and live() put their outputs into the kernel's messages", async () => {
  const picture =
    `const picture = (title: string) => ({ svg: '<svg viewBox="0 0 1 1"></svg>', width: 1, height: 1, title,
     png: () => Promise.resolve(new Uint8Array([1, 2, 3])) });`;
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"></svg>';
  const { cells } = await runCode([
    `${IMPORTS} ${picture} await show(picture("one"));`,
    `await live((async function* () { yield picture("a"); yield picture("b"); })());`,
    `await show({ html: "<b>x</b>", text: "x" }); await say(["1", "2"]);`,
  ]);
  assert.deepEqual(cells.map((cell) => shortly(cell.outputs)), [
    [`image/png: AQID | image/svg+xml: ${svg} | text/plain: one`],
    [`image/png: AQID | image/svg+xml: ${svg} | text/plain: b`],
    ["text/html: <b>x</b> | text/plain: x", "stdout: 1\n2\n"],
  ]);
});
