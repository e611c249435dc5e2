/**
 * `deno task bench compare`: how often the comparison of runs is wrong, and how often it finds what is there.
 *
 * Runs are made of numbers alone, so that the truth is known: durations with a heavy tail, a mean that differs from run to
 * run, neighbours that resemble each other.
 *
 * @module
 */
import { compareFigures } from "../src/analyzer/compare.ts";
import { figuresOfRequests, type RunFigures } from "../src/analyzer/run_figures.ts";
import { type Random, seededRandom, standardNormal } from "../src/base/random.ts";
import type { RequestRecord } from "../src/series/types.ts";

/** What kind of runs are made. */
interface Truth {
  /** Requests of a run. */
  readonly requests: number;
  /** Standard deviation of the logarithm from run to run. */
  readonly between: number;
  /** Of the requests within a run. */
  readonly within: number;
  /** Resemblance of a request to the one before (first-order autoregression). */
  readonly resemblance: number;
}

/** A run whose durations are all longer by a factor. */
function makeRun(random: Random, truth: Truth, factor = 1): RunFigures {
  const level = truth.between * standardNormal(random);
  const fresh = Math.sqrt(1 - truth.resemblance ** 2);
  let state = standardNormal(random);
  const records: RequestRecord[] = [];
  for (let i = 0; i < truth.requests; i++) {
    state = truth.resemblance * state + fresh * standardNormal(random);
    const scale = factor * Math.exp(level + truth.within * state);
    records.push(record(i, { ttft: 0.2 * scale, gap: 0.02 * scale }));
  }
  return figuresOfRequests(records);
}

const TOKENS = 20;

function record(index: number, times: { readonly ttft: number; readonly gap: number }): RequestRecord {
  const dueSeconds = index * 0.5;
  const first = dueSeconds + times.ttft;
  const chunkTimesSeconds = Float64Array.from({ length: TOKENS }, (_, i) => first + i * times.gap);
  return {
    id: `r${index}`,
    target: "made",
    endpoint: "completions",
    engine: "fetch",
    trust: "good",
    phase: "load",
    model: "m",
    dueSeconds,
    sentSeconds: dueSeconds,
    endSeconds: chunkTimesSeconds.at(-1)!,
    chunkTimesSeconds,
    outcome: "ok",
    promptTokens: 100,
    outputTokens: TOKENS,
  };
}

/** Verdicts of many comparisons. */
export function verdicts(
  pairs: number,
  options: { readonly truth: Truth; readonly runs: number; readonly factor: number; readonly seed: number },
): { readonly fail: number; readonly pass: number; readonly inconclusive: number } {
  const counts = { fail: 0, pass: 0, inconclusive: 0, not_comparable: 0 };
  const random = seededRandom(options.seed);
  for (let i = 0; i < pairs; i++) {
    const side = (factor: number) =>
      Array.from({ length: options.runs }, () => makeRun(random, options.truth, factor));
    counts[compareFigures(side(1), side(options.factor)).verdict]++;
  }
  return counts;
}

export const TRUTHS: readonly (readonly [string, Truth])[] = [
  ["alike requests", { requests: 200, between: 0, within: 0.4, resemblance: 0 }],
  ["neighbours alike .5", { requests: 200, between: 0, within: 0.4, resemblance: 0.5 }],
  ["neighbours alike .9", { requests: 200, between: 0, within: 0.4, resemblance: 0.9 }],
  ["neighbours alike .97", { requests: 200, between: 0, within: 0.4, resemblance: 0.97 }],
  ["runs differ by 3 %", { requests: 200, between: 0.03, within: 0.4, resemblance: 0.5 }],
];

/** Figures and targets. */
export function run(options: { readonly pairs?: number } = {}) {
  const pairs = options.pairs ?? 200;
  const figures: { name: string; value: number; unit: string }[] = [];
  const targets: { name: string; wanted: string; got: string; ok: boolean }[] = [];
  const share = (count: number) => `${(100 * count / pairs).toFixed(1)} %`;
  for (const [name, truth] of TRUTHS) {
    for (const runs of [1, 6]) {
      const same = verdicts(pairs, { truth, runs, factor: 1, seed: 11 });
      const label = `${name}, ${runs} run${runs === 1 ? "" : "s"} a side`;
      figures.push({ name: `false FAIL, ${label}`, value: 100 * same.fail / pairs, unit: "%" });
      // One run a side says nothing of what differs from run to run: it is not held to that truth.
      if (runs === 1 && truth.between > 0) continue;
      targets.push({
        name: `A/A: ${label}`,
        wanted: "false FAIL at most 5 %",
        got: share(same.fail),
        ok: same.fail <= 0.05 * pairs,
      });
    }
    const slower = verdicts(pairs, { truth, runs: 6, factor: 1.1, seed: 12 });
    figures.push({
      name: `10 % slower found, ${name}, 6 runs a side`,
      value: 100 * slower.fail / pairs,
      unit: "%",
    });
  }
  return { figures, targets };
}
