/**
 * Do two signals move together? Coefficients over a common time axis, with what they are worth.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { alignSignals, type Signal } from "./signal.ts";
import {
  adjustForManyLooks,
  averageRanks,
  effectiveCount,
  memoryOf,
  normalQuantile,
  pearson,
  twoSidedNormalP,
} from "./statistics.ts";

/** How {@link correlate} looks. */
export interface CorrelationOptions {
  /** Width of a cell of the common grid; default twice the longest median interval of the signals. */
  readonly stepSeconds?: number;
  /**
   * "none" compares levels, "difference" the changes from cell to cell, which takes drift away. Default "none": the
   * effective number of points already pays for slow movement.
   */
  readonly detrend?: "none" | "difference";
  /** Also look for the shift within ± this many seconds at which the two match best; default 0, no shift. */
  readonly maxLagSeconds?: number;
  /** Fewer common cells than this give "not enough points"; default 10. */
  readonly minimumPoints?: number;
  /** Probability that an interval holds the true coefficient; default 0.95. */
  readonly confidence?: number;
}

/** A coefficient with its interval. */
export interface Coefficient {
  /** From -1 to 1. */
  readonly value: number;
  /** -1 with three effective points or fewer: then nothing is known. */
  readonly lower: number;
  /** 1 with three effective points or fewer. */
  readonly upper: number;
}

/** Where two signals match best when the second is shifted. */
export interface LagMatch {
  /** Positive: the second follows the first by so much. */
  readonly lagSeconds: number;
  /** At that shift, from -1 to 1. */
  readonly spearman: number;
  /** Probability of so good a match by chance, paid for the number of shifts tried. */
  readonly pValue: number;
}

/** What is known of one pair. */
export interface CorrelationResult {
  /** How well a straight line fits; a single outlier can make it. */
  readonly pearson: Coefficient;
  /** How well the order agrees: by ranks, whatever the curve. */
  readonly spearman: Coefficient;
  /** Common cells. */
  readonly count: number;
  /** What they are worth when cells resemble those before (`effectiveCount()` of their ranks), at most n. */
  readonly effectiveCount: number;
  /** Two-sided, of Spearman's coefficient, from the effective count. */
  readonly pValue: number;
  /** The same after having looked at all pairs of the call (Benjamini–Hochberg). */
  readonly adjustedPValue: number;
  /** Absent where no shift was looked for, or none left enough common cells. */
  readonly lag?: LagMatch;
}

/** One pair, by position in {@link CorrelationMatrix.signals}. `absent` says why there is no number. */
export type CorrelationPair =
  & { readonly first: number; readonly second: number }
  & ({ readonly result: CorrelationResult } | { readonly absent: Cause });

/** All pairs of the given signals. */
export interface CorrelationMatrix {
  /** What was correlated, in the order of the call. */
  readonly signals: readonly Pick<Signal, "name" | "labels" | "perSecond" | "unit">[];
  /** Width of a cell; 0 where there was nothing to put into one. */
  readonly stepSeconds: number;
  /** Whether levels or their changes were compared. */
  readonly detrend: "none" | "difference";
  /** Of every interval. */
  readonly confidence: number;
  /** first < second, row by row. */
  readonly pairs: readonly CorrelationPair[];
}

/**
 * Correlates every pair of signals over a common grid (means per cell, nothing filled in).
 *
 * Intervals: Fisher's z, for Spearman with the variance (1 + r²/2)/(n - 3) of Bonett and Wright 2000, n being the
 * effective count of Bartlett 1935 (autocorrelations of both).
 *
 * A pair without enough common cells, or with a signal that does not vary in them, has a cause in place of numbers.
 */
export function correlate(signals: readonly Signal[], options: CorrelationOptions = {}): CorrelationMatrix {
  const { detrend = "none", confidence = 0.95, minimumPoints = 10 } = options;
  const aligned = alignSignals(signals, options.stepSeconds === undefined ? {} : options);
  const columns = (detrend === "none" ? aligned.columns : aligned.columns.map(differences)).map(toColumn);
  const maximumLag = aligned.stepSeconds > 0
    ? Math.floor((options.maxLagSeconds ?? 0) / aligned.stepSeconds)
    : 0;
  const pairs: CorrelationPair[] = [];
  for (let first = 0; first < signals.length; first++) {
    for (let second = first + 1; second < signals.length; second++) {
      const outcome = correlatePair(columns[first]!, columns[second]!, { minimumPoints, confidence });
      const lag = "absent" in outcome || maximumLag === 0
        ? undefined
        : bestLag(columns[first]!.cells, columns[second]!.cells, { maximumLag, minimumPoints });
      const shifted = lag === undefined
        ? {}
        : { lag: { ...lag, lagSeconds: lag.cells * aligned.stepSeconds } };
      pairs.push(
        "absent" in outcome
          ? { first, second, ...outcome }
          : { first, second, result: { ...outcome, adjustedPValue: outcome.pValue, ...shifted } },
      );
    }
  }
  return {
    signals: signals.map(({ name, labels, perSecond, unit }) => ({
      name,
      labels,
      perSecond,
      ...(unit === undefined ? {} : { unit }),
    })),
    stepSeconds: aligned.stepSeconds,
    detrend,
    confidence,
    pairs: withAdjustedP(pairs),
  };
}

function withAdjustedP(pairs: readonly CorrelationPair[]): CorrelationPair[] {
  const adjusted = adjustForManyLooks(pairs.map((pair) => "result" in pair ? pair.result.pValue : NaN));
  return pairs.map((pair, i) =>
    "result" in pair ? { ...pair, result: { ...pair.result, adjustedPValue: adjusted[i]! } } : pair
  );
}

function differences(column: Float64Array): Float64Array {
  return column.map((value, i) => i === 0 ? NaN : value - column[i - 1]!);
}

/** The cells in which both have a value, the second read `shift` cells later. */
function commonCells(x: Float64Array, y: Float64Array, shift = 0): { x: Float64Array; y: Float64Array } {
  const keep: number[] = [];
  for (let i = 0; i < x.length; i++) {
    const other = y[i + shift];
    if (other !== undefined && !Number.isNaN(x[i]!) && !Number.isNaN(other)) keep.push(i);
  }
  return { x: Float64Array.from(keep, (i) => x[i]!), y: Float64Array.from(keep, (i) => y[i + shift]!) };
}

/** A signal's cells. Where none is empty, its ranks are the same in every pair and are made once. */
interface Column {
  readonly cells: Float64Array;
  readonly whole?: Prepared;
}

/** What a coefficient needs of one side. */
interface Prepared {
  readonly values: Float64Array;
  readonly ranks: Float64Array;
  readonly valuesMemory: Float64Array;
  readonly ranksMemory: Float64Array;
}

function toColumn(cells: Float64Array): Column {
  return cells.some(Number.isNaN) ? { cells } : { cells, whole: prepare(cells) };
}

function prepare(values: Float64Array): Prepared {
  const ranks = averageRanks(values);
  return { values, ranks, valuesMemory: memoryOf(values), ranksMemory: memoryOf(ranks) };
}

function correlatePair(
  first: Column,
  second: Column,
  options: { minimumPoints: number; confidence: number },
): { absent: Cause } | Omit<CorrelationResult, "adjustedPValue"> {
  const [x, y] = prepareBoth(first, second);
  const count = x.values.length;
  if (count < options.minimumPoints) {
    return { absent: { code: "not_enough_points", params: { count, wanted: options.minimumPoints } } };
  }
  const coefficients = { pearson: pearson(x.values, y.values), spearman: pearson(x.ranks, y.ranks) };
  if (Number.isNaN(coefficients.pearson) || Number.isNaN(coefficients.spearman)) {
    return { absent: { code: "constant_series", params: { count } } };
  }
  const valueCount = effectiveCount(count, x.valuesMemory, y.valuesMemory);
  const rankCount = effectiveCount(count, x.ranksMemory, y.ranksMemory);
  const z = normalQuantile(0.5 + options.confidence / 2);
  const spread = (1 + coefficients.spearman ** 2 / 2) ** 0.5;
  return {
    pearson: fisherInterval(coefficients.pearson, z / Math.sqrt(Math.max(valueCount - 3, 0))),
    spearman: fisherInterval(coefficients.spearman, z * spread / Math.sqrt(Math.max(rankCount - 3, 0))),
    count,
    effectiveCount: rankCount,
    pValue: chanceOf(coefficients.spearman, rankCount),
  };
}

function prepareBoth(first: Column, second: Column): [Prepared, Prepared] {
  if (first.whole !== undefined && second.whole !== undefined) return [first.whole, second.whole];
  const { x, y } = commonCells(first.cells, second.cells);
  return [prepare(x), prepare(y)];
}

/** `halfWidth` infinite (three effective points or fewer) gives the whole range: nothing is known. */
function fisherInterval(value: number, halfWidth: number): Coefficient {
  if (!Number.isFinite(halfWidth)) return { value, lower: -1, upper: 1 };
  const centre = Math.atanh(value);
  if (!Number.isFinite(centre)) return { value, lower: value, upper: value };
  return { value, lower: Math.tanh(centre - halfWidth), upper: Math.tanh(centre + halfWidth) };
}

/** Under independence z = atanh(r) √((n - 3) / 1.06) is standard normal (Fieller, Hartley and Pearson 1957). */
function chanceOf(spearman: number, effectiveCount: number): number {
  if (effectiveCount <= 3) return 1;
  return twoSidedNormalP(Math.atanh(spearman) * Math.sqrt((effectiveCount - 3) / 1.06));
}

function bestLag(
  first: Float64Array,
  second: Float64Array,
  options: { maximumLag: number; minimumPoints: number },
): (Omit<LagMatch, "lagSeconds"> & { cells: number }) | undefined {
  let best: { cells: number; spearman: number; pValue: number } | undefined;
  let tried = 0;
  for (let cells = -options.maximumLag; cells <= options.maximumLag; cells++) {
    const { x, y } = commonCells(first, second, cells);
    if (x.length < options.minimumPoints) continue;
    const ranks = [averageRanks(x), averageRanks(y)] as const;
    const spearman = pearson(...ranks);
    if (Number.isNaN(spearman)) continue;
    tried++;
    const worth = effectiveCount(x.length, memoryOf(ranks[0]), memoryOf(ranks[1]));
    const pValue = chanceOf(spearman, worth);
    const better = best === undefined || pValue < best.pValue ||
      (pValue === best.pValue && Math.abs(cells) < Math.abs(best.cells));
    if (better) best = { cells, spearman, pValue };
  }
  // Šidák: the best of k looks is by chance as good with probability 1 - (1 - p)^k.
  return best === undefined
    ? undefined
    : { ...best, pValue: best.pValue >= 1 ? 1 : -Math.expm1(tried * Math.log1p(-best.pValue)) };
}
