/**
 * Learns how long steps take: on the way from quiet windows, or from a whole run that is too short for that.
 *
 * @module
 */
import type { TimeSpan } from "../series/types.ts";
import type { Numbers } from "./evidence.ts";
import type { Frame } from "./frames.ts";
import type { Moment } from "./rules/rule.ts";
import { quantile } from "./statistics.ts";
import {
  familiarity,
  fitStepModel,
  slowFactor,
  type StepModel,
  type StepWork,
  timeShares,
} from "./step_model.ts";
import { busyStretches, workBetween, type WorkSeries, type WorkStretch } from "./work.ts";

/** Where the work is told. */
export interface StepContext {
  readonly intervalSeconds: number;
  /** Absent: nothing is learnt. */
  readonly work?: WorkSeries;
}

/** What a whole run says of the time that its work takes; `untilSeconds` where that is of its beginning alone. */
export interface WholeFit {
  readonly model?: StepModel;
  readonly untilSeconds?: number;
}

/** Shorter stretches where the run is too short for long ones; its beginning alone where the rest of it is slower. */
export function fitWhole(work: WorkSeries, intervalSeconds: number): WholeFit {
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
export function fitBetter(work: WorkSeries, intervalSeconds: number, learnt: StepModel): WholeFit {
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
export class StepLearner {
  #model: StepModel | undefined;
  readonly #work: WorkSeries | undefined;
  readonly #stretchSeconds: number;
  #stretches: StepWork[] = [];
  #learntUntilSeconds = -Infinity;
  #fittedCount = 0;
  #learntSinceFit = 0;

  /** @param model known already: then nothing is learnt */
  constructor(context: StepContext, model?: StepModel) {
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
