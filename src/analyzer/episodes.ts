/**
 * From judged windows to findings: causes that hold for a while, effects folded into them.
 *
 * @module
 */
import type { TimeSpan } from "../series/types.ts";
import type { Advice, Confidence, Finding, FindingCode } from "./findings.ts";
import type { JudgedMoment } from "./moments.ts";
import { isRoot, limitRank, resolveCauses } from "./rules/all.ts";
import type { Judgement, Rule } from "./rules/rule.ts";
import { evidenceFrom, pendingParam } from "./told_evidence.ts";

/** Where the windows are from. */
export interface EpisodeContext {
  readonly target: string;
  readonly engine?: string;
  /** Version of the server, for advice that it understands. */
  readonly version?: string;
  /** Leaves out what only the last window shows. */
  readonly confirmedOnly?: boolean;
}

interface Occurrence {
  readonly judged: JudgedMoment;
  readonly rule: Rule;
  readonly judgement: Judgement;
  readonly consequences: readonly FindingCode[];
}

/** A finding that is still to be ranked. */
export interface RankedFinding {
  readonly finding: Finding;
  /** Seconds lost by users, as far as known. */
  readonly lossSeconds: number;
}

/** A cause may be missing from so many windows in a row and still be the same episode. */
const LONGEST_HOLE = 3;

/**
 * Joins windows in which a cause held. A cause seen in one window only, of several that could have shown it, is no
 * finding: two evaluations have to agree. Of the last window none can follow: what it shows firmly is told with less
 * confidence, unless only what is confirmed is asked for.
 */
export function findEpisodes(judged: readonly JudgedMoment[], context: EpisodeContext): RankedFinding[] {
  const byCode = new Map<FindingCode, Occurrence[]>();
  let root: FindingCode | undefined;
  for (const one of judged) {
    const causes = resolveCauses(new Set(one.judgements.keys()), root);
    root = [...causes.keys()].find((code) =>
      isRoot(code) && (code === root || one.judgements.get(code)!.judgement.confidence !== "low")
    );
    for (const [code, consequences] of causes) {
      const list = byCode.get(code) ?? [];
      byCode.set(code, [...list, { judged: one, consequences, ...one.judgements.get(code)! }]);
    }
  }
  const found: RankedFinding[] = [];
  for (const occurrences of byCode.values()) {
    for (const episode of splitEpisodes(occurrences)) {
      if (episode.length >= 2 || judged.length < 3) found.push(describeEpisode(episode, context));
      else if (isFirmAtEnd(episode[0]!, judged, context)) {
        found.push(onlyAtEnd(describeEpisode(episode, context)));
      }
    }
  }
  return found;
}

/** Whether the cause is seen in the last window first, on more than one weak witness. */
function isFirmAtEnd(
  one: Occurrence,
  judged: readonly JudgedMoment[],
  { confirmedOnly = false }: EpisodeContext,
): boolean {
  return !confirmedOnly && one.judged === judged.at(-1) && one.judgement.confidence !== "low" &&
    (one.judgement.severity ?? one.rule.severity) !== "info";
}

/** One look has nothing to agree with. */
function onlyAtEnd({ finding, lossSeconds }: RankedFinding): RankedFinding {
  const confidence = finding.confidence === "high" ? "medium" : "low";
  return {
    finding: { ...finding, confidence, params: { ...finding.params, extent: "last_window" } },
    lossSeconds,
  };
}

function splitEpisodes(occurrences: readonly Occurrence[]): Occurrence[][] {
  const episodes: Occurrence[][] = [];
  for (const one of occurrences) {
    const last = episodes.at(-1)?.at(-1);
    const hole = last === undefined ? Infinity : indexOf(one) - indexOf(last) - 1;
    if (hole <= LONGEST_HOLE) episodes.at(-1)!.push(one);
    else episodes.push([one]);
  }
  return episodes;
}

function indexOf(occurrence: Occurrence): number {
  return occurrence.judged.moment.frame.index;
}

const CONFIDENCE_ORDER: readonly Confidence[] = ["low", "medium", "high"];

function describeEpisode(episode: readonly Occurrence[], context: EpisodeContext): RankedFinding {
  const loss = (one: Occurrence) => one.judgement.lossSeconds ?? 0;
  const order = (one: Occurrence) => CONFIDENCE_ORDER.indexOf(one.judgement.confidence);
  const tells = (one: Occurrence) => one.judgement.tells ?? loss(one);
  const worst = episode.reduce((best, one) =>
    order(one) > order(best) || (order(one) === order(best) && tells(one) > tells(best)) ? one : best
  );
  const { moment } = worst.judged;
  const first = episode[0]!.judged.moment.frame.window;
  const last = episode.at(-1)!.judged.moment.frame.window;
  const { rule, judgement } = worst;
  const evidence = evidenceFrom(judgement.witnesses, moment);
  // Two evaluations have to agree: from the second on it is known.
  const seenSeconds = (episode[1] ?? episode[0]!).judged.moment.frame.window.endSeconds;
  const finding: Finding = {
    code: rule.code,
    severity: judgement.severity ?? rule.severity,
    confidence: judgement.confidence,
    target: context.target,
    ...(context.engine === undefined ? {} : { engine: context.engine }),
    span: { startSeconds: first.startSeconds, endSeconds: last.endSeconds },
    evidence,
    falsifiedBy: judgement.falsifiedBy ?? rule.falsifiedBy,
    advice: adviceFor(judgement.advice ?? rule.advice, context.version),
    next: rule.next,
    params: {
      ...judgement.params,
      ...pendingParam(judgement.witnesses, moment),
      windows: episode.length,
      seenSeconds,
    },
    consequences: [...new Set(episode.flatMap((one) => one.consequences))],
  };
  return { finding, lossSeconds: episode.reduce((sum, one) => sum + loss(one), 0) / OVERLAP };
}

/** Windows overlap by two thirds: a loss is seen three times. */
const OVERLAP = 3;

/** A version that has the option; whether one before it had it was not looked at. */
const FLAG_SINCE: Readonly<Record<string, readonly [number, number]>> = {
  "--max-num-queued-reqs": [0, 29],
  "--max-num-queued-tokens": [0, 29],
  "--watermark": [0, 32],
  "--api-server-count": [0, 9],
  "--stream-interval": [0, 11],
  "--kv-offloading-size": [0, 12],
  "--kv-cache-memory-bytes": [0, 11],
  "--long-prefill-token-threshold": [0, 8],
  "--speculative-config": [0, 8],
  "--kv-transfer-config": [0, 8],
};

/** What this version can do; the same advice with another option, which it lacks, is said once. */
function adviceFor(all: readonly Advice[], version: string | undefined): Advice[] {
  const known = all.map((advice) => forVersion(advice, version));
  return known.filter((advice, index) =>
    advice.flag !== undefined || all[index]!.flag === undefined ||
    !known.some((other) => other !== advice && other.code === advice.code)
  );
}

/** Without the flag where this version does not have it: the advice may still be followed by an upgrade. */
function forVersion(advice: Advice, version: string | undefined): Advice {
  const since = advice.flag === undefined ? undefined : FLAG_SINCE[advice.flag];
  const [major, minor] = (version ?? "").split(".").map(Number);
  if (since === undefined || major === undefined || minor === undefined || Number.isNaN(major + minor)) {
    return advice;
  }
  const known = major > since[0] || (major === since[0] && minor >= since[1]);
  return known ? advice : { code: advice.code };
}

/** Causes that build up: while memory fills or a queue grows, the first windows look like the effect alone. */
const GROWS_OUT_OF: Partial<Record<FindingCode, readonly FindingCode[]>> = {
  engine_hung: [
    "overload",
    "sequence_limit",
    "kv_bound",
    "hidden_aborts",
    "front_end_bound",
    "engine_slow",
    "long_prompts",
    "client_sees_more",
    "requests_failing",
    "engines_unbalanced",
  ],
  prefix_cache_cold: [
    "overload",
    "prefill_bound",
    "sequence_limit",
    "kv_bound",
    "long_prompts",
    "engine_slow",
    "preemption_thrash",
    "front_end_bound",
  ],
  requests_rejected: ["requests_failing"],
  sequence_limit: ["overload", "prefill_bound", "engine_slow", "long_prompts"],
  kv_bound: ["overload", "preemption_thrash", "engine_slow", "long_prompts"],
  preemption_thrash: ["overload", "engine_slow", "long_prompts"],
  gpu_throttled: ["engine_slow", "overload", "sequence_limit", "prefill_bound", "front_end_bound"],
  long_prompts: [
    "engine_slow",
    "front_end_bound",
    "overload",
    "prefill_bound",
    "kv_bound",
    "preemption_thrash",
    "sequence_limit",
  ],
  prefill_bound: [
    "kv_bound",
    "preemption_thrash",
    "engine_slow",
    "front_end_bound",
    "long_prompts",
    "sequence_limit",
    "overload",
  ],
  engine_slow: ["overload", "long_prompts", "sequence_limit", "prefill_bound", "front_end_bound"],
  overload: ["sequence_limit", "long_prompts", "engine_slow", "front_end_bound", "prefill_bound"],
};

/** Whatever limits the engine makes requests wait. */
const WAITING_CAUSES: ReadonlySet<FindingCode> = new Set<FindingCode>([
  "engine_hung",
  "prefix_cache_cold",
  "kv_bound",
  "preemption_thrash",
  "gpu_throttled",
  "sequence_limit",
  "long_prompts",
  "engine_slow",
  "overload",
  "prefill_bound",
]);

/** Says only that nobody knows: never a consequence, it is told or it is gone. */
const NO_CONSEQUENCE: ReadonlySet<FindingCode> = new Set<FindingCode>(["waiting_unexplained", "cannot_tell"]);

/**
 * Folds a finding of the same server into one that explains it and covers at least half of its time. Where each could explain
 * the other, the better supported one is the cause; of equals the one that lasted longer, then the stronger claim.
 */
export function foldEffects(found: readonly RankedFinding[]): RankedFinding[] {
  const explains = (cause: FindingCode, effect: FindingCode) =>
    (GROWS_OUT_OF[cause] ?? []).includes(effect) ||
    (effect === "waiting_unexplained" && WAITING_CAUSES.has(cause));
  const covers = (cause: RankedFinding, effect: RankedFinding) =>
    cause !== effect && cause.finding.target === effect.finding.target &&
    sameScope(cause.finding, effect.finding) &&
    explains(cause.finding.code, effect.finding.code) && isFirmEnough(cause.finding, effect.finding) &&
    (overlapShare(effect.finding.span, withAftermath(cause.finding)) >= 0.5 ||
      isSameTrouble(cause.finding, effect.finding));
  const causeOf = new Map<RankedFinding, RankedFinding>();
  for (const effect of found.toSorted(byClaim).reverse()) {
    const cause = found.toSorted(byClaim).find((one) =>
      covers(one, effect) && !causeOf.has(one) &&
      !(covers(effect, one) && byClaim(effect, one) < 0)
    );
    if (cause !== undefined) causeOf.set(effect, cause);
  }
  const rootOf = (one: RankedFinding): RankedFinding => {
    const cause = causeOf.get(one);
    return cause === undefined ? one : rootOf(cause);
  };
  return found.filter((one) => !causeOf.has(one)).map((one) => {
    const folded = found.filter((effect) => effect !== one && rootOf(effect) === one).flatMap((effect) => [
      effect.finding.code,
      ...effect.finding.consequences,
    ]);
    const consequences = [...new Set([...one.finding.consequences, ...folded])].filter((code) =>
      !NO_CONSEQUENCE.has(code) && code !== one.finding.code
    );
    const since = found.filter((other) => rootOf(other) === one && isSameTrouble(one.finding, other.finding))
      .map(({ finding }) => finding.span.startSeconds);
    const span = {
      startSeconds: Math.min(one.finding.span.startSeconds, ...since),
      endSeconds: one.finding.span.endSeconds,
    };
    return { ...one, finding: { ...one.finding, span, consequences } };
  });
}

/**
 * Which prompts take the steps' time is known by the lengths of requests, and they are told when those end: a minute late
 * where they wait. Until then a few long prompts look like prompts that all grew, or the other way round.
 */
const PROMPT_CAUSES: ReadonlySet<FindingCode> = new Set<FindingCode>(["long_prompts", "prefill_bound"]);

/** Two causes that are told apart late, one after the other without a time between them. */
function isSameTrouble(a: Finding, b: Finding): boolean {
  return a.code !== b.code && PROMPT_CAUSES.has(a.code) && PROMPT_CAUSES.has(b.code) &&
    a.span.startSeconds <= b.span.endSeconds && b.span.startSeconds <= a.span.endSeconds;
}

/** A note or a guess does not explain away what is better supported. */
function isFirmEnough(cause: Finding, effect: Finding): boolean {
  if (cause.severity === "info" && effect.severity !== "info") return false;
  return cause.confidence !== "low" || effect.confidence === "low";
}

/** The better claim first. */
function byClaim(a: RankedFinding, b: RankedFinding): number {
  const confidence = (one: RankedFinding) => CONFIDENCE_ORDER.indexOf(one.finding.confidence);
  const windows = (one: RankedFinding) => Number(one.finding.params.windows ?? 0);
  return confidence(b) - confidence(a) || windows(b) - windows(a) ||
    limitRank(a.finding.code) - limitRank(b.finding.code);
}

/** An engine's trouble shows in its server's sums; another engine's does not. */
function sameScope(cause: Finding, effect: Finding): boolean {
  return cause.engine === undefined || effect.engine === undefined || cause.engine === effect.engine;
}

/** What a cause leaves behind: the queue that it built is served in a rush, and windows still reach back into it. */
function withAftermath(finding: Finding): TimeSpan {
  const { startSeconds, endSeconds } = finding.span;
  const window = finding.evidence[0]?.window;
  const seconds = window === undefined ? 0 : window.endSeconds - window.startSeconds;
  return { startSeconds, endSeconds: endSeconds + Math.max(AFTERMATH_SECONDS, AFTERMATH_WINDOWS * seconds) };
}

/** At least so long, and so many windows. */
const AFTERMATH_SECONDS = 60;
const AFTERMATH_WINDOWS = 2;

/** Share of the first span that lies in the second. */
function overlapShare(inner: TimeSpan, outer: TimeSpan): number {
  const overlap = Math.min(inner.endSeconds, outer.endSeconds) -
    Math.max(inner.startSeconds, outer.startSeconds);
  return Math.max(0, overlap) / Math.max(1e-9, inner.endSeconds - inner.startSeconds);
}
