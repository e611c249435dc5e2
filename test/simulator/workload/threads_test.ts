import assert from "node:assert/strict";
import { seededRandom } from "../../../src/base/random.ts";
import { Draws } from "../../../src/simulator/workload/draws.ts";
import { planPhase, type WorkloadPhase } from "../../../src/simulator/workload/load_options.ts";
import { inOrderOfEnds } from "../../../src/simulator/workload/shared_phase.ts";
import { Tally, tallyMemory } from "../../../src/simulator/workload/tally.ts";
import { shareOf, threadsFor } from "../../../src/simulator/workload/threads.ts";
import { worstLag } from "../../../src/simulator/workload/trust.ts";
import { threadsSentence } from "../../../src/text/workload.ts";
import { lab, QUICK } from "./lab.ts";
import { record } from "./records.ts";

function plan(phase: Partial<WorkloadPhase> = {}) {
  const mode = { kind: "closed", users: 1000 } as const;
  return planPhase({ name: "p", mode, requests: 10, ...phase }, {
    model: "m",
    endpoint: "completions",
    prompts: undefined,
    seed: 7,
    salt: "0a1b2c3d",
  });
}

Deno.test("threadsFor() adds threads by users and processors, and says where it cannot", () => {
  const users = (count: number) => plan({ mode: { kind: "closed", users: count } });
  // Measured: of 200 streams a single thread's TTFT was off by 2 to 5 ms at p99, two threads' by 1.
  assert.deepEqual([1, 100, 101, 200, 201, 1000, 5000].map((n) => threadsFor(users(n), "auto", 8).threads), [
    1,
    1,
    2,
    2,
    3,
    4,
    4,
  ]);
  assert.deepEqual(threadsFor(users(1000), "auto", 2), { threads: 2 });
  assert.deepEqual(threadsFor(users(1000), "auto", 1), { threads: 1 });
  assert.deepEqual(threadsFor(users(3), 8, 2), { threads: 3, limit: "users" });
  assert.deepEqual(threadsFor(users(8), 8, 2), { threads: 8 });
  const rates = [
    [{ kind: "poisson", ratePerSecond: 101 }, 2],
    [{ kind: "ramp", fromPerSecond: 1, toPerSecond: 300 }, 3],
    [{ kind: "steps", steps: [{ ratePerSecond: 300, durationSeconds: 1 }] }, 3],
    [{ kind: "sine", meanPerSecond: 100, amplitudePerSecond: 50, periodSeconds: 9 }, 2],
    [{ kind: "trace", timesSeconds: Array.from({ length: 151 }, (_, i) => 5 + i / 150) }, 2],
    [{ kind: "trace", timesSeconds: [] }, 1],
  ] as const;
  for (const [arrivals, wanted] of rates) {
    const open = plan({ mode: { kind: "open", arrivals }, durationSeconds: 9 });
    assert.equal(threadsFor(open, "auto", 8).threads, wanted, arrivals.kind);
  }
  const many = { kind: "constant", ratePerSecond: 5000 } as const;
  assert.equal(threadsFor(plan({ mode: { kind: "open", arrivals: many } }), "auto", 8).threads, 4);
  assert.equal(
    threadsFor(plan({ mode: { kind: "open", arrivals: many, maxInFlight: 9 } }), "auto", 8).threads,
    1,
  );
  const arrivals = { kind: "constant", ratePerSecond: 9 } as const;
  assert.deepEqual(threadsFor(plan({ mode: { kind: "open", arrivals } }), "auto", 8), { threads: 1 });
  assert.deepEqual(threadsFor(plan({ mode: { kind: "open", arrivals } }), 2, 8), { threads: 2 });
  assert.deepEqual(threadsFor(plan({ mode: { kind: "open", arrivals, maxInFlight: 1 } }), 2, 8), {
    threads: 1,
    limit: "users",
  });
  const talk = plan({ prompts: { kind: "conversation", turns: 2, tokensPerTurn: 9 } });
  assert.deepEqual(threadsFor(talk, 2, 8), { threads: 1, limit: "conversation" });
  assert.deepEqual(threadsFor(talk, "auto", 8), { threads: 1 });
});

Deno.test("shareOf() deals out all and no more", () => {
  for (const total of [0, 1, 2, 7, 64, 2048]) {
    for (const count of [1, 2, 3, 64]) {
      const shares = Array.from({ length: count }, (_, index) => shareOf(total, { index, count }));
      assert.equal(shares.reduce((sum, share) => sum + share, 0), total);
      assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
    }
  }
});

Deno.test("Draws gives each number the same request, whoever draws the others", () => {
  for (
    const phase of [
      { maxTokens: { kind: "uniform", minimum: 1, maximum: 999 }, aborts: { ratio: 0.5, afterChunks: 3 } },
      { prompts: { kind: "lengths", tokens: { kind: "normal", mean: 40, std: 20 }, prefixGroups: 3 } },
      { prompts: { kind: "rows", rows: [{ promptTokens: 5 }, { text: "a", outputTokens: 3 }] } },
      { prompts: { kind: "texts", texts: ["a", "b", "c"], order: "random" } },
    ] as const satisfies readonly Partial<WorkloadPhase>[]
  ) {
    const draws = () => new Draws(plan(phase), seededRandom(7));
    const [alone, ...shared] = [draws(), draws(), draws(), draws()];
    for (let number = 0; number < 50; number++) {
      // In no regular turn, as users of a closed loop take theirs.
      assert.deepEqual(shared[number * number % 3]!.of(number, number), alone!.of(number, number));
    }
  }
});

Deno.test("Tally gives each number out once and no number beyond the last", () => {
  const memory = tallyMemory();
  const [a, b] = [new Tally(memory), new Tally(memory)];
  assert.deepEqual([a.take(3), b.take(3), a.take(3), b.take(3), a.take(3)], [0, 1, 2, undefined, undefined]);
  assert.deepEqual([a.isLeft(3), b.isLeft(4)], [false, true]);
  a.begin();
  b.begin();
  assert.equal(a.begun, 2);
});

Deno.test("Tally counts failures in a row and tokens over all threads", () => {
  const memory = tallyMemory();
  const [a, b] = [new Tally(memory), new Tally(memory)];
  a.failed(true);
  assert.deepEqual(b.failed(true), { failures: 2, connectionFailures: 2 });
  assert.deepEqual(a.failed(false), { failures: 3, connectionFailures: 0 });
  b.succeeded();
  assert.deepEqual(a.failed(true), { failures: 1, connectionFailures: 1 });
  assert.deepEqual([a.reserve(60, 100), b.reserve(41, 100), b.reserve(40, 100)], [true, false, true]);
  a.settle(60, 20);
  assert.equal(b.tokens, 60);
  assert.equal(b.reserve(5e9, Infinity), true);
  assert.equal(a.tokens, 5_000_000_060);
  assert.equal(a.isStopped, false);
  b.stop();
  assert.equal(a.isStopped, true);
});

Deno.test("inOrderOfEnds() merges by end, and leaves a request without an end behind the one before it", () => {
  const f = (id: string, endSeconds: number | undefined) => record({ id, endSeconds });
  const lists = [[f("a", 1), f("b", 4), f("c", undefined), f("d", 9)], [f("e", 2), f("f", 3), f("g", 5)]];
  assert.deepEqual(inOrderOfEnds(lists).map(({ id }) => id), ["a", "e", "f", "b", "c", "g", "d"]);
  assert.deepEqual(inOrderOfEnds([[], []]), []);
});

Deno.test("worstLag() is the thread that was held up most, over all phases", () => {
  const quiet = new Float64Array(100).fill(0.001);
  const busy = new Float64Array(100).fill(0.009);
  assert.deepEqual([...worstLag([[quiet, busy]])!], [...busy]);
  assert.deepEqual(worstLag([[quiet, busy], [quiet]])!.length, 100);
  assert.deepEqual(worstLag([[busy], [quiet]])!.length, 200);
  assert.equal(worstLag([[], []]), undefined);
});

Deno.test("a load with a fetch of its own has one thread, and says why it has no more", async () => {
  const run = async (threads: number | "auto") => {
    const { workload } = lab(() => QUICK, { threads });
    return await workload.simulateConcurrentLoad({ requests: 4, concurrency: 2 });
  };
  const asked = await run(2);
  assert.deepEqual([asked.threads, asked.threadsLimit], [1, "own_thread"]);
  assert.match(threadsSentence(asked, "en")!, /^The load had 1 thread: .* it runs in the caller's thread\.$/);
  assert.match(threadsSentence(asked, "zh-TW")!, /1 個執行緒/);
  const automatic = await run("auto");
  assert.deepEqual([automatic.threads, automatic.threadsLimit], [1, undefined]);
  assert.equal(threadsSentence(automatic, "en"), undefined);
  assert.throws(
    () => lab(() => QUICK, { threads: 0 }),
    /threads is the number 0, wanted a whole number from 1/,
  );
});
