/**
 * From windows to moments: each with the past that it is judged against.
 *
 * @module
 */
import type { LabEvent, TargetFacts, TimeSpan } from "../series/types.ts";
import { type Numbers, numbersOf } from "./evidence.ts";
import type { EvidenceQuantity, FindingCode } from "./findings.ts";
import type { Frame } from "./frames.ts";
import { RULES } from "./rules/all.ts";
import type { Judgement, Moment, Rule, SequenceLimit } from "./rules/rule.ts";
import { median } from "./statistics.ts";
import { slowFactor, type StepModel } from "./step_model.ts";
import { workBetween, type WorkSeries } from "./work.ts";

/** What is known of the scope besides its frames. */
export interface MomentContext {
  readonly scope: "engine" | "server" | "only_engine";
  readonly facts: TargetFacts | undefined;
  readonly events: readonly LabEvent[];
  readonly intervalSeconds: number;
  /** Absent: no slow factor. */
  readonly model?: StepModel;
  readonly work?: WorkSeries;
}

/** A moment with what every rule said of it. */
export interface JudgedMoment {
  readonly moment: Moment;
  readonly judgements: ReadonlyMap<FindingCode, { readonly rule: Rule; readonly judgement: Judgement }>;
}

/** Quiet windows needed for a baseline; they overlap by two thirds, so this is about two minutes and a half of them. */
const BASELINE_LEAST = 5;
/** The newest quiet windows that make the baseline. */
const BASELINE_MOST = 60;
/** Windows that a rule may look back over. */
const LOOK_BACK = 12;

/** Judges windows in order; each sees only what came before it, as a live look would. */
export function judgeFrames(frames: readonly Frame[], context: MomentContext): JudgedMoment[] {
  const judged: JudgedMoment[] = [];
  const quiet: Numbers[] = [];
  const plateau = new PlateauTracker();
  const slowTolerance = Math.max(1.25, 1 + 2 * (context.model?.residual ?? 0));
  for (const frame of frames) {
    const numbers = withSlowFactor(numbersOf(frame), frame, context);
    plateau.add(numbers, frame);
    const moment: Moment = {
      frame,
      numbers,
      facts: context.facts,
      limit: limitOf(context.facts, plateau),
      baseline: quiet.length < BASELINE_LEAST ? undefined : medians(quiet),
      slowTolerance,
      disturbed: isDisturbed(frame, context),
      earlier: judged.slice(-LOOK_BACK).map((one) => one.moment),
    };
    const judgements = judge(moment, context.scope);
    judged.push({ moment, judgements });
    if (isQuiet(moment, judgements)) {
      quiet.push(numbers);
      if (quiet.length > BASELINE_MOST) quiet.shift();
    }
  }
  return judged;
}

function withSlowFactor(numbers: Numbers, frame: Frame, context: MomentContext): Numbers {
  if (context.model === undefined || context.work === undefined) return numbers;
  const work = workBetween(context.work, frame.window);
  const factor = work === undefined ? undefined : slowFactor(context.model, work);
  return factor === undefined ? numbers : { ...numbers, slow_factor: factor };
}

function judge(moment: Moment, scope: MomentContext["scope"]): JudgedMoment["judgements"] {
  const judgements = new Map<FindingCode, { rule: Rule; judgement: Judgement }>();
  const restarted = (moment.frame.values.resets ?? 0) > 0;
  for (const rule of RULES) {
    if (scope !== "only_engine" && rule.scope !== scope) continue;
    if (restarted && rule.acrossResets !== true) continue;
    const judgement = rule.judge(moment);
    if (judgement !== undefined) judgements.set(rule.code, { rule, judgement });
  }
  return judgements;
}

/** Requests ran, none waited most of the time, nothing was found, nothing is missing. */
function isQuiet(moment: Moment, judgements: JudgedMoment["judgements"]): boolean {
  return judgements.size === 0 && !moment.disturbed && (moment.numbers.steps ?? 0) > 0 &&
    (moment.numbers.waiting_median ?? 0) === 0;
}

function medians(quiet: readonly Numbers[]): Numbers {
  const names = new Set(quiet.flatMap((numbers) => Object.keys(numbers) as EvidenceQuantity[]));
  const result: Partial<Record<EvidenceQuantity, number>> = {};
  for (const name of names) {
    const values = quiet.map((numbers) => numbers[name]).filter((value) => value !== undefined);
    if (values.length >= BASELINE_LEAST) result[name] = median(values);
  }
  return result;
}

/** A restart, or fewer points than three quarters of what the interval promises. */
function isDisturbed(frame: Frame, context: MomentContext): boolean {
  const { startSeconds, endSeconds } = frame.window;
  const wanted = (endSeconds - startSeconds) / context.intervalSeconds;
  const sparse = (frame.values.scrapes ?? 0) < 0.75 * Math.floor(wanted);
  return sparse || (frame.values.resets ?? 0) > 0 ||
    context.events.some((event) => event.kind === "clock_jump" && within(event.timeSeconds, frame.window));
}

function within(timeSeconds: number, window: TimeSpan): boolean {
  return timeSeconds > window.startSeconds && timeSeconds <= window.endSeconds;
}

function limitOf(facts: TargetFacts | undefined, plateau: PlateauTracker): SequenceLimit | undefined {
  if (facts?.maxNumSequences !== undefined) return { value: facts.maxNumSequences, from: "facts" };
  const learnt = plateau.level;
  return learnt === undefined ? undefined : { value: learnt, from: "plateau" };
}

/**
 * The sequence limit is not in /metrics. Where requests wait with memory free and running stops at the same number in
 * several windows, that number is it.
 */
class PlateauTracker {
  #highest = 0;
  #times = 0;

  add(numbers: Numbers, frame: Frame): void {
    const running = numbers.running_max ?? 0;
    if (running > this.#highest) {
      this.#highest = running;
      this.#times = 0;
    }
    const waits = (frame.values.waitingLowFifth ?? 0) > 0 && (numbers.kv_cache_usage_mean ?? 1) < 0.9;
    if (running === this.#highest && waits) this.#times++;
  }

  get level(): number | undefined {
    return this.#times >= 3 ? this.#highest : undefined;
  }
}
