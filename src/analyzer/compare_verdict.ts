/**
 * Which figures of a comparison pass, fail or stay open, and what slowdown the runs could have shown.
 *
 * @module
 */
import type { CompareVerdict, FigureComparison, MeasuredFigure, Sides } from "./compare_figure.ts";
import { valuesOf } from "./compare_figure.ts";
import type { ComparedFigure } from "./run_figures.ts";

/** What a figure has to be beyond to fail. */
export interface VerdictRule {
  /** Share by which a figure may be worse. */
  readonly threshold: number;
  /** Probability that an interval misses the truth, both ends together. */
  readonly alpha: number;
  /** "measured": surely worse, and measured beyond the threshold. "surely": surely beyond it. */
  readonly beyond: "measured" | "surely";
}

/**
 * Judges all figures of a comparison.
 *
 * FAIL is said when any figure fails, so the probability of a false one is shared out over the figures, step by step (S. Holm, Scandinavian
 * Journal of Statistics 6, 1979). PASS is said only when all pass, so that each may be judged by itself (R. L. Berger,
 * Technometrics 24, 1982); but for batches, which do not hold what varies from run to run and keep the wider interval.
 */
export function judgeFigures(
  measured: readonly MeasuredFigure[],
  { sides, rule }: { readonly sides: Sides; readonly rule: VerdictRule },
): readonly FigureComparison[] {
  const failed = stepDown(measured, rule);
  const least = rule.alpha / Math.max(1, measured.length);
  return measured.map((one) => {
    const decided = failed.get(one) ?? one;
    const alpha = decided.basis === "runs" ? rule.alpha : least;
    const change = intervalOf(decided, alpha);
    const gross = failed.has(one) || one.zero !== undefined ? undefined : grossSpread(one, { sides, rule });
    const verdict: CompareVerdict = one.zero?.verdict ??
      (failed.has(one) || gross !== undefined
        ? "fail"
        : passes(one, change, rule.threshold)
        ? "pass"
        : "inconclusive");
    const noticed = noticedFrom(decided, { ...rule, alpha: least });
    const { figure, before, after, kind, moreIsBetter } = one;
    return {
      figure,
      before,
      after,
      change,
      kind,
      moreIsBetter,
      verdict,
      basis: decided.basis,
      ...(one.unknown !== undefined && Number.isFinite(one.half(alpha)) ? { bounded: true } : {}),
      ...(noticed === undefined ? {} : { noticedFrom: noticed }),
      ...(gross === undefined ? {} : { gross: { runSpread: gross } }),
    };
  });
}

/** Figures that fail, each with the reading by which it does. */
function stepDown(
  measured: readonly MeasuredFigure[],
  rule: VerdictRule,
): ReadonlyMap<MeasuredFigure, MeasuredFigure> {
  const failed = new Map<MeasuredFigure, MeasuredFigure>();
  for (let before = -1; before < failed.size;) {
    before = failed.size;
    const alpha = rule.alpha / Math.max(1, measured.length - before);
    for (const one of measured) {
      if (failed.has(one)) continue;
      const by = [one, one.byBatches].find((each) => each !== undefined && fails(each, { ...rule, alpha }));
      if (by !== undefined) failed.set(one, by);
    }
  }
  return failed;
}

/** Batches do not hold what varies from run to run: only what is beyond the threshold with all of its interval fails by them. */
function fails(one: MeasuredFigure, rule: VerdictRule): boolean {
  if (one.zero !== undefined || !Number.isFinite(one.half(rule.alpha))) return false;
  const limit = limitOf(one, rule.threshold);
  const least = leastWorse(one, rule.alpha);
  return isMeasured(one, rule) ? least > 0 && worseOf(one, one.shift) > limit : least > limit;
}

/** Whether a figure fails already by what was measured, where it is surely worse at all. */
function isMeasured({ basis }: MeasuredFigure, { beyond }: VerdictRule): boolean {
  return beyond === "measured" && basis === "runs";
}

/** A shift for the worse is above 0. */
function worseOf({ moreIsBetter }: MeasuredFigure, shift: number): number {
  return moreIsBetter ? -shift : shift;
}

/** What may be lost of a rate is gained by a duration: 1 / (1 + t) and 1 + t are the same step on a logarithm. */
function limitOf({ kind }: MeasuredFigure, threshold: number): number {
  return kind === "ratio" ? Math.log1p(threshold) : threshold;
}

/** By how much a figure is worse at least. */
function leastWorse(one: MeasuredFigure, alpha: number): number {
  const inside = one.unknown === undefined
    ? Infinity
    : one.moreIsBetter
    ? -one.unknown.most
    : one.unknown.least;
  return Math.min(worseOf(one, one.shift) - one.half(alpha), inside);
}

function intervalOf(one: MeasuredFigure, alpha: number): FigureComparison["change"] {
  if (one.zero !== undefined) return one.zero.change;
  const { shift, unknown, kind } = one;
  const fromScale = (value: number) => kind === "ratio" ? Math.exp(value) : value;
  const half = one.half(alpha);
  if (!Number.isFinite(half)) {
    const [lower, upper] = kind === "ratio" ? [0, Infinity] : [-1, 1];
    return { value: fromScale(shift), lower, upper };
  }
  return {
    value: fromScale(shift),
    lower: fromScale(Math.min(shift - half, unknown?.least ?? Infinity)),
    upper: fromScale(Math.max(shift + half, unknown?.most ?? -Infinity)),
  };
}

function passes(
  one: MeasuredFigure,
  { lower, upper }: FigureComparison["change"],
  threshold: number,
): boolean {
  const limit = limitOf(one, threshold);
  const edge = one.kind === "ratio" ? Math.exp(one.moreIsBetter ? -limit : limit) : limit;
  return one.moreIsBetter ? lower >= edge : upper <= edge;
}

/** Two-sided, so that one side of it is missed with 20 %. */
const FOUR_OF_FIVE = 0.4;

/** The true change that fails in four of five comparisons; undefined where there is no interval. */
function noticedFrom(one: MeasuredFigure, rule: VerdictRule): number | undefined {
  const half = one.half(rule.alpha);
  if (one.zero !== undefined || !Number.isFinite(half)) return undefined;
  const limit = limitOf(one, rule.threshold);
  const inside = Math.max(0, worseOf(one, one.shift) - half - leastWorse(one, rule.alpha));
  const needed = isMeasured(one, rule) ? Math.max(limit, half + inside) : limit + half + inside;
  const worse = needed + one.half(FOUR_OF_FIVE);
  if (one.kind === "difference") return worse;
  return Math.exp(one.moreIsBetter ? -worse : worse);
}

/**
 * Standard deviations of the logarithm from run to run that no equal runs are thought to reach: of medians and rates, of means (which one
 * slow start moves), of tails.
 */
const SPREADS: Readonly<Record<ComparedFigure, number>> = {
  ttft_mean: 0.4,
  ttft_p50: 0.28,
  ttft_p99: 0.6,
  itl_mean: 0.4,
  itl_p99: 0.6,
  e2e_mean: 0.4,
  e2e_p99: 0.6,
  requests_per_second: 0.28,
  output_tokens_per_second: 0.28,
  failed_share: NaN,
};

/** Difference of two equal runs that chance passes in one of 400, in standard deviations of one: ten figures stay below 2.5 %. */
const CHANCE = 2.807 * Math.SQRT2;

/**
 * What no interval can tell may still be plain: where every run after is worse than every run before by a factor that equal runs show in one
 * comparison of 400 even if they differ as widely as {@link SPREADS}. Gives how widely they would have to.
 */
function grossSpread(
  one: MeasuredFigure,
  { sides, rule }: { readonly sides: Sides; readonly rule: VerdictRule },
): number | undefined {
  const assumed = SPREADS[one.figure];
  const worse = nearest(one, sides);
  const limit = limitOf(one, rule.threshold);
  // What is allowed is no failure, however far beyond chance it is.
  const beyond = rule.beyond === "surely" ? worse - limit : worse;
  if (one.kind === "difference" || !(beyond >= CHANCE * assumed && worse > limit)) return undefined;
  // A mean that one request moves: the median has to agree, where there is one.
  if (one.figure === "ttft_mean" && nearest({ ...one, figure: "ttft_p50" }, sides) < worse / 4) {
    return undefined;
  }
  return beyond / CHANCE;
}

/** By how much the best run after is worse than the worst before, as a logarithm; NaN where a side has none. */
function nearest(
  { figure, moreIsBetter }: Pick<MeasuredFigure, "figure" | "moreIsBetter">,
  sides: Sides,
): number {
  const of = (runs: Sides["before"], side: "lower" | "upper") =>
    runs.flatMap((run) => {
      const { value, bounds } = run.figures[figure] ?? {};
      return value === undefined ? [] : [Math.log(bounds?.[side] ?? value)];
    });
  if (valuesOf(sides.before, figure).length === 0 || valuesOf(sides.after, figure).length === 0) return NaN;
  return moreIsBetter
    ? Math.min(...of(sides.before, "lower")) - Math.max(...of(sides.after, "upper"))
    : Math.min(...of(sides.after, "lower")) - Math.max(...of(sides.before, "upper"));
}
