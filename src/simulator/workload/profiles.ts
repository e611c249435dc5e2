/**
 * Ready loads by name: pure.
 *
 * @module
 */
import type { WorkloadPhase, WorkloadProfile } from "./load_options.ts";

/** Names of the ready loads. */
export type WorkloadProfileName = "steady" | "burst" | "ramp" | "wave" | "users" | "long_context" | "chat";

/** Names of all ready loads, in the order in which they are listed. */
export const WORKLOAD_PROFILES: readonly WorkloadProfileName[] = [
  "steady",
  "burst",
  "ramp",
  "wave",
  "users",
  "long_context",
  "chat",
];

/**
 * Makes a ready load.
 *
 * @param name see {@link WORKLOAD_PROFILES}
 * @param options `ratePerSecond` (default 2) and `durationSeconds` (default 60, of all phases together) set its size
 * @throws RangeError for a name that is not known
 */
export function workloadProfile(
  name: string,
  options: { readonly ratePerSecond?: number; readonly durationSeconds?: number } = {},
): WorkloadProfile {
  const { ratePerSecond: rate = 2, durationSeconds: seconds = 60 } = options;
  return { name, phases: phasesOf(name, rate, seconds) };
}

function phasesOf(name: string, rate: number, seconds: number): readonly WorkloadPhase[] {
  const poisson = (ratePerSecond: number) => ({ kind: "poisson", ratePerSecond }) as const;
  const open = (phase: string, ratePerSecond: number, durationSeconds: number): WorkloadPhase => ({
    name: phase,
    mode: { kind: "open", arrivals: poisson(ratePerSecond) },
    durationSeconds,
  });
  switch (name) {
    case "steady":
      return [open("steady", rate, seconds)];
    case "burst":
      return [
        open("calm", rate, seconds * 0.4),
        open("burst", rate * 5, seconds * 0.2),
        open("after", rate, seconds * 0.4),
      ];
    case "ramp":
      return [{
        name: "ramp",
        mode: { kind: "open", arrivals: { kind: "ramp", fromPerSecond: rate / 4, toPerSecond: rate * 4 } },
        durationSeconds: seconds,
      }];
    case "wave":
      return [{
        name: "wave",
        mode: {
          kind: "open",
          arrivals: {
            kind: "sine",
            meanPerSecond: rate,
            amplitudePerSecond: rate * 0.8,
            periodSeconds: seconds / 2,
          },
        },
        durationSeconds: seconds,
      }];
    case "users":
      return [{
        name: "users",
        mode: {
          kind: "closed",
          users: Math.max(1, Math.round(rate * 4)),
          thinkSeconds: 1,
          spreadSeconds: Math.min(2, seconds / 10),
        },
        durationSeconds: seconds,
      }];
    case "long_context":
      return [{
        ...open("long_context", rate / 4, seconds),
        prompts: {
          kind: "lengths",
          tokens: { kind: "lognormal", median: 2000, sigma: 0.6, minimum: 200, maximum: 16_000 },
          sharedPrefixTokens: 150,
        },
        maxTokens: { kind: "uniform", minimum: 20, maximum: 80 },
      }];
    case "chat":
      return [{
        name: "chat",
        mode: {
          kind: "closed",
          users: Math.max(1, Math.round(rate * 4)),
          thinkSeconds: 2,
          spreadSeconds: Math.min(2, seconds / 10),
        },
        durationSeconds: seconds,
        endpoint: "chat",
        prompts: {
          kind: "conversation",
          turns: 5,
          tokensPerTurn: { kind: "uniform", minimum: 10, maximum: 60 },
          systemTokens: 100,
        },
      }];
    default:
      throw new RangeError(
        `Cannot make load ${JSON.stringify(name)}: not known, wanted ${WORKLOAD_PROFILES.join(", ")}`,
      );
  }
}
