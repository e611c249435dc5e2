/**
 * `deno task bench diagnosis`: how often the diagnosis names the true cause, how often it cries wolf, how late it is.
 * Virtual time, the engine model of the simulator; profiles and seeds that rules were tuned on are reported apart.
 *
 * @module
 */
import {
  type Case,
  closedLoopCase,
  HEALTHY_DEMAND,
  HEALTHY_SECONDS,
  healthyCase,
  incidentCase,
  pairCase,
  PAIRS,
  shortCase,
  WITNESSES,
} from "./diagnosis_cases.ts";
import { type AdviceOutcome, tryAdvice, tryLargerBatch, tryMoreClients } from "./diagnosis_advice.ts";
import { type CauseScore, type Outcome, score, scoresByCause } from "./diagnosis_score.ts";
import { DIRECT, type Truth, TRUTHS } from "./diagnosis_truth.ts";

/** Rules were tuned on these; figures that count are of the others, with seeds that no rule was looked at with. */
const TUNED_PROFILES = ["llama-8b-a100-40", "llama-8b-h100", "llama-8b-l40s", "llama-8b-awq-4090"];
const UNSEEN_PROFILES = ["qwen-7b-a100-80", "llama-8b-fp8-l4", "llama-70b-4xh100"];
const LOADS = [0.3, 0.6, 0.9];
const SEVERITIES = [0, 1, 2] as const;

/** What to run. */
export interface DiagnosisBenchOptions {
  readonly json: boolean;
  /** Every case; without it a sample that takes about ten minutes. */
  readonly full?: boolean;
  /** Only causes whose name contains this. */
  readonly only?: string;
  readonly tuned?: boolean;
  /** First seed in place of the usual one. */
  readonly seed?: number;
}

/** The cases of a run. A sample takes every incident once at each severity with loads and witnesses in turn. */
export function casesOf(
  options: { full: boolean; tuned: boolean; only?: string; seed?: number },
): NamedCases {
  const profiles = options.tuned ? TUNED_PROFILES : UNSEEN_PROFILES;
  const seed = options.seed ?? (options.tuned ? 1 : 9001);
  const asked = (name: string) => options.only === undefined || name.includes(options.only);
  return {
    incidents: TRUTHS.filter(asked).flatMap((truth) =>
      incidentsOf(truth, { ...options, profiles, seed: seed + 1000 * TRUTHS.indexOf(truth) })
    ),
    pairs: asked("pairs") ? pairsOf({ profiles, seed: seed + 50_000 }) : [],
    healthy: asked("healthy") ? healthyOf({ ...options, profiles, seed: seed + 60_000 }) : [],
    loops: asked("loops") ? loopsOf({ profiles, seed: seed + 70_000 }) : [],
    short: asked("short") ? shortOf({ profiles, seed: seed + 80_000 }, false) : [],
    shortLimited: asked("short") ? shortOf({ profiles, seed: seed + 90_000 }, true) : [],
  };
}

type MakeCase = () => Promise<Case & { readonly second?: Truth }>;

/** Cases by what they show. */
export interface NamedCases {
  readonly incidents: readonly MakeCase[];
  readonly pairs: readonly MakeCase[];
  readonly healthy: readonly MakeCase[];
  /** Clients that wait for their answers. */
  readonly loops: readonly MakeCase[];
  /** Of less than two minutes, without an incident, and with too few sequences all along. */
  readonly short: readonly MakeCase[];
  readonly shortLimited: readonly MakeCase[];
}

interface Choice {
  readonly profiles: readonly string[];
  readonly seed: number;
  readonly full?: boolean;
}

/** Of the loads of each severity one is seen by a witness that lacks something, another one each time. */
function incidentsOf(truth: Truth, { profiles, seed, full }: Choice): MakeCase[] {
  const cases: MakeCase[] = [];
  const lacking = WITNESSES.slice(1);
  for (const [p, profile] of profiles.entries()) {
    for (const severity of SEVERITIES) {
      for (const [l, load] of LOADS.entries()) {
        const turn = p * SEVERITIES.length + severity;
        const sampled = l === (p + severity) % LOADS.length ? lacking[turn % lacking.length]! : WITNESSES[0]!;
        for (const witness of full ? WITNESSES : [sampled]) {
          // Without rows of clients nobody can see the network, without the GPU's figures nobody its memory.
          if (truth === "network" && witness.client === false) continue;
          if (truth === "memory_taken" && witness.gpu === false) continue;
          const at = { profile, load, severity, seed: seed + turn * LOADS.length + l, witness };
          cases.push(() => incidentCase(truth, at));
        }
      }
    }
  }
  return cases;
}

function pairsOf({ profiles, seed }: Choice): MakeCase[] {
  return profiles.flatMap((profile, p) =>
    PAIRS.map((pair, i) => () =>
      pairCase(pair, {
        profile,
        load: LOADS[i % 2]!,
        severity: SEVERITIES[1 + i % 2]!,
        seed: seed + 10 * p + i,
        witness: WITNESSES[0]!,
      })
    )
  );
}

function healthyOf({ profiles, seed, full }: Choice): MakeCase[] {
  const cases: MakeCase[] = [];
  for (const profile of profiles) {
    for (const demand of Object.keys(HEALTHY_DEMAND)) {
      for (const load of [0.3, 0.5, 0.6, 0.75]) {
        const turn = cases.length;
        const others = [WITNESSES[0]!, WITNESSES[1 + turn % (WITNESSES.length - 1)]!];
        for (const [i, witness] of (full ? WITNESSES : others).entries()) {
          cases.push(() => healthyCase(demand, { profile, load, seed: seed + turn + i, witness }));
        }
      }
    }
  }
  return cases;
}

function loopsOf({ profiles, seed }: Choice): MakeCase[] {
  return profiles.flatMap((profile, p) =>
    [0.02, 0.1, 0.4].flatMap((share, i) =>
      [WITNESSES[0]!, WITNESSES[4]!].map((witness, w) => () =>
        closedLoopCase(share, { profile, seed: seed + 10 * p + 2 * i + w, witness })
      )
    )
  );
}

function shortOf({ profiles, seed }: Choice, isLimited: boolean): MakeCase[] {
  return profiles.flatMap((profile, p) =>
    [20, 45, 90].flatMap((seconds, s) =>
      [0.3, 0.5, 0.75].map((load, l) => () =>
        shortCase(seconds, { profile, load, seed: seed + 100 * p + 10 * s + l, isLimited })
      )
    )
  );
}

/** Everything that was found out. */
interface Results {
  readonly incidents: readonly Outcome[];
  readonly pairs: readonly Outcome[];
  readonly healthy: readonly Outcome[];
  readonly loops: readonly Outcome[];
  readonly short: readonly Outcome[];
  readonly shortLimited: readonly Outcome[];
  readonly scores: readonly CauseScore[];
  readonly advice: readonly AdviceOutcome[];
}

/** Runs, prints a table or JSON. */
export async function run(options: DiagnosisBenchOptions): Promise<readonly Outcome[]> {
  const cases = casesOf({
    full: options.full === true,
    tuned: options.tuned === true,
    ...(options.only ? { only: options.only } : {}),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  const scoreAll = async (of: readonly MakeCase[]) => {
    const outcomes: Outcome[] = [];
    for (const one of of) outcomes.push(await score(await one()));
    return outcomes;
  };
  const profiles = options.tuned ? TUNED_PROFILES : UNSEEN_PROFILES;
  const incidents = await scoreAll(cases.incidents);
  const results: Results = {
    incidents,
    pairs: await scoreAll(cases.pairs),
    healthy: await scoreAll(cases.healthy),
    loops: await scoreAll(cases.loops),
    short: await scoreAll(cases.short),
    shortLimited: await scoreAll(cases.shortLimited),
    scores: scoresByCause(incidents),
    advice: options.only === undefined || options.only === "advice"
      ? [...await tryAdvice(profiles), ...await tryMoreClients(profiles), ...await tryLargerBatch(profiles)]
      : [],
  };
  const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
  if (options.json) print(JSON.stringify(figuresOf(results)));
  else for (const line of [...tableOf(results), ...results.advice.map(adviceLine)]) print(line);
  const { short, shortLimited } = results;
  return [
    ...results.incidents,
    ...results.pairs,
    ...results.healthy,
    ...results.loops,
    ...short,
    ...shortLimited,
  ];
}

function figuresOf(results: Results) {
  const { scores, advice, healthy } = results;
  const hours = healthyHours(healthy);
  const falseFindings = falseOf(healthy).length;
  const group = (direct: boolean) => scores.filter((one) => DIRECT.has(one.truth) === direct);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const targets = ([["direct", true, 0.95, 0.98], ["inferred", false, 0.75, 0.95]] as const).flatMap(
    ([name, direct, recall, precision]) => {
      const own = group(direct);
      const got = {
        recall: mean(own.map((one) => one.recallFirst)),
        precision: mean(own.map((one) => one.precision)),
      };
      return [
        { name: `${name} recall`, wanted: recall, got: got.recall, ok: got.recall >= recall },
        { name: `${name} precision`, wanted: precision, got: got.precision, ok: got.precision >= precision },
      ];
    },
  );
  const perTenHours = hours === 0 ? null : falseFindings / hours * 10;
  return {
    name: "diagnosis",
    machine: `${Deno.build.os} ${Deno.build.arch}`,
    date: new Date().toISOString(),
    figures: scores.flatMap((one) => [
      { name: `${one.truth} recall`, value: one.recallFirst, unit: "ratio" },
      { name: `${one.truth} precision`, value: one.precision, unit: "ratio" },
      { name: `${one.truth} median delay`, value: one.medianDelayWindows, unit: "windows" },
    ]),
    targets: [
      ...targets,
      {
        name: "false findings in 10 healthy hours",
        wanted: 1,
        got: perTenHours,
        ok: perTenHours === null ? null : perTenHours <= 1,
      },
      ...advice.map((one) => ({
        name: `advice for ${one.truth} on ${one.profile}: ${one.number} (was ${one.before})`,
        wanted: one.wanted,
        got: one.after,
        ok: one.works,
      })),
    ],
  };
}

function adviceLine(one: AdviceOutcome): string {
  const verdict = one.works ? "works" : "DOES NOT WORK";
  return `advice ${one.truth} ${one.profile}: ${one.number} ${one.before.toPrecision(4)} -> ${
    one.after.toPrecision(4)
  } ${verdict}`;
}

function healthyHours(healthy: readonly Outcome[]): number {
  return healthy.length * HEALTHY_SECONDS / 3600;
}

function falseOf(healthy: readonly Outcome[]): string[] {
  return healthy.flatMap((one) => one.falseFindings);
}

function tableOf(results: Results): string[] {
  const { incidents, pairs, healthy, loops, short, shortLimited, scores } = results;
  const cell = (value: number) => Number.isNaN(value) ? "n/a" : value.toFixed(2);
  const share = (part: readonly unknown[], whole: readonly unknown[]) => `${part.length} of ${whole.length}`;
  const has = (code: Outcome["notes"][number]) => (one: Outcome) => one.notes.includes(code);
  const lightGpu = healthy.filter((one) => one.name.includes("steady") && one.witness !== "no_gpu");
  return [
    "cause            cases mild (named) recall (two) precision delay median, worst (windows)  told first",
    ...scores.map((one) =>
      [
        one.truth.padEnd(16),
        String(one.cases).padStart(5),
        `${one.mild} (${one.mildNamed})`.padStart(9),
        cell(one.recallFirst).padStart(6),
        cell(one.recallTwo).padStart(6),
        cell(one.precision).padStart(9),
        cell(one.medianDelayWindows).padStart(8),
        cell(one.worstDelayWindows).padStart(8),
        "  " + Object.entries(one.said).map(([code, count]) => `${code} ${count}`).join(", "),
      ].join(" ")
    ),
    `two causes: ${share(pairs.filter((one) => one.verdict === "first"), pairs)} with the first one first, ${
      share(pairs.filter((one) => one.named && one.secondNamed), pairs)
    } with both`,
    ...pairs.filter((one) => !one.named || !one.secondNamed).map((one) =>
      `  of ${one.truth} and ${one.secondTruth}: ${one.named ? "" : "not the first "}${
        one.secondNamed ? "" : "not the second "
      }${one.profile}, told ${one.said}, wrong ${one.wrong.join(", ") || "nothing"}`
    ),
    `healthy: ${healthyHours(healthy).toFixed(1)} h, false findings: ${
      falseOf(healthy).join(", ") || "none"
    }`,
    `before incidents: ${incidents.flatMap((one) => one.falseFindings).join(", ") || "none"}`,
    `closed loops: ${share(loops.filter(has("concurrency_limited")), loops)} told, ${
      share(healthy.filter(has("concurrency_limited")), healthy)
    } of open ones; wrong findings: ${falseOf(loops).join(", ") || "none"}`,
    `runs of 20 to 90 s: ${short.length} healthy with false findings: ${
      falseOf(short).join(", ") || "none"
    }; of too few sequences ${
      share(shortLimited.filter((one) => one.said === "sequence_limit"), shortLimited)
    } told as such`,
    `decode bound by memory told in ${
      share(lightGpu.filter(has("decode_bandwidth_bound")), lightGpu)
    } steady runs with GPU figures, in ${
      share(
        healthy.filter((one) => one.witness === "no_gpu").filter(has("decode_bandwidth_bound")),
        healthy.filter((one) => one.witness === "no_gpu"),
      )
    } without`,
  ];
}

if (import.meta.main) {
  const option = (name: string) => Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1];
  const has = (name: string) => Deno.args.includes(`--${name}`);
  const only = option("only");
  const seed = option("seed");
  const outcomes = await run({
    json: has("json"),
    full: has("full"),
    tuned: has("tuned"),
    ...(only ? { only } : {}),
    ...(seed ? { seed: Number(seed) } : {}),
  });
  if (has("cases")) {
    const lines = outcomes.map((one) =>
      `${one.verdict.padEnd(9)} ${one.name}: ${one.said}; wrong ${one.wrong.join(",")}; false ${
        one.falseFindings.join(",")
      }; delay ${one.delaySeconds}; notes ${one.notes.join(",")}\n`
    );
    Deno.stdout.writeSync(new TextEncoder().encode(lines.join("")));
  }
}
