import assert from "node:assert/strict";
import { hasCompiler, setState, standin, statePath, type Variant } from "./standin.ts";

const CHILD = new URL("./child.ts", import.meta.url).pathname;

/** Runs the child and gives how it ended and what it said. 139 would be a segmentation fault. */
async function run(
  way: string,
  options: {
    readonly state?: string;
    readonly permissions?: readonly string[];
    readonly path?: string;
    readonly steps?: readonly string[];
  } = {},
): Promise<{ readonly code: number; readonly said: readonly string[] }> {
  const path = options.path ?? standin();
  setState(options.state ?? "count=2\n");
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      ...options.permissions ?? ["-A"],
      CHILD,
      path,
      way,
      ...options.steps ?? [],
    ],
    env: { NVML_STANDIN_STATE: statePath() },
    stderr: "null",
  }).output();
  return { code, said: new TextDecoder().decode(stdout).trim().split("\n") };
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasCompiler, fn });
}

/** A call that takes 200 ms, so that the end comes while the worker is inside it. */
const SLOW = "count=2\ndelay_us.nvmlDeviceGetPowerUsage=100000\n";

test("openNvml() reads on a thread of its own and ends with the program", async () => {
  assert.deepEqual(await run("end"), { code: 0, said: ["2 GPUs"] });
});

test("openNvml() survives an uncaught error while a call is under way: exit code 1, not a crash", async () => {
  assert.deepEqual(await run("throw", { state: SLOW }), { code: 1, said: ["2 GPUs"] });
  assert.deepEqual(await run("reject", { state: SLOW }), { code: 1, said: ["2 GPUs"] });
});

test("openNvml() survives the end of the program and of the source while a call is under way", async () => {
  assert.deepEqual(await run("exit", { state: SLOW }), { code: 7, said: ["2 GPUs"] });
  assert.deepEqual(await run("dispose-in-call", { state: SLOW }), { code: 0, said: ["2 GPUs", "disposed"] });
});

test("openNvml() goes on when the library's file is removed", async () => {
  const copy = `${standin()}.copy`;
  Deno.copyFileSync(standin(), copy);
  assert.deepEqual(await run("remove-library", { path: copy }), { code: 0, said: ["2 GPUs", "2 GPUs"] });
});

test("openNvml() starts anew when it is read after its end", async () => {
  assert.deepEqual(await run("read-after-dispose"), { code: 0, said: ["2 GPUs", "2 GPUs"] });
});

test("openNvml() gives up a call that hangs, while everything else goes on", async () => {
  const said = 'Cannot sample: timeout {"timeoutSeconds":0.5}';
  assert.deepEqual(await run("hang", { state: "count=1\ndelay_us.nvmlDeviceGetCount_v2=3000000\n" }), {
    code: 0,
    said: [said, `${said} ${said}`, "the loop went on"],
  });
});

test("a call that hangs for 30 s is a gap in the GPUs' series and in nothing else (on a clock ten times as fast)", async () => {
  assert.deepEqual(await run("hang-30", { state: "count=1\n" }), {
    code: 0,
    said: ["timeout, ok again", "a gap of 30 s", "failed reads were told", "the other sampler went on"],
  });
});

test("openNvml() says that it may not when it may not", async () => {
  assert.deepEqual(await run("end", { permissions: ["--allow-read"] }), {
    code: 0,
    said: ["gpu_no_permission"],
  });
  // A permission for the one library is not enough: handles are pointers.
  const permissions = [`--allow-ffi=${standin()}`, "--allow-read"];
  assert.deepEqual(await run("end", { permissions }), { code: 0, said: ["gpu_no_permission"] });
});

/** State after state, and what a reader in a process of its own says at each; it must end with 0 every time. */
const FAULTS: readonly {
  readonly name: string;
  readonly variant?: Variant;
  /** How many GPUs there are at the first reading. */
  readonly count: number;
  readonly steps: readonly (readonly [state: string, said: string])[];
}[] = [
  {
    name: "one of eight GPUs falls off the bus and comes back",
    count: 8,
    steps: [
      ["count=8\ngpu.3.lost=1\nevent=1:3:8:79\n", `epoch 1, ${gpus("0 1 2 -3 4 5 6 7")}, xid 79`],
      ["count=8\n", `epoch 1, ${gpus("0 1 2 3 4 5 6 7")}`],
    ],
  },
  {
    name: "the driver goes, by each code, and comes back",
    count: 2,
    steps: [
      ...[9, 18, 999].flatMap((code, index): (readonly [string, string])[] => [
        [`init=${code}\ngeneration=${2 * index + 1}\n`, `epoch ${index + 1}, gpu_driver_not_loaded`],
        [`count=2\ngeneration=${2 * index + 2}\n`, `epoch ${index + 2}, ${gpus("0 1")}`],
      ]),
    ],
  },
  {
    name: "all GPUs lost, then a reset required",
    count: 2,
    steps: [
      ["count=2\ngpu.*.lost=1\n", `epoch 1, ${gpus("-0 -1")}`],
      ["count=2\ngpu.*.lost=16\n", `epoch 1, ${gpus("-0 -1")}`],
    ],
  },
  {
    name: "MIG instances come, change and go",
    count: 1,
    steps: [
      ["count=1\ngpu.0.mig_mode=1\ngpu.0.mig.0.mem_used=1\n", `epoch 1, ${gpus("0 0:0")}`],
      ["count=1\ngpu.0.mig_mode=1\ngpu.0.mig.2.mem_used=1\n", `epoch 1, ${gpus("0 0:0 0:1 0:2")}`],
      ["count=1\n", `epoch 1, ${gpus("0")}`],
    ],
  },
  {
    name: "figures refused or unknown, and a driver that writes past the end",
    count: 2,
    steps: [
      ["count=2\nfail.nvmlDeviceGetPowerUsage=4\n", `epoch 1, ${gpus("0 1")}`],
      ["count=2\nfail.nvmlDeviceGetPowerUsage=999\n", `epoch 1, ${gpus("0 1")}`],
      ["count=2\ngpu.*.mem_total=!3\n", `epoch 1, ${gpus("0 1")}`],
      ["count=2\ngpu.0.nvlink_count=4\nfieldvalues_touch_past_end=1\n", `epoch 1, ${gpus("0 1")}`],
    ],
  },
  {
    name: "process records of the first 535 drivers",
    count: 1,
    variant: "535",
    steps: [["count=1\nprocess_struct=32\ngpu.0.procs=101:1000,102:2000\n", `epoch 1, ${gpus("0")}`]],
  },
];

/** GPUs by index; one with a minus is lost. */
function gpus(indices: string): string {
  return indices.split(" ").map((index) =>
    index.startsWith("-") ? `${index.slice(1)} gpu_lost` : `${index} true`
  )
    .join(", ");
}

for (const { name, variant, count, steps } of FAULTS) {
  test(`openNvml() survives: ${name}`, async () => {
    const { code, said } = await run("steps", {
      path: standin(variant),
      state: `count=${count}\n`,
      steps: steps.map(([state]) => state),
    });
    assert.deepEqual({ code, said: said.slice(1) }, { code: 0, said: steps.map(([, line]) => line) });
  });
}
