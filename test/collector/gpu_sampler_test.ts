import assert from "node:assert/strict";
import fc from "fast-check";
import { GpuSampler } from "../../src/collector/gpu_sampler.ts";
import { scriptedGpus, type ScriptedValues } from "../../src/gpu/scripted.ts";
import type { GpuSample, GpuSource } from "../../src/gpu/types.ts";
import { type Changes, Figures, SLOTS } from "../../src/nvml/figures.ts";
import type { DeviceReading } from "../../src/nvml/gpu.ts";
import { WireReader, WireWriter } from "../../src/nvml/wire.ts";
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

/** What happens to two GPUs before a read, and which tiers it reads. */
const STEP = fc.record({
  tiers: fc.constantFrom(1, 3, 7),
  set: fc.array(fc.tuple(fc.nat(1), fc.nat(SLOTS.length - 1), fc.constantFrom(0, 3, 4, 21)), {
    maxLength: 4,
  }),
  processes: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 3 })),
  lost: fc.constantFrom(false, false, false, true),
  xid: fc.constantFrom(undefined, undefined, undefined, 79),
});

/** The steps as samples, with the columns of a source that tells what repeats. */
function* samplesOf(steps: readonly (typeof STEP extends fc.Arbitrary<infer T> ? T : never)[]) {
  const changes: Changes = { count: 0 };
  const devices = GPUS.map((identity) => ({ identity, figures: new Figures(changes) }));
  const writer = new WireWriter();
  const wireReader = new WireReader();
  let wasLost = false;
  let number = 0;
  for (const { tiers, set, processes, lost, xid } of steps) {
    for (const [gpu, slot, code] of set) {
      if (code === 0) devices[gpu]!.figures.set(slot, number++);
      else devices[gpu]!.figures.fail(slot, code);
    }
    if (processes !== null) {
      devices[0]!.figures.setProcesses(processes.map((pid) => ({ pid, usedBytes: number++ })));
    }
    if (lost !== wasLost) changes.count++;
    wasLost = lost;
    const second: DeviceReading = lost
      ? { identity: GPUS[1], lost: { code: "gpu_lost", params: { nvml: 15 } } }
      : devices[1]!;
    const sent = writer.pack({
      devices: [devices[0]!, second],
      tiers,
      changes: changes.count,
      faults: xid === undefined ? [] : [{ uuid: "GPU-b", xid, timeSeconds: 1 }],
    });
    const values = new Float64Array(sent.size);
    writer.write(sent.form, values);
    yield wireReader.unpack(sent, values);
  }
}

Deno.test("GpuSampler makes the same of a sample's column as of its objects, whatever happened before", async () => {
  const property = fc.asyncProperty(fc.array(STEP, { minLength: 2, maxLength: 30 }), async (steps) => {
    const samples = [...samplesOf(steps)];
    const play = (asObjects: boolean) => {
      let at = 0;
      const source: GpuSource = {
        simulated: false,
        read() {
          const sample = samples[at++]!;
          const { gpus, faults = [] } = sample;
          return Promise.resolve(asObjects ? { gpus, faults } : sample);
        },
      };
      return new GpuSampler({ source, intervalSeconds: 1 });
    };
    const byColumn = play(false);
    const byObjects = play(true);
    for (let tick = 0; tick < samples.length; tick++) {
      const one = await byColumn.sample(tick, never);
      const other = await byObjects.sample(tick, never);
      assert.deepEqual({ ...one, facts: null }, { ...other, facts: null });
      assert.deepEqual(one.facts, other.facts);
    }
  });
  await fc.assert(property, { seed: 7, numRuns: 300 });
});

Deno.test("GpuSampler looks at a form again when the state before it was another", async () => {
  const absent = { code: "gpu_not_supported" } as const;
  const forms = [{ state: 1 }, { state: 2 }] as const;
  let at = 0;
  const read = reader({
    simulated: false,
    read() {
      const there = at++ % 2 === 0;
      return Promise.resolve({
        gpus: [{ ...GPUS[0], values: [{ metric: "power", reading: there ? { value: at } : { absent } }] }],
        column: { form: forms[there ? 0 : 1], values: Float64Array.from(there ? [at] : []) },
      });
    },
  });
  const seen: unknown[] = [];
  for (let tick = 0; tick < 4; tick++) {
    const { values, vanished } = await read(tick);
    seen.push([Object.values(values), vanished.length]);
  }
  assert.deepEqual(seen, [[[1], 0], [[], 1], [[3], 0], [[], 1]]);
});
