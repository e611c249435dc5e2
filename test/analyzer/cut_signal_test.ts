/** Requests that no counter of a server's has, as a signal. */
import assert from "node:assert/strict";
import { AdvancedMetricsAnalyzer } from "../../src/analyzer/analyzer.ts";
import { cutSignals } from "../../src/analyzer/cut_signal.ts";
import { engineSeries, type MadeUp, sourceOf, START } from "../helpers/engine_series.ts";

const SPAN = { startSeconds: START, endSeconds: START + 600 };

/** Two requests a second begin; of those between two instants every second one does not end. */
function cutBetween(from: number, to: number): MadeUp[] {
  const cut = (second: number) => Math.max(0, Math.min(second, to) - from);
  return engineSeries({ running: () => 8 }).map((one) =>
    one.name === "vllm:e2e_request_latency_seconds_count"
      ? { ...one, at: (second) => one.at(second)! - cut(second) }
      : one
  );
}

Deno.test("cutSignals() counts what began and did not end, in cells of ten seconds", async () => {
  const [signal, ...others] = await cutSignals(sourceOf(cutBetween(300, 330), 600), SPAN);
  assert.deepEqual(others, []);
  const cut = new Map(
    Array.from(signal!.timesSeconds, (time, i) => [time - START, Math.round(signal!.values[i]! * 1e6) / 1e6]),
  );
  assert.equal(cut.size, 60);
  assert.deepEqual([300, 310, 320, 330, 340].map((second) => cut.get(second)), [0, 10, 10, 10, 0]);
});

Deno.test("cutSignals() has no value where nothing was read, and no signal without one of the three", async () => {
  const slept = cutBetween(300, 330).map((one): MadeUp => ({
    ...one,
    at: (second) => second > 400 && second < 460 ? undefined : one.at(second),
  }));
  const [signal] = await cutSignals(sourceOf(slept, 600), SPAN);
  const times = Array.from(signal!.timesSeconds, (time) => time - START);
  assert.deepEqual(times.filter((time) => time > 400 && time < 460), []);
  const endless = cutBetween(300, 330).filter(({ name }) => !name.includes("e2e"));
  assert.deepEqual(await cutSignals(sourceOf(endless, 600), SPAN), []);
});

Deno.test("detectAnomalies() of cut_requests finds the time in which answers were cut, and none else", async () => {
  const find = async (series: readonly MadeUp[]) => {
    const [one] = await new AdvancedMetricsAnalyzer(sourceOf(series, 1200)).detectAnomalies("cut_requests");
    return "absent" in one! ? [] : one!.result.episodes.map((
      { startSeconds, endSeconds },
    ) => [startSeconds - START, endSeconds - START]);
  };
  assert.deepEqual(await find(cutBetween(300, 330)), [[310, 330]]);
  assert.deepEqual(await find(engineSeries({ running: () => 8 })), []);
});

Deno.test("detectAnomalies() of cut_requests finds one time of cuts in few cells: a short run, reads that are far apart", async () => {
  const find = async (cut: readonly [number, number], seconds: number, intervalSeconds: number) => {
    const source = sourceOf(cutBetween(...cut), seconds, intervalSeconds);
    const [one] = await new AdvancedMetricsAnalyzer(source).detectAnomalies("cut_requests");
    assert.ok(one !== undefined && "result" in one, `${cut}: ${JSON.stringify(one)}`);
    return one.result.episodes.map(({ startSeconds, endSeconds }) => [
      startSeconds - START,
      endSeconds - START,
    ]);
  };
  // 3 of 60 cells are 5 %, 6 are a tenth.
  assert.deepEqual(await find([300, 330], 600, 1), [[310, 330]]);
  assert.deepEqual(await find([300, 360], 600, 1), [[310, 360]]);
  // 20 cells of a minute: one, two and three of them.
  assert.deepEqual(await find([610, 640], 1200, 15), [[660, 660]]);
  assert.deepEqual(await find([610, 700], 1200, 15), [[660, 720]]);
  assert.deepEqual(await find([610, 760], 1200, 15), [[660, 780]]);
});

Deno.test("analyzeCorrelation() takes quantities and cut_requests among its names, as it says that they are names", async () => {
  const analyzer = new AdvancedMetricsAnalyzer(sourceOf(cutBetween(300, 330), 600));
  const { signals, pairs } = await analyzer.analyzeCorrelation({
    names: ["running", "ttft", "cut_requests"],
  });
  assert.deepEqual(signals.map(({ name }) => name), ["running", "ttft", "cut_requests"]);
  assert.equal(pairs.length, 3);
  const same = await analyzer.analyzeCorrelation({ quantities: ["ttft"] });
  assert.deepEqual((await analyzer.analyzeCorrelation({ names: ["ttft"] })).signals, same.signals);
});
