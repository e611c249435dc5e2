/**
 * Scores of the evaluation: recall, precision, delay, confusion, false findings of healthy hours.
 *
 * @module
 */
import { diagnose } from "../src/analyzer/diagnose.ts";
import type { Finding, FindingCode } from "../src/analyzer/findings.ts";
import type { MetricSource } from "../src/series/types.ts";
import type { Case } from "./diagnosis_cases.ts";
import { WORLD_START } from "./diagnosis_plan.ts";
import { causeOf, isFelt, mayBeMild, type Truth } from "./diagnosis_truth.ts";
import { watchWorld } from "./diagnosis_world.ts";

/** What became of a case. */
export interface Outcome {
  readonly name: string;
  readonly truth: Truth | undefined;
  /** Of two causes at once. */
  readonly secondTruth?: Truth;
  readonly profile: string;
  readonly witness: string;
  /** "first": named and ranked first; "second": among the first two; "mild": users felt less than a fifth. */
  readonly verdict: "first" | "second" | "missed" | "mild" | "healthy";
  /** Whether the cause is among the shown ones, mild or not. */
  readonly named: boolean;
  /** The second of two causes is shown, too. */
  readonly secondNamed: boolean;
  /** Shown findings during the incident that name its cause, and that do not. */
  readonly right: number;
  readonly wrong: readonly string[];
  /** Findings outside of the incident. */
  readonly falseFindings: readonly string[];
  /** Notes about how the server works. */
  readonly notes: readonly FindingCode[];
  /** From the start to the second of two agreeing windows. */
  readonly delaySeconds?: number;
  readonly windowSeconds: number;
  /** Told first: for the confusion matrix. */
  readonly said: string;
}

/** Effects of an incident last longer than it does. */
const AFTERMATH_SECONDS = 60;
/** Shown to people. */
const SHOWN = 3;

/** Runs and scores one case. */
export async function score(one: Case & { readonly second?: Truth }): Promise<Outcome> {
  const { source, rows } = watchWorld(one.plan);
  const diagnosis = await diagnose(source);
  const { incident } = one.plan;
  const findings = diagnosis.findings.filter((finding) =>
    finding.severity !== "info" && !isLostScrape(finding, one)
  );
  const shared = {
    name: one.name,
    truth: one.truth,
    ...(one.second === undefined ? {} : { secondTruth: one.second }),
    profile: one.profile,
    witness: one.witness.name,
    notes: diagnosis.findings.filter(({ severity }) => severity === "info").map(({ code }) => code),
    windowSeconds: diagnosis.windowSeconds,
  };
  if (incident === undefined || one.truth === undefined) {
    const falseFindings = findings.map((finding) => finding.code);
    const said = falseFindings[0] ?? "nothing";
    const nothing = { named: false, secondNamed: false, right: 0, wrong: [] };
    return { ...shared, ...nothing, verdict: "healthy", falseFindings, said };
  }
  const start = WORLD_START + incident.startSeconds;
  const end = WORLD_START + incident.endSeconds;
  const during = findings.filter((finding) =>
    finding.span.endSeconds > start && finding.span.startSeconds < end + AFTERMATH_SECONDS
  );
  const before = findings.filter((finding) => finding.span.endSeconds <= start);
  const shown = during.slice(0, SHOWN);
  const names = namesFor(one.truth, one);
  const allNames = [...names, ...(one.second === undefined ? [] : namesFor(one.second, one))];
  const rank = shown.findIndex((finding) => names.includes(finding.code));
  const also = causeOf(one.truth).alsoNeeded;
  const complete = also === undefined || shown.some((finding) => finding.code === also);
  const hit = rank < 0 || !complete ? undefined : shown[rank]!;
  const wrong = shown.filter((finding) => !allNames.includes(finding.code)).map((finding) => finding.code);
  const felt = (one.truth !== "kv" || await kvFilled(source, start, end)) &&
    (!mayBeMild(one.truth) || isFelt(one.truth, one.plan, {
      with: rows,
      without: watchWorld(withoutIncident(one)).rows,
    }));
  return {
    ...shared,
    verdict: !felt
      ? "mild"
      : hit === undefined
      ? "missed"
      : rank === 0
      ? "first"
      : rank === 1
      ? "second"
      : "missed",
    named: hit !== undefined,
    secondNamed: one.second !== undefined &&
      shown.some((finding) => namesFor(one.second!, one).includes(finding.code)),
    right: shown.length - wrong.length,
    wrong,
    falseFindings: before.map((finding) => finding.code),
    ...(hit === undefined ? {} : { delaySeconds: Math.max(0, seenSeconds(hit) - start) }),
    said: during[0]?.code ?? "nothing",
  };
}

function withoutIncident(one: Case): Case["plan"] {
  const { incident: _, ...plan } = one.plan;
  return plan;
}

/** The cache was full for a quarter of the incident at least: large ones fill slowly. */
async function kvFilled(source: MetricSource, startSeconds: number, endSeconds: number): Promise<boolean> {
  const series = await source.select({ quantity: "kv_cache_usage" }, { startSeconds, endSeconds });
  return series.some((one) => one.values.filter((value) => value >= 0.95).length >= 0.25 * one.values.length);
}

/** What naming a cause means for this witness: without the GPU's figures it is right to say just that steps are slow. */
export function namesFor(truth: Truth, one: Case): readonly string[] {
  return truth === "throttle" && one.witness.gpu === false ? ["engine_slow"] : causeOf(truth).names;
}

/** Scrapes are lost on purpose for some witnesses: saying so is no mistake. */
function isLostScrape(finding: Finding, one: Case): boolean {
  return one.witness.lostScrapes !== undefined && finding.code === "scrapes_failing";
}

function seenSeconds(finding: Finding): number {
  const seen = finding.params.seenSeconds;
  return typeof seen === "number" ? seen : finding.span.endSeconds;
}

/** Figures of one cause. */
export interface CauseScore {
  readonly truth: Truth;
  readonly cases: number;
  /** Cases that users felt less than a fifth of, and those of them that were named all the same. */
  readonly mild: number;
  readonly mildNamed: number;
  readonly recallFirst: number;
  readonly recallTwo: number;
  readonly precision: number;
  readonly medianDelayWindows: number;
  readonly worstDelayWindows: number;
  /** How often each finding was told first. */
  readonly said: Readonly<Record<string, number>>;
}

/** Scores by cause, of cases with one cause. */
export function scoresByCause(outcomes: readonly Outcome[]): CauseScore[] {
  const single = outcomes.filter((one) => one.secondTruth === undefined);
  const truths = [...new Set(single.map((one) => one.truth))].filter((truth) => truth !== undefined);
  return truths.map((truth) => {
    const all = single.filter((one) => one.truth === truth);
    const own = all.filter((one) => one.verdict !== "mild");
    const mild = all.filter((one) => one.verdict === "mild");
    const first = own.filter((one) => one.verdict === "first").length;
    const two = own.filter((one) => one.verdict === "second").length;
    // A finding that names the cause of a mild case is no mistake, and what else is told of it is.
    const right = all.reduce((sum, one) => sum + one.right, 0);
    const wrong = all.reduce((sum, one) => sum + one.wrong.length, 0);
    const delays = own.flatMap((one) =>
      one.delaySeconds === undefined ? [] : [one.delaySeconds / one.windowSeconds]
    );
    delays.sort((a, b) => a - b);
    const said: Record<string, number> = {};
    for (const one of own) said[one.said] = (said[one.said] ?? 0) + 1;
    return {
      truth,
      cases: own.length,
      mild: mild.length,
      mildNamed: mild.filter((one) => one.named).length,
      recallFirst: first / own.length,
      recallTwo: (first + two) / own.length,
      precision: right / Math.max(1, right + wrong),
      medianDelayWindows: delays[delays.length >> 1] ?? NaN,
      worstDelayWindows: delays.at(-1) ?? NaN,
      said,
    };
  });
}
