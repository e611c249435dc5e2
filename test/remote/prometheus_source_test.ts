import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { prometheusSource, type PrometheusSourceOptions } from "../../src/remote/prometheus_source.ts";
import { assertSameEvaluations, assertSamePoints } from "./equality.ts";
import { everySecond, type FakeSeries, fakeServer } from "./fake_server.ts";
import { recordedFetch } from "./recorded.ts";

const RUN = "vllm-0.32.0-restart";

function recorded(kind: "prometheus" | "victoria") {
  return prometheusSource("http://server:9090", {
    clock: new VirtualClock(1795552200),
    fetch: recordedFetch(kind),
  });
}

Deno.test("prometheusSource() gives every point of a recorded Prometheus as the local source has it", async () => {
  const compared = await assertSamePoints(await openShippedData(RUN), recorded("prometheus"), {
    relative: 0,
  });
  assert.deepEqual(compared, { series: 492, points: 19_200 });
});

Deno.test("prometheusSource() evaluates over a recorded Prometheus as the local source does, bit for bit", async () => {
  const compared = await assertSameEvaluations(await openShippedData(RUN), recorded("prometheus"), {
    relative: 0,
  });
  assert.ok(compared.points > 3000);
});

Deno.test("prometheusSource() reads a recorded VictoriaMetrics to its twelve digits, stale markers as such", async () => {
  const local = await openShippedData(RUN);
  await assertSamePoints(local, recorded("victoria"), { relative: 1e-12 });
  await assertSameEvaluations(local, recorded("victoria"), { relative: 1e-8 });
});

for (const kind of ["prometheus", "victoria"] as const) {
  Deno.test(`prometheusSource() tells the facts and events of a recorded ${kind} as the local source does`, async () => {
    const local = await openShippedData(RUN);
    const [known] = await local.facts();
    const [facts] = await recorded(kind).facts();
    assert.deepEqual(facts, { ...known, details: { server: "http://server:9090", job: "lab" } });
    const span = (await local.span())!;
    const wanted = (await local.events(span)).filter((event) => event.kind !== "workload");
    const got = await recorded(kind).events(span);
    assert.deepEqual(got.map(({ kind }) => kind).sort(), wanted.map(({ kind }) => kind).sort());
    const resetOf = (events: typeof got) => events.find((event) => event.kind === "counter_reset");
    const [reset, localReset] = [resetOf(got), resetOf(wanted)];
    assert.equal(reset?.seriesCount, localReset?.seriesCount);
    assert.equal(reset?.reason, "process_start_changed");
    assert.ok(Math.abs(reset!.previousTimeSeconds - localReset!.previousTimeSeconds) <= 0.0005);
    const recovered = got.find((event) => event.kind === "scrape_recovered");
    assert.equal(recovered?.failedCount, 106);
    const failed = got.find((event) => event.kind === "scrape_failed");
    // Pushed data has no `scrape_duration_seconds`, and no server keeps the reason.
    assert.deepEqual([failed?.cause, failed?.durationSeconds], [{ code: "cause_not_kept" }, NaN]);
  });
}

Deno.test("prometheusSource() describes a recorded server's families with the types of the local source", async () => {
  const local = new Map(
    (await (await openShippedData(RUN)).describe()).map(({ name, type }) => [name, type]),
  );
  const described = await recorded("prometheus").describe();
  for (const { name, type } of described) assert.equal(type, local.get(name) ?? "gauge", name);
  const own = described.filter(({ name }) => !local.has(name)).map(({ name }) => name);
  assert.deepEqual(own.sort(), ["lab_target_info", "up"]);
  assert.equal(described.length, local.size + 2);
});

const HOSTILE = 'a"b\\c{d="e"}\n</script>\u202e模型';

/** One target, scraped each second from 1000 on; it failed at 1003, and `gone` was not there at 1002. */
function scraped(instance = "h:8000", job = "vllm"): FakeSeries[] {
  const labels = { instance, job };
  const model = { ...labels, model_name: HOSTILE };
  return [
    { labels: { ...labels, __name__: "up" }, points: everySecond(1000, [1, 1, 1, 0, 1, 1]) },
    {
      labels: { ...labels, __name__: "scrape_duration_seconds" },
      points: everySecond(1000, [0.01, 0.01, 0.01, 0.5, 0.01, 0.01]),
    },
    {
      labels: { ...model, __name__: "vllm:num_requests_running" },
      points: everySecond(1000, [1, 2, "NaN", undefined, 4, 5]),
    },
    { labels: { ...model, __name__: "vllm:gone" }, points: everySecond(1000, [7, 8]) },
    // A rule's times are not those of scrapes.
    { labels: { ...model, __name__: "vllm:rule" }, points: [[1000.5, "1"], [1004.5, "2"]] },
  ];
}

function source(
  series: readonly FakeSeries[],
  options: PrometheusSourceOptions & { readonly victoria?: boolean } = {},
) {
  const { victoria = false, ...others } = options;
  const server = fakeServer(series, { victoria, closedWindows: true });
  const clock = new VirtualClock(1010);
  return { ...server, source: prometheusSource("http://s:9090", { clock, fetch: server.fetch, ...others }) };
}

const ALL = { startSeconds: 1000, endSeconds: 1005 };

Deno.test("prometheusSource() marks what was absent when its target was read, and nothing else", async () => {
  const { source: remote } = source(scraped());
  const [running] = await remote.select({ quantity: "running" }, ALL);
  assert.deepEqual(Array.from(running!.timesSeconds), [1000, 1001, 1002, 1004, 1005]);
  assert.deepEqual(Array.from(running!.values), [1, 2, NaN, 4, 5]);
  assert.deepEqual(Array.from(running!.staleSeconds), [1003]);
  const [gone] = await remote.select({ name: "vllm:gone" }, ALL);
  assert.deepEqual(Array.from(gone!.staleSeconds), [1002]);
  const [rule] = await remote.select({ name: "vllm:rule" }, ALL);
  assert.deepEqual([Array.from(rule!.timesSeconds), Array.from(rule!.staleSeconds)], [[1000.5, 1004.5], []]);
  const [up] = await remote.select({ name: "up" }, ALL);
  assert.deepEqual([Array.from(up!.values), Array.from(up!.staleSeconds)], [[1, 1, 1, 0, 1, 1], []]);
});

Deno.test("prometheusSource() reads VictoriaMetrics' NaN as a mark of absence", async () => {
  const { source: remote } = source(scraped().slice(2, 3), { victoria: true });
  const [running] = await remote.select({ quantity: "running" }, ALL);
  assert.deepEqual([Array.from(running!.values), Array.from(running!.staleSeconds)], [[1, 2, 4, 5], [1002]]);
});

Deno.test("prometheusSource() knows of no absence where there is no up", async () => {
  const { source: remote } = source(scraped().slice(2));
  const [running] = await remote.select({ quantity: "running" }, ALL);
  assert.deepEqual(Array.from(running!.staleSeconds), []);
  assert.deepEqual(await remote.events(ALL), []);
});

Deno.test("prometheusSource() tells failed scrapes with their duration, and their end", async () => {
  const { source: remote } = source(scraped());
  assert.deepEqual(await remote.events(ALL), [
    {
      kind: "scrape_failed",
      timeSeconds: 1003,
      target: "h:8000",
      cause: { code: "cause_not_kept" },
      durationSeconds: 0.5,
    },
    { kind: "scrape_recovered", timeSeconds: 1004, target: "h:8000", failedCount: 1, gapSeconds: 2 },
  ]);
});

Deno.test("prometheusSource() tells scrapes that were left out", async () => {
  const labels = { instance: "h:8000", job: "vllm" };
  const late = [1000, 1001, 1002.6, 1003, 1007, 1008].map((time) => [time, "1"] as const);
  const { source: remote } = source([
    { labels: { ...labels, __name__: "up" }, points: late },
    { labels: { ...labels, __name__: "vllm:x" }, points: late },
  ]);
  assert.deepEqual(await remote.events({ startSeconds: 1000, endSeconds: 1008 }), [
    { kind: "tick_skipped", timeSeconds: 1007, target: "h:8000", count: 3 },
  ]);
});

Deno.test("prometheusSource() takes hostile label values as data, in answers and in questions", async () => {
  const { source: remote } = source(scraped());
  const [series] = await remote.select({
    quantity: "running",
    matchers: [{ label: "model_name", operator: "=", value: HOSTILE }],
  }, ALL);
  assert.deepEqual(series?.labels, { instance: "h:8000", job: "vllm", model_name: HOSTILE });
  const none = await remote.select({
    quantity: "running",
    matchers: [{ label: "model_name", operator: "!=", value: HOSTILE }],
  }, ALL);
  assert.deepEqual(none, []);
  assert.deepEqual((await remote.facts())[0]?.models, [HOSTILE]);
});

Deno.test("prometheusSource() applies here what a server might read otherwise", async () => {
  const { source: remote, requests } = source(scraped());
  for (const value of ["(?=a).*", "[[:alpha:]].*|a[^x]b.*", "\\x61.*"]) {
    requests.length = 0;
    await remote.select(
      { name: "vllm:gone", matchers: [{ label: "model_name", operator: "=~", value }] },
      ALL,
    );
    assert.ok(!requests.some((request) => request.includes(value)), value);
  }
  const odd = await remote.select({
    name: "vllm:gone",
    matchers: [{ label: "a-b", operator: "=", value: "" }],
  }, ALL);
  assert.equal(odd.length, 1);
  const target = await remote.select({
    name: "vllm:gone",
    matchers: [{ label: "target", operator: "=", value: "elsewhere" }],
  }, ALL);
  assert.deepEqual(target, []);
});

Deno.test("prometheusSource() keeps several targets apart, and jobs that share an instance", async () => {
  const { source: remote } = source([...scraped("a:1"), ...scraped("b:1"), ...scraped("b:1", "other")]);
  assert.deepEqual((await remote.facts()).map(({ target }) => target), ["a:1", "other/b:1", "vllm/b:1"]);
  const series = await remote.select({ quantity: "running" }, ALL);
  assert.deepEqual(series.map(({ labels }) => [labels.target, labels.job, labels.instance]), [
    ["a:1", "vllm", "a:1"],
    ["other/b:1", "other", "b:1"],
    ["vllm/b:1", "vllm", "b:1"],
  ]);
  const grid = { startSeconds: 1001, stepSeconds: 1, count: 1, rangeSeconds: 1 };
  const query = {
    selector: { quantity: "running" },
    fn: { kind: "last" },
    combine: "sum",
    by: ["target"],
  } as const;
  const sums = await remote.evaluate(query, grid);
  assert.deepEqual(sums.map(({ labels, values }) => [labels, [...values]]), [
    [{ target: "a:1" }, [2]],
    [{ target: "other/b:1" }, [2]],
    [{ target: "vllm/b:1" }, [2]],
  ]);
});

Deno.test("prometheusSource() takes what recording rules leave of labels for no targets of their own", async () => {
  const rule = (labels: Record<string, string>): FakeSeries => ({
    labels: { ...labels, __name__: "vllm:tokens:rate1m" },
    points: everySecond(1000, [1, 2]),
  });
  const rules = [rule({}), rule({ job: "vllm" }), rule({ instance: "b:1" }), rule({ model_name: "m" })];
  const targets = async (series: readonly FakeSeries[]) =>
    (await source(series).source.facts()).map(({ target }) => target);
  assert.deepEqual(await targets([...scraped("a:1"), ...scraped("b:1"), ...rules]), ["a:1", "b:1"]);
  // A server that was down all the time, of which a rule still tells.
  const down = {
    labels: { job: "vllm", instance: "b:1", __name__: "up" },
    points: everySecond(1000, [0, 0]),
  };
  assert.deepEqual(await targets([...scraped("a:1"), down, ...rules]), ["a:1", "b:1"]);
  // Of a target that nothing else is known of, and pushed data.
  const other = rule({ instance: "c:1" });
  assert.deepEqual(await targets([...scraped("a:1"), other]), ["a:1", "c:1"]);
  assert.deepEqual(await targets([rule({ job: "vllm" }), rule({ job: "pushed" })]), ["pushed", "vllm"]);
});

Deno.test("prometheusSource() leaves other targets of the server alone", async () => {
  const node = {
    labels: { __name__: "node_load1", instance: "n:9100", job: "node" },
    points: everySecond(1000, [1]),
  };
  const { source: remote } = source([...scraped(), node]);
  assert.deepEqual(await remote.select({ name: "node_load1" }, ALL), []);
  const { source: wider } = source([...scraped(), node], {
    matchers: [{ label: "job", operator: "=~", value: "vllm|node" }],
  });
  assert.equal((await wider.select({ name: "node_load1" }, ALL)).length, 1);
});

Deno.test("prometheusSource() refuses more points than its limit and names evaluate()", async () => {
  const { source: remote } = source(scraped(), { maxSelectPoints: 4 });
  await assert.rejects(remote.select({ quantity: "running" }, ALL), {
    name: "RangeError",
    message: "Cannot select 5 points: more than 4, use evaluate() or a shorter span",
  });
});

Deno.test("prometheusSource() reads no more points at once than it is told", async () => {
  const { source: remote, requests } = source(scraped(), { pointsPerRequest: 2 });
  const [running] = await remote.select({ quantity: "running" }, ALL);
  assert.equal(running?.values.length, 5);
  const windows = requests.filter((request) =>
    request.startsWith('query {__name__="vllm:num_requests_running"')
  );
  assert.equal(windows.length, 3);
});

Deno.test("prometheusSource() finds data far back, and only the targets of its newest stretch", async () => {
  const labels = { job: "vllm", __name__: "vllm:x" };
  const old = { labels: { ...labels, instance: "old:1" }, points: everySecond(1000, [1, 2]) };
  const newer = { labels: { ...labels, instance: "new:1" }, points: everySecond(90_000, [1, 2, 3]) };
  const clock = new VirtualClock(1_000_000);
  const { source: remote } = source([old, newer], { clock });
  assert.deepEqual(await remote.span(), { startSeconds: 90_000, endSeconds: 90_002 });
  assert.deepEqual((await remote.facts()).map(({ target }) => target), ["new:1"]);
  const { source: empty } = source([], { clock });
  assert.equal(await empty.span(), undefined);
  assert.deepEqual([await empty.facts(), await empty.describe(), await empty.events(ALL)], [[], [], []]);
  assert.deepEqual(await empty.select({ quantity: "running" }, ALL), []);
});

Deno.test("prometheusSource() sees up to now, also when a server reads its targets while it is asked", async () => {
  const labels = { job: "vllm", __name__: "vllm:x", instance: "h:1" };
  // Asked at 1121.000 for two minutes: 240 cells of half a second and a millisecond, the last up to 239 ms later.
  const points = [...everySecond(1010, [1, 2, 3, 4]), [1121.2, "5"] as const];
  const later = { labels: { ...labels, instance: "later:1" }, points: [[1121.1, "1"] as const] };
  const clock = new VirtualClock(1121);
  const { source: remote } = source([{ labels, points }, later], { clock, lookBackSeconds: 120 });
  assert.deepEqual(await remote.span(), { startSeconds: 1010, endSeconds: 1013 });
  assert.deepEqual((await remote.facts()).map(({ target }) => target), ["h:1"]);
});

Deno.test("prometheusSource() asks once for few points that many windows are made of", async () => {
  const labels = { job: "j", instance: "h:1", model_name: "m" };
  const series: FakeSeries[] = ["up", "vllm:generation_tokens_total", "vllm:num_requests_running"].map((
    __name__,
  ) => ({
    labels: { ...labels, __name__ },
    points: Array.from({ length: 1440 }, (_, i) => [1000 + 5 * i, __name__ === "up" ? "1" : String(i % 90)]),
  }));
  // Another target without `up`, which tells nothing of how often it was read.
  series.push({ labels: { job: "k", instance: "i:1", __name__: "vllm:x" }, points: everySecond(8190, [1]) });
  const clock = new VirtualClock(8196);
  const { source: remote, requests } = source(series, { clock, lookBackSeconds: 3600 });
  // Read anew for each window: another source each time.
  const fresh = () => source(series, { clock, lookBackSeconds: 3600 }).source;
  const query = (quantity: "running" | "generation_tokens") => ({
    selector: { quantity },
    fn: { kind: quantity === "running" ? "last" : "increase" },
  } as const);
  for (const startSeconds of [4600, 5000, 8100, 8195, 4000]) {
    const grid = { startSeconds, stepSeconds: 7, count: 5, rangeSeconds: 60 };
    for (const quantity of ["running", "generation_tokens"] as const) {
      const kept = await remote.evaluate(query(quantity), grid);
      assert.deepEqual(kept, await fresh().evaluate(query(quantity), grid));
      assert.ok(kept.length > 0);
    }
    const span = { startSeconds, endSeconds: startSeconds + 20 };
    assert.deepEqual(
      await remote.select({ quantity: "running" }, span),
      await fresh().select({ quantity: "running" }, span),
    );
  }
  const asked = (text: string) =>
    requests.filter((request) => request.startsWith(`query {__name__="${text}`));
  // Once for all that the source holds; what is earlier than that, or may still come, is read alone.
  assert.equal(asked("vllm:generation_tokens_total").length, 3);
  assert.equal(asked("vllm:num_requests_running").length, 5);
  assert.equal(requests.filter((request) => request.includes("vector(0)")).length, 0);
});

Deno.test("prometheusSource() gives series in one order, whatever the server's is", async () => {
  const engines = ["10", "2", "0", "1"].map((engine): FakeSeries => ({
    labels: { __name__: "vllm:num_requests_running", engine, instance: "h:1", job: "j" },
    points: everySecond(1000, [1]),
  }));
  const { source: remote } = source(engines);
  const series = await remote.select({ quantity: "running" }, ALL);
  assert.deepEqual(series.map(({ labels }) => labels.engine), ["0", "1", "10", "2"]);
});

Deno.test("prometheusSource() counts from the last point before the window, however old", async () => {
  const labels = { instance: "h:1", job: "j" };
  const points = [[1000, "5"], [1001, "7"], [4000, "10"]] as const;
  const { source: remote } = source([
    { labels: { ...labels, __name__: "vllm:generation_tokens_total" }, points },
    { labels: { ...labels, __name__: "vllm:x" }, points: everySecond(1000, Array(3001).fill(1)) },
  ], { clock: new VirtualClock(4100) });
  const query = {
    selector: { quantity: "generation_tokens" },
    fn: { kind: "increase", extrapolate: false },
  } as const;
  const [increase] = await remote.evaluate(query, {
    startSeconds: 4005,
    stepSeconds: 1,
    count: 1,
    rangeSeconds: 10,
  });
  assert.deepEqual(Array.from(increase!.values), [3]);
});

Deno.test("prometheusSource() takes types from metadata before names", async () => {
  const labels = { instance: "h:1", job: "j" };
  const series = ["vllm:a", "vllm:b_total", "vllm:c_count", "vllm:c_sum", "vllm:d_created"].map((
    __name__,
  ) => ({
    labels: { ...labels, __name__ },
    points: everySecond(1000, [1]),
  }));
  const metadata = {
    "vllm:a": [{ type: "unknown", help: "" }, { type: "counter", help: "an A", unit: "" }],
    "vllm:c": [{ type: "histogram", help: "a C", unit: "" }],
  };
  const server = fakeServer(series, { metadata });
  const remote = prometheusSource("http://s", { clock: new VirtualClock(1010), fetch: server.fetch });
  assert.deepEqual((await remote.describe()).map(({ name, type, help }) => [name, type, help]), [
    ["vllm:a", "counter", "an A"],
    ["vllm:b_total", "counter", ""],
    ["vllm:c", "histogram", "a C"],
    ["vllm:d_created", "gauge", ""],
  ]);
});
