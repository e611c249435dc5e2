/** Servers whose TTFT is known request by request. */
import assert from "node:assert/strict";
import { readContext } from "../../src/charts/context.ts";
import { clientServerPanel } from "../../src/charts/client_server_panel.ts";
import { latencyPanel } from "../../src/charts/latency_panel.ts";
import { FIRST_SCRAPE, latencyServers } from "../helpers/latency_servers.ts";

const fast = () => [0.05, 0.05];
const slow = (second: number) => second < 120 ? [0.05] : [0.4];

Deno.test("latencyPanel() has a line for each server, so that the slow one stands out", async () => {
  const source = latencyServers({ a: fast, b: slow, c: fast }, 240);
  const { data, subtitle } = await latencyPanel(await readContext(source));
  assert.deepEqual(data.lines.map(({ label }) => label), ["a", "b", "c", "3 servers together"]);
  assert.match(subtitle, /p95 of each server/);
  const newest = Object.fromEntries(data.lines.map(({ label, current }) => [label, current ?? NaN]));
  // Buckets: (40 ms, 60 ms] and (250 ms, 500 ms]; a fifth of all requests is slow, so the mixture's p95 is too.
  assert.ok(newest["a"]! > 0.04 && newest["a"]! <= 0.06 && newest["c"] === newest["a"]);
  assert.ok(newest["b"]! > 0.25 && newest["b"]! <= 0.5);
  assert.ok(newest["3 servers together"]! > 0.25);
});

Deno.test("latencyPanel() shows the slowest and the fastest of many servers", async () => {
  const servers = Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((name) => [name, fast] as const));
  const source = latencyServers({ ...servers, d: slow, f: () => [0.015] }, 240);
  const { data } = await latencyPanel(await readContext(source));
  assert.deepEqual(data.lines.map(({ label }) => label), ["slowest: d", "fastest: f", "6 servers together"]);
});

Deno.test("latencyPanel() calls slowest who was so in the last five minutes, and says by what", async () => {
  const servers = Object.fromEntries(["b", "c", "d"].map((name) => [name, fast] as const));
  // Over the whole run `a` has the higher mean and p95; at its end `e` is the slow one.
  const source = latencyServers({
    a: (second) => [second < 500 ? 0.9 : 0.05],
    ...servers,
    e: (second) => [second < 700 ? 0.05 : 0.4],
  }, 1000);
  const { data, subtitle } = await latencyPanel(await readContext(source));
  assert.equal(data.lines[0]?.label, "slowest: e");
  assert.match(subtitle, /slowest and fastest server by p95 \(mean within a bucket\) of the last 5m00s/);
  // Where nobody answered then, all of the span judges.
  const early = (value: number) => (second: number) => second < 100 ? [value] : [];
  const idle = latencyServers(
    { a: early(0.05), b: early(0.05), c: early(0.9), d: early(0.05), e: early(0.05) },
    600,
  );
  const over = await latencyPanel(await readContext(idle));
  assert.equal(over.data.lines[0]?.label, "slowest: c");
  assert.match(over.subtitle, /by p95 \(mean within a bucket\) of the last 10m00s/);
});

Deno.test("latencyPanel() tells by the mean who is slowest of servers whose p95 are in one bucket", async () => {
  const at = (seconds: number) => () => [seconds];
  // All but `a` in (100 ms, 250 ms].
  const source = latencyServers({ a: at(0.05), b: at(0.13), c: at(0.2), d: at(0.15), e: at(0.12) }, 240);
  const { data } = await latencyPanel(await readContext(source));
  assert.deepEqual(data.lines.slice(0, 2).map(({ label }) => label), ["slowest: c", "fastest: a"]);
});

Deno.test("latencyPanel() of a live page keeps its lines while another server becomes the slowest", async () => {
  const servers = Object.fromEntries(["b", "c", "d"].map((name) => [name, fast] as const));
  const source = latencyServers({
    a: (second) => [second < 500 ? 0.9 : 0.05],
    ...servers,
    e: (second) => [second < 700 ? 0.05 : 0.4],
  }, 1100);
  const live = { counts: new Map() };
  const at = async (second: number) => {
    const span = { startSeconds: FIRST_SCRAPE + second - 5, endSeconds: FIRST_SCRAPE + second };
    return await latencyPanel({ ...await readContext(source, { span, rangeSeconds: 15 }), live });
  };
  const [early, late] = [await at(400), await at(1100)];
  const newestOf = ({ data }: typeof early) => Array.from(data.lines[0]?.values ?? []).at(-1) ?? NaN;
  const labels = ["slowest of 5", "fastest of 5", "5 servers together"];
  assert.deepEqual([early, late].map(({ data }) => data.lines.map(({ label }) => label)), [labels, labels]);
  assert.match(early.subtitle, /slowest now: a, by p95 \(mean within a bucket\) of the last 5m00s/);
  assert.match(late.subtitle, /slowest now: e, by p95 \(mean within a bucket\) of the last 5m00s/);
  // Buckets: (750 ms, 1 s] and (250 ms, 500 ms].
  assert.ok(newestOf(early) > 0.75);
  const slowest = newestOf(late);
  assert.ok(slowest > 0.25 && slowest <= 0.5);
});

Deno.test("latencyPanel() of one server, or of one that was asked for, is as before", async () => {
  const one = await latencyPanel(await readContext(latencyServers({ a: fast }, 60)));
  assert.deepEqual(one.data.lines.map(({ label }) => label), ["p50", "p95", "mean"]);
  const source = latencyServers({ a: fast, b: slow }, 60);
  const asked = await latencyPanel(await readContext(source, { target: "b" }));
  assert.deepEqual(asked.data.lines.map(({ label }) => label), ["p50", "p95", "mean"]);
  assert.doesNotMatch(asked.subtitle, /together/);
});

Deno.test("clientServerPanel() says that its server lines are of several servers", async () => {
  const context = await readContext(latencyServers({ a: fast, b: slow }, 60));
  assert.match((await clientServerPanel(context)).subtitle, /2 servers together/);
});
