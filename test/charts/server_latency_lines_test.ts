/** Servers whose TTFT is known request by request. */
import assert from "node:assert/strict";
import { readContext } from "../../src/charts/context.ts";
import { clientServerPanel } from "../../src/charts/client_server_panel.ts";
import { latencyPanel } from "../../src/charts/latency_panel.ts";
import { latencyServers } from "../helpers/latency_servers.ts";

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
