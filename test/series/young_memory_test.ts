import assert from "node:assert/strict";

const CHILD = new URL("../helpers/young_memory_child.ts", import.meta.url).pathname;

Deno.test("what was read for one tick is gone with it: nothing old keeps it until the whole heap is collected", async () => {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    // Nothing but what the child itself asks for is collected in between.
    args: [
      "run",
      "--no-check",
      "--v8-flags=--expose-gc,--single-threaded-gc,--no-incremental-marking",
      CHILD,
    ],
    stdout: "piped",
  }).output();
  assert.ok(success);
  const grown = Number(new TextDecoder().decode(stdout));
  assert.ok(Number.isFinite(grown) && grown < 2e6, `${grown} bytes in 400 ticks`);
});
