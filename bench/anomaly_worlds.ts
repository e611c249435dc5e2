/**
 * Labelled series of the simulated server: healthy runs under demand that changes, and runs with one incident, whose
 * schedule is the label.
 *
 * @module
 */
import { AdvancedMetricsAnalyzer } from "../src/analyzer/analyzer.ts";
import { CUT_REQUESTS } from "../src/analyzer/cut_signal.ts";
import { seededRandom } from "../src/base/random.ts";
import { QUANTITIES } from "../src/catalog/quantities.ts";
import type { QuantityName } from "../src/catalog/types.ts";
import type { Points, TimeSpan } from "../src/series/types.ts";
import { type Case, healthyCase, incidentCase, WITNESSES } from "./diagnosis_cases.ts";
import { WORLD_START } from "./diagnosis_plan.ts";
import { causeOf, type Truth, TRUTHS } from "./diagnosis_truth.ts";
import { runWorld } from "./diagnosis_world.ts";

/** A quantity, or what is worked out of several. */
export type Watched = QuantityName | typeof CUT_REQUESTS;

/** What is watched. */
export const WATCHED: readonly Watched[] = [
  "running",
  "waiting",
  "kv_cache_usage",
  "generation_tokens",
  "prompt_tokens",
  "preemptions",
  "request_success",
  "http_requests",
  "admission_rejections",
  "ttft",
  "itl",
  "e2e",
  CUT_REQUESTS,
];

/** Length of a run in seconds. */
export const RUN_SECONDS = 900;

/** Demand over time, as a factor: none of it is an incident. */
export const DEMANDS: Readonly<Record<string, (time: number) => number>> = {
  steady: () => 1,
  ramp: (time) => 0.5 + Math.min(1, time / 800),
  step: (time) => time > 400 ? 1.4 : 0.8,
  "step down": (time) => time > 500 ? 0.6 : 1.3,
  sine: (time) => 1 + 0.4 * Math.sin(2 * Math.PI * time / 300),
  "slow sine": (time) => 1 + 0.4 * Math.sin(2 * Math.PI * time / 900),
  bursts: (time) => time % 60 < 8 ? 1.5 : 0.9,
};

/** Incidents that the server's own figures can show. */
export const INCIDENTS: readonly Truth[] = TRUTHS.filter((truth) => causeOf(truth).shownBy === undefined);

/** How long incidents last, seconds. */
const DURATIONS = [20, 45, 90];

/** One run. */
export interface AnomalyWorld {
  readonly name: string;
  readonly demand: string;
  readonly truth: Truth | undefined;
  /** Unix seconds; absent in a healthy run. */
  readonly incident?: TimeSpan;
  readonly seconds: number;
  readonly signals: readonly { readonly quantity: Watched; readonly points: Points }[];
}

/** Profiles and seeds. Those for tuning and those that are reported share neither. */
export interface WorldChoice {
  readonly profiles: readonly string[];
  readonly seed: number;
}

/** What the detector's parameters were chosen on. */
export const TUNING: WorldChoice = { profiles: ["llama-8b-a100-40", "llama-8b-l40s"], seed: 1 };
/** What is reported. */
export const HELD_OUT: WorldChoice = { profiles: ["qwen-7b-a100-80", "llama-8b-l4"], seed: 500_001 };

/** Healthy runs, two of each demand and profile. */
export async function* healthyWorlds({ profiles, seed }: WorldChoice): AsyncGenerator<AnomalyWorld> {
  let next = seed;
  for (const profile of profiles) {
    for (const demand of Object.keys(DEMANDS)) {
      for (const load of [0.45, 0.6]) {
        const made = await healthyCase("steady", { profile, load, seed: next++, witness: WITNESSES[0]! });
        yield await watch(made, demand);
      }
    }
  }
}

/** Runs with one incident each. */
export async function* incidentWorlds({ profiles, seed }: WorldChoice): AsyncGenerator<AnomalyWorld> {
  let next = seed + 10_000;
  const demands = Object.keys(DEMANDS);
  for (const profile of profiles) {
    for (const truth of INCIDENTS) {
      for (const severity of [1, 2] as const) {
        for (const seconds of DURATIONS) {
          const own = next++;
          const random = seededRandom(own);
          const made = await incidentCase(truth, {
            profile,
            load: 0.55,
            severity,
            seed: own,
            witness: WITNESSES[0]!,
          });
          const startSeconds = 150 + Math.floor((RUN_SECONDS - 300 - seconds) * random.next());
          const incident = { ...made.plan.incident!, startSeconds, endSeconds: startSeconds + seconds };
          yield await watch({ ...made, plan: { ...made.plan, incident } }, demands[own % demands.length]!);
        }
      }
    }
  }
}

async function watch(made: Case, demand: string): Promise<AnomalyWorld> {
  const { incident } = made.plan;
  const source = runWorld({ ...made.plan, seconds: RUN_SECONDS, demand: DEMANDS[demand]!, gpu: false });
  const analyzer = new AdvancedMetricsAnalyzer(source);
  const signals = [];
  for (const quantity of WATCHED) {
    for (const { points } of await analyzer.detectAnomalies(quantity)) {
      if (points.values.length > 0) signals.push({ quantity, points });
    }
  }
  return {
    name: `${made.truth ?? "healthy"} ${demand} ${made.profile} ${made.plan.seed}`,
    demand,
    truth: made.truth,
    ...(incident === undefined ? {} : {
      incident: {
        startSeconds: WORLD_START + incident.startSeconds,
        endSeconds: WORLD_START + incident.endSeconds,
      },
    }),
    seconds: RUN_SECONDS,
    signals,
  };
}

/** Durations are judged by their logarithm, as in the report. */
export function isDuration(quantity: Watched): boolean {
  if (quantity === CUT_REQUESTS) return false;
  const { type, unit } = QUANTITIES[quantity];
  return type === "histogram" && unit === "seconds";
}
