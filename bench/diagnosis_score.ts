/**
 * Scores of the evaluation: recall, precision, delay, confusion, false findings of healthy hours.
 *
 * @module
 */
import { diagnose } from "../src/analyzer/diagnose.ts";
import type { Finding } from "../src/analyzer/findings.ts";
import { type Case, NAMES_OF, type Truth } from "./diagnosis_cases.ts";
import { WORLD_START } from "./diagnosis_plan.ts";
import { runWorld } from "./diagnosis_world.ts";

/** What became of a case. */
export interface Outcome {
  readonly name: string;
  readonly truth: Truth | undefined;
  readonly profile: string;
  readonly witness: string;
  /** "first": named and ranked first; "second": among the first two; "missed"; "no_effect": the incident never bit. */
  readonly verdict: "first" | "second" | "missed" | "no_effect" | "healthy";
  /** Shown findings during the incident that name its cause, and that do not. */
  readonly right: number;
  readonly wrong: readonly string[];
  /** Findings outside of the incident. */
  readonly falseFindings: readonly string[];
  /** From the start to the second of two agreeing windows. */
  readonly delaySeconds?: number;
  readonly windowSeconds: number;
  /** Named first where nothing was right: for the confusion matrix. */
  readonly said: string;
}

/** Effects of an incident last longer than it does. */
const AFTERMATH_SECONDS = 60;
/** Shown to people. */
const SHOWN = 3;

/** Runs and scores one case. */
export async function score(one: Case): Promise<Outcome> {
  const source = runWorld(one.plan);
  const diagnosis = await diagnose(source);
  const { incident } = one.plan;
  const findings = diagnosis.findings.filter((finding) => finding.severity !== "info");
  const shared = {
    name: one.name,
    truth: one.truth,
    profile: one.profile,
    witness: one.witness.name,
    windowSeconds: diagnosis.windowSeconds,
  };
  if (incident === undefined || one.truth === undefined) {
    const falseFindings = findings.filter((finding) => !isLostScrape(finding, one)).map((finding) =>
      finding.code
    );
    return {
      ...shared,
      verdict: "healthy",
      right: 0,
      wrong: [],
      falseFindings,
      said: falseFindings[0] ?? "nothing",
    };
  }
  const start = WORLD_START + incident.startSeconds;
  const end = WORLD_START + incident.endSeconds;
  const during = findings.filter((finding) =>
    finding.span.endSeconds > start && finding.span.startSeconds < end + AFTERMATH_SECONDS &&
    !isLostScrape(finding, one)
  );
  const before = findings.filter((finding) =>
    finding.span.endSeconds <= start && !isLostScrape(finding, one)
  );
  const names = namesFor(one.truth, one);
  const rankOf = during.slice(0, SHOWN).findIndex((finding) => names.includes(finding.code));
  const hit = rankOf < 0 ? undefined : during[rankOf]!;
  const wrong = during.slice(0, SHOWN).filter((finding) => !names.includes(finding.code)).map((finding) =>
    finding.code
  );
  const noEffect = hit === undefined && one.truth === "kv" && !(await kvFilled(source, start, end));
  return {
    ...shared,
    verdict: noEffect ? "no_effect" : rankOf === 0 ? "first" : rankOf === 1 ? "second" : "missed",
    right: during.slice(0, SHOWN).length - wrong.length,
    wrong,
    falseFindings: before.map((finding) => finding.code),
    ...(hit === undefined ? {} : { delaySeconds: Math.max(0, seenSeconds(hit) - start) }),
    said: during[0]?.code ?? "nothing",
  };
}

/** Without the GPU's figures the cause of slow steps cannot be told: saying just that is right. */
function namesFor(truth: Truth, one: Case): readonly string[] {
  return truth === "throttle" && one.witness.gpu === false ? ["engine_slow"] : NAMES_OF[truth];
}

/** Scrapes are lost on purpose for some witnesses: saying so is no mistake. */
function isLostScrape(finding: Finding, one: Case): boolean {
  return one.witness.lostScrapes !== undefined && finding.code === "scrapes_failing";
}

function seenSeconds(finding: Finding): number {
  const seen = finding.params.seenSeconds;
  return typeof seen === "number" ? seen : finding.span.endSeconds;
}

async function kvFilled(source: ReturnType<typeof runWorld>, start: number, end: number): Promise<boolean> {
  const series = await source.select({ quantity: "kv_cache_usage" }, {
    startSeconds: start,
    endSeconds: end,
  });
  return series.some((one) => one.values.filter((value) => value >= 0.95).length >= 0.25 * one.values.length);
}

/** Figures of one cause. */
export interface CauseScore {
  readonly truth: Truth;
  readonly cases: number;
  readonly recallFirst: number;
  readonly recallTwo: number;
  readonly precision: number;
  readonly medianDelayWindows: number;
  readonly worstDelayWindows: number;
  readonly saidInstead: Readonly<Record<string, number>>;
}

/** Scores by cause. */
export function scoresByCause(outcomes: readonly Outcome[]): CauseScore[] {
  const truths = [...new Set(outcomes.map((one) => one.truth))].filter((truth) => truth !== undefined);
  return truths.map((truth) => {
    const own = outcomes.filter((one) => one.truth === truth && one.verdict !== "no_effect");
    const first = own.filter((one) => one.verdict === "first").length;
    const two = own.filter((one) => one.verdict === "second").length;
    const right = own.reduce((sum, one) => sum + one.right, 0);
    const wrong = own.reduce((sum, one) => sum + one.wrong.length, 0);
    const delays = own.flatMap((one) =>
      one.delaySeconds === undefined ? [] : [one.delaySeconds / one.windowSeconds]
    );
    delays.sort((a, b) => a - b);
    const saidInstead: Record<string, number> = {};
    for (const one of own) {
      if (one.verdict !== "first") saidInstead[one.said] = (saidInstead[one.said] ?? 0) + 1;
    }
    return {
      truth,
      cases: own.length,
      recallFirst: first / own.length,
      recallTwo: (first + two) / own.length,
      precision: right / Math.max(1, right + wrong),
      medianDelayWindows: delays[delays.length >> 1] ?? NaN,
      worstDelayWindows: delays.at(-1) ?? NaN,
      saidInstead,
    };
  });
}
