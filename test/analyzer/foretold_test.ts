import assert from "node:assert/strict";
import { workloadOf } from "../../bench/diagnosis_cases.ts";
import { runWorld } from "../../bench/diagnosis_world.ts";
import { foretell } from "../../src/analyzer/foretold.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import { profileNamed } from "../../src/simulator/engine/profiles.ts";

const PROFILE = profileNamed("llama-8b-l40s");
const WORKLOAD = workloadOf(PROFILE, 4);

function near(value: number, wanted: number, share: number): void {
  assert.ok(Math.abs(value / wanted - 1) <= share, `${value}, wanted ${wanted} within ${share}`);
}

Deno.test("foretell() finds the load, is near what was measured, and says what a lower limit would do", async () => {
  const source = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 400, gpu: false });
  const told = await foretell(source, { profile: PROFILE, limits: { maxNumSequences: 4 }, seed: 1 });
  assert.ok(!("absent" in told));
  near(told.load.requestsPerSecond, WORKLOAD.requestsPerSecond, 0.1);
  near(told.load.promptTokens, WORKLOAD.promptTokens, 0.02);
  near(told.load.outputTokens, WORKLOAD.outputTokens, 0.1);
  assert.ok(told.believable, `off by ${told.modelError}`);
  near(told.asItIs.itlMeanSeconds, told.measured.itlMeanSeconds, 0.1);
  assert.ok(told.measured.runningMean > 4.5, "else a limit of 4 would change nothing");
  // The limit that it was asked of: never more than four run, more comes in than goes out.
  assert.ok(told.changed.runningMean <= 4);
  assert.ok(told.changed.overloaded && !told.asItIs.overloaded);
  assert.ok(told.changed.ttftMeanSeconds > 10 * told.asItIs.ttftMeanSeconds);
  // What really happens with that limit.
  const limited = runWorld({
    profile: PROFILE,
    workload: WORKLOAD,
    limits: { maxNumSequences: 4 },
    seed: 12,
    seconds: 400,
    gpu: false,
  });
  const seen = await foretell(limited, { profile: PROFILE, limits: {}, seed: 1 });
  assert.ok(!("absent" in seen));
  near(told.changed.itlMeanSeconds, seen.measured.itlMeanSeconds, 0.1);
  near(told.changed.outputTokensPerSecond, seen.measured.outputTokensPerSecond, 0.1);
});

Deno.test("foretell() answers another rate, with the same seed the same", async () => {
  const source = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 200, gpu: false });
  const options = { profile: PROFILE, limits: {}, requestsPerSecond: 8, seed: 1 };
  const told = await foretell(source, options);
  assert.ok(!("absent" in told));
  near(told.changed.outputTokensPerSecond, 2 * told.asItIs.outputTokensPerSecond, 0.1);
  assert.deepEqual(await foretell(source, options), told);
});

Deno.test("foretell() says which figure is missing", async () => {
  assert.deepEqual(await foretell(new MemorySource(), { profile: PROFILE, limits: {}, seed: 1 }), {
    absent: { code: "no_data" },
  });
  const source = runWorld({ profile: PROFILE, workload: WORKLOAD, seed: 11, seconds: 60, gpu: false });
  const told = await foretell(source, { profile: PROFILE, limits: {}, engine: "7", seed: 1 });
  assert.ok("absent" in told && told.absent.code === "no_requests_in_window" && told.quantity === "ttft");
});
