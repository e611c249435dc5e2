import assert from "node:assert/strict";
import {
  latenessSeconds,
  ttftScheduledSeconds,
  ttftSeconds,
} from "../../../src/simulator/workload/request_times.ts";
import { lab, near, QUICK, START } from "./lab.ts";
import type { MockAnswer } from "./mock_api.ts";

Deno.test("simulateConcurrentLoad() holds the concurrency to the end and loses no slot", async () => {
  // Every tenth request fails in one way or another; its user must go on.
  const bad: MockAnswer[] = [
    { kind: "status", status: 500, message: "no" },
    { kind: "dies", afterTokens: 2 },
    { kind: "breaks", afterTokens: 2 },
    { kind: "refuses" },
  ];
  const { workload, api } = lab((i) => i % 10 === 9 ? bad[Math.floor(i / 10) % 4]! : QUICK);
  const result = await workload.simulateConcurrentLoad({ requests: 400, concurrency: 20 });
  assert.equal(result.records.length, 400);
  assert.equal(api.log.length, 400);
  assert.equal(api.maxInFlight, 20);
  assert.equal(result.summary.maxInFlight, 20);
  assert.deepEqual(result.summary.byOutcome, {
    ok: 360,
    error: 20,
    connection_error: 20,
    timeout: 0,
    aborted: 0,
    unfinished: 0,
    dropped: 0,
  });
  assert.deepEqual(
    result.summary.failures.map(({ outcome, reason, count }) => `${count} ${outcome}: ${reason}`).sort(),
    [
      "10 connection_error: connection refused",
      "10 connection_error: connection reset",
      "10 error: Stream ended without a finish reason",
      "10 error: no",
    ],
  );
  assert.equal(result.summary.outputTokens, 360 * 11);
  near(result.summary.ttft?.p99, 0.1);
  near(result.summary.tpot?.mean, 0.02);
  assert.equal(result.summary.itl?.count, 3600);
  assert.deepEqual([result.trust.level, result.trust.reasons], ["not_measured", ["virtual_time"]]);
});

Deno.test("simulateSteadyLoad() sends on schedule however slow the server is", async () => {
  const { workload, api } = lab(() => ({ kind: "stream", ttftSeconds: 7, itlSeconds: 0.1, tokens: 20 }));
  const result = await workload.simulateSteadyLoad({ durationSeconds: 10, requestsPerMinute: 120 });
  assert.equal(result.records.length, 20);
  const first = api.log[0]!.receivedSeconds;
  api.log.forEach((truth, i) => near(truth.receivedSeconds - first, i * 0.5));
  assert.ok(result.records.every((record) => latenessSeconds(record)! < 1e-6));
});

Deno.test("an open loop shows the queue that a closed loop hides", async () => {
  // The server stands still from second 10 to 12: what is sent then gets its first token at 12.01.
  const stall = (_: number, time: number): MockAnswer => {
    const since = time - START;
    const wait = since >= 10 && since < 12 ? 12 - since : 0;
    return { kind: "stream", ttftSeconds: wait + 0.01, itlSeconds: 0, tokens: 1 };
  };
  const open = lab(stall);
  const steady = await open.workload.simulateSteadyLoad({ durationSeconds: 20, ratePerSecond: 50 });
  // 100 of 1,000 requests wait, evenly from 2 s down to 0.02 s: the top 1 % are those above 1.8 s.
  near(steady.summary.ttftScheduled?.max, 2.01);
  assert.ok(
    Math.abs(steady.summary.ttftScheduled!.p99 - 1.81) < 0.02,
    `${steady.summary.ttftScheduled!.p99}`,
  );
  const closed = lab(stall);
  const users = await closed.workload.simulateConcurrentLoad({
    durationSeconds: 20,
    concurrency: 1,
    thinkSeconds: 0.01,
  });
  const waited = users.summary.ttft!.max;
  assert.ok(waited > 1.98 && waited <= 2.01 + 1e-6, `${waited}`);
  near(users.summary.ttft?.p99, 0.01); // one of some 900 requests saw the stall
});

Deno.test("an open loop beyond its places counts late and dropped requests, and never re-anchors", async () => {
  const { workload } = lab(() => ({ kind: "stream", ttftSeconds: 1, itlSeconds: 0, tokens: 1 }));
  const result = await workload.simulateSteadyLoad({
    durationSeconds: 10,
    ratePerSecond: 4,
    maxInFlight: 2,
    dropAfterSeconds: 3,
  });
  assert.equal(result.records.length, 40);
  // Two places of one second each: two answers a second. The queue grows by two a second until waits reach 3 s.
  assert.equal(result.summary.maxInFlight, 2);
  assert.ok(result.summary.byOutcome.dropped > 0);
  assert.equal(result.summary.byOutcome.ok + result.summary.byOutcome.dropped, 40);
  assert.ok(result.summary.lateness!.max <= 3 + 1e-6);
  const due = result.records.map((record) => record.dueSeconds).sort((a, b) => a - b);
  due.forEach((time, i) => near(time - due[0]!, i * 0.25));
  const late = result.records.find((record) => record.outcome === "ok" && latenessSeconds(record)! > 1)!;
  near(ttftScheduledSeconds(late)! - ttftSeconds(late)!, latenessSeconds(late)!);
});

Deno.test("an abort keeps what was done", async () => {
  const { workload, clock } = lab(() => QUICK);
  const controller = new AbortController();
  const stopper = clock.sleepUntil(START + 1.05).then(() => controller.abort());
  const result = await workload.simulateConcurrentLoad({
    requests: 1000,
    concurrency: 2,
    signal: controller.signal,
  });
  await stopper;
  // Two users at 0.3 s a request: three rounds are done, the fourth is cut.
  assert.deepEqual([result.summary.byOutcome.ok, result.summary.byOutcome.unfinished], [6, 2]);
  assert.deepEqual(result.stopped, { code: "cancelled" });
});

Deno.test("a load stops when the server fails in a row, and says it once", async () => {
  const { workload } = lab(() => ({ kind: "status", status: 404, message: "The model `x` does not exist." }));
  const result = await workload.simulateConcurrentLoad({
    requests: 1000,
    concurrency: 4,
    stopAfterFailures: 20,
  });
  assert.deepEqual(result.stopped, {
    code: "failures_in_a_row",
    count: 20,
    error: "The model `x` does not exist.",
  });
  assert.ok(result.records.length < 30);
  assert.equal(result.summary.failures.length, 1);
  assert.equal(result.summary.failures[0]!.count, result.records.length);
});

Deno.test("a token budget is never exceeded", async () => {
  const { workload } = lab(() => QUICK);
  const result = await workload.simulateConcurrentLoad({
    requests: 1000,
    concurrency: 5,
    maxTokens: 11,
    prompts: ["seven tokens"],
    tokenBudget: 400,
  });
  assert.equal(result.stopped?.code, "token_budget");
  const used = result.summary.promptTokens + result.summary.outputTokens;
  assert.ok(used <= 400 && used > 250, `${used}`);
});

Deno.test("requests can be given up on purpose", async () => {
  const { workload, api } = lab(() => QUICK);
  const result = await workload.simulateConcurrentLoad({
    requests: 200,
    concurrency: 10,
    aborts: { ratio: 0.25, afterChunks: 3 },
  });
  const aborted = result.records.filter((record) => record.outcome === "aborted");
  assert.ok(aborted.length > 30 && aborted.length < 70, `${aborted.length}`);
  assert.ok(aborted.every((record) => record.chunkTimesSeconds.length === 3));
  assert.equal(api.log.filter((truth) => truth.cut).length, aborted.length);
  assert.equal(result.summary.byOutcome.ok + aborted.length, 200);
});

Deno.test("what runs when the time is up is ended or cut, as asked", async () => {
  const slow: MockAnswer = { kind: "stream", ttftSeconds: 4, itlSeconds: 0, tokens: 1 };
  const f = async (atEnd: "drain" | "cut", ok: number, unfinished: number, seconds: number) => {
    const { workload } = lab(() => slow);
    const result = await workload.simulateConcurrentLoad({
      concurrency: 2,
      durationSeconds: 10,
      spreadSeconds: 0,
      atEnd,
    });
    assert.deepEqual([result.summary.byOutcome.ok, result.summary.byOutcome.unfinished], [ok, unfinished]);
    near(result.summary.durationSeconds, seconds);
  };
  await f("drain", 6, 0, 12);
  await f("cut", 4, 2, 10);
});

Deno.test("each run salts its prompts unless prefixes are to be kept", async () => {
  const { workload, api } = lab(() => QUICK);
  await workload.simulateConcurrentLoad({ requests: 2, concurrency: 1, prompts: ["same"] });
  await workload.simulateConcurrentLoad({ requests: 2, concurrency: 1, prompts: ["same"] });
  const kept = await workload.simulateConcurrentLoad({
    requests: 1,
    concurrency: 1,
    prompts: ["same"],
    keepPrefixes: true,
  });
  const prompts = api.log.map(({ body }) => String(body["prompt"]));
  assert.equal(prompts[0], prompts[1]);
  assert.notEqual(prompts[1], prompts[2]);
  assert.equal(prompts[4], "same");
  assert.match(prompts[0]!, /^\([0-9a-f]{8}\) same$/);
  assert.equal(kept.keptPrefixes, true);
  assert.equal(new Set(api.log.map(({ id }) => id)).size, 5);
});

Deno.test("a conversation sends what was said before", async () => {
  const { workload, api } = lab(() => QUICK, { endpoint: "chat" });
  await workload.simulateConcurrentLoad({
    requests: 4,
    concurrency: 1,
    prompts: { kind: "conversation", turns: 3, tokensPerTurn: 8, systemTokens: 10 },
  });
  const roles = api.log.map(({ body }) =>
    (body["messages"] as readonly { role: string }[]).map(({ role }) => role[0]).join("")
  );
  assert.deepEqual(roles, ["su", "suau", "suauau", "su"]);
});

Deno.test("run() goes through the phases of a profile and tells its events", async () => {
  const { workload } = lab(() => QUICK);
  const result = await workload.run({
    name: "two",
    phases: [
      {
        name: "calm",
        mode: { kind: "open", arrivals: { kind: "poisson", ratePerSecond: 2 } },
        durationSeconds: 10,
      },
      { name: "busy", mode: { kind: "closed", users: 8 }, requests: 40 },
    ],
  });
  assert.deepEqual(result.phases.map(({ name }) => name), ["calm", "busy"]);
  assert.equal(result.phases[1]!.summary.requests, 40);
  assert.equal(result.records.length, result.phases[0]!.summary.requests + 40);
  const batch = await workload.sampler.sample(START, new AbortController().signal);
  assert.deepEqual(
    batch.events.map((event) => event.kind === "workload" ? `${event.phase} ${event.state}` : event.kind),
    ["calm begin", "calm end", "busy begin", "busy end"],
  );
  assert.equal(batch.requests?.length, result.records.length);
});

Deno.test("two runs on a virtual clock are alike to the last bit", async () => {
  const once = async () => {
    const { workload } = lab((i) => ({
      kind: "stream",
      ttftSeconds: 0.01 * (1 + i % 7),
      itlSeconds: 0.01,
      tokens: 5,
    }));
    return await workload.simulateSteadyLoad({ durationSeconds: 20, ratePerSecond: 5, arrivals: "poisson" });
  };
  assert.deepEqual(await once(), await once());
});

Deno.test("progress is told every second and at the end", async () => {
  const { workload } = lab(() => ({ kind: "stream", ttftSeconds: 0.1, itlSeconds: 0.02, tokens: 12 }));
  const told: string[] = [];
  await workload.simulateSteadyLoad({
    durationSeconds: 3,
    ratePerSecond: 10,
    onProgress: (now) =>
      told.push(`${now.elapsedSeconds.toFixed(1)} ${now.ended} ${now.inFlight} ${now.last}`),
  });
  assert.deepEqual(told, ["1.0 7 3 false", "2.0 17 3 false", "3.0 27 3 false", "3.2 30 0 true"]);
});

Deno.test("10,000 requests that fail in every way add up exactly, each reason said once", async () => {
  const ways: readonly MockAnswer[] = [
    { kind: "status", status: 404, message: "The model `x` does not exist." },
    { kind: "status", status: 400, message: "This model's maximum context length is 1024 tokens." },
    { kind: "status", status: 401, message: "Unauthorized" },
    { kind: "status", status: 503, message: "queue full" },
    { kind: "error_in_stream", afterTokens: 3, message: "engine dead" },
    { kind: "dies", afterTokens: 2 },
    { kind: "breaks", afterTokens: 4 },
    { kind: "refuses" },
    { kind: "hangs" },
  ];
  // Of every hundred requests three fail in each of the nine ways.
  const { workload, api } = lab((i) => ways[Math.floor((i % 100) / 3)] ?? { ...QUICK, tokens: 5 });
  const result = await workload.simulateConcurrentLoad({
    requests: 10_000,
    concurrency: 100,
    timeouts: { firstTokenSeconds: 5 },
  });
  assert.equal(result.records.length, 10_000);
  assert.equal(api.log.length, 10_000);
  assert.equal(new Set(result.records.map(({ id }) => id)).size, 10_000);
  assert.deepEqual(result.summary.byOutcome, {
    ok: 7300,
    error: 1800,
    connection_error: 600,
    timeout: 300,
    aborted: 0,
    unfinished: 0,
    dropped: 0,
  });
  assert.deepEqual(result.summary.failures.map(({ reason, count }) => `${count} ${reason}`).sort(), [
    "300 Stream ended without a finish reason",
    "300 The model `x` does not exist.",
    "300 This model's maximum context length is 1024 tokens.",
    "300 Unauthorized",
    "300 connection refused",
    "300 connection reset",
    "300 engine dead",
    "300 no first token within 5 s",
    "300 queue full",
  ]);
  assert.equal(result.summary.outputTokens, 7300 * 5);
});

Deno.test("a server that dies in the middle ends the load, and what it answered before is kept", async () => {
  const { workload } = lab((i) =>
    i < 30 ? QUICK : i < 34 ? { kind: "breaks", afterTokens: 4 } : { kind: "refuses" }
  );
  const result = await workload.simulateConcurrentLoad({ durationSeconds: 3600, concurrency: 4 });
  assert.equal(result.summary.byOutcome.ok, 30);
  assert.deepEqual(result.stopped, { code: "failures_in_a_row", count: 24, error: "connection refused" });
  assert.ok(result.summary.durationSeconds < 60, `${result.summary.durationSeconds}`);
});
