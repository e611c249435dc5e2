import assert from "node:assert/strict";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { compareWindows } from "../../src/dashboard/compare_windows.ts";
import { engineSeries, type MadeUp, sourceOf, START } from "../helpers/engine_series.ts";
import { FIRST_SCRAPE, latencyServers } from "../helpers/latency_servers.ts";

const at = (from: number, to: number) => ({
  startSeconds: FIRST_SCRAPE + from,
  endSeconds: FIRST_SCRAPE + to,
});

Deno.test("compareWindows() says by how much B differs, exactly where sums tell it and not at all within a bucket", async () => {
  // Until 300 s every request takes 50 ms, from then on 200 ms; its bucket is (100 ms, 250 ms].
  const source = latencyServers({ a: (second) => [second <= 300 ? 0.05 : 0.2] }, 600);
  const { groups, columns } = await compareWindows(source, { a: at(0, 300), b: at(300, 600) }, {
    timeZone: "UTC",
  });
  assert.equal(columns[1], "A 2026-01-05 09:00:00–09:05:00 UTC");
  const rows = new Map(groups.find(({ panel }) => panel === "ttft")?.rows.map((row) => [row.figure, row]));
  assert.deepEqual(rows.get("mean"), {
    figure: "mean",
    a: "50 ms",
    b: "200 ms",
    difference: "4 times as high",
  });
  assert.match(rows.get("p95")?.difference ?? "", /times as high$/);
  // 50 ms and 55 ms are in one bucket: their means differ, their p95 cannot be told apart.
  const near = latencyServers({ a: (second) => [second <= 300 ? 0.05 : 0.055] }, 600);
  const close = await compareWindows(near, { a: at(0, 300), b: at(300, 600) }, { timeZone: "UTC" });
  const closeRows = new Map(close.groups[0]?.rows.map((row) => [row.figure, row.difference]));
  assert.equal(closeRows.get("mean"), "10% higher");
  assert.equal(closeRows.get("p95"), "not told apart");
});

Deno.test("compareWindows() has the p95 of each of a few servers, and says what one side lacks", async () => {
  const source = latencyServers({
    a: () => [0.05],
    b: (second) => second <= 300 ? [0.05] : [],
  }, 600);
  const { groups } = await compareWindows(source, { a: at(0, 300), b: at(310, 600) });
  const rows = new Map(groups[0]?.rows.map((row) => [row.figure, row]));
  assert.deepEqual([...rows.keys()], [
    "p50",
    "p95",
    "p95 · a",
    "p95 · b",
    "mean",
  ]);
  assert.equal(groups[0]?.title, "TTFT · 2 servers together");
  assert.equal(rows.get("p95 · b")?.b, "n/a");
  assert.equal(rows.get("p95 · b")?.difference, "only in A");
});

Deno.test("compareWindows() of a real run gives rates and gauges as arithmetic on its raw points does", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const held = await source.span();
  assert.ok(held !== undefined);
  const half = (held.startSeconds + held.endSeconds) / 2;
  const [a, b] = [{ startSeconds: held.startSeconds, endSeconds: half }, {
    startSeconds: half,
    endSeconds: held.endSeconds,
  }];
  const { groups } = await compareWindows(source, { a, b }, { timeZone: "UTC" });
  const rowOf = (panel: string, figure: string) =>
    groups.find((group) => group.panel === panel)?.rows.find((row) => row.figure === figure);
  const [running] = await source.select({ quantity: "running" }, held);
  assert.ok(running !== undefined);
  const { timesSeconds, values } = running;
  const inside = values.filter((_, index) => (timesSeconds[index] ?? 0) > half);
  const mean = inside.reduce((sum, value) => sum + value, 0) / inside.length;
  assert.equal(Number(rowOf("requests", "Requests running · mean")?.b), Number(mean.toPrecision(3)));
  assert.equal(rowOf("requests", "Requests running · highest")?.b, String(Math.max(...inside)));
  const series = await source.select({ quantity: "generation_tokens" }, a);
  const [tokens] = series;
  assert.ok(tokens !== undefined && series.length === 1);
  const [first, last] = [tokens.values[0] ?? NaN, tokens.values.at(-1) ?? NaN];
  const seconds = (tokens.timesSeconds.at(-1) ?? NaN) - (tokens.timesSeconds[0] ?? NaN);
  const shown = Number.parseFloat(rowOf("throughput", "Generated tokens · rate")?.a ?? "");
  assert.ok(Math.abs(shown / ((last - first) / seconds) - 1) < 0.01, `${shown}`);
});

Deno.test("compareWindows() of times that hold nothing says so", async () => {
  const source = latencyServers({ a: () => [0.05] }, 60);
  const { groups, note } = await compareWindows(source, { a: at(-500, -400), b: at(-300, -200) });
  assert.deepEqual(groups, []);
  assert.equal(note, "Nothing was read in either time.");
});

Deno.test("compareWindows() takes each reading of a level once where one server followed another", async () => {
  // A server of model m is followed at 300 s by one of m2, as a restart with another model does.
  const within = (series: readonly MadeUp[], from: number, to: number) =>
    series.map((one): MadeUp => ({
      ...one,
      at: (second) => second >= from && second < to ? one.at(second) : undefined,
    }));
  const source = sourceOf([
    ...within(engineSeries({ running: () => 10, kv: () => 0.2 }), 0, 300),
    ...within(engineSeries({ running: () => 30, kv: () => 0.6, labels: { model_name: "m2" } }), 300, 601),
  ], 600);
  const span = (from: number, to: number) => ({ startSeconds: START + from, endSeconds: START + to });
  const { groups } = await compareWindows(source, { a: span(0, 290), b: span(199.5, 599.5) });
  const rowOf = (panel: string, figure: string) =>
    groups.find((group) => group.panel === panel)!.rows.find((row) => row.figure === figure)!;
  // B: 100 s of the first, 300 s of the second.
  const running = rowOf("requests", "Requests running · mean");
  assert.equal(running.a, "10");
  assert.ok(Math.abs(Number(running.b) - 25) < 0.2, running.b);
  const kv = rowOf("kv", "mean");
  assert.deepEqual([kv.a, kv.b, kv.difference], ["20%", "50%", "30 points higher"]);
});

Deno.test("compareWindows() says a least difference where one side is beyond the last bucket", async () => {
  const rowsOf = async (before: number, after: number) => {
    const source = latencyServers({ a: (second) => [second <= 300 ? before : after] }, 600);
    const { groups } = await compareWindows(source, { a: at(0, 300), b: at(300, 600) });
    return groups[0]!.rows.find(({ figure }) => figure === "p95")!;
  };
  // Its last bound is 80 s: what took 100 s may have taken any time above.
  const faster = await rowsOf(100, 5);
  assert.deepEqual([faster.a, faster.difference], [">80 s", ">93.8% lower"]);
  const slower = await rowsOf(5, 100);
  assert.deepEqual([slower.b, slower.difference], [">80 s", ">16 times as high"]);
  assert.equal((await rowsOf(100, 200)).difference, "not told apart");
});
