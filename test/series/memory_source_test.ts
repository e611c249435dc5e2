import assert from "node:assert/strict";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SampleBatch, Series } from "../../src/series/types.ts";
import { scrapedSource } from "./scraped.ts";

/** Histograms of two engines with the given bounds, growing by one observation a bucket and second. */
function twoEngines(bounds: Record<string, string[]>): MemorySource {
  const source = new MemorySource();
  const series = Object.entries(bounds).flatMap(([engine, texts]) =>
    texts.map((le, i) => ({ engine, le, grows: i + 1 }))
  );
  for (let t = 0; t <= 60; t++) {
    source.append("t", t, {
      ids: series.map((_, id) => id),
      values: series.map(({ grows }) => grows * t),
      defined: t > 0 ? [] : series.map(({ engine, le }, id) => ({
        id,
        name: "vllm:time_to_first_token_seconds_bucket",
        labels: { engine, le },
        type: "histogram",
      })),
      vanishedIds: [],
      events: [],
    });
  }
  return source;
}
const at60 = { startSeconds: 60, stepSeconds: 1, count: 1, rangeSeconds: 30 };
const ttft = { selector: { quantity: "ttft" }, fn: { kind: "histogram_quantile", quantile: 0.5 } } as const;
const first = (series: readonly Series[]) => series.map((each) => each.values[0]);

Deno.test("evaluate() merges the histograms of engines with the same bounds", async () => {
  const source = twoEngines({ "0": ["1", "2", "+Inf"], "1": ["1", "2", "+Inf"] });
  const [merged] = await source.evaluate(ttft, at60);
  assert.deepEqual([merged!.values[0], merged!.lower![0], merged!.upper![0]], [1.5, 1, 2]);
  assert.equal(merged!.unit, "seconds");
  assert.equal(merged!.causes, undefined);
  assert.deepEqual(first(await source.evaluate({ ...ttft, by: ["engine"] }, at60)), [1.5, 1.5]);
});

Deno.test("evaluate() merges histograms on the bounds that all share, and says so", async () => {
  const source = twoEngines({ "0": ["1", "2", "4", "+Inf"], "1": ["2", "3", "4", "+Inf"] });
  const [merged] = await source.evaluate(ttft, at60);
  // Shared are 2, 4 and +Inf: counts a second (2 + 1), (3 + 3), (4 + 4); half of 8 lies in (2, 4].
  assert.deepEqual([merged!.lower![0], merged!.upper![0]], [2, 4]);
  assert.ok(Math.abs(merged!.values[0]! - (2 + 2 * (4 - 3) / 3)) < 1e-12);
  assert.deepEqual(merged!.causes, [{ code: "different_buckets" }]);
  // Apart, each has its own.
  const apart = await source.evaluate({ ...ttft, by: ["engine"] }, at60);
  assert.ok(apart.every(({ causes }) => causes === undefined));
});

Deno.test("evaluate() gives observed increases by bucket, each without those below", async () => {
  const source = twoEngines({ "0": ["1", "2", "+Inf"], "1": ["1", "2", "+Inf"] });
  const found = await source.evaluate({ ...ttft, fn: { kind: "histogram_increase" } }, at60);
  assert.deepEqual(found.map(({ labels, values }) => [labels.le, values[0]]), [["1", 60], ["2", 60], [
    "+Inf",
    60,
  ]]);
});

Deno.test("evaluate() gives the exact mean of a histogram, and none without observations", async () => {
  const source = new MemorySource();
  const names = ["sum", "count"].map((part, id) => ({
    id,
    name: `vllm:time_to_first_token_seconds_${part}`,
    labels: {},
    type: "histogram" as const,
  }));
  const rows = [[0, 0], [3, 2], [3, 2], [1.5, 1]] as const; // the last is after a restart
  rows.forEach((values, t) =>
    source.append("t", t, { ids: [0, 1], values, defined: t === 0 ? names : [], vanishedIds: [], events: [] })
  );
  const grid = { startSeconds: 1, stepSeconds: 1, count: 3, rangeSeconds: 1 };
  const [mean] = await source.evaluate(
    { selector: { quantity: "ttft" }, fn: { kind: "histogram_mean" } },
    grid,
  );
  assert.deepEqual([...mean!.timesSeconds], [1, 3]);
  assert.deepEqual([...mean!.values], [1.5, 1.5]);
});

const gauge = { id: 0, name: "vllm:num_requests_running", labels: { engine: "0" }, type: "gauge" } as const;
const tick = (value: number, more: Partial<SampleBatch> = {}): SampleBatch => ({
  ids: [0],
  values: [value],
  defined: [],
  vanishedIds: [],
  events: [],
  ...more,
});

Deno.test("evaluate() gives nothing while a series is marked absent, unless Prometheus' fading is wanted", async () => {
  const source = new MemorySource();
  source.append("t", 0, tick(4, { defined: [gauge] }));
  source.append("t", 1, tick(4));
  source.fail("t", 2, { kind: "note", timeSeconds: 2, text: "failed" });
  source.append("t", 4, tick(6));
  const grid = { startSeconds: 0, stepSeconds: 1, count: 6, rangeSeconds: 3 };
  const query = { selector: { quantity: "running" }, fn: { kind: "avg" } } as const;
  const [own] = await source.evaluate(query, grid);
  assert.deepEqual([...own!.timesSeconds, ...own!.values], [0, 1, 4, 5, 4, 4, 6, 6]);
  assert.deepEqual([...own!.staleSeconds], [2]);
  const [theirs] = await source.evaluate({ ...query, whileStale: "as_prometheus" }, grid);
  assert.deepEqual([...theirs!.timesSeconds], [0, 1, 2, 3, 4, 5]);
});

Deno.test("evaluate() keeps targets apart by label whether labels carry it or not", async () => {
  const source = new MemorySource();
  source.append("a", 0, tick(1, { defined: [gauge] }));
  const query = { selector: { quantity: "running" }, fn: { kind: "last" }, combine: "sum" } as const;
  const grid = { startSeconds: 0, stepSeconds: 1, count: 1, rangeSeconds: 10 };
  assert.deepEqual((await source.evaluate({ ...query, by: ["target"] }, grid))[0]!.labels, { target: "a" });
  source.append("b", 0, tick(2, { defined: [gauge] }));
  assert.deepEqual(first(await source.evaluate(query, grid)), [3]);
  assert.deepEqual(first(await source.evaluate({ ...query, by: ["target"] }, grid)), [1, 2]);
  const matchers = [{ label: "target", operator: "=", value: "b" }] as const;
  const selector = { quantity: "running", matchers } as const;
  assert.deepEqual(first(await source.evaluate({ ...query, selector }, grid)), [2]);
});

Deno.test("evaluate() does not depend on the order in which labels are written", async () => {
  const labels = [["engine", "0"], ["model_name", "m"], ["le", "1"]] as const;
  const answers = [];
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0]]) {
    const source = new MemorySource();
    const defined = ["1", "+Inf"].map((le, id) => ({
      id,
      name: "vllm:time_to_first_token_seconds_bucket",
      labels: Object.fromEntries(order.map((i) => labels[i]!).map(([k, v]) => [k, k === "le" ? le : v])),
      type: "histogram" as const,
    }));
    for (let t = 0; t < 10; t++) {
      source.append("t", t, {
        ids: [0, 1],
        values: [t, 2 * t],
        defined: t === 0 ? defined : [],
        vanishedIds: [],
        events: [],
      });
    }
    const grid = { startSeconds: 9, stepSeconds: 1, count: 1, rangeSeconds: 9 };
    answers.push(
      await source.evaluate({
        ...ttft,
        fn: { kind: "histogram_quantile", quantile: 0.25 },
        by: ["model_name", "engine"],
      }, grid),
    );
  }
  assert.equal(answers[0]![0]!.values[0], 0.5);
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
});

Deno.test("select() refuses more points than its limit and names the way out", async () => {
  const source = new MemorySource({ maxSelectPoints: 1 });
  source.append("t", 0, tick(1, { defined: [gauge] }));
  const span = { startSeconds: 0, endSeconds: 9 };
  assert.equal((await source.select({ quantity: "running" }, span)).length, 1);
  source.append("t", 1, tick(1));
  await assert.rejects(source.select({ quantity: "running" }, span), /evaluate\(\)/);
});

Deno.test("events and requests come back by time and are forgotten with the points", async () => {
  const source = new MemorySource({ retentionSeconds: 100 });
  source.addEvent({ kind: "note", timeSeconds: 5, text: "b" });
  source.addEvent({ kind: "note", timeSeconds: 1, text: "a" });
  assert.deepEqual(await source.span(), { startSeconds: 1, endSeconds: 5 });
  const all = { startSeconds: 0, endSeconds: 1e9 };
  assert.deepEqual((await source.events(all)).map(({ timeSeconds }) => timeSeconds), [1, 5]);
  for (let t = 0; t < 300; t++) source.append("t", t, tick(t, t === 0 ? { defined: [gauge] } : {}));
  assert.deepEqual(await source.events(all), []);
});

Deno.test("facts are put together over ticks", async () => {
  const source = new MemorySource();
  source.addFacts({ target: "t", simulated: false, details: { cores: 8 } });
  source.addFacts({ target: "t", simulated: false, version: "0.32.0", details: { driver: "x" } });
  assert.deepEqual(await source.facts(), [
    { target: "t", simulated: false, version: "0.32.0", details: { cores: 8, driver: "x" } },
  ]);
});

Deno.test("a real restart is one reset, with no negative or absurd rate and the totals of both lives", async () => {
  const { source } = scrapedSource("vllm-0.32.0-restart");
  const span = (await source.span())!;
  const resets = (await source.events(span)).filter(({ kind }) => kind === "counter_reset");
  assert.equal(resets.length, 1);
  assert.ok(resets[0]!.kind === "counter_reset" && resets[0]!.reason === "process_start_changed");
  const whole = { startSeconds: span.endSeconds, stepSeconds: 1, count: 1, rangeSeconds: 1000 };
  for (const quantity of ["generation_tokens", "prompt_tokens", "request_success"] as const) {
    // Independent of the window functions: last minus first of the first life, and the last value of the second.
    let total = 0;
    for (const { values } of await source.select({ quantity }, span)) {
      const fall = values.findIndex((value, i) => i > 0 && value < values[i - 1]!);
      total += fall < 0 ? values.at(-1)! - values[0]! : values[fall - 1]! - values[0]! + values.at(-1)!;
    }
    const observed = await source.evaluate({
      selector: { quantity },
      fn: { kind: "increase", extrapolate: false },
    }, whole);
    assert.ok(total > 0);
    assert.deepEqual(first(observed), [total], quantity);
  }
  const grid = { startSeconds: span.startSeconds, stepSeconds: 1, count: 148, rangeSeconds: 10 };
  const [rates] = await source.evaluate(
    { selector: { quantity: "generation_tokens" }, fn: { kind: "rate" } },
    grid,
  );
  // The server makes a few hundred tokens a second at most.
  assert.ok(rates!.values.every((value) => value >= 0 && value < 1000));
});
