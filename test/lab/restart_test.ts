import assert from "node:assert/strict";
import { sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { drawSnapshot } from "../../src/dashboard/snapshot.ts";
import { exportMonitoringData } from "../../src/export/export.ts";
import { summariseRun } from "../../src/report/run_summary.ts";
import { SimulatedVllm } from "../../src/simulator/server/simulated_vllm.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";

const START_SECONDS = Date.UTC(2026, 0, 5, 9) / 1000;

/** A server that is killed while it answers, is away for 10 s, and comes back. */
async function watchRestart() {
  const clock = new VirtualClock(START_SECONDS);
  const server = SimulatedVllm.inProcess({ clock, seed: 3 });
  const collector = new RealTimeMetricsCollector({
    targets: [{ id: "vllm", url: server.url }],
    intervalSeconds: 1,
    clock,
    fetch: server.fetch,
    system: false,
    gpu: false,
  });
  const workload = new VllmWorkloadSimulator({
    apiBase: server.apiBase,
    clock,
    fetch: server.fetch,
    seed: 3,
  });
  collector.addSampler(workload.sampler);
  await clock.drive(async () => {
    collector.start();
    const load = workload.simulateSteadyLoad({ durationSeconds: 45, requestsPerMinute: 120 });
    await sleep(clock, 15);
    await server.crash();
    await sleep(clock, 10);
    await server.restart({ loadSeconds: 1 });
    await load;
    await sleep(clock, 3);
    await collector.stop();
  });
  return collector;
}

Deno.test("a server killed in the middle of a run leaves a gap, one reset, empty cells and no negative rate", async () => {
  const collector = await watchRestart();
  const span = (await collector.span())!;
  const events = await collector.events(span);
  const failed = events.filter((event) => event.kind === "scrape_failed");
  const resets = events.filter((event) => event.kind === "counter_reset");
  assert.ok(failed.length >= 9 && failed.length <= 12, `${failed.length} failed scrapes`);
  assert.ok(failed.every((event) => event.target === "vllm" && event.cause.code === "connection_refused"));
  assert.equal(resets.length, 1);
  assert.equal(events.filter((event) => event.kind === "scrape_recovered").length, 1);

  // Every scrape that succeeded has its point, no failed one has any.
  const [running] = await collector.select({ quantity: "running" }, span);
  const failedTimes = new Set(failed.map((event) => event.timeSeconds));
  assert.ok([...running!.timesSeconds].every((time) => !failedTimes.has(time)));
  assert.ok(running!.staleSeconds.length >= 1);

  const grid = { startSeconds: span.startSeconds + 5, stepSeconds: 1, count: 50, rangeSeconds: 5 };
  for (const quantity of ["generation_tokens", "prompt_tokens", "request_success"] as const) {
    const rates = await collector.evaluate({ selector: { quantity }, fn: { kind: "rate" } }, grid);
    assert.ok(rates.length > 0);
    for (const series of rates) assert.ok(series.values.every((value) => value >= 0), `${quantity} fell`);
  }

  // Requests that the crash cut are told, and none is lost.
  const requests = await collector.requests(span);
  assert.equal(requests.length, 90);
  assert.ok(requests.some((record) => record.outcome === "connection_error"));
  const summary = (await summariseRun(collector))!;
  assert.equal(summary.failedScrapes, failed.length);
  assert.equal(summary.resets, 1);

  const picture = await drawSnapshot(collector, { timeZone: "UTC" });
  assert.ok(/restart/.test(picture.svg));
});

Deno.test("exportMonitoringData() leaves cells empty at the times of failed scrapes", async () => {
  const collector = await watchRestart();
  const directory = await Deno.makeTempDir();
  try {
    const files = await exportMonitoringData(collector, {
      directory,
      formats: ["csv"],
      clock: new VirtualClock(START_SECONDS),
    });
    const path = files.find((file) => file.endsWith("_vllm.csv"));
    const rows = (await Deno.readTextFile(path!)).trimEnd().split("\r\n").map((line) => line.split(","));
    const span = (await collector.span())!;
    const failed = (await collector.events(span)).filter((event) => event.kind === "scrape_failed");
    for (const { timeSeconds } of failed) {
      const row = rows.find((cells) => cells.includes(String(timeSeconds)));
      assert.ok(row !== undefined, `no row at ${timeSeconds}`);
      assert.deepEqual([...new Set(row.slice(2))].filter((cell) => cell !== "failed"), [""]);
    }
    assert.ok(failed.length > 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
