import assert from "node:assert/strict";
import { sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import type { SampleBatch } from "../../src/series/types.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { exposition, gaugeSampler, refused, scriptedFetch } from "./fakes.ts";
import { collector, kinds, metricsOnly, offsets, T0 } from "./virtual.ts";

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
    {
      target: "a:1",
      simulated: false,
      address: "http://a:1/metrics",
      intervalSeconds: 2,
      absent: { answer: { code: "connection_refused" } },
    },
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

Deno.test("RealTimeMetricsCollector keeps no limit of its own for a sampler that limits itself, and calls it off at the stop", async () => {
  let calledOffAt = NaN;
  const clock = new VirtualClock(T0);
  const never = {
    id: "never",
    intervalSeconds: 1,
    limitsItself: true,
    sample: (_time: number, signal: AbortSignal) =>
      new Promise<SampleBatch>((_, reject) =>
        signal.addEventListener("abort", () => {
          calledOffAt = clock.nowSeconds() - T0;
          reject(signal.reason);
        })
      ),
  };
  const { it, pass } = collector({ clock, samplers: [never] });
  it.start();
  await pass(60);
  assert.deepEqual([calledOffAt, it.health[0]!.failures], [NaN, 0]); // Others are given up after 30 s.
  await it.stop();
  assert.equal(Number(calledOffAt.toFixed(1)), 65.1);
});
