import assert from "node:assert/strict";
import { withRunner } from "../../tools/test.ts";

const RUNNER = new URL("../../tools/test.ts", import.meta.url).href;

/** Runs the runner on one test file. */
async function runFile(code: string): Promise<{ code: number; said: string }> {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/one_test.ts`, code);
    const { code: exitCode, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", RUNNER, "--no-check", `${directory}/one_test.ts`],
      env: { FORCE_COLOR: "1" },
      stderr: "null",
    }).output();
    return { code: exitCode, said: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function lastLine(said: string): string | undefined {
  return said.trimEnd().split("\n").at(-1);
}

Deno.test("the runner ends with its count after passes and failures, without colours in a pipe", async () => {
  const { code, said } = await runFile(
    `Deno.test("a", () => {}); Deno.test("b", () => { throw new Error("broken"); }); Deno.test("c", () => {});`,
  );
  assert.equal(code, 1);
  assert.match(said, /^\.!\.$/m);
  assert.match(said, /broken/);
  assert.ok(!said.includes("\u001b"), "no escape code");
  assert.equal(lastLine(said), "2 passed, 1 failed");
});

Deno.test("the runner ends with its count and fails when a file does not load", async () => {
  const { code, said } = await runFile(`throw new Error("at load");`);
  assert.equal(code, 1);
  assert.equal(lastLine(said), "0 passed, 1 failed");
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`the runner ends with its count and fails after ${signal}`, async () => {
    // The test process's parent is the runner.
    const { code, said } = await runFile(
      `Deno.test("a", () => {});
       Deno.test("hangs", async () => {
         Deno.kill(Deno.ppid, "${signal}");
         await new Promise((resolve) => setTimeout(resolve, 20_000));
       });`,
    );
    assert.equal(code, 130);
    assert.match(said, /hangs/, "it names what was running");
    assert.match(said, /^stopped before the end$/m);
    assert.equal(lastLine(said), "1 passed, 1 failed");
  });
}

Deno.test("withRunner() counts a crash of the runner as a failure", () => {
  const counts = { passed: 3, failed: 0, skipped: 0 };
  assert.equal(withRunner(counts, 0).failed, 0);
  assert.equal(withRunner(counts, 1).failed, 1);
  assert.equal(withRunner(undefined, 0).failed, 1);
  assert.equal(withRunner({ passed: 0, failed: 0, skipped: 2 }, 0).failed, 1);
});

Deno.test("the runner refuses an option that it does not know, with exit code 2 and one sentence", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", RUNNER, "--wrong"],
    env: { NO_COLOR: "1" },
  }).output();
  assert.equal(code, 2);
  assert.equal(new TextDecoder().decode(stdout), "");
  assert.equal(
    new TextDecoder().decode(stderr),
    "unknown option '--wrong'; deno task test --help explains it\n",
  );
});
