import assert from "node:assert/strict";
import type { Clock } from "../../../src/base/clock.ts";
import { LagMeter } from "../../../src/simulator/workload/lag_meter.ts";

/** A clock of a real thread, as the meter takes it, whose time moves when the test says so. */
class HandClock implements Clock {
  now = 1000;
  #ring: (() => void) | undefined;

  nowSeconds(): number {
    return this.now;
  }

  sleepUntil(): Promise<void> {
    return new Promise((resolve) => this.#ring = resolve);
  }

  /** The meter's timer fires, so late; then the thread is free again. */
  async fire(lateSeconds: number): Promise<void> {
    this.now += 0.01 + lateSeconds;
    this.#ring?.();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
}

Deno.test("LagMeter tells the readings since an instant, and how late most of them were", async () => {
  const clock = new HandClock();
  const meter = new LagMeter(clock);
  assert.equal(meter.p99Since(0), undefined);
  for (let i = 0; i < 50; i++) await clock.fire(0.002);
  const since = clock.now;
  for (let i = 0; i < 50; i++) await clock.fire(0.005);
  assert.equal(meter.readings()?.length, 100);
  assert.deepEqual(
    [...meter.readings(since + 0.001)!].map((lag) => Math.round(lag * 1e6)),
    Array(50).fill(5000),
  );
  assert.ok(Math.abs(meter.p99Since(since + 0.001)! - 0.005) < 1e-9);
  assert.equal(meter.p99Since(clock.now + 1), undefined);
  meter.stop();
});

Deno.test("LagMeter.p99Since() counts a timer that is overdue when it is asked", async () => {
  const clock = new HandClock();
  const meter = new LagMeter(clock);
  for (let i = 0; i < 50; i++) await clock.fire(0.001);
  assert.ok(meter.p99Since(clock.now - 1)! < 0.0011);
  clock.now += 0.51; // the thread is held up for half a second, and a request ends before the timer gets its turn
  assert.ok(meter.p99Since(clock.now - 1)! > 0.2);
  meter.stop();
});

Deno.test("LagMeter reads nothing on a virtual clock", () => {
  const clock: Clock = { nowSeconds: () => 0, sleepUntil: () => Promise.resolve(), drive: (work) => work() };
  const meter = new LagMeter(clock);
  assert.equal(meter.readings(), undefined);
  assert.equal(meter.p99Since(0), undefined);
});
