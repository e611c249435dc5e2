/** The same run, whichever file it is read from: every pair of kinds compares equal, or says what a file does not hold. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { compareFigures } from "../../src/analyzer/compare.ts";
import { figuresOfFile } from "../../src/analyzer/file_figures.ts";
import { figuresOfRequests, type RunFigures } from "../../src/analyzer/run_figures.ts";
import {
  BENCHMARK_FILES,
  readBenchmark,
  type WritableFormat,
  writeBenchmark,
} from "../../src/formats/benchmark_file.ts";
import { requestsCsv } from "../../src/export/csv.ts";
import type { RequestOutcome, RequestRecord } from "../../src/series/types.ts";
import { summarise } from "../../src/simulator/workload/summary.ts";
import { lab } from "../simulator/workload/lab.ts";
import { record } from "../simulator/workload/records.ts";

const KINDS = Object.keys(BENCHMARK_FILES) as WritableFormat[];
const START = 1_800_000_000;

/** What a test says of a request; durations in whole milliseconds. */
interface Made {
  readonly due: number;
  readonly late: number;
  readonly ttft: number;
  readonly gaps: readonly number[];
  readonly more: number;
  readonly outcome: RequestOutcome;
  readonly streamed: boolean;
}

const MADE = fc.record<Made>({
  due: fc.integer({ min: 0, max: 20_000 }),
  late: fc.integer({ min: 0, max: 50 }),
  ttft: fc.integer({ min: 500, max: 3_000 }),
  gaps: fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 12 }),
  more: fc.integer({ min: 0, max: 3 }),
  outcome: fc.constantFrom<RequestOutcome>(
    ...([
      "ok",
      "ok",
      "ok",
      "ok",
      "error",
      "connection_error",
      "timeout",
      "aborted",
      "unfinished",
      "dropped",
    ] as const),
  ),
  streamed: fc.boolean(),
});

function made(one: Made, index: number): RequestRecord {
  const dueSeconds = START + one.due / 1000;
  if (one.outcome === "dropped") {
    return record({
      ...{ id: `r${index}`, outcome: "dropped", dueSeconds, error: "too many in flight" },
      ...{ sentSeconds: undefined, endSeconds: undefined, chunkTimesSeconds: new Float64Array(0) },
    });
  }
  const sentSeconds = dueSeconds + one.late / 1000;
  let at = sentSeconds + one.ttft / 1000;
  const times = [at, ...one.gaps.map((gap) => at += gap / 1000)];
  const ok = one.outcome === "ok";
  // Where nothing came, and of an answer that was not streamed, there are no chunks.
  const chunkTimesSeconds = Float64Array.from(one.streamed || ok && index % 3 > 0 ? times : []);
  return record({
    id: `r${index}`,
    outcome: one.outcome,
    dueSeconds,
    sentSeconds,
    chunkTimesSeconds,
    endSeconds: at + one.more / 1000,
    promptTokens: 10 + index % 7,
    // A chunk may hold several tokens.
    outputTokens: ok ? times.length + one.more : undefined,
    ...(ok ? {} : {
      error: `no: "so", it
was`,
      status: 500,
    }),
  });
}

async function runsOf(rows: readonly Made[]): Promise<ReadonlyMap<string, RunFigures>> {
  const records = rows.map(made);
  const { workload } = lab(() => ({ kind: "stream", ttftSeconds: 0.1, itlSeconds: 0.1, tokens: 2 }));
  const base = await workload.simulateSteadyLoad({ durationSeconds: 1, ratePerSecond: 2 });
  const phase = { ...base.phases[0]!, name: "steady" };
  const result = { ...base, phases: [phase], records, summary: summarise(records) };
  const runs = new Map<string, RunFigures>([["requests", figuresOfRequests(records)]]);
  for (const kind of KINDS) {
    const [run, ...more] = readBenchmark(writeBenchmark(result, kind));
    assert.ok(run !== undefined && more.length === 0, kind);
    assert.equal(run.format, kind);
    runs.set(kind, figuresOfFile(run));
  }
  return runs;
}

/** What a kind of file cannot tell. */
const NOT_IN: Readonly<Record<string, readonly string[]>> = {
  guidellm: ["itl_p99"],
  csv: ["itl_p99"],
};

/** A double resolves a quarter of a microsecond of Unix time, a nanosecond of AIPerf's no more. */
function near(actual: number, expected: number, what: string): void {
  const far = Math.abs(actual - expected);
  assert.ok(far <= 1e-6 + 2e-6 * Math.abs(expected), `${what}: ${actual} is not ${expected}`);
}

Deno.test("a run has the same figures and conditions in every kind of file, or a file does not hold them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(MADE, { minLength: 1, maxLength: 30 }), async (rows) => {
      const runs = await runsOf(rows);
      const wanted = runs.get("requests")!;
      for (const [kind, run] of runs) {
        for (const [figure, { value }] of Object.entries(wanted.figures)) {
          const found = run.figures[figure as keyof typeof run.figures];
          if (found === undefined) {
            assert.ok(NOT_IN[kind]?.includes(figure), `${kind} lacks ${figure}`);
          } else near(found.value, value, `${kind} ${figure}`);
        }
        assert.deepEqual(Object.keys(run.figures).filter((name) => !(name in wanted.figures)), [], kind);
        for (const name of ["requestsPerSecondSent", "promptTokensMean", "outputTokensMean"] as const) {
          const [found, truth] = [run.conditions[name], wanted.conditions[name]];
          if (found === undefined || Number.isNaN(found) || truth === undefined || Number.isNaN(truth)) {
            continue;
          }
          near(found, truth, `${kind} ${name}`);
        }
      }
    }),
    { seed: 17, numRuns: 60 },
  );
});

Deno.test("a run compared with itself, of any two kinds of file, changed by nothing", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(MADE, { minLength: 12, maxLength: 30 }), async (rows) => {
      const runs = [...await runsOf(rows)];
      for (const [first, before] of runs) {
        for (const [second, after] of runs) {
          const { figures, checks, verdict } = compareFigures([before], [after]);
          const what = `${first} and ${second}`;
          assert.ok(verdict === "pass" || verdict === "inconclusive", `${what}: ${verdict}`);
          assert.deepEqual(checks.filter(({ same }) => same === "no"), [], what);
          for (const { figure, kind, change } of figures) {
            near(change.value, kind === "ratio" ? 1 : 0, `${what} ${figure}`);
          }
        }
      }
    }),
    { seed: 23, numRuns: 15 },
  );
});

Deno.test("closed loops are the same load with as many users, however slow the server: a slowdown fails", async () => {
  const side = async (slower: number, users: number, kind: WritableFormat) => {
    const { workload } = lab((i) => ({
      kind: "stream",
      ttftSeconds: slower * 0.05 * (1 + i % 4),
      itlSeconds: slower * 0.02,
      tokens: 5,
    }));
    const result = await workload.simulateConcurrentLoad({ concurrency: users, durationSeconds: 30 });
    const [run] = readBenchmark(writeBenchmark(result, kind));
    return figuresOfFile(run!);
  };
  for (const kind of ["lab", "vllm_bench", "aiperf", "guidellm"] as const) {
    const runs = (slower: number, users = 4) =>
      Promise.all([1, 1.002, 1.004, 1.001, 1.003].map((part) => side(slower * part, users, kind)));
    const slowed = compareFigures(await runs(1), await runs(2));
    assert.equal(slowed.verdict, "fail", kind);
    const check = (name: string) => slowed.checks.find(({ condition }) => condition === name);
    assert.deepEqual([check("users")?.same, check("requestsPerSecondSent")], ["yes", undefined], kind);
    assert.equal(compareFigures(await runs(1), await runs(1, 8)).verdict, "not_comparable", kind);
  }
});

Deno.test("an open loop with a limit has no users, at a steady rate or at one that changes", async () => {
  const side = async (toPerSecond: number, kind: WritableFormat) => {
    const { workload } = lab(() => ({ kind: "stream", ttftSeconds: 0.05, itlSeconds: 0.02, tokens: 5 }));
    const arrivals = { kind: "ramp", fromPerSecond: 1, toPerSecond, regular: true } as const;
    const result = await workload.simulateSteadyLoad({ durationSeconds: 20, arrivals, maxInFlight: 64 });
    return figuresOfFile(readBenchmark(writeBenchmark(result, kind))[0]!);
  };
  for (const kind of ["lab", "vllm_bench", "aiperf", "guidellm"] as const) {
    const { checks, verdict } = compareFigures([await side(3, kind)], [await side(8, kind)]);
    const sent = checks.find(({ condition }) => condition === "requestsPerSecondSent");
    assert.deepEqual([verdict, sent?.same], ["not_comparable", "no"], kind);
    assert.equal(checks.find(({ condition }) => condition === "users"), undefined, kind);
  }
});

Deno.test("the export's table of requests is read as the load's own is", async () => {
  const { workload } = lab((i) => ({
    kind: "stream",
    ttftSeconds: 0.05 * (1 + i % 4),
    itlSeconds: 0.02,
    tokens: 1 + i % 5,
  }));
  const result = await workload.simulateSteadyLoad({ durationSeconds: 20, ratePerSecond: 5 });
  const read = (text: string) => figuresOfFile(readBenchmark(text)[0]!);
  const [own, exported] = [
    read(writeBenchmark(result, "csv")),
    read([...requestsCsv(result.records)].join("")),
  ];
  assert.equal(exported.kind, "csv");
  for (const [name, figure] of Object.entries(own.figures)) {
    near(exported.figures[name as keyof typeof exported.figures]!.value, figure.value, name);
  }
  assert.deepEqual(Object.keys(exported.figures), Object.keys(own.figures));
});

Deno.test("readBenchmark() refuses a table of requests of which a part would be lost", async () => {
  const { workload } = lab(() => ({ kind: "stream", ttftSeconds: 0.05, itlSeconds: 0.02, tokens: 3 }));
  const result = await workload.simulateSteadyLoad({ durationSeconds: 10, ratePerSecond: 1 });
  const whole = writeBenchmark(result, "csv");
  const lines = whole.trimEnd().split("\r\n");
  const requests = lines.length - 1;
  assert.equal(readBenchmark(whole)[0]!.records.length, requests);
  const changed = (line: number, how: (text: string) => string) =>
    lines.map((text, i) => i === line ? how(text) : text).join("\r\n");
  const message = (text: string) => {
    try {
      return `${readBenchmark(text)[0]!.records.length} requests`;
    } catch (error) {
      return String(error);
    }
  };
  const start = "SyntaxError: Cannot read the table of requests: ";
  const cut = `of ${requests} is cut or no request, wanted a whole file`;
  // A file without its end; a quote within a cell; a quote that nothing ends; an outcome that there is not.
  assert.equal(message(whole.slice(0, -40)), `${start}row ${requests} ${cut}`);
  const quote = `${start}line 4: a quote out of place, wanted CSV`;
  assert.equal(message(changed(3, (text) => text.replace("mock", 'mo"ck'))), quote);
  assert.equal(message(changed(3, (text) => text.replace("mock", '"mock'))), quote);
  assert.equal(message(changed(2, (text) => text.replace(",ok,", ",okay,"))), `${start}row 2 ${cut}`);
});
