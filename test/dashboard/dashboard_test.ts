import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { RealTimeDashboard } from "../../src/dashboard/dashboard.ts";
import type { MetricSource } from "../../src/series/types.ts";
import { CASES, HOSTILE_NAME, START } from "../helpers/chart_cases.ts";

function sourceOf(name: string): MetricSource {
  const source = CASES[name];
  assert.ok(source !== undefined, name);
  return source;
}

Deno.test("RealTimeDashboard.live() yields a frame at once and one every two seconds, on the given clock", async () => {
  const clock = new VirtualClock(START);
  const dashboard = new RealTimeDashboard(sourceOf("normal"), { clock, timeZone: "UTC" });
  const times: number[] = [];
  for await (const frame of dashboard.live({ seconds: 6 })) {
    times.push(clock.nowSeconds() - START);
    assert.match(frame.svg, /^<svg /);
  }
  assert.deepEqual(times, [0, 2, 4, 6]);
});

Deno.test("RealTimeDashboard.live() ends quietly when the signal is aborted while it waits", async () => {
  const clock = new VirtualClock(START);
  const stop = new AbortController();
  const dashboard = new RealTimeDashboard(sourceOf("normal"), { clock, timeZone: "UTC" });
  let frames = 0;
  for await (const _ of dashboard.live({ seconds: 1000, signal: stop.signal })) {
    frames++;
    if (frames === 3) queueMicrotask(() => stop.abort());
  }
  assert.equal(frames, 3);
});

Deno.test("RealTimeDashboard.live() draws only the newest window", async () => {
  const spans: number[] = [];
  const source = sourceOf("normal");
  const watched: MetricSource = {
    ...source,
    select: (selector, span) => {
      spans.push(span.endSeconds - span.startSeconds);
      return source.select(selector, span);
    },
  };
  const dashboard = new RealTimeDashboard(watched, { clock: new VirtualClock(START), timeZone: "UTC" });
  await Array.fromAsync(dashboard.live({ seconds: 0, windowSeconds: 60 }));
  assert.ok(spans.length > 0);
  assert.deepEqual(new Set(spans), new Set([60]));
});

Deno.test("RealTimeDashboard.live() without a clock says what is wanted", async () => {
  const dashboard = new RealTimeDashboard(sourceOf("normal"));
  await assert.rejects(Array.fromAsync(dashboard.live()), /Cannot run live: the dashboard has no clock/);
});

Deno.test("RealTimeDashboard.snapshot() gives equal bytes for equal input", async () => {
  const dashboard = new RealTimeDashboard(sourceOf("reset"), { timeZone: "Asia/Taipei" });
  const [first, second] = [await dashboard.snapshot(), await dashboard.snapshot()];
  assert.equal(first.svg, second.svg);
});

Deno.test("RealTimeDashboard.detailedStats() has a row for every series and a dash for what is not there", async () => {
  const stats = await new RealTimeDashboard(sourceOf("gaps"), { timeZone: "UTC" }).detailedStats();
  const running = stats.rows.find((row) => row.quantity === "running");
  assert.deepEqual(running?.labels, { engine: "0", model_name: "Qwen/Qwen3-8B" });
  // 61 ticks of 5 s less 5 in the first gap and 4 in the second.
  assert.equal(running.points, 52);
  assert.equal(stats.targets[0]?.failedScrapes, 9);
  assert.match(stats.text, /Time to first token \(TTFT\) .* –/);
});

Deno.test("RealTimeDashboard.detailedStats() escapes what a server sent", async () => {
  const stats = await new RealTimeDashboard(sourceOf("hostile"), { timeZone: "UTC" }).detailedStats();
  assert.ok(!stats.html.includes("<script>"));
  assert.ok(stats.text.includes("<script>"), "plain text keeps the letters");
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(stats.text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
  assert.ok(HOSTILE_NAME.includes("\u202e"));
});

Deno.test("RealTimeDashboard.detailedStats() of an empty source has no rows and says so", async () => {
  const stats = await new RealTimeDashboard(sourceOf("empty"), { timeZone: "UTC" }).detailedStats();
  assert.deepEqual(stats.rows, []);
  assert.match(stats.text, /nothing collected yet/);
});

Deno.test("snapshot() of a server whose machine nobody watches has six panels of the server", async () => {
  const source = sourceOf("normal");
  const alone: MetricSource = {
    ...source,
    facts: async () => (await source.facts()).filter(({ kind }) => kind === "vllm"),
  };
  const titlesOf = (svg: string) =>
    [...svg.matchAll(/font-weight="700">([^<]*)<\/text>/g)].map(([, title]) => title);
  const { svg } = await new RealTimeDashboard(alone, { timeZone: "UTC" }).snapshot();
  assert.deepEqual(titlesOf(svg), [
    "Real-time monitoring dashboard",
    "Request states",
    "Throughput",
    "KV cache usage",
    "Time to first token (TTFT)",
    "Inter-token latency (ITL)",
    "Requests ended",
  ]);
  const page = await new RealTimeDashboard(alone, { timeZone: "UTC" }).page("overview");
  assert.ok(!/not watched/.test(page.svg));
  const watched = await new RealTimeDashboard(source, { timeZone: "UTC" }).snapshot();
  assert.ok(titlesOf(watched.svg).includes("CPU usage"));
});

Deno.test("objectives are drawn on the panels of their latencies, in pictures and pages", async () => {
  const options = { timeZone: "UTC", objectives: { ttftSeconds: 2, itlSeconds: 0.05, e2eSeconds: 10 } };
  const dashboard = new RealTimeDashboard(await openShippedData("vllm-0.32.0-cpu"), options);
  const levels = (text: string) => [...text.matchAll(/objective ([\d.]+ m?s)/g)].map(([, level]) => level);
  assert.deepEqual(levels((await dashboard.snapshot()).svg).sort(), ["2 s", "50 ms"]);
  assert.deepEqual(levels((await dashboard.page("latency")).svg).sort(), ["10 s", "2 s", "50 ms"]);
  assert.deepEqual(levels((await dashboard.interactive()).page).sort(), ["10 s", "2 s", "50 ms"]);
  assert.deepEqual(levels((await dashboard.snapshot({ objectives: {} })).svg), []);
});

Deno.test("objectives that are none are refused in a sentence", async () => {
  const dashboard = new RealTimeDashboard(sourceOf("normal"), { timeZone: "UTC" });
  for (const objectives of [{ ttft: 2 }, { ttftSeconds: 0 }, { ttftSeconds: "2s" }, 2]) {
    // A cell that no compiler has seen.
    const options = { objectives } as unknown as { objectives: { ttftSeconds: number } };
    await assert.rejects(dashboard.snapshot(options), /objectives.*wanted seconds by latency/);
  }
});
