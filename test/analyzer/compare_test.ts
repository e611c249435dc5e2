import assert from "node:assert/strict";
import { compareFigures, compareRuns, largestDistance } from "../../src/analyzer/compare.ts";
import { figuresOfFile } from "../../src/analyzer/file_figures.ts";
import {
  type ComparedFigure,
  figuresOfRequests,
  figuresOfSource,
  type RunFigures,
} from "../../src/analyzer/run_figures.ts";
import { studentTCritical } from "../../src/analyzer/student_t.ts";
import { type Random, seededRandom, standardNormal } from "../../src/base/random.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import { renderComparison } from "../../src/report/comparison.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { RequestRecord, TargetFacts } from "../../src/series/types.ts";
import { seriesSource } from "../helpers/alarm_source.ts";
import { assertClose } from "../helpers/close.ts";

Deno.test("studentTCritical() equals scipy.stats.t.isf(p / 2, degrees)", () => {
  // scipy 1.17.1
  const table: [number, number, number][] = [
    [0.05, 1, 12.706204736174705],
    [0.05, 1.01, 12.41273849910255],
    [0.05, 1.5, 6.016663104427933],
    [0.0056, 1.7197, 18.439243217877618],
    [0.4, 2.01, 1.0593593497394533],
    [0.9, 1.3, 0.15097232593909415],
    [0.05, 2, 4.302652729749464],
    [0.05, 3, 3.1824463052837086],
    [0.05, 4.5, 2.658912347204404],
    [0.05, 10, 2.2281388519862753],
    [0.01, 5, 4.032142983555229],
    [0.001, 9, 4.780912585931139],
    [0.00625, 18, 3.0947997702111456],
    [0.2, 30, 1.3104150253913955],
  ];
  for (const [p, degrees, expected] of table) assertClose(studentTCritical(p, degrees), expected, 1e-5);
  assert.throws(() => studentTCritical(0, 3), RangeError);
});

/** One run: a mean TTFT that varies from run to run by `spread`. */
function runOf(random: Random, options: { level?: number; spread?: number } = {}): RunFigures {
  const value = (options.level ?? 1) * Math.exp((options.spread ?? 0.03) * standardNormal(random));
  return { conditions: { model: "m" }, figures: { ttft_mean: { value, batches: [] } }, samples: {} };
}

function runs(random: Random, count: number, options = {}): RunFigures[] {
  return Array.from({ length: count }, () => runOf(random, options));
}

Deno.test("compareFigures() keeps its promise: of 1,000 pairs of equal runs at most 5 % fail", () => {
  const random = seededRandom(17);
  const verdicts = Array.from(
    { length: 1000 },
    () => compareFigures(runs(random, 6), runs(random, 6), { threshold: 0 }).verdict,
  );
  // With a threshold of 0 a fail is a one-sided miss of a two-sided 95 % interval: 2.5 %.
  const failed = verdicts.filter((verdict) => verdict === "fail").length;
  assert.ok(failed >= 10 && failed <= 45, `${failed}`);
});

Deno.test("compareFigures() finds a slowdown of 10 % with 6 runs a side as often as theory says", () => {
  const random = seededRandom(18);
  const found = Array.from(
    { length: 1000 },
    () =>
      compareFigures(runs(random, 6, { spread: 0.05 }), runs(random, 6, { spread: 0.05, level: 1.1 }), {
        threshold: 0,
      }).verdict,
  ).filter((verdict) => verdict === "fail").length;
  // Power of the two-sided t test at 5 %, effect log(1.1)/0.05 = 1.906, 6 a side: 0.8444 (non-central t of scipy 1.17.1).
  assert.ok(found >= 815 && found <= 885, `${found}`);
});

Deno.test("compareFigures() passes, fails or leaves open by where the interval lies", () => {
  const random = seededRandom(3);
  const same = runs(random, 6, { spread: 0.005 });
  assert.equal(compareFigures(same, runs(random, 6, { spread: 0.005 })).verdict, "pass");
  assert.equal(compareFigures(same, runs(random, 6, { spread: 0.005, level: 1.2 })).verdict, "fail");
  assert.equal(compareFigures(same, runs(random, 6, { spread: 0.005, level: 1.05 })).verdict, "inconclusive");
  const single = compareFigures(same.slice(0, 1), runs(random, 1, { level: 3 }));
  assert.equal(single.verdict, "inconclusive", "one bare number a side proves nothing");
  assert.equal(single.figures[0]!.basis, "none");
});

Deno.test("compareFigures() knows that more throughput is better", () => {
  const rate = (value: number): RunFigures => ({
    conditions: {},
    figures: { requests_per_second: { value, batches: [] } },
    samples: {},
  });
  const before = [10, 10.1, 9.9].map(rate);
  assert.equal(compareFigures(before, [14, 14.1, 13.9].map(rate)).verdict, "pass");
  assert.equal(compareFigures(before, [7, 7.1, 6.9].map(rate)).verdict, "fail");
});

Deno.test("compareFigures() refuses to judge runs that are not comparable", () => {
  const random = seededRandom(5);
  const other = runs(random, 3).map((run) => ({ ...run, conditions: { model: "another" } }));
  const comparison = compareFigures(runs(random, 3), other);
  assert.equal(comparison.verdict, "not_comparable");
  assert.deepEqual(comparison.checks.find((check) => check.condition === "model"), {
    condition: "model",
    before: "m",
    after: "another",
    same: "no",
  });
});

function request(dueSeconds: number, ttftSeconds: number): RequestRecord {
  const first = dueSeconds + ttftSeconds;
  return {
    id: String(dueSeconds),
    target: "load",
    model: "m",
    endpoint: "completions",
    phase: "steady",
    outcome: "ok",
    dueSeconds,
    sentSeconds: dueSeconds,
    chunkTimesSeconds: Float64Array.of(first, first + 0.02, first + 0.04),
    endSeconds: first + 0.04,
    promptTokens: 100,
    outputTokens: 3,
    engine: "e",
    trust: "good",
  };
}

Deno.test("figuresOfRequests() gives figures of the whole and of ten batches in order of time", () => {
  const figures = figuresOfRequests(Array.from({ length: 100 }, (_, i) => request(i, i < 50 ? 0.1 : 0.3)));
  assertClose(figures.figures.ttft_mean!.value, 0.2, 1e-9);
  assert.deepEqual(figures.figures.ttft_mean!.batches.map((value) => Math.round(value * 10)), [
    1,
    1,
    1,
    1,
    1,
    3,
    3,
    3,
    3,
    3,
  ]);
  assertClose(figures.figures.itl_mean!.value, 0.02, 1e-9);
  assertClose(figures.figures.output_tokens_per_second!.value, 300 / 99.34, 1e-3);
  assert.equal(figures.figures.failed_share!.value, 0);
});

Deno.test("compareRuns() compares two single runs by batches and shows how the distribution moved", async () => {
  const noise = seededRandom(9);
  const side = (level: number) => ({
    records: Array.from({ length: 300 }, (_, i) => request(i, level * (1 + 0.1 * noise.next()))),
  });
  const comparison = await compareRuns(side(0.1), side(0.15));
  const ttft = comparison.figures.find((one) => one.figure === "ttft_mean")!;
  assert.deepEqual([ttft.basis, ttft.verdict, comparison.verdict], ["batches", "fail", "fail"]);
  assert.ok(ttft.change.lower < 1.5 && ttft.change.upper > 1.49 && ttft.change.lower > 1.45);
  assert.equal(comparison.shifts.find((shift) => shift.of === "ttft")!.distance, 1);
  assert.ok(comparison.figures.find((one) => one.figure === "itl_mean")!.verdict === "pass");
});

Deno.test("compareRuns() refuses thresholds below nothing and confidences that no interval has", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  for (
    const options of [
      { threshold: -0.1 },
      { threshold: NaN },
      { loadTolerance: -1 },
      { confidence: 1 },
      { confidence: 0 },
    ]
  ) {
    await assert.rejects(compareRuns(source, source, options), {
      name: "RangeError",
      message: /^Cannot call compareRuns: (threshold|loadTolerance|confidence) is /,
    });
  }
});

Deno.test("compareRuns() of a recording with itself finds nothing", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const { verdict, figures, checks } = await compareRuns(source, source);
  assert.notEqual(verdict, "fail");
  assert.ok(figures.every((one) => Math.abs(one.change.value - (one.kind === "ratio" ? 1 : 0)) < 1e-12));
  assert.ok(checks.every((check) => check.same !== "no"));
});

Deno.test("figuresOfFile() takes what another tool's file states and no more", () => {
  const figures = figuresOfFile({
    records: [],
    completed: 90,
    failed: 10,
    ttft: { mean: 0.2, percentiles: { 99: 0.9 } },
  });
  assert.deepEqual(Object.keys(figures.figures), ["ttft_mean", "ttft_p99", "failed_share"]);
  assert.equal(figures.figures.failed_share!.value, 0.1);
});

Deno.test("largestDistance() equals scipy.stats.ks_2samp on values with ties", () => {
  // scipy 1.17.1: ks_2samp([1, 2, 2, 3, 5], [2, 3, 3, 4]).statistic
  assert.equal(largestDistance([1, 2, 2, 3, 5], [2, 3, 3, 4]), 0.35);
  assert.equal(largestDistance([1, 2], [3, 4]), 1);
});

Deno.test("compareFigures() of one run a side does not fail equal runs when requests resemble their neighbours", () => {
  // First-order autoregression of .97: ten batches of 20 requests are worth three or four.
  const random = seededRandom(29);
  const run = () => {
    let state = standardNormal(random);
    const list = Array.from({ length: 200 }, (_, i) => {
      state = 0.97 * state + Math.sqrt(1 - 0.97 ** 2) * standardNormal(random);
      return request(i, 0.2 * Math.exp(0.4 * state));
    });
    return figuresOfRequests(list);
  };
  const pairs = 200;
  const failed =
    Array.from({ length: pairs }, () => compareFigures([run()], [run()], { figures: ["ttft_mean"] }))
      .filter(({ verdict }) => verdict === "fail").length;
  assert.ok(failed <= 0.05 * pairs, `${failed}`);
});

/** A source whose one load went to so many servers, on machines with these GPUs. */
function watched(servers: readonly TargetFacts[], gpus: readonly string[]): MemorySource {
  const source = new MemorySource();
  const nothing = { ids: [], values: [], defined: [], vanishedIds: [], events: [] };
  for (const facts of servers) source.append(facts.target, 1000, { ...nothing, facts });
  const details = { gpus: gpus.length, ...Object.fromEntries(gpus.map((name, i) => [`gpu${i}`, name])) };
  const gpu = { target: "gpu", kind: "gpu", simulated: false, details } as const;
  source.append("gpu", 1000, { ...nothing, facts: gpu });
  for (let i = 0; i < 30; i++) source.addRequest(request(1000 + i, 0.1));
  return source;
}

Deno.test("figuresOfSource() tells the servers and GPUs of a run from the facts of all targets", async () => {
  const server = (target: string, version = "0.32.0"): TargetFacts => ({
    target,
    kind: "vllm",
    simulated: false,
    version,
    models: ["m"],
    maxNumSequences: 64,
  });
  const h100 = "NVIDIA H100 80GB HBM3";
  const one = watched([server("a")], [h100]);
  const two = watched([server("a"), server("b", "0.31.0")], [h100, h100]);
  const { conditions } = await figuresOfSource(two);
  assert.deepEqual(
    [
      conditions.servers,
      conditions.version,
      conditions.gpu,
      conditions.maxNumSequences,
      conditions.simulated,
    ],
    [2, "0.31.0, 0.32.0", `2 × ${h100}`, 64, false],
  );
  const { verdict, checks } = await compareRuns(one, two);
  assert.equal(verdict, "not_comparable");
  assert.deepEqual(checks.filter(({ same }) => same === "no").map(({ condition }) => condition), [
    "servers",
    "version",
    "gpu",
  ]);
  assert.deepEqual(
    (await compareRuns(one, one)).checks.filter(({ same }) => same !== "yes"),
    [],
  );
});

Deno.test("compareFigures() fails a run whose failures come in one stretch, and says nothing where requests are not counted", () => {
  const run = (batches: readonly number[], count?: number): RunFigures => ({
    conditions: { model: "m" },
    figures: {
      failed_share: {
        value: batches.reduce((sum, one) => sum + one, 0) / batches.length,
        batches,
        ...(count === undefined ? {} : { count }),
      },
    },
    samples: {},
  });
  const calm = Array.from({ length: 10 }, () => 0);
  const crashed = [0, 0, 0, 0, 1, 1, 0.4, 0, 0, 0];
  assert.equal(compareFigures([run(calm, 190)], [run(crashed, 194)]).verdict, "fail");
  assert.equal(compareFigures([run(calm)], [run(crashed)]).verdict, "inconclusive");
});

Deno.test("compareFigures() fails a run in which nothing ended well, and decides nothing on other zeros", () => {
  const side = (figures: Partial<Record<ComparedFigure, number>>): RunFigures => ({
    conditions: {},
    figures: Object.fromEntries(
      Object.entries(figures).map(([name, value]) => [name, { value, batches: [] }]),
    ),
    samples: {},
  });
  const verdictOf = (before: Parameters<typeof side>[0], after: Parameters<typeof side>[0]) =>
    compareFigures([side(before)], [side(after)]);
  const stopped = verdictOf({ requests_per_second: 4 }, { requests_per_second: 0 });
  assert.deepEqual([stopped.verdict, stopped.figures[0]?.change.value], ["fail", 0]);
  for (
    const [before, after, value] of [[0, 4, Infinity], [0, 0, 1]] as const
  ) {
    const { verdict, figures } = verdictOf(
      { requests_per_second: before, itl_mean: before },
      { requests_per_second: after, itl_mean: after },
    );
    assert.equal(verdict, "inconclusive");
    assert.deepEqual(figures.map(({ change }) => change.value), [value, value]);
  }
});

Deno.test("compareRuns() does not compare what clients saw with what a server measured of itself", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const span = (await source.span())!;
  const rows = figuresOfRequests(await source.requests(span));
  const server = {
    ...rows,
    kind: "server" as const,
    conditions: { ...rows.conditions, seenBy: "server" as const },
  };
  assert.equal(compareFigures([rows], [server]).verdict, "not_comparable");
});

Deno.test("compareFigures() passes no duration where more requests were cut after than before, and says so", () => {
  const request = (second: number, outcome: "ok" | "unfinished"): RequestRecord => ({
    id: String(second),
    target: "s",
    model: "m",
    endpoint: "completions",
    phase: "p",
    outcome,
    dueSeconds: second,
    sentSeconds: second,
    endSeconds: second + 2,
    chunkTimesSeconds: outcome === "ok"
      ? Float64Array.of(second + 1, second + 1.5 + 0.001 * (second % 7))
      : new Float64Array(),
    outputTokens: 2,
    promptTokens: 1,
    engine: "e",
    trust: "good",
  });
  const run = (cut: number) =>
    figuresOfRequests(
      Array.from({ length: 100 }, (_, i) => request(i, i >= 100 - cut ? "unfinished" : "ok")),
    );
  const sides = (cut: number) => [run(cut), run(cut), run(cut)];
  const verdicts = (before: number, after: number) => {
    const { figures, cut } = compareFigures(sides(before), sides(after));
    const of = (name: ComparedFigure) => figures.find(({ figure }) => figure === name)!.verdict;
    const rounded = [cut?.before, cut?.after].map((share) => share && Number(share.toFixed(9)));
    return [of("ttft_mean"), of("failed_share"), ...rounded];
  };
  assert.deepEqual(verdicts(0, 0), ["pass", "pass", undefined, undefined]);
  assert.deepEqual(verdicts(20, 20), ["pass", "pass", 0.2, 0.2]);
  assert.deepEqual(verdicts(0, 20), ["inconclusive", "pass", 0, 0.2]);
  const text = renderComparison(compareFigures(sides(0), sides(20)));
  assert.match(text, /0% of the requests before, 20% after\. [^\n]+\n {2}- More were cut after than before/);
});

Deno.test("compareFigures() passes no percentile that may have doubled inside its bucket", async () => {
  // 94 of 100 within 0.1 s, six in the bucket of 0.1 s to 0.25 s: near its lower border before, near its upper one after.
  const run = (slow: number) =>
    figuresOfSource(seriesSource(
      Array.from({ length: 20 }, (_, minute) => [
        { timeSeconds: 60 * minute + 30, seconds: 0.05, count: 94 },
        { timeSeconds: 60 * minute + 60, seconds: slow, count: 6 },
      ]).flat(),
    ));
  const [before, after] = [await run(0.11), await run(0.22)];
  const { bounds } = before.figures.ttft_p99!;
  assert.ok(bounds!.lower <= 0.11 && bounds!.upper >= 0.11, JSON.stringify(bounds));
  const compared = compareFigures([before], [after], { threshold: 0.05 });
  const p99 = compared.figures.find(({ figure }) => figure === "ttft_p99")!;
  assert.deepEqual([p99.verdict, p99.bounded], ["inconclusive", true]);
  assert.ok(p99.change.upper >= 2, `${p99.change.upper}`);
  // What no bucket spoils is judged as before.
  const same = compareFigures([before], [before], { threshold: 0.05 });
  assert.equal(same.figures.find(({ figure }) => figure === "ttft_mean")!.bounded, undefined);
  assert.match(
    renderComparison(compared, { language: "en" }),
    /TTFT, p99.*: a server's buckets say only between/,
  );
});
