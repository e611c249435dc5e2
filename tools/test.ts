/**
 * Everything that must hold: the gate, then the tests. The last line is `N passed, N failed`.
 *
 *     deno task test                     the gate and all tests
 *     deno task test test/series         only these tests (options of deno test, such as --filter=NAME)
 *     deno task check                    only the gate
 *
 * @module
 */
import { complain, WRONG_USE } from "./arguments.ts";
import { PROJECT, WITHOUT_COLOURS } from "./gate/process.ts";
import { readJunit, type TestCounts } from "./gate/junit.ts";
import { runSteps } from "./gate/step.ts";
import { STEPS } from "./gate/steps.ts";
import { dotRows } from "./gate/test_output.ts";
import { stopSignals } from "./stop_signals.ts";

const encoder = new TextEncoder();

/** Exit code of a run that was stopped by Ctrl-C, as shells have it. */
const STOPPED = 130;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    print(
      "deno task test [PATH or option of deno test]…   the gate and the tests; with arguments only those tests",
    );
    print("deno task check                                 only the gate");
    return 0;
  }
  const more = args.includes("--gate") ? args.filter((one) => one !== "--gate") : [];
  if (more.length > 0) {
    complain(`the gate takes no ${more[0]}; deno task check --help explains it`);
    return WRONG_USE;
  }
  const unknown = args.find((one) => one.startsWith("-") && one !== "--gate" && !isTestOption(one));
  if (unknown !== undefined) {
    complain(`unknown option '${unknown}'; deno task test --help explains it`);
    return WRONG_USE;
  }
  using stop = stopSignals();
  const counts = await runAll(args, stop.signal).catch((error): TestCounts => {
    print(error instanceof Error ? error.stack ?? error.message : String(error));
    return { ...NOTHING, failed: 1 };
  });
  const stopped = stop.signal.aborted;
  // What was not run has not been shown to hold.
  const failed = counts.failed + (stopped && counts.failed === 0 ? 1 : 0);
  if (stopped) print("stopped before the end");
  if (counts.skipped > 0) print(`${counts.skipped} skipped`);
  print(`${counts.passed} passed, ${failed} failed`);
  if (stopped) return STOPPED;
  return failed > 0 ? 1 : 0;
}

/** What narrows or repeats a run; permissions and the report are this tool's. */
const TEST_OPTIONS = [
  ...["filter", "ignore", "shuffle", "shard", "seed", "repeats", "retry", "changed", "related", "watch"],
  ...["fail-fast", "parallel", "trace-leaks", "no-check", "check", "coverage", "hide-stacktraces", "inspect"],
  ...["inspect-brk", "inspect-wait", "permit-no-files", "doc"],
];

function isTestOption(argument: string): boolean {
  return TEST_OPTIONS.some((name) => argument === `--${name}` || argument.startsWith(`--${name}=`));
}

const NOTHING: TestCounts = { passed: 0, failed: 0, skipped: 0 };

async function runAll(args: readonly string[], signal: AbortSignal): Promise<TestCounts> {
  const onlyGate = args.includes("--gate");
  const gate = onlyGate || args.length === 0 ? await runGate(signal) : NOTHING;
  const tests = onlyGate || signal.aborted ? NOTHING : await runTests(args, signal);
  return {
    passed: gate.passed + tests.passed,
    failed: gate.failed + tests.failed,
    skipped: gate.skipped + tests.skipped,
  };
}

async function runGate(signal: AbortSignal): Promise<TestCounts> {
  let failed = 0;
  let passed = 0;
  for await (const { name, durationSeconds, problem } of runSteps(STEPS, { signal, atOnce: 2 })) {
    print(`${problem === "" ? "ok    " : "FAILED"} ${name} (${durationSeconds.toFixed(1)} s)`);
    if (problem !== "") print(problem.trimEnd());
    if (problem === "") passed++;
    else failed++;
  }
  return { passed, failed, skipped: 0 };
}

/** Runs `deno test` in view of the reader; counts come from its report file. */
async function runTests(args: readonly string[], signal: AbortSignal): Promise<TestCounts> {
  const directory = await Deno.makeTempDir({ prefix: "test_report_" });
  try {
    const report = `${directory}/junit.xml`;
    const code = await runDenoTest([`--junit-path=${report}`, ...args], signal);
    return withRunner(await countsOf(report), code);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** On a terminal with its colours; in a pipe or file without any escape code. Returns the exit code. */
async function runDenoTest(args: readonly string[], signal: AbortSignal): Promise<number> {
  const terminal = Deno.stdout.isTerminal();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--reporter=dot", ...args],
    cwd: PROJECT,
    stdin: "null",
    ...(terminal ? {} : { ...WITHOUT_COLOURS, stdout: "piped" as const }),
  }).spawn();
  // Ctrl-C reaches the child by itself, a signal from another process does not; it tells which tests were running.
  const onAbort = () => child.kill("SIGINT");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (!terminal) {
      await child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(dotRows()).pipeTo(writer());
    }
    return (await child.status).code;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function writer(): WritableStream<string> {
  return new WritableStream({ write: (text) => writeAll(encoder.encode(text)) });
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
  writeAll(encoder.encode(`${line}\n`));
}

/** A pipe may take a part only. */
function writeAll(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
