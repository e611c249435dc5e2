import assert from "node:assert/strict";
import { openShippedData } from "../../../src/collector/shipped_data.ts";
import { fitSource } from "../../../src/simulator/server/fit_source.ts";
import { virtualVllm } from "./fixtures.ts";

Deno.test("fitSource() finds the recorded server's step times in its scrapes, and a profile that can be simulated", async () => {
  const { stepTime, intervals, medianError, profile } = await fitSource(
    await openShippedData("vllm-0.32.0-cpu"),
  );
  const { constantSeconds, perSequenceSeconds, perPrefillTokenSeconds } = stepTime;
  assert.ok(constantSeconds > 0.008 && constantSeconds < 0.012, String(constantSeconds));
  assert.ok(perSequenceSeconds > 0.0005 && perSequenceSeconds < 0.001, String(perSequenceSeconds));
  assert.ok(
    perPrefillTokenSeconds > 0.0003 && perPrefillTokenSeconds < 0.0006,
    String(perPrefillTokenSeconds),
  );
  assert.ok(intervals > 60 && medianError < 0.25);
  assert.equal(profile.limits.maxNumSequences, 8);
  const vllm = virtualVllm({ profile: JSON.parse(JSON.stringify(profile)) });
  const answer = await vllm.clock.drive(() => vllm.post("/v1/completions", { prompt: "Hi", max_tokens: 3 }));
  assert.equal(answer.status, 200);
});
