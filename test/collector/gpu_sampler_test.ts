import assert from "node:assert/strict";
import { GpuSampler } from "../../src/collector/gpu_sampler.ts";
import { scriptedGpus, type ScriptedValues } from "../../src/gpu/scripted.ts";
import type { GpuSample, GpuSource } from "../../src/gpu/types.ts";
import type { SampleBatch, SeriesDefinition } from "../../src/series/types.ts";

const never = new AbortController().signal;
const GPUS = [
  { uuid: "GPU-a", index: "0", name: "Test 80GB" },
  { uuid: "GPU-b", index: "1", name: "Test 80GB" },
] as const;

function reader(source: GpuSource) {
  const it = new GpuSampler({ source, intervalSeconds: 1 });
  const names = new Map<number, SeriesDefinition>();
  const label = (id: number) => {
    const { name, labels } = names.get(id)!;
    return `${name} ${labels.gpu}`;
  };
  return async (timeSeconds: number) => {
    const batch: SampleBatch = await it.sample(timeSeconds, never);
    for (const definition of batch.defined) names.set(definition.id, definition);
    const values = Object.fromEntries(Array.from(batch.ids, (id, i) => [label(id), batch.values[i]!]));
    return { batch, values, vanished: Array.from(batch.vanishedIds, label).sort() };
  };
}

Deno.test("GpuSampler yields every GPU's figures, keyed by UUID, and derives the used share", async () => {
  const source = scriptedGpus({
    gpus: GPUS,
    values: ({ index }) => ({ utilization: 0.5, memoryUsed: 20e9 * (Number(index) + 1), memoryTotal: 80e9 }),
  });
  const { batch, values } = await reader(source)(0);
  assert.deepEqual(values, {
    "lab_gpu_utilization_ratio 0": 0.5,
    "lab_gpu_memory_used_bytes 0": 20e9,
    "lab_gpu_memory_total_bytes 0": 80e9,
    "lab_gpu_memory_usage_ratio 0": 0.25,
    "lab_gpu_memory_free_bytes 0": 60e9,
    "lab_gpu_utilization_ratio 1": 0.5,
    "lab_gpu_memory_used_bytes 1": 40e9,
    "lab_gpu_memory_total_bytes 1": 80e9,
    "lab_gpu_memory_usage_ratio 1": 0.5,
    "lab_gpu_memory_free_bytes 1": 40e9,
  });
  assert.deepEqual(batch.defined[0]!.labels, { gpu: "0", uuid: "GPU-a", name: "Test 80GB" });
  assert.equal(batch.facts?.simulated, true);
  assert.deepEqual(batch.facts?.details, { gpus: 2, gpu0: "Test 80GB", gpu1: "Test 80GB" });
});

Deno.test("GpuSampler makes a lost GPU an event and a gap, while the other goes on", async () => {
  const lost = { code: "gpu_lost", params: { nvml: 15 } } as const;
  const source = scriptedGpus({
    gpus: GPUS,
    values: ({ uuid }, time): ScriptedValues =>
      uuid === "GPU-b" && time > 0 && time < 3 ? { lost } : { power: 100 + time },
  });
  const read = reader(source);
  await read(0);
  const second = await read(1);
  assert.deepEqual(second.batch.events, [{
    kind: "gpu_lost",
    timeSeconds: 1,
    target: "gpu",
    gpu: "1",
    cause: lost,
  }]);
  assert.deepEqual(second.vanished, ["lab_gpu_power_watts 1"]);
  assert.deepEqual(second.values, { "lab_gpu_power_watts 0": 101 });
  assert.deepEqual(second.batch.facts?.absent, { gpu1: lost });
  assert.deepEqual((await read(2)).batch.events, []);
  assert.deepEqual((await read(3)).values, { "lab_gpu_power_watts 0": 103, "lab_gpu_power_watts 1": 103 });
});

Deno.test("GpuSampler ends a figure that becomes absent, and lets one that was not read go on", async () => {
  const unsupported = { code: "gpu_not_supported" } as const;
  const said: Record<number, ScriptedValues> = {
    0: { fan: 0.3, temperature: 40 },
    1: { fan: unsupported },
    2: { temperature: 41 },
  };
  const read = reader(scriptedGpus({ gpus: [GPUS[0]], values: (_gpu, time) => said[time]! }));
  await read(0);
  const second = await read(1);
  assert.deepEqual(second.vanished, ["lab_gpu_fan_speed_ratio 0"]);
  assert.deepEqual(second.batch.facts?.absent, { "gpu0.fan": unsupported });
  const third = await read(2);
  assert.deepEqual([third.vanished, third.values, third.batch.facts], [[], {
    "lab_gpu_temperature_celsius 0": 41,
  }, undefined]);
});

Deno.test("GpuSampler without any GPU yields nothing and says why, which is not a failed read", async () => {
  const absent = { code: "gpu_library_not_found", params: { library: "libnvidia-ml.so.1" } } as const;
  const sample: GpuSample = { gpus: [], absent };
  const { batch } = await reader({ simulated: false, read: () => Promise.resolve(sample) })(0);
  assert.deepEqual([batch.ids.length, batch.facts?.absent], [0, { gpu: absent }]);
});

Deno.test("GpuSampler reports faults with the GPU's index", async () => {
  const source = scriptedGpus({
    gpus: GPUS,
    values: () => ({}),
    faults: (time) =>
      time === 1 ? [{ uuid: "GPU-b", xid: 79, timeSeconds: 0.5 }, { uuid: "GPU-x", xid: 13 }] : [],
  });
  const read = reader(source);
  assert.deepEqual((await read(0)).batch.events, []);
  assert.deepEqual((await read(1)).batch.events, [
    { kind: "gpu_xid", timeSeconds: 0.5, target: "gpu", gpu: "1", xid: 79 },
    { kind: "gpu_xid", timeSeconds: 1, target: "gpu", gpu: "GPU-x", xid: 13 },
  ]);
});
