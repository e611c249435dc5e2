import assert from "node:assert/strict";
import type { GpuSample } from "../../src/gpu/types.ts";
import { get, test } from "./session_helper.ts";
import { setState } from "./standin.ts";

test(
  "NvmlSession follows MIG instances as they come and go, by their UUID",
  "count=1\ngpu.0.mig_mode=1\ngpu.0.mig.0.mem_used=1000\ngpu.0.mig.1.mem_used=2000\n",
  (session) => {
    const names = (sample: GpuSample) => sample.gpus.map(({ index, uuid }) => `${index} ${uuid.slice(0, 4)}`);
    const first = session.read(0);
    assert.deepEqual(names(first), ["0 GPU-", "0:0 MIG-", "0:1 MIG-"]);
    assert.equal(first.gpus[1]!.parentUuid, first.gpus[0]!.uuid);
    assert.deepEqual(
      [get(first, 0, "utilization"), get(first, 1, "memoryUsed"), get(first, 2, "memoryUsed")],
      ["gpu_not_supported", 1000, 2000],
    );
    // Instance 1 is destroyed: its handle answers "invalid argument" from now on.
    setState("count=1\ngpu.0.mig_mode=1\ngpu.0.mig.0.mem_used=1000\n");
    assert.deepEqual(names(session.read(0.5)), ["0 GPU-", "0:0 MIG-"]);
    // Another is made in its place.
    setState(
      "count=1\ngpu.0.mig_mode=1\ngpu.0.mig.0.mem_used=1000\ngpu.0.mig.1.uuid=MIG-new\ngpu.0.mig.1.mem_used=3000\n",
    );
    const third = session.read(2);
    assert.deepEqual([third.gpus[2]!.uuid, get(third, 2, "memoryUsed")], ["MIG-new", 3000]);
    // MIG is switched off: the GPU tells its utilization again.
    setState("count=1\n");
    session.read(3);
    const last = session.read(4);
    assert.deepEqual([names(last), get(last, 0, "utilization")], [["0 GPU-"], 0.37]);
  },
);

test(
  "NvmlSession keeps an instance that has no such figure apart from one that is gone, though both answer the same",
  "count=1\ngpu.0.mig_mode=1\ngpu.0.mig.0.mem_used=1000\ngpu.0.mig.0.fail.nvmlDeviceGetPowerUsage=2\n",
  (session) => {
    for (const time of [0, 0.1, 1, 2]) {
      const sample = session.read(time);
      assert.deepEqual(
        [sample.gpus.length, get(sample, 1, "memoryUsed"), get(sample, 1, "power")],
        [2, 1000, "gpu_not_supported"],
        String(time),
      );
    }
  },
);

test(
  "NvmlSession finds instances also where the whole GPU may not be asked, as in a container that was given one of them",
  "count=1\ngpu.0.mig_mode=1\ngpu.0.mig.0.mem_used=1000\ngpu.0.fail.nvmlDeviceGetMigMode=4\n" +
    "gpu.0.fail.nvmlDeviceGetMemoryInfo_v2=4\n",
  (session) => {
    const sample = session.read(0);
    assert.deepEqual([get(sample, 0, "memoryUsed"), get(sample, 1, "memoryUsed")], [
      "gpu_no_permission",
      1000,
    ]);
  },
);

test(
  "NvmlSession never takes the whole GPU's performance figures for an instance's",
  "gpm_min_ms=0\ncount=1\ngpu.0.mig_mode=1\ngpu.0.gpm.2=77\ngpu.0.mig.0.gpm.2=11\ngpu.0.mig.1.gpm.2=22\n" +
    "gpu.0.mig.1.fail.nvmlDeviceGetGpuInstanceId=3\n",
  (session) => {
    session.read(0);
    const sample = session.read(10);
    assert.deepEqual([0, 1, 2].map((gpu) => get(sample, gpu, "smActive")), [0.77, 0.11, "gpu_not_supported"]);
  },
);
