/**
 * The simulated vLLM against the real one: a recorded run replayed, with the disturbed machine's slowdown as an input,
 * coefficients from one half of it, the other half as the test.
 *
 * @module
 */
import { fitStepTime, slowdownOf } from "../src/simulator/engine/fit.ts";
import { profileNamed } from "../src/simulator/engine/profiles.ts";
import { seededRandom } from "../src/base/random.ts";
import { replay, type ReplayResult } from "../src/simulator/engine/replay.ts";
import { type Stalls, withStalls } from "../src/simulator/engine/stalls.ts";
import type { LinearStep } from "../src/simulator/engine/step_time.ts";
import type { EngineLimits } from "../src/simulator/engine/types.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./result.ts";
import { publishedBenchmark } from "./simulated_published.ts";
import {
  intervalsOf,
  loadRun,
  mean,
  meanGaugeError,
  modelFigures,
  quantile,
  realFigures,
  type RecordedRun,
  replayRequests,
} from "./simulated_run.ts";

/** The halves of the run: coefficients are from the second, the first is the test. */
export const TEST_SPAN = [0, 45] as const;
export const FIT_SPAN = [45, 95] as const;
export const WHOLE_SPAN = [0, 1000] as const;

/** Of the places of stalls, which no counter tells. */
const STALL_SEEDS = [1, 2, 3] as const;
const STALL_SHARES = [0, 0.3, 0.5, 0.7, 0.8, 0.9, 1] as const;
const STALL_MEANS_SECONDS = [0.01, 0.02, 0.03, 0.05, 0.08, 0.12] as const;

/**
 * Replays the recorded run with these step times; the slowdown per second is taken from the run's counters with the same.
 *
 * @param stalls how uneven the speed was within a second; absent: not at all
 */
export function replayRun(
  run: RecordedRun,
  stepTime: LinearStep,
  stalls?: Stalls & { readonly seed: number },
): ReplayResult {
  const limits: EngineLimits = { ...profileNamed("tiny-llama-cpu").limits, ...run.limits };
  const even = slowdownOf(stepTime, intervalsOf(run));
  return replay({
    requests: replayRequests(run),
    limits,
    stepTime,
    slowdown: stalls === undefined ? even : withStalls(even, stalls, seededRandom(stalls.seed)),
    sampleSeconds: run.scrapes.map(({ timeSeconds }) => timeSeconds),
  });
}

/** The stalls under which gaps between tokens are distributed as they were in the second half of the run. */
export function fittedStalls(run: RecordedRun, stepTime: LinearStep): Stalls {
  const quantiles = [0.5, 0.9, 0.99];
  const real = realFigures(run, ...FIT_SPAN).itl;
  const distance = (stalls: Stalls) => {
    const gaps = STALL_SEEDS.map((seed) =>
      modelFigures(run, replayRun(run, stepTime, { ...stalls, seed }), FIT_SPAN).itl
    );
    return quantiles.reduce((sum, q) => {
      const model = mean(gaps.map((of) => quantile(of, q)));
      return sum + Math.log(model / quantile(real, q)) ** 2;
    }, 0);
  };
  const tried = STALL_SHARES.flatMap((share) =>
    (share === 0 ? [1] : STALL_MEANS_SECONDS).map((meanSeconds) => ({ share, meanSeconds }))
  ).map((stalls) => ({ stalls, distance: distance(stalls) }));
  return tried.reduce((best, one) => (one.distance < best.distance ? one : best)).stalls;
}

/** Step times of the recorded server, from its `/metrics` alone, in the second half of the run. */
export function fittedStepTime(run: RecordedRun): LinearStep {
  return fitStepTime(intervalsOf(run).filter(({ startSeconds }) => startSeconds >= FIT_SPAN[0])).stepTime;
}

/** Runs the comparisons. */
export function run(): BenchResult {
  const recorded = loadRun("vllm-0.32.0-main");
  const stepTime = fittedStepTime(recorded);
  const stalls = fittedStalls(recorded, stepTime);
  const result = replayRun(recorded, stepTime, { ...stalls, seed: 4 });
  const spans = [["test half", TEST_SPAN], ["whole run", WHOLE_SPAN]] as const;
  const figures = spans.flatMap(([name, span]) => latencyFigures(recorded, result, { name, span }));
  const published = publishedBenchmark();
  return {
    figures: [
      {
        name: "stalls fitted on the second half: share of the lost time",
        value: stalls.share,
        unit: "ratio",
      },
      { name: "stalls fitted on the second half: mean length", value: stalls.meanSeconds, unit: "s" },
      ...figures,
      ...countFigures(recorded, result),
      ...published.figures,
    ],
    targets: [...targetsOf(recorded, result), ...published.targets],
  };
}

function latencyFigures(
  recorded: RecordedRun,
  result: ReplayResult,
  { name, span }: { readonly name: string; readonly span: readonly [number, number] },
): BenchFigure[] {
  const real = realFigures(recorded, span[0], span[1]);
  const model = modelFigures(recorded, result, span);
  const latencies = (["ttft", "itl", "e2e"] as const).flatMap((kind) =>
    ([["mean", mean], ["p50", at(0.5)], ["p90", at(0.9)], ["p99", at(0.99)]] as const).map(([what, of]) => {
      const value = of(model[kind]);
      const peerValue = of(real[kind]);
      const title = `${name}: ${kind.toUpperCase()} ${what}`;
      return { name: title, value, unit: "s", peer: "real run", peerValue, ratio: value / peerValue };
    })
  );
  const gauges = (["running", "waiting", "kvUsageRatio"] as const).map((gauge) => ({
    name: `${name}: ${gauge}, mean error`,
    value: meanGaugeError(recorded, result, { gauge, span }),
    unit: gauge === "kvUsageRatio" ? "ratio" : "requests",
  }));
  return [...latencies, ...gauges];
}

function at(q: number): (values: readonly number[]) => number {
  return (values) => quantile(values, q);
}

/** Totals of the whole run, model and real. */
export function totals(recorded: RecordedRun, result: ReplayResult): (readonly [string, number, number])[] {
  const last = recorded.scrapes.at(-1)!;
  const { statistics } = result.engine;
  const ended = recorded.requests.flatMap(({ finishReasons }) => finishReasons);
  return [
    ["prefix queries", statistics.prefixQueriedTokens, last.queried],
    ["prefix hits", statistics.prefixHitTokens, last.hits],
    ["prompt tokens", statistics.promptTokens, last.promptTokens],
    ["generated tokens", statistics.outputTokens, last.outputTokens],
    ["ended by stop", statistics.finished.stop, ended.filter((reason) => reason === "stop").length],
    ["ended by length", statistics.finished.length, ended.filter((reason) => reason === "length").length],
    ["preemptions", statistics.preemptions, last.preemptions],
    ["steps", statistics.histograms.iterationTokens.count, last.steps],
  ];
}

function countFigures(recorded: RecordedRun, result: ReplayResult): BenchFigure[] {
  return totals(recorded, result).map(([name, value, peerValue]) => ({
    name: `whole run: ${name}`,
    value,
    unit: "count",
    peer: "real run",
    peerValue,
    ratio: value / peerValue,
  }));
}

function targetsOf(recorded: RecordedRun, result: ReplayResult): BenchTarget[] {
  const real = realFigures(recorded, ...WHOLE_SPAN);
  const model = modelFigures(recorded, result, WHOLE_SPAN);
  const off = (kind: "ttft" | "itl" | "e2e") => mean(model[kind]) / mean(real[kind]) - 1;
  const gauge = (name: "waiting" | "kvUsageRatio") =>
    meanGaugeError(recorded, result, { gauge: name, span: WHOLE_SPAN });
  return [
    ...totals(recorded, result).slice(0, 2).map(([name, got, wanted]) => ({
      name: `${name} of the whole run`,
      wanted: String(wanted),
      got: String(got),
      ok: got === wanted,
    })),
    within("fit from /metrics alone, mean TTFT", off("ttft"), 0.1),
    within("fit from /metrics alone, mean E2E", off("e2e"), 0.1),
    within("mean TTFT", off("ttft"), 0.09),
    within("mean ITL", off("itl"), 0.02),
    within("mean E2E", off("e2e"), 0.05),
    below("KV usage, mean error", gauge("kvUsageRatio"), 0.09),
    below("waiting, mean error", gauge("waiting"), 1.2),
  ];
}

function within(name: string, off: number, most: number): BenchTarget {
  const wanted = `within ${100 * most} %`;
  return { name, wanted, got: `${(100 * off).toFixed(1)} %`, ok: Math.abs(off) <= most };
}

function below(name: string, got: number, most: number): BenchTarget {
  return { name, wanted: `at most ${most}`, got: got.toFixed(3), ok: got <= most };
}
