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

function makeRun(random: Random, truth: Truth): RunFigures {
  const level = truth.between * standardNormal(random);
  const fresh = Math.sqrt(1 - truth.resemblance ** 2);
  let state = standardNormal(random);
  const records: RequestRecord[] = [];
  for (let i = 0; i < truth.requests; i++) {
    state = truth.resemblance * state + fresh * standardNormal(random);
    const scale = Math.exp(level + truth.within * state);
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

/** Runs enough for ten a side in each pair, made once and used at every size. */
function poolOf(
  pairs: number,
  { truth, seed }: { readonly truth: Truth; readonly seed: number },
): RunFigures[] {
  const random = seededRandom(seed);
  return Array.from({ length: pairs * 2 * MOST_RUNS }, () => ({ ...makeRun(random, truth), samples: {} }));
}

/** A run whose durations are all longer by a factor; rates of an open loop stay. */
function slowed(run: RunFigures, factor: number): RunFigures {
  const figures = Object.entries(run.figures).map(([name, figure]) => {
    const stays = name === "failed_share" || name.endsWith("_per_second");
    const batches = figure.batches.map((value) => value * factor);
    return [name, stays ? figure : { ...figure, value: figure.value * factor, batches }];
  });
  return { ...run, figures: Object.fromEntries(figures) };
}

/** Verdicts of many comparisons. */
function verdicts(
  pool: readonly RunFigures[],
  { runs, factor }: { readonly runs: number; readonly factor: number },
): { readonly fail: number; readonly pass: number; readonly inconclusive: number } {
  const counts = { fail: 0, pass: 0, inconclusive: 0, not_comparable: 0 };
  for (let at = 0; at < pool.length; at += 2 * MOST_RUNS) {
    const before = pool.slice(at, at + runs);
    const after = pool.slice(at + runs, at + 2 * runs).map((run) => slowed(run, factor));
    counts[compareFigures(before, after).verdict]++;
  }
  return counts;
}

const MOST_RUNS = 10;

const TRUTHS: readonly (readonly [string, Truth])[] = [
  ["alike requests", { requests: 200, between: 0, within: 0.4, resemblance: 0 }],
  ["neighbours alike .5", { requests: 200, between: 0, within: 0.4, resemblance: 0.5 }],
  ["neighbours alike .9", { requests: 200, between: 0, within: 0.4, resemblance: 0.9 }],
  ["neighbours alike .97", { requests: 200, between: 0, within: 0.4, resemblance: 0.97 }],
  ["runs differ by 3 %", { requests: 200, between: 0.03, within: 0.4, resemblance: 0.5 }],
  ["runs differ by 6 %", { requests: 200, between: 0.06, within: 0.4, resemblance: 0 }],
];

/** Figures and targets: false FAIL, PASS of equal runs, and how often a slowdown is found, by its size and the runs a side. */
export function run(options: { readonly pairs?: number } = {}) {
  const pairs = options.pairs ?? 200;
  const figures: { name: string; value: number; unit: string }[] = [];
  const targets: { name: string; wanted: string; got: string; ok: boolean }[] = [];
  const share = (count: number) => `${(100 * count / pairs).toFixed(1)} %`;
  for (const [name, truth] of TRUTHS) {
    const pool = poolOf(pairs, { truth, seed: 11 });
    for (const runs of [1, 3, 6, 10]) {
      const same = verdicts(pool, { runs, factor: 1 });
      const label = `${name}, ${runs} run${runs === 1 ? "" : "s"} a side`;
      const tell = (what: string, count: number) =>
        figures.push({ name: `${what}, ${label}`, value: 100 * count / pairs, unit: "%" });
      tell("false FAIL", same.fail);
      tell("PASS of equal runs", same.pass);
      for (const percent of [5, 10, 20, 50]) {
        tell(`${percent} % slower found`, verdicts(pool, { runs, factor: 1 + percent / 100 }).fail);
      }
      // One run a side says nothing of what differs from run to run: it is not held to that truth.
      if (runs === 1 && truth.between > 0) continue;
      targets.push({
        name: `A/A: ${label}`,
        wanted: "false FAIL at most 2 %",
        got: share(same.fail),
        ok: same.fail <= 0.02 * pairs,
      });
    }
  }
  return { figures, targets };
}
