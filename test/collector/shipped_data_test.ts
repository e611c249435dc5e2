import assert from "node:assert/strict";
import { openShippedData, shippedDataNames } from "../../src/collector/shipped_data.ts";
import type { LabEvent, MetricSource, RequestRecord } from "../../src/series/types.ts";

// Truth: the client's own records of the same run, counted by a script of its own (Python) from the capture's files,
// and the manifest of the capture.

async function all(source: MetricSource) {
  const span = (await source.span())!;
  const wide = { startSeconds: span.startSeconds - 3600, endSeconds: span.endSeconds + 3600 };
  return { span, events: await source.events(wide), requests: await source.requests(wide) };
}

async function lastOf(source: MetricSource, name: string, labels: Record<string, string> = {}) {
  const matchers = Object.entries(labels).map(([label, value]) => ({ label, operator: "=" as const, value }));
  const series = await source.select({ name, matchers }, (await source.span())!);
  return series.map(({ values }) => values.at(-1));
}

async function gainOf(source: MetricSource, name: string, labels: Record<string, string> = {}) {
  const matchers = Object.entries(labels).map(([label, value]) => ({ label, operator: "=" as const, value }));
  const [series] = await source.select({ name, matchers }, (await source.span())!);
  return series!.values.at(-1)! - series!.values[0]!;
}

function count<K extends string>(items: readonly unknown[], keyOf: (item: never) => K | undefined) {
  const counts: Record<string, number> = {};
  for (const item of items) {
    const key = keyOf(item as never);
    if (key !== undefined) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

Deno.test("openShippedData() holds the main run: what the server counted is what the client counted", async () => {
  const source = await openShippedData();
  const { span, events, requests } = await all(source);
  assert.equal(span.startSeconds.toFixed(6), "1795551870.498357");
  assert.equal(span.endSeconds.toFixed(6), "1795551974.500643");
  const [tokens] = await source.select({ name: "vllm:generation_tokens_total" }, span);
  assert.equal(tokens!.values.length, 105);

  // The client: 211 requests, 173 ended with usage (59 stop, 114 length rows of which 5 asked for two answers).
  assert.equal(requests.length, 211);
  assert.deepEqual(count(requests, (r: RequestRecord) => r.outcome), { ok: 173, aborted: 30, error: 8 });
  const done = requests.filter(({ outcome }) => outcome === "ok");
  const answers = (reason: string) =>
    done.filter((r) => r.finishReason === reason).reduce((sum, r) => sum + (r.answerCount ?? 1), 0);
  assert.deepEqual([answers("stop"), answers("length")], [59, 119]);
  const clientTokens = done.reduce((sum, r) => sum + r.outputTokens!, 0);
  assert.equal(clientTokens, 21_439);

  // The server says the same.
  assert.equal(await gainOf(source, "vllm:request_success_total", { finished_reason: "stop" }), 59);
  assert.equal(await gainOf(source, "vllm:request_success_total", { finished_reason: "length" }), 119);
  assert.equal(await gainOf(source, "vllm:request_generation_tokens_sum"), 21_439);
  assert.equal(await gainOf(source, "vllm:e2e_request_latency_seconds_count"), 178);
  assert.equal(await gainOf(source, "vllm:time_to_first_token_seconds_count"), 198);
  assert.deepEqual(await lastOf(source, "vllm:num_preemptions_total"), [2]);
  assert.deepEqual(await lastOf(source, "lab_scrape_body_bytes"), [54_358]);
  assert.deepEqual(count(events, (e: LabEvent) => e.kind), { workload: 12 });
});

Deno.test("openShippedData() gives every request its instants to the microsecond", async () => {
  const { requests } = await all(await openShippedData());
  // Row 0 of the capture: sent at 1795551873950.322 ms, then 6.632, 103.957, 141.274, 159.509 and 2470.755 ms.
  const first = requests[0]!;
  const close = (actual: number, milliseconds: number) =>
    assert(Math.abs(actual - (1795551873.950322 + milliseconds / 1000)) < 1e-6, `${actual} ${milliseconds}`);
  close(first.headersSeconds!, 6.632);
  [103.957, 141.274, 159.509].forEach((ms, i) => close(first.chunkTimesSeconds[i]!, ms));
  close(first.endSeconds!, 2470.755);
  assert.deepEqual(
    [first.promptTokens, first.cachedTokens, first.outputTokens, first.maxTokens, first.phase],
    [186, 0, 152, 250, "2 users"],
  );
  const done = requests.filter(({ outcome }) => outcome === "ok");
  const ttft = done.reduce((sum, r) => sum + r.chunkTimesSeconds[0]! - r.sentSeconds!, 0) / done.length;
  assert(Math.abs(ttft - TTFT_MEAN_SECONDS) < 1e-6, String(ttft));
});

/** Python: mean of `ttft_ms` over the 173 rows of the capture's requests that have a `usage`. */
const TTFT_MEAN_SECONDS = 2.865246716763005;

Deno.test("openShippedData() tells what the server was", async () => {
  const [facts] = await (await openShippedData()).facts();
  assert.deepEqual(
    { ...facts, cacheConfig: undefined, details: undefined },
    {
      target: "vllm",
      kind: "vllm",
      simulated: false,
      address: "http://127.0.0.1:8000/metrics",
      intervalSeconds: 1,
      version: "0.32.0",
      models: ["tiny-llama"],
      engines: ["0"],
      maxModelLength: 1024,
      kvBlockSizeTokens: 32,
      kvCacheTokens: 2304,
      startTimeSeconds: 1795551780.51,
      cacheConfig: undefined,
      details: undefined,
    },
  );
});

Deno.test("openShippedData() shows the stop and restart as they were: a gap of failures, then a reset", async () => {
  const source = await openShippedData("vllm-0.32.0-restart");
  const { span, events, requests } = await all(source);
  assert.equal(requests.length, 81);
  assert.deepEqual(count(events, (e: LabEvent) => e.kind), {
    workload: 24,
    scrape_failed: 106,
    scrape_recovered: 1,
    counter_reset: 1,
  });
  const failed = events.filter((e) => e.kind === "scrape_failed");
  assert(failed.every((e) => e.kind === "scrape_failed" && e.cause.code === "connection_refused"));
  const recovered = events.find((e) => e.kind === "scrape_recovered")!;
  assert.deepEqual([recovered.kind === "scrape_recovered" && recovered.failedCount], [106]);
  const reset = events.find((e) => e.kind === "counter_reset")!;
  assert.equal(reset.kind === "counter_reset" && reset.reason, "process_start_changed");
  assert.equal(reset.timeSeconds, recovered.timeSeconds);
  const [tokens] = await source.select({ name: "vllm:generation_tokens_total" }, span);
  assert.equal(tokens!.values.length, 42);
  const at = Array.from(tokens!.timesSeconds).indexOf(reset.timeSeconds);
  assert.deepEqual([tokens!.values[at - 1], tokens!.values[at]], [24_899, 0]);
  // One break in the line, where the first try failed.
  assert.deepEqual(Array.from(tokens!.staleSeconds), [failed[0]!.timeSeconds]);
});

Deno.test("shippedDataNames() lists what can be opened, and nothing else can", async () => {
  assert.deepEqual(shippedDataNames(), ["vllm-0.32.0-cpu", "vllm-0.32.0-restart"]);
  const name: string = "../secrets";
  await assert.rejects(openShippedData(name as "vllm-0.32.0-cpu"), RangeError);
});
