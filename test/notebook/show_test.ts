import assert from "node:assert/strict";
import type { Displayable } from "../../src/notebook/displayable.ts";
import { type KeptOutput, MemoryFrontend, useFrontend } from "../../src/notebook/frontend.ts";
import { openLab } from "../../src/notebook/lab.ts";
import { setup, StoppedError, teardown } from "../../src/notebook/setup.ts";
import { live, say, show, wait } from "../../src/notebook/show.ts";
import { drive, sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);

function picture(name: string) {
  return {
    svg: `<svg viewBox="0 0 10 10"><text>${name}</text></svg>`,
    width: 10,
    height: 10,
    title: name,
    png: () => Promise.resolve(PNG),
  };
}

async function shown(work: () => Promise<unknown>): Promise<MemoryFrontend> {
  const memory = new MemoryFrontend();
  useFrontend(memory);
  try {
    await work();
  } finally {
    useFrontend(undefined);
  }
  return memory;
}

function bundles(outputs: readonly KeptOutput[]) {
  return outputs.map((output) => output.kind === "display" ? output.bundle : output.text);
}

Deno.test("show() says of an empty list that it is empty", async () => {
  const { outputs } = await shown(() => show([]));
  assert.deepEqual(bundles(outputs), [
    "Nothing to show: the list is empty, as it is before there are values.\n",
  ]);
});

Deno.test("show() gives a picture as SVG with namespace and PNG, without HTML", async () => {
  const { outputs } = await shown(() => show(picture("load")));
  assert.deepEqual(bundles(outputs), [{
    "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><text>load</text></svg>',
    "text/plain": "load",
    "image/png": "iVBORw==",
  }]);
});

Deno.test("show() leaves a namespace that is there", async () => {
  const svg = '<svg viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg"><g/></svg>';
  const { outputs } = await shown(() => show({ ...picture("a"), svg }));
  assert.equal(
    bundles(outputs).map((bundle) => typeof bundle === "string" ? "" : bundle["image/svg+xml"])[0],
    svg,
  );
});

Deno.test("show() gives tables as HTML and text, markdown as markdown, lists one by one", async () => {
  const { outputs } = await shown(() =>
    show([{ html: "<table></table>", text: "a" }, { markdown: "**b**" }])
  );
  assert.deepEqual(bundles(outputs), [
    { "text/html": "<table></table>", "text/plain": "a" },
    { "text/markdown": "**b**", "text/plain": "**b**" },
  ]);
});

Deno.test("show() refuses what cannot be shown", async () => {
  // A notebook cell is not type-checked when it runs.
  const nothing: Displayable = JSON.parse("{}");
  await assert.rejects(shown(() => show(nothing)), TypeError);
});

Deno.test("say() writes lines as one output", async () => {
  const { outputs } = await shown(() => say(["one", "two"]));
  assert.deepEqual(outputs, [{ kind: "stream", stream: "stdout", text: "one\ntwo\n" }]);
});

Deno.test("live() redraws one output and gives the last frame its PNG", async () => {
  const clock = new VirtualClock(1000);
  async function* frames() {
    for (const name of ["a", "b", "c"]) {
      await drive(clock, () => sleep(clock, 5));
      yield picture(name);
    }
  }
  const memory = await shown(() => live(frames()));
  assert.equal(clock.nowSeconds(), 1015);
  assert.equal(memory.displayCount, 4);
  assert.equal(memory.outputs.length, 1);
  const [bundle] = bundles(memory.outputs);
  assert.ok(typeof bundle === "object");
  assert.equal(bundle["text/plain"], "c");
  assert.equal(bundle["image/png"], "iVBORw==");
});

Deno.test("live() shows only the last frame on a virtual clock", async () => {
  const clock = new VirtualClock(1000);
  async function* frames() {
    yield picture("a");
    yield picture("b");
  }
  const memory = await shown(() => live(frames(), { clock }));
  assert.equal(memory.displayCount, 1);
  assert.equal(memory.outputs.length, 1);
});

Deno.test("live() keeps the last frame and rejects with the reason when it is stopped", async () => {
  const stop = new AbortController();
  async function* frames() {
    yield picture("a");
    stop.abort(new StoppedError("enough"));
    await new Promise(() => {});
    yield picture("never");
  }
  const memory = await shown(() =>
    assert.rejects(live(frames(), { signal: stop.signal }), { name: "Stopped", message: "enough" })
  );
  const [bundle] = bundles(memory.outputs);
  assert.ok(typeof bundle === "object");
  assert.equal(bundle["text/plain"], "a");
  assert.equal(bundle["image/png"], "iVBORw==");
});

Deno.test("wait() lets virtual time pass", async () => {
  const clock = new VirtualClock(50);
  await shown(() => wait(30, { clock }));
  assert.equal(clock.nowSeconds(), 80);
});

Deno.test("setup() keeps errors of background tasks and tells them once, under the next output", async () => {
  setup({ language: "zh-TW" });
  void Promise.reject(new RangeError("too far"));
  void Promise.reject(new StoppedError("known"));
  // Rejections are reported after the microtasks of this turn.
  await new Promise((resolve) => setTimeout(resolve));
  const { outputs } = await shown(async () => {
    await say("a");
    await say("b");
  });
  teardown();
  assert.deepEqual(outputs.map((output) => output.kind === "stream" ? [output.stream, output.text] : []), [
    ["stdout", "a\n"],
    ["stderr", "背景工作失敗：RangeError: too far\n"],
    ["stdout", "b\n"],
  ]);
});

/** A Worker that says at once that it is ready, and twice that it is late. */
class LateWorker extends EventTarget {
  onmessage: ((event: MessageEvent) => void) | null = null;

  constructor() {
    super();
    const messages = [
      { kind: "ready", url: "http://127.0.0.1:9" },
      { kind: "lost-pace", lateSeconds: 0.25 },
      { kind: "lost-pace", lateSeconds: 1.5 },
    ];
    queueMicrotask(() => messages.forEach((data) => this.onmessage?.(new MessageEvent("message", { data }))));
  }

  postMessage({ id }: { readonly id: number }): void {
    queueMicrotask(() =>
      this.onmessage?.(new MessageEvent("message", { data: { kind: "answer", id, result: {} } }))
    );
  }

  terminate(): void {}
}

Deno.test("openLab() has told once, under the next output, that the simulated server is late", async () => {
  const { Worker } = globalThis;
  Object.assign(globalThis, { Worker: LateWorker });
  setup();
  try {
    await using _lab = await openLab({ variables: () => undefined });
    const { outputs } = await shown(async () => {
      await say("a");
      await say("b");
    });
    assert.deepEqual(outputs.map((output) => output.kind === "stream" ? [output.stream, output.text] : []), [
      ["stdout", "a\n"],
      [
        "stderr",
        "This machine is too slow for this load: the simulated server is 1.5 s late (2 times so far), " +
        "and its figures are those of a slower one.\n",
      ],
      ["stdout", "b\n"],
    ]);
  } finally {
    Object.assign(globalThis, { Worker });
    teardown();
  }
});

Deno.test("setup() refuses a language that the lab does not have", () => {
  Deno.env.set("LAB_LANG", "xx");
  try {
    assert.throws(() => setup(), {
      name: "RangeError",
      message: /LAB_LANG is "xx", wanted one of en, zh-TW/,
    });
  } finally {
    Deno.env.delete("LAB_LANG");
  }
});
