/**
 * Cases of the scored evaluation: incidents by profile, severity, load and seed, and healthy runs.
 *
 * @module
 */
import type { Truth } from "./diagnosis_truth.ts";
import type { EngineLimits } from "../src/simulator/engine/types.ts";
import { type Profile, profileNamed } from "../src/simulator/engine/profiles.ts";
import { type Disturbance, type Workload, WORLD_START, type WorldPlan } from "./diagnosis_plan.ts";
import { runWorld } from "./diagnosis_world.ts";

/** What the witness lacks. */
export interface Witness {
  readonly name: "full" | "5s" | "15s" | "lost" | "no_client" | "no_gpu" | "two_api";
  readonly intervalSeconds?: number;
  readonly lostScrapes?: number;
  readonly client?: boolean;
  readonly gpu?: boolean;
  readonly apiServers?: number;
}

/** All witnesses; the first sees everything. */
export const WITNESSES: readonly Witness[] = [
  { name: "full" },
  { name: "5s", intervalSeconds: 5 },
  { name: "15s", intervalSeconds: 15 },
  { name: "lost", lostScrapes: 0.1 },
  { name: "no_client", client: false },
  { name: "no_gpu", gpu: false },
  { name: "two_api", apiServers: 2 },
];

/** One evaluation. */
export interface Case {
  readonly name: string;
  readonly truth: Truth | undefined;
  readonly profile: string;
  readonly load: number;
  readonly severity: 0 | 1 | 2;
  readonly witness: Witness;
  readonly plan: WorldPlan;
}

/** The clean time before an incident (so many scrapes at least), and its length. */
const CLEAN_SECONDS = 180;
const CLEAN_SCRAPES = 40;
const INCIDENT_SECONDS = 120;
const AFTER_SECONDS = 30;

/** Workload of the evaluation: 1,000 tokens in, 800 of them shared, 200 out. */
export function workloadOf(profile: Profile, requestsPerSecond: number): Workload {
  const small = profile.limits.maxModelLength < 4096;
  return {
    requestsPerSecond,
    promptTokens: small ? 160 : 1000,
    sharedTokens: small ? 96 : 800,
    outputTokens: small ? 80 : 200,
  };
}

const capacities = new Map<string, number>();

/** Finished requests per second when far more arrive than can be served, once the batch is full. */
export async function capacityOf(name: string): Promise<number> {
  const known = capacities.get(name);
  if (known !== undefined) return known;
  const profile = profileNamed(name);
  const guess = profile.limits.maxModelLength < 4096 ? 20 : 80;
  const source = runWorld({
    profile,
    workload: workloadOf(profile, guess),
    seed: 99,
    seconds: 120,
    gpu: false,
  });
  const span = { startSeconds: WORLD_START, endSeconds: WORLD_START + 120 };
  const ended = (await source.requests(span)).filter((one) =>
    one.outcome === "ok" && one.endSeconds! > WORLD_START + 60
  );
  const capacity = ended.length / 60;
  capacities.set(name, capacity);
  return capacity;
}

/** Requests that run at a load, by Little's law over the end of a short healthy run. */
async function runningAt(profile: Profile, requestsPerSecond: number): Promise<number> {
  const source = runWorld({
    profile,
    workload: workloadOf(profile, requestsPerSecond),
    seed: 98,
    seconds: 60,
    gpu: false,
  });
  const span = { startSeconds: WORLD_START, endSeconds: WORLD_START + 60 };
  const ended = (await source.requests(span)).filter((one) => one.outcome === "ok");
  const mean = ended.reduce((sum, one) => sum + one.endSeconds! - one.sentSeconds!, 0) /
    Math.max(1, ended.length);
  return requestsPerSecond * mean;
}

function changeOf(
  truth: Truth,
  severity: 0 | 1 | 2,
  at: { profile: Profile; load: number; running: number; rate: number },
): Disturbance {
  const pick = (...values: readonly [number, number, number]) => values[severity];
  const { profile, load, running } = at;
  switch (truth) {
    case "overload":
      return { arrivalFactor: pick(1.25, 1.6, 2.4) / load };
    case "sequence_limit":
      return { limits: { maxNumSequences: Math.max(2, Math.floor(running * pick(0.85, 0.6, 0.35))) } };
    case "kv":
      return { outputFactor: pick(4, 8, 16) };
    case "prefill":
      return { extraPromptTokens: extraTokens(profile, at.rate, pick(0.6, 0.85, 1.3)) };
    case "long_prompts":
      return {
        hugePrompts: {
          perMinute: pick(2, 4, 8),
          tokens: Math.min(30_000, Math.floor(0.6 * profile.limits.maxModelLength)),
        },
      };
    case "cold_cache":
      return { coldShare: pick(0.7, 0.85, 1) };
    case "front_end":
      return { frontEndSeconds: pick(0.15, 0.3, 0.6) };
    case "network":
      return { networkSeconds: pick(0.1, 0.2, 0.4) };
    case "aborts":
      return { cutShare: pick(0.2, 0.4, 0.6) };
    case "restart":
      return { downSeconds: pick(20, 40, 80) };
    case "fewer_blocks":
      return { downSeconds: 20, blockRatio: pick(0.85, 0.6, 0.4) };
    case "memory_taken":
      return { otherBytes: pick(1.5, 2.5, 4) * 2 ** 30 };
    case "hang":
      return { hungEngines: [0] };
    case "one_engine_hung":
      return { hungEngines: [1] };
    case "throttle":
      return {
        conditions: {
          arithmeticRatio: pick(0.75, 0.6, 0.45),
          bandwidthRatio: pick(0.85, 0.75, 0.6),
          overheadFactor: 1,
        },
      };
    case "cpu_neighbour":
      return { conditions: { arithmeticRatio: 1, bandwidthRatio: 1, overheadFactor: pick(10, 20, 40) } };
    case "rejections":
      return { maxUnfinished: Math.max(2, Math.floor(running * pick(1.2, 1, 0.7))) };
  }
}

/** A cache that is two fifths full at the usual load, so that longer outputs fill it within the incident. */
function smallCache(profile: Profile, running: number): Pick<EngineLimits, "blockCount"> {
  const { promptTokens, sharedTokens, outputTokens } = workloadOf(profile, 1);
  const perRequest = promptTokens - sharedTokens + outputTokens;
  const tokens = 8 * sharedTokens + Math.max(4, running) * perRequest / 0.4;
  const { blockCount, blockSizeTokens } = profile.limits;
  return { blockCount: Math.min(blockCount, Math.ceil(tokens / blockSizeTokens)) };
}

/** Tokens that each prompt must have more, so that computing prompts alone takes this share of the time. */
function extraTokens({ stepTime, limits }: Profile, requestsPerSecond: number, share: number): number {
  const perToken = stepTime.kind === "roofline"
    ? 2 * stepTime.parameters / stepTime.prefillFlopsPerSecond
    : stepTime.perPrefillTokenSeconds;
  return Math.min(
    Math.floor(0.5 * limits.maxModelLength),
    Math.round(share / (requestsPerSecond * perToken)),
  );
}

/** An incident case. */
export async function incidentCase(
  truth: Truth,
  at: { profile: string; load: number; severity: 0 | 1 | 2; seed: number; witness: Witness },
): Promise<Case> {
  const profile = profileNamed(at.profile);
  const engines = truth === "one_engine_hung" ? 2 : 1;
  const rate = await capacityOf(at.profile) * at.load * engines;
  const running = await runningAt(profile, rate / engines);
  const change = changeOf(truth, at.severity, { profile, load: at.load, running, rate: rate / engines });
  const { name, ...witness } = at.witness;
  const clean = Math.max(CLEAN_SECONDS, CLEAN_SCRAPES * (at.witness.intervalSeconds ?? 1));
  return {
    name: `${truth}/${at.profile}/load ${at.load}/severity ${at.severity}/${name}/seed ${at.seed}`,
    truth,
    profile: at.profile,
    load: at.load,
    severity: at.severity,
    witness: at.witness,
    plan: {
      profile,
      workload: workloadOf(profile, rate),
      seed: at.seed,
      seconds: clean + INCIDENT_SECONDS + AFTER_SECONDS,
      engines,
      incident: { startSeconds: clean, endSeconds: clean + INCIDENT_SECONDS, change },
      ...(truth === "kv" ? { limits: smallCache(profile, running) } : {}),
      ...witness,
    },
  };
}

/** Demand of healthy runs, as factors over time: it never passes the capacity. */
export const HEALTHY_DEMAND: Readonly<Record<string, (load: number) => (time: number) => number>> = {
  steady: () => () => 1,
  step: (load) => (time) => time > 300 ? Math.min(1.5, 0.9 / load) : 1,
  bursts: (load) => (time) => time % 60 < 8 ? Math.min(2, 1 / load) : 1,
  // Nobody calls for two minutes: idle, no hang and no outage.
  pause: () => (time) => time > 240 && time < 360 ? 1e-4 : 1,
  ramp: (load) => (time) => 0.6 + Math.min(0.5, 0.9 / load - 0.6) * Math.min(1, time / 500),
};

/** Length of a healthy run. */
export const HEALTHY_SECONDS = 600;

/** A healthy case. */
export async function healthyCase(
  demand: keyof typeof HEALTHY_DEMAND,
  at: { profile: string; load: number; seed: number; witness: Witness },
): Promise<Case> {
  const profile = profileNamed(at.profile);
  const { name, ...witness } = at.witness;
  return {
    name: `healthy ${demand}/${at.profile}/load ${at.load}/${name}/seed ${at.seed}`,
    truth: undefined,
    profile: at.profile,
    load: at.load,
    severity: 0,
    witness: at.witness,
    plan: {
      profile,
      workload: workloadOf(profile, await capacityOf(at.profile) * at.load),
      seed: at.seed,
      seconds: HEALTHY_SECONDS,
      demand: HEALTHY_DEMAND[demand]!(at.load),
      ...witness,
    },
  };
}

/** Two causes at once: the first must be told first, the second besides. */
export const PAIRS: readonly (readonly [Truth, Truth])[] = [
  ["rejections", "network"],
  ["rejections", "front_end"],
  ["throttle", "network"],
  ["kv", "network"],
  ["sequence_limit", "front_end"],
  ["cold_cache", "network"],
  ["overload", "aborts"],
  ["throttle", "memory_taken"],
];

/** A case of two causes. */
export async function pairCase(
  [first, second]: readonly [Truth, Truth],
  at: { profile: string; load: number; severity: 0 | 1 | 2; seed: number; witness: Witness },
): Promise<Case & { readonly second: Truth }> {
  const one = await incidentCase(first, at);
  const other = await incidentCase(second, at);
  const incident = one.plan.incident!;
  const change = { ...other.plan.incident!.change, ...incident.change };
  return {
    ...one,
    name: `${first}+${one.name.replace(first, second)}`,
    second,
    plan: { ...one.plan, incident: { ...incident, change } },
  };
}

/** A run of less than two windows: healthy, or with half the sequences that it needs. */
export async function shortCase(
  seconds: number,
  at: { profile: string; load: number; seed: number; isLimited: boolean },
): Promise<Case> {
  const one = await healthyCase("steady", { ...at, witness: WITNESSES[0]! });
  const running = await runningAt(one.plan.profile, one.plan.workload.requestsPerSecond);
  const limits = at.isLimited ? { limits: { maxNumSequences: Math.max(2, Math.floor(running / 2)) } } : {};
  return { ...one, name: `${seconds} s of ${one.name}`, plan: { ...one.plan, seconds, ...limits } };
}

/** Clients that wait for each answer: so many of them as a share of the most that may run. */
export async function closedLoopCase(
  share: number,
  at: { profile: string; seed: number; witness: Witness },
): Promise<Case> {
  const profile = profileNamed(at.profile);
  const { name, ...witness } = at.witness;
  const concurrency = Math.max(1, Math.round(share * profile.limits.maxNumSequences));
  return {
    name: `closed loop of ${concurrency}/${at.profile}/${name}/seed ${at.seed}`,
    truth: undefined,
    profile: at.profile,
    load: share,
    severity: 0,
    witness: at.witness,
    plan: {
      profile,
      workload: workloadOf(profile, await capacityOf(at.profile)),
      seed: at.seed,
      seconds: 240,
      concurrency,
      ...witness,
    },
  };
}
