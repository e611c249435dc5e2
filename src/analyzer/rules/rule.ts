/**
 * What a rule is: it looks at one window and says whether its cause is there.
 *
 * @module
 */
import type { TargetFacts } from "../../series/types.ts";
import type { Numbers } from "../evidence.ts";
import type {
  Advice,
  Confidence,
  EvidenceQuantity,
  FalsifierCode,
  FindingCode,
  NextMeasurement,
  Severity,
} from "../findings.ts";
import type { Frame } from "../frames.ts";
import type { MeasureName } from "../measures.ts";

/** How many requests the scheduler may run at once: from the server's facts, or learnt from where it stops. */
export interface SequenceLimit {
  readonly value: number;
  readonly from: "facts" | "plateau";
}

/** One of several engines in a window. */
export interface EngineNumbers {
  readonly engine: string;
  /** "" where the server has one model only. */
  readonly model: string;
  readonly numbers: Numbers;
}

/** A window with all that is known when it is judged; nothing of it lies in the future. */
export interface Moment {
  readonly frame: Frame;
  readonly numbers: Numbers;
  readonly facts: TargetFacts | undefined;
  readonly limit: SequenceLimit | undefined;
  /** Medians over earlier windows in which nothing was wrong; undefined until there are enough of them. */
  readonly baseline: Numbers | undefined;
  /** Slow factors up to this are the model's own error. */
  readonly slowTolerance: number;
  /** How batches and prompts compare with what the step model has seen: but for "known" its slow factor is a guess. */
  readonly work: "known" | "smaller" | "larger" | "unknown";
  /** A gap or a restart lies in it: no more than medium confidence. */
  readonly disturbed: boolean;
  /** Of a server with several engines: each of them in the same window. */
  readonly engines: readonly EngineNumbers[];
  /** The windows before it, newest last, at most a few. */
  readonly earlier: readonly Moment[];
}

/** A number to show, with what it is held against. */
export interface Witness {
  readonly quantity: EvidenceQuantity;
  readonly limit?: number;
  readonly baseline?: number | undefined;
  readonly count?: number;
}

/** A rule's answer for one window. */
export interface Judgement {
  readonly confidence: Confidence;
  readonly witnesses: readonly Witness[];
  readonly severity?: Severity;
  readonly params?: Readonly<Record<string, number | string>>;
  readonly advice?: readonly Advice[];
  /** Where what would disprove it is not what the rule says of all its verdicts. */
  readonly falsifiedBy?: readonly FalsifierCode[];
  /** How telling the window is among those of an episode, the largest is shown; default the loss. */
  readonly tells?: number;
  /** Seconds of waiting that users lost in the window to this cause, as far as known: for ranking only. */
  readonly lossSeconds?: number;
}

/** One cause. */
export interface Rule {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Whether it looks at each engine or at the server as a whole. */
  readonly scope: "engine" | "server";
  /** Says how the server works, not that something is wrong: such windows still tell what is usual. */
  readonly isNote?: boolean;
  /** Judged even when a restart lies in the window. */
  readonly acrossResets?: boolean;
  /** What it cannot do without; alternatives in a list. Where all of an entry are absent all along, it is blind. */
  readonly needs: readonly (readonly (MeasureName | "client" | "gpu" | "engines")[])[];
  readonly falsifiedBy: readonly FalsifierCode[];
  readonly advice: readonly Advice[];
  readonly next: NextMeasurement;
  judge(moment: Moment): Judgement | undefined;
}

/** True when both are there and the first is above `factor` times the second. */
export function exceeds(value: number | undefined, baseline: number | undefined, factor: number): boolean {
  return value !== undefined && baseline !== undefined && value > factor * baseline;
}

/** Direct evidence with plenty of events is high; a gap or a reset in the window caps it. */
export function confidenceOf(moment: Moment, evidence: { direct: boolean; events?: number }): Confidence {
  const plenty = (evidence.events ?? Infinity) >= 20 && (moment.frame.values.scrapes ?? 0) >= 10;
  return evidence.direct && plenty && !moment.disturbed ? "high" : "medium";
}

/** Usage below which the KV cache cannot be what holds requests back. */
export const KV_FREE = 0.9;

/** Prompts take this share of the steps' time from which on they are what limits. */
export const PREFILL_SHARE = 0.5;
/** Less will do where it is more than all decoding takes. */
const PREFILL_LARGEST = 0.35;
/** Budgets are larger than this: below it a full bucket is a batch of decoding requests. */
const LEAST_BUDGET = 512;

/**
 * Prompts take most of the steps' time by the step model, or half of the steps are in the highest bucket that any step
 * reaches: full of prompt tokens up to the budget.
 */
export function prefillDominates(numbers: Numbers): boolean {
  const { step_tokens_median: middle, step_tokens_top: top } = numbers;
  const full = middle !== undefined && top !== undefined && top >= LEAST_BUDGET && middle > top / 2;
  return full || prefillTakesTheTime(numbers);
}

/** The same by the step model alone. */
export function prefillTakesTheTime(
  { prefill_share: prefill = 0, fixed_share: fixed = 0 }: Numbers,
): boolean {
  return prefill >= PREFILL_SHARE || (prefill >= PREFILL_LARGEST && prefill > 1 - prefill - fixed);
}

/**
 * Whether so many running requests are as many as the limit lets run. A scrape may come between the end of one and the start
 * of the next: one less counts where that is not much less.
 */
export function isAtLimit(running: number | undefined, limit: number): boolean {
  return running !== undefined && running >= (limit >= 4 ? Math.min(AT_LIMIT * limit, limit - 1) : limit);
}

/** Running requests from this share of the limit are at the limit: a place just freed is filled in the next step. */
const AT_LIMIT = 0.97;

/** Seconds that requests spent waiting in the window. */
export function waitingLoss(moment: Moment): number {
  const { startSeconds, endSeconds } = moment.frame.window;
  return (moment.numbers.waiting_mean ?? 0) * (endSeconds - startSeconds);
}
