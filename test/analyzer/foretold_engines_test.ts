/** What the model says of a server with two engines, held against that server. */
import assert from "node:assert/strict";
import { foretell } from "../../src/analyzer/foretold.ts";
import { whatIf } from "../../src/analyzer/what_if.ts";
import { sleep } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/collector/clock.ts";
import { RealTimeMetricsCollector } from "../../src/collector/collector.ts";
import { profileNamed } from "../../src/simulator/engine/profiles.ts";
import { startInProcess } from "../../src/simulator/server/in_process.ts";
import { VllmWorkloadSimulator } from "../../src/simulator/workload/simulator.ts";

const PROFILE = profileNamed("llama-8b-l40s");
/** Of 6.6 that both can do with eight places each. */
const RATE = 5.8;
const LIMITS = { ...PROFILE.limits, maxNumSequences: 8 };

Deno.test("foretell() takes the engines of a server together, shared out as vLLM does, with both p99 beside the model's", async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9) / 1000);
  const profile = { ...PROFILE, limits: LIMITS };
  const vllm = startInProcess({ clock, seed: 4, engines: 2, profile });
  const collector = new RealTimeMetricsCollector({
    targets: [{ id: "vllm", url: vllm.url }],
    intervalSeconds: 1,
    clock,
    fetch: vllm.fetch,
    system: false,
    gpu: false,
  });
  const workload = new VllmWorkloadSimulator({ apiBase: vllm.apiBase, clock, fetch: vllm.fetch, seed: 4 });
  await clock.drive(async () => {
    collector.start();
    await sleep(clock, 2);
    await workload.simulateSteadyLoad({ durationSeconds: 240, ratePerSecond: RATE, arrivals: "poisson" });
    await collector.stop();
  });
  const told = await foretell(collector, { profile, limits: {}, engine: "0" });
  assert.ok(!("absent" in told), JSON.stringify(told));
  assert.equal(told.engines, 2);
  const { load, measured, asItIs } = told;
  const alone = whatIf(profile, { ...load, requestsPerSecond: load.requestsPerSecond / 2 }, {
    random: seededRandom(1),
  });
  const off = (value: number, wanted: number) => Math.max(value / wanted, wanted / value);
  assert.ok(off(load.requestsPerSecond, RATE) < 1.1, `${load.requestsPerSecond}`);
  assert.ok(off(asItIs.itlMeanSeconds, measured.itlMeanSeconds) < 1.03);
  assert.ok(off(asItIs.runningMean, measured.runningMean) < 1.05);
  // One engine with half of the load, as if it were sent it by chance, has more than twice the waiting.
  assert.ok(told.ttftFactor < 1.25, `${told.ttftFactor}`);
  assert.ok(off(alone.ttft.mean, measured.ttftMeanSeconds) > 2, `${alone.ttft.mean}`);
  const { itlP99, ttftP99 } = measured;
  assert.ok(itlP99!.lower <= asItIs.itlP99Seconds && asItIs.itlP99Seconds <= itlP99!.upper);
  assert.ok(ttftP99!.lower > measured.ttftMeanSeconds);
});
