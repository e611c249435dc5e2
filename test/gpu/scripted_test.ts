import assert from "node:assert/strict";
import { scriptedGpus } from "../../src/gpu/scripted.ts";

const never = new AbortController().signal;
const GPU = { uuid: "GPU-a", index: "0", name: "A" };

Deno.test("scriptedGpus() follows its script, derives what it can, and is marked as simulated", async () => {
  const unsupported = { code: "gpu_not_supported" } as const;
  const source = scriptedGpus({
    gpus: [GPU],
    details: { driver: "none" },
    values: (_gpu, time) => ({
      power: 100 + time,
      memoryUsed: 30,
      memoryTotal: 40,
      memoryFree: 9,
      fan: unsupported,
    }),
  });
  assert.equal(source.simulated, true);
  const { gpus, details } = await source.read(5, never);
  assert.deepEqual(details, { driver: "none" });
  assert.deepEqual(Object.fromEntries(gpus[0]!.values.map(({ metric, reading }) => [metric, reading])), {
    power: { value: 105 },
    memoryUsed: { value: 30 },
    memoryTotal: { value: 40 },
    memoryFree: { value: 9 }, // Its own word counts.
    memoryUsage: { value: 0.75 },
    fan: { absent: unsupported },
  });
});

Deno.test("scriptedGpus() can lose a GPU", async () => {
  const lost = { code: "gpu_lost" } as const;
  const { gpus } = await scriptedGpus({ gpus: [GPU], values: () => ({ lost }) }).read(0, never);
  assert.deepEqual(gpus, [{ ...GPU, values: [], lost }]);
});
