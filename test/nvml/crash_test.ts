import assert from "node:assert/strict";
import { hasCompiler, setState, standin, statePath } from "./standin.ts";

const CHILD = new URL("./child.ts", import.meta.url).pathname;

/** Runs the child and gives how it ended and what it said. 139 would be a segmentation fault. */
async function run(
  way: string,
  options: { readonly state?: string; readonly permissions?: readonly string[]; readonly path?: string } = {},
): Promise<{ readonly code: number; readonly said: readonly string[] }> {
  const path = options.path ?? standin();
  setState(options.state ?? "count=2\n");
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...options.permissions ?? ["-A"], CHILD, path, way],
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

test("openNvml() says that it may not when it may not", async () => {
  assert.deepEqual(await run("end", { permissions: ["--allow-read"] }), {
    code: 0,
    said: ["gpu_no_permission"],
  });
  // A permission for the one library is not enough: handles are pointers.
  const permissions = [`--allow-ffi=${standin()}`, "--allow-read"];
  assert.deepEqual(await run("end", { permissions }), { code: 0, said: ["gpu_no_permission"] });
});
