/** Our verdicts beside those that inference-doctor gave on the same runs; origin in test/fixtures/benchmarks/README.md. */
import assert from "node:assert/strict";
import { compareRuns } from "../../src/analyzer/compare.ts";
import { readBenchmark } from "../../src/formats/benchmark_file.ts";

interface Case {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly verdict: string;
}

/** What of a file of vllm bench serve the other tool read. */
function run(tokensPerSecond: number) {
  const [one] = readBenchmark(JSON.stringify({
    model_id: "m",
    completed: 100,
    failed: 0,
    duration: 1e4 / tokensPerSecond,
    request_throughput: tokensPerSecond / 100,
    output_throughput: tokensPerSecond,
    mean_ttft_ms: 50,
  }));
  return one!;
}

Deno.test("compareRuns() gives inference-doctor's verdict on each of its 60 pairs", async () => {
  const file = new URL("../fixtures/benchmarks/inference-doctor-0.4.1.jsonl", import.meta.url);
  const cases = (await Deno.readTextFile(file)).trim().split("\n").map((line): Case => JSON.parse(line));
  const counts: Record<string, number> = {};
  for (const { before, after, verdict } of cases) {
    // What may be lost of a rate is counted as 1 / (1 + t) here, and the load is not asked for: a faster server is sent more.
    const comparison = await compareRuns(before.map(run), after.map(run), {
      figures: ["output_tokens_per_second"],
      threshold: 1 / 0.9 - 1,
      confidence: 0.9,
      // As it does: the whole interval is beyond.
      beyond: "surely",
      loadTolerance: 1,
    });
    assert.equal(comparison.verdict.toUpperCase(), verdict, `${before} | ${after}`);
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  assert.deepEqual(counts, { PASS: 35, INCONCLUSIVE: 12, FAIL: 13 });
});
