import assert from "node:assert/strict";
import { drive, sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { withDeadline } from "../../src/collector/deadline.ts";
import { SampleError } from "../../src/series/types.ts";

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    return `value ${await promise}`;
  } catch (error) {
    return error instanceof SampleError ? error.reason.code : String(error);
  }
}

Deno.test("withDeadline() gives the work's result, early or late, and its error", async () => {
  const clock = new VirtualClock(0);
  const run = (work: () => Promise<number>) =>
    codeOf(drive(clock, () => withDeadline(work, { clock, timeoutSeconds: 5 })));
  assert.equal(await run(() => Promise.resolve(1)), "value 1");
  assert.equal(await run(() => sleep(clock, 4.9).then(() => 2)), "value 2");
  assert.equal(await run(() => Promise.reject(new Error("mine"))), "Error: mine");
  assert.equal(await run(() => sleep(clock, 1).then(() => Promise.reject(new Error("late")))), "Error: late");
});

Deno.test("withDeadline() gives up at its time, tells the work, and drops what it says later", async () => {
  const clock = new VirtualClock(0);
  let told: unknown;
  const work = async (signal: AbortSignal) => {
    signal.addEventListener("abort", () => told = signal.reason);
    await sleep(clock, 8);
    throw new Error("nobody waits for this");
  };
  assert.equal(await codeOf(drive(clock, () => withDeadline(work, { clock, timeoutSeconds: 5 }))), "timeout");
  assert.equal(clock.nowSeconds(), 5);
  assert(told instanceof SampleError);
  await drive(clock, () => sleep(clock, 10)); // Its late failure is not an uncaught one.
});

Deno.test("withDeadline() is called off by its caller, before, at once and later", async () => {
  const clock = new VirtualClock(0);
  const hang = () => new Promise<number>(() => {});
  const run = (abort: (controller: AbortController) => void) => {
    const controller = new AbortController();
    const running = codeOf(withDeadline(hang, { clock, timeoutSeconds: 5, signal: controller.signal }));
    abort(controller);
    return running;
  };
  const before = new AbortController();
  before.abort();
  let called = false;
  const never = () => {
    called = true;
    return hang();
  };
  assert.equal(
    await codeOf(withDeadline(never, { clock, timeoutSeconds: 5, signal: before.signal })),
    "cancelled",
  );
  assert.equal(called, false);
  assert.equal(await run((controller) => controller.abort()), "cancelled");
  assert.equal(await run((controller) => setTimeout(() => controller.abort(), 0)), "cancelled");
  assert.equal(clock.nowSeconds(), 0);
});

Deno.test("withDeadline() leaves no timer behind, and sets none for what is there at once", async () => {
  const virtual = new VirtualClock(0);
  let timers = 0;
  let asked = 0;
  const clock = {
    nowSeconds: () => virtual.nowSeconds(),
    async sleepUntil(timeSeconds: number, signal?: AbortSignal) {
      timers++;
      asked++;
      try {
        await virtual.sleepUntil(timeSeconds, signal);
      } finally {
        timers--;
      }
    },
  };
  await withDeadline(() => Promise.resolve(1), { clock, timeoutSeconds: 5 });
  assert.deepEqual([asked, timers], [0, 0]);
  await drive(virtual, () => withDeadline(() => sleep(virtual, 1), { clock, timeoutSeconds: 5 }));
  await Promise.resolve();
  assert.deepEqual([asked, timers], [1, 0]);
});
