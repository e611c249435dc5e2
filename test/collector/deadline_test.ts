import assert from "node:assert/strict";
import { drive, sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RollingDeadline, withDeadline } from "../../src/collector/deadline.ts";
import { SampleError } from "../../src/series/types.ts";
import { causeSentence } from "../../src/text/causes.ts";

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

/** Counts the timers that a clock is asked for. */
class CountingClock extends VirtualClock {
  timers = 0;

  override sleepUntil(timeSeconds: number, signal?: AbortSignal): Promise<void> {
    this.timers++;
    return super.sleepUntil(timeSeconds, signal);
  }
}

Deno.test("RollingDeadline gives what the work gives, and sets a timer for each length of a limit, not for each piece", async () => {
  const clock = new CountingClock(0);
  const deadline = new RollingDeadline({ clock, timeoutSeconds: 2 });
  const { signal } = new AbortController();
  const seen = await drive(clock, async () => {
    const seen: string[] = [];
    for (let tick = 0; tick < 10; tick++) {
      const work = tick === 3 ? Promise.reject(new Error("mine")) : Promise.resolve(tick);
      seen.push(await codeOf(deadline.limit(work, signal)));
      await sleep(clock, 0.1);
    }
    return seen;
  });
  assert.deepEqual(
    seen,
    [0, 1, 2, "mine", 4, 5, 6, 7, 8, 9].map((each) => each === "mine" ? "Error: mine" : `value ${each}`),
  );
  assert.equal(clock.timers, 10 + 1);
  deadline.stop();
});

Deno.test("RollingDeadline gives each piece its whole time, however long the timer has run", async () => {
  const clock = new VirtualClock(0);
  const deadline = new RollingDeadline({ clock, timeoutSeconds: 2 });
  const { signal } = new AbortController();
  await drive(clock, async () => {
    await deadline.limit(Promise.resolve(), signal); // The timer is set for 2.
    await sleep(clock, 1.5);
    const late = sleep(clock, 8).then(() => "nobody waits for this");
    assert.equal(await codeOf(deadline.limit(late, signal)), "timeout");
    assert.equal(clock.nowSeconds(), 3.5);
    const nearly = sleep(clock, 1.9).then(() => "in time");
    assert.equal(await codeOf(deadline.limit(nearly, signal)), "value in time");
  });
  deadline.stop();
});

Deno.test("RollingDeadline is called off by its caller, and listens to a new caller", async () => {
  const clock = new VirtualClock(0);
  const deadline = new RollingDeadline({ clock, timeoutSeconds: 2 });
  const hang = () => new Promise<never>(() => {});
  for (let caller = 0; caller < 2; caller++) {
    const controller = new AbortController();
    const running = codeOf(deadline.limit(hang(), controller.signal));
    controller.abort();
    assert.equal(await running, "cancelled");
    assert.equal(await codeOf(deadline.limit(hang(), controller.signal)), "cancelled");
  }
  deadline.stop();
});

/** A process that stands still: timers that would ring meanwhile ring at its end. */
class StallingClock extends VirtualClock {
  constructor(readonly from: number, readonly until: number) {
    super(0);
  }

  override sleepUntil(timeSeconds: number, signal?: AbortSignal): Promise<void> {
    const stalled = timeSeconds > this.from && timeSeconds < this.until;
    return super.sleepUntil(stalled ? this.until : timeSeconds, signal);
  }
}

Deno.test("a time limit over whose end the process itself stood still lets an answer be read, and says so else", async () => {
  for (const kind of ["withDeadline", "RollingDeadline"]) {
    const limited = async (answersAt: number, until = 4.5) => {
      const clock = new StallingClock(0.2, until);
      const rolling = new RollingDeadline({ clock, timeoutSeconds: 0.5 });
      const work = () => sleep(clock, answersAt).then(() => "answer");
      try {
        return await drive(
          clock,
          () =>
            kind === "RollingDeadline"
              ? rolling.limit(work(), new AbortController().signal)
              : withDeadline(work, { clock, timeoutSeconds: 0.5 }),
        );
      } catch (error) {
        assert.ok(error instanceof SampleError);
        return { at: clock.nowSeconds(), ...error.reason };
      } finally {
        rolling.stop();
      }
    };
    // What came over the network is seen after the timers: the answer was there at 0.3, its bytes are read at 4.51.
    assert.equal(await limited(4.51), "answer", kind);
    const stoodStill = { timeoutSeconds: 0.5, stoodStillSeconds: 4 };
    assert.deepEqual(await limited(9), { at: 4.75, code: "timeout", params: stoodStill }, kind);
    const asUsual = { timeoutSeconds: 0.5 };
    assert.deepEqual(await limited(9, 0.4), { at: 0.5, code: "timeout", params: asUsual }, kind);
  }
});

Deno.test("a timeout while this machine stood still names both", () => {
  const cause = { code: "timeout", params: { timeoutSeconds: 0.5, stoodStillSeconds: 4 } } as const;
  assert.equal(
    causeSentence(cause),
    "no answer within 0.5 s; this machine itself stood still for 4 s then",
  );
  assert.equal(causeSentence(cause, "zh-TW"), "0.5 秒內沒有回應；當時本機自己停頓了 4 秒");
});
