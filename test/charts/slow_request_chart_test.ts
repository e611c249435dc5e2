import assert from "node:assert/strict";
import { slowRequestChart } from "../../src/charts/slow_request_chart.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { CASES } from "../helpers/chart_cases.ts";

const OPTIONS = { timeZone: "UTC", id: "slow" };

/** What a picture says in words. */
function wordsOf(svg: string): string {
  return /<desc[^>]*>(.*?)<\/desc>/.exec(svg)?.[1] ?? "";
}

Deno.test("slowRequestChart() explains the slowest request of the shipped run", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const span = await source.span();
  assert.ok(span !== undefined);
  const well = (await source.requests(span)).filter(({ outcome }) => outcome === "ok");
  const duration = (each: typeof well[number]) => (each.endSeconds ?? 0) - (each.sentSeconds ?? 0);
  const slowest = [...well].sort((a, b) => duration(b) - duration(a))[0];
  assert.ok(slowest?.sentSeconds !== undefined);
  const { svg } = await slowRequestChart(source, OPTIONS);
  // By hand of the row with the longest end - sent: 16.5 s, first chunk after 8.75 s.
  assert.equal(duration(slowest).toFixed(1), "16.5");
  assert.match(wordsOf(svg), new RegExp(`request ${slowest.id} `));
  assert.match(wordsOf(svg), /It waited 8\.75 s for its first token: 53\.1% of 16\.5 s\./);
  assert.match(svg, />server queue<tspan[^>]*>6\.08 s</);
  assert.match(svg, />server, mean of 36</);
});

Deno.test("slowRequestChart()'s means are the server's sums by counts over the request's life", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const span = await source.span();
  assert.ok(span !== undefined);
  const [facts] = await source.facts();
  const requests = await source.requests(span);
  const request = requests.find(({ id }) => id === "chatcmpl-a51062a4337a9d85");
  assert.ok(request?.sentSeconds !== undefined && request.endSeconds !== undefined);
  const [from, to] = [request.sentSeconds, request.endSeconds + 2 * Math.max(1, facts?.intervalSeconds ?? 0)];
  const grew = async (name: string) => {
    const [series] = await source.select({ name }, { startSeconds: from, endSeconds: to });
    assert.ok(series !== undefined);
    return (series.values.at(-1) ?? NaN) - (series.values[0] ?? NaN);
  };
  const sum = await grew("vllm:request_queue_time_seconds_sum");
  const count = await grew("vllm:request_queue_time_seconds_count");
  // Between raw points of the same window: what ended at its very edges may be one more.
  assert.ok(Math.abs(count - 36) <= 1, String(count));
  assert.ok(Math.abs(sum / count - 6.08) < 0.15, String(sum / count));
});

Deno.test("slowRequestChart() takes the request that was asked for, and says when there is none", async () => {
  const { normal, empty } = CASES;
  assert.ok(normal !== undefined && empty !== undefined);
  assert.match(
    wordsOf((await slowRequestChart(normal, { ...OPTIONS, request: "8" })).svg),
    /No token came in 400 ms\./,
  );
  const nobody = await slowRequestChart(normal, { ...OPTIONS, request: "no such" });
  assert.match(nobody.svg, /no requests were sent in this time/);
  assert.match((await slowRequestChart(empty, OPTIONS)).svg, /no requests were sent in this time/);
});
