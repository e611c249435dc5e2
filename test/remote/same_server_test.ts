import assert from "node:assert/strict";
import { VirtualClock } from "../../src/collector/clock.ts";
import { prometheusSource } from "../../src/remote/prometheus_source.ts";
import type { LabEvent } from "../../src/series/types.ts";
import { everySecond, type FakeSeries, fakeServer } from "./fake_server.ts";

const ALL = { startSeconds: 1000, endSeconds: 1006 };

interface Process {
  readonly labels: Readonly<Record<string, string>>;
  /** Each second; undefined: the scrape failed. */
  readonly tokens: readonly (number | undefined)[];
  readonly starts?: readonly number[];
  readonly atSeconds?: number;
  readonly name?: string;
}

/** A server as one collector reads it. */
function read({ labels, tokens, starts, atSeconds = 1000, name }: Process): FakeSeries[] {
  const all = { instance: "h:8000", job: "vllm", ...labels };
  const good = (values: readonly (number | undefined)[]) =>
    everySecond(atSeconds, values.map((value, i) => tokens[i] === undefined ? undefined : value));
  return [
    {
      labels: { ...all, __name__: "up" },
      points: everySecond(atSeconds, tokens.map((value) => value === undefined ? 0 : 1)),
    },
    ...starts === undefined ? [] : [{
      labels: { ...all, __name__: "process_start_time_seconds" },
      points: good(tokens.map((_, i) => starts[Math.min(i, starts.length - 1)])),
    }],
    { labels: { ...all, __name__: name ?? "vllm:generation_tokens_total" }, points: good(tokens) },
  ];
}

function source(series: readonly FakeSeries[], victoria = false) {
  const server = fakeServer(series, { victoria });
  const clock = new VirtualClock(1010);
  return { ...server, source: prometheusSource("http://s:9090", { clock, fetch: server.fetch }) };
}

/** Tokens of each target by the end, and of all. */
async function tokensOf(series: readonly FakeSeries[]) {
  const { source: remote } = source(series);
  const sums = await remote.evaluate({
    selector: { quantity: "generation_tokens" },
    fn: { kind: "increase", extrapolate: false },
    combine: "sum",
    by: ["target"],
  }, { startSeconds: 1006, stepSeconds: 1, count: 1, rangeSeconds: 10 });
  const targets = (await remote.facts()).map(({ target }) => target);
  return Object.fromEntries(targets.map((target) => [
    target,
    sums.find(({ labels }) => targets.length === 1 || labels.target === target)?.values[0],
  ]));
}

Deno.test("prometheusSource() reads a server that a pair of Prometheus scrapes once", async () => {
  const pair = (other: Partial<Process>) => [
    ...read({ labels: { replica: "a" }, tokens: [0, 1, 2, undefined, 4, 5], starts: [900] }),
    ...read({
      labels: { replica: "b" },
      tokens: [0, 1, 2, 3, 4, 5, 6],
      starts: [900],
      atSeconds: 1000.4,
      ...other,
    }),
  ];
  assert.deepEqual(await tokensOf(pair({})), { "h:8000": 5 });
  const { source: remote, requests } = source(pair({}));
  const [facts] = await remote.facts();
  assert.deepEqual(facts?.details, { server: "http://s:9090", job: "vllm", replica: "b", collectors: 2 });
  // The other one's failed scrape is none of this one.
  assert.deepEqual(await remote.events(ALL), []);
  await remote.select({ quantity: "generation_tokens" }, ALL);
  assert.ok(requests.at(-1)?.includes('replica=~"|b"'), requests.at(-1));
  // Without starts: by the label's name; a copy that failed most of the time is not the one that is read.
  assert.deepEqual(
    await tokensOf([
      ...read({
        labels: { prometheus_replica: "a" },
        tokens: [0, undefined, undefined, undefined, undefined, 5],
      }),
      ...read({ labels: { prometheus_replica: "b" }, tokens: [0, 1, 2, 3, 4, 5, 6] }),
    ]),
    { "h:8000": 6 },
  );
});

Deno.test("prometheusSource() keeps servers of one name apart where their processes differ", async () => {
  const eu = read({ labels: { cluster: "eu" }, tokens: [0, 1, 2, 3, 4, 5, 6], starts: [900] });
  const us = read({ labels: { cluster: "us" }, tokens: [0, 2, 4, 6, 8, 10, 12], starts: [901] });
  assert.deepEqual(await tokensOf([...eu, ...us]), { "eu/h:8000": 6, "us/h:8000": 12 });
  const euAgain = read({
    labels: { cluster: "eu", replica: "2" },
    tokens: [0, 1, 2, 3, 4, 5, 6],
    starts: [900],
  });
  assert.deepEqual(await tokensOf([...eu, ...euAgain, ...us]), { "eu/h:8000": 6, "us/h:8000": 12 });
  // A label of the target that was changed in between: one after the other, as ever.
  const before = read({ labels: { region: "a" }, tokens: [0, 1, 2], starts: [900] });
  const after = read({ labels: { region: "b" }, tokens: [3, 4, 5], starts: [900], atSeconds: 1003 });
  assert.deepEqual(Object.keys(await tokensOf([...before, ...after])), ["h:8000"]);
});

Deno.test("prometheusSource() tells servers apart that a federated Prometheus passes on", async () => {
  const passedOn = (instance: string, tokens: readonly number[], start: number) =>
    read({
      labels: { exported_instance: instance, exported_job: "vllm", job: "federate" },
      tokens,
      starts: [start],
    });
  const own = {
    labels: { __name__: "up", instance: "h:8000", job: "federate" },
    points: everySecond(1000.5, [1, 1, 1, 1, 1, 1]),
  };
  const a = passedOn("a:1", [0, 1, 2, 3, 4, 5, 6], 900);
  const b = passedOn("b:1", [0, 2, 4, 6, 8, 10, 12], 901);
  assert.deepEqual(await tokensOf([own, ...a, ...b]), { "a:1": 6, "b:1": 12 });
  assert.deepEqual(await tokensOf([own, ...a]), { "a:1": 6 });
  // Labels of targets that a rule's series lack.
  const rule = {
    labels: { __name__: "vllm:rule", instance: "h:8000", job: "federate", exported_instance: "a:1" },
    points: everySecond(1000, [1, 1, 1]),
  };
  const inRegion = (series: readonly FakeSeries[], region: string) =>
    series.map(({ labels, points }) => ({ labels: { ...labels, region }, points }));
  assert.deepEqual(await tokensOf([own, rule, ...inRegion(a, "eu"), ...inRegion(b, "us")]), {
    "a:1": 6,
    "b:1": 12,
  });
  const { source: remote } = source([own, ...a, ...b]);
  assert.deepEqual((await remote.facts()).map(({ address }) => address), ["a:1", "b:1"]);
  // Two starts in one target were a restart at each scrape.
  assert.deepEqual(await remote.events(ALL), []);
});

Deno.test("prometheusSource() counts a server once that two jobs scrape", async () => {
  const tokens = [0, 1, 2, 3, 4, 5, 6];
  const first = read({ labels: {}, tokens, starts: [900] });
  const canary = read({ labels: { job: "canary" }, tokens: tokens.slice(0, 3), starts: [900] });
  assert.deepEqual(await tokensOf([...first, ...canary]), { "h:8000": 6 });
  // What shows other metrics is no copy.
  const other = read({ labels: { job: "other" }, tokens, starts: [900], name: "vllm:other" });
  assert.deepEqual(Object.keys(await tokensOf([...first, ...other])), ["other/h:8000", "vllm/h:8000"]);
  const { source: alone, requests } = source(first);
  await alone.facts();
  // Where nothing is unclear nothing more is asked.
  assert.equal(requests.filter((request) => request.startsWith("query {")).length, 2);
});

Deno.test("prometheusSource() takes VictoriaMetrics' last digits for no restart", async () => {
  const tokens = [0.1, 1.3, 5.000000000001, 5, 6];
  const series = read({
    labels: {},
    tokens,
    starts: [900.11, 900.11, 900.1100000001, 900.1100000001, 900.11],
  });
  const events = (victoria: boolean): Promise<readonly LabEvent[]> =>
    source(series, victoria).source.events(ALL);
  assert.deepEqual(await events(true), []);
  assert.ok((await events(false)).some(({ kind }) => kind === "counter_reset"));
});

Deno.test("prometheusSource() tells the last good scrape before a restart, whatever rules wrote meanwhile", async () => {
  const labels = { instance: "h:8000", job: "vllm" };
  const rule = {
    labels: { ...labels, __name__: "instance:vllm_tokens:rate1m" },
    points: everySecond(1000.5, [1, 1, 1, 1, 1, 1]),
  };
  const series = read({
    labels: {},
    tokens: [5, 6, 7, undefined, undefined, 1, 2],
    starts: [900, 900, 900, 1, 1, 1004],
  });
  const events = await source([...series, rule]).source.events(ALL);
  const reset = events.find((event) => event.kind === "counter_reset");
  assert.deepEqual([reset?.previousTimeSeconds, reset?.timeSeconds], [1002, 1005]);
});
