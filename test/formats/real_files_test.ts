/** Files that other tools wrote, against the figures that they printed; origin in test/fixtures/benchmarks/README.md. */
import assert from "node:assert/strict";
import { compareRuns } from "../../src/analyzer/compare.ts";
import { figuresOfFile } from "../../src/analyzer/file_figures.ts";
import type { ComparedFigure } from "../../src/analyzer/run_figures.ts";
import { readBenchmark } from "../../src/formats/benchmark_file.ts";
import type { BenchmarkRun } from "../../src/formats/benchmark_run.ts";

async function runOf(name: string): Promise<BenchmarkRun> {
  const file = await Deno.open(new URL(`../fixtures/benchmarks/${name}`, import.meta.url));
  const stream = name.endsWith(".gz")
    ? file.readable.pipeThrough(new DecompressionStream("gzip"))
    : file.readable;
  const [run, ...more] = readBenchmark(await new Response(stream).text());
  assert.ok(run !== undefined && more.length === 0, name);
  return run;
}

/** As printed: durations in milliseconds with so many digits as the tool shows. */
type Printed = Partial<Record<ComparedFigure, string>>;

function asPrinted(run: BenchmarkRun, printed: Printed): Printed {
  const { figures } = figuresOfFile(run);
  return Object.fromEntries(
    Object.entries(printed).map(([name, text]) => {
      const value = figures[name as ComparedFigure]?.value;
      const factor = /_(mean|p\d+)$/.test(name) ? 1000 : 1;
      const digits = text.split(".")[1]?.length ?? 0;
      return [name, value === undefined ? "absent" : (value * factor).toFixed(digits)];
    }),
  );
}

const PRINTED: Readonly<Record<string, Printed>> = {
  "aiperf-0.13.0.json": {
    ttft_mean: "66.18",
    ttft_p50: "70.24",
    ttft_p99: "73.07",
    // Its ITL is a mean per request; every request has five gaps here, so the mean is that of all gaps.
    itl_mean: "38.32",
    e2e_mean: "257.78",
    e2e_p99: "269.08",
    requests_per_second: "14.50",
    output_tokens_per_second: "86.98",
    failed_share: "0",
  },
  "aiperf-0.13.0.jsonl": {
    ttft_mean: "66.18",
    ttft_p50: "70.24",
    ttft_p99: "73.07",
    itl_mean: "38.32",
    e2e_mean: "257.78",
    e2e_p99: "269.08",
    failed_share: "0",
  },
  "guidellm-0.8.1.json.gz": {
    ttft_mean: "67.1",
    // It printed 68.7: its median of twelve values is one of them, here it lies between the two in the middle.
    ttft_p50: "67.4",
    itl_mean: "35.9",
    itl_p99: "absent",
    requests_per_second: "15.5",
    output_tokens_per_second: "92.7",
    failed_share: "0",
  },
  "vllm-bench-0.32.0.json": {
    ttft_mean: "76.12",
    ttft_p50: "80.17",
    ttft_p99: "84.98",
    itl_mean: "35.46",
    itl_p99: "42.99",
    e2e_mean: "253.42",
    e2e_p99: "260.27",
    requests_per_second: "15.45",
    output_tokens_per_second: "92.71",
    failed_share: "0",
  },
};

for (const [name, printed] of Object.entries(PRINTED)) {
  Deno.test(`readBenchmark() of ${name} gives the figures that the tool printed`, async () => {
    assert.deepEqual(asPrinted(await runOf(name), printed), printed);
  });
}

Deno.test("readBenchmark() of real files counts requests and tokens as their tools do", async () => {
  const counts = (run: BenchmarkRun) => [run.completed, run.failed, run.promptTokens, run.outputTokens];
  assert.deepEqual(counts(await runOf("aiperf-0.13.0.json")), [12, 0, 150, 72]);
  assert.deepEqual(counts(await runOf("guidellm-0.8.1.json.gz")), [12, 0, 155, 72]);
  const lines = await runOf("aiperf-0.13.0.jsonl");
  assert.deepEqual([lines.completed, lines.records.length, lines.concurrency], [12, 12, undefined]);
  assert.ok(lines.records.every(({ chunkTimesSeconds }) => chunkTimesSeconds.length === 6));
});

Deno.test("compareRuns() knows the model of a file only where the file names it", async () => {
  const model = async (name: string) => {
    const { checks } = await compareRuns(await runOf(name), await runOf("aiperf-0.13.0.json"));
    return checks.find(({ condition }) => condition === "model");
  };
  const named = { condition: "model", before: "meta-llama/Llama-3.1-8B-Instruct", same: "yes" };
  assert.deepEqual(await model("guidellm-0.8.1.json.gz"), { ...named, after: named.before });
  const { before, same } = (await model("aiperf-0.13.0.jsonl"))!;
  assert.deepEqual([before, same], [undefined, "unknown"]);
});

Deno.test("compareRuns() of a dozen requests without a failure does not call failures the same for sure", async () => {
  const run = await runOf("guidellm-0.8.1.json.gz");
  const { figures } = await compareRuns(run, run);
  const failed = figures.find(({ figure }) => figure === "failed_share")!;
  assert.equal(failed.verdict, "inconclusive");
  // Agresti and Caffo: p = 1/14, n = 14 on each side; z of .05 / 9 two-sided is 2.773 (NormalDist of Python 3.11).
  assert.ok(Math.abs(failed.change.upper - 2.773 * Math.sqrt(2 * (1 / 14) * (13 / 14) / 14)) < 1e-3);
});
