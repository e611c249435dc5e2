/** A load that two threads share out, against a server in this process. */
import assert from "node:assert/strict";
import { realClock } from "../../../src/collector/clock.ts";
import { CounterRegistry } from "../../../src/simulator/workload/counter_registry.ts";
import { readSnapshot } from "../../../src/simulator/workload/counters.ts";
import { canUseEpoll } from "../../../src/simulator/workload/libc.ts";
import { planPhase } from "../../../src/simulator/workload/load_options.ts";
import { runPlans } from "../../../src/simulator/workload/load_run.ts";
import type { WorkloadResult } from "../../../src/simulator/workload/results.ts";
import { VllmWorkloadSimulator } from "../../../src/simulator/workload/simulator.ts";
import type { WorkloadSimulatorOptions } from "../../../src/simulator/workload/simulator_options.ts";
import { workerEngine } from "../../../src/simulator/workload/worker_engine.ts";

/** Answers after a while with two tokens, or as it is told; keeps each request's body. */
function serve(
  options: { readonly seconds?: number; readonly answer?: (nth: number) => Response | undefined },
) {
  const bodies = new Map<string, Record<string, unknown>>();
  const flight = { now: 0, most: 0 };
  let nth = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    if (request.url.endsWith("/v1/models")) return Response.json({ data: [{ id: "m" }] });
    const body = await request.json();
    bodies.set(request.headers.get("x-request-id") ?? "", body);
    flight.most = Math.max(flight.most, ++flight.now);
    await new Promise((resolve) => setTimeout(resolve, 1000 * (options.seconds ?? 0.02)));
    flight.now--;
    const chunk = (finish: string | null) =>
      `data: ${JSON.stringify({ choices: [{ text: "a", finish_reason: finish }] })}\n\n`;
    const usage = { prompt_tokens: 10, completion_tokens: 2 };
    return options.answer?.(nth++) ?? new Response(
      chunk(null) + chunk("length") + `data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`,
      { headers: { "content-type": "text/event-stream" } },
    );
  });
  return {
    apiBase: `http://127.0.0.1:${server.addr.port}`,
    bodies,
    flight,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function users(apiBase: string, options: Partial<WorkloadSimulatorOptions> = {}) {
  return new VllmWorkloadSimulator({ apiBase, model: "m", threads: 2, ...options });
}

const numbersOf = (result: WorkloadResult) =>
  result.records.map(({ id }) => Number(id.split("-").at(-1))).sort((a, b) => a - b);

/** What was asked, by number, without what is each run's own. */
function asked(bodies: ReadonlyMap<string, Record<string, unknown>>): Map<string, string> {
  return new Map(
    [...bodies].map(([id, { prompt, max_tokens }]) => [
      id.split("-").at(-1)!,
      `${max_tokens} ${String(prompt).replace(/^\([0-9a-f]{8}\) ?/, "")}`,
    ]),
  );
}

function addsUp(result: WorkloadResult): void {
  const [phase] = result.phases;
  assert.equal(phase!.planned, result.records.length + phase!.notSent!);
}

for (const engine of canUseEpoll() ? ["raw", "epoll"] as const : ["raw"] as const) {
  Deno.test(`two threads over ${engine} hold all users, and send each request once`, async () => {
    await using server = serve({});
    using workload = users(server.apiBase, { engine });
    const result = await workload.simulateConcurrentLoad({ requests: 101, concurrency: 11 });
    assert.deepEqual([result.threads, result.engine, result.threadsLimit], [2, engine, undefined]);
    assert.equal(result.summary.byOutcome.ok, 101);
    assert.equal(server.flight.most, 11);
    assert.deepEqual(numbersOf(result), Array.from({ length: 101 }, (_, i) => i));
    addsUp(result);
    const ends = result.records.map(({ endSeconds }) => endSeconds!);
    assert.deepEqual(ends, [...ends].sort((a, b) => a - b), "in the order in which they ended");
    assert.notEqual(result.trust.lagP99Seconds ?? result.trust.reasons, undefined);
    const batch = await workload.sampler.sample(0, new AbortController().signal);
    assert.equal(batch.requests?.length, 101);
    const ok = batch.defined.find((one) =>
      one.name === "lab_client_requests_total" && one.labels["outcome"] === "ok"
    )!;
    assert.equal(Array.from(batch.values)[Array.from(batch.ids).indexOf(ok.id)], 101);
  });

  Deno.test(`two threads over ${engine} keep one schedule, with the requests that one thread sends`, async () => {
    const seen: Map<string, string>[] = [];
    const planned: number[][] = [];
    for (const threads of [1, 2]) {
      await using server = serve({});
      using workload = users(server.apiBase, { engine, threads });
      const result = await workload.simulateSteadyLoad({
        ratePerSecond: 60,
        arrivals: "poisson",
        durationSeconds: 1,
        prompts: { kind: "lengths", tokens: { kind: "uniform", minimum: 5, maximum: 40 } },
      });
      assert.equal(result.threads, threads);
      assert.equal(result.summary.byOutcome.ok, result.phases[0]!.planned);
      addsUp(result);
      const { span, plannedSeconds } = result.phases[0]!;
      for (const { id, dueSeconds } of result.records) {
        assert.equal(dueSeconds, span.startSeconds + plannedSeconds![Number(id.split("-").at(-1))]!);
      }
      planned.push([...plannedSeconds!]);
      seen.push(asked(server.bodies));
    }
    assert.deepEqual(planned[1], planned[0]);
    assert.deepEqual(new Map([...seen[1]!].sort()), new Map([...seen[0]!].sort()));
  });
}

Deno.test("users of two threads ask what users of one ask, number by number", async () => {
  const seen: Map<string, string>[] = [];
  for (const threads of [1, 2]) {
    await using server = serve({});
    using workload = users(server.apiBase, { threads });
    await workload.simulateConcurrentLoad({ requests: 40, concurrency: 4, thinkSeconds: 0.01 });
    seen.push(asked(server.bodies));
  }
  // Pauses are drawn when answers come, from one source with the lengths where there is one thread only.
  const prompts = (of: Map<string, string>) =>
    [...of].map(([id, text]) => `${id}${text.slice(text.indexOf(" "))}`);
  assert.deepEqual(prompts(seen[1]!).sort(), prompts(seen[0]!).sort());
});

Deno.test("a stop reaches both threads, and every request that was begun is a row", async () => {
  const stop = new AbortController();
  await using server = serve({ seconds: 0.3, answer: (nth) => void (nth === 25 && stop.abort()) });
  using workload = users(server.apiBase);
  const result = await workload.simulateConcurrentLoad({
    requests: 10_000,
    concurrency: 10,
    signal: stop.signal,
  });
  assert.deepEqual(result.stopped, { code: "cancelled" });
  const { unfinished } = result.summary.byOutcome;
  assert.ok(unfinished > 0 && unfinished <= 10, `${unfinished}`);
  assert.equal(result.summary.failures[0]?.reason, "stopped before its end");
  assert.deepEqual(numbersOf(result), Array.from({ length: result.records.length }, (_, i) => i));
  addsUp(result);
});

Deno.test("a load that is stopped before it begins ends at once, with nothing sent", async () => {
  await using server = serve({});
  using workload = users(server.apiBase);
  const result = await workload.simulateConcurrentLoad({
    requests: 50,
    concurrency: 4,
    signal: AbortSignal.abort(),
  });
  assert.deepEqual([result.stopped, result.records.length], [{ code: "cancelled" }, 0]);
  assert.equal(result.phases[0]!.notSent, 50);
});

Deno.test("failures in a row are counted over both threads", async () => {
  await using server = serve({ answer: () => Response.json({ error: { message: "no" } }, { status: 500 }) });
  using workload = users(server.apiBase);
  const result = await workload.simulateConcurrentLoad({
    requests: 1000,
    concurrency: 4,
    stopAfterFailures: 20,
  });
  assert.deepEqual(result.stopped, { code: "failures_in_a_row", count: 20, error: "no" });
  // Those under way when the twentieth failed end as they do.
  assert.ok(result.records.length >= 20 && result.records.length <= 24, `${result.records.length}`);
  addsUp(result);
});

Deno.test("a token budget holds for both threads together", async () => {
  await using server = serve({});
  using workload = users(server.apiBase);
  const result = await workload.simulateConcurrentLoad({
    requests: 1000,
    concurrency: 6,
    maxTokens: 2,
    tokenBudget: 600,
  });
  assert.equal(result.stopped?.code, "token_budget");
  const used = result.records.reduce(
    (sum, { promptTokens = 0, outputTokens = 0 }) => sum + promptTokens + outputTokens,
    0,
  );
  assert.ok(used > 300 && used <= 600, `${used}`);
  addsUp(result);
});

Deno.test("a drain cuts what both threads have running", async () => {
  await using server = serve({ seconds: 3 });
  using workload = users(server.apiBase);
  const result = await workload.simulateConcurrentLoad({
    durationSeconds: 0.5,
    concurrency: 7,
    spreadSeconds: 0,
    drainSeconds: 0.3,
  });
  assert.equal(result.summary.byOutcome.unfinished, 7);
  assert.equal(result.stopped, undefined);
  assert.ok(result.phases[0]!.span.endSeconds - result.phases[0]!.span.startSeconds < 2);
});

Deno.test("places are split, so that no more are in flight at once than asked for", async () => {
  await using server = serve({ seconds: 0.15 });
  using workload = users(server.apiBase);
  const result = await workload.simulateSteadyLoad({
    ratePerSecond: 60,
    durationSeconds: 1,
    maxInFlight: 5,
    dropAfterSeconds: 0.2,
  });
  assert.equal(server.flight.most, 5);
  assert.ok(result.summary.byOutcome.dropped > 0);
  assert.equal(result.records.length, 60);
  addsUp(result);
});

Deno.test("a conversation has one thread, with the reason", async () => {
  await using server = serve({});
  using workload = users(server.apiBase);
  const prompts = { kind: "conversation", turns: 3, tokensPerTurn: 5 } as const;
  const result = await workload.simulateConcurrentLoad({ requests: 6, concurrency: 2, prompts });
  assert.deepEqual([result.threads, result.threadsLimit], [1, "conversation"]);
});

Deno.test("phases of one run have the threads that each needs", async () => {
  await using server = serve({});
  using workload = users(server.apiBase, { threads: 3 });
  const phase = (name: string, count: number) =>
    ({ name, mode: { kind: "closed", users: count }, requests: 12 }) as const;
  const result = await workload.run({ name: "r", phases: [phase("a", 1), phase("b", 3), phase("c", 2)] });
  assert.equal(result.summary.byOutcome.ok, 36);
  assert.deepEqual([result.threads, result.threadsLimit], [3, "users"]);
  assert.deepEqual(result.records.map(({ phase }) => phase), [..."aaaaaaaaaaaabbbbbbbbbbbbcccccccccccc"]);
});

Deno.test("a thread that fails ends the load with its reason and what the other did", async () => {
  await using server = serve({ seconds: 0.1 });
  const clock = realClock();
  const registry = new CounterRegistry();
  const engine = workerEngine({
    address: { apiBase: server.apiBase, headers: {}, engine: "raw" },
    clock,
    registry,
    threads: 2,
    script: new URL("./crashing_worker.ts", import.meta.url),
  });
  const phase = { name: "p", mode: { kind: "closed", users: 6 }, requests: 10_000 } as const;
  const plan = planPhase(phase, {
    model: "m",
    endpoint: "completions",
    prompts: undefined,
    seed: 1,
    salt: "00000000",
  });
  try {
    const context = { name: "r", apiBase: server.apiBase, target: "t", clock, engine, registry };
    const result = await runPlans([plan], context);
    assert.ok(result.stopped?.code === "thread_failed");
    assert.match(result.stopped.error, /its thread failed with .*out of order/);
    // Its three users had a request each, and what had ended since it last handed over is lost with them.
    assert.ok(result.stopped.lost >= 3, `${result.stopped.lost}`);
    assert.ok(result.summary.byOutcome.ok >= 12, `${result.summary.byOutcome.ok}`);
    const [{ planned, notSent } = { planned: 0, notSent: 0 }] = result.phases;
    assert.equal(planned, result.records.length + notSent! + result.stopped.lost);
    assert.equal(readSnapshot(registry.snapshots().get("m")!).inFlight, 0);
  } finally {
    engine.close();
  }
});

Deno.test("a load whose threads all fail is refused with their reason", async () => {
  const registry = new CounterRegistry();
  const clock = realClock();
  const engine = workerEngine({
    address: { apiBase: "http://[::1]:1", headers: {}, engine: "epoll" },
    clock,
    registry,
    threads: 2,
  });
  const phase = { name: "p", mode: { kind: "closed", users: 6 }, requests: 10 } as const;
  const defaults = { model: "m", endpoint: "completions", prompts: undefined, seed: 1, salt: "" } as const;
  const context = { name: "r", apiBase: "http://[::1]:1", target: "t", clock, engine, registry };
  try {
    await assert.rejects(runPlans([planPhase(phase, defaults)], context), /epoll/);
  } finally {
    engine.close();
  }
});
