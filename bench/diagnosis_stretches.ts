/**
 * Parts of a run: a witness that comes after the fault did, and one that is stopped seconds into it. Of neither may be said with
 * high confidence that all is well.
 *
 * @module
 */
import { diagnose } from "../src/analyzer/diagnose.ts";
import type { Finding } from "../src/analyzer/findings.ts";
import type { MetricSource, TimeSpan } from "../src/series/types.ts";
import { type Case, HEALTHY_SECONDS } from "./diagnosis_cases.ts";
import { WORLD_START } from "./diagnosis_plan.ts";
import { namesFor } from "./diagnosis_score.ts";
import { isFelt, mayBeMild, type Truth } from "./diagnosis_truth.ts";
import { watchWorld } from "./diagnosis_world.ts";

/** Seconds after the fault's beginning at which a late witness comes, and for how long it stays. */
const LATE: readonly (readonly [afterSeconds: number, seconds: number])[] = [[20, 30], [20, 60], [30, 90]];
/** Seconds into the fault at which a run is stopped. */
const CUTS: readonly number[] = [5, 10, 15, 20];

/**
 * A witness that comes late and knows of no time before; the same stretch of a longer recording; a run that is stopped.
 */
type Part = "late" | "last" | "cut";
const PARTS: readonly Part[] = ["late", "last", "cut"];

/** What was said of a part of a run. */
export interface StretchOutcome {
  readonly name: string;
  /** Undefined for parts of healthy runs. */
  readonly truth: Truth | undefined;
  readonly part: Part;
  /** Seconds of the part, or seconds of the fault that it holds. */
  readonly seconds: number;
  /** Whether users who came in it felt the fault. */
  readonly isFelt: boolean;
  readonly verdict: "named" | "other" | "healthy_high" | "healthy" | "cannot_tell" | "note" | "idle";
  readonly said: string;
}

/** Judges the parts of one run of which users felt something. */
export async function scoreStretches(one: Case): Promise<StretchOutcome[]> {
  const { source, rows } = watchWorld(one.plan);
  const { incident } = one.plan;
  const start = WORLD_START + (incident?.startSeconds ?? HEALTHY_SECONDS / 2);
  const { incident: _, ...quiet } = one.plan;
  const without = one.truth !== undefined && mayBeMild(one.truth) ? watchWorld(quiet).rows : [];
  const outcomes: StretchOutcome[] = [];
  const add = async (part: Part, seconds: number, span: TimeSpan) => {
    const plan = incident === undefined ? one.plan : {
      ...one.plan,
      incident: {
        ...incident,
        startSeconds: Math.max(incident.startSeconds, span.startSeconds - WORLD_START),
        endSeconds: Math.min(incident.endSeconds, span.endSeconds - WORLD_START),
      },
    };
    const felt = one.truth !== undefined && isFelt(one.truth, plan, { with: rows, without });
    const { findings } = await diagnose(source, { span, ...(part === "late" ? { knownSeconds: 0 } : {}) });
    outcomes.push({
      name: one.name,
      truth: one.truth,
      part,
      seconds,
      isFelt: felt && (one.truth !== "kv" || await isFull(source, span)),
      ...verdictOf(findings, one),
    });
  };
  for (const [after, seconds] of LATE) {
    const span = { startSeconds: start + after, endSeconds: start + after + seconds };
    await add("late", seconds, span);
    await add("last", seconds, span);
  }
  for (const seconds of CUTS) {
    await add("cut", seconds, { startSeconds: WORLD_START, endSeconds: start + seconds });
  }
  return outcomes;
}

/** The cache was full at the end of it. */
async function isFull(source: MetricSource, span: TimeSpan): Promise<boolean> {
  const series = await source.select({ quantity: "kv_cache_usage" }, {
    startSeconds: span.endSeconds - 10,
    endSeconds: span.endSeconds,
  });
  return series.some(({ values }) => values.filter((value) => value >= 0.95).length >= 0.5 * values.length);
}

function verdictOf(findings: readonly Finding[], one: Case): Pick<StretchOutcome, "verdict" | "said"> {
  const told = findings.filter(({ severity }) => severity !== "info");
  const said = findings.map(({ code, confidence }) => `${code} ${confidence}`).join(", ");
  const healthy = findings.find(({ code }) => code === "healthy");
  const has = (code: Finding["code"]) => findings.some((finding) => finding.code === code);
  if (one.truth !== undefined && told.some(({ code }) => namesFor(one.truth!, one).includes(code))) {
    return { verdict: "named", said };
  }
  if (told.length > 0) return { verdict: "other", said };
  if (healthy !== undefined) {
    return { verdict: healthy.confidence === "high" ? "healthy_high" : "healthy", said };
  }
  return { verdict: has("cannot_tell") ? "cannot_tell" : has("idle") ? "idle" : "note", said };
}

/** One line a kind of part, over all faults or of one. */
export function stretchLines(outcomes: readonly StretchOutcome[]): string[] {
  const line = (title: string, own: readonly StretchOutcome[]) => {
    const count = (verdict: StretchOutcome["verdict"]) => own.filter((one) => one.verdict === verdict).length;
    return own.length === 0 ? [] : [
      `${title}: ${own.length}; healthy with high confidence ${count("healthy_high")}, healthy with less ${
        count("healthy")
      }, cause named ${count("named")}, another finding ${count("other")}, a note ${
        count("note")
      }, no verdict ${count("cannot_tell") + count("idle")}`,
    ];
  };
  const faults = outcomes.filter((one) => one.truth !== undefined);
  const felt = faults.filter((one) => one.isFelt);
  const of = (all: readonly StretchOutcome[], part: Part) => all.filter((one) => one.part === part);
  const ways = [...new Set(outcomes.map(({ part, seconds }) => `${part} ${seconds}`))];
  const each = ways.flatMap((way) =>
    line(
      `  ${way} s`,
      felt.filter((one) => `${one.part} ${one.seconds}` === way),
    )
  );
  const causes = [...new Set(faults.map(({ truth }) => truth))];
  return [
    ...line("a witness that came after the fault did, felt", of(felt, "late")),
    ...line("the same stretches of a recording that knows the time before", of(felt, "last")),
    ...line("runs stopped within 20 s of it, felt", of(felt, "cut")),
    ...each,
    ...causes.flatMap((cause) =>
      PARTS.flatMap((part) => line(`  ${cause} ${part}`, of(felt.filter((one) => one.truth === cause), part)))
    ),
    ...PARTS.flatMap((part) =>
      line(`healthy runs, ${part}`, of(outcomes.filter((one) => one.truth === undefined), part))
    ),
  ];
}
