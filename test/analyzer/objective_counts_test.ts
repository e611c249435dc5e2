/** Servers made by hand: which requests an objective counts, and what an ITL objective is held against. */
import assert from "node:assert/strict";
import { errorBudget, watchedObjective } from "../../src/analyzer/error_budget.ts";
import { stillWaitingAt, sumOf } from "../../src/analyzer/objective_counts.ts";
import { summarizeObjectives } from "../../src/analyzer/objective_summaries.ts";
import { objectiveLines } from "../../src/report/cost_blocks.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import type { SeriesDefinition } from "../../src/series/types.ts";

const START = 1_767_603_600;
const BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];
const NAMES = {
  ttft: "vllm:time_to_first_token_seconds",
  itl: "vllm:inter_token_latency_seconds",
  tpot: "vllm:request_time_per_output_token_seconds",
} as const;

/** What a second adds to a histogram, and how the gauges stand then. */
interface Second {
  readonly ttft?: readonly number[];
  readonly itl?: readonly number[];
  readonly tpot?: readonly number[];
  readonly waiting?: number;
  readonly running?: number;
}

type Histogram = keyof typeof NAMES;

/** One scrape a second of one server, beside those that are in the source already. */
function server(
  histograms: readonly Histogram[],
  seconds: number,
  at: (second: number) => Second,
  { made, target }: { readonly made: MemorySource; readonly target: string } = {
    made: new MemorySource(),
    target: "s",
  },
): MemorySource {
  const gauges: SeriesDefinition[] = ["running", "waiting"].map((name, id) => ({
    id,
    name: `vllm:num_requests_${name}`,
    labels: { engine: "0" },
    type: "gauge",
    unit: "requests",
  }));
  const own = histograms.flatMap((name) =>
    [
      ...BOUNDS.map((bound) => ["bucket", { le: bound === Infinity ? "+Inf" : String(bound) }] as const),
      ["count", {}] as const,
      ["sum", {}] as const,
    ].map(([part, labels]) => ({ name: `${NAMES[name]}_${part}`, labels }))
  );
  const defined = [
    ...gauges,
    ...own.map(({ name, labels }, i): SeriesDefinition => ({
      id: i + 2,
      name,
      labels: { engine: "0", ...labels },
      type: "histogram",
      unit: "seconds",
    })),
  ];
  const totals = new Map(histograms.map((name) => [name, [...BOUNDS.map(() => 0), 0, 0]]));
  for (let second = 0; second <= seconds; second++) {
    const now = at(second);
    for (const [name, total] of totals) {
      for (const value of second === 0 ? [] : now[name] ?? []) {
        BOUNDS.forEach((bound, i) => total[i]! += value <= bound ? 1 : 0);
        total[BOUNDS.length]!++;
        total[BOUNDS.length + 1]! += value;
      }
    }
    made.append(target, START + second, {
      ids: defined.map(({ id }) => id),
      values: [now.running ?? 0, now.waiting ?? 0, ...[...totals.values()].flat()],
      defined: second === 0 ? defined : [],
      vanishedIds: [],
      events: [],
      ...(second === 0
        ? { facts: { target, kind: "vllm", simulated: true, intervalSeconds: 1 } as const }
        : {}),
    });
  }
  return made;
}

Deno.test("errorBudget() holds an ITL objective against requests' means, not against single gaps", async () => {
  // Each second two requests of 20 tokens end. One has gaps of 20 ms; the other nine of 20 ms and ten of 80 ms, 51.6 ms on
  // average. Of the gaps 28 of 38 are within 50 ms, of the requests one of two.
  const gaps = [
    ...Array<number>(19).fill(0.02),
    ...Array<number>(9).fill(0.02),
    ...Array<number>(10).fill(0.08),
  ];
  const second = { itl: gaps, tpot: [0.02, (9 * 0.02 + 10 * 0.08) / 19] };
  const known = await errorBudget(server(["itl", "tpot"], 60, () => second), {
    itlSeconds: 0.05,
    share: 0.9,
  });
  assert.ok(!("absent" in known));
  assert.deepEqual([known.met, known.total, known.countedBy], [60, 120, "request_means"]);
  // A server without that histogram has its gaps only: what is counted then is said to be gaps.
  const source = server(["itl"], 60, () => second);
  const span = { startSeconds: START, endSeconds: START + 60 };
  const objective = { text: "itl=50ms@90%", objective: { itlSeconds: 0.05, share: 0.9 } };
  const [summary] = await summarizeObjectives(source, [objective], span);
  assert.ok(summary !== undefined && !("absent" in summary.budget));
  const { met, total, countedBy } = summary.budget;
  assert.deepEqual([met, total, countedBy], [60 * 28, 60 * 38, "gaps"]);
  const [line] = objectiveLines(summary, "en");
  assert.match(line!, /73\.7% of 2280 gaps \(1680\), wanted 90%: missed\./);
  assert.match(
    line!,
    /; counted by single gaps between tokens, since this server keeps no mean of a request$/,
  );
});

/** Four requests a second until 60 s, answered at once; then the server hangs, and they wait. */
const hanging = (second: number): Second =>
  second <= 60
    ? { ttft: [0.1, 0.1, 0.1, 0.1], running: 4, waiting: 0 }
    : { running: 4, waiting: 4 * (second - 60) };
const HANG = server(["ttft"], 120, hanging);

Deno.test("errorBudget() counts requests as missed that have waited longer than the limit when the data ends", async () => {
  const objective = { text: "ttft=10s@99%", objective: { ttftSeconds: 10, share: 0.99 } };
  const [summary] = await summarizeObjectives(HANG, [objective], {
    startSeconds: START,
    endSeconds: START + 120,
  });
  assert.ok(summary !== undefined && !("absent" in summary.budget));
  // 240 were answered in time; of the 240 that wait at 120 s, 200 had come by 110 s.
  const { met, total, stillWaiting, verdict } = summary.budget;
  assert.deepEqual([met, total, stillWaiting, verdict], [240, 440, 200, "missed"]);
  assert.match(
    objectiveLines(summary, "en")[0]!,
    /200 of the missed had not ended, after more than the limit, when the data ends$/,
  );
});

Deno.test("an objective names the servers of which it counts nothing", async () => {
  // An older version keeps gaps between tokens only, which are not held against an objective where others have means.
  const made = server(["itl", "tpot"], 60, () => ({ itl: [0.02], tpot: [0.02] }));
  server(["itl"], 60, () => ({ itl: [0.08] }), { made, target: "old" });
  const [summary] = await summarizeObjectives(made, [{
    text: "itl=50ms@90%",
    objective: { itlSeconds: 0.05, share: 0.9 },
  }], { startSeconds: START, endSeconds: START + 60 });
  assert.match(objectiveLines(summary!, "en")[0]!, /100% of 60 .*; 2 servers together \(s 100%, old n\/a\);/);
});

Deno.test("errorBudget() counts those that wait against the server that lets them wait", async () => {
  const made = server(["ttft"], 120, () => ({ ttft: [0.1], running: 1, waiting: 0 }));
  server(["ttft"], 120, hanging, { made, target: "h" });
  const [summary] = await summarizeObjectives(made, [{
    text: "ttft=10s@99%",
    objective: { ttftSeconds: 10, share: 0.99 },
  }], { startSeconds: START, endSeconds: START + 120 });
  assert.ok(summary !== undefined && !("absent" in summary.budget));
  const { met, total, byServer = [] } = summary.budget;
  assert.deepEqual([met, total], [360, 560]);
  // The parts are those of the whole.
  assert.deepEqual(byServer.map((one) => [one.target, one.met, one.total]), [["s", 120, 120], [
    "h",
    240,
    440,
  ]]);
  assert.match(
    objectiveLines(summary, "en")[0]!,
    /64\.3% of 560 .*; 2 servers together \(s 100%, h 54\.5%\);/,
  );
});

/** Of all servers together. */
const waitingAt = async (...asked: Parameters<typeof stillWaitingAt>) =>
  sumOf(await stillWaitingAt(...asked));

Deno.test("stillWaitingAt() counts no request that may have had its first token, and none within the limit", async () => {
  // 20 wait all the time, and two first tokens come a second: of those that waited 10 s ago none need be left.
  const moving = server(["ttft"], 60, () => ({ ttft: [5, 5], running: 8, waiting: 20 }));
  const ttft = (seconds: number) => ({ quantity: "ttft", seconds }) as const;
  assert.equal(await waitingAt(moving, ttft(10), START + 60), 0);
  assert.equal(await waitingAt(moving, ttft(5), START + 60), 10);
  assert.equal(await waitingAt(HANG, ttft(100), START + 120), 0);
  assert.equal(await waitingAt(HANG, { quantity: "itl", seconds: 1 }, START + 120), 0);
  assert.equal(await waitingAt(new MemorySource(), ttft(1), START), 0);
});

Deno.test("an objective that a server keeps no histogram of is not missed by whatever waits there", async () => {
  // 20 wait and eight run all the time. First tokens and ends are not kept: all of them may be others each second.
  const source = server([], 60, () => ({ running: 8, waiting: 20 }));
  for (
    const [objective, code] of [
      [{ ttftSeconds: 1, share: 0.99 }, "no_first_tokens_in_window"],
      [{ e2eSeconds: 1, share: 0.99 }, "no_requests_in_window"],
    ] as const
  ) assert.deepEqual(await errorBudget(source, objective), { absent: { code } });
  assert.equal(await waitingAt(source, { quantity: "ttft", seconds: 10 }, START + 60), 0);
});

Deno.test("watchedObjective() raises its alarm for a server that hangs, whose histograms stand still", async () => {
  const watched = watchedObjective({ quantity: "ttft", seconds: 10 }, { text: "ttft=10s@99%", share: 0.99 });
  const at = async (second: number) => {
    const [reading] = await watched.read(HANG, START + second);
    return reading !== undefined && "value" in reading ? reading.beyond : undefined;
  };
  assert.deepEqual([await at(60), await at(120)], [false, true]);
});
