/**
 * All cases of the scored evaluation by what they show, each with a name by which its outcome is kept.
 *
 * @module
 */
import {
  type Case,
  closedLoopCase,
  HEALTHY_DEMAND,
  healthyCase,
  incidentCase,
  pairCase,
  PAIRS,
  shortCase,
  WITNESSES,
} from "./diagnosis_cases.ts";
import { causeOf, type Truth, TRUTHS } from "./diagnosis_truth.ts";

/** Rules were tuned on these; figures that count are of the others, with seeds that no rule was looked at with. */
export const TUNED_PROFILES = ["llama-8b-a100-40", "llama-8b-h100", "llama-8b-l40s", "llama-8b-awq-4090"];
/** Never tuned on. */
export const UNSEEN_PROFILES = ["qwen-7b-a100-80", "llama-8b-fp8-l4", "llama-70b-4xh100"];
const LOADS = [0.3, 0.6, 0.9];
const SEVERITIES = [0, 1, 2] as const;

/** Which cases. */
export interface SuiteOptions {
  /** Every witness of every incident; without it a sample that takes about twenty minutes. */
  readonly full: boolean;
  /** The profiles that rules were tuned on. */
  readonly tuned: boolean;
  /** Only causes and kinds whose name contains this. */
  readonly only?: string;
  /** First seed in place of the usual one. */
  readonly seed?: number;
}

/** The cases of a run. A sample takes every incident once at each severity with loads and witnesses in turn. */
export function casesOf(options: SuiteOptions): NamedCases {
  const profiles = options.tuned ? TUNED_PROFILES : UNSEEN_PROFILES;
  const seed = options.seed ?? (options.tuned ? 1 : 9001);
  const asked = (name: string) => options.only === undefined || name.includes(options.only);
  return {
    incidents: inTurns(
      TRUTHS.filter(asked).map((truth) =>
        incidentsOf(truth, { ...options, profiles, seed: seed + 1000 * TRUTHS.indexOf(truth) })
      ),
    ),
    pairs: asked("pairs") ? pairsOf({ profiles, seed: seed + 50_000 }) : [],
    healthy: asked("healthy") ? healthyOf({ ...options, profiles, seed: seed + 60_000 }) : [],
    loops: asked("loops") ? loopsOf({ profiles, seed: seed + 70_000 }) : [],
    stretches: asked("stretches") ? stretchesOf({ profiles, seed: seed + 40_000 }) : [],
    short: asked("short") ? shortOf({ profiles, seed: seed + 80_000 }, false) : [],
    shortLimited: asked("short") ? shortOf({ profiles, seed: seed + 90_000 }, true) : [],
  };
}

/** A case that is made when it is needed. */
export interface NamedCase {
  /** Unique among the cases with the same options. */
  readonly key: string;
  readonly make: () => Promise<Case & { readonly second?: Truth }>;
}

/** Cases by what they show. */
export interface NamedCases {
  readonly incidents: readonly NamedCase[];
  readonly pairs: readonly NamedCase[];
  readonly healthy: readonly NamedCase[];
  /** Clients that wait for their answers. */
  readonly loops: readonly NamedCase[];
  /** Watched from within an incident on, or stopped within it; see `diagnosis_stretches.ts`. */
  readonly stretches: readonly NamedCase[];
  /** Of less than two minutes, without an incident, and with too few sequences all along. */
  readonly short: readonly NamedCase[];
  readonly shortLimited: readonly NamedCase[];
}

interface Choice {
  readonly profiles: readonly string[];
  readonly seed: number;
  readonly full?: boolean;
}

/** Of the loads of each severity one is seen by a witness that lacks something, another one each time. */
function incidentsOf(truth: Truth, { profiles, seed, full }: Choice): NamedCase[] {
  const cases: NamedCase[] = [];
  const lacking = WITNESSES.slice(1);
  for (const witness of WITNESSES) {
    // Without rows of clients nobody can see the network, without the GPU's figures nobody its memory.
    const { shownBy } = causeOf(truth);
    if (shownBy === "clients" && witness.client === false) continue;
    if (shownBy === "gpu" && witness.gpu === false) continue;
    for (const [p, profile] of profiles.entries()) {
      for (const severity of SEVERITIES) {
        for (const [l, load] of LOADS.entries()) {
          const turn = p * SEVERITIES.length + severity;
          const isLacking = l === (p + severity) % LOADS.length;
          const sampled = isLacking ? lacking[turn % lacking.length]! : WITNESSES[0]!;
          if (full !== true && witness !== sampled) continue;
          const at = { profile, load, severity, seed: seed + turn * LOADS.length + l, witness };
          cases.push({
            key: `${truth}/${profile}/${severity}/${load}/${witness.name}`,
            make: () => incidentCase(truth, at),
          });
        }
      }
    }
  }
  return cases;
}

/** The first of each, then the second: a part of a run is of all causes. */
function inTurns(lists: readonly (readonly NamedCase[])[]): NamedCase[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}

function pairsOf({ profiles, seed }: Choice): NamedCase[] {
  return profiles.flatMap((profile, p) =>
    PAIRS.map((pair, i) => ({
      key: `pair/${pair.join("+")}/${profile}`,
      make: () =>
        pairCase(pair, {
          profile,
          load: LOADS[i % 2]!,
          severity: SEVERITIES[1 + i % 2]!,
          seed: seed + 10 * p + i,
          witness: WITNESSES[0]!,
        }),
    }))
  );
}

function healthyOf({ profiles, seed, full }: Choice): NamedCase[] {
  const cases: NamedCase[] = [];
  let turn = 0;
  for (const profile of profiles) {
    for (const demand of Object.keys(HEALTHY_DEMAND)) {
      for (const load of [0.3, 0.5, 0.6, 0.75]) {
        const other = 1 + turn % (WITNESSES.length - 1);
        for (const [w, witness] of WITNESSES.entries()) {
          if (full !== true && w !== 0 && w !== other) continue;
          const own = seed + WITNESSES.length * turn + w;
          cases.push({
            key: `healthy/${demand}/${profile}/${load}/${witness.name}`,
            make: () => healthyCase(demand, { profile, load, seed: own, witness }),
          });
        }
        turn++;
      }
    }
  }
  return cases;
}

function loopsOf({ profiles, seed }: Choice): NamedCase[] {
  return profiles.flatMap((profile, p) =>
    [0.02, 0.1, 0.4].flatMap((share, i) =>
      [WITNESSES[0]!, WITNESSES[4]!].map((witness, w) => ({
        key: `loop/${share}/${profile}/${witness.name}`,
        make: () => closedLoopCase(share, { profile, seed: seed + 10 * p + 2 * i + w, witness }),
      }))
    )
  );
}

function shortOf({ profiles, seed }: Choice, isLimited: boolean): NamedCase[] {
  return profiles.flatMap((profile, p) =>
    [20, 45, 90].flatMap((seconds, s) =>
      [0.3, 0.5, 0.75].map((load, l) => ({
        key: `short/${isLimited ? "limited" : "healthy"}/${seconds}/${profile}/${load}`,
        make: () => shortCase(seconds, { profile, load, seed: seed + 100 * p + 10 * s + l, isLimited }),
      }))
    )
  );
}

/** Every lasting cause once at each severity, by witnesses who see all, no clients, or no GPU; and healthy runs. */
function stretchesOf({ profiles, seed }: Choice): NamedCase[] {
  const witnesses = [WITNESSES[0]!, WITNESSES[0]!, WITNESSES[4]!, WITNESSES[5]!];
  return profiles.flatMap((profile, p) => [
    ...TRUTHS.filter((truth) => causeOf(truth).lasts).flatMap((truth, t) =>
      SEVERITIES.flatMap((severity): NamedCase[] => {
        const witness = witnesses[(p + severity) % witnesses.length]!;
        if (causeOf(truth).shownBy === "clients" && witness.client === false) return [];
        const load = LOADS[(p + severity) % LOADS.length]!;
        const at = { profile, load, severity, seed: seed + 100 * p + 3 * t + severity, witness };
        return [{
          key: `stretches/${truth}/${profile}/${severity}`,
          make: () => incidentCase(truth, at),
        }];
      })
    ),
    ...Object.keys(HEALTHY_DEMAND).flatMap((demand, d) =>
      [0.3, 0.6, 0.75].map((load, l) => ({
        key: `stretches/${demand}/${profile}/${load}`,
        make: () =>
          healthyCase(demand, {
            profile,
            load,
            seed: seed + 5000 + 100 * p + 3 * d + l,
            witness: WITNESSES[0]!,
          }),
      }))
    ),
  ]);
}
