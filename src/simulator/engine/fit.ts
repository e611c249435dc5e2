/**
 * How fast a server is, from its counters alone: step-time coefficients, and how much slower than them it was when.
 *
 * @module
 */
import type { Slowdown } from "./replay.ts";
import type { LinearStep } from "./step_time.ts";

/** What a server's counters say of the time between two scrapes. */
export interface CounterInterval {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Engine steps that gave tokens (observations of tokens per iteration). */
  readonly steps: number;
  readonly outputTokens: number;
  /** Tokens after a request's first, and the sum of the gaps before them. */
  readonly laterTokens: number;
  readonly gapSeconds: number;
  /** Prompt tokens that were computed and not found in the cache. */
  readonly computedPromptTokens: number;
  /** Sum of the contexts of all requests that run, the mean of both ends; only a step time with a context term needs it. */
  readonly contextTokens?: number;
  /** True when requests ran at both ends. */
  readonly busy: boolean;
  /** True when a queue or a full batch at both ends says that the engine did not rest between them. */
  readonly saturated: boolean;
}

/** Coefficients with how well they explain the intervals they are from. */
export interface StepFit {
  /** Seconds a step, a sequence, a token. */
  readonly stepTime: LinearStep;
  /** Between scrapes, that the coefficients are from. */
  readonly intervals: number;
  /** Median over the intervals of |predicted / measured - 1|. */
  readonly medianError: number;
}

/** Context of a prompt's token while it is computed, on average: half a prompt of usual length. */
const PREFILL_CONTEXT_TOKENS = 150;

/** The slowdown may not fall below this: counters that were read late can make an interval look too fast. */
const LEAST_SLOWDOWN = 0.3;
/** Less work than this says nothing of an interval's speed. */
const LEAST_WORK_SECONDS = 0.02;
/** Fewer gaps than this say nothing of an interval's speed. */
const ENOUGH_GAPS = 4;
/** Prompt tokens per step below which they hardly matter. */
const FEW_PROMPT_TOKENS = 1;
/** Fewer intervals than this do not tell three coefficients apart. */
const LEAST_INTERVALS = 8;

/** Seconds that a healthy machine needs for an interval's work. */
export function predictedSeconds(stepTime: LinearStep, interval: CounterInterval): number {
  return stepTime.constantSeconds * interval.steps +
    stepTime.perSequenceSeconds * interval.outputTokens +
    stepTime.perPrefillTokenSeconds * interval.computedPromptTokens +
    stepTime.perContextTokenSeconds * (interval.contextTokens ?? 0) * interval.steps +
    stepTime.perPrefillAttentionSeconds * interval.computedPromptTokens * PREFILL_CONTEXT_TOKENS;
}

/**
 * How much slower than the model the machine was, interval by interval: where the engine was busy throughout, the time that
 * passed by the predicted time of the work that was done; elsewhere at most the mean gap between tokens by the mean
 * predicted step, which holds while the engine rests, too.
 *
 * The step times should have no context term unless `contextTokens` is the sum of all requests' contexts: the usage of
 * the cache counts shared prefixes once, and a slowdown from it comes out too large.
 */
export function slowdownOf(stepTime: LinearStep, intervals: readonly CounterInterval[]): Slowdown {
  const untilSeconds: number[] = [];
  const factors: number[] = [];
  for (const interval of intervals) {
    const before = factors.at(-1) ?? 1;
    const work = predictedSeconds(stepTime, interval);
    const byWork = (interval.endSeconds - interval.startSeconds) / work;
    const byGaps = interval.laterTokens >= ENOUGH_GAPS
      ? interval.gapSeconds / interval.laterTokens / (work / interval.steps)
      : before;
    const factor = work < LEAST_WORK_SECONDS ? before : interval.busy ? byWork : Math.min(byWork, byGaps);
    untilSeconds.push(interval.endSeconds);
    factors.push(Math.max(LEAST_SLOWDOWN, factor));
  }
  return { untilSeconds, factors };
}

/**
 * Fits the linear form to counters. Each interval gives up to two equations: its mean gap between tokens is the time of a
 * mean step, whether or not the engine rests; and where it did not rest, the time that passed is the time of all its
 * steps. Least squares of relative errors, coefficients at least 0, slow equations weighing less (iteratively
 * reweighted), so that a machine that is disturbed now and then is seen as it is in between. The context has no term of
 * its own: counters do not tell it (see {@link slowdownOf}), and what it costs goes into the others.
 *
 * @throws RangeError when too few intervals were busy to tell the coefficients apart
 */
export function fitStepTime(intervals: readonly CounterInterval[]): StepFit {
  const used = intervals.filter(({ laterTokens, steps }) => laterTokens >= ENOUGH_GAPS && steps > 0);
  if (used.length < LEAST_INTERVALS) {
    throw new RangeError(
      `Cannot fit step times: ${used.length} busy intervals, wanted at least ${LEAST_INTERVALS}`,
    );
  }
  const rows = used.flatMap((interval) => {
    const { steps, laterTokens, gapSeconds } = interval;
    const terms = [1, interval.outputTokens / steps, interval.computedPromptTokens / steps];
    const meanGap = gapSeconds / laterTokens;
    const byGaps = terms.map((term) => term / meanGap);
    // A prompt that is computed while nobody decodes makes no gap longer: such an interval would make prompts look cheap.
    if (!interval.saturated) return interval.computedPromptTokens < steps * FEW_PROMPT_TOKENS ? [byGaps] : [];
    const perStep = (interval.endSeconds - interval.startSeconds) / steps;
    return [byGaps, terms.map((term) => term / perStep)];
  });
  let weights = rows.map(() => 1);
  let coefficients: number[] = [];
  for (let round = 0; round < 30; round++) {
    coefficients = nonNegativeLeastSquares(rows, weights);
    weights = rows.map((row) => {
      const off = 1 - dot(row, coefficients);
      // Slower than predicted is a disturbance; faster can only be a coefficient that is too large.
      return off > 0 ? 1 / (1 + (off / 0.1) ** 2) : 1;
    });
  }
  const errors = rows.map((row) => Math.abs(dot(row, coefficients) - 1)).sort((a, b) => a - b);
  const [constant = 0, sequence = 0, prefill = 0] = coefficients;
  return {
    stepTime: {
      kind: "linear",
      constantSeconds: constant,
      perSequenceSeconds: sequence,
      perPrefillTokenSeconds: prefill,
      perContextTokenSeconds: 0,
      perPrefillAttentionSeconds: 0,
    },
    intervals: used.length,
    medianError: errors[Math.floor(errors.length / 2)]!,
  };
}

/**
 * Weighted least squares of `row · x = 1` with x at least 0: coordinate descent on the normal equations, which is exact
 * for the few coefficients here.
 */
function nonNegativeLeastSquares(rows: readonly (readonly number[])[], weights: readonly number[]): number[] {
  const columns = rows[0]!.map((_, column) => column);
  const weighted = (a: number, b: number) =>
    rows.reduce((sum, row, index) => sum + weights[index]! * row[a]! * row[b]!, 0);
  const gram = columns.map((a) => columns.map((b) => weighted(a, b)));
  const right = columns.map((a) => rows.reduce((sum, row, index) => sum + weights[index]! * row[a]!, 0));
  const solution = columns.map(() => 0);
  for (let sweep = 0; sweep < 5000; sweep++) {
    for (const column of columns) {
      const own = gram[column]![column]!;
      const others = dot(gram[column]!, solution) - own * solution[column]!;
      solution[column] = own > 0 ? Math.max(0, (right[column]! - others) / own) : 0;
    }
  }
  return solution;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
