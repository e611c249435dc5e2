import assert from "node:assert/strict";
import {
  adjustForManyLooks,
  averageRanks,
  compensatedSum,
  effectiveCount,
  erfc,
  lagOneAutocorrelation,
  median,
  medianAbsoluteDeviation,
  memoryOf,
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

Deno.test("lagOneAutocorrelation() takes three values, and is 0 for two", () => {
  // Around 7/3: (4/9 - 5/9) / (16/9 + 1/9 + 25/9).
  assertClose(lagOneAutocorrelation([1, 2, 4]), -1 / 42, 1e-12);
  assert.equal(lagOneAutocorrelation([1, 2]), 0);
});

Deno.test("memoryOf() equals the corrected sums in numpy", () => {
  // Raw 0.6117115280043501 at one step; by Marriott and Pope (16 r + 1) / 13.
  const values = [1, 2, 4, 7, 7, 6, 3, 1, 0, 2, 5, 8, 8, 6, 2, 1];
  const expected = [0.8297988036976617, -0.108278955954323, -0.6749252311038608, -0.739668297988037];
  const memory = memoryOf(values);
  assert.equal(memory.length, expected.length);
  expected.forEach((value, i) => assertClose(memory[i]!, value, 1e-12));
  assert.deepEqual([memoryOf(values.slice(0, 7)).length, memoryOf(Array(20).fill(3)).length], [0, 0]);
});

Deno.test("effectiveCount() is the lesser of Bartlett's sum and a first-order memory, and never more than there are", () => {
  const of = (...values: number[]) => Float64Array.from(values);
  // 1 + 2 (0.9 · 0.01 + 0.8 · 0.64 + 0.7 · 0.64) = 2.938
  assertClose(effectiveCount(10, of(0.1, 0.8, 0.8), of(0.1, 0.8, 0.8)), 10 / 2.938, 1e-12);
  // The sum gives 10 / 1.456, the first alone 10 · 0.8 / 1.2.
  assertClose(effectiveCount(10, of(0.5, 0.2), of(0.4, 0.3)), 10 * 0.8 / 1.2, 1e-12);
  assert.equal(effectiveCount(10, of(-0.5), of(0.5)), 10);
  assert.equal(effectiveCount(10, of(), of(0.5)), 10);
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
