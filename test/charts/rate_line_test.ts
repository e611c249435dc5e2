import assert from "node:assert/strict";
import { readContext } from "../../src/charts/context.ts";
import { gapsOf } from "../../src/charts/gaps.ts";
import { rateLine } from "../../src/charts/rate_line.ts";
import { throughputPanel } from "../../src/charts/rate_panels.ts";
import type { MetricSource } from "../../src/series/types.ts";
import { T0, watchServers } from "../helpers/three_servers.ts";

const { collector } = await watchServers();

/** Tokens that a server's counter gained from one scrape to another. */
async function gained(source: MetricSource, target: string, from: number, to: number): Promise<number> {
  const [series] = await source.select(
    { quantity: "generation_tokens", matchers: [{ label: "target", operator: "=", value: target }] },
    { startSeconds: T0 + from, endSeconds: T0 + to },
  );
  assert.ok(series !== undefined);
  return (series.values.at(-1) ?? NaN) - (series.values[0] ?? NaN);
}

Deno.test("rateLine() sums the servers that are there while one of three is down", async () => {
  const context = await readContext(collector, { timeZone: "UTC" });
  const line = await rateLine(context, "generation_tokens");
  assert.ok(line !== undefined);
  const at = (second: number) =>
    line.values[line.timesSeconds.findIndex((time) => time >= T0 + second - 1e-6)];
  // Scrapes of the second server fail from 40 on; it is up again before 65.
  const two = (await gained(collector, "server-1", 46, 56) + await gained(collector, "server-3", 46, 56)) /
    10;
  assert.ok(Math.abs((at(56) ?? NaN) / two - 1) < 0.12, `${at(56)} tok/s, counters gained ${two}`);
  assert.ok(Array.from(line.values).slice(3).every(Number.isFinite), "no hole but the first two intervals");
  const missing = line.partial.map((gap) => [gap.endSeconds - T0, gap.answering, gap.of]);
  assert.ok(missing.length > 0 && missing.every(([, answering, of]) => answering === 2 && of === 3));
  assert.deepEqual(missing[0], [40, 2, 3]);
});

Deno.test("rateLine() is per second of its own window soon after the start", async () => {
  const context = await readContext(collector, { timeZone: "UTC" });
  assert.equal(context.rangeSeconds, 10);
  const line = await rateLine(context, "generation_tokens");
  const index = line?.timesSeconds.findIndex((time) => time >= T0 + 9 - 1e-6) ?? -1;
  // A window of 5 s: the increase between its first and last scrape, by the time between them.
  const servers = ["server-1", "server-2", "server-3"];
  const rates = await Promise.all(servers.map((target) => gained(collector, target, 5, 9)));
  const expected = rates.reduce((a, b) => a + b, 0) / 4;
  assert.ok(
    Math.abs((line?.values[index] ?? NaN) / expected - 1) < 1e-9,
    `${line?.values[index]} ${expected}`,
  );
  assert.equal(line?.shortened, true);
});

Deno.test("gapsOf() says how many of several servers answered, and the panel's legend does", async () => {
  const context = await readContext(collector, { timeZone: "UTC" });
  const [gap, ...others] = gapsOf(context, "server");
  assert.deepEqual(others, []);
  assert.deepEqual([gap?.startSeconds, gap?.answering, gap?.of], [T0 + 39, 2, 3]);
  const panel = await throughputPanel(context);
  assert.ok(panel.legend.some(({ label }) => label === "2 of 3 answering"), JSON.stringify(panel.legend));
  assert.match(panel.subtitle, /windows up to 10 s/);
});
