/** What the diagnosis says where there is little, half, or strange data: no wrong verdict, and the cause is named. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { diagnose } from "../../src/analyzer/diagnose.ts";
import type { Finding, FindingCode } from "../../src/analyzer/findings.ts";
import type { Labels, MetricType } from "../../src/parser/types.ts";
import { causeSentence } from "../../src/text/causes.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import { type At, engineSeries, type MadeUp, sourceOf, START } from "../helpers/engine_series.ts";
import type { LabEvent, MetricSource } from "../../src/series/types.ts";

/** Eight or so, as arrivals that come by themselves make it. */
const around8: At = (second) => 8 + Math.round(2 * Math.sin(second * 1.7) + Math.cos(second * 0.6));

function codes(findings: readonly Finding[]): FindingCode[] {
  return findings.map(({ code }) => code);
}

async function told(source: MetricSource): Promise<FindingCode[]> {
  return codes((await diagnose(source)).findings);
}

Deno.test("diagnose() names what is missing and gives no verdict", async () => {
  const named = (name: string, at: (second: number) => number | undefined, type: MetricType = "gauge") =>
    ({ name, type, labels: { engine: "0" }, at }) satisfies MadeUp;
  const rows: [string, MemorySource, string][] = [
    ["nothing", new MemorySource(), "no data in this time"],
    ["one point", sourceOf(engineSeries({ running: around8 }), 0), "not enough history yet: 0 s of 17 s"],
    ["12 s", sourceOf(engineSeries({ running: around8 }), 12), "not enough history yet: 10 s of 17 s"],
    ["14 s", sourceOf(engineSeries({ running: around8 }), 14), "not enough history yet: 13 s of 17 s"],
    [
      "scrapes every 15 s, 90 s",
      sourceOf(engineSeries({ running: around8 }), 90, 15),
      "not enough history yet: 80 s of 100 s",
    ],
    [
      "all NaN",
      sourceOf(engineSeries({ running: around8 }).map((one) => ({ ...one, at: () => NaN })), 120),
      "no data in this time",
    ],
    [
      "gauges only",
      sourceOf(engineSeries({ running: around8 }).filter(({ type }) => type === "gauge"), 120),
      "this server has no metric for tokens per step",
    ],
    [
      "no server",
      sourceOf([named("go_goroutines", () => 7)], 60),
      "this server has no metric for requests running",
    ],
  ];
  for (const [name, source, sentence] of rows) {
    const { findings } = await diagnose(source);
    assert.deepEqual(codes(findings), ["cannot_tell"], name);
    assert.equal(causeSentence(findings[0]!.missing!, "en"), sentence, name);
  }
});

Deno.test("diagnose() calls a run of 42 s healthy or names its limit", async () => {
  assert.deepEqual(await told(sourceOf(engineSeries({ running: around8 }), 42)), ["healthy"]);
  const limited = sourceOf(
    engineSeries({
      running: (second) => second < 8 ? second : 8,
      waiting: (second) => second < 10 ? 0 : 24,
      kv: () => 0.3,
    }),
    42,
  );
  const [finding] = (await diagnose(limited)).findings;
  assert.equal(finding!.code, "sequence_limit");
  assert.equal(finding!.params.limit, 8);
  assert.equal(finding!.advice[0]!.flag, "--max-num-seqs");
  assert.equal(
    finding!.consequences.includes("waiting_unexplained"),
    false,
    "not knowing follows from nothing",
  );
});

Deno.test("diagnose() learns the sequence limit when a scrape now and then reads one less", async () => {
  const source = sourceOf(
    engineSeries({ running: (second) => second % 3 === 0 ? 7 : 8, waiting: () => 5, kv: () => 0.5 }),
    120,
  );
  const [finding] = (await diagnose(source)).findings;
  assert.equal(finding!.code, "sequence_limit");
  assert.equal(finding!.params.limit, 8);
});

Deno.test("diagnose() tells clients that wait for their answers from users who come by themselves", async () => {
  assert.deepEqual(await told(sourceOf(engineSeries({ running: () => 8 }), 240)), [
    "healthy",
    "concurrency_limited",
  ]);
  assert.deepEqual(await told(sourceOf(engineSeries({ running: around8 }), 240)), ["healthy"]);
});

Deno.test("diagnose() judges two models behind one address apart", async () => {
  const busy = engineSeries({ running: around8, labels: { model_name: "small" } });
  const limited = engineSeries({
    running: () => 4,
    waiting: () => 9,
    kv: () => 0.3,
    labels: { model_name: "large" },
  });
  const { findings } = await diagnose(sourceOf([...busy, ...limited], 180));
  const limit = findings.find(({ code }) => code === "sequence_limit")!;
  assert.equal(limit.engine, "large");
  assert.equal(limit.params.limit, 4);
  assert.equal(findings.some(({ engine }) => engine === "small"), false);
  // No request of the one can go to the other: waiting for one only is no imbalance.
  const calm = engineSeries({ running: () => 2, labels: { model_name: "small" } });
  const both = await told(sourceOf([...calm, ...limited], 180));
  assert.equal(both.includes("engines_unbalanced"), false);
  const twins = [0, 9].map((waiting, engine) =>
    engineSeries({
      running: () => 4,
      waiting: () => waiting,
      kv: () => 0.3,
      labels: { model_name: "large", engine: String(engine) },
    })
  );
  assert.ok((await told(sourceOf([...calm, ...twins.flat()], 180))).includes("engines_unbalanced"));
});

Deno.test("diagnose() cannot tell of one reading without requests that the server did nothing", async () => {
  const idle = engineSeries({ running: () => 0 });
  assert.deepEqual(await told(sourceOf(idle, 0)), ["cannot_tell"]);
});

Deno.test("diagnose() says restart and nothing of what a restart does to counters", async () => {
  const before = 100;
  const restarted = engineSeries({ running: around8 }).map((one) => ({
    ...one,
    at: (second: number) =>
      second < before ? one.at(second) : second < before + 20 ? undefined : one.at(second - before - 20),
  }));
  const source = new MemorySource();
  const defined = restarted.map(({ name, type, labels }, id) => ({ id, name, type, labels }));
  for (let second = 0; second <= 220; second++) {
    const timeSeconds = START + second;
    if (second >= before && second < before + 20) {
      const cause = { code: "connection_refused" } as const;
      const event: LabEvent = {
        kind: "scrape_failed",
        timeSeconds,
        target: "vllm",
        cause,
        durationSeconds: 0.01,
      };
      source.fail("vllm", timeSeconds, event);
      continue;
    }
    source.append("vllm", timeSeconds, {
      ids: defined.map(({ id }) => id),
      values: restarted.map((one) => one.at(second) ?? 0),
      defined: second > 0 ? [] : defined,
      vanishedIds: [],
      events: [],
      facts: { target: "vllm", kind: "vllm", simulated: true, intervalSeconds: 1 },
    });
  }
  const { findings } = await diagnose(source);
  assert.deepEqual(codes(findings).filter((code) => code !== "server_restarted"), []);
  assert.ok(findings.length >= 1);
});

/** What may be told of the recorded run however much of it is hidden: its limit, its refusals, and not knowing. */
const TRUE_OF_THE_RUN: ReadonlySet<FindingCode> = new Set<FindingCode>([
  "sequence_limit",
  "requests_failing",
  "waiting_unexplained",
  "cannot_tell",
]);

Deno.test("diagnose() tells nothing wrong of the recorded run when half of its metrics are hidden", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const names = (await source.describe()).map(({ name }) => name).filter((name) => name.startsWith("vllm:"));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length }),
      async (keep) => {
        const hidden = new Set(names.filter((_, i) => !keep[i]));
        const { findings } = await diagnose(await without(source, hidden));
        const wrong = codes(findings).filter((code) => !TRUE_OF_THE_RUN.has(code));
        assert.deepEqual(wrong, [], `without ${[...hidden].join(" ")}`);
        assert.ok(findings.length > 0);
      },
    ),
    { seed: 20261124, numRuns: 40 },
  );
});

/** The same points less some families. */
async function without(source: MetricSource, hidden: ReadonlySet<string>): Promise<MemorySource> {
  const left = new MemorySource();
  const span = (await source.span())!;
  const family = (name: string) => name.replace(/_(bucket|sum|count|total|created)$/, "");
  const wanted = (await source.describe()).filter(({ name }) => !hidden.has(name));
  const bySecond = new Map<number, { name: string; labels: Labels; type: MetricType; value: number }[]>();
  for (const { name } of wanted) {
    for (const part of ["", "_total", "_bucket", "_sum", "_count"]) {
      if (hidden.has(family(name + part))) continue;
      for (const one of await source.select({ name: name + part }, span)) {
        one.values.forEach((value, i) => {
          const time = one.timesSeconds[i]!;
          const list = bySecond.get(time) ?? [];
          bySecond.set(time, list);
          list.push({ name: one.name, labels: one.labels, type: one.type, value });
        });
      }
    }
  }
  const ids = new Map<string, number>();
  for (const [time, points] of [...bySecond].sort(([a], [b]) => a - b)) {
    const defined = points.flatMap(({ name, labels, type }) => {
      const key = JSON.stringify([name, labels]);
      if (ids.has(key)) return [];
      const id = ids.size;
      ids.set(key, id);
      return [{ id, name, labels, type }];
    });
    const seen = new Map(
      points.map(({ name, labels, value }) => [ids.get(JSON.stringify([name, labels]))!, value]),
    );
    left.append("vllm", time, {
      ids: [...seen.keys()],
      values: [...seen.values()],
      defined,
      vanishedIds: [],
      events: [],
      facts: { target: "vllm", kind: "vllm", simulated: false, intervalSeconds: 1 },
    });
  }
  for (const request of await source.requests(span)) left.addRequest(request);
  return left;
}

Deno.test("diagnose() never fails and is never silent, whatever the gauges do", async () => {
  const series = fc.record({
    running: fc.array(fc.oneof(fc.nat(300), fc.constant(NaN)), { minLength: 1, maxLength: 90 }),
    waiting: fc.array(fc.oneof(fc.nat(300), fc.constant(NaN)), { minLength: 1, maxLength: 90 }),
    kv: fc.array(fc.double({ min: 0, max: 1, noNaN: false }), { minLength: 1, maxLength: 90 }),
    seconds: fc.nat(150),
  });
  await fc.assert(
    fc.asyncProperty(series, async ({ running, waiting, kv, seconds }) => {
      const cycle = (values: readonly number[]): At => (second) => values[second % values.length]!;
      const source = sourceOf(
        engineSeries({ running: cycle(running), waiting: cycle(waiting), kv: cycle(kv) }),
        seconds,
      );
      const { findings } = await diagnose(source);
      assert.ok(findings.length > 0);
      for (const { code, evidence, missing, span } of findings) {
        assert.ok(evidence.every(({ value }) => Number.isFinite(value)), code);
        assert.ok(evidence.length > 0 || missing !== undefined, code);
        assert.ok(span.startSeconds <= span.endSeconds, code);
      }
    }),
    { seed: 7, numRuns: 60 },
  );
});

Deno.test("diagnose() tells single lost scrapes together, and an outage apart", async () => {
  const source = new MemorySource();
  const defined = engineSeries({ running: around8 }).map(({ name, type, labels }, id) => ({
    id,
    name,
    type,
    labels,
  }));
  const series = engineSeries({ running: around8 });
  const lost = (second: number) => second % 17 === 5 || (second >= 100 && second < 110);
  let failed = 0;
  for (let second = 0; second <= 180; second++) {
    const timeSeconds = START + second;
    if (lost(second)) {
      failed++;
      source.fail("vllm", timeSeconds, {
        kind: "scrape_failed",
        timeSeconds,
        target: "vllm",
        cause: { code: "timeout" },
        durationSeconds: 1,
      });
      continue;
    }
    source.append("vllm", timeSeconds, {
      ids: defined.map(({ id }) => id),
      values: series.map((one) => one.at(second)!),
      defined: second > 0 ? [] : defined,
      vanishedIds: [],
      events: [],
      facts: { target: "vllm", kind: "vllm", simulated: true, intervalSeconds: 1 },
    });
    if (failed > 0) {
      const recovered = { kind: "scrape_recovered", timeSeconds, target: "vllm" } as const;
      source.addEvent({ ...recovered, failedCount: failed, gapSeconds: failed });
      failed = 0;
    }
  }
  const { findings } = await diagnose(source);
  const failures = findings.filter(({ code }) => code === "scrapes_failing");
  assert.deepEqual(failures.map(({ params }) => [params.failures, params.scattered]).sort(), [
    [10, "no"],
    [10, "yes"],
  ]);
  // Ten seconds of silence are about the server before they are about the scraping.
  const advice = (scattered: string) =>
    failures.find(({ params }) => params.scattered === scattered)!.advice.map(({ code }) => code);
  assert.deepEqual(advice("no"), ["see_if_it_serves", "read_server_log", "repair_scraping"]);
  assert.deepEqual(advice("yes"), ["read_server_log", "repair_scraping"]);
});

Deno.test("diagnose() tells that the KV cache is smaller since a restart", async () => {
  const size = (blocks: number, from: number, to: number): MadeUp => ({
    name: "vllm:cache_config_info",
    type: "gauge",
    labels: { engine: "0", block_size: "16", num_gpu_blocks: String(blocks) },
    at: (second) => second >= from && second < to ? 1 : undefined,
  });
  const source = sourceOf([
    ...engineSeries({ running: around8 }),
    size(1000, 0, 60),
    size(600, 90, 200),
  ], 180);
  const shrunk = (await diagnose(source)).findings.find(({ code }) => code === "kv_cache_shrunk")!;
  assert.deepEqual([shrunk.evidence[0]!.value, shrunk.evidence[0]!.baseline], [9600, 16_000]);
  const grown = sourceOf([...engineSeries({ running: around8 }), size(600, 0, 60), size(1000, 90, 200)], 180);
  assert.equal((await told(grown)).includes("kv_cache_shrunk"), false);
});

Deno.test("diagnose() says that the data is stale when only another target goes on", async () => {
  const source = sourceOf(engineSeries({ running: around8 }), 120);
  for (let second = 0; second <= 180; second++) {
    source.append("gpu", START + second, {
      ids: [0],
      values: [300],
      defined: second > 0
        ? []
        : [{ id: 0, name: "lab_gpu_power_watts", labels: { gpu: "0" }, type: "gauge" }],
      vanishedIds: [],
      events: [],
      facts: { target: "gpu", kind: "gpu", simulated: true, intervalSeconds: 1 },
    });
  }
  const stale = (await diagnose(source)).findings.find(({ code }) => code === "data_stale")!;
  assert.equal(stale.params.ageSeconds, 60);
});
