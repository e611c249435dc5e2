/**
 * Everything that must hold: the gate, then the tests. The last line is `N passed, N failed`.
 *
 *     deno task test                     the gate and all tests
 *     deno task test test/series         only these tests (any option of deno test, such as --filter)
 *     deno task check                    only the gate
 *
 * @module
 */
import { PROJECT } from "./gate/process.ts";
import { readJunit, type TestCounts } from "./gate/junit.ts";
import { runStep } from "./gate/step.ts";
import { STEPS } from "./gate/steps.ts";

const encoder = new TextEncoder();

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    print(
      "deno task test [PATH or option of deno test]…   the gate and the tests; with arguments only those tests",
    );
    print("deno task check                                 only the gate");
    return 0;
  }
  const onlyGate = args.includes("--gate");
  const gate = onlyGate || args.length === 0 ? await runGate() : NOTHING;
  const tests = onlyGate ? NOTHING : await runTests(args);
  const skipped = gate.skipped + tests.skipped;
  if (skipped > 0) print(`${skipped} skipped`);
  const failed = gate.failed + tests.failed;
  print(`${gate.passed + tests.passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

const NOTHING: TestCounts = { passed: 0, failed: 0, skipped: 0 };

async function runGate(): Promise<TestCounts> {
  let failed = 0;
  for (const step of STEPS) {
    const { name, durationSeconds, problem } = await runStep(step);
    print(`${problem === "" ? "ok    " : "FAILED"} ${name} (${durationSeconds.toFixed(1)} s)`);
    if (problem !== "") print(problem.trimEnd());
    if (problem !== "") failed++;
  }
  return { passed: STEPS.length - failed, failed, skipped: 0 };
}

/** Runs `deno test` in view of the reader; counts come from its report file. */
async function runTests(args: readonly string[]): Promise<TestCounts> {
  const directory = await Deno.makeTempDir({ prefix: "test_report_" });
  try {
    const report = `${directory}/junit.xml`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--reporter=dot", `--junit-path=${report}`, ...args],
      cwd: PROJECT,
      stdin: "null",
    }).spawn();
    const { code } = await child.status;
    return withRunner(await countsOf(report), code);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function countsOf(report: string): Promise<TestCounts | undefined> {
  try {
    return readJunit(await Deno.readTextFile(report));
  } catch (error) {
    print(`Cannot count tests: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/**
 * Adds the runner's own failure: a file that does not load or a crash has no failed case in the report, and must not
 * read as "0 failed". A run without any test is a failure too: nothing was shown to hold.
 */
export function withRunner(counts: TestCounts | undefined, exitCode: number): TestCounts {
  const { passed, failed, skipped } = counts ?? NOTHING;
  const crashed = counts === undefined || (exitCode !== 0 && failed === 0) || passed + failed === 0;
  return { passed, failed: failed + (crashed ? 1 : 0), skipped };
}

function print(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
