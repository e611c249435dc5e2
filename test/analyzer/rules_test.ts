/** Rules one by one, on windows written down by hand. */
import assert from "node:assert/strict";
import { worstThrottle } from "../../src/analyzer/evidence.ts";
import type { Numbers } from "../../src/analyzer/evidence.ts";
import type { FindingCode } from "../../src/analyzer/findings.ts";
import type { GpuView } from "../../src/analyzer/gpu_frames.ts";
import type { MeasureValues } from "../../src/analyzer/engine_scopes.ts";
import { resolveCauses, RULES } from "../../src/analyzer/rules/all.ts";
import type { Judgement, Moment, SequenceLimit } from "../../src/analyzer/rules/rule.ts";

interface Given {
  readonly numbers: Numbers;
  readonly baseline?: Numbers;
  readonly values?: MeasureValues;
  readonly gpu?: GpuView;
  readonly client?: Moment["frame"]["client"];
  readonly limit?: SequenceLimit;
  readonly earlier?: readonly Moment[];
  readonly work?: Moment["work"];
}

function moment(
  { numbers, baseline, values = {}, gpu, client, limit, earlier = [], work = "known" }: Given,
): Moment {
  return {
    frame: {
      index: 0,
      window: { startSeconds: 0, endSeconds: 30 },
      values: { scrapes: 30, ...values },
      ...(gpu === undefined ? {} : { gpu }),
      ...(client === undefined ? {} : { client }),
    },
    numbers,
    facts: undefined,
    limit,
    baseline,
    slowTolerance: 1.1,
    work,
    disturbed: false,
    engines: [],
    earlier,
  };
}

function judge(code: FindingCode, given: Given): Judgement | undefined {
  return RULES.find((rule) => rule.code === code)!.judge(moment(given));
}

const QUIET: Numbers = {
  steps: 1500,
  itl_mean: 0.02,
  itl_p50: 0.019,
  itl_p99: 0.05,
  ttft_mean: 0.05,
  batch_mean: 20,
  arrival_rate: 5,
  computed_prompt_rate: 1000,
  computed_tokens_per_request: 200,
  longest_prompt_bucket: 1000,
  gpu_sm_clock_mean: 1.4e9,
  gpu_utilization_mean: 0.99,
  gpu_memory_used_mean: 70e9,
  waiting_median: 0,
};

Deno.test("gpu_throttled is told by the GPU's own reasons, with advice for the reason", () => {
  const slow: Numbers = { ...QUIET, running_max: 20, itl_mean: 0.03, slow_factor: 1.4 };
  const rows: [Record<string, number>, string | undefined, string | undefined][] = [
    [{ hw_thermal_slowdown: 0.9, sw_thermal_slowdown: 0.9 }, "hw_thermal_slowdown", "check_gpu_cooling"],
    [{ hw_power_brake_slowdown: 0.6 }, "hw_power_brake_slowdown", "check_power_supply"],
    [{ sw_thermal_slowdown: 0.4 }, undefined, undefined],
    [{ gpu_idle: 1 }, undefined, undefined],
    // The power limit alone is how many cards are meant to work.
    [{ sw_power_cap: 1 }, undefined, undefined],
  ];
  for (const [throttleShares, reason, advice] of rows) {
    const numbers = { ...slow, gpu_throttled_share: worstThrottle({ throttleShares })!.share };
    const found = judge("gpu_throttled", { numbers, baseline: QUIET, gpu: { throttleShares } });
    assert.equal(found?.params?.reason, reason, JSON.stringify(throttleShares));
    assert.equal(found?.advice?.[0]?.code, advice, JSON.stringify(throttleShares));
    if (reason !== undefined) assert.equal(found?.confidence, "high");
  }
});

Deno.test("gpu_throttled takes the power limit for the cause when the clock fell and steps are slow", () => {
  const numbers = { ...QUIET, running_min: 9, gpu_sm_clock_mean: 0.9e9, itl_mean: 0.03, slow_factor: 1.4 };
  const gpu = { throttleShares: { sw_power_cap: 1 } };
  const found = judge("gpu_throttled", { numbers, baseline: QUIET, gpu });
  assert.equal(found?.params?.reason, "sw_power_cap");
  assert.deepEqual(found?.advice, [{ code: "raise_power_limit" }]);
  const idle = { ...numbers, gpu_utilization_mean: 0.2 };
  assert.equal(judge("gpu_throttled", { numbers: idle, baseline: QUIET, gpu }), undefined);
});

Deno.test("gpu_memory_taken needs more than a GiB above what was usual", () => {
  const grown = (bytes: number) =>
    judge("gpu_memory_taken", {
      numbers: { ...QUIET, gpu_memory_used_mean: 70e9 + bytes, gpu_memory_total: 80e9 },
      baseline: QUIET,
    });
  assert.equal(grown(0.9 * 2 ** 30), undefined);
  assert.equal(grown(1.5 * 2 ** 30)?.params?.grownBytes, 1.5 * 2 ** 30);
  assert.equal(judge("gpu_memory_taken", { numbers: QUIET }), undefined, "nothing to compare with");
});

Deno.test("gpu_throttled names the reason of part of a window in which the clock has fallen", () => {
  const numbers: Numbers = {
    ...QUIET,
    running_max: 20,
    itl_mean: 0.03,
    slow_factor: 1.4,
    gpu_sm_clock_mean: 1e9,
  };
  const reasonAt = (share: number) =>
    judge("gpu_throttled", {
      numbers,
      baseline: QUIET,
      gpu: { throttleShares: { hw_thermal_slowdown: share } },
    })
      ?.params?.reason;
  assert.equal(reasonAt(0.4), "hw_thermal_slowdown");
  assert.equal(reasonAt(0.02), "unknown");
});

Deno.test("prefill_bound needs prompts that take the time and are more than before", () => {
  const numbers: Numbers = {
    ...QUIET,
    prefill_share: 0.7,
    computed_prompt_rate: 5000,
    computed_tokens_per_request: 1100,
    waiting_median: 12,
    ttft_mean: 4,
    kv_cache_usage_mean: 0.5,
  };
  const found = judge("prefill_bound", { numbers, baseline: QUIET });
  assert.equal(found?.severity, "critical");
  assert.equal(found?.confidence, "medium");
  const rows: [string, Partial<Numbers>][] = [
    ["decode takes the time", { prefill_share: 0.3, fixed_share: 0.2 }],
    ["as many tokens to compute for a request as ever", { computed_tokens_per_request: 210 }],
    ["nobody waits longer", { waiting_median: 0, ttft_mean: 0.06 }],
  ];
  for (const [name, change] of rows) {
    assert.equal(
      judge("prefill_bound", { numbers: { ...numbers, ...change }, baseline: QUIET }),
      undefined,
      name,
    );
  }
  // Without a step model: half of the steps are full to the budget.
  const { prefill_share: _, ...unmodelled } = numbers;
  const full = { ...unmodelled, step_tokens_median: 1800, step_tokens_top: 2048 };
  assert.equal(judge("prefill_bound", { numbers: full, baseline: QUIET })?.confidence, "low");
  const batches = { ...unmodelled, step_tokens_median: 90, step_tokens_top: 128 };
  assert.equal(
    judge("prefill_bound", { numbers: batches, baseline: QUIET }),
    undefined,
    "a batch is no prompt",
  );
});

Deno.test("long_prompts needs a long prompt, or slow tokens that nothing else explains", () => {
  const stalled: Numbers = { ...QUIET, itl_p99: 0.4, kv_cache_usage_mean: 0.3 };
  const seen = {
    numbers: { ...stalled, longest_prompt_bucket: 50_000 },
    values: { promptLengthMedian: 800 },
  };
  assert.equal(judge("long_prompts", { ...seen, baseline: QUIET })?.confidence, "medium");
  assert.equal(judge("long_prompts", { numbers: stalled, baseline: QUIET })?.confidence, "low");
  const slow = { ...stalled, slow_factor: 1.5 };
  assert.equal(judge("long_prompts", { numbers: slow, baseline: QUIET }), undefined, "steps are slow anyway");
  const flooded: Numbers = {
    ...seen.numbers,
    itl_p50: 0.3,
    prefill_share: 0.9,
    waiting_median: 40,
  };
  assert.equal(judge("long_prompts", { ...seen, numbers: flooded, baseline: QUIET })?.severity, "critical");
});

Deno.test("long_prompts goes by what is usual while the long ones block all others", () => {
  const baseline: Numbers = { ...QUIET, prompt_length_median: 800, prefill_share: 0.1 };
  const numbers: Numbers = {
    ...baseline,
    itl_p99: 0.4,
    itl_p50: 0.3,
    prefill_share: 0.9,
    longest_prompt_bucket: 50_000,
    computed_tokens_per_request: 2000,
  };
  // Both of the two requests that ended are long ones.
  const values = { promptLengthMedian: 40_000, finished: 2 };
  assert.equal(judge("long_prompts", { numbers, values, baseline })?.confidence, "medium");
  const all = { ...numbers, computed_tokens_per_request: 30_000 };
  assert.equal(judge("long_prompts", { numbers: all, values, baseline }), undefined, "every prompt is long");
  // They take less than half of the time, and make as much work as more requests would.
  const some = { ...numbers, prefill_share: 0.35, itl_p50: 0.04 };
  assert.equal(judge("long_prompts", { numbers: some, values, baseline })?.confidence, "medium");
  const more = { ...some, arrival_rate: 2 * QUIET.arrival_rate! };
  assert.equal(judge("long_prompts", { numbers: more, values, baseline }), undefined, "more requests came");
});

Deno.test("prefill_bound is told by lengths where the step model knows shorter prompts only", () => {
  const baseline: Numbers = { ...QUIET, prompt_length_median: 800 };
  const numbers: Numbers = {
    ...baseline,
    prompt_length_median: 8000,
    prefill_share: 0.3,
    slow_factor: 2,
    computed_tokens_per_request: 7000,
    waiting_median: 12,
    ttft_mean: 4,
    kv_cache_usage_mean: 0.97,
  };
  const values = { finished: 30 };
  const told = judge("prefill_bound", { numbers, values, baseline, work: "larger" });
  assert.equal(told?.confidence, "medium");
  assert.deepEqual(told.witnesses.slice(0, 3).map(({ quantity }) => quantity), [
    "slow_factor",
    "computed_tokens_per_request",
    "prompt_length_median",
  ]);
  const same = { ...numbers, prompt_length_median: 800 };
  assert.equal(judge("prefill_bound", { numbers: same, values, baseline, work: "larger" }), undefined);
  assert.equal(
    judge("prefill_bound", { numbers, values: { finished: 5 }, baseline, work: "larger" }),
    undefined,
  );
});

Deno.test("front_end_bound leaves out what requests waited for steps that were long when they came", () => {
  const numbers: Numbers = { ...QUIET, outside_engine_mean: 0.2, e2e_mean: 30 };
  const values = { finished: 30 };
  const told = (steps: number) =>
    judge("front_end_bound", {
      numbers,
      values,
      baseline: { ...QUIET, outside_engine_mean: 0.02 },
      earlier: [moment({ numbers: { ...QUIET, itl_p99: steps } })],
    })?.confidence;
  assert.equal(told(QUIET.itl_p99!), "medium");
  assert.equal(told(0.6), undefined);
});

Deno.test("engine_slow blames the host when the GPU's idle time accounts for the lost time", () => {
  const slow = (factor: number, utilization: number | undefined) =>
    judge("engine_slow", {
      numbers: {
        ...QUIET,
        slow_factor: factor,
        itl_mean: 0.02 * factor,
        ...(utilization === undefined ? {} : { gpu_utilization_mean: utilization }),
      },
      baseline: QUIET,
    })?.params?.cause;
  assert.equal(slow(1.25, 0.8), "host");
  assert.equal(slow(1.25, 0.97), "unknown");
  assert.equal(slow(1.05, 0.8), undefined);
  const standing = judge("engine_slow", { numbers: { ...QUIET, slow_factor: 2 }, baseline: QUIET });
  assert.equal(standing, undefined, "tokens come as fast as ever: the engine stood still for a while");
});

Deno.test("requests_failing is the clients' own when all failures are 4xx", () => {
  const failing = (values: MeasureValues) =>
    judge("requests_failing", { numbers: { failed_requests: 5, failed_share: 0.1 }, values })?.params?.side;
  assert.equal(failing({ httpRequests: 50, httpClientErrors: 5 }), "client");
  assert.equal(failing({ httpRequests: 50, httpClientErrors: 5, httpServerErrors: 1 }), "server");
  assert.equal(failing({ httpRequests: 50, httpServerErrors: 5 }), "server");
  assert.equal(failing({}), "server");
});

Deno.test("requests_failing says that requests timed out, advises no correction of them, and is not disproved by itself", () => {
  const failing = (timedOut: number, values: MeasureValues = {}) =>
    judge("requests_failing", {
      numbers: { failed_requests: 10, failed_share: 0.1 },
      values,
      client: { firstChunks: 90, ended: 100, failed: 10, timedOut, limited: 0 },
    });
  const late = failing(8);
  assert.deepEqual([late?.params?.side, late?.severity], ["timeout", "critical"]);
  assert.ok(late?.advice?.every(({ code }) => code !== "fix_client_requests"));
  assert.deepEqual(late?.falsifiedBy, ["probes_counted"]);
  assert.deepEqual([failing(7)?.params?.side, failing(7)?.falsifiedBy], ["server", undefined]);
  const wrong = failing(0, { httpRequests: 100, httpClientErrors: 10 });
  assert.deepEqual([wrong?.params?.side, wrong?.falsifiedBy], ["client", ["probes_counted"]]);
});

Deno.test("resolveCauses() keeps a cause that was there first while it holds, unless the engine hangs", () => {
  const causes = (
    held: FindingCode[],
    first?: FindingCode,
  ) => [...resolveCauses(new Set(held), first).keys()];
  assert.deepEqual(causes(["engine_slow", "kv_bound"]), ["kv_bound"]);
  assert.deepEqual(causes(["engine_slow", "kv_bound"], "engine_slow"), ["engine_slow"]);
  assert.deepEqual(causes(["long_prompts", "prefix_cache_cold"], "long_prompts"), ["prefix_cache_cold"]);
  assert.deepEqual(causes(["engine_hung", "prefill_bound"], "prefill_bound"), ["engine_hung"]);
  assert.deepEqual(causes(["kv_bound"], "prefill_bound"), ["kv_bound"]);
});
