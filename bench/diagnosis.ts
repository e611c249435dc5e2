/**
 * `deno task bench diagnosis`: how often the diagnosis names the true cause, how often it cries wolf, how late it is.
 * Virtual time, the engine model of the simulator; profiles and seeds that rules were tuned on are reported apart.
 *
 * @module
 */
import {
  type Case,
  DIRECT,
  HEALTHY_DEMAND,
  HEALTHY_SECONDS,
  healthyCase,
  incidentCase,
  TRUTHS,
  WITNESSES,
} from "./diagnosis_cases.ts";
import { type AdviceOutcome, tryAdvice } from "./diagnosis_advice.ts";
import { type CauseScore, type Outcome, score, scoresByCause } from "./diagnosis_score.ts";

/** Rules were tuned on the first two, and looked at on the others: figures that count are of neither. */
const TUNED_PROFILES = ["llama-8b-a100-40", "llama-8b-h100", "llama-8b-l40s", "llama-8b-awq-4090"];
const UNSEEN_PROFILES = ["qwen-7b-a100-80", "llama-8b-fp8-l4"];
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
}

/** The cases of a run. A sample takes every incident once at each severity with loads and witnesses in turn. */
export function casesOf(options: { full: boolean; tuned: boolean; only?: string }): (() => Promise<Case>)[] {
  const profiles = options.tuned ? TUNED_PROFILES : UNSEEN_PROFILES;
  const firstSeed = options.tuned ? 1 : 9001;
  const cases: (() => Promise<Case>)[] = [];
  let turn = 0;
  for (const truth of TRUTHS) {
    if (options.only !== undefined && !truth.includes(options.only)) continue;
    for (const profile of profiles) {
      for (const severity of SEVERITIES) {
        for (const load of LOADS) {
          const witnesses = options.full
            ? WITNESSES
            : [WITNESSES[turn % 3 === 0 ? (turn / 3) % WITNESSES.length : 0]!];
          turn++;
          for (const witness of witnesses) {
            const seed = firstSeed + turn;
            // Without rows of clients nobody can see the network.
            if (truth === "network" && witness.client === false) continue;
            cases.push(() => incidentCase(truth, { profile, load, severity, seed, witness }));
          }
        }
      }
    }
  }
  if (options.only !== undefined && !"healthy".includes(options.only)) return cases;
  for (const profile of profiles) {
    for (const demand of Object.keys(HEALTHY_DEMAND)) {
      for (const load of [0.3, 0.5, 0.75]) {
        for (const witness of options.full ? WITNESSES : WITNESSES.slice(0, 2)) {
          const seed = firstSeed + 500 + turn++;
          cases.push(() => healthyCase(demand, { profile, load, seed, witness }));
        }
      }
    }
  }
  return cases;
}

/** Runs, prints a table or JSON. */
export async function run(options: DiagnosisBenchOptions): Promise<readonly Outcome[]> {
  const cases = casesOf({
    full: options.full === true,
    tuned: options.tuned === true,
    ...(options.only ? { only: options.only } : {}),
  });
  const outcomes: Outcome[] = [];
  for (const one of cases) outcomes.push(await score(await one()));
  const scores = scoresByCause(outcomes);
  const advice = options.only === undefined || options.only === "advice"
    ? await tryAdvice(options.tuned ? TUNED_PROFILES : UNSEEN_PROFILES)
    : [];
  const figures = figuresOf(outcomes, scores, advice);
  const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
  if (options.json) print(JSON.stringify(figures));
  else for (const line of [...tableOf(outcomes, scores), ...advice.map(adviceLine)]) print(line);
  return outcomes;
}

function figuresOf(
  outcomes: readonly Outcome[],
  scores: readonly CauseScore[],
  advice: readonly AdviceOutcome[],
) {
  const hours = healthyHours(outcomes);
  const falseFindings = falseOf(outcomes).length;
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
        wanted: 0.9 * one.before,
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

function healthyHours(outcomes: readonly Outcome[]): number {
  return outcomes.filter((one) => one.truth === undefined).length * HEALTHY_SECONDS / 3600;
}

function falseOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.flatMap((one) => one.truth === undefined ? one.falseFindings : []);
}

function tableOf(outcomes: readonly Outcome[], scores: readonly CauseScore[]): string[] {
  const cell = (value: number) => Number.isNaN(value) ? "n/a" : value.toFixed(2);
  return [
    "cause            cases recall (two) precision delay median, worst (windows)  said instead",
    ...scores.map((one) =>
      [
        one.truth.padEnd(16),
        String(one.cases).padStart(5),
        cell(one.recallFirst).padStart(6),
        cell(one.recallTwo).padStart(6),
        cell(one.precision).padStart(9),
        cell(one.medianDelayWindows).padStart(8),
        cell(one.worstDelayWindows).padStart(8),
        "  " + Object.entries(one.saidInstead).map(([code, count]) => `${code} ${count}`).join(", "),
      ].join(" ")
    ),
    `healthy: ${healthyHours(outcomes).toFixed(1)} h, false findings: ${
      falseOf(outcomes).join(", ") || "none"
    }`,
    `before incidents: ${
      outcomes.flatMap((one) => one.truth === undefined ? [] : one.falseFindings).join(", ") || "none"
    }`,
    `without effect: ${outcomes.filter((one) => one.verdict === "no_effect").length}`,
  ];
}

if (import.meta.main) {
  const option = (name: string) => Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1];
  const has = (name: string) => Deno.args.includes(`--${name}`);
  const only = option("only");
  const outcomes = await run({
    json: has("json"),
    full: has("full"),
    tuned: has("tuned"),
    ...(only ? { only } : {}),
  });
  if (has("cases")) {
    const lines = outcomes.map((one) =>
      `${one.verdict.padEnd(9)} ${one.name}: ${one.said}; wrong ${one.wrong.join(",")}; false ${
        one.falseFindings.join(",")
      }; delay ${one.delaySeconds}\n`
    );
    Deno.stdout.writeSync(new TextEncoder().encode(lines.join("")));
  }
}
