import assert from "node:assert/strict";
import { drive, sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { WallClockWatch } from "../../src/collector/wall_clock.ts";
import { gaugeSampler } from "./fakes.ts";

Deno.test("WallClockWatch tells a step once, and no drift", () => {
  let wall = 1000;
  const watch = new WallClockWatch({
    nowSeconds: () => 500,
    wallSeconds: () => wall,
    sleepUntil: () => Promise.resolve(),
  });
  const after = (seconds: number) => {
    wall = seconds;
    return watch.stepSeconds();
  };
  assert.deepEqual([1000.3, 1000.9, 4600, 4600.5, 1000].map(after), [0, 0, 3600, 0, -3600]);
});

Deno.test("WallClockWatch is silent on a clock without a machine behind it", () => {
  assert.equal(new WallClockWatch(new VirtualClock(5)).stepSeconds(), 0);
});

Deno.test("RealTimeMetricsCollector notes a step of the machine's clock once, and stamps on evenly", async () => {
  const virtual = new VirtualClock(1000);
  let set = 0;
  const clock = Object.assign(virtual, { wallSeconds: () => virtual.nowSeconds() + set });
  const samplers = ["a", "b"].map((id) =>
    gaugeSampler({ id, intervalSeconds: 2, read: (_time, count) => count })
  );
  const it = new RealTimeMetricsCollector({ targets: [], gpu: false, system: false, clock, samplers });
  it.start();
  await drive(clock, () => sleep(clock, 3));
  set = -120; // Somebody set it back by two minutes.
  await drive(clock, () => sleep(clock, 4));
  await it.stop();
  const events = (await it.events({ startSeconds: 0, endSeconds: 9999 })).filter(({ kind }) =>
    kind === "clock_jump"
  );
  assert.deepEqual(events, [{ kind: "clock_jump", timeSeconds: 1004, target: "a", jumpSeconds: -120 }]);
  assert.deepEqual(Array.from(it.getLatestData("test_b")[0]!.timesSeconds), [1000, 1002, 1004, 1006]);
});
