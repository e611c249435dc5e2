import assert from "node:assert/strict";

const MODULE = new URL("../../src/collector/host_facts.ts", import.meta.url).href;
const PROGRAM = `import { readHostFacts } from ${JSON.stringify(MODULE)};
console.log(JSON.stringify(await readHostFacts()));`;

/** The facts as a program with these permissions gets them; it must end by itself, and well. */
async function factsWith(permissions: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const program = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(program, PROGRAM);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", "--config", config, ...permissions, program],
      stderr: "null",
    }).output();
    assert.equal(code, 0, permissions.join(" "));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(program);
  }
}

Deno.test("readHostFacts() tells what the runtime knows where it may not ask, and does not end the program", async () => {
  const known = {
    cpuCores: navigator.hardwareConcurrency,
    platform: Deno.build.os,
    architecture: Deno.build.arch,
  };
  for (const permissions of [[], ["--allow-read"], ["--allow-read", "--allow-env", "--allow-run"]]) {
    assert.deepEqual(await factsWith(permissions), known);
  }
});

Deno.test("readHostFacts() tells more where it may ask", async () => {
  const facts = await factsWith(["-A"]);
  assert.equal(facts.platform, Deno.build.os);
  assert.equal(typeof facts.kernel, "string");
});
