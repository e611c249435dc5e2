import assert from "node:assert/strict";
import { BENCHMARK_FILES, readBenchmark, writeBenchmark } from "../../src/formats/benchmark_file.ts";
import { isJsonObject, type JsonObject, objectAt } from "../../src/formats/json.ts";
import { requestsToCsv } from "../../src/formats/requests_csv.ts";
import { toVllmBench } from "../../src/formats/vllm_bench.ts";
import type { WorkloadResult } from "../../src/simulator/workload/results.ts";
import { goodput } from "../../src/simulator/workload/goodput.ts";
import { lab } from "../simulator/workload/lab.ts";
import { record } from "../simulator/workload/records.ts";

/** A load in virtual time in which every eighth request fails. */
async function load(): Promise<WorkloadResult> {
  const { workload } = lab((i) =>
    i % 8 === 7
      ? { kind: "status", status: 500, message: "no" }
      : { kind: "stream", ttftSeconds: 0.0625 * (1 + i % 4), itlSeconds: 0.03125, tokens: 3 + i % 5 }
  );
  const result = await workload.simulateSteadyLoad({
    durationSeconds: 20,
    ratePerSecond: 4,
    arrivals: "poisson",
  });
  const { durationSeconds } = result.summary;
  return { ...result, goodput: goodput(result.records, { ttftSeconds: 0.2 }, { durationSeconds }) };
}

const near = (actual: unknown, expected: number | undefined, what = "") =>
  assert.ok(
    typeof actual === "number" && expected !== undefined &&
      Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
    `${what}: ${actual} is not ${expected}`,
  );

Deno.test("every format says the same of a load when it is read again", async () => {
  const result = await load();
  const { summary } = result;
  for (const format of ["lab", "vllm_bench", "aiperf", "guidellm"] as const) {
    const [run, ...more] = readBenchmark(writeBenchmark(result, format));
    assert.ok(run !== undefined && more.length === 0, format);
    assert.deepEqual([run.format, run.model, run.completed, run.failed], [
      format,
      "mock-model",
      summary.byOutcome.ok,
      summary.byOutcome.error,
    ]);
    near(run.ttft?.mean, summary.ttft?.mean, `${format} ttft`);
    near(run.e2e?.mean, summary.e2e?.mean, `${format} e2e`);
    near(run.ttft?.std, summary.ttft?.std, `${format} std`);
    near(run.promptTokens, summary.promptTokens, `${format} prompt`);
    near(run.outputTokens, summary.outputTokens, `${format} output`);
    near(run.requestsPerSecond, summary.requestsPerSecond, format);
    // GuideLLM's percentiles are values of the sample.
    if (format === "guidellm") continue;
    near(run.ttft?.percentiles[99], summary.ttft?.p99, `${format} p99`);
    near(run.tpot?.mean, summary.tpot?.mean, `${format} tpot`);
    near(run.itl?.mean, summary.itl?.mean, `${format} itl`);
  }
});

Deno.test("the lab's own file gives every request back, to the last bit", async () => {
  const result = await load();
  const [run] = readBenchmark(writeBenchmark(result, "lab"));
  assert.deepEqual(run?.records, result.records);
});

Deno.test("requests survive vLLM's and AIPerf's files", async () => {
  const result = await load();
  const sent = [...result.records].sort((a, b) => a.sentSeconds! - b.sentSeconds!);
  for (const format of ["vllm_bench", "aiperf_jsonl"] as const) {
    const [run] = readBenchmark(writeBenchmark(result, format));
    assert.equal(run!.records.length, sent.length, format);
    run!.records.forEach((one, i) => {
      const was = sent[i]!;
      assert.equal(one.outcome, was.outcome, format);
      assert.equal(one.outputTokens, was.outcome === "ok" ? was.outputTokens : undefined);
      // AIPerf counts in whole nanoseconds, of which a double of Unix time resolves some 250.
      assert.ok(Math.abs(one.sentSeconds! - was.sentSeconds!) < 1e-6);
      if (was.outcome !== "ok") return;
      assert.equal(one.chunkTimesSeconds.length, was.chunkTimesSeconds.length);
      one.chunkTimesSeconds.forEach((time, k) =>
        assert.ok(Math.abs(time - was.chunkTimesSeconds[k]!) < 2e-6, `${format} ${i} ${k}`)
      );
    });
  }
});

Deno.test("toVllmBench() has vLLM's keys in vLLM's order", async () => {
  const keys = Object.keys(toVllmBench(await load(), { detailed: true, metadata: { gpu: "none" } }));
  const statistics = ["ttft", "tpot", "itl", "e2el"].flatMap((name) =>
    ["mean", "median", "std", "p50", "p90", "p95", "p99"].map((figure) => `${figure}_${name}_ms`)
  );
  // The key list of vllm/benchmarks/serve.py, vLLM 0.33, with --metadata gpu=none and --metric-percentiles 50,90,95,99.
  assert.deepEqual(keys, [
    ...[
      "date",
      "endpoint_type",
      "backend",
      "label",
      "model_id",
      "tokenizer_id",
      "num_prompts",
      "gpu",
      "request_rate",
    ],
    ...[
      "burstiness",
      "max_concurrency",
      "duration",
      "completed",
      "failed",
      "total_input_tokens",
      "total_output_tokens",
    ],
    ...["request_throughput", "request_goodput", "output_throughput", "total_token_throughput"],
    ...["max_output_tokens_per_s", "max_concurrent_requests", "rtfx", "queue_times", "latencies"],
    ...statistics,
    ...["input_lens", "output_lens", "start_times", "ttfts", "itls", "generated_texts", "errors"],
    ...["server_queue_times", "server_ttfts"],
    // and ours after them
    ...["client_engine", "client_trust", "client_lag_ms"],
  ]);
});

Deno.test("toVllmBench() counts peaks and statistics by vLLM's formulas", async () => {
  const result = await load();
  const good = (sent: number, chunks: readonly number[]) =>
    record({
      sentSeconds: sent,
      dueSeconds: sent,
      chunkTimesSeconds: Float64Array.from(chunks),
      outputTokens: chunks.length,
    });
  // Chunks in seconds 0, 1 | 1, 1, 2 after the first start; requests in bins 0–1 and 1–2.
  const records = [
    good(10, [10.5, 11.25]),
    good(11, [11.5, 11.75, 12.5]),
    record({ outcome: "timeout", sentSeconds: 12, error: "no first token within 1 s" }),
  ];
  const file = toVllmBench({ ...result, records }, { detailed: true });
  assert.deepEqual([file["max_output_tokens_per_s"], file["max_concurrent_requests"]], [3, 2]);
  assert.deepEqual([file["mean_ttft_ms"], file["median_itl_ms"], file["std_e2el_ms"]], [500, 750, 125]);
  assert.deepEqual(file["ttfts"], [0.5, 0.5, 0]);
  assert.deepEqual(file["itls"], [[0.75], [0.25, 0.75], []]);
  assert.deepEqual(file["errors"], ["", "", "timeout: no first token within 1 s"]);
  assert.deepEqual([file["request_rate"], file["burstiness"]], [4, 1]);
  const none = toVllmBench({ ...result, records: records.slice(2) });
  assert.equal(none["mean_ttft_ms"], null); // unknown, not 0
});

Deno.test("a file of vllm bench with the zeros of a run without a success has no latencies", () => {
  const [run] = readBenchmark(
    '{"completed":0,"failed":5,"request_throughput":0,"mean_ttft_ms":0,"p99_ttft_ms":0,"model_id":"m"}',
  );
  assert.equal(run?.failed, 5);
  assert.equal("ttft" in run!, false);
});

Deno.test("readBenchmark() reads appended runs, GenAI-Perf's layout, and refuses the rest", () => {
  const line = (ttft: number) =>
    `{"completed":2,"request_throughput":1,"mean_ttft_ms":${ttft},"request_rate":"inf"}`;
  const runs = readBenchmark(`${line(10)}\n${line(20)}\n`);
  assert.deepEqual(runs.map((run) => run.ttft?.mean), [0.01, 0.02]);
  assert.equal("ratePerSecond" in runs[0]!, false);
  const [genai] = readBenchmark(
    '{"request_throughput":{"unit":"requests/sec","avg":2},"time_to_first_token":{"unit":"us","avg":5000,"p99":9000},"input_config":{"model_names":["g"]}}',
  );
  assert.deepEqual(
    [genai!.model, genai!.requestsPerSecond, genai!.ttft?.mean, genai!.ttft?.percentiles[99]],
    ["g", 2, 0.005, 0.009],
  );
  for (const text of ["", "no JSON", "{}", "[]", '{"a":1}\n{"b":2}']) {
    assert.throws(() => readBenchmark(text), /^SyntaxError: Cannot read benchmark: of no known tool/, text);
  }
});

Deno.test("GuideLLM's figures weigh tokens as it does", async () => {
  const result = await load();
  const text = writeBenchmark(result, "guidellm");
  const file: unknown = JSON.parse(text);
  assert.ok(isJsonObject(file));
  const benchmark = (file["benchmarks"] as readonly JsonObject[])[0]!;
  const metrics = objectAt(benchmark, "metrics");
  const itl = objectAt(objectAt(metrics, "inter_token_latency_ms"), "successful");
  near(itl["mean"], result.summary.itl!.mean * 1000); // token-weighted means of means are the pooled mean
  assert.equal(itl["count"], result.summary.itl!.count);
  const totals = objectAt(metrics, "request_totals");
  assert.deepEqual([totals["successful"], totals["errored"], totals["incomplete"]], [
    result.summary.byOutcome.ok,
    result.summary.byOutcome.error,
    0,
  ]);
  const requests = objectAt(benchmark, "requests");
  assert.equal((requests["errored"] as readonly unknown[]).length, result.summary.byOutcome.error);
});

Deno.test("requestsToCsv() leaves cells empty where nothing happened and escapes the rest", () => {
  const csv = requestsToCsv([
    record({ id: "a", error: undefined }),
    record({
      id: "=1+1",
      outcome: "error",
      sentSeconds: undefined,
      chunkTimesSeconds: new Float64Array(0),
      endSeconds: undefined,
      error: 'he said "no",\nthen left',
    }),
  ]);
  const [head, first, second] = csv.split("\r\n");
  assert.equal(head!.split(",").length, 27);
  assert.ok(first!.startsWith("a,steady,mock-model,completions,ok,0,0,2,0,,,1,1,1,"));
  assert.ok(second!.startsWith("'=1+1,steady,mock-model,completions,error,0,,,,,,,,,,,0,"));
  assert.ok(csv.includes('"he said ""no"",\nthen left"'));
});

Deno.test("every format has the file name of its own tool", () => {
  assert.deepEqual(Object.values(BENCHMARK_FILES), [
    "load.json",
    "vllm_bench.json",
    "profile_export_aiperf.json",
    "profile_export.jsonl",
    "benchmarks.json",
    "requests.csv",
  ]);
});

Deno.test("readBenchmark() reads what vllm bench serve 0.32.0 wrote", async () => {
  const file = new URL("../fixtures/benchmarks/vllm-bench-0.32.0.json", import.meta.url);
  const [run, ...more] = readBenchmark(await Deno.readTextFile(file));
  assert.ok(run !== undefined && more.length === 0);
  // The server's own counters of that run: 8 ended by length, 119 tokens in, 48 out.
  assert.deepEqual([run.format, run.model, run.completed, run.failed, run.promptTokens, run.outputTokens], [
    "vllm_bench",
    "meta-llama/Llama-3.1-8B-Instruct",
    8,
    0,
    119,
    48,
  ]);
  assert.deepEqual([run.concurrency, run.ratePerSecond, run.goodputPerSecond], [4, undefined, undefined]);
  assert.equal(run.startSeconds, undefined, "the tool's clock has no date");
  near(run.durationSeconds, 0.5177176799988956);
  near(run.ttft?.mean, 0.07611744075006754);
  near(run.ttft?.percentiles[99], 0.08498063261991774);
  near(run.itl?.percentiles[50], 0.03526745349972771);
  near(run.tpot?.std, 0.0009014402037143001);
  near(run.e2e?.percentiles[90], 0.2602349611997476);
  // What the tool computed comes out of its own requests.
  const { records } = run;
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  assert.deepEqual(records.map(({ outcome, chunkTimesSeconds }) => [outcome, chunkTimesSeconds.length]), [
    ...Array.from({ length: 8 }, () => ["ok", 6]),
  ]);
  const gaps = records.flatMap(({ chunkTimesSeconds: times }) =>
    Array.from(times.subarray(1), (time, i) => time - times[i]!)
  );
  assert.ok(Math.abs(mean(gaps) - run.itl!.mean!) < 1e-9);
  const ends = records.map((one) => one.endSeconds! - one.sentSeconds!);
  assert.ok(Math.abs(mean(ends) - run.e2e!.mean!) < 1e-9);
});
