import assert from "node:assert/strict";
import type { GpuSample } from "../../src/gpu/types.ts";
import { WireReader, WireWriter } from "../../src/nvml/wire.ts";

const GPU = { uuid: "GPU-a", index: "0", name: "A" };
const lost = { code: "gpu_lost", params: { nvml: 15 } } as const;
const unsupported = { code: "gpu_not_supported", params: { nvml: 3 } } as const;

function power(value: number): GpuSample {
  return {
    epoch: 1,
    details: { driver: "590" },
    gpus: [{
      ...GPU,
      values: [
        { metric: "power", reading: { value } },
        { metric: "fan", reading: { absent: unsupported } },
        { metric: "throttle", labels: { reason: "gpu_idle" }, reading: { value: value + 1 } },
      ],
    }],
    faults: [],
  };
}

Deno.test("WireReader gives back what WireWriter packed, whatever comes after what", () => {
  const samples: GpuSample[] = [
    power(1),
    power(2),
    { gpus: [], absent: { code: "gpu_driver_not_loaded", params: { nvml: 9 } }, faults: [] },
    power(NaN),
    { epoch: 1, gpus: [{ ...GPU, values: [], lost }], faults: [{ uuid: "GPU-a", xid: 79, timeSeconds: 5 }] },
    { ...power(3), epoch: 2 },
    power(4),
  ];
  const writer = new WireWriter();
  const reader = new WireReader();
  for (const sample of samples) assert.deepEqual(reader.unpack(structuredClone(writer.pack(sample))), sample);
});

Deno.test("WireWriter sends a form once; absence is a part of the form, a number is not", () => {
  const writer = new WireWriter();
  assert.deepEqual([1, 2, 3].map((value) => writer.pack(power(value)).newForm !== undefined), [
    true,
    false,
    false,
  ]);
  assert.deepEqual(Array.from(writer.pack(power(7)).values), [7, 8]);
  const gone: GpuSample = {
    ...power(1),
    gpus: [{ ...GPU, values: [{ metric: "power", reading: { absent: unsupported } }] }],
  };
  const packed = writer.pack(gone);
  assert.deepEqual([packed.newForm!.gpus[0]!.figures, packed.values.length], [[{
    metric: "power",
    absentValue: { metric: "power", reading: { absent: unsupported } },
  }], 0]);
});

Deno.test("WireReader follows a writer through more forms than are remembered", () => {
  const writer = new WireWriter();
  const reader = new WireReader();
  for (let round = 0; round < 3; round++) {
    for (let pid = 0; pid < 100; pid++) {
      const values = [{
        metric: "processMemory",
        labels: { pid: String(pid) },
        reading: { value: pid },
      }] as const;
      const sample: GpuSample = { gpus: [{ ...GPU, values }], faults: [] };
      assert.deepEqual(reader.unpack(writer.pack(sample)), sample);
    }
  }
  assert.throws(() => reader.unpack({ form: 100_000, values: new Float64Array() }), RangeError);
});
