import assert from "node:assert/strict";
import {
  adjustForManyLooks,
  averageRanks,
  compensatedSum,
  erfc,
  lagOneAutocorrelation,
  median,
  medianAbsoluteDeviation,
  normalQuantile,
  pearson,
  quantile,
  sampleVariance,
  twoSidedNormalP,
} from "../../src/analyzer/statistics.ts";
import { assertClose } from "../helpers/close.ts";
import oracle from "../fixtures/analyzer/oracle.json" with { type: "json" };

Deno.test("quantile() equals numpy's default (type 7)", () => {
  for (const [q, expected] of oracle.quantiles) assertClose(quantile(oracle.y, q!), expected!, 1e-12);
  assertClose(quantile(oracle.y, 0.37), oracle.pandas_quantile, 1e-12);
});

Deno.test("quantile() leaves NaN out and is NaN for nothing", () => {
  assert.equal(quantile([NaN, 3, 1], 0.5), 2);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

Deno.test("medianAbsoluteDeviation() equals scipy's", () => {
  assertClose(medianAbsoluteDeviation(oracle.y), oracle.mad, 1e-12);
  assertClose(1.482602218505602 * medianAbsoluteDeviation(oracle.y), oracle.mad_normal, 1e-12);
});

Deno.test("sampleVariance() equals numpy's with ddof=1", () => {
  assertClose(sampleVariance(oracle.y), oracle.variance, 1e-12);
});

Deno.test("averageRanks() equals scipy.stats.rankdata when there are ties", () => {
  assert.deepEqual(Array.from(averageRanks(oracle.ties_x)), oracle.ranks_ties);
});

Deno.test("pearson() equals scipy's, of values and of ranks", () => {
  assertClose(pearson(oracle.x, oracle.y), oracle.pearson, 1e-12);
  assertClose(pearson(averageRanks(oracle.x), averageRanks(oracle.y)), oracle.spearman, 1e-12);
  assertClose(pearson(averageRanks(oracle.ties_x), averageRanks(oracle.ties_y)), oracle.spearman_ties, 1e-12);
});

Deno.test("pearson() is NaN when a column does not vary", () => {
  assert.ok(Number.isNaN(pearson([1, 1, 1], [1, 2, 3])));
});

Deno.test("lagOneAutocorrelation() equals the textbook sum in numpy", () => {
  assertClose(lagOneAutocorrelation(oracle.wave), oracle.lag1, 1e-12);
  assert.equal(lagOneAutocorrelation([5, 5, 5, 5]), 0);
});

Deno.test("erfc() is within its stated error of scipy's", () => {
  for (const [z, expected] of oracle.erfc) assertClose(erfc(z!), expected!, 1.2e-7);
});

Deno.test("normalQuantile() equals scipy.stats.norm.ppf and undoes the tail probability", () => {
  for (const [p, expected] of oracle.ppf) assert.ok(Math.abs(normalQuantile(p!) - expected!) < 1e-6, `${p}`);
  assertClose(twoSidedNormalP(normalQuantile(0.975)), 0.05, 1e-6);
  assert.deepEqual([normalQuantile(0), normalQuantile(1)], [-Infinity, Infinity]);
});

Deno.test("adjustForManyLooks() equals scipy.stats.false_discovery_control, NaN apart", () => {
  const [given, expected] = oracle.bh;
  adjustForManyLooks(given!).forEach((value, i) => assertClose(value, expected![i]!, 1e-12));
  const withGap = adjustForManyLooks([0.01, NaN, 0.02]);
  assert.deepEqual(withGap, [0.02, NaN, 0.02]);
});

Deno.test("compensatedSum() keeps what a plain sum loses", () => {
  assert.equal(compensatedSum([1e16, 1, -1e16]), 1);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});
