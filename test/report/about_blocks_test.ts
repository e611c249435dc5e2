import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import type { PerformanceReport } from "../../src/analyzer/performance_report.ts";
import type { StepModel } from "../../src/analyzer/step_model.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { aboutBlocks, absenceLines, methodBlocks, targetBlocks } from "../../src/report/about_blocks.ts";
import type { Block } from "../../src/report/document.ts";
import { EMPTY_REPORT } from "../helpers/empty_report.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import { renderReport } from "../../src/report/render.ts";

const WINDOW = { startSeconds: 1_795_551_884, endSeconds: 1_795_551_914 };

const REPORT: PerformanceReport = {
  ...EMPTY_REPORT,
  span: WINDOW,
  diagnosis: { ...EMPTY_REPORT.diagnosis, span: WINDOW, windows: 1 },
};

function textsOf(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block) => block.kind === "paragraph" ? [block.text] : []);
}

Deno.test("absenceLines() puts what is missing for one cause on one line and names it once", () => {
  const lines = absenceLines([
    { what: "GPU power", quantity: "gpu_power", cause: { code: "gpu_none" } },
    { what: "GPU temperature", quantity: "gpu_temperature", cause: { code: "gpu_none" } },
    {
      what: "Preemptions",
      quantity: "preemptions",
      cause: { code: "quantity_not_exposed", params: { quantity: "preemptions" } },
    },
    { what: "Price", cause: { code: "quantity_not_exposed", params: { quantity: "generation_tokens" } } },
  ], "en");
  assert.deepEqual(lines, [
    "GPU power; GPU temperature: no GPU in this machine",
    "Preemptions: this server has no such metric",
    "Price: this server has no metric for generated tokens",
  ]);
});

Deno.test("aboutBlocks() says which servers, which GPUs and how many requests the report is about", () => {
  const server = (target: string) => ({
    target,
    kind: "vllm" as const,
    simulated: false,
    version: "0.32.0",
    models: ["m"],
  });
  const gpu = {
    target: "gpu",
    kind: "gpu" as const,
    simulated: false,
    details: { gpus: 2, gpu0: "NVIDIA H100", gpu1: "NVIDIA H100" },
  };
  const latencies = [{ quantity: "e2e" as const, count: 178, mean: 5, quantiles: [] }];
  const client = { requests: 1, outcomes: { ok: 1 } };
  const facts = [server("a"), server("b"), gpu];
  assert.deepEqual(textsOf(aboutBlocks({ ...REPORT, facts, latencies, client }, "en")).slice(1), [
    "2 × vllm 0.32.0 m · 2 × NVIDIA H100 · 1 request sent from here · 178 finished on the server",
  ]);
  const absent = [{ quantity: "gpu_utilization" as const, cause: { code: "gpu_none" as const } }];
  assert.deepEqual(textsOf(aboutBlocks({ ...REPORT, facts: [server("a")], absent }, "zh-TW")).slice(1), [
    "vllm 0.32.0 m · 這台機器沒有 GPU",
  ]);
});

Deno.test("methodBlocks() says which server each step model is of where there are several", () => {
  const model: StepModel = {
    perStepSeconds: 0.01,
    perDecodeSeconds: 0,
    perPromptSeconds: 0,
    residual: 0.1,
    count: 3,
    smallestDecodePerStep: 1,
    largestDecodePerStep: 8,
    largestPromptPerStep: 0,
  };
  const stepModels = ["a", "b"].map((target) => ({ target, model }));
  const facts = ["a", "b"].map((target) => ({ target, kind: "vllm" as const, simulated: false }));
  const items = (report: PerformanceReport) =>
    methodBlocks(report, "en").flatMap((block) => block.kind === "list" ? block.items : [])
      .filter((item) => item.startsWith("Step model"));
  const told = { ...REPORT, facts, diagnosis: { ...REPORT.diagnosis, stepModels } };
  assert.deepEqual(items(told).map((item) => item.slice(0, 21)), [
    "Step model (a) learnt",
    "Step model (b) learnt",
  ]);
  assert.match(items({ ...told, facts: facts.slice(0, 1) })[0]!, /^Step model learnt/);
});

Deno.test("targetBlocks() tells limits and machine of each target", () => {
  const facts = [{
    target: "vllm",
    kind: "vllm" as const,
    simulated: false,
    maxNumSequences: 64,
    kvCacheTokens: 2304,
    details: { cores: 8 },
  }];
  const [, table] = targetBlocks({ ...REPORT, facts }, "en");
  assert.ok(table?.kind === "table");
  assert.deepEqual(table.rows, [["vllm", "vllm", "sequence limit 64, KV cache tokens 2304, cores 8"]]);
  const two = facts.map((one) => ({ ...one, engines: ["0", "1"] }));
  const [, each] = targetBlocks({ ...REPORT, facts: two }, "en");
  assert.ok(each?.kind === "table");
  assert.match(each.rows[0]![2]!, /KV cache tokens 2 × 2304/);
});

Deno.test("renderReport() of an empty source claims nothing about series or scrapes", async () => {
  const report = await new AdvancedMetricsAnalyzer(new MemorySource()).generatePerformanceReport();
  const text = renderReport(report, { format: "text" });
  assert.match(text, /Nothing was collected\./);
  assert.doesNotMatch(text, /No series has|Failed scrapes|windows of/);
});

Deno.test("renderReport() of a real run tells a duration by its observations once, and its verdict's time", async () => {
  const report = await new AdvancedMetricsAnalyzer(await openShippedData("vllm-0.32.0-cpu"))
    .generatePerformanceReport();
  const text = renderReport(report, { format: "text" });
  assert.match(
    text,
    /\nvllm 0\.32\.0 tiny-llama · GPUs are not watched here · 211 requests sent from here · 178 finished on the server\n/,
  );
  assert.match(text, /Verdict\n-+\n.+\n\ncritical · \w+ confidence · from \d\d:\d\d:\d\dZ to /);
  const averages = text.slice(text.indexOf("\nAverages\n"), text.indexOf("\nAnomalies\n"));
  assert.doesNotMatch(averages, /Time to first token|Inter-token/);
  // The first bucket of prefill times ends at 300 ms: 158 ms would be a guess, beside an exact mean of 90 ms. The sum says
  // more: 90 requests as long as the median cannot have taken longer than 147 ms each.
  assert.match(text, /Prefill time +178 +89\.8 ms +≤ 147 ms +45\.3 ms–300 ms/);
  // Queue times are observed when a request ends, TTFT at its first token, and both are estimates: told where it shows.
  assert.match(text, /A part reads longer than the whole \(Queue time p90 7\.03 s > TTFT p90 6\.76 s\): /);
});
