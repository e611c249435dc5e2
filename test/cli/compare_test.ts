/** What `deno task compare` takes: files, folders of a run, folders of runs, options. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { BENCHMARK_FILES, type WritableFormat, writeBenchmark } from "../../src/formats/benchmark_file.ts";
import { lab } from "../simulator/workload/lab.ts";
import { compare } from "./run_compare.ts";

/** A folder of a load with files of some kinds. */
async function loadFolder(path: string, kinds: readonly WritableFormat[], slower = 1): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  const { workload } = lab((i) => ({
    kind: "stream",
    ttftSeconds: slower * 0.05 * (1 + i % 4),
    itlSeconds: slower * 0.02,
    tokens: 5,
  }));
  const result = await workload.simulateSteadyLoad({ durationSeconds: 20, ratePerSecond: 10 });
  for (const kind of kinds) {
    await Deno.writeTextFile(join(path, BENCHMARK_FILES[kind]), writeBenchmark(result, kind));
  }
}

Deno.test("compare takes folders of a run, of several runs, and runs as a shell gives them", async () => {
  const root = await Deno.makeTempDir();
  const [before, after] = [join(root, "before"), join(root, "after")];
  try {
    for (const i of [1, 2, 3, 4, 5]) {
      await loadFolder(join(before, `run${i}`), ["lab", "csv"]);
      await loadFolder(join(after, `run${i}`), ["guidellm"], 1.2 + i / 100);
    }
    const folders = await compare(before, after);
    assert.equal(folders.code, 1, folders.stderr);
    assert.match(folders.stdout, /Runs: 5 before, 5 after\./);
    assert.match(
      folders.stdout,
      /Read from the lab's load\.json before, from GuideLLM's benchmarks\.json after/,
    );
    assert.match(folders.stderr, /Reading .+before.run1.load\.json\n/);
    const listed = [1, 2].map((i) => join(before, `run${i}`));
    const options = await compare("--before", ...listed, "--after", ...listed);
    assert.equal(options.code, 0, options.stderr);
    assert.match(options.stdout, /PASS: nothing is worse[^]+Runs: 2 before, 2 after\./);
    const same = await compare(join(before, "run1"), join(before, "run1", "requests.csv"));
    assert.match(same.stdout, /TTFT, p99 +200 ms +200 ms +0% /);
    assert.match(same.stdout, /ITL, p99: not in the lab's requests\.csv/);
    await Deno.mkdir(join(root, "none"));
    const none = await compare(join(root, "none"), before);
    assert.equal(none.code, 2);
    assert.match(
      none.stderr,
      /^Cannot compare .+none: no run in this folder, wanted one of recording\.sqlite, load\.json/,
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("compare says what it wants where the sides are not clear", async () => {
  for (const args of [["a"], ["a", "b", "c"], ["--before", "a"], ["c", "--before", "a", "--after", "b"]]) {
    const { code, stderr } = await compare(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /wanted BEFORE AFTER, or --before RUN … --after RUN …\n$/, args.join(" "));
  }
});
