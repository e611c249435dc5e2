import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { parseExposition } from "../../src/parser/parse.ts";
import { newestFamilies, serveExporter } from "../../src/remote/exporter.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SampleBatch } from "../../src/series/types.ts";

const NONE: SampleBatch = { ids: [], values: [], defined: [], vanishedIds: [], events: [] };

/** A GPU that vanishes after its first tick, a histogram of a client, a server's own gauge. */
function source(): MemorySource {
  const memory = new MemorySource();
  memory.append("gpu", 100, {
    ...NONE,
    ids: [1, 2],
    values: [300, 310],
    defined: [
      { id: 1, name: "lab_gpu_power_watts", labels: { gpu: "0" }, type: "gauge", help: "Power" },
      { id: 2, name: "lab_gpu_power_watts", labels: { gpu: "1" }, type: "gauge", help: "Power" },
    ],
  });
  memory.append("gpu", 101, { ...NONE, ids: [1], values: [301], vanishedIds: [2] });
  const parts = [["bucket", "+Inf", 3], ["bucket", "0.5", 1], ["bucket", "10", 2], ["sum", "", 20], [
    "count",
    "",
    3,
  ]] as const;
  memory.append("workload", 101, {
    ...NONE,
    ids: parts.map((_, index) => index),
    values: parts.map(([, , value]) => value),
    defined: parts.map(([part, le], id) => ({
      id,
      name: `lab_client_ttft_seconds_${part}`,
      labels: le === "" ? { model: 'a"b\n' } : { model: 'a"b\n', le },
      type: "histogram" as const,
    })),
  });
  memory.append("vllm", 101, {
    ...NONE,
    ids: [0],
    values: [4],
    defined: [{ id: 0, name: "vllm:num_requests_running", labels: {}, type: "gauge" }],
  });
  memory.addFacts({ target: "vllm", simulated: true, kind: "vllm" });
  return memory;
}

Deno.test("newestFamilies() shows the newest value with its target, and leaves out what is absent, old or a server's own", async () => {
  const families = await newestFamilies(source(), 102);
  assert.deepEqual(families.map(({ name }) => name), [
    "lab_gpu_power_watts",
    "lab_client_ttft_seconds",
    "lab_target_info",
  ]);
  assert.deepEqual(families[0]!.samples, [
    { name: "lab_gpu_power_watts", labels: { gpu: "0", target: "gpu" }, value: 301 },
  ]);
  assert.deepEqual(
    families[1]!.samples.map(({ name, labels, value }) => [name, labels.le, value]),
    [
      ["lab_client_ttft_seconds_bucket", "0.5", 1],
      ["lab_client_ttft_seconds_bucket", "10", 2],
      ["lab_client_ttft_seconds_bucket", "+Inf", 3],
      ["lab_client_ttft_seconds_sum", undefined, 20],
      ["lab_client_ttft_seconds_count", undefined, 3],
    ],
  );
  assert.equal(families[2]!.samples[0]!.labels.simulated, "true");
  const late = await newestFamilies(source(), 200);
  assert.deepEqual(late.map(({ name }) => name), ["lab_target_info"]);
  const all = await newestFamilies(source(), 102, { wanted: () => true });
  assert.ok(all.some(({ name }) => name === "vllm:num_requests_running"));
  assert.deepEqual(await newestFamilies(new MemorySource(), 102), []);
});

Deno.test("serveExporter() serves both formats strictly readable, and nothing else", async () => {
  const clock = new VirtualClock(102);
  await using exporter = serveExporter(source(), { clock });
  for (
    const [accept, type] of [["*/*", "text/plain"], ["application/openmetrics-text", "openmetrics"]] as const
  ) {
    const response = await fetch(exporter.url, { headers: { accept } });
    assert.match(response.headers.get("content-type") ?? "", new RegExp(type));
    const format = type === "openmetrics" ? "openmetrics" : "prometheus";
    const families = parseExposition(await response.text(), { format, strict: true });
    const ttft = families.find(({ name }) => name === "lab_client_ttft_seconds");
    assert.equal(ttft?.samples.length, 5);
    assert.equal(ttft?.samples[0]?.labels.model, 'a"b\n');
  }
  const statuses = [];
  for (const [path, method] of [["/", "GET"], ["/metrics", "POST"], ["/metrics", "HEAD"]] as const) {
    const response = await fetch(new URL(path, exporter.url), { method });
    await response.body?.cancel();
    statuses.push(response.status);
  }
  assert.deepEqual(statuses, [404, 405, 200]);
});
