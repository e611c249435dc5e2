/** The engine model against a recorded run of a real server. */
import assert from "node:assert/strict";
import {
  fittedStalls,
  fittedStepTime,
  replayRun,
  TEST_SPAN,
  totals,
  WHOLE_SPAN,
} from "../../../bench/simulated.ts";
import { closedLoop } from "../../../bench/simulated_published.ts";
import {
  intervalsOf,
  loadRun,
  mean,
  meanGaugeError,
  modelFigures,
  quantile,
  realFigures,
} from "../../../bench/simulated_run.ts";
import { fitStepTime, slowdownOf } from "../../../src/simulator/engine/fit.ts";
import { endOfWork } from "../../../src/simulator/engine/replay.ts";
import { withStalls } from "../../../src/simulator/engine/stalls.ts";
import { seededRandom } from "../../../src/base/random.ts";

const recorded = loadRun("vllm-0.32.0-main");
const result = replayRun(recorded, fittedStepTime(recorded));

Deno.test("replay() of the recorded run: prefix queries and hits, ends and preemptions are the real server's", () => {
  const got = Object.fromEntries(
    totals(recorded, result).map(([name, model, real]) => [name, [model, real]]),
  );
  for (const name of ["prefix queries", "prefix hits", "ended by stop", "ended by length", "preemptions"]) {
    assert.equal(got[name]![0], got[name]![1], name);
  }
  assert.equal(got["prefix queries"]![0], 35_782);
  for (const name of ["prompt tokens", "generated tokens", "steps"]) {
    assert.ok(Math.abs(got[name]![0]! / got[name]![1]! - 1) < 0.005, `${name}: ${got[name]}`);
  }
});

Deno.test("replay() of the recorded run: latencies and gauges of the test half, coefficients from the other", () => {
  const real = realFigures(recorded, ...TEST_SPAN);
  const model = modelFigures(recorded, result, TEST_SPAN);
  const off = (kind: "ttft" | "itl" | "e2e") => Math.abs(mean(model[kind]) / mean(real[kind]) - 1);
  assert.ok(off("ttft") < 0.03, `TTFT ${off("ttft")}`);
  assert.ok(off("itl") < 0.02, `ITL ${off("itl")}`);
  assert.ok(off("e2e") < 0.03, `E2E ${off("e2e")}`);
  const gauge = (name: "running" | "waiting" | "kvUsageRatio") =>
    meanGaugeError(recorded, result, { gauge: name, span: TEST_SPAN });
  assert.ok(gauge("kvUsageRatio") < 0.03 && gauge("waiting") < 0.4 && gauge("running") < 0.3);
  assert.ok(meanGaugeError(recorded, result, { gauge: "waiting", span: WHOLE_SPAN }) < 0.3);
});

Deno.test("replay() of the recorded run: stalls fitted on one half give the other half's gaps between tokens", () => {
  const stepTime = fittedStepTime(recorded);
  const stalls = fittedStalls(recorded, stepTime);
  const uneven = replayRun(recorded, stepTime, { ...stalls, seed: 4 });
  const real = realFigures(recorded, ...TEST_SPAN).itl;
  const model = modelFigures(recorded, uneven, TEST_SPAN).itl;
  for (const q of [0.5, 0.9, 0.99]) {
    const off = quantile(model, q) / quantile(real, q) - 1;
    assert.ok(Math.abs(off) < 0.1, `p${100 * q}: ${off}`);
  }
  assert.ok(Math.abs(mean(model) / mean(real) - 1) < 0.02);
  assert.ok(
    meanGaugeError(recorded, uneven, { gauge: "waiting", span: TEST_SPAN }) < 0.4,
    "the queue keeps its time",
  );
});

Deno.test("withStalls() leaves each piece the work that it got done, and stands still for the share of its loss", () => {
  const even = { untilSeconds: [10, 20, 30, Infinity], factors: [2, 4, 1, 3] };
  const done = (slowdown: typeof even, from: number, to: number) => {
    let work = 0;
    let start = 0;
    for (const [index, until] of slowdown.untilSeconds.entries()) {
      work += Math.max(0, Math.min(until, to) - Math.max(start, from)) / slowdown.factors[index]!;
      start = until;
    }
    return work;
  };
  for (const share of [0, 0.5, 1]) {
    const uneven = withStalls(even, { share, meanSeconds: 0.05 }, seededRandom(3));
    const mutable = { untilSeconds: [...uneven.untilSeconds], factors: [...uneven.factors] };
    for (const [from, to] of [[0, 10], [10, 20], [20, 30]] as const) {
      assert.ok(Math.abs(done(mutable, from, to) - done(even, from, to)) < 1e-6, `${share} ${from}`);
    }
    const still = mutable.untilSeconds.reduce(
      (sum, until, index) =>
        mutable.factors[index]! > 1e6 ? sum + until - mutable.untilSeconds[index - 1]! : sum,
      0,
    );
    // The first piece loses half of its ten seconds, the second three quarters, the third nothing.
    assert.ok(Math.abs(still - share * 12.5) < 1e-6, `${still}`);
    assert.deepEqual(mutable.untilSeconds, [...mutable.untilSeconds].sort((a, b) => a - b));
    assert.equal(mutable.factors.at(-1), 3, "a piece without an end stays");
  }
});

Deno.test("closedLoop(): the watermark trades preemptions for waiting as the published benchmark says", () => {
  const without = closedLoop(0, 0.88, 2);
  const withOne = closedLoop(0.05, 0.88, 2);
  assert.ok(Math.abs(without.preemptions / 1065 - 1) < 0.1, String(without.preemptions));
  assert.ok(withOne.preemptions > 140 && withOne.preemptions < 250, String(withOne.preemptions));
  assert.ok(withOne.e2eMedianSeconds < without.e2eMedianSeconds);
  assert.ok(withOne.ttftP99Seconds > without.ttftP99Seconds);
});

Deno.test("endOfWork() stretches work by the slowdown of each piece that it crosses", () => {
  const slowdown = { untilSeconds: [10, 20], factors: [2, 4] };
  assert.equal(endOfWork(0, 3, undefined), 3);
  assert.equal(endOfWork(0, 3, slowdown), 6);
  assert.equal(endOfWork(8, 2, slowdown), 14, "one unit until 10, then one at a quarter of the speed");
  assert.equal(endOfWork(30, 2, slowdown), 38, "after the last piece its factor stays");
});

/** Intervals of a machine with known step times, at batches of 1 to 8 and several amounts of prompt. */
function synthetic(slow: number) {
  return Array.from({ length: 24 }, (_, index) => {
    const batch = 1 + index % 8;
    const steps = 40;
    const computedPromptTokens = batch === 8 ? 100 * (index % 5) : 0;
    const factor = index % 6 === 5 ? slow : 1;
    const work = steps * 0.01 + steps * batch * 0.001 + computedPromptTokens * 0.0004;
    return {
      startSeconds: index,
      endSeconds: index + work * factor,
      steps,
      outputTokens: steps * batch,
      laterTokens: steps * batch,
      gapSeconds: batch * work * factor,
      computedPromptTokens,
      contextTokens: 100 * batch,
      busy: true,
      saturated: batch === 8,
    };
  });
}

Deno.test("fitStepTime() finds the coefficients that made the intervals, a disturbed machine now and then included", () => {
  for (const slow of [1, 4]) {
    const { stepTime } = fitStepTime(synthetic(slow));
    const found = [stepTime.constantSeconds, stepTime.perSequenceSeconds, stepTime.perPrefillTokenSeconds];
    for (const [index, wanted] of [0.01, 0.001, 0.0004].entries()) {
      assert.ok(Math.abs(found[index]! / wanted - 1) < (slow === 1 ? 1e-3 : 0.05), `${slow}: ${found}`);
    }
  }
  assert.throws(() => fitStepTime(synthetic(1).slice(0, 5)), /5 busy intervals, wanted at least 8/);
});

Deno.test("slowdownOf() tells how much slower than its own step times the machine was", () => {
  const { stepTime } = fitStepTime(intervalsOf(recorded));
  const { factors } = slowdownOf({
    ...stepTime,
    constantSeconds: 0.01,
    perSequenceSeconds: 0.001,
    perPrefillTokenSeconds: 0.0004,
  }, synthetic(4));
  assert.ok(factors.every((factor, index) => Math.abs(factor - (index % 6 === 5 ? 4 : 1)) < 1e-9));
});
