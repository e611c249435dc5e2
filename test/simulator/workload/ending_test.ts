/** How loads end: at a time, at a stop, at a dead server. Every request that was begun is a row. */
import assert from "node:assert/strict";
import { sleep } from "../../../src/base/clock.ts";
import { VirtualClock } from "../../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../../src/collector/collector.ts";
import type { WorkloadResult } from "../../../src/simulator/workload/results.ts";
import { VllmWorkloadSimulator } from "../../../src/simulator/workload/simulator.ts";
import { failureReasons, summarise } from "../../../src/simulator/workload/summary.ts";
import { countsSentence } from "../../../src/text/workload.ts";
import { lab, near, QUICK, START } from "./lab.ts";
import type { MockAnswer } from "./mock_api.ts";
import { record } from "./records.ts";

/** Takes 60 s. */
const SLOW: MockAnswer = { kind: "stream", ttftSeconds: 1, itlSeconds: 1, tokens: 60 };

/** planned = rows + not sent. */
function addsUp(result: WorkloadResult): void {
  const [phase] = result.phases;
  assert.equal(phase!.planned, result.records.length + phase!.notSent!);
}

const REASON = "still running 10 s after the end of sending";

Deno.test("a closed loop that ends by time waits 10 s for what runs, then cuts it", async () => {
  const { workload } = lab(() => SLOW);
  const result = await workload.simulateConcurrentLoad({
    concurrency: 4,
    durationSeconds: 20,
    spreadSeconds: 0,
  });
  assert.equal(result.summary.byOutcome.unfinished, 4);
  near(result.span.endSeconds, START + 30);
  assert.deepEqual(result.summary.failures.map(({ reason, count }) => [count, reason]), [[4, REASON]]);
  assert.equal(result.stopped, undefined, "it ended as planned");
});

Deno.test("an open loop that ends by time waits 10 s for what runs, then cuts it and drops what waits", async () => {
  const { workload } = lab(() => SLOW);
  const result = await workload.simulateSteadyLoad({
    ratePerSecond: 1,
    durationSeconds: 20,
    maxInFlight: 15,
    dropAfterSeconds: 100,
  });
  near(result.span.endSeconds, START + 30);
  assert.deepEqual([result.summary.byOutcome.unfinished, result.summary.byOutcome.dropped], [15, 5]);
  addsUp(result);
});

Deno.test("drainSeconds bounds the drain, and a load by number waits for all of its requests", async () => {
  const run = async (options: { readonly drainSeconds?: number; readonly requests?: number }) => {
    const { workload } = lab(() => SLOW);
    const { requests, drainSeconds = 10 } = options;
    const end = requests === undefined ? { durationSeconds: 5 } : { requests };
    const result = await workload.simulateConcurrentLoad({
      concurrency: 2,
      spreadSeconds: 0,
      drainSeconds,
      ...end,
    });
    return [result.summary.byOutcome.ok, result.summary.byOutcome.unfinished, result.summary.durationSeconds];
  };
  assert.deepEqual(await run({ drainSeconds: 0 }), [0, 2, 5]);
  assert.deepEqual(await run({ drainSeconds: 20 }), [0, 2, 25]);
  assert.deepEqual(await run({ drainSeconds: Infinity }), [2, 0, 60]);
  assert.deepEqual(await run({ requests: 2 }), [2, 0, 60]);
  await assert.rejects(run({ drainSeconds: -1 }), RangeError);
});

Deno.test("a stopped load has a row for every request that was begun, and counts those that were not", async () => {
  for (const concurrency of [1, 8]) {
    const { clock, workload } = lab((i) => i < 5 ? QUICK : SLOW);
    const stop = new AbortController();
    const running = workload.simulateConcurrentLoad({ concurrency, requests: 100, signal: stop.signal });
    await sleep(clock, 12);
    stop.abort();
    const result = await running;
    assert.equal(result.summary.byOutcome.ok, 5);
    assert.equal(result.summary.byOutcome.unfinished, concurrency);
    assert.equal(result.summary.failures[0]?.reason, "stopped before its end");
    assert.deepEqual(result.stopped, { code: "cancelled" });
    assert.equal(result.phases[0]?.notSent, 95 - concurrency);
    addsUp(result);
  }
});

Deno.test("a dead server gets a few connections from each user of a closed loop, further and further apart", async () => {
  const times: number[] = [];
  const { workload } = lab((_, now) => {
    times.push(now - START);
    return { kind: "refuses" };
  });
  const result = await workload.simulateConcurrentLoad({
    concurrency: 1,
    durationSeconds: 60,
    stopAfterFailures: Infinity,
  });
  assert.deepEqual(times.map(Math.round), [0, 1, 3, 7, 15, 25, 35, 45, 55]);
  assert.deepEqual(result.summary.failures, [
    { outcome: "connection_error", reason: "connection refused", count: 9 },
  ]);
});

Deno.test("a closed loop goes on at once when a dead server is back", async () => {
  const { workload } = lab((_, now) => now - START < 10 ? { kind: "refuses" } : QUICK);
  const result = await workload.simulateConcurrentLoad({ concurrency: 8, durationSeconds: 60 });
  assert.equal(result.stopped, undefined);
  assert.equal(result.summary.byOutcome.connection_error, 8 * 4);
  assert.ok(result.summary.byOutcome.ok > 1000);
});

Deno.test("a stop while a host does not answer ends the load at once", async () => {
  const { clock, workload } = lab(() => ({ kind: "hangs" }));
  const stop = new AbortController();
  const running = workload.simulateConcurrentLoad({
    concurrency: 4,
    durationSeconds: 60,
    signal: stop.signal,
  });
  await sleep(clock, 3);
  stop.abort();
  const result = await running;
  near(result.span.endSeconds, START + 3);
  assert.equal(result.summary.byOutcome.unfinished, 4);
});

Deno.test("a collector that is stopped with a stopped load still gets its open requests and its end", async () => {
  const stop = new AbortController();
  const { clock, workload } = lab(() => SLOW, { stopSignal: () => stop.signal });
  const collector = new RealTimeMetricsCollector({
    targets: [],
    gpu: false,
    system: false,
    clock,
    samplers: [workload.sampler],
  });
  collector.start();
  const running = workload.simulateConcurrentLoad({ concurrency: 6, requests: 100 });
  await sleep(clock, 5.5);
  stop.abort();
  // Not waited for before the stop: a cell that was interrupted does not wait for its load.
  await collector.stop();
  const span = { startSeconds: START, endSeconds: START + 100 };
  const rows = await collector.requests(span);
  assert.deepEqual(rows.map(({ outcome }) => outcome), Array.from({ length: 6 }, () => "unfinished"));
  const events = (await collector.events(span)).filter((event) => event.kind === "workload");
  assert.deepEqual(
    events.map((event) => event.kind === "workload" && [event.state, event.plan?.["notSent"]]),
    [
      ["begin", undefined],
      ["end", 94],
    ],
  );
  await running;
});

Deno.test("a user whom the server tells to retry later does so, and a redirect is named, not followed", async () => {
  const clock = new VirtualClock(START);
  const times: number[] = [];
  const headers = { "retry-after": "3", location: "https://elsewhere.example/v1" };
  const workload = new VllmWorkloadSimulator({
    apiBase: "http://mock",
    model: "m",
    clock,
    fetch: () => {
      times.push(clock.nowSeconds() - START);
      const status = times.length < 3 ? 429 : 307;
      return Promise.resolve(Response.json({ error: { message: "slow down" } }, { status, headers }));
    },
  });
  const result = await workload.simulateConcurrentLoad({ concurrency: 1, requests: 3 });
  assert.deepEqual(times.map(Math.round), [0, 3, 6]);
  assert.match(result.records[2]!.error!, /^HTTP 307: redirects to https:\/\/elsewhere\.example\/v1$/);
});

Deno.test("failureReasons() says a reason once, wherever in the answer the connection broke", () => {
  const broken = { outcome: "connection_error", error: "connection closed before the answer ended" } as const;
  const refused = { outcome: "error", error: "engine died" } as const;
  const failures = failureReasons([
    record({ ...broken, status: undefined }),
    record({ ...broken, status: 200 }),
    record({ ...broken, status: 200 }),
    record({ ...refused, status: 500 }),
    record({ ...refused, status: 503 }),
    record({}),
  ]);
  assert.deepEqual(failures.map(({ count, reason, status }) => [count, reason, status]), [
    [3, "connection closed before the answer ended", undefined],
    [1, "engine died", 500],
    [1, "engine died", 503],
  ]);
});

Deno.test("countsSentence() adds up to the last request", () => {
  const records = [
    ...Array.from({ length: 9_727 }, () => record({})),
    ...Array.from({ length: 238 }, () => record({ outcome: "error", error: "no" })),
    ...Array.from({ length: 35 }, () => record({ outcome: "connection_error", error: "gone" })),
  ];
  const told = countsSentence(
    { records, summary: summarise(records), phases: [] } as unknown as WorkloadResult,
    "en",
  );
  assert.equal(told, "Requests: 10000 = 9727 ok + 238 refused or failed + 35 connection failed.");
});

Deno.test("who gives the common stop signal learns of every load, also of one that brings its own", async () => {
  let asked = 0;
  const stopSignal = () => {
    asked++;
    return AbortSignal.abort();
  };
  const { workload } = lab(() => ({ kind: "refuses" }), { stopSignal });
  const { signal } = new AbortController();
  const { summary } = await workload.simulateConcurrentLoad({ concurrency: 1, requests: 1, signal });
  assert.equal(asked, 1);
  assert.equal(summary.byOutcome.connection_error, 1);
  await workload.sendCompletion({ signal });
  assert.equal(asked, 2);
});
