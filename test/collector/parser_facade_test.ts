import assert from "node:assert/strict";
import { drive } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { VllmMetricsParser } from "../../src/collector/parser_facade.ts";
import { SampleError } from "../../src/series/types.ts";
import { type Answer, exposition, refused, scriptedFetch } from "./fakes.ts";

const T0 = 1_795_551_870;

function parser(answer: Answer, url = "http://127.0.0.1:8000") {
  const clock = new VirtualClock(T0);
  const server = scriptedFetch(() => answer, { clock, delaySeconds: 0.5 });
  const it = new VllmMetricsParser({ url, clock, fetch: server.fetch });
  return { it, asked: server.asked, run: <T>(work: () => Promise<T>) => drive(clock, work) };
}

Deno.test("VllmMetricsParser fetches the text as it stands and remembers when", async () => {
  const { it, run, asked } = parser({ body: exposition(7) });
  assert.equal(it.lastScrapeTimeSeconds, undefined);
  assert.equal(await run(() => it.fetchRawMetrics()), exposition(7));
  assert.equal(it.lastScrapeTimeSeconds, T0);
  assert.equal(asked[0]!.url.href, "http://127.0.0.1:8000/metrics");
});

Deno.test("VllmMetricsParser parses every series with all its labels", () => {
  const { it } = parser({ body: "" });
  const families = it.parseMetrics(exposition(7, { engines: 2 }));
  assert.deepEqual(families.map(({ name, type, samples }) => [name, type, samples.length]), [
    ["process_start_time_seconds", "gauge", 1],
    ["vllm:num_requests_running", "gauge", 2],
    ["vllm:generation_tokens_total", "counter", 2],
  ]);
  assert.deepEqual(families[1]!.samples[1], {
    name: "vllm:num_requests_running",
    labels: { engine: "1", model_name: "tiny" },
    value: 2,
  });
});

Deno.test("getSpecificMetrics() fetches and keeps families by a part of their name or an expression", async () => {
  const names = async (patterns: readonly (string | RegExp)[]) => {
    const { it, run } = parser({ body: exposition(7) });
    return (await run(() => it.getSpecificMetrics(patterns))).map(({ name }) => name);
  };
  assert.deepEqual(await names(["tokens", "num_requests"]), [
    "vllm:num_requests_running",
    "vllm:generation_tokens_total",
  ]);
  assert.deepEqual(await names([/^process_/g]), ["process_start_time_seconds"]);
  assert.deepEqual(await names([]), []);
  assert.deepEqual(await names(["nothing like it"]), []);
});

Deno.test("VllmMetricsParser reads the format that the server says it sends", async () => {
  // In OpenMetrics a counter's family has no _total, and a time stamp is in seconds.
  const body = "# TYPE x counter\nx_total 1 1700000000.5\n# EOF\n";
  const headers = { "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8" };
  const { it, run } = parser({ body, headers });
  const [family] = await run(() => it.getSpecificMetrics(["x"]));
  assert.deepEqual([family!.name, family!.samples[0]!.timestampSeconds], ["x", 1700000000.5]);
});

Deno.test("fetchRawMetrics() rejects with the cause, and keeps the time of the last good scrape", async () => {
  const rows: readonly [Answer, string][] = [
    [{ error: refused() }, "connection_refused"],
    [{ body: "", status: 500 }, "http_status"],
    [{ body: "<html></html>", headers: { "content-type": "text/html" } }, "not_metrics"],
    [{ body: "" }, "not_metrics"],
    [{ body: "# only a comment\n" }, "not_metrics"],
    [{ hang: true }, "timeout"],
  ];
  for (const [answer, code] of rows) {
    const { it, run } = parser(answer);
    await assert.rejects(
      run(() => it.fetchRawMetrics()),
      (error) => error instanceof SampleError && error.reason.code === code,
    );
    assert.equal(it.lastScrapeTimeSeconds, undefined);
  }
  assert.throws(() => parser({ body: "" }, "nonsense nonsense"), TypeError);
});

Deno.test("fetchRawMetrics() names the address that failed, without user, password and parameters", async () => {
  const { it, run } = parser({ error: refused() }, "http://user:pass@h:8000/metrics?key=1");
  await assert.rejects(run(() => it.fetchRawMetrics()), (error) => {
    assert.ok(error instanceof SampleError);
    assert.equal(error.address, "http://h:8000/metrics");
    assert.doesNotMatch(String(error) + error.stack, /user|pass|key/);
    return true;
  });
});
