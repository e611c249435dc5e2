/** What a verdict must not leave unsaid, and must not hold against the wrong one. */
import assert from "node:assert/strict";
import { sleep } from "../../src/base/clock.ts";
import { diagnose } from "../../src/analyzer/diagnose.ts";
import type { Numbers } from "../../src/analyzer/evidence.ts";
import { isQueueTimePending } from "../../src/analyzer/told_evidence.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { verdictSentence } from "../../src/report/findings_blocks.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { LabEvent, RequestRecord } from "../../src/series/types.ts";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";
import { type At, engineSeries, type MadeUp, sourceOf, START } from "../helpers/engine_series.ts";

/** Eight or so, as arrivals that come by themselves make it. */
const around8: At = (second) => 8 + Math.round(2 * Math.sin(second * 1.7) + Math.cos(second * 0.6));

Deno.test("isQueueTimePending() tells a queue time of those before from one of those that wait", () => {
  const of = (waiting: number, queued: number | undefined, finishes?: number) =>
    isQueueTimePending(
      {
        waiting_median: waiting,
        ...(queued === undefined ? {} : { queue_time_mean: queued }),
        ...(finishes === undefined ? {} : { finish_rate: finishes }),
      } satisfies Numbers,
    );
  assert.equal(of(47, 0, 2), true);
  assert.equal(of(47, 0), true, "no e2e histogram");
  assert.equal(of(47, 5, 0), true, "nobody leaves: nobody knows how long it will be");
  assert.equal(of(47, 20, 2), false, "23.5 s by Little's law");
  assert.equal(of(0, 0, 2), false, "none waits");
  assert.equal(of(47, undefined, 2), false);
});

Deno.test("diagnose() shows no queue time of 0 beside requests that wait, and says why", async () => {
  // 47 wait from second 200 on; a server counts the queue time of a request when it ends.
  const source = sourceOf(
    engineSeries({
      running: around8,
      waiting: (second) => second < 200 ? 0 : 47,
      kv: (second) => second < 200 ? 0.5 : 0.99,
    }),
    260,
  );
  const [kv] = (await diagnose(source)).findings;
  assert.equal(kv!.code, "kv_bound");
  assert.deepEqual(kv!.evidence.filter(({ quantity }) => quantity === "queue_time_mean"), []);
  assert.match(verdictSentence(kv!, "en"), /Those that wait have no queue time yet/);
  assert.match(verdictSentence(kv!, "zh-TW"), /尚無佇列時間/);
});

Deno.test("diagnose() names the time of a healthy run that nobody watched", async () => {
  // The machine slept from second 120 to 180: no read, no failure.
  const slept = engineSeries({ running: around8 }).map((one): MadeUp => ({
    ...one,
    at: (second) => second > 120 && second < 180 ? undefined : one.at(second),
  }));
  const [healthy] = (await diagnose(sourceOf(slept, 300))).findings;
  assert.deepEqual([healthy!.code, healthy!.confidence], ["healthy", "medium"]);
  assert.match(
    verdictSentence(healthy!, "en"),
    /^Nothing is wrong in \d+ windows: .*; 60 s of the time were not watched\./,
  );
  assert.match(verdictSentence(healthy!, "zh-TW"), /其中 60 s 沒有監看/);
  const [gap] = healthy!.evidence.filter(({ quantity }) => quantity === "gap_duration");
  assert.deepEqual([gap!.value, gap!.count, gap!.window], [
    60,
    1,
    { startSeconds: START + 120, endSeconds: START + 180 },
  ]);
  const [idle] = (await diagnose(sourceOf(
    engineSeries({ running: () => 0 }).map((one): MadeUp => ({
      ...one,
      at: (second) =>
        second > 120 && second < 180 ? undefined : one.type === "gauge" ? one.at(second) : one.at(0),
    })),
    300,
  ))).findings;
  assert.match(verdictSentence(idle!, "en"), /no request ran; 60 s of the time were not watched\.$/);
});

Deno.test("diagnose() is less sure of health where more comes at the end than ever before", async () => {
  const steps = engineSeries({ running: (second) => around8(second) + (second > 292 ? 14 : 0) });
  const [finding] = (await diagnose(sourceOf(steps, 300))).findings;
  assert.deepEqual([finding!.code, finding!.confidence, finding!.params.doubt], [
    "healthy",
    "medium",
    "busier_at_end",
  ]);
  assert.match(verdictSentence(finding!, "en"), /came or ran at its end than usual: what that leads to/);
});

function refused(source: MemorySource, from: number, to: number): void {
  for (let second = from; second <= to; second++) {
    source.addEvent(
      {
        kind: "scrape_failed",
        timeSeconds: START + second,
        target: "vllm",
        cause: { code: "connection_refused" },
        durationSeconds: 0.001,
      } satisfies LabEvent,
    );
  }
}

Deno.test("diagnose() says first of all that a server is gone, and not of one that came back or never was", async () => {
  const hung = engineSeries({ running: around8 }).map((one): MadeUp => ({
    ...one,
    at: (second) => second > 240 ? undefined : one.at(one.type === "gauge" || second < 200 ? second : 200),
  }));
  const source = sourceOf(hung, 300);
  refused(source, 241, 300);
  const { findings } = await diagnose(source);
  const [gone, next] = findings;
  assert.ok(findings.every(({ code }) => code !== "data_stale"), "it is said why there is nothing new");
  assert.deepEqual([gone!.code, gone!.severity, gone!.params.gone], ["scrapes_failing", "critical", "yes"]);
  assert.equal(gone!.span.startSeconds, START + 241);
  assert.match(verdictSentence(gone!, "en"), /^The server is gone: no answer for 59 s \(connection refused/);
  assert.match(verdictSentence(gone!, "zh-TW"), /^伺服器已經不在：59 s 沒有回應/);
  assert.equal(next!.code, "engine_hung", "what was before it comes after it");
});

Deno.test("diagnose() says that a server is gone also where it was watched for a moment only, and not of one that never answered", async () => {
  const source = new MemorySource();
  source.addFacts({ target: "vllm", kind: "vllm", simulated: false, version: "0.32.0" });
  source.addFacts({ target: "system", kind: "host", simulated: false });
  refused(source, 4, 13);
  const [gone] = (await diagnose(source)).findings;
  assert.match(verdictSentence(gone!, "en"), /^The server is gone: no answer for 9 s \(connection refused/);
  const never = new MemorySource();
  never.addFacts({ target: "vllm", kind: "vllm", simulated: false });
  refused(never, 4, 13);
  assert.match(verdictSentence((await diagnose(never)).findings[0]!, "en"), /^10 scrapes failed over 9 s/);
});

Deno.test("diagnose() names a server that never answered beside those that did", async () => {
  const source = sourceOf(engineSeries({ running: around8 }), 60);
  source.addFacts({ target: "other", kind: "vllm", simulated: false });
  source.addFacts({ target: "system", kind: "host", simulated: false });
  for (let second = 0; second <= 60; second++) {
    source.addEvent({
      kind: "scrape_failed",
      timeSeconds: START + second,
      target: "other",
      cause: { code: "not_metrics" },
      durationSeconds: 0.001,
    });
  }
  const { findings } = await diagnose(source);
  assert.deepEqual(findings.map(({ code, target }) => [code, target]), [
    ["scrapes_failing", "other"],
    ["healthy", "vllm"],
  ]);
});

Deno.test("diagnose() shows the server's own crowd beside a load generator at its limit", async () => {
  const source = sourceOf(
    engineSeries({ running: around8, waiting: (second) => second < 196 ? 0 : 30 }),
    200,
  );
  for (let second = 150; second < 200; second++) {
    source.addRequest(
      {
        id: String(second),
        target: "workload",
        model: "m",
        endpoint: "chat",
        phase: "steady",
        engine: "raw",
        outcome: "ok",
        trust: "client_limited",
        dueSeconds: START + second,
        sentSeconds: START + second + 0.5,
        chunkTimesSeconds: Float64Array.of(START + second + 0.55, START + second + 0.6),
        endSeconds: START + second + 0.9,
      } satisfies RequestRecord,
    );
  }
  const { findings } = await diagnose(source);
  assert.deepEqual(findings.map(({ code }) => code), ["client_saturated", "cannot_tell"]);
  assert.match(verdictSentence(findings[1]!, "en"), /30 requests wait/);
});

Deno.test("diagnose() does not hold a stop of the load against the clients", async () => {
  const clock = new VirtualClock(START);
  const server = SimulatedVllm.inProcess({ clock, seed: 1 });
  const { fetch } = server;
  const collector = new RealTimeMetricsCollector({
    targets: [{ id: "vllm", url: server.url }],
    intervalSeconds: 1,
    clock,
    fetch,
    system: false,
    gpu: false,
  });
  const workload = new VllmWorkloadSimulator({ apiBase: server.apiBase, clock, fetch, seed: 1 });
  collector.addSampler(workload.sampler);
  const stop = new AbortController();
  await clock.drive(async () => {
    collector.start();
    const load = workload.simulateSteadyLoad({
      durationSeconds: 600,
      requestsPerMinute: 480,
      signal: stop.signal,
    });
    await sleep(clock, 90);
    stop.abort();
    await load;
    await sleep(clock, 12);
    await collector.stop();
    await server.stop();
  });
  const cut = collector.requests({ startSeconds: START, endSeconds: START + 200 });
  const stopped = (await cut).filter(({ outcome }) => outcome === "unfinished");
  assert.ok(stopped.length >= 20, `${stopped.length} ran when it was stopped`);
  const { findings } = await diagnose(collector);
  assert.deepEqual(findings.filter(({ code }) => code === "hidden_aborts"), []);
});
