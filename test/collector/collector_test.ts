import assert from "node:assert/strict";
import { drive, sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import type { CollectorOptions } from "../../src/collector/collector.ts";
import type { LabEvent, SampleBatch } from "../../src/series/types.ts";
import { type Answer, exposition, gaugeSampler, refused, scriptedFetch } from "./fakes.ts";

const T0 = 1_795_551_870;

/** A collector on a virtual clock that watches nothing but what the test gives it. */
function collector(options: Partial<CollectorOptions> & { readonly clock?: VirtualClock } = {}) {
  const clock = options.clock ?? new VirtualClock(T0);
  const it = new RealTimeMetricsCollector({ targets: [], gpu: false, system: false, ...options, clock });
  // A little more, so that the tick at the end is in.
  const pass = (seconds: number) => drive(clock, () => sleep(clock, seconds + 0.1));
  const events = async () =>
    (await it.events({ startSeconds: 0, endSeconds: 1e12 })).filter((e) => e.kind !== "collector");
  return { it, clock, pass, events };
}

function metricsOnly(answer: (count: number, url: URL) => Answer): (url: URL, count: number) => Answer {
  return (url, count) => url.pathname === "/metrics" ? answer(count, url) : { body: "", status: 404 };
}

function offsets(times: ArrayLike<number> | undefined): number[] {
  return Array.from(times ?? [], (time) => Number((time - T0).toFixed(3)));
}

function kinds(events: readonly LabEvent[]): string[] {
  return events.map((event) => `${Number((event.timeSeconds - T0).toFixed(3))} ${event.kind}`);
}

Deno.test("RealTimeMetricsCollector ticks on its grid without drift, however long a read takes", async () => {
  const clock = new VirtualClock(T0);
  const { fetch } = scriptedFetch(metricsOnly((count) => ({ body: exposition(count) })), {
    clock,
    delaySeconds: 0.7,
  });
  const { it, pass } = collector({ clock, fetch, targets: ["http://a:1"], intervalSeconds: 2 });
  it.start();
  await pass(3600);
  await it.stop();
  const [series] = it.getLatestData("vllm:generation_tokens_total");
  assert.equal(series!.timesSeconds.length, 1000);
  // 1,801 ticks, the last at 3600; only the newest 1,000 are kept.
  assert.deepEqual(offsets(series!.timesSeconds).slice(0, 2), [1602, 1604]);
  assert.equal(offsets(series!.timesSeconds).at(-1), 3600);
  assert.deepEqual(it.health.map(({ scrapes, skippedTicks }) => [scrapes, skippedTicks]), [[1801, 0]]);
});

Deno.test("RealTimeMetricsCollector never reads a target twice at a time: a tick due meanwhile is skipped and said", async () => {
  const clock = new VirtualClock(T0);
  let running = 0;
  const sampler = gaugeSampler({
    id: "slow",
    intervalSeconds: 1,
    async read(_time, count) {
      assert.equal(++running, 1);
      if (count === 2) await sleep(clock, 2.5);
      running--;
      return count;
    },
  });
  const { it, pass, events } = collector({ clock, samplers: [sampler] });
  it.start();
  await pass(6);
  await it.stop();
  assert.deepEqual(offsets(it.getLatestData("test_slow")[0]?.timesSeconds), [0, 1, 2, 5, 6]);
  const skipped = (await events()).filter((event) => event.kind === "tick_skipped");
  assert.deepEqual(
    skipped.map((event) => event.kind === "tick_skipped" && [event.timeSeconds - T0, event.count]),
    [[4.5, 2]],
  );
  assert.equal(it.health[0]!.skippedTicks, 2);
});

Deno.test("RealTimeMetricsCollector lets no slow or dead sampler delay another", async () => {
  const clock = new VirtualClock(T0);
  const quick = gaugeSampler({ id: "quick", intervalSeconds: 0.5, read: (_time, count) => count });
  const hung = gaugeSampler({ id: "hung", intervalSeconds: 1, read: () => new Promise<number>(() => {}) });
  const { it, pass } = collector({ clock, samplers: [hung, quick] });
  it.start();
  await pass(10);
  await it.stop();
  assert.equal(it.getLatestData("test_quick")[0]!.values.length, 21);
  assert.deepEqual(it.getLatestData("test_hung"), []);
});

Deno.test("RealTimeMetricsCollector gives up a read that never ends, says so, and starts no second one", async () => {
  const clock = new VirtualClock(T0);
  let calls = 0;
  const hung = gaugeSampler({
    id: "hung",
    intervalSeconds: 1,
    read: () => {
      calls++;
      return new Promise<number>(() => {});
    },
  });
  const { it, pass, events } = collector({ clock, samplers: [hung] });
  it.start();
  await pass(100);
  await it.stop();
  assert.equal(calls, 1);
  const failed = (await events()).filter((event) => event.kind === "scrape_failed");
  assert.deepEqual(failed, [{
    kind: "scrape_failed",
    timeSeconds: T0,
    target: "hung",
    cause: { code: "timeout", params: { timeoutSeconds: 30 } },
    durationSeconds: 30,
  }]);
});

Deno.test("RealTimeMetricsCollector makes a gap of failures, an event of each, and one of the recovery", async () => {
  const { fetch } = scriptedFetch(
    metricsOnly((count) => count >= 2 && count < 5 ? { error: refused() } : { body: exposition(count) }),
  );
  const { it, pass, events } = collector({ fetch, targets: ["http://a:1"], intervalSeconds: 2 });
  it.start();
  await pass(12);
  await it.stop();
  const [series] = it.getLatestData("vllm:generation_tokens_total");
  assert.deepEqual(offsets(series!.timesSeconds), [0, 2, 10, 12]);
  assert.deepEqual(Array.from(series!.values), [0, 1, 5, 6]);
  assert.deepEqual(offsets(series!.staleSeconds), [4]);
  assert.deepEqual(kinds(await events()), [
    "4 scrape_failed",
    "6 scrape_failed",
    "8 scrape_failed",
    "10 scrape_recovered",
  ]);
  const recovered = (await events()).at(-1)!;
  assert.deepEqual(
    recovered.kind === "scrape_recovered" && [recovered.failedCount, recovered.gapSeconds],
    [3, 8],
  );
  const [health] = it.health;
  assert.deepEqual(
    [health!.state, health!.scrapes, health!.failures, health!.gaps, health!.lastError],
    ["ok", 7, 3, 1, { timeSeconds: T0 + 8, cause: { code: "connection_refused" } }],
  );
});

Deno.test("RealTimeMetricsCollector keeps reading a server that answers too late, on the grid", async () => {
  const clock = new VirtualClock(T0);
  const { fetch } = scriptedFetch(metricsOnly(() => ({ hang: true })), { clock });
  const { it, pass, events } = collector({ clock, fetch, targets: ["http://a:1"], intervalSeconds: 2 });
  it.start();
  await pass(8);
  await it.stop();
  // The time limit is the interval: no tick is skipped for it.
  assert.deepEqual(kinds(await events()), [0, 2, 4, 6, 8].map((at) => `${at} scrape_failed`));
});

Deno.test("RealTimeMetricsCollector sees a restart: one event, counted in the health", async () => {
  const { fetch } = scriptedFetch(metricsOnly((count) => ({
    body: count < 3 ? exposition(100 + count) : exposition(count, { startSeconds: 1_700_000_500 }),
  })));
  const { it, pass, events } = collector({ fetch, targets: ["http://a:1"], intervalSeconds: 1 });
  it.start();
  await pass(5);
  await it.stop();
  assert.deepEqual(await events(), [{
    kind: "counter_reset",
    timeSeconds: T0 + 3,
    target: "a:1",
    reason: "process_start_changed",
    seriesCount: 1,
    previousTimeSeconds: T0 + 2,
    newStartSeconds: 1_700_000_500,
  }]);
  assert.equal(it.health[0]!.resets, 1);
  assert.equal((await it.facts())[0]!.startTimeSeconds, 1_700_000_500);
});

Deno.test("RealTimeMetricsCollector keeps two targets two, and their engines apart", async () => {
  const { fetch } = scriptedFetch((url) =>
    url.pathname === "/metrics"
      ? { body: exposition(url.host === "a:1" ? 10 : 20, { engines: 2 }) }
      : { body: "", status: 404 }
  );
  const { it } = collector({ fetch, targets: ["http://a:1", { id: "second", url: "http://b:2" }] });
  await it.collectOnce();
  const found = it.getLatestData("vllm:num_requests_running").map((
    { labels, values },
  ) => [labels.target, labels.engine, values[0]]);
  assert.deepEqual(found, [["a:1", "0", 1], ["a:1", "1", 2], ["second", "0", 1], ["second", "1", 2]]);
  assert.deepEqual(
    it.getLatestData("generation_tokens", { labels: { target: "second", engine: "1" } }).map(({ values }) =>
      values[0]
    ),
    [20],
  );
  assert.deepEqual((await it.facts()).map(({ target, address, engines }) => [target, address, engines]), [
    ["a:1", "http://a:1/metrics", ["0", "1"]],
    ["second", "http://b:2/metrics", ["0", "1"]],
  ]);
  await it.stop();
});

Deno.test("RealTimeMetricsCollector knows a target's address before it ever answers", async () => {
  const { fetch } = scriptedFetch(() => ({ error: refused() }));
  const { it } = collector({ fetch, targets: ["http://user:word@a:1"] });
  const [result] = await it.collectOnce();
  assert.deepEqual(result, { target: "a:1", timeSeconds: T0, failed: { code: "connection_refused" } });
  assert.deepEqual(await it.facts(), [
    { target: "a:1", simulated: false, address: "http://a:1/metrics", intervalSeconds: 2 },
  ]);
  await it.stop();
});

Deno.test("RealTimeMetricsCollector notes a standstill of the process", async () => {
  // A clock that the test moves by hand while the loop sleeps: what a suspended laptop looks like.
  let now = T0;
  const wake: (() => void)[] = [];
  const clock = {
    nowSeconds: () => now,
    sleepUntil: (timeSeconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        if (timeSeconds <= now) resolve();
        else wake.push(resolve);
      }),
  };
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  const sampler = gaugeSampler({ id: "it", intervalSeconds: 2, read: (_time, count) => count });
  const it = new RealTimeMetricsCollector({
    targets: [],
    gpu: false,
    system: false,
    clock,
    samplers: [sampler],
  });
  it.start();
  await settle();
  for (const time of [T0 + 2, T0 + 2 + 3600, T0 + 3604]) {
    now = time;
    for (const resolve of wake.splice(0)) resolve();
    await settle();
  }
  await it.stop();
  const events = await it.events({ startSeconds: T0, endSeconds: T0 + 9999 });
  const jumps = events.filter((event) => event.kind === "clock_jump");
  assert.deepEqual(jumps, [{ kind: "clock_jump", timeSeconds: T0 + 3602, target: "it", jumpSeconds: 3598 }]);
  assert.deepEqual(offsets(it.getLatestData("test_it")[0]?.timesSeconds), [0, 2, 3602, 3604]);
  assert.equal(it.health[0]!.skippedTicks, 1799);
});

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
  assert.throws(() => it.collectOnce(), /was stopped/);
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
  assert.deepEqual(values("no such name"), []);
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
