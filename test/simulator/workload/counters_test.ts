import assert from "node:assert/strict";
import { CounterRegistry, workloadSampler } from "../../../src/simulator/workload/counter_registry.ts";
import {
  BUCKET_BOUNDS,
  bucketIndex,
  ClientCounters,
  readSnapshot,
} from "../../../src/simulator/workload/counters.ts";
import { lab, near, QUICK } from "./lab.ts";
import { record } from "./records.ts";

Deno.test("bucketIndex() puts a value on a bound below it, as Prometheus does", () => {
  assert.deepEqual(BUCKET_BOUNDS.slice(0, 3), [0.0001, 0.000125, 0.00016]);
  assert.equal(BUCKET_BOUNDS.at(-1), 800);
  assert.equal(bucketIndex(0), 0);
  assert.equal(bucketIndex(0.0001), 0);
  assert.equal(bucketIndex(0.00010001), 1);
  assert.equal(bucketIndex(800), BUCKET_BOUNDS.length - 1);
  assert.equal(bucketIndex(801), BUCKET_BOUNDS.length);
});

Deno.test("ClientCounters counts tokens as they come and the rest when the server says", () => {
  const counters = new ClientCounters();
  counters.begin();
  counters.firstToken(1);
  counters.furtherToken(1);
  assert.deepEqual(pick(counters), [1, 0, 2, 1, 1]);
  // Two chunks came, the server counts five tokens: three were in a chunk with others.
  counters.end(record({ promptTokens: 9, outputTokens: 5 }), true);
  assert.deepEqual(pick(counters), [0, 1, 5, 1, 1]);
  assert.equal(readSnapshot(counters.snapshot()).promptTokens, 9);
});

function pick(counters: ClientCounters): number[] {
  const { inFlight, byOutcome, generationTokens, histograms } = readSnapshot(counters.snapshot());
  return [
    inFlight,
    byOutcome.ok,
    generationTokens,
    histograms.ttft.cumulative.at(-1)!,
    histograms.itl.cumulative.at(-1)!,
  ];
}

Deno.test("the sampler's series add up to the records", async () => {
  const { workload } = lab((i) => i % 5 === 4 ? { kind: "status", status: 500, message: "no" } : QUICK);
  const result = await workload.simulateConcurrentLoad({ requests: 50, concurrency: 5 });
  const signal = new AbortController().signal;
  const batch = await workload.sampler.sample(0, signal);
  const value = (name: string, labels: Record<string, string> = {}) => {
    const found = batch.defined.filter((one) =>
      one.name === name && Object.entries(labels).every(([key, wanted]) => one.labels[key] === wanted)
    );
    assert.equal(found.length, 1, `${name} ${JSON.stringify(labels)}`);
    assert.equal(found[0]!.labels["model"], "mock-model");
    return Array.from(batch.values)[Array.from(batch.ids).indexOf(found[0]!.id)];
  };
  assert.equal(value("lab_client_requests_total", { outcome: "ok" }), 40);
  assert.equal(value("lab_client_requests_total", { outcome: "error" }), 10);
  assert.equal(value("lab_client_requests_total", { outcome: "timeout" }), 0);
  assert.equal(value("lab_client_in_flight_requests"), 0);
  assert.equal(value("lab_client_prompt_tokens_total"), 280);
  assert.equal(value("lab_client_generation_tokens_total"), 440);
  assert.equal(value("lab_client_time_to_first_token_seconds_count"), 40);
  near(value("lab_client_time_to_first_token_seconds_sum"), result.summary.ttft!.sum);
  assert.equal(value("lab_client_time_to_first_token_seconds_bucket", { le: "0.08" }), 0);
  assert.equal(value("lab_client_time_to_first_token_seconds_bucket", { le: "0.125" }), 40);
  assert.equal(value("lab_client_inter_token_latency_seconds_bucket", { le: "+Inf" }), 400);
  assert.equal(value("lab_client_time_per_output_token_seconds_count"), 40);
  near(value("lab_client_e2e_latency_seconds_sum"), result.summary.e2e!.sum);
  assert.equal(value("lab_client_e2e_latency_seconds_bucket", { le: "1.0" }), 40);
  assert.deepEqual(batch.requests, result.records);
  assert.equal(batch.facts?.kind, "workload");
  const next = await workload.sampler.sample(1, signal);
  assert.deepEqual([next.defined.length, next.ids.length, next.requests, next.events], [
    0,
    batch.ids.length,
    undefined,
    [],
  ]);
});

Deno.test("counters of several sources are added, and in-flight is seen while it lasts", async () => {
  const registry = new CounterRegistry();
  const sampler = workloadSampler(registry, {
    id: "w",
    intervalSeconds: 1,
    apiBase: "http://x",
    simulated: true,
  });
  registry.counters("m").begin();
  const live = registry.addLive("m");
  const other = new ClientCounters();
  other.begin();
  other.begin();
  live.update(other.snapshot());
  assert.equal(registry.inFlight("m"), 3);
  assert.equal(registry.inFlight("unknown"), 0);
  other.end(record({}), true);
  live.update(other.snapshot());
  live.end();
  live.end(); // a second end counts nothing twice
  // Its other request is gone with it, as one that nobody waits for any more.
  assert.equal(registry.inFlight("m"), 1);
  assert.equal(readSnapshot(registry.snapshots().get("m")!).byOutcome.ok, 1);
  const batch = await sampler.sample(0, new AbortController().signal);
  assert.equal(batch.facts?.simulated, true);
});

Deno.test("workloadSampler() says of a model's counters that they began while it was watched, once", async () => {
  const registry = new CounterRegistry();
  registry.counters("earlier").firstToken(1);
  const sampler = workloadSampler(registry, {
    id: "w",
    intervalSeconds: 1,
    apiBase: "http://x",
    simulated: true,
  });
  registry.counters("m").firstToken(0.5);
  const { signal } = new AbortController();
  const batch = await sampler.sample(0, signal);
  const begun = new Set(Array.from(batch.begunIds ?? []));
  const models = new Map(batch.defined.map(({ id, labels }) => [id, labels.model]));
  assert.ok(batch.defined.length > 0 && begun.size > 0);
  for (const [id, model] of models) assert.equal(begun.has(id), model === "m");
  assert.equal((await sampler.sample(1, signal)).begunIds, undefined);
});
