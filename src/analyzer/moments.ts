/**
 * From windows to moments: each with the past that it is judged against.
 *
 * @module
 */
import type { LabEvent, TargetFacts, TimeSpan } from "../series/types.ts";
import { type Numbers, numbersOf } from "./evidence.ts";
import type { EvidenceQuantity, FindingCode } from "./findings.ts";
import type { Frame, Scope } from "./frames.ts";
import { RULES } from "./rules/all.ts";
import {
  isAtLimit,
  type Judgement,
  type Moment,
  prefillDominates,
  type Rule,
  type SequenceLimit,
} from "./rules/rule.ts";
import { median } from "./statistics.ts";
import { fitBetter, fitWhole, StepLearner } from "./step_learner.ts";
import type { StepModel } from "./step_model.ts";
import type { WorkSeries } from "./work.ts";

/** What is known of the scope besides its frames. */
export interface MomentContext {
  readonly scope: "engine" | "server" | "only_engine";
  readonly facts: TargetFacts | undefined;
  readonly events: readonly LabEvent[];
  readonly intervalSeconds: number;
  /** Label `target` of the server, for its events. */
  readonly target: string;
  /** Absent: no slow factor. */
  readonly work?: WorkSeries;
  /** Of a server with several engines: their scopes, frame by frame like its own. */
  readonly engines?: readonly Scope[];
}

/** All moments of a scope, with the step model as it stood at the end. */
export interface Judged {
  readonly moments: readonly JudgedMoment[];
  readonly model?: StepModel;
  /** Judges a window that follows them, or the end of the last one, by what they made known. */
  readonly next: (frame: Frame) => JudgedMoment;
}

/** A moment with what every rule said of it. */
export interface JudgedMoment {
  readonly moment: Moment;
  readonly judgements: ReadonlyMap<FindingCode, { readonly rule: Rule; readonly judgement: Judgement }>;
}

/** Quiet windows needed for a baseline; they overlap by two thirds, so this is less than a minute of them. */
const BASELINE_LEAST = 3;
/** The newest quiet windows that make the baseline. */
const BASELINE_MOST = 60;
/**
 * So many later windows must be quiet, too, before one is believed: trouble begins before it is recognised, and its first
 * windows must not become what is usual.
 */
const QUARANTINE = 3;
/** Windows that a rule may look back over. */
const LOOK_BACK = 12;

/**
 * Judges windows in order; each sees only what came before it, as a live look would. The step model is learnt on the way
 * from quiet windows; where there are not enough of them in the whole run, from all of it, or from its beginning where the
 * rest is slower: then the windows of that beginning are what is usual.
 */
export function judgeFrames(frames: readonly Frame[], context: MomentContext): Judged {
  const first = judgeWith(frames, context, { steps: new StepLearner(context), quiet: [] });
  if (context.work === undefined) return first;
  const { model, untilSeconds } = first.model === undefined
    ? fitWhole(context.work, context.intervalSeconds)
    : fitBetter(context.work, context.intervalSeconds, first.model);
  if (model === undefined) return first;
  const quiet = untilSeconds === undefined
    ? []
    : first.moments.filter(({ moment, judgements }) =>
      moment.frame.window.endSeconds <= untilSeconds + context.intervalSeconds && isQuiet(moment, judgements)
    ).map(({ moment }) => moment.numbers);
  return judgeWith(frames, context, { steps: new StepLearner(context, model), quiet });
}

/** What is known before the first window: nothing, of a run that is followed. */
interface Known {
  readonly steps: StepLearner;
  /** Windows of which the usual is made. */
  readonly quiet: readonly Numbers[];
}

function judgeWith(frames: readonly Frame[], context: MomentContext, { steps, quiet: known }: Known): Judged {
  const judged: JudgedMoment[] = [];
  const quiet = [...known];
  const least = known.length === 0 ? BASELINE_LEAST : Math.min(BASELINE_LEAST, known.length);
  let waiting: Moment[] = [];
  const plateau = new PlateauTracker();
  const judgeNext = (frame: Frame): JudgedMoment => {
    const { familiar, ...modelled } = steps.slowness(frame);
    const numbers = { ...numbersOf(frame), ...modelled };
    plateau.add(numbers, frame);
    const moment: Moment = {
      frame,
      numbers,
      facts: context.facts,
      limit: limitOf(context.facts, plateau),
      baseline: quiet.length < least ? undefined : medians(quiet, least),
      slowTolerance: steps.tolerance,
      work: familiar,
      disturbed: isDisturbed(frame, context),
      engines: (context.engines ?? []).map((scope) => ({
        engine: scope.engine ?? "",
        model: scope.labels?.model ?? "",
        numbers: numbersOf(scope.frames[frame.index]!),
      })),
      earlier: judged.slice(-LOOK_BACK).map((one) => one.moment),
    };
    return { moment, judgements: judge(moment, context) };
  };
  for (const frame of frames) {
    const { moment, judgements } = judgeNext(frame);
    judged.push({ moment, judgements });
    // A window that ends on a lost scrape has no numbers: it is no sign of quiet, nor of the contrary.
    if (Object.keys(frame.values).length === 0) continue;
    if (!isQuiet(moment, judgements)) {
      waiting = [];
      continue;
    }
    waiting.push(moment);
    if (waiting.length <= QUARANTINE) continue;
    const proven = waiting.shift()!;
    steps.learn(proven.frame.window);
    quiet.push(proven.numbers);
    if (quiet.length > BASELINE_MOST) quiet.shift();
  }
  return { moments: judged, next: judgeNext, ...(steps.model === undefined ? {} : { model: steps.model }) };
}

function judge(moment: Moment, context: MomentContext): JudgedMoment["judgements"] {
  const judgements = new Map<FindingCode, { rule: Rule; judgement: Judgement }>();
  const restarted = hasRestart(moment.frame, context);
  for (const rule of RULES) {
    if (context.scope !== "only_engine" && rule.scope !== context.scope) continue;
    if (restarted && rule.acrossResets !== true) continue;
    const judgement = rule.judge(moment);
    if (judgement !== undefined) judgements.set(rule.code, { rule, judgement });
  }
  return judgements;
}

/** Requests ran, none waited most of the time, nothing was found, nothing is missing. */
function isQuiet(moment: Moment, judgements: JudgedMoment["judgements"]): boolean {
  const clean = [...judgements.values()].every(({ rule }) => rule.isNote === true);
  return clean && !moment.disturbed && (moment.numbers.steps ?? 0) > 0 &&
    (moment.numbers.waiting_median ?? 0) === 0;
}

function medians(quiet: readonly Numbers[], least: number): Numbers {
  const names = new Set(quiet.flatMap((numbers) => Object.keys(numbers) as EvidenceQuantity[]));
  const result: Partial<Record<EvidenceQuantity, number>> = {};
  for (const name of names) {
    const values = quiet.map((numbers) => numbers[name]).filter((value) => value !== undefined);
    if (values.length >= least) result[name] = median(values);
  }
  return result;
}

/** A restart, or fewer points than three quarters of what the interval promises. */
function isDisturbed(frame: Frame, context: MomentContext): boolean {
  const { startSeconds, endSeconds } = frame.window;
  const wanted = (endSeconds - startSeconds) / context.intervalSeconds;
  const sparse = (frame.values.scrapes ?? 0) < 0.75 * Math.floor(wanted);
  return sparse || hasRestart(frame, context) ||
    context.events.some((event) => event.kind === "clock_jump" && within(event.timeSeconds, frame.window));
}

/** Counters began again in the window, or somewhere in a gap that reaches into it. */
function hasRestart(frame: Frame, context: MomentContext): boolean {
  if ((frame.values.resets ?? 0) > 0) return true;
  const { startSeconds, endSeconds } = frame.window;
  return context.events.some((event) =>
    event.kind === "counter_reset" && (context.target === "" || event.target === context.target) &&
    event.previousTimeSeconds <= endSeconds && event.timeSeconds > startSeconds
  );
}

function within(timeSeconds: number, window: TimeSpan): boolean {
  return timeSeconds > window.startSeconds && timeSeconds <= window.endSeconds;
}

function limitOf(facts: TargetFacts | undefined, plateau: PlateauTracker): SequenceLimit | undefined {
  if (facts?.maxNumSequences !== undefined) return { value: facts.maxNumSequences, from: "facts" };
  const learnt = plateau.level;
  return learnt === undefined ? undefined : { value: learnt, from: "plateau" };
}

/** Windows in which running stops at one number before that number is taken for the limit … */
const PLATEAU_WINDOWS = 2;
/** … or one window with so many scrapes, at half of which or more it stood there. */
const PLATEAU_SCRAPES = 20;

/**
 * The sequence limit is not in /metrics. Where requests wait with memory free and running stays at the same number in
 * several windows, that number is it. It may change: a limit learnt earlier is forgotten when more run.
 */
class PlateauTracker {
  #level = 0;
  #times = 0;
  #scrapes = 0;

  add(numbers: Numbers, frame: Frame): void {
    const running = numbers.running_max ?? 0;
    const waits = running > 0 && (numbers.waiting_median ?? 0) > 0 &&
      (numbers.kv_cache_usage_mean ?? 1) < 0.9 &&
      !prefillDominates(numbers);
    const pinned = isAtLimit(frame.values.runningMedian, running);
    if (waits && pinned && running === this.#level) this.#times++;
    else if (waits && pinned) [this.#level, this.#times] = [running, 1];
    else if (running > this.#level) [this.#level, this.#times, this.#scrapes] = [running, 0, 0];
    if (waits && pinned) this.#scrapes = Math.max(this.#scrapes, frame.values.scrapes ?? 0);
  }

  get level(): number | undefined {
    return this.#times >= PLATEAU_WINDOWS || this.#scrapes >= PLATEAU_SCRAPES ? this.#level : undefined;
  }
}

/** A rule that nothing was there for, and what it would have needed. */
export interface BlindRule {
  /** The verdict that could not be given or excluded. */
  readonly code: FindingCode;
  /** Measures that are not there, one of each set of alternatives, by their internal names. */
  readonly missing: readonly string[];
}

/** Rules of a scope that could not judge a single window. */
export function blindRules(
  frames: readonly Frame[],
  scope: "engine" | "server",
  engineCount: number,
): BlindRule[] {
  const present = (name: string) =>
    frames.some((frame) =>
      name === "client"
        ? frame.client !== undefined
        : name === "gpu"
        ? frame.gpu !== undefined
        : name === "engines"
        ? engineCount > 1
        : Object.hasOwn(frame.values, name)
    );
  return RULES.filter((rule) => rule.scope === scope).flatMap((rule) => {
    const missing = rule.needs.filter((names) => !names.some(present)).map((names) => names[0]!);
    // One engine cannot be out of balance, and without drafts there is no speculation: that is no blindness.
    const idle = rule.code === "engines_unbalanced" || rule.isNote === true;
    return missing.length === 0 || idle ? [] : [{ code: rule.code, missing }];
  });
}
