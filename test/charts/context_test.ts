import assert from "node:assert/strict";
import { marksOf, readContext } from "../../src/charts/context.ts";
import { gapsOf } from "../../src/charts/gaps.ts";
import { gaugeLines, type LineValues, windowLines } from "../../src/charts/lines.ts";
import { rateLine } from "../../src/charts/rate_line.ts";
import { latencyPanel } from "../../src/charts/latency_panel.ts";
import { requestsPanel } from "../../src/charts/server_panels.ts";
import { cpuPanel, gpuPanel } from "../../src/charts/system_panels.ts";
import { statusPanel } from "../../src/charts/status_panel.ts";
import type { MetricSource, WindowFunction } from "../../src/series/types.ts";
import { CASES, INTERVAL, START } from "../helpers/chart_cases.ts";
import { fakeSource } from "../helpers/fake_source.ts";

function contextOf(name: string) {
  const source: MetricSource | undefined = CASES[name];
  assert.ok(source !== undefined, name);
  return readContext(source, { timeZone: "UTC" });
}

function knownTimes(line: LineValues): number[] {
  const times = Array.from(line.timesSeconds).filter((_, index) => !Number.isNaN(line.values[index]));
  return times.map((time) => time - START);
}

Deno.test("gapsOf() reaches from the last good scrape to the next one, of the servers only", async () => {
  const context = await contextOf("gaps");
  assert.deepEqual(gapsOf(context, "server"), [
    { startSeconds: START + 100, endSeconds: START + 130 },
    { startSeconds: START + 210, endSeconds: START + 235 },
  ]);
  assert.deepEqual(gapsOf(context, "host"), []);
});

Deno.test("gapsOf() reaches to the end while the target still fails", async () => {
  const span = { startSeconds: START, endSeconds: START + 60 };
  const source = fakeSource({
    span,
    facts: [{ target: "a", kind: "vllm", simulated: false, intervalSeconds: 2 }],
    events: [{
      kind: "scrape_failed",
      timeSeconds: START + 40,
      target: "a",
      cause: { code: "timeout" },
      durationSeconds: 1,
    }],
  });
  assert.deepEqual(gapsOf(await readContext(source), "server"), [{
    startSeconds: START + 38,
    endSeconds: START + 60,
  }]);
});

Deno.test("gaugeLines() breaks where the series was absent and has no current value then", async () => {
  const line = (await gaugeLines(await contextOf("gaps"), "running"))[0];
  assert.ok(line !== undefined);
  const breaks = Array.from(line.timesSeconds).filter((_, index) => Number.isNaN(line.values[index]));
  assert.deepEqual(breaks, [START + 105, START + 215]);
  assert.equal(line.current, 13);
  const stopped = fakeSource({
    span: { startSeconds: START, endSeconds: START + 60 },
    intervalSeconds: INTERVAL,
    series: [{
      quantity: "running",
      value: (time) => time < START + 30 ? 3 : undefined,
      staleAt: [START + 30],
    }],
  });
  assert.equal((await gaugeLines(await readContext(stopped), "running"))[0]?.current, undefined);
});

Deno.test("windowLines() gives no value for a window that spans a restart", async () => {
  const context = await contextOf("reset");
  const fn: WindowFunction = { kind: "histogram_bounded_quantile", quantile: 0.95 };
  const [line] = await windowLines(context, "ttft", { fn, side: "server" });
  assert.ok(line !== undefined);
  const times = knownTimes(line);
  assert.deepEqual(times.filter((time) => time > 95 && time <= 140), [100, 135, 140]);
});

Deno.test("rateLine() looks back to the end of a gap, a restart or the start of what is held, no further", async () => {
  const line = await rateLine(await contextOf("reset"), "generation_tokens");
  assert.ok(line !== undefined);
  // Windows of 30 s, or 15; scrapes failed after 100 until the restarted server answered at 130, and from 210 to 235.
  const rates = knownTimes(line);
  assert.deepEqual(rates.filter((time) => time <= 20), [15, 20]);
  assert.deepEqual(rates.filter((time) => time > 95 && time <= 160), [100, 145, 150, 155, 160]);
  assert.deepEqual(rates.filter((time) => time > 205 && time <= 265), [210, 235, 240, 250, 255, 260, 265]);
  assert.ok(line.shortened);
  assert.deepEqual(line.partial, []);
});

Deno.test("marksOf() names restarts and notes, and the workload's phases only where asked", async () => {
  const context = await contextOf("reset");
  assert.deepEqual(marksOf(context, "server"), [{ timeSeconds: START + 130, label: "restart", bad: true }]);
  assert.deepEqual(marksOf(context, "host"), []);
});

Deno.test("panels of absent things say why", async () => {
  const context = await contextOf("no_gpu");
  assert.equal((await gpuPanel(context)).absent, "no GPU: libnvidia-ml.so.1 not found");
  const empty = await contextOf("empty");
  assert.equal((await cpuPanel(empty)).absent, "nothing collected yet");
  const alone = fakeSource({ span: { startSeconds: START, endSeconds: START + 60 } });
  assert.equal((await cpuPanel(await readContext(alone))).absent, "the machine is not watched here");
});

Deno.test("statusPanel() names the fullest of several GPUs, and never shows a value that is not now", async () => {
  const { bars } = await statusPanel(await contextOf("eight_gpus"));
  assert.match(bars[2]?.value ?? "", /^84\.6% GPU 7$/);
  const none = await statusPanel(await contextOf("no_gpu"));
  assert.deepEqual(none.bars.slice(2).map((bar) => [bar.ratio, bar.value]), [[undefined, "no GPU"], [
    undefined,
    "no GPU",
  ]]);
});

Deno.test("requestsPanel() adds up engines and draws the limit of all of them", async () => {
  const { data } = await requestsPanel(await contextOf("long_names"));
  assert.equal(data.lines[0]?.current, 26);
  // Two engines of 16 on the first target, one on the second.
  assert.deepEqual(data.limits.map((limit) => limit.value), [48]);
});

Deno.test("latencyPanel() marks a quantile in the last bucket as a lower bound", async () => {
  const source = fakeSource({
    span: { startSeconds: START, endSeconds: START + 60 },
    windows: [{
      quantity: "ttft",
      kind: "histogram_bounded_quantile",
      unit: "seconds",
      value: () => 80,
      bounds: () => [80, Infinity],
    }],
  });
  const panel = await latencyPanel(await readContext(source, { timeZone: "UTC" }));
  assert.deepEqual(panel.legend.map((entry) => entry.value), [">80 s", ">80 s"]);
});

Deno.test("a latency panel of an idle server says that no first token came, of another server what is missing", async () => {
  const span = { startSeconds: START, endSeconds: START + 60 };
  const facts = [{ target: "a", kind: "vllm" as const, simulated: false, version: "0.32.0" }];
  const known = [{ name: "vllm:time_to_first_token_seconds", type: "histogram" as const, help: "" }];
  const idle = await latencyPanel(
    await readContext(fakeSource({ span, facts, metas: known }), { timeZone: "UTC" }),
  );
  assert.equal(idle.absent, "no request got its first token in this time");
  const other = await latencyPanel(
    await readContext(fakeSource({ span, facts, metas: [] }), { timeZone: "UTC" }),
  );
  assert.match(other.absent ?? "", /has no metric for/);
});
