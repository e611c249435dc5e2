import assert from "node:assert/strict";
import { drive, sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { replayRecording, replaySystemSampler } from "../../src/collector/replay_system.ts";
import type { SystemRecording } from "../../src/collector/system_recording.ts";

const RECORDING: SystemRecording = {
  origin: "a test",
  intervalSeconds: 1,
  details: { cores: 2 },
  series: [
    {
      name: "lab_cpu_usage_ratio",
      type: "gauge",
      unit: "ratio",
      help: "",
      labels: {},
      values: [0.1, 0.2, null, 0.4],
    },
    { name: "lab_load1", type: "gauge", unit: "count", help: "", labels: {}, values: [1, 2, 3, 4] },
  ],
};

Deno.test("replayRecording() plays a value a second, keeps gaps, and begins again at the end", async () => {
  const clock = new VirtualClock(1000);
  const collector = new RealTimeMetricsCollector({
    targets: [],
    gpu: false,
    clock,
    system: replayRecording(RECORDING, { offsetSeconds: 1 }),
  });
  collector.start();
  await drive(clock, () => sleep(clock, 5.5));
  await collector.stop();
  const [cpu] = collector.getLatestData("cpu_usage");
  assert.deepEqual(Array.from(cpu!.timesSeconds), [1000, 1002, 1003, 1004]);
  assert.deepEqual(Array.from(cpu!.values), [0.2, 0.4, 0.1, 0.2]);
  assert.deepEqual(Array.from(cpu!.staleSeconds), [1001, 1005]);
  assert.deepEqual(Array.from(collector.getLatestData("lab_load1")[0]!.values), [2, 3, 4, 1, 2, 3]);
  assert.deepEqual((await collector.facts())[0], {
    target: "system",
    kind: "host",
    simulated: true,
    address: "data/system/host.json",
    intervalSeconds: 1,
    details: { cores: 2, origin: "a test" },
  });
});

Deno.test("replaySystemSampler() has five minutes of a machine whose load changes", async () => {
  const sampler = await replaySystemSampler();
  const seen: number[] = [];
  let cpuId = -1;
  for (let tick = 0; tick < 300; tick++) {
    const batch = await sampler.sample(1e9 + tick, new AbortController().signal);
    cpuId = batch.defined.find(({ name }) => name === "lab_cpu_usage_ratio")?.id ?? cpuId;
    seen.push(batch.values[Array.from(batch.ids).indexOf(cpuId)]!);
  }
  assert.equal(seen.filter((value) => value >= 0 && value <= 1).length, 300);
  assert(Math.min(...seen) < 0.4 && Math.max(...seen) > 0.9);
});
