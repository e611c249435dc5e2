import assert from "node:assert/strict";
import { sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import type { LabEvent, SampleBatch } from "../../src/series/types.ts";
import { exposition, gaugeSampler, refused, scriptedFetch } from "./fakes.ts";
import { collector, kinds, metricsOnly, offsets, T0 } from "./virtual.ts";

Deno.test("stop() waits for the read under way, frees every sampler once, and keeps the data", async () => {
  const clock = new VirtualClock(T0);
  let disposed = 0;
  const slow = gaugeSampler({
    id: "slow",
    intervalSeconds: 2,
    read: async (_time, count) => {
      await sleep(clock, 1);
      return count;
    },
    onDispose: () => disposed++,
  });
  const { it, pass } = collector({ clock, samplers: [slow] });
  assert.equal(it.state, "idle");
  it.start();
  it.start();
  await pass(0.5);
  assert.equal(it.state, "running");
  await Promise.all([it.stop(), it.stop()]);
  assert.equal(clock.nowSeconds(), T0 + 1);
  assert.deepEqual([it.state, disposed], ["stopped", 1]);
  assert.deepEqual(Array.from(it.getLatestData("test_slow")[0]!.values), [0]);
  assert.throws(() => it.start(), /it was stopped, wanted a new one/);
  await assert.rejects(it.collectOnce(), /was stopped/);
  const events = await it.events({ startSeconds: 0, endSeconds: 1e12 });
  assert.deepEqual(kinds(events), ["0 collector", "1 collector"]);
});

Deno.test("stop() calls off a read that does not end within 5 s, without calling it a failure", async () => {
  const clock = new VirtualClock(T0);
  let cause: unknown;
  const hung = gaugeSampler({
    id: "hung",
    intervalSeconds: 2,
    read: (_time, _count, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(cause = signal.reason))),
  });
  const { it, pass, events } = collector({ clock, samplers: [hung] });
  it.start();
  await pass(1);
  await it.stop();
  assert.equal((clock.nowSeconds() - T0).toFixed(3), "6.100");
  assert(cause instanceof Error);
  assert.deepEqual([await events(), it.health[0]!.failures], [[], 0]);
});

Deno.test("addSampler() before the start reads a workload once, so that its counts begin there", async () => {
  const counting = (id: string) => gaugeSampler({ id, intervalSeconds: 1, read: (_time, count) => count });
  const { it, pass } = collector({});
  it.addSampler({ ...counting("load"), wantsLastRead: true });
  it.addSampler(counting("other"));
  await pass(3);
  it.start();
  await pass(0);
  assert.deepEqual(offsets(it.getLatestData("test_load")[0]!.timesSeconds), [0, 3.1]);
  assert.deepEqual(offsets(it.getLatestData("test_other")[0]!.timesSeconds), [3.1]);
});

Deno.test("facts() say why a target gives no answer, for as long as it gives none", async () => {
  let up = false;
  const { it } = collector({
    targets: ["http://a:1"],
    fetch: scriptedFetch(metricsOnly(() => up ? { body: exposition(1) } : { status: 503, body: "" })).fetch,
  });
  await it.collectOnce();
  const { lastError } = it.health[0]!;
  assert.deepEqual((await it.facts())[0]?.absent, { answer: lastError?.cause });
  up = true;
  await it.collectOnce();
  assert.equal((await it.facts())[0]?.absent?.answer, undefined);
});

Deno.test("collectOnce() reads every sampler once without starting", async () => {
  const { it, pass } = collector({
    samplers: [gaugeSampler({ id: "one", intervalSeconds: 1, read: () => 7 })],
  });
  assert.deepEqual(await it.collectOnce(), [{ target: "one", timeSeconds: T0, samples: 1 }]);
  await pass(10);
  assert.deepEqual(Array.from(it.getLatestData("test_one")[0]!.values), [7]);
  assert.equal(it.state, "idle");
  await it.stop();
});

Deno.test("addSampler() joins while running, on a grid from then on", async () => {
  const { it, pass } = collector();
  it.start();
  await pass(3.3);
  it.addSampler(gaugeSampler({ id: "late", intervalSeconds: 1, read: (_time, count) => count }));
  await pass(2.5);
  assert.throws(
    () => it.addSampler(gaugeSampler({ id: "late", intervalSeconds: 1, read: () => 0 })),
    /there is one of that name/,
  );
  assert.throws(
    () => it.addSampler(gaugeSampler({ id: "never", intervalSeconds: 0, read: () => 0 })),
    RangeError,
  );
  await it.stop();
  assert.deepEqual(offsets(it.getLatestData("test_late")[0]?.timesSeconds), [3.4, 4.4, 5.4]);
});

Deno.test("RealTimeMetricsCollector turns whatever a sampler does wrong into a failed read", async () => {
  const wrong: SampleBatch = { ids: [5], values: [1], defined: [], vanishedIds: [], events: [] };
  const samplers = [
    gaugeSampler({
      id: "throws",
      intervalSeconds: 1,
      read: () => {
        throw new TypeError("no such thing");
      },
    }),
    { id: "undefined-id", intervalSeconds: 1, sample: () => Promise.resolve(wrong) },
    {
      id: "not-a-promise",
      intervalSeconds: 1,
      sample(): Promise<SampleBatch> {
        throw new Error("at once");
      },
    },
  ];
  const { it, pass } = collector({ samplers });
  it.start();
  await pass(1);
  await it.stop();
  assert.deepEqual(it.health.map(({ failures, lastError }) => [failures, lastError?.cause.params?.detail]), [
    [2, "TypeError: no such thing"],
    [2, "TypeError: Cannot append to undefined-id: series 5 is not defined"],
    [2, "Error: at once"],
  ]);
});

Deno.test("getLatestData() gives points or seconds, by name or quantity, with labels", async () => {
  const { fetch } = scriptedFetch(metricsOnly((count) => ({ body: exposition(count * 10, { engines: 2 }) })));
  const { it, pass } = collector({ fetch, targets: ["http://a:1"], intervalSeconds: 2 });
  it.start();
  await pass(9);
  const values = (name: string, options = {}) =>
    it.getLatestData(name, options).map((s) => Array.from(s.values));
  assert.deepEqual(values("generation_tokens", { points: 2 }), [[30, 40], [30, 40]]);
  assert.deepEqual(values("vllm:generation_tokens_total", { seconds: 4, labels: { engine: "1" } }), [[
    30,
    40,
  ]]);
  assert.throws(
    () => values("runing"),
    /^RangeError: Cannot read "runing": no quantity and no metric of this source, wanted perhaps running, such as /,
  );
  assert.throws(() => values("no such name"), /wanted a quantity, one of those in QUANTITIES, or a name in /);
  // A name that some server has is no slip: this one does not have it, which is an answer.
  assert.deepEqual(values("vllm:num_preemptions_total"), []);
  assert.deepEqual(values("gpu_power"), []);
  await it.stop();
});

Deno.test("quantities keeps those of a server only, and what tells a restart", async () => {
  const { fetch } = scriptedFetch(metricsOnly((count) => ({
    body: count === 0
      ? "# TYPE other gauge\nother 1\n"
      : exposition(count, { startSeconds: count < 3 ? 1 : 2 }),
  })));
  const { it, pass, events } = collector({
    fetch,
    targets: ["http://a:1"],
    intervalSeconds: 1,
    quantities: ["running"],
  });
  it.start();
  await pass(3);
  await it.stop();
  assert.deepEqual((await it.describe()).map(({ name }) => name), [
    "lab_scrape_duration_seconds",
    "lab_scrape_samples",
    "lab_scrape_body_bytes",
    "process_start_time_seconds",
    "vllm:num_requests_running",
  ]);
  assert.deepEqual(kinds(await events()), ["3 counter_reset"]);
});

Deno.test("recording gets everything that the store gets", async () => {
  const { fetch } = scriptedFetch(
    metricsOnly((count) => count === 1 ? { error: refused() } : { body: exposition(count) }),
  );
  const got: string[] = [];
  const recording = {
    append: (id: string, timeSeconds: number, batch: SampleBatch) =>
      void got.push(`${timeSeconds - T0} ${id} ${batch.ids.length}`),
    fail: (id: string, timeSeconds: number, event: LabEvent) =>
      void got.push(`${timeSeconds - T0} ${id} ${event.kind}`),
    addEvent: (event: LabEvent) => void got.push(event.kind),
    addFacts: () => void got.push("facts"),
  };
  const { it, pass } = collector({ fetch, targets: ["http://a:1"], intervalSeconds: 1, recording });
  it.start();
  it.note("here");
  await pass(2);
  await it.stop();
  assert.deepEqual(got, [
    "facts",
    "collector",
    "note",
    "0 a:1 6",
    "1 a:1 scrape_failed",
    "2 a:1 6",
    "scrape_recovered",
    "collector",
  ]);
});

Deno.test("recording that cannot be written costs the store nothing, and is an event", async () => {
  let full = false;
  const fail = () => {
    if (full) throw new Error("No space left on device");
  };
  const recording = { append: fail, fail, addEvent: fail, addFacts: fail };
  const samplers = [gaugeSampler({ id: "it", intervalSeconds: 1, read: (_time, count) => count })];
  const { it, pass, events } = collector({ samplers, recording });
  it.start();
  await pass(1);
  full = true;
  await pass(2);
  full = false;
  await pass(1);
  await it.stop();
  assert.deepEqual(Array.from(it.getLatestData("test_it")[0]!.values), [0, 1, 2, 3, 4]);
  assert.deepEqual(await events(), [
    {
      kind: "scrape_failed",
      timeSeconds: T0 + 2,
      target: "recording",
      cause: { code: "sampler_error", params: { detail: "Error: No space left on device" } },
      durationSeconds: 0,
    },
    { kind: "scrape_recovered", timeSeconds: T0 + 4, target: "recording", failedCount: 2, gapSeconds: 2 },
  ]);
  assert.equal(it.health[0]!.failures, 0);
});

Deno.test("getSummaryStats() reads gauges as they are, counters as rates, over 300 s of time", async () => {
  const { fetch } = scriptedFetch(metricsOnly((count) => ({ body: exposition(count * count) })));
  const { it, pass } = collector({ fetch, targets: ["http://a:1"], intervalSeconds: 10 });
  it.start();
  await pass(400);
  await it.stop();
  const stats = it.getSummaryStats();
  assert.deepEqual([stats.state, stats.durationSeconds.toFixed(3), stats.scrapes, stats.failures], [
    "stopped",
    "400.100",
    41,
    0,
  ]);
  const find = (quantity: string) => {
    const { labels: _labels, name: _name, ...figures } = stats.series.find((row) =>
      row.quantity === quantity
    )!;
    return figures;
  };
  assert.deepEqual(find("running"), {
    quantity: "running",
    read: "value",
    unit: "requests",
    current: 1,
    avg_5m: 1,
    max_5m: 1,
    min_5m: 1,
    points: 30,
    coverage: 1,
  });
  // Values are k² at 10k s: steps of 2k - 1 tokens in 10 s. Window (100.1, 400.1]: points k = 11 to 40, 29 steps.
  assert.deepEqual(find("generation_tokens"), {
    quantity: "generation_tokens",
    read: "rate",
    unit: "tokens",
    current: 7.9,
    avg_5m: (40 ** 2 - 11 ** 2) / 290,
    max_5m: 7.9,
    min_5m: 2.3,
    points: 30,
    coverage: 1,
  });
});

Deno.test("getSummaryStats() has no current value for what is not there now, and no 0 for what was never read", async () => {
  const { fetch } = scriptedFetch(
    metricsOnly((count) => count < 3 ? { body: exposition(5) } : { error: refused() }),
  );
  const { it, pass } = collector({ fetch, targets: ["http://a:1"], intervalSeconds: 2 });
  assert.deepEqual(it.getSummaryStats().series, []);
  it.start();
  await pass(10);
  const running = () => it.getSummaryStats().series.find((row) => row.quantity === "running");
  assert.deepEqual([running()!.current, running()!.avg_5m, running()!.points], [undefined, 1, 3]);
  assert("current" in running()! === false);
  await pass(400);
  assert.deepEqual([running()?.avg_5m, running()?.points ?? 0], [undefined, 0]);
  await it.stop();
});

Deno.test("RealTimeMetricsCollector refuses contradicting options", () => {
  assert.throws(() => collector({ maxDataPoints: 10, retentionSeconds: 10 }), RangeError);
  assert.throws(() => collector({ targets: ["nonsense nonsense"] }), TypeError);
  assert.throws(() => collector({ targets: ["http://a:1"], intervalSeconds: 0 }), RangeError);
  assert.throws(() => collector({ targets: ["http://a:1"], intervalSeconds: NaN }), RangeError);
});
