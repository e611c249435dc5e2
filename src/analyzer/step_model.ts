/**
 * How long a step ought to take, learnt from the server's own counters.
 *
 * @module
 */
import { quantileOfSorted, sortedFinite } from "./statistics.ts";

/** What an engine did in a stretch of time during which it was never idle. */
export interface StepWork {
  readonly elapsedSeconds: number;
  readonly steps: number;
  /** Tokens decoded after the first of each request: the number of decoding requests, summed over steps. */
  readonly decodeTokens: number;
  readonly computedPromptTokens: number;
}

/** `elapsed = perStep * steps + perDecode * decodeTokens + perPrompt * computedPromptTokens`, none negative. */
export interface StepModel {
  /** Of every step, however little it holds. */
  readonly perStepSeconds: number;
  /** More for each request that decodes in the step. */
  readonly perDecodeSeconds: number;
  /** More for each prompt token computed in the step. */
  readonly perPromptSeconds: number;
  /** Robust relative error on the stretches it was fitted to: 1.4826 times the median of |elapsed / expected - 1|. */
  readonly residual: number;
  /** Stretches that it was fitted on: 30 or more, half as many where only a run's beginning could be used. */
  readonly count: number;
  /** Smallest batch among the stretches. */
  readonly smallestDecodePerStep: number;
  /** Largest batch and largest prompt work per step among the stretches: beyond them the straight line is a guess. */
  readonly largestDecodePerStep: number;
  /** Tokens a step, where prompts are computed. */
  readonly largestPromptPerStep: number;
}

/** Fewer busy stretches say nothing about three coefficients. */
export const LEAST_STRETCHES = 30;

/** Share of the stretches that is taken for ordinary; the slowest others do not bend the fit. */
const ORDINARY_SHARE = 0.7;

/**
 * Fits by non-negative least squares on relative errors, again and again on the stretches that fit best (least trimmed
 * squares, Rousseeuw 1984), so that a slow spell is judged by the fast times and not the other way round.
 *
 * @param least stretches that it takes
 * @returns undefined for fewer stretches or when they tell nothing (no work)
 */
export function fitStepModel(
  stretches: readonly StepWork[],
  least: number = LEAST_STRETCHES,
): StepModel | undefined {
  const usable = stretches.filter((work) => work.elapsedSeconds > 0 && work.steps > 0);
  if (usable.length < least) return undefined;
  let chosen: readonly StepWork[] = usable;
  let coefficients = leastSquares(chosen);
  for (let round = 0; round < 8 && coefficients !== undefined; round++) {
    const current = coefficients;
    chosen = bestFitting(usable, current);
    coefficients = leastSquares(chosen);
  }
  if (coefficients === undefined) return undefined;
  const final = coefficients;
  const errors = sortedFinite(chosen.map((work) => Math.abs(work.elapsedSeconds / predict(final, work) - 1)));
  const [perStepSeconds, perDecodeSeconds, perPromptSeconds] = final;
  return {
    perStepSeconds,
    perDecodeSeconds,
    perPromptSeconds,
    // Trimmed to the better part: widen to what the whole would show, were it Gaussian.
    residual: quantileOfSorted(errors, 0.5) * 1.4826 / ORDINARY_SHARE,
    count: usable.length,
    smallestDecodePerStep: usable.reduce(
      (least, work) => Math.min(least, work.decodeTokens / work.steps),
      Infinity,
    ),
    largestDecodePerStep: usable.reduce((most, work) => Math.max(most, work.decodeTokens / work.steps), 0),
    largestPromptPerStep: usable.reduce(
      (most, work) => Math.max(most, work.computedPromptTokens / work.steps),
      0,
    ),
  };
}

/** The ordinary share of the stretches, by their error on a logarithmic scale; those at the bound in their order. */
function bestFitting(usable: readonly StepWork[], coefficients: Coefficients): StepWork[] {
  const errors = Float64Array.from(
    usable,
    (work) => Math.abs(Math.log(work.elapsedSeconds / predict(coefficients, work))),
  );
  const wanted = Math.ceil(ORDINARY_SHARE * usable.length);
  const bound = errors.toSorted()[wanted - 1]!;
  let ties = wanted - errors.reduce((count, error) => count + (error < bound ? 1 : 0), 0);
  return usable.filter((_, i) => errors[i]! < bound || errors[i] === bound && ties-- > 0);
}

/** Elapsed time over what the model expects for the work; undefined without work. */
export function slowFactor(model: StepModel, work: StepWork): number | undefined {
  const expected = predict(
    [model.perStepSeconds, model.perDecodeSeconds, model.perPromptSeconds],
    work,
  );
  return expected > 0 ? work.elapsedSeconds / expected : undefined;
}

/** What of the expected time goes into prompts, and what is the same for any step; shares of it, 0 to 1. */
export function timeShares(
  model: StepModel,
  work: StepWork,
): { readonly prefill: number; readonly fixed: number } {
  const expected = predict([model.perStepSeconds, model.perDecodeSeconds, model.perPromptSeconds], work);
  return {
    prefill: expected > 0 ? model.perPromptSeconds * work.computedPromptTokens / expected : 0,
    fixed: expected > 0 ? model.perStepSeconds * work.steps / expected : 0,
  };
}

/** Work may exceed what the model has seen by this much and still be judged by it. */
const FAMILIAR = 1.2;

/**
 * How the work compares with what the model was fitted to. Beyond some batch steps turn compute-bound, off the line; below
 * the smallest one the line's beginning is a guess.
 */
export function familiarity(model: StepModel, work: StepWork): "known" | "smaller" | "larger" {
  const { steps, decodeTokens, computedPromptTokens } = work;
  if (
    decodeTokens > FAMILIAR * model.largestDecodePerStep * steps ||
    computedPromptTokens > FAMILIAR * model.largestPromptPerStep * steps
  ) return "larger";
  return decodeTokens < smallestFamiliar(model) * steps ? "smaller" : "known";
}

/** A line through batches that hardly differ says little of a smaller one: only a quarter of their range is trusted below them. */
function smallestFamiliar({ smallestDecodePerStep, largestDecodePerStep }: StepModel): number {
  const range = largestDecodePerStep - smallestDecodePerStep;
  return Math.min(smallestDecodePerStep - 0.25 * range, smallestDecodePerStep * 0.95);
}

type Coefficients = readonly [number, number, number];

function predict([perStep, perDecode, perPrompt]: Coefficients, work: StepWork): number {
  return perStep * work.steps + perDecode * work.decodeTokens + perPrompt * work.computedPromptTokens;
}

/**
 * A step that computes a prompt token more takes longer by less than this share of a step with one request: a decoding request
 * takes all weights' reading, a prompt token its arithmetic (1/18 on the CPU server that was measured, 1/100 on GPUs).
 */
const PROMPT_TOKEN_MOST = 0.25;

/**
 * Where requests come on a schedule, as many prompt tokens come in every second, and "so many prompt tokens take one second"
 * fits perfectly: arrivals would explain the time that they arrive in.
 */
function isPlausible([perStep, perDecode, perPrompt]: Coefficients): boolean {
  return perPrompt <= PROMPT_TOKEN_MOST * (perStep + perDecode);
}

/** Exact for three unknowns: the best plausible of the seven sets of coefficients that are not held at zero. */
function leastSquares(stretches: readonly StepWork[]): Coefficients | undefined {
  const sums = sumsOf(stretches);
  let best: { coefficients: Coefficients; error: number } | undefined;
  for (let set = 1; set < 8; set++) {
    const free = [0, 1, 2].filter((column) => (set >> column) % 2 === 1);
    const solved = solveNormal(sums, free);
    if (solved === undefined || solved.some((value) => value < 0)) continue;
    const coefficients: [number, number, number] = [0, 0, 0];
    free.forEach((column, i) => coefficients[column] = solved[i]!);
    if (!isPlausible(coefficients)) continue;
    const error = squaredError(sums, coefficients);
    if (best === undefined || error < best.error) best = { coefficients, error };
  }
  return best?.coefficients;
}

/** All that the fit needs of the rows A (work by elapsed time): AᵀA, row by row, and Aᵀ1. */
interface NormalSums {
  readonly products: Float64Array;
  readonly totals: Float64Array;
  readonly count: number;
}

function sumsOf(stretches: readonly StepWork[]): NormalSums {
  const products = new Float64Array(9);
  const totals = new Float64Array(3);
  const row = new Float64Array(3);
  for (const { elapsedSeconds, steps, decodeTokens, computedPromptTokens } of stretches) {
    row[0] = steps / elapsedSeconds;
    row[1] = decodeTokens / elapsedSeconds;
    row[2] = computedPromptTokens / elapsedSeconds;
    for (let a = 0; a < 3; a++) {
      totals[a]! += row[a]!;
      for (let b = 0; b < 3; b++) products[3 * a + b]! += row[a]! * row[b]!;
    }
  }
  return { products, totals, count: stretches.length };
}

/** |1 - A x|², from the sums. */
function squaredError({ products, totals, count }: NormalSums, x: Coefficients): number {
  let error = count;
  for (let a = 0; a < 3; a++) {
    error -= 2 * totals[a]! * x[a]!;
    for (let b = 0; b < 3; b++) error += products[3 * a + b]! * x[a]! * x[b]!;
  }
  return error;
}

/** Solves (AᵀA) x = Aᵀ1 over the chosen columns by Gaussian elimination with pivoting. */
function solveNormal({ products, totals }: NormalSums, columns: readonly number[]): number[] | undefined {
  const matrix = columns.map((a) => [...columns.map((b) => products[3 * a + b]!), totals[a]!]);
  const size = columns.length;
  for (let pivot = 0; pivot < size; pivot++) {
    const largest = Array.from({ length: size - pivot }, (_, i) => pivot + i)
      .reduce((a, b) => Math.abs(matrix[b]![pivot]!) > Math.abs(matrix[a]![pivot]!) ? b : a);
    [matrix[pivot], matrix[largest]] = [matrix[largest]!, matrix[pivot]!];
    const scale = matrix[pivot]![pivot]!;
    if (!(Math.abs(scale) > 1e-12)) return undefined;
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factor = matrix[row]![pivot]! / scale;
      for (let column = pivot; column <= size; column++) {
        matrix[row]![column]! -= factor * matrix[pivot]![column]!;
      }
    }
  }
  return matrix.map((row, i) => row[size]! / row[i]!);
}
