import assert from "node:assert/strict";
import { compareGpuSamples } from "../../src/gpu/compare.ts";
import type { GpuSample, GpuValue } from "../../src/gpu/types.ts";

function sample(values: readonly GpuValue[]): GpuSample {
  return { gpus: [{ uuid: "GPU-a", index: "0", name: "A", values }] };
}

Deno.test("compareGpuSamples() tells steady figures that differ from figures that move", () => {
  const absent = { absent: { code: "gpu_not_supported" } } as const;
  const first = sample([
    { metric: "memoryTotal", reading: { value: 85520809984 } },
    { metric: "powerLimit", reading: { value: 700 } },
    { metric: "power", reading: { value: 612.3 } },
    { metric: "temperature", reading: { value: 71 } },
    { metric: "energy", reading: { value: 5 } },
    { metric: "fan", reading: absent },
    { metric: "throttle", labels: { reason: "gpu_idle" }, reading: { value: 1 } },
  ]);
  const second = sample([
    { metric: "memoryTotal", reading: { value: 81559 * 2 ** 20 } },
    { metric: "powerLimit", reading: { value: 690 } },
    { metric: "power", reading: { value: 598.1 } },
    { metric: "temperature", reading: { value: 71 } },
    { metric: "fan", reading: absent },
    { metric: "memoryTemperature", reading: { value: 54 } },
  ]);
  assert.deepEqual(compareGpuSamples(first, second).map(({ metric, verdict }) => [metric, verdict]), [
    ["memoryTotal", "same"],
    ["powerLimit", "different"],
    ["power", "moving"],
    ["temperature", "same"],
    ["energy", "only_first"],
    ["fan", "neither"],
    ["memoryTemperature", "only_second"],
  ]);
});

Deno.test("compareGpuSamples() finds a GPU by its UUID, and says so when the other source has none", () => {
  const values: GpuValue[] = [{ metric: "memoryTotal", reading: { value: 1 } }];
  const other: GpuSample = { gpus: [{ uuid: "GPU-b", index: "0", name: "B", values }] };
  assert.deepEqual(compareGpuSamples(sample(values), other).map(({ verdict }) => verdict), [
    "only_first",
    "only_second",
  ]);
  assert.deepEqual(compareGpuSamples({ gpus: [] }, other), [{
    gpu: "0",
    metric: "memoryTotal",
    first: undefined,
    second: { value: 1 },
    verdict: "only_second",
  }]);
});

Deno.test("compareGpuSamples() takes a figure that moves slowly for another when it is far off", () => {
  const rows: readonly [GpuValue["metric"], first: number, second: number, verdict: string][] = [
    ["memoryUsed", 70e9, 70.9e9, "moving"],
    ["memoryUsed", 70e9, 60e9, "different"],
    ["memoryUsed", 5e8, 1e9, "moving"],
    ["temperature", 71, 65, "moving"],
    ["temperature", 71, 40, "different"],
    ["utilization", 1, 0, "moving"],
    ["power", 690, 120, "moving"],
  ];
  for (const [metric, first, second, verdict] of rows) {
    const of = (value: number) => sample([{ metric, reading: { value } }]);
    const [row] = compareGpuSamples(of(first), of(second));
    assert.equal(row!.verdict, verdict, `${metric} ${first} ${second}`);
  }
});
