import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { diagnose } from "../../src/analyzer/diagnose.ts";
import type { Finding } from "../../src/analyzer/findings.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import type { MetricType } from "../../src/parser/types.ts";
import { MemorySource } from "../../src/series/memory_source.ts";

/** Ticks of made-up series, one a second. */
function sourceOf(
  series: readonly {
    name: string;
    type: MetricType;
    labels?: Record<string, string>;
    at: (second: number) => number;
  }[],
  seconds: number,
): MemorySource {
  const source = new MemorySource();
  for (let second = 0; second <= seconds; second++) {
    source.append("vllm", 1000 + second, {
      ids: series.map((_, id) => id),
      values: series.map((one) => one.at(second)),
      defined: second > 0
        ? []
        : series.map(({ name, type, labels = {} }, id) => ({ id, name, type, labels })),
      vanishedIds: [],
      events: [],
      facts: { target: "vllm", kind: "vllm", simulated: true, intervalSeconds: 1 },
    });
  }
  return source;
}

const labels = { engine: "0", model_name: "m" };
const running = (at: (second: number) => number) =>
  ({ name: "vllm:num_requests_running", type: "gauge", labels, at }) as const;
const steps = (at: (second: number) => number) =>
  ({ name: "vllm:iteration_tokens_total_count", type: "histogram", labels, at }) as const;

function codes(findings: readonly Finding[]): string[] {
  return findings.map((finding) => finding.code);
}

Deno.test("diagnose() finds in the recorded CPU run what a person reads there", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const { findings, stepModels } = await diagnose(source);
  const start = (await source.span())!.startSeconds;
  const limit = findings.find((finding) => finding.code === "sequence_limit")!;
  assert.equal(limit.params.limit, 8, "learnt from where running stops: --max-num-seqs 8");
  assert.equal(limit.confidence, "medium", "a learnt limit is no fact");
  assert.deepEqual(limit.advice[0], { code: "raise_sequence_limit", flag: "--max-num-seqs", value: 16 });
  // A person sees the queue at 15-45 s and at 55-72 s.
  assert.ok(limit.span.startSeconds - start < 30 && limit.span.endSeconds - start > 65);
  assert.ok(findings.some((finding) => finding.code === "requests_failing"), "eight requests were refused");
  assert.equal(
    codes(findings).includes("preemption_thrash"),
    false,
    "2 preemptions of 198 requests are normal",
  );
  assert.equal(codes(findings).includes("kv_bound"), false);
  assert.ok(stepModels[0]!.model.perStepSeconds > 0.008 && stepModels[0]!.model.perStepSeconds < 0.02);
  for (const finding of findings) {
    assert.ok(finding.evidence.length > 0 && finding.falsifiedBy.length > 0, `${finding.code} has its proof`);
    for (const one of finding.evidence) {
      assert.ok(Number.isFinite(one.value) && one.formula !== "", one.quantity);
    }
  }
});

Deno.test("diagnose() evidence can be computed again from the source", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const limit = (await diagnose(source)).findings.find((finding) => finding.code === "sequence_limit")!;
  const waiting = limit.evidence.find((one) => one.quantity === "waiting_median")!;
  const [series] = await source.select({ quantity: "waiting" }, waiting.window);
  const inside = Array.from(series!.values).filter((_, i) =>
    series!.timesSeconds[i]! > waiting.window.startSeconds
  );
  inside.sort((a, b) => a - b);
  const middle = inside.length >> 1;
  const expected = inside.length % 2 === 1 ? inside[middle] : (inside[middle - 1]! + inside[middle]!) / 2;
  assert.equal(waiting.value, expected);
});

Deno.test("diagnose() sees a restart with its outage as one finding", async () => {
  const { findings } = await diagnose(await openShippedData("vllm-0.32.0-restart"));
  const restart = findings.find((finding) => finding.code === "server_restarted")!;
  assert.ok(Math.abs(restart.span.endSeconds - restart.span.startSeconds - 107) < 1);
  assert.deepEqual(restart.consequences, ["scrapes_failing"]);
  assert.equal(codes(findings).includes("scrapes_failing"), false);
  assert.equal(codes(findings).includes("healthy"), false);
  // Why nobody answered, and what to look at first.
  assert.equal(restart.missing?.code, "connection_refused");
  assert.deepEqual(restart.advice.map(({ code }) => code), [
    "read_log_before_restart",
    "split_window_at_restart",
  ]);
});

Deno.test("diagnose() says that it cannot tell when there is nothing to tell from", async () => {
  const empty = await diagnose(new MemorySource());
  assert.deepEqual(codes(empty.findings), ["cannot_tell"]);
  assert.deepEqual(empty.findings[0]!.missing, { code: "no_data" });
  const other = sourceOf([{ name: "go_goroutines", type: "gauge", at: () => 7 }], 60);
  const { findings } = await diagnose(other);
  assert.deepEqual(findings[0]!.missing, { code: "quantity_not_exposed", params: { quantity: "running" } });
});

Deno.test("diagnose() gives no verdict of health for one point, all NaN, or half of the metrics", async () => {
  const one = await diagnose(sourceOf([running(() => 3), steps(() => 5)], 0));
  assert.deepEqual(codes(one.findings), ["cannot_tell"]);
  const nothing = await diagnose(sourceOf([running(() => NaN), steps(() => NaN)], 120));
  assert.deepEqual(codes(nothing.findings), ["cannot_tell"]);
  const gaugeOnly = await diagnose(sourceOf([running(() => 3)], 120));
  assert.deepEqual(codes(gaugeOnly.findings), ["cannot_tell"]);
});

Deno.test("diagnose() tells an idle server from a hung one", async () => {
  const idle = await diagnose(sourceOf([running(() => 0), steps(() => 40)], 120));
  assert.deepEqual(codes(idle.findings), ["idle"]);
  const hung = await diagnose(
    sourceOf([running(() => 3), steps((second) => 40 * Math.min(second, 60))], 120),
  );
  assert.equal(hung.findings[0]!.code, "engine_hung");
  assert.equal(hung.findings[0]!.confidence, "high");
  assert.ok(Number(hung.findings[0]!.params.seenSeconds) <= 1000 + 60 + 35, "within about a window");
});

Deno.test("diagnose() keeps two engines apart and names the one that hangs", async () => {
  const engine = (name: string, at: (second: number) => number) => {
    const own = { engine: name, model_name: "m" };
    return [{ ...running(() => 3), labels: own }, { ...steps(at), labels: own }];
  };
  const busy = (second: number) => 40 * second;
  const stuck = (second: number) => 40 * Math.min(second, 60);
  const { findings } = await diagnose(sourceOf([...engine("0", busy), ...engine("1", stuck)], 150));
  const hung = findings.filter((finding) => finding.code === "engine_hung");
  assert.deepEqual(hung.map((finding) => finding.engine), ["1"]);
});

Deno.test("AdvancedMetricsAnalyzer reads anomalies by quantity and by name, counters as rates", async () => {
  const analyzer = new AdvancedMetricsAnalyzer(await openShippedData("vllm-0.32.0-cpu"));
  const [waiting] = await analyzer.detectAnomalies("waiting");
  // Requests wait for half of the run: that is a change of level and no anomaly.
  assert.ok("result" in waiting! && waiting.result.episodes.length === 0);
  // 64 and 67 ms alone among 42 means of which a third is 28 to 39 ms: far, but not beyond such a tail.
  const [itl] = await analyzer.detectAnomalies("itl");
  assert.ok("result" in itl! && itl.result.episodes.length === 0);
  const [closer] = await analyzer.detectAnomalies("itl", { thresholdStd: 2 });
  assert.ok("result" in closer! && closer.result.episodes.length > 0);
  const [tokens] = await analyzer.detectAnomalies("vllm:generation_tokens_total", { thresholdStd: 2 });
  assert.ok(tokens!.perSecond && "result" in tokens! && tokens.result.threshold === 2);
  const [sleep] = await analyzer.detectAnomalies("vllm:engine_sleep_state");
  assert.ok("absent" in sleep! && sleep.absent.code === "constant_series");
  await assert.rejects(
    analyzer.detectAnomalies("no_such_metric"),
    /no quantity and no metric of this source/,
  );
});

Deno.test("AdvancedMetricsAnalyzer correlates what the source has and leaves out what it lacks", async () => {
  const analyzer = new AdvancedMetricsAnalyzer(await openShippedData("vllm-0.32.0-cpu"));
  const matrix = await analyzer.analyzeCorrelation();
  const names = matrix.signals.map((signal) => signal.name);
  assert.ok(names.includes("running") && names.includes("ttft"));
  const pair = matrix.pairs.find((one) =>
    names[one.first] === "running" && names[one.second] === "kv_cache_usage"
  )!;
  assert.ok("result" in pair && pair.result.spearman.value > 0.9);
  assert.ok(pair.result.effectiveCount < pair.result.count / 2, "neighbouring cells resemble each other");
  const report = await analyzer.generatePerformanceReport();
  const ttft = report.latencies.find((latency) => latency.quantity === "ttft")!;
  assert.equal(ttft.count, 198);
  assert.ok(Math.abs(ttft.mean - 2.8332) < 1e-4, "sum by count of the recorded counters");
  assert.deepEqual(report.client?.outcomes, { ok: 173, aborted: 30, error: 8 });
});
