/**
 * Does the advice work? The incident again, with what the finding advises applied in the engine model: the number that the
 * finding names must improve.
 *
 * @module
 */
import { diagnose } from "../src/analyzer/diagnose.ts";
import type { Finding } from "../src/analyzer/findings.ts";
import type { MetricSource, WindowFunction } from "../src/series/types.ts";
import type { QuantityName } from "../src/catalog/types.ts";
import { closedLoopCase, healthyCase, incidentCase, WITNESSES } from "./diagnosis_cases.ts";
import { causeOf, type Truth } from "./diagnosis_truth.ts";
import { HEALTHY } from "../src/simulator/engine/step_time.ts";
import { type Disturbance, WORLD_START, type WorldPlan } from "./diagnosis_plan.ts";
import { runWorld } from "./diagnosis_world.ts";

/** An advice that the model can follow. */
interface Trial {
  readonly truth: Truth;
  readonly load: number;
  /** The advised setting, from the finding's own words where it gives a value. */
  apply(plan: WorldPlan, finding: Finding): WorldPlan;
  readonly number: { readonly quantity: QuantityName; readonly fn: WindowFunction; readonly part?: "count" };
}

function changed(plan: WorldPlan, change: Disturbance): WorldPlan {
  const incident = plan.incident!;
  return { ...plan, incident: { ...incident, change: { ...incident.change, ...change } } };
}

const growth = { kind: "increase", extrapolate: false } as const;

const TRIALS: readonly Trial[] = [
  {
    truth: "sequence_limit",
    load: 0.6,
    apply: (plan, finding) => changed(plan, { limits: { maxNumSequences: Number(finding.params.tryLimit) } }),
    number: { quantity: "waiting", fn: { kind: "avg" } },
  },
  {
    truth: "kv",
    load: 0.6,
    // An 8-bit cache: twice the tokens in the same memory.
    apply: (plan) => ({ ...plan, limits: { blockCount: 2 * plan.profile.limits.blockCount } }),
    number: { quantity: "waiting", fn: { kind: "avg" } },
  },
  {
    truth: "long_prompts",
    load: 0.6,
    apply: (plan) => ({ ...plan, limits: { maxBatchedTokens: 512 } }),
    number: { quantity: "itl", fn: { kind: "histogram_quantile", quantile: 0.999 } },
  },
  {
    truth: "overload",
    load: 0.6,
    // One replica more: its users are shared out.
    apply: (plan) => ({ ...plan, engines: 2 }),
    number: { quantity: "waiting", fn: { kind: "avg" } },
  },
  {
    truth: "prefill",
    load: 0.6,
    // The beginning of prompts is kept the same: three quarters of what is new is found in the cache.
    apply: (plan) =>
      changed(plan, {
        extraPromptTokens: Math.round(plan.incident!.change.extraPromptTokens! / 4),
      }),
    number: { quantity: "ttft", fn: { kind: "histogram_quantile", quantile: 0.9 } },
  },
  {
    truth: "throttle",
    load: 0.6,
    // Cooled again.
    apply: (plan) => changed(plan, { conditions: HEALTHY }),
    number: { quantity: "itl", fn: { kind: "histogram_mean" } },
  },
  {
    truth: "cpu_neighbour",
    load: 0.6,
    apply: (plan) => changed(plan, { conditions: HEALTHY }),
    number: { quantity: "itl", fn: { kind: "histogram_mean" } },
  },
  {
    truth: "fewer_blocks",
    load: 0.6,
    // The other program has a GPU of its own: the server finds all of its memory again.
    apply: (plan) => changed(plan, { blockRatio: 1 }),
    number: { quantity: "kv_cache_usage", fn: { kind: "avg" } },
  },
  {
    truth: "rejections",
    load: 0.6,
    apply: (plan) => changed(plan, { maxUnfinished: 4 * plan.incident!.change.maxUnfinished! }),
    number: { quantity: "admission_rejections", fn: growth },
  },
];

/** What following an advice did to the number that it is about. */
export interface AdviceOutcome {
  readonly truth: Truth | "concurrency" | "memory_bandwidth";
  readonly profile: string;
  readonly number: string;
  readonly before: number;
  readonly after: number;
  /** The least that counts as better; the most where less is better. */
  readonly wanted: number;
  readonly works: boolean;
}

/** Follows every advice that the model knows, on each profile. */
export async function tryAdvice(profiles: readonly string[]): Promise<AdviceOutcome[]> {
  const outcomes: AdviceOutcome[] = [];
  for (const profile of profiles) {
    for (const trial of TRIALS) {
      const one = await incidentCase(trial.truth, {
        profile,
        load: trial.load,
        severity: 1,
        seed: 77,
        witness: WITNESSES[0]!,
      });
      const source = runWorld(one.plan);
      const finding = (await diagnose(source)).findings.find((each) =>
        causeOf(trial.truth).names.includes(each.code)
      );
      if (finding === undefined) continue;
      const before = await numberDuring(source, trial, one.plan);
      const after = await numberDuring(runWorld(trial.apply(one.plan, finding)), trial, one.plan);
      const { quantity, fn } = trial.number;
      const number = "quantile" in fn ? `${quantity} p${100 * fn.quantile}` : quantity;
      outcomes.push({
        truth: trial.truth,
        profile,
        number,
        before,
        after,
        wanted: 0.9 * before,
        works: after < 0.9 * before,
      });
    }
  }
  return outcomes;
}

/** Twice as many clients that wait for their answers: the server makes more tokens. */
export async function tryMoreClients(profiles: readonly string[]): Promise<AdviceOutcome[]> {
  const outcomes: AdviceOutcome[] = [];
  for (const profile of profiles) {
    const one = await closedLoopCase(0.05, { profile, seed: 78, witness: WITNESSES[0]! });
    const { findings } = await diagnose(runWorld(one.plan));
    if (!findings.some(({ code }) => code === "concurrency_limited")) continue;
    const before = await tokensOf(one.plan);
    const after = await tokensOf({ ...one.plan, concurrency: 2 * one.plan.concurrency! });
    outcomes.push({
      truth: "concurrency",
      profile,
      number: "generation_tokens",
      before,
      after,
      wanted: 1.1 * before,
      works: after > 1.1 * before,
    });
  }
  return outcomes;
}

/** Twice as many users where decoding waits for memory: ITL grows by less than a third of what the batch does. */
export async function tryLargerBatch(profiles: readonly string[]): Promise<AdviceOutcome[]> {
  const outcomes: AdviceOutcome[] = [];
  for (const profile of profiles) {
    const { plan } = await healthyCase("steady", { profile, load: 0.2, seed: 79, witness: WITNESSES[0]! });
    const source = runWorld(plan);
    const { findings } = await diagnose(source);
    if (!findings.some(({ code }) => code === "decode_bandwidth_bound")) continue;
    const { workload } = plan;
    const doubled = { ...workload, requestsPerSecond: 2 * workload.requestsPerSecond };
    const before = await itlOf(source, plan);
    const after = await itlOf(runWorld({ ...plan, workload: doubled }), plan);
    outcomes.push({
      truth: "memory_bandwidth",
      profile,
      number: "itl at twice the rate",
      before,
      after,
      wanted: 1.33 * before,
      works: after < 1.33 * before,
    });
  }
  return outcomes;
}

async function itlOf(source: MetricSource, plan: WorldPlan): Promise<number> {
  const grid = { startSeconds: WORLD_START + plan.seconds, stepSeconds: 1, count: 1, rangeSeconds: 300 };
  const selector = { quantity: "itl" } as const;
  const [series] = await source.evaluate({ selector, fn: { kind: "histogram_mean" }, combine: "sum" }, grid);
  return series?.values[0] ?? NaN;
}

async function tokensOf(plan: WorldPlan): Promise<number> {
  const rangeSeconds = plan.seconds / 2;
  const grid = { startSeconds: WORLD_START + plan.seconds, stepSeconds: 1, count: 1, rangeSeconds };
  const selector = { quantity: "generation_tokens" } as const;
  const [series] = await runWorld(plan).evaluate({ selector, fn: growth, combine: "sum" }, grid);
  return series?.values[0] ?? 0;
}

/** The number over the incident, its first half minute left out; engines added up, the worst quantile of them. */
async function numberDuring(source: MetricSource, trial: Trial, plan: WorldPlan): Promise<number> {
  const { startSeconds, endSeconds } = plan.incident!;
  const rangeSeconds = endSeconds - startSeconds - 30;
  const grid = { startSeconds: WORLD_START + endSeconds, stepSeconds: 1, count: 1, rangeSeconds };
  const { quantity, fn } = trial.number;
  const combine = "quantile" in fn ? {} : { combine: "sum" as const };
  const [series] = await source.evaluate({ selector: { quantity }, fn, ...combine }, grid);
  return series?.values[0] ?? 0;
}
