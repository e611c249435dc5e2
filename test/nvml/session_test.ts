import assert from "node:assert/strict";
import { type Cause, isPresent, type Reading } from "../../src/base/cause.ts";
import type { GpuMetric } from "../../src/gpu/metrics.ts";
import { find, get, test } from "./session_helper.ts";
import { hasCompiler, setState, withSession } from "./standin.ts";

const unsupported = (nvml: number): Cause => ({ code: "gpu_not_supported", params: { nvml } });

interface Oracle {
  readonly details: Readonly<Record<string, string>>;
  readonly gpus: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

Deno.test({
  name:
    "NvmlSession reads what nvidia-ml-py reads from the same library, every figure of every GPU and instance",
  ignore: !hasCompiler,
  fn() {
    const read = (name: string) => Deno.readTextFileSync(new URL(`./standin/${name}`, import.meta.url));
    const oracle: Oracle = JSON.parse(read("oracle.json"));
    withSession(read("oracle.state"), (session) => {
      session.read(0);
      const sample = session.read(10); // The second read: performance monitoring compares two.
      assert.deepEqual({ driver: sample.details!.driver, nvml: sample.details!.nvml }, oracle.details);
      assert.equal(sample.details!.cuda, "13.1");
      assert.deepEqual(sample.gpus.map(({ uuid }) => uuid).sort(), Object.keys(oracle.gpus).sort());
      let compared = 0;
      for (const gpu of sample.gpus) {
        const { name, throttle, processMemory, ...figures } = oracle.gpus[gpu.uuid]!;
        assert.equal(gpu.name, name);
        for (const [metric, wanted] of Object.entries(figures)) {
          compare(find(gpu, metric as GpuMetric), wanted, `${gpu.uuid} ${metric}`);
          compared++;
        }
        if (throttle === null) compare(find(gpu, "throttle"), null, `${gpu.uuid} throttle`);
        for (const [reason, active] of Object.entries((throttle ?? {}) as Record<string, boolean>)) {
          compare(find(gpu, "throttle", { reason }), active ? 1 : 0, `${gpu.uuid} ${reason}`);
          compared++;
        }
        for (const [pid, used] of Object.entries(processMemory as Record<string, number | null>)) {
          compare(find(gpu, "processMemory", { pid }), used, `${gpu.uuid} pid ${pid}`);
          compared++;
        }
      }
      assert.equal(compared, 476); // Of 8 GPUs and 4 instances.
    });
  },
});

function compare(reading: Reading | undefined, wanted: unknown, what: string): void {
  if (wanted === null) assert(reading === undefined || !isPresent(reading), what);
  else assert.equal(reading !== undefined && isPresent(reading) ? reading.value : reading, wanted, what);
}

test(
  "NvmlSession says why there is nothing: driver not loaded, version mismatch, no GPU",
  "init=9\n",
  (session) => {
    const { gpus, absent } = session.read(0);
    assert.deepEqual([gpus, absent], [[], { code: "gpu_driver_not_loaded", params: { nvml: 9 } }]);
    setState("init=18\n");
    assert.deepEqual(session.read(1).absent, { code: "gpu_driver_not_loaded", params: { nvml: 18 } });
    setState("init=4\n");
    assert.deepEqual(session.read(3).absent, { code: "gpu_no_permission", params: { nvml: 4 } });
    setState("count=0\n");
    assert.deepEqual(session.read(7).absent, { code: "gpu_none" });
    setState("init=12\n"); // The stub that CUDA's toolkit brings for the linker.
    assert.equal(session.read(15).absent?.code, "gpu_library_not_found");
  },
);

test("NvmlSession tries again with back-off, and finds a driver that comes", "init=9\n", (session) => {
  const tried = new Set<number | string | undefined>();
  for (let second = 0; second < 200; second++) {
    setState(`init=${1000 + second}\n`); // The code tells when it was asked last.
    tried.add(Number(session.read(second).absent?.params?.nvml) - 1000);
  }
  assert.deepEqual([...tried], [0, 1, 3, 7, 15, 31, 63, 123, 183]);
  setState("count=1\n");
  assert.equal(session.read(242).gpus.length, 0);
  assert.equal(session.read(243).gpus.length, 1);
});

test(
  "NvmlSession keeps what one GPU does not tell apart from the others",
  "count=3\ngpu.1.power_mw=!3\ngpu.2.fail.nvmlDeviceGetPowerUsage=4\n",
  (session) => {
    const sample = session.read(0);
    assert.deepEqual([0, 1, 2].map((gpu) => get(sample, gpu, "power")), [
      123.456,
      "gpu_not_supported",
      "gpu_no_permission",
    ]);
    assert.deepEqual([0, 1, 2].map((gpu) => get(sample, gpu, "temperature")), [45, 45, 45]);
    assert.deepEqual(find(sample.gpus[1], "power"), { absent: unsupported(3) });
  },
);

test(
  "NvmlSession does not ask again for what a chip does not have, and does for what failed once",
  "gpu.0.power_mw=!3\ngpu.0.util_gpu=!999\n",
  (session) => {
    const first = session.read(0);
    assert.deepEqual([get(first, 0, "power"), get(first, 0, "utilization")], [
      "gpu_not_supported",
      "no_data",
    ]);
    setState("gpu.0.power_mw=5000\ngpu.0.util_gpu=50\n");
    const second = session.read(1);
    assert.deepEqual([get(second, 0, "power"), get(second, 0, "utilization")], ["gpu_not_supported", 0.5]);
  },
);

test(
  "NvmlSession reads slow figures rarely: fast at every read, medium once a second, slow every five",
  "gpu.0.fans=1\n",
  (session) => {
    const seen = (time: number) => {
      const sample = session.read(time);
      return [get(sample, 0, "power"), get(sample, 0, "energy"), get(sample, 0, "fan")].map((value) =>
        typeof value === "number" ? 1 : 0
      );
    };
    assert.deepEqual([0, 0.1, 0.9, 1, 1.5, 4.9, 5, 5.1].map(seen), [
      [1, 1, 1],
      [1, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
      [1, 0, 0],
      [1, 1, 0],
      [1, 0, 1],
      [1, 0, 0],
    ]);
  },
);

test(
  "NvmlSession reads figures of every second at every tick of a second, whichever comes early",
  "",
  (session) => {
    const seen = [0.003, 1.001, 2.009, 3, 4.002].map((time) => typeof get(session.read(time), 0, "energy"));
    assert.deepEqual(seen, Array(5).fill("number"));
  },
);

test("NvmlSession marks a lost GPU while the others go on, and takes it back", "count=8\n", (session) => {
  assert.equal(session.read(0).gpus.length, 8);
  setState("count=8\ngpu.3.lost=1\n");
  const lost = session.read(1);
  assert.deepEqual(lost.gpus.map((gpu) => gpu.lost?.code ?? "ok"), [
    "ok",
    "ok",
    "ok",
    "gpu_lost",
    "ok",
    "ok",
    "ok",
    "ok",
  ]);
  assert.deepEqual(lost.gpus[3]!.values, []);
  assert.equal(lost.gpus[3]!.uuid, "GPU-00000000-0000-4000-8000-000000000003");
  assert.equal(get(lost, 4, "power"), 123.456);
  setState("count=8\n");
  assert.equal(session.read(1.5).gpus[3]!.lost?.code, "gpu_lost"); // Not asked yet.
  assert.equal(get(session.read(2), 3, "power"), 123.456);
});

test("NvmlSession shows a GPU that is lost from the start", "count=2\ngpu.1.lost=16\n", (session) => {
  const sample = session.read(0);
  assert.deepEqual(sample.gpus.map(({ uuid, lost }) => [uuid.slice(0, 9), lost?.params?.nvml]), [[
    "GPU-00000",
    undefined,
  ], ["unknown-1", 16]]);
  setState("count=2\n");
  assert.equal(session.read(5).gpus[1]!.uuid, "GPU-00000000-0000-4000-8000-000000000001");
});

test(
  "NvmlSession begins anew after a driver reload, in a new epoch",
  "count=2\ngpu.*.energy_mj=900000\n",
  (session) => {
    assert.deepEqual([session.read(0).epoch, get(session.read(1), 0, "energy")], [1, 900]);
    setState("count=2\ngeneration=1\ngpu.*.energy_mj=5000\n");
    const gone = session.read(2);
    assert.deepEqual([gone.gpus, gone.absent], [[], {
      code: "gpu_driver_not_loaded",
      params: { nvml: 999 },
    }]);
    const back = session.read(3);
    assert.deepEqual([back.epoch, get(back, 0, "energy")], [2, 5]);
  },
);

test("NvmlSession sees a driver reload also while one of two GPUs is lost", "count=2\n", (session) => {
  session.read(0);
  setState("count=2\ngpu.1.lost=1\n");
  session.read(1);
  setState("count=2\ngpu.1.lost=1\ngeneration=1\n");
  assert.equal(session.read(1.5).absent?.code, "gpu_driver_not_loaded");
  const back = session.read(3);
  assert.deepEqual([back.epoch, get(back, 0, "power"), back.gpus[1]!.lost?.code], [2, 123.456, "gpu_lost"]);
});

test(
  "NvmlSession takes one call's unknown error for that call's only",
  "count=1\nfail.nvmlDeviceGetPowerUsage=999\n",
  (session) => {
    const sample = session.read(0);
    assert.deepEqual([sample.absent, get(sample, 0, "power"), get(sample, 0, "smClock")], [
      undefined,
      "no_data",
      1.98e9,
    ]);
  },
);

test(
  "NvmlSession asks again once a minute for what it may not read",
  "fail.nvmlDeviceGetFanSpeed=4\n",
  (session) => {
    const fan = (time: number) => get(session.read(time), 0, "fan");
    assert.equal(fan(0), "gpu_no_permission");
    setState("gpu.0.fans=1\ngpu.0.fan=30\n"); // The permission is given.
    assert.deepEqual([5, 30, 55].map(fan), Array(3).fill("gpu_no_permission"));
    assert.equal(typeof fan(60), "number");
  },
);

test(
  "NvmlSession hears of faults again after a lost GPU has broken the set of events",
  "count=8\n",
  (session) => {
    session.read(0);
    setState("count=8\ngpu.3.lost=1\nfail.nvmlEventSetWait_v2=15\n");
    assert.deepEqual(session.read(1).faults, []);
    setState("count=8\ngpu.3.lost=1\n");
    assert.deepEqual(session.read(2).faults, []);
    setState("count=8\ngpu.3.lost=1\nevent=1:5:8:79\n");
    assert.deepEqual(session.read(3).faults?.map(({ uuid, xid }) => [uuid.at(-1), xid]), [["5", 79]]);
  },
);

test("NvmlSession reports faults once, with their GPU", "count=8\n", (session) => {
  assert.deepEqual(session.read(0).faults, []);
  setState("count=8\nevent=1:5:8:79\nevent=2:0:8:13\n");
  assert.deepEqual(session.read(1).faults, [
    { uuid: "GPU-00000000-0000-4000-8000-000000000005", xid: 79, timeSeconds: 1 },
    { uuid: "GPU-00000000-0000-4000-8000-000000000000", xid: 13, timeSeconds: 1 },
  ]);
  assert.deepEqual(session.read(2).faults, []);
});

test(
  "NvmlSession guards field queries against a driver that writes past the end",
  "gpu.0.nvlink_count=4\ngpu.0.nvlink_tx_kib=10\nfieldvalues_touch_past_end=1\n",
  (session) => {
    const sample = session.read(0);
    assert.deepEqual([get(sample, 0, "nvlinkSent"), get(sample, 0, "pcieReceived")], [
      4 * 10 * 1024,
      "gpu_not_supported",
    ]);
  },
);

test(
  "NvmlSession reads more processes than a first guess has room for, and says which ended",
  `gpu.0.procs=${Array.from({ length: 40 }, (_, i) => `${100 + i}:${i}`).join(",")}\n`,
  (session) => {
    const sample = session.read(0);
    const processes = sample.gpus[0]!.values.filter(({ metric }) => metric === "processMemory");
    assert.equal(processes.length, 40);
    assert.equal(get(sample, 0, "processMemory", { pid: "139" }), 39);
    setState("gpu.0.procs=100:7\n");
    const next = session.read(5);
    assert.equal(get(next, 0, "processMemory", { pid: "100" }), 7);
    assert.equal(get(next, 0, "processMemory", { pid: "139" }), "no_data");
    assert.equal(get(session.read(10), 0, "processMemory", { pid: "139" }), "not read");
  },
);

test(
  "NvmlSession reads the longer process records of the first 535 drivers",
  "process_struct=32\ngpu.0.procs=101:1000,102:2000,103:3000\n",
  (session) => {
    const sample = session.read(0);
    assert.deepEqual(["101", "102", "103"].map((pid) => get(sample, 0, "processMemory", { pid })), [
      1000,
      2000,
      3000,
    ]);
  },
  "535",
);

test(
  "NvmlSession does with an old driver's functions",
  "gpu.0.procs=7:70\ngpu.0.clocks_reasons=4\n",
  (session) => {
    const sample = session.read(0);
    assert.equal(get(sample, 0, "temperature"), 45);
    assert.equal(get(sample, 0, "hotspotTemperature"), "gpu_not_supported");
    assert.equal(get(sample, 0, "smActive"), "gpu_not_supported");
    assert.equal(get(sample, 0, "throttle", { reason: "sw_power_cap" }), 1);
    assert.equal(get(sample, 0, "processMemory", { pid: "7" }), 70);
    // The older memory call counts what the driver reserves as used, and does not tell how much that is.
    assert.equal(get(sample, 0, "memoryUsed"), 8589934592 + 502267904);
    assert.equal(get(sample, 0, "memoryReserved"), "not read");
  },
  "old",
);

test(
  "NvmlSession has no memory figures on a chip without memory of its own",
  "gpu.0.mem_total=!3\n",
  (session) => {
    const sample = session.read(0);
    assert.deepEqual([get(sample, 0, "memoryUsed"), get(sample, 0, "memoryUsage"), get(sample, 0, "power")], [
      "gpu_not_supported",
      "gpu_not_supported",
      123.456,
    ]);
  },
);

test("NvmlSession reads 64-bit counters whole", "gpu.0.energy_mj=9007199254740993\n", (session) => {
  // 2^53 + 1 mJ: a double cannot hold it, half a joule either way is all that is lost.
  assert.equal(get(session.read(0), 0, "energy"), 9007199254740.992);
});
