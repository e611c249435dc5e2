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
  assert.match(text, /FAIL: at least one figure is surely worse by more than 5%\./);
  assert.match(text, /TTFT, mean +100 ms +150 ms +\+50% +\+4\d\.?\d*% … \+5\d\.?\d*% +FAIL/);
  assert.match(text, /Runs: 3 before, 3 after\./);
});

Deno.test("renderComparison() names what makes runs incomparable, in the reader's language, escaped", () => {
  const comparison = compareFigures([run(1), run(1.1)], [run(1, "<b>"), run(1.1, "<b>")]);
  const page = renderComparison(comparison, { language: "zh-TW", format: "html" });
  assert.match(page, /不可比較/);
  assert.match(page, /&lt;b&gt;/);
});
