import assert from "node:assert/strict";
import { realClock } from "../../src/collector/clock.ts";

interface FakeTimer {
  readonly fire: () => void;
  readonly dueMs: number;
  cleared: boolean;
}

/** Runs with the runtime's timers and time in the test's hands. */
async function withTimers(
  test: (fake: { readonly timers: FakeTimer[]; moveTo(nowMs: number): Promise<void> }) => Promise<void>,
): Promise<void> {
  const { setTimeout, clearTimeout } = globalThis;
  const now = performance.now;
  const timers: FakeTimer[] = [];
  let nowMs = 1000;
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  Object.assign(globalThis, {
    setTimeout: (fire: () => void, delayMs: number) =>
      timers.push({ fire, dueMs: nowMs + delayMs, cleared: false }),
    clearTimeout: (id: number) => timers[id - 1]!.cleared = true,
  });
  performance.now = () => nowMs;
  try {
    await test({
      timers,
      async moveTo(toMs) {
        nowMs = toMs;
        for (const timer of timers.splice(0)) {
          if (timer.cleared) continue;
          if (timer.dueMs <= toMs) timer.fire();
          else timers.push(timer);
        }
        await settle();
      },
    });
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    performance.now = now;
  }
}

/** What became of a wait: nothing yet, its end, its reason. */
function watch(promise: Promise<void>): { state: string } {
  const seen = { state: "waits" };
  promise.then(() => seen.state = "over", (reason) => seen.state = String(reason));
  return seen;
}

Deno.test("realClock() sets one timer for all who wait for the same millisecond, and lets one of them go", async () => {
  await withTimers(async ({ timers, moveTo }) => {
    const clock = realClock();
    const base = Math.ceil(clock.nowSeconds() * 1000) / 1000;
    const { signal, abort } = withAbort();
    const all = [0.0501, 0.0503, 0.0509].map((offset) => watch(clock.sleepUntil(base + offset)));
    const called = watch(realClock().sleepUntil(base + 0.0505, signal));
    assert.equal(timers.length, 1);
    abort("enough");
    await moveTo(1049);
    assert.deepEqual([...all, called].map(({ state }) => state), ["waits", "waits", "waits", "enough"]);
    await moveTo(1052);
    assert.deepEqual(all.map(({ state }) => state), ["over", "over", "over"]);
    assert.equal(timers.length, 0);
  });
});

Deno.test("realClock() calls a timer off when nobody waits for it any more, and is never early", async () => {
  await withTimers(async ({ timers, moveTo }) => {
    const clock = realClock();
    const base = Math.ceil(clock.nowSeconds() * 1000) / 1000;
    const { signal, abort } = withAbort();
    const called = [watch(clock.sleepUntil(base + 5, signal)), watch(clock.sleepUntil(base + 5, signal))];
    abort("enough");
    await moveTo(1001);
    assert.deepEqual(called.map(({ state }) => state), ["enough", "enough"]);
    assert.equal(timers.length, 0);
    await assert.rejects(clock.sleepUntil(base + 6, signal), (reason) => reason === "enough");
    // A timer that fires too early is set again.
    const early = watch(clock.sleepUntil(base + 0.1));
    const timer = timers[0]!;
    timers.length = 0;
    timer.fire();
    await moveTo(1050);
    assert.deepEqual([early.state, timers.length], ["waits", 1]);
    await moveTo(1110);
    assert.equal(early.state, "over");
    await clock.sleepUntil(base); // Past: at once.
  });
});

function withAbort(): { readonly signal: AbortSignal; readonly abort: (reason: string) => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}
