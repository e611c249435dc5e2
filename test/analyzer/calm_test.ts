import assert from "node:assert/strict";
import { unexplainedLatency } from "../../src/analyzer/calm.ts";
import { healthyFinding } from "../../src/analyzer/healthy.ts";
import { causeSentence } from "../../src/text/causes.ts";
import type { JudgedMoment } from "../../src/analyzer/moments.ts";

/** A busy window whose first tokens took so long. */
function busy(ttftSeconds: number, firstTokens: number, kvUsage = 0.1): JudgedMoment {
  const values = { firstTokens, ttftSum: ttftSeconds * firstTokens };
  const numbers = { steps: 100, ttft_mean: ttftSeconds, kv_cache_usage_max: kvUsage, waiting_median: 0 };
  // Only what the functions read.
  return {
    moment: { numbers, frame: { values }, disturbed: false },
    judgements: new Map(),
  } as unknown as JudgedMoment;
}

Deno.test("unexplainedLatency() is told where one window's first tokens are seconds late, and not for an ordinary spread", () => {
  const usual = Array.from({ length: 6 }, () => busy(0.05, 10));
  assert.equal(unexplainedLatency(usual), undefined);
  assert.equal(unexplainedLatency([...usual, busy(0.8, 10)]), undefined);
  assert.equal(unexplainedLatency(Array.from({ length: 6 }, () => busy(4, 10))), undefined);
  assert.deepEqual(unexplainedLatency([...usual, busy(23, 10)]), {
    code: "latency_unexplained",
    params: { ttft: "23 s", usual: "50 ms" },
  });
  assert.equal(unexplainedLatency([]), undefined);
});

Deno.test("healthyFinding() gives the mean by all first tokens and the highest KV usage", () => {
  const finding = healthyFinding([busy(0.1, 1, 0.2), busy(0.1, 1, 0.93), busy(0.4, 8, 0.3)], {
    target: "vllm",
    span: { startSeconds: 0, endSeconds: 60 },
  });
  const valueOf = (name: string) => finding?.evidence.find(({ quantity }) => quantity === name)?.value;
  assert.ok(Math.abs(valueOf("ttft_mean")! - 0.34) < 1e-12);
  assert.equal(valueOf("kv_cache_usage_max"), 0.93);
});

Deno.test("unexplainedLatency() needs no earlier time where requests wait in the queue for most of their TTFT", () => {
  const queued = (ttft: number, queue: number): JudgedMoment => {
    const one = busy(ttft, 10);
    return { ...one, moment: { ...one.moment, numbers: { ...one.moment.numbers, queue_time_mean: queue } } };
  };
  const three = [queued(1, 0.8), queued(2, 1.7), queued(1.5, 1.2)];
  assert.deepEqual(unexplainedLatency(three), {
    code: "latency_unexplained",
    params: { ttft: "2 s", queue: "1.7 s" },
  });
  assert.equal(
    causeSentence(unexplainedLatency(three)!),
    "requests waited 1.7 s of a TTFT of 2 s before they ran, and no rule names the cause",
  );
  assert.equal(unexplainedLatency([...three, queued(1.5, 0.1)]), undefined, "they run at once again");
  assert.equal(
    unexplainedLatency([queued(4, 0.5), queued(4, 0.5), queued(4, 0.5)]),
    undefined,
    "long prompts",
  );
});
