/**
 * `deno task bench dashboard`: what pictures cost in time and bytes, against plain Plot drawing every point.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import { clientServerChart } from "../src/charts/client_server_panel.ts";
import { thinIndices } from "../src/charts/downsample.ts";
import { type LinePoints, m4Indices } from "../src/series/m4.ts";
import { loadPlotKit } from "../src/charts/plot_kit.ts";
import { latencyChart } from "../src/charts/source_charts.ts";
import { openShippedData } from "../src/collector/shipped_data.ts";
import { interactiveDashboard } from "../src/dashboard/interactive.ts";
import { drawPage } from "../src/dashboard/overview.ts";
import { drawSnapshot } from "../src/dashboard/snapshot.ts";
import { LiveFeed } from "../src/dashboard/live_feed.ts";
import { detailedStatistics } from "../src/dashboard/statistics.ts";
import { daySource } from "../test/helpers/day_source.ts";
import { growingSource } from "./feed_source.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./result.ts";

const OPTIONS = { timeZone: "UTC" };
const REPEATS = 9;
const VIEW = { startSeconds: 0, endSeconds: 86400, columns: 640 };

/** Median wall time of the later of several runs, in milliseconds; the first ones load and compile. */
async function medianMs(work: () => Promise<unknown> | unknown): Promise<number> {
  await work();
  const times: number[] = [];
  for (let k = 0; k < REPEATS; k++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(REPEATS / 2)] ?? NaN;
}

/** A day of seconds with noise and one spike. */
function dayOfPoints(): LinePoints {
  const timesSeconds = Float64Array.from({ length: 86400 }, (_, k) => k);
  const values = timesSeconds.map((time) => 0.3 + 0.2 * Math.sin(time / 900) + 0.05 * Math.sin(time * 7.13));
  values[50_000] = 3.3;
  return { timesSeconds, values };
}

/** Measures; takes about half a minute. */
export async function run(): Promise<BenchResult> {
  const shipped = await openShippedData("vllm-0.32.0-cpu");
  const day = daySource();
  const figures: BenchFigure[] = [];
  const targets: BenchTarget[] = [];
  const ms = (name: string, value: number, atMost?: number) => {
    figures.push({ name, value, unit: "ms" });
    if (atMost !== undefined) {
      targets.push({
        name,
        wanted: `at most ${atMost} ms`,
        got: `${value.toFixed(1)} ms`,
        ok: value <= atMost,
      });
    }
  };
  const firstAt = performance.now();
  const first = await drawSnapshot(shipped, OPTIONS);
  const drawnAt = performance.now();
  await first.png();
  ms("first snapshot of a process (Plot is loaded)", drawnAt - firstAt);
  ms("first PNG of a process (renderer and fonts are loaded)", performance.now() - drawnAt);
  ms("snapshot", await medianMs(() => drawSnapshot(shipped, OPTIONS)), 150);
  ms("snapshot's PNG", await medianMs(async () => (await drawSnapshot(shipped, OPTIONS)).png()), 450);
  ms("snapshot of a day at 1 Hz with 8 GPUs", await medianMs(() => drawSnapshot(day, OPTIONS)), 150);
  ms("overview page with findings", await medianMs(() => drawPage(shipped, "overview", OPTIONS)));
  ms("single latency chart", await medianMs(() => latencyChart(shipped, OPTIONS)));
  ms("client beside server", await medianMs(() => clientServerChart(shipped, OPTIONS)));
  ms("detailed statistics", await medianMs(() => detailedStatistics(shipped, OPTIONS)));
  ms("interactive page", await medianMs(() => interactiveDashboard(shipped, OPTIONS)));
  const feed = await feedCost();
  figures.push(...feed.figures, ...await bytesOf(), ...await againstPlot());
  targets.push(feed.target);
  return { figures, targets };
}

/** Ticks of the live feed that are measured, after as many that compile it. */
const FEED_TICKS = 400;

/** News for a live page that watches 8 servers at 2 Hz, told after every tick: what that takes of a core. */
async function feedCost(): Promise<{ readonly figures: BenchFigure[]; readonly target: BenchTarget }> {
  const intervalSeconds = 0.5;
  const { source, scrape } = await growingSource(8, intervalSeconds);
  const feed = new LiveFeed(source, OPTIONS);
  scrape();
  await feed.news();
  const times: number[] = [];
  let cpuMs = 0;
  let bytes = 0;
  for (let tick = 0; tick < 2 * FEED_TICKS; tick++) {
    scrape();
    const [cpu, start] = [cpuUsage(), performance.now()];
    const message = await feed.news();
    const { user, system } = cpuUsage(cpu);
    if (tick < FEED_TICKS) continue;
    times.push(performance.now() - start);
    cpuMs += (user + system) / 1000;
    bytes += message?.data.length ?? 0;
  }
  times.sort((a, b) => a - b);
  const share = cpuMs / FEED_TICKS / (intervalSeconds * 1000);
  const name = "live feed, 8 servers at 2 Hz";
  return {
    figures: [
      { name: `${name}: a tick, median`, value: times[FEED_TICKS / 2] ?? NaN, unit: "ms" },
      { name: `${name}: a tick, p95`, value: times[Math.floor(FEED_TICKS * 0.95)] ?? NaN, unit: "ms" },
      { name: `${name}: processor time a tick, every thread`, value: cpuMs / FEED_TICKS, unit: "ms" },
      { name: `${name}: a message`, value: bytes / FEED_TICKS, unit: "bytes" },
      { name: "load average of the machine meanwhile", value: Deno.loadavg()[0] ?? NaN, unit: "processes" },
    ],
    target: {
      name: `${name}: share of a core`,
      wanted: "at most 1 %",
      got: `${(share * 100).toFixed(2)} %`,
      ok: share <= 0.01,
    },
  };
}

async function bytesOf(): Promise<BenchFigure[]> {
  const shipped = await openShippedData("vllm-0.32.0-cpu");
  const encoder = new TextEncoder();
  const snapshot = await drawSnapshot(shipped, OPTIONS);
  const { html } = await interactiveDashboard(shipped, OPTIONS);
  return [
    { name: "snapshot SVG", value: encoder.encode(snapshot.svg).length, unit: "bytes" },
    { name: "snapshot PNG", value: (await snapshot.png()).length, unit: "bytes" },
    { name: "interactive output", value: encoder.encode(html).length, unit: "bytes" },
  ];
}

/** A line of 86,400 points: ours thinned, Plot's with all. */
async function againstPlot(): Promise<BenchFigure[]> {
  const kit = await loadPlotKit();
  const points = dayOfPoints();
  const rows = (indices: Iterable<number>) =>
    Array.from(
      indices,
      (index) => ({ x: points.timesSeconds[index] ?? NaN, y: points.values[index] ?? NaN }),
    );
  const draw = (indices: Iterable<number>) =>
    kit.render({
      width: VIEW.columns,
      height: 200,
      marks: [kit.plot.lineY(rows(indices), { x: "x", y: "y" })],
    }, { x: 0, y: 0 });
  const all = Array.from(points.timesSeconds, (_, index) => index);
  const peer = "Plot 0.6.17, every point";
  const [ours, plots] = [
    await medianMs(() => draw(thinIndices(points, VIEW))),
    await medianMs(() => draw(all)),
  ];
  const [ourBytes, plotBytes] = [draw(thinIndices(points, VIEW)).length, draw(all).length];
  return [
    { name: "line of 86,400 points", value: ours, unit: "ms", peer, peerValue: plots, ratio: ours / plots },
    {
      name: "line of 86,400 points",
      value: ourBytes,
      unit: "bytes",
      peer,
      peerValue: plotBytes,
      ratio: ourBytes / plotBytes,
    },
    { name: "M4 alone on 86,400 points", value: await medianMs(() => m4Indices(points, VIEW)), unit: "ms" },
  ];
}
