import assert from "node:assert/strict";
import { drive, sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { smiSource } from "../../src/nvml/smi.ts";
import { fieldsOf, parseQuery } from "../../src/nvml/smi_text.ts";
import { SampleError } from "../../src/series/types.ts";

const never = new AbortController().signal;

/** A part of `nvidia-smi --help-query-gpu`, in its own form. */
const HELP = `List of valid properties to query for the switch "--query-gpu":

"timestamp"
The timestamp of when the query was made in format "YYYY/MM/DD HH:MM:SS.msec".

"name" or "gpu_name"
The official product name of the GPU.

"uuid" or "gpu_uuid"
"index"
"utilization.gpu"
"memory.total"
"memory.used"
"temperature.memory"
"power.draw"
"fan.speed [%]"
"pstate"
"clocks_throttle_reasons.active"
`;
const FIELDS = [
  "uuid",
  "index",
  "name",
  "utilization.gpu",
  "memory.total",
  "memory.used",
  "power.draw",
  "temperature.memory",
  "pstate",
  "clocks_throttle_reasons.active",
];

Deno.test("fieldsOf() asks only for what this version knows, by the name that it knows", () => {
  assert.deepEqual(fieldsOf(HELP), FIELDS);
  assert.deepEqual(
    fieldsOf(HELP.replace("clocks_throttle_reasons", "clocks_event_reasons")).at(-1),
    "clocks_event_reasons.active",
  );
});

Deno.test("parseQuery() reads a line a GPU, in base units, and every spelling of absence", () => {
  const text = [
    "GPU-aaa, 0, NVIDIA H100 80GB HBM3, 98, 81559, 70000, 612.34, 54, P0, 0x0000000000000004",
    "GPU-bbb, 1, NVIDIA GeForce RTX 4080 S, 12 %, 16376, 8188 MiB, [N/A], N/A, P8, [Not Supported]",
    "GPU-ccc, 2, Odd, [Insufficient Permissions], [GPU is lost], [Unknown Error], [Requested functionality has been deprecated], -, P2, 0x0",
    "",
  ].join("\n");
  const gpus = parseQuery(text, FIELDS);
  const value = (gpu: number, metric: string) =>
    gpus[gpu]!.values.find((v) =>
      v.metric === metric && (v.labels?.reason ?? "sw_power_cap") === "sw_power_cap"
    )?.reading;
  assert.deepEqual(gpus.map(({ uuid, index, name }) => [uuid, index, name]), [
    ["GPU-aaa", "0", "NVIDIA H100 80GB HBM3"],
    ["GPU-bbb", "1", "NVIDIA GeForce RTX 4080 S"],
    ["GPU-ccc", "2", "Odd"],
  ]);
  assert.deepEqual(
    ["utilization", "memoryUsed", "power", "memoryTemperature", "performanceState", "throttle"].map((m) =>
      value(0, m)
    ),
    [
      { value: 0.98 },
      { value: 70000 * 2 ** 20 },
      { value: 612.34 },
      { value: 54 },
      { value: 0 },
      { value: 1 },
    ],
  );
  assert.deepEqual(value(1, "utilization"), { value: 0.12 });
  assert.deepEqual(value(1, "memoryUsed"), { value: 8188 * 2 ** 20 });
  assert.deepEqual(value(1, "memoryUsage"), { value: 0.5 });
  assert.deepEqual(value(1, "power"), { absent: { code: "gpu_not_supported" } });
  assert.deepEqual(value(1, "throttle"), { absent: { code: "gpu_not_supported" } });
  assert.deepEqual(
    ["utilization", "memoryTotal", "memoryUsed", "power", "memoryTemperature"].map((m) => {
      const reading = value(2, m);
      return reading !== undefined && "absent" in reading && reading.absent.code;
    }),
    ["gpu_no_permission", "gpu_lost", "no_data", "gpu_not_supported", "no_data"],
  );
});

Deno.test("parseQuery() leaves out a line that it cannot tell apart", () => {
  assert.deepEqual(
    parseQuery("GPU-a, 0, A name, with a comma, 5\nNVIDIA-SMI has failed\n", ["uuid", "index", "name", "x"]),
    [],
  );
});

Deno.test("smiSource() asks for the fields once, then once a read", async () => {
  const asked: string[] = [];
  const source = smiSource({
    clock: new VirtualClock(0),
    command: (args) => {
      asked.push(args[0]!.split("=")[0]!);
      const stdout = args[0] === "--help-query-gpu" ? HELP : "GPU-a, 0, A, 1, 2, 1, 3, 4, P0, 0x0\n";
      return Promise.resolve({ code: 0, stdout, stderr: "" });
    },
  });
  assert.equal((await source.read(0, never)).gpus.length, 1);
  assert.equal((await source.read(1, never)).gpus.length, 1);
  assert.deepEqual(asked, ["--help-query-gpu", "--query-gpu", "--query-gpu"]);
});

Deno.test("smiSource() says why there is nothing", async () => {
  const says = async (stderr: string, stdout = "") => {
    const command = (args: readonly string[]) =>
      Promise.resolve(
        args[0] === "--help-query-gpu" ? { code: 0, stdout: HELP, stderr: "" } : { code: 9, stdout, stderr },
      );
    return (await smiSource({ clock: new VirtualClock(0), command }).read(0, never)).absent;
  };
  assert.deepEqual(await says("", "No devices were found\n"), { code: "gpu_none" });
  assert.deepEqual(await says("Failed to initialize NVML: Insufficient Permissions\n"), {
    code: "gpu_no_permission",
  });
  const detail = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
  assert.deepEqual(await says("", `${detail}\nMore.\n`), {
    code: "gpu_driver_not_loaded",
    params: { detail },
  });
});

Deno.test("smiSource() keeps the GPUs that the tool told of before it failed on a lost one", async () => {
  const lost = "Unable to determine the device handle for GPU0000:3B:00.0: GPU is lost.";
  let stdout = "GPU-a, 0, A, 1, 2, 1, 3, 4, P0, 0x0\n";
  const source = smiSource({
    clock: new VirtualClock(0),
    command: (args) =>
      Promise.resolve(
        args[0] === "--help-query-gpu"
          ? { code: 0, stdout: HELP, stderr: "" }
          : { code: 15, stdout, stderr: `${lost}\n` },
      ),
  });
  assert.deepEqual((await source.read(0, never)).gpus.map(({ uuid }) => uuid), ["GPU-a"]);
  stdout = "";
  assert.deepEqual((await source.read(1, never)).absent, { code: "gpu_lost", params: { detail: lost } });
});

Deno.test("smiSource() asks for the fields again when the tool could not tell them", async () => {
  let works = false;
  const source = smiSource({
    clock: new VirtualClock(0),
    command: (args) => {
      if (!works) return Promise.resolve({ code: 9, stdout: "", stderr: "NVIDIA-SMI has failed\n" });
      const stdout = args[0] === "--help-query-gpu" ? HELP : "GPU-a, 0, A, 1, 2, 1, 3, 4, P0, 0x0\n";
      return Promise.resolve({ code: 0, stdout, stderr: "" });
    },
  });
  assert.equal((await source.read(0, never)).absent?.code, "gpu_driver_not_loaded");
  works = true;
  const [gpu] = (await source.read(1, never)).gpus;
  assert.equal(gpu!.values.find(({ metric }) => metric === "performanceState") !== undefined, true);
});

Deno.test("smiSource() gives up a tool that hangs, and does not start a second one", async () => {
  const clock = new VirtualClock(0);
  let started = 0;
  const source = smiSource({
    clock,
    command: () => {
      started++;
      return new Promise(() => {});
    },
  });
  const cause = async () => {
    try {
      await source.read(clock.nowSeconds(), never);
    } catch (error) {
      return error instanceof SampleError && error.reason.code;
    }
  };
  const causes = await drive(clock, async () => {
    const first = await cause();
    await sleep(clock, 5);
    return [first, await cause()];
  });
  assert.deepEqual([causes, started], [["timeout", "timeout"], 1]);
});
