import assert from "node:assert/strict";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { latencyWays } from "../../src/report/latency_ways.ts";
import { summariseRun } from "../../src/report/run_summary.ts";
import type { RequestRecord, TargetFacts } from "../../src/series/types.ts";
import { runSummaryLines } from "../../src/report/run_summary_lines.ts";
import { MemorySource } from "../../src/series/memory_source.ts";

/** To four digits. */
const round = (value: number) => Number(value.toPrecision(4));

// Figures of the capture that the data is from: server means 2.833 / 0.02254 / 0.02211 / 5.577 s, p50 of TTFT 2.241 s from
// buckets, 21,703 gaps, 59 + 119 finished; client: 211 requests, 8 refused, 30 cut.
Deno.test("summariseRun() gives the recorded run's figures from both witnesses", async () => {
  const summary = (await summariseRun(await openShippedData("vllm-0.32.0-cpu")))!;
  const { ttft, itl, tpot, e2e } = summary.server;
  assert.deepEqual([ttft!.count, itl!.count, tpot!.count, e2e!.count], [198, 21_703, 178, 178]);
  assert.deepEqual([ttft, itl, tpot, e2e].map((one) => round(one!.meanSeconds)), [
    2.833,
    0.02254,
    0.02211,
    5.577,
  ]);
  assert.deepEqual([round(ttft!.p50), round(ttft!.p99)], [2.241, 9.796]);
  assert.deepEqual(ttft!.p50Bounds, { lower: 1, upper: 2.5 });
  assert.deepEqual(summary.counted, {
    prompt_tokens: 35_782,
    generation_tokens: 21_901,
    request_success: 178,
    preemptions: 2,
  });
  assert.deepEqual([summary.maxima.running, summary.maxima.waiting], [8, 14]);
  const { requests, byOutcome } = summary.client!;
  assert.deepEqual([requests, byOutcome.error, byOutcome.aborted], [211, 8, 30]);
  assert.deepEqual([summary.failedScrapes, summary.resets], [0, 0]);
});

Deno.test("summariseRun() counts both lives of a restarted server, and its failed scrapes", async () => {
  const summary = (await summariseRun(await openShippedData("vllm-0.32.0-restart")))!;
  assert.deepEqual([summary.failedScrapes, summary.resets], [106, 1]);
  assert.ok(summary.counted.generation_tokens! > 0);
  const lines = runSummaryLines(summary, { language: "en" });
  assert.ok(lines.some((line) => line.startsWith("106 scrapes failed")));
  assert.ok(lines.some((line) => line.startsWith("1 counter reset")));
});

Deno.test("runSummaryLines() tells a machine that slept once, however many samplers noticed it", async () => {
  const source = new MemorySource();
  for (const timeSeconds of [1, 2, 62]) {
    source.append("a", timeSeconds, {
      ids: [0],
      values: [1],
      defined: timeSeconds === 1 ? [{ id: 0, name: "g", labels: {}, type: "gauge", help: "" }] : [],
      vanishedIds: [],
      events: [],
    });
  }
  const jump = (timeSeconds: number, target: string, jumpSeconds: number) =>
    source.addEvent({ kind: "clock_jump", timeSeconds, target, jumpSeconds });
  jump(61.9, "a", 59.5);
  jump(62, "gpu", 59.4);
  const lines = async (language: "en" | "zh-TW") => runSummaryLines(await summariseRun(source), { language });
  assert.equal(
    (await lines("en")).at(-1),
    "The clock jumped once, by 59.5 s: this machine slept or was too busy, its process was stopped, or its clock was set; " +
      "meanwhile nothing was read",
  );
  jump(30, "a", -3600);
  assert.match((await lines("en")).at(-1)!, /^The clock jumped 2 times, by up to 1h00m/);
  assert.match((await lines("zh-TW")).at(-1)!, /^時鐘跳動 2 次/);
});

Deno.test("runSummaryLines() names the GPUs that were watched, or says why there is none", async () => {
  const gpu = { target: "gpu", kind: "gpu", simulated: false } as const;
  const summary = (await summariseRun(await openShippedData("vllm-0.32.0-cpu")))!;
  const watched = (facts: TargetFacts, language: "en" | "zh-TW" = "en") =>
    runSummaryLines({ ...summary, facts: [facts] }, { language })[0];
  const none = { gpu: { code: "gpu_library_not_found", params: { library: "libnvidia-ml.so.1" } } } as const;
  assert.equal(watched({ ...gpu, absent: none }), "Watched: no GPU: libnvidia-ml.so.1 not found");
  assert.equal(watched({ ...gpu, absent: none }, "zh-TW"), "監控目標：沒有 GPU：找不到 libnvidia-ml.so.1");
  assert.equal(
    watched({ ...gpu, details: { gpus: 2, gpu0: "NVIDIA H100", gpu1: "NVIDIA H100" } }),
    "Watched: 2 × NVIDIA H100",
  );
  assert.equal(watched(gpu), "Watched: gpu");
});

Deno.test("summariseRun() is undefined and its lines say so when the source is empty", async () => {
  const summary = await summariseRun(new MemorySource());
  assert.equal(summary, undefined);
  assert.deepEqual(runSummaryLines(summary, { language: "en" }), ["Nothing was collected."]);
  assert.deepEqual(runSummaryLines(summary, { language: "zh-TW" }), ["沒有收集到任何資料。"]);
});

Deno.test("runSummaryLines() says each reason of failing once, as the server's message, and no cut as a failure", async () => {
  const lines = runSummaryLines(await summariseRun(await openShippedData("vllm-0.32.0-cpu")), {
    language: "en",
  });
  const failures = lines.filter((line) => line.includes(" × "));
  assert.equal(failures.length, 2);
  assert.match(failures[0]!, /^ {2}5 × refused or failed: The model `no-such-model` does not exist\./);
});

Deno.test("latencyWays() sets the lifetime mean beside the window's figures", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const { text } = await latencyWays(source, { quantity: "ttft", windowSeconds: 30 });
  const rows = text.split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual(rows.slice(1).map((row) => row[1]), [
    "2.83 s",
    "1.6 s",
    "4.56 s",
    "1.72 s",
    "2.68 s",
    "n/a",
  ]);
  // 14 first tokens at the server, from the scrape before the window; 13 of them came within it: 1.716 s on average.
  assert.equal(rows[2]![2], "exact; of 14 values");
  assert.equal(rows[3]![2], "an estimate, surely from 2.5 s to 5 s");
  assert.equal(rows[4]![2], "of 13 values");
});

Deno.test("latencyWays() has no rows when the source is empty", async () => {
  assert.equal((await latencyWays(new MemorySource(), { quantity: "itl" })).text.split("\n").length, 1);
});

Deno.test("summariseRun() adds running requests up over engines, and takes the largest KV usage", async () => {
  const source = new MemorySource();
  const names = ["vllm:num_requests_running", "vllm:kv_cache_usage_perc"];
  const defined = ["0", "1"].flatMap((engine, e) =>
    names.map((name, i) => ({ id: 2 * e + i, name, labels: { engine }, type: "gauge" as const }))
  );
  for (let t = 0; t < 5; t++) {
    const values = [10 + t, 0.2, 14 - t, 0.7];
    source.append("vllm", 1000 + t, {
      ids: [0, 1, 2, 3],
      values,
      defined: t === 0 ? defined : [],
      vanishedIds: [],
      events: [],
    });
  }
  const { maxima } = (await summariseRun(source))!;
  assert.deepEqual([maxima.running, maxima.kv_cache_usage], [24, 0.7]);
});

Deno.test("runSummaryLines() counts what a stopped load did not send, so that its requests add up", async () => {
  const source = new MemorySource();
  const row = (id: string, outcome: "ok" | "unfinished"): RequestRecord => ({
    id,
    target: "workload",
    model: "m",
    endpoint: "completions",
    phase: "p",
    outcome,
    dueSeconds: 10,
    sentSeconds: 10,
    endSeconds: 12,
    chunkTimesSeconds: Float64Array.of(11, 12),
    engine: "raw",
    trust: "good",
  });
  source.append("workload", 9, { ids: [], values: [], defined: [], vanishedIds: [], events: [] });
  source.append("workload", 12, {
    ids: [],
    values: [],
    defined: [],
    vanishedIds: [],
    requests: [row("1", "ok"), row("2", "unfinished")],
    events: [{
      kind: "workload",
      timeSeconds: 12,
      target: "workload",
      phase: "p",
      state: "end",
      plan: { planned: 150, rows: 2, notSent: 148 },
    }],
  });
  const lines = runSummaryLines(await summariseRun(source), { language: "en" });
  assert.match(lines.join("\n"), /^Requests: 150 \(1 ok, 1 unfinished, 148 not sent\), /m);
});

/** Readings of `running` of several servers, each at its own times. */
async function peakOf(servers: Record<string, readonly (readonly [number, number])[]>) {
  const source = new MemorySource();
  const all = Object.entries(servers).flatMap(([target, readings]) =>
    readings.map(([timeSeconds, value], i) => ({ target, timeSeconds, value, first: i === 0 }))
  ).sort((a, b) => a.timeSeconds - b.timeSeconds);
  for (const { target, timeSeconds, value, first } of all) {
    source.append(target, timeSeconds, {
      ids: [0],
      values: [value],
      defined: first
        ? [{ id: 0, name: "vllm:num_requests_running", labels: { engine: "0" }, type: "gauge", help: "" }]
        : [],
      vanishedIds: [],
      events: [],
    });
  }
  return (await summariseRun(source))?.maxima.running;
}

Deno.test("summariseRun() finds the largest number of requests at every reading, not at full seconds", async () => {
  const steady = (value: number, length: number) =>
    Array.from({ length }, (_, i) => [i * 0.25, value] as const);
  const withPeak = steady(3, 40).map(([time, value], i) => [time, i === 18 ? 50 : value] as const);
  assert.equal(await peakOf({ a: withPeak }), 50);
  assert.equal(await peakOf({ a: withPeak, b: steady(2, 40) }), 52);
});

Deno.test("summariseRun() adds up servers that are read in turns, half a minute apart", async () => {
  const turns = (offset: number, value: number) =>
    Array.from({ length: 6 }, (_, i) => [offset + 30 * i, value] as const);
  assert.equal(await peakOf({ a: turns(0, 4), b: turns(10, 5), c: turns(20, 6) }), 15);
  // One that is gone does not count on.
  const gone = [[0, 100], [30, 100], [60, 100]] as const;
  const late = Array.from({ length: 6 }, (_, i) => [200 + 30 * i, 7] as const);
  assert.equal(await peakOf({ a: gone, b: late }), 100);
});
