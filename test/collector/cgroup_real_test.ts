import assert from "node:assert/strict";

const LIMIT_BYTES = 512 * 2 ** 20;
const CHILD = new URL("./cgroup_child.ts", import.meta.url).pathname;

/** A control group of this test's own with a memory limit, or why the kernel does not let us have one. */
function limitedGroup(): { readonly folder: string } | { readonly refused: string } {
  if (Deno.build.os !== "linux") return { refused: "no Linux" };
  const refusals: string[] = [];
  // Version 1; version 2 where the memory controller is handed down to groups of our own.
  for (const [parent, limit] of [["memory", "memory.limit_in_bytes"], ["", "memory.max"]]) {
    const folder = `/sys/fs/cgroup/${parent}/lab-test-${Deno.pid}`;
    try {
      Deno.mkdirSync(folder);
    } catch (error) {
      refusals.push(error instanceof Error ? error.message.replace(/,.*/, "") : String(error));
      continue;
    }
    try {
      Deno.writeTextFileSync(`${folder}/${limit}`, String(LIMIT_BYTES), { create: false });
      return { folder };
    } catch (error) {
      Deno.removeSync(folder);
      refusals.push(error instanceof Error ? error.message.replace(/,.*/, "") : String(error));
    }
  }
  return { refused: refusals.join("; ") };
}

/** Asked by making one and taking it away again: this file may be loaded without its test being run. */
function refusal(): string | undefined {
  const group = limitedGroup();
  if ("refused" in group) return group.refused;
  Deno.removeSync(group.folder);
  return undefined;
}

const refused = refusal();
const why = refused === undefined ? "" : ` (not run: ${refused})`;

Deno.test({
  name:
    `SystemSampler shows the limit of the control group that it runs in: 512 MiB, set by the kernel${why}`,
  ignore: refused !== undefined,
  async fn() {
    const group = limitedGroup();
    assert("folder" in group);
    const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    const { stdout, code } = await new Deno.Command("sh", {
      args: ["-c", script, group.folder, Deno.execPath(), "run", "-A", "--no-check", CHILD],
      stderr: "null",
    }).output();
    try {
      assert.equal(code, 0);
      const said: Readonly<Record<string, number>> = JSON.parse(new TextDecoder().decode(stdout));
      assert.equal(said.lab_cgroup_memory_limit_bytes, LIMIT_BYTES);
      // What the child has in memory, and the machine's own memory beside it.
      assert(said.lab_cgroup_memory_used_bytes! > 5e6 && said.lab_cgroup_memory_used_bytes! < LIMIT_BYTES);
      assert.equal(said.lab_memory_total_bytes, Deno.systemMemoryInfo().total);
    } finally {
      Deno.removeSync(group.folder);
    }
  },
});
