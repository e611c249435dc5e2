/** Two engines behind one and two API servers, watched by the lab: every engine's own figures, and nothing counted twice. */
import assert from "node:assert/strict";
import { sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { summariseRun } from "../../src/report/run_summary.ts";
import { startInProcess } from "../../src/simulator/server/in_process.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";

const START_SECONDS = Date.UTC(2026, 0, 5, 9) / 1000;

async function watched(apiServers: number) {
  const clock = new VirtualClock(START_SECONDS);
  const vllm = startInProcess({ clock, seed: 4, engines: 2, apiServers });
  const collector = new RealTimeMetricsCollector({
    targets: [{ id: "vllm", url: vllm.url }],
    intervalSeconds: 1,
    clock,
    fetch: vllm.fetch,
    system: false,
    gpu: false,
  });
  const workload = new VllmWorkloadSimulator({ apiBase: vllm.apiBase, clock, fetch: vllm.fetch, seed: 4 });
  collector.addSampler(workload.sampler);
  await clock.drive(async () => {
    collector.start();
    await sleep(clock, 3);
    await workload.simulateSteadyLoad({ durationSeconds: 30, requestsPerMinute: 240 });
    await sleep(clock, 3);
    await collector.stop();
  });
  return { vllm, collector };
}

for (const apiServers of [1, 2]) {
  Deno.test(`two engines behind ${apiServers} API servers: the lab's figures are each engine's own, and their sum is the load`, async () => {
    const { vllm, collector } = await watched(apiServers);
    const span = (await collector.span())!;
    const engines = vllm.server.life.runners.map(({ engine }) => engine.statistics);
    const requests = await collector.requests(span);
    assert.equal(requests.length, 120);
    for (
      const [quantity, of] of [
        ["generation_tokens", (index: number) => engines[index]!.outputTokens],
        ["prompt_tokens", (index: number) => engines[index]!.promptTokens],
      ] as const
    ) {
      const series = await collector.select({ quantity }, span);
      assert.equal(series.length, 2, quantity);
      for (const [index, { labels, values }] of series.entries()) {
        assert.equal(labels.engine, String(index));
        assert.equal(values.at(-1), of(index), `${quantity} of engine ${index}`);
        assert.ok(of(index) > 0, "both engines work");
      }
    }
    const output = engines[0]!.outputTokens + engines[1]!.outputTokens;
    const received = requests.reduce((sum, { outputTokens }) => sum + (outputTokens ?? 0), 0);
    assert.equal(output, received, "the clients got every token once");
    const cache = await collector.select({ quantity: "kv_cache_usage" }, span);
    assert.equal(cache.length, 2);
    const largest = Math.max(...cache.flatMap(({ values }) => [...values]));
    const summary = (await summariseRun(collector))!;
    assert.equal(summary.maxima.kv_cache_usage, largest, "a share of two caches is not their sum");
    assert.equal(summary.resets, 0);
    assert.equal(summary.counted.generation_tokens, output);
    assert.equal(summary.counted.request_success, 120);
    const { ttft, e2e, itl } = summary.server;
    assert.deepEqual([ttft?.count, e2e?.count, itl?.count], [120, 120, output - 120]);
    const ofBoth = (name: "timeToFirstToken") => {
      const both = engines.map(({ histograms }) => histograms[name]);
      return (both[0]!.sum + both[1]!.sum) / (both[0]!.count + both[1]!.count);
    };
    assert.ok(Math.abs(ttft!.meanSeconds - ofBoth("timeToFirstToken")) < 1e-9);
  });
}
