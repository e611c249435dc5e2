/**
 * What an evaluated world is made of: users, one incident, a witness.
 *
 * @module
 */
import type { Profile } from "../src/simulator/engine/profiles.ts";
import type { StepConditions } from "../src/simulator/engine/step_time.ts";
import type { EngineLimits } from "../src/simulator/engine/types.ts";

/** What users send. */
export interface Workload {
  readonly requestsPerSecond: number;
  readonly promptTokens: number;
  readonly sharedTokens: number;
  readonly outputTokens: number;
}

/** What is different while an incident lasts. Factors of 1 and 0 of delays are healthy. */
export interface Disturbance {
  readonly arrivalFactor?: number;
  readonly outputFactor?: number;
  /** Share of prompts that begin like no other. */
  readonly coldShare?: number;
  readonly hugePrompts?: { readonly perMinute: number; readonly tokens: number };
  /** Every prompt is so many tokens longer, of its own. */
  readonly extraPromptTokens?: number;
  readonly cutShare?: number;
  readonly frontEndSeconds?: number;
  readonly networkSeconds?: number;
  readonly conditions?: StepConditions;
  readonly limits?: Partial<EngineLimits>;
  readonly maxUnfinished?: number;
  readonly hungEngines?: readonly number[];
  /** The process is down for so long from the incident's start. */
  readonly downSeconds?: number;
  /** After it was down it finds this share of its KV blocks. */
  readonly blockRatio?: number;
  /** GPU memory of another program. */
  readonly otherBytes?: number;
}

/** One world. */
export interface WorldPlan {
  readonly profile: Profile;
  readonly workload: Workload;
  readonly seed: number;
  readonly seconds: number;
  readonly engines?: number;
  readonly incident?: {
    readonly startSeconds: number;
    readonly endSeconds: number;
    readonly change: Disturbance;
  };
  /** Healthy changes of demand: factor of the arrival rate at a time. */
  readonly demand?: (timeSeconds: number) => number;
  /** The witness. */
  readonly intervalSeconds?: number;
  readonly lostScrapes?: number;
  readonly client?: boolean;
  readonly gpu?: boolean;
  readonly apiServers?: number;
  readonly limits?: Partial<EngineLimits>;
  /** Closed loop: so many clients, each sending its next request when the last has ended, and nobody else. */
  readonly concurrency?: number;
}

/** The first instant of every world. */
export const WORLD_START = 1_795_000_000;

/** A shared beginning by group, then tokens of its own. */
export function promptIds(workload: Workload, group: number, serial: number): Int32Array {
  const ids = new Int32Array(Math.max(1, workload.promptTokens));
  for (let i = 0; i < ids.length; i++) {
    ids[i] = i < workload.sharedTokens
      ? 1000 + (group * 7919 + i * 31) % 100_000
      : 200_000 + (serial * 104_729 + i * 17) % 900_000;
  }
  return ids;
}
