import assert from "node:assert/strict";
import { VirtualClock } from "../../../src/collector/clock.ts";
import { e2eSeconds, ttftSeconds } from "../../../src/simulator/workload/request_times.ts";
import { VllmWorkloadSimulator } from "../../../src/simulator/workload/simulator.ts";
import { WorkloadError } from "../../../src/simulator/workload/simulator_options.ts";
import { lab, near, QUICK, START } from "./lab.ts";
import type { MockAnswer } from "./mock_api.ts";

Deno.test("sendCompletion() gives the stream's true times and tokens", async () => {
  const { workload, api } = lab(() => QUICK);
  const record = await workload.sendCompletion();
  assert.equal(record.outcome, "ok");
  near(ttftSeconds(record), 0.1);
  near(e2eSeconds(record), 0.3);
  assert.deepEqual(
    [
      record.chunkTimesSeconds.length,
      record.promptTokens,
      record.cachedTokens,
      record.outputTokens,
      record.outputTokensFrom,
    ],
    [11, 7, 2, 11, "usage"],
  );
  assert.deepEqual([record.status, record.finishReason, record.model, record.engine], [
    200,
    "length",
    "mock-model",
    "fetch",
  ]);
  assert.equal(record.trust, "not_measured");
  const body = api.log[0]!.body;
  assert.equal(body["temperature"], 0.7);
  assert.equal(body["stream"], true);
  assert.deepEqual(body["stream_options"], { include_usage: true });
  assert.equal("seed" in body, false);
  assert.ok(Number(body["max_tokens"]) >= 50 && Number(body["max_tokens"]) <= 150);
  assert.equal(api.log[0]!.id, record.id);
});

Deno.test("sendCompletion() asks something else every time, and the same again with the same seed", async () => {
  const ask = async () => {
    const { workload, api } = lab(() => QUICK);
    for (let i = 0; i < 9; i++) await workload.sendCompletion();
    return api.log.map(({ body }) => `${body["prompt"]}`.replace(/^\(\w{8}\) /, ""));
  };
  const first = await ask();
  assert.equal(new Set(first).size, 8);
  assert.equal(first[8], first[0]);
  assert.deepEqual(await ask(), first);
});

Deno.test("sendCompletion() sends a seed only when asked", async () => {
  const { workload, api } = lab(() => QUICK);
  await workload.sendCompletion({ requestSeed: 42 });
  assert.equal(api.log[0]!.body["seed"], 42);
});

Deno.test("sendCompletion() ends at each of its timeouts", async () => {
  const f = async (answer: MockAnswer, options: object, error: string, seconds: number) => {
    const { workload } = lab(() => answer);
    const record = await workload.sendCompletion(options);
    assert.deepEqual([record.outcome, record.error], ["timeout", error]);
    near((record.endSeconds ?? 0) - (record.sentSeconds ?? 0), seconds);
  };
  const slow: MockAnswer = { kind: "stream", ttftSeconds: 40, itlSeconds: 1, tokens: 3 };
  await f(slow, {}, "no first token within 30 s", 30);
  await f({ kind: "hangs" }, { timeoutSeconds: 5 }, "no first token within 5 s", 5);
  await f(
    { ...slow, ttftSeconds: 1, itlSeconds: 9 },
    { timeouts: { idleSeconds: 4 } },
    "no token for 4 s",
    5,
  );
  await f(
    { ...slow, ttftSeconds: 1, itlSeconds: 2, tokens: 100 },
    { timeouts: { totalSeconds: 12 } },
    "no end within 12 s",
    12,
  );
});

Deno.test("checkAvailability() lists models or gives the cause", async () => {
  const ok = lab(() => QUICK);
  assert.deepEqual(await ok.workload.checkAvailability(), {
    available: true,
    models: ["mock-model"],
    maxModelLength: 4096,
  });
  const f = async (fetch: typeof globalThis.fetch, expected: unknown) => {
    const workload = new VllmWorkloadSimulator({
      apiBase: "http://mock",
      fetch,
      clock: new VirtualClock(START),
    });
    assert.deepEqual(await workload.checkAvailability(), { available: false, cause: expected });
  };
  const url = "http://mock";
  await f(() => Promise.reject(new TypeError("connection refused (os error 111)")), {
    code: "connection_refused",
    params: { url },
  });
  await f(() => Promise.resolve(new Response("no", { status: 401 })), {
    code: "key_wanted",
    params: { status: 401, url: "http://mock/v1/models" },
  });
  await f(() => Promise.resolve(new Response("<html>")), { code: "not_openai_api", params: { url } });
  await f(() => new Promise(() => {}), { code: "timeout", params: { seconds: 5 } });
});

Deno.test("a server that cannot be loaded is named in one sentence with what to do, whatever the cause", async () => {
  const f = async (fetch: typeof globalThis.fetch, message: string) => {
    const clock = new VirtualClock(START);
    const workload = new VllmWorkloadSimulator({ apiBase: "http://mock:8000", fetch, clock });
    await assert.rejects(workload.sendCompletion(), { name: "WorkloadError", message });
  };
  await f(
    () => Promise.reject(new TypeError("tcp connect error: Connection refused (os error 111)")),
    "Cannot load http://mock:8000: nothing listens there, wanted a running server, such as deno task serve, or another address",
  );
  await f(
    () => Promise.reject(new TypeError("dns error:\n no such host")),
    "Cannot load http://mock:8000: no machine of that name is known, wanted an address that can be reached from here",
  );
  await f(
    () => new Promise(() => {}),
    "Cannot load http://mock:8000: no answer within 5 s, wanted a server that answers",
  );
  await f(
    () => Promise.resolve(new Response("no", { status: 401 })),
    "Cannot load http://mock:8000: it answered with status 401, wanted a key in the header authorization",
  );
  await f(
    () => Promise.resolve(new Response("no", { status: 500 })),
    "Cannot load http://mock:8000: it answered with status 500, wanted 200 for /v1/models",
  );
  await f(
    () => Promise.resolve(new Response("<html>")),
    "Cannot load http://mock:8000: no OpenAI-compatible API answers there, wanted the address of one, such as http://127.0.0.1:8000",
  );
  await f(
    () => Promise.resolve(Response.json({ data: [] })),
    "Cannot load http://mock:8000: it serves no model, wanted a server with a model",
  );
});

Deno.test("a load without a known model says why it cannot begin", async () => {
  const fetch = () => Promise.resolve(Response.json({ data: [] }));
  const workload = new VllmWorkloadSimulator({
    apiBase: "http://mock",
    fetch,
    clock: new VirtualClock(START),
  });
  await assert.rejects(
    workload.simulateConcurrentLoad({ concurrency: 1, requests: 1 }),
    (error: Error) => error instanceof WorkloadError && error.reason.code === "no_models",
  );
});

Deno.test("numbers that cannot be meant are refused before anything is sent", async () => {
  const { workload, api } = lab(() => QUICK, { model: "m" });
  const f = (work: Promise<unknown>, message: RegExp) => assert.rejects(work, message);
  await f(
    workload.simulateConcurrentLoad({ concurrency: 0, requests: 1 }),
    /^RangeError: Cannot plan load: users 0/,
  );
  await f(workload.simulateConcurrentLoad({ concurrency: 1 }), /neither a duration nor a number of requests/);
  assert.throws(
    () => workload.simulateConcurrentLoad({ concurrency: 1, durationSeconds: -1 }),
    /durationSeconds is the number -1, wanted a number of seconds from 0 on/,
  );
  assert.throws(
    () => workload.simulateConcurrentLoad({ concurrency: 1, requests: 0 }),
    /requests is the number 0, wanted a whole number from 1 on/,
  );
  await f(
    workload.simulateConcurrentLoad({ concurrency: 1, requests: 1, aborts: { ratio: 2 } }),
    /abort ratio 2/,
  );
  await f(workload.run({ name: "none", phases: [] }), /no phases, wanted at least one/);
  assert.throws(
    () => workload.simulateSteadyLoad({ durationSeconds: 1 }),
    /no rate, wanted requestsPerMinute/,
  );
  assert.throws(
    () => new VllmWorkloadSimulator({ apiBase: "ftp://x" }),
    /scheme ftp:, wanted http: or https:/,
  );
  assert.throws(() => new VllmWorkloadSimulator({ apiBase: "here" }), /not a URL/);
  assert.throws(
    () => new VllmWorkloadSimulator({ apiBase: "http://x", headers: { a: "b\r\nc: d" } }),
    /Cannot send header "a"/,
  );
  assert.equal(api.log.length, 0);
});
