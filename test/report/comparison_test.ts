import assert from "node:assert/strict";
import { compareFigures } from "../../src/analyzer/compare.ts";
import type { RunFigures } from "../../src/analyzer/run_figures.ts";
import { renderComparison } from "../../src/report/comparison.ts";

function run(ttft: number, model = "m"): RunFigures {
  return { conditions: { model }, figures: { ttft_mean: { value: ttft, batches: [] } }, samples: {} };
}

Deno.test("renderComparison() says the verdict first and each change with its interval", () => {
  const text = renderComparison(
    compareFigures([0.1, 0.101, 0.099].map((x) => run(x)), [0.15, 0.151, 0.149].map((x) => run(x))),
  );
  assert.match(text, /FAIL: surely worse, and measured worse by more than 5%: TTFT, mean \+50%\./);
  assert.match(text, /TTFT, mean +100 ms +150 ms +\+50% +\+4\d\.?\d*% … \+5\d\.?\d*% +\+\d\.?\d*% +FAIL/);
  assert.match(text, /Runs: 3 before, 3 after\./);
});

Deno.test("renderComparison() names what makes runs incomparable, in the reader's language, escaped", () => {
  const comparison = compareFigures([run(1), run(1.1)], [run(1, "<b>"), run(1.1, "<b>")]);
  const page = renderComparison(comparison, { language: "zh-TW", format: "html" });
  assert.match(page, /不可比較：兩邊除了要比較的以外還有其他不同（模型）。/);
  assert.match(
    renderComparison(comparison),
    /NOT COMPARABLE: the runs differ in more than what is compared \(Model\)\. A verdict below may come from that alone\./,
  );
  assert.match(page, /&lt;b&gt;/);
});

Deno.test("renderComparison() says that one run a side cannot say, and how many can", () => {
  const text = renderComparison(compareFigures([run(1)], [run(1.5)]));
  assert.match(
    text,
    /INCONCLUSIVE: one run a side cannot say .+ Give at least 5 runs a side, taken in turns\./,
  );
  assert.match(text, /TTFT, mean +1 s +1\.5 s +\+50% +n\/a +n\/a +unclear/);
  assert.doesNotMatch(text, /Inf|NaN/);
});

Deno.test("renderComparison() names the figures without an interval beside others that have one", () => {
  const some = (level: number): RunFigures => ({
    conditions: {},
    figures: {
      ttft_mean: { value: level, batches: [1, 1.1, 0.9, 1.2, 0.8, 1].map((one) => one * level) },
      requests_per_second: { value: 10, batches: [] },
    },
    samples: {},
  });
  const text = renderComparison(compareFigures([some(1)], [some(1)]));
  assert.match(text, /No interval for Requests per second: one run a side cannot say\./);
});

Deno.test("renderComparison() says so when the sides share no figure", () => {
  const empty: RunFigures = { conditions: {}, figures: {}, samples: {} };
  assert.match(renderComparison(compareFigures([empty], [run(1)])), /no figure is known of both sides/);
});

Deno.test("renderComparison() of different kinds of file says what each was read from and what a kind does not hold", () => {
  const before: RunFigures = {
    ...run(1),
    kind: "lab",
    figures: { ...run(1).figures, itl_p99: { value: 1, batches: [] } },
  };
  const text = renderComparison(compareFigures([before], [{ ...run(1), kind: "guidellm" }]));
  assert.match(text, /Read from the lab's load\.json before, from GuideLLM's benchmarks\.json after/);
  assert.match(text, /ITL, p99: not in GuideLLM's benchmarks\.json/);
  assert.doesNotMatch(text, /TTFT, mean: not in/);
});

Deno.test("renderComparison() shows the interval of failures that the number of requests gives, one run a side", () => {
  const of = (failed: number): RunFigures => ({
    conditions: {},
    figures: {
      ttft_mean: { value: 1, batches: [] },
      failed_share: { value: failed, batches: [], count: 1000 },
    },
    samples: {},
  });
  const text = renderComparison(compareFigures([of(0)], [of(0)]));
  assert.match(text, /Failed requests +0% +0% +0% +-0\.\d+% … \+0\.\d+% +\+5\.\d+% +pass/);
  assert.match(text, /INCONCLUSIVE: one run a side cannot say/);
  assert.match(text, /No interval for TTFT, mean: one run a side/);
});
