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
import { median, quantile } from "./statistics.ts";
import {
  familiarity,
  fitStepModel,
  slowFactor,
  type StepModel,
  type StepWork,
  timeShares,
} from "./step_model.ts";
import { busyStretches, workBetween, type WorkSeries, type WorkStretch } from "./work.ts";

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

/** What a whole run says of the time that its work takes; `untilSeconds` where that is of its beginning alone. */
interface WholeFit {
  readonly model?: StepModel;
  readonly untilSeconds?: number;
}

/** Shorter stretches where the run is too short for long ones; its beginning alone where the rest of it is slower. */
function fitWhole(work: WorkSeries, intervalSeconds: number): WholeFit {
  const long = busyStretches(work, stretchSeconds(intervalSeconds));
  const short = shortStretches(work, intervalSeconds);
  const beginning = fitBeginning(short);
  if (beginning !== undefined) return beginning;
  const model = fitStepModel(long) ?? fitStepModel(short);
  return model === undefined ? {} : { model };
}

/** Runs of more stretches had time to learn what is usual before anything happened, or were slow from the start. */
const SHORT_RUN_STRETCHES = 300;
/** What explains its time so much better was not mixed of two speeds. */
const CLEARLY_BETTER = 0.5;

/** What was learnt may be a mean of before and after, where trouble came before anything was usual. */
function fitBetter(work: WorkSeries, intervalSeconds: number, learnt: StepModel): WholeFit {
  const short = shortStretches(work, intervalSeconds);
  const beginning = short.length > SHORT_RUN_STRETCHES ? undefined : fitBeginning(short);
  const isBetter = beginning !== undefined && beginning.model.residual <= CLEARLY_BETTER * learnt.residual;
  return isBetter ? beginning : {};
}

function shortStretches(work: WorkSeries, intervalSeconds: number): WorkStretch[] {
  return busyStretches(work, Math.min(2 * intervalSeconds, stretchSeconds(intervalSeconds)));
}

/** Shares of a run that its slower rest may follow. */
const BEGINNINGS = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7];
/** The rest counts as slower where a quarter of it takes this factor or more … */
const SLOWER_QUANTILE = 0.75;
const SLOWER_REST = 1.2;
/** … where the beginning is explained this well … */
const BEGINNING_RESIDUAL = 0.1;
/** … by so many stretches. */
const LEAST_BEGINNING = 15;
/** Of the largest factor of any beginning. */
const NEARLY_MOST = 0.97;

/**
 * Of a run that turned slower for long: the model of the time before, so that it is not judged by a mean of both. Undefined
 * where no beginning is so much faster for its work than what follows.
 */
function fitBeginning(stretches: readonly WorkStretch[]): Required<WholeFit> | undefined {
  let best: Required<WholeFit> & { readonly factor: number } | undefined;
  for (const share of BEGINNINGS) {
    const cut = Math.round(share * stretches.length);
    const model = fitStepModel(stretches.slice(0, cut), LEAST_BEGINNING);
    if (model === undefined || model.residual > BEGINNING_RESIDUAL) continue;
    const factors = stretches.slice(cut).map((work) => slowFactor(model, work))
      .filter((factor) => factor !== undefined);
    if (factors.length === 0) continue;
    const factor = quantile(factors, SLOWER_QUANTILE);
    const untilSeconds = stretches[cut - 1]!.endSeconds;
    // The longest of those that tell as much.
    if (factor >= SLOWER_REST && factor >= NEARLY_MOST * (best?.factor ?? 0)) {
      best = { model, untilSeconds, factor: Math.max(factor, best?.factor ?? 0) };
    }
  }
  return best;
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
  for (const frame of frames) {
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
        numbers: numbersOf(scope.frames[frame.index]!),
      })),
      earlier: judged.slice(-LOOK_BACK).map((one) => one.moment),
    };
    const judgements = judge(moment, context);
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
  return { moments: judged, ...(steps.model === undefined ? {} : { model: steps.model }) };
}

/** Stretches that the step model is fitted to: a few scrapes long, so that bookings at a prompt's end even out. */
function stretchSeconds(intervalSeconds: number): number {
  return Math.max(3, intervalSeconds);
}

/** Less than this is in no hurry to be told, however exact the model. */
const LEAST_SLOWNESS = 0.1;

/** Stretches beyond these are forgotten. */
const STRETCHES_MOST = 600;
/** Of one kind of work; beyond these the oldest of the kind are forgotten. */
const STRETCHES_OF_KIND = 60;

/** Learns the step model from windows as they turn out to be quiet. */
class StepLearner {
  #model: StepModel | undefined;
  readonly #work: WorkSeries | undefined;
  readonly #stretchSeconds: number;
  #stretches: StepWork[] = [];
  #learntUntilSeconds = -Infinity;
  #fittedCount = 0;
  #learntSinceFit = 0;

  /** @param model known already: then nothing is learnt */
  constructor(context: MomentContext, model?: StepModel) {
    this.#work = context.work;
    this.#stretchSeconds = stretchSeconds(context.intervalSeconds);
    this.#model = model;
    if (model !== undefined) this.#learntUntilSeconds = Infinity;
  }

  get model(): StepModel | undefined {
    return this.#model;
  }

  /** Slow factors up to this are the model's own error. */
  get tolerance(): number {
    return 1 + Math.max(LEAST_SLOWNESS, 3 * (this.#model?.residual ?? 0));
  }

  /** The slow factor of a window, and whether the model has seen such work. */
  slowness(frame: Frame): Pick<Numbers, "slow_factor" | "prefill_share" | "fixed_share"> & {
    familiar: Moment["work"];
  } {
    const work = this.#work === undefined ? undefined : workBetween(this.#work, frame.window);
    if (this.#model === undefined || work === undefined) return { familiar: "unknown" };
    const factor = slowFactor(this.#model, work);
    if (factor === undefined) return { familiar: "unknown" };
    const { prefill, fixed } = timeShares(this.#model, work);
    const familiar = familiarity(this.#model, work);
    return { slow_factor: factor, prefill_share: prefill, fixed_share: fixed, familiar };
  }

  learn(window: TimeSpan): void {
    if (this.#work === undefined || this.#learntUntilSeconds === Infinity) return;
    const startSeconds = Math.max(window.startSeconds, this.#learntUntilSeconds);
    this.#learntUntilSeconds = window.endSeconds;
    const learnt = busyStretches(this.#work, this.#stretchSeconds, { ...window, startSeconds });
    this.#stretches.push(...learnt);
    this.#learntSinceFit += learnt.length;
    if (this.#learntSinceFit >= STRETCHES_OF_KIND || this.#model === undefined) {
      this.#stretches = newestOfEachKind(this.#stretches);
    }
    // Refitting at every window would cost more than it tells: wait for a tenth that is new.
    if (this.#learntSinceFit < 0.1 * this.#fittedCount) return;
    const model = fitStepModel(this.#stretches);
    if (model === undefined) return;
    this.#model = model;
    this.#fittedCount = this.#stretches.length;
    this.#learntSinceFit = 0;
  }
}

/**
 * The newest of each kind of work, oldest first. The newest of all would be hours of the same batch, and a line through one batch says
 * nothing of another.
 */
function newestOfEachKind(stretches: readonly StepWork[]): StepWork[] {
  const counts = new Map<string, number>();
  return stretches.toReversed().filter((work) => {
    const kind = kindOf(work);
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count <= STRETCHES_OF_KIND;
  }).slice(0, STRETCHES_MOST).reverse();
}

/** Batches that differ by less than a seventh are of one kind, and so are amounts of prompt within a factor of two. */
function kindOf({ steps, decodeTokens, computedPromptTokens }: StepWork): string {
  const batch = Math.round(Math.log(Math.max(decodeTokens / steps, 0.1)) / Math.log(1.15));
  const prompt = Math.round(Math.log2(1 + computedPromptTokens / steps));
  return `${batch} ${prompt}`;
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
    const waits = (numbers.waiting_median ?? 0) > 0 && (numbers.kv_cache_usage_mean ?? 1) < 0.9 &&
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
