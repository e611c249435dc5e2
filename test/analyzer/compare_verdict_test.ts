/** What verdicts promise: how often they are wrong, what they find, what they call without an interval. */
import assert from "node:assert/strict";
import { compareFigures } from "../../src/analyzer/compare.ts";
import { COMPARED_FIGURES, type ComparedFigure, type RunFigures } from "../../src/analyzer/run_figures.ts";
import { type Random, seededRandom, standardNormal } from "../../src/base/random.ts";
import { renderComparison } from "../../src/report/comparison.ts";

const RATES: readonly ComparedFigure[] = ["requests_per_second", "output_tokens_per_second"];

/** Nine figures that vary by 2.8 % from run to run, tails by 10 %, each by itself; slower by a factor. */
function run(random: Random, factor = 1): RunFigures {
  const figures = COMPARED_FIGURES.filter((figure) => figure !== "failed_share").map((figure) => {
    const level = RATES.includes(figure) ? 1 / factor : factor;
    const spread = figure.endsWith("p99") ? 0.1 : 0.028;
    return [figure, { value: level * Math.exp(spread * standardNormal(random)), batches: [] }];
  });
  return { conditions: {}, figures: Object.fromEntries(figures), samples: {} };
}

function verdicts(seed: number, { runs, factor, pairs }: { runs: number; factor: number; pairs: number }) {
  const random = seededRandom(seed);
  const side = (level: number) => Array.from({ length: runs }, () => run(random, level));
  const all = Array.from({ length: pairs }, () => compareFigures(side(1), side(factor)).verdict);
  const of = (verdict: string) => all.filter((one) => one === verdict).length / pairs;
  return { fail: of("fail"), pass: of("pass") };
}

Deno.test("compareFigures() finds a 10 % slowdown in nine figures with six runs a side, and fails equal runs in 2.5 % at most", () => {
  const slower = verdicts(41, { runs: 6, factor: 1.1, pairs: 300 });
  assert.ok(slower.fail >= 0.9, `${slower.fail}`);
  for (const runs of [2, 3, 6, 10]) {
    const same = verdicts(42 + runs, { runs, factor: 1, pairs: 500 });
    // 12.5 of 500 expected at most; a standard deviation of 3.5 above.
    assert.ok(same.fail <= 0.04, `${runs}: ${same.fail}`);
  }
});

Deno.test("compareFigures() passes equal runs although tails prove nothing, and hardly ever runs that are 5 % slower", () => {
  const same = verdicts(43, { runs: 10, factor: 1, pairs: 200 });
  // Six figures pass in 96 % each (non-central t), three tails are not worse by their own interval in 97.5 %: .73.
  assert.ok(same.pass >= 0.64, `${same.pass}`);
  const slower = verdicts(44, { runs: 10, factor: 1.05, pairs: 200 });
  assert.ok(slower.pass <= 0.025, `${slower.pass}`);
});

Deno.test("compareFigures() fails a true change of the size that it says it would have noticed in four of five", () => {
  const one = (random: Random, factor: number): RunFigures => ({
    conditions: {},
    figures: { ttft_mean: { value: factor * Math.exp(0.08 * standardNormal(random)), batches: [] } },
    samples: {},
  });
  const random = seededRandom(45);
  const side = (factor: number) => Array.from({ length: 6 }, () => one(random, factor));
  const said =
    Array.from({ length: 400 }, () => Math.log(compareFigures(side(1), side(1)).figures[0]!.noticedFrom!))
      .reduce((sum, each) => sum + each, 0) / 400;
  const found = Array.from({ length: 1000 }, () => compareFigures(side(1), side(Math.exp(said))).verdict)
    .filter((verdict) => verdict === "fail").length;
  assert.ok(found >= 750 && found <= 870, `${found} at ${Math.exp(said)}`);
});

const bare = (figures: Partial<Record<ComparedFigure, number>>): RunFigures => ({
  conditions: {},
  figures: Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, { value, batches: [] }])),
  samples: {},
});

Deno.test("compareFigures() calls a gross difference of one number a side, and says what chance would take", () => {
  const table: [Partial<Record<ComparedFigure, number>>, Partial<Record<ComparedFigure, number>>, string][] =
    [
      [{ ttft_mean: 0.05 }, { ttft_mean: 4.06 }, "fail"],
      [{ ttft_mean: 0.05 }, { ttft_mean: 0.2 }, "inconclusive"],
      [{ ttft_p50: 0.05 }, { ttft_p50: 0.2 }, "fail"],
      [{ ttft_p99: 0.05 }, { ttft_p99: 0.4 }, "inconclusive"],
      [{ ttft_p99: 0.05 }, { ttft_p99: 0.6 }, "fail"],
      [{ output_tokens_per_second: 900 }, { output_tokens_per_second: 290 }, "fail"],
      [{ output_tokens_per_second: 900 }, { output_tokens_per_second: 350 }, "inconclusive"],
      // Far better is no failure.
      [{ ttft_mean: 4 }, { ttft_mean: 0.05 }, "inconclusive"],
      // One slow start moves a mean: the median knows better.
      [{ ttft_mean: 0.05, ttft_p50: 0.05 }, { ttft_mean: 0.6, ttft_p50: 0.05 }, "inconclusive"],
    ];
  for (const [before, after, verdict] of table) {
    assert.equal(compareFigures([bare(before)], [bare(after)]).verdict, verdict, JSON.stringify(after));
  }
  const text = renderComparison(compareFigures([bare({ ttft_mean: 0.05 })], [bare({ ttft_mean: 4.064 })]));
  assert.match(text, /FAIL: far worse than chance makes it: TTFT, mean \+8028%/);
  // ln(81.28) / (2.807 √2) = 1.108, a factor of 3.03.
  assert.match(text, /equal runs would have to differ by a factor of 3\.03 from run to run/);
});

Deno.test("compareFigures() calls nothing gross that its threshold allows", () => {
  const verdict = (after: number, options: { threshold: number; beyond?: "surely" }) =>
    compareFigures([bare({ ttft_p50: 1 })], [bare({ ttft_p50: after })], options).verdict;
  assert.equal(verdict(3.2, { threshold: 2 }), "fail");
  assert.equal(verdict(3.2, { threshold: 3 }), "inconclusive");
  // Surely beyond a tenth more: 3.04 × 1.1 = 3.34 at least.
  assert.equal(verdict(3.2, { threshold: 0.1, beyond: "surely" }), "inconclusive");
  assert.equal(verdict(3.4, { threshold: 0.1, beyond: "surely" }), "fail");
  const rates = (after: number) =>
    compareFigures([bare({ requests_per_second: 9 })], [bare({ requests_per_second: after })], {
      threshold: 3,
    });
  assert.deepEqual([rates(2.5).verdict, rates(2.2).verdict], ["inconclusive", "fail"]);
});

Deno.test("compareFigures() gives two runs a side Welch's interval, which holds the truth in 95 % and more", () => {
  const two = (values: readonly number[]) => values.map((ttft_mean) => bare({ ttft_mean }));
  const { verdict, figures: [ttft] } = compareFigures(two([1, 1.01]), two([1.3, 1.32]));
  // scipy.stats.ttest_ind(log after, log before, equal_var=False).confidence_interval(0.95): df 1.7197.
  assert.equal(verdict, "fail");
  assert.ok(Math.abs(ttft!.change.lower - 1.24484) < 1e-4, `${ttft!.change.lower}`);
  assert.ok(Math.abs(ttft!.change.upper - 1.36484) < 1e-4, `${ttft!.change.upper}`);
  assert.ok(ttft!.noticedFrom !== undefined);
  const random = seededRandom(47);
  const side = (spread: number) => two([0, 1].map(() => Math.exp(spread * standardNormal(random))));
  for (const [before, after] of [[0.05, 0.05], [0.03, 0.15]] as const) {
    const missed = Array.from({ length: 1000 }, () => compareFigures(side(before), side(after)).figures[0]!)
      .filter(({ change }) => change.lower > 1 || change.upper < 1).length;
    // 50 expected at most; a standard deviation of 7 above.
    assert.ok(missed > 0 && missed <= 64, `${before}, ${after}: ${missed}`);
  }
});

Deno.test("compareFigures() calls no gross difference where a run before was as slow", () => {
  const before = [bare({ ttft_p50: 0.05 }), bare({ ttft_p50: 0.3 })];
  const after = [bare({ ttft_p50: 0.5 }), bare({ ttft_p50: 0.6 })];
  assert.equal(compareFigures(before, after).verdict, "inconclusive");
});

Deno.test("compareFigures() of two runs a side says no less than of one: batches of each count", () => {
  const random = seededRandom(46);
  const batched = (factor: number): RunFigures => {
    const batches = Array.from({ length: 10 }, () => factor * Math.exp(0.05 * standardNormal(random)));
    const value = batches.reduce((sum, one) => sum + one, 0) / 10;
    return { conditions: {}, figures: { ttft_mean: { value, batches } }, samples: {} };
  };
  const { figures: [ttft] } = compareFigures([batched(1), batched(1)], [batched(1.3), batched(1.3)]);
  assert.deepEqual([ttft!.verdict, ttft!.change.lower > 1.05], ["fail", true]);
});
