import assert from "node:assert/strict";
import {
  isKept,
  judgedRequests,
  judgeShare,
  meets,
  objectiveVerdict,
  wilsonInterval,
} from "../../src/analyzer/objectives.ts";
import { openShippedData } from "../../src/collector/shipped_data.ts";
import type { RequestRecord } from "../../src/series/types.ts";
import { assertClose } from "../helpers/close.ts";

function request(options: Partial<RequestRecord> & { chunks?: readonly number[] }): RequestRecord {
  return {
    id: "r",
    target: "load",
    model: "m",
    endpoint: "chat",
    phase: "p",
    outcome: "ok",
    dueSeconds: 10,
    sentSeconds: 10,
    chunkTimesSeconds: Float64Array.from(options.chunks ?? [10.2, 10.3, 10.5]),
    endSeconds: 10.5,
    outputTokens: 3,
    engine: "e",
    trust: "good",
    ...options,
  };
}

Deno.test("meets() judges TTFT, TPOT, the mean gap and the whole by one request", () => {
  assert.equal(
    meets(request({}), { ttftSeconds: 0.25, tpotSeconds: 0.16, itlSeconds: 0.25, e2eSeconds: 0.6 }),
    true,
  );
  assert.equal(meets(request({}), { ttftSeconds: 0.1 }), false);
  assert.equal(meets(request({}), { tpotSeconds: 0.14 }), false, "0.3 s over two tokens");
  // Gaps of 0.1 and 0.2 s: 0.15 s on average, which is what ITL means here, as of AIPerf and GuideLLM.
  assert.equal(meets(request({}), { itlSeconds: 0.151 }), true);
  assert.equal(meets(request({}), { itlSeconds: 0.149 }), false);
  assert.equal(meets(request({}), { e2eSeconds: 0.4 }), false);
  assert.equal(meets(request({ chunks: [10.2], outputTokens: 1 }), { tpotSeconds: 0.001 }), true);
});

Deno.test("meets() takes failures as misses and leaves out what was cut before it had missed", () => {
  for (const outcome of ["timeout", "error", "connection_error", "dropped"] as const) {
    assert.equal(meets(request({ outcome }), {}), false, outcome);
  }
  for (const outcome of ["aborted", "unfinished"] as const) {
    assert.equal(meets(request({ outcome }), { ttftSeconds: 0.5 }), undefined, outcome);
  }
  // Cut by the end after 0.5 s without a first token: 0.4 s are missed for certain, 0.6 s are not.
  const waiting = request({ outcome: "unfinished", chunks: [] });
  assert.equal(meets(waiting, { ttftSeconds: 0.4 }), false);
  assert.equal(meets(waiting, { ttftSeconds: 0.6 }), undefined);
  assert.equal(meets(waiting, { e2eSeconds: 0.4 }), false);
});

Deno.test("wilsonInterval() equals statsmodels' proportion_confint(method='wilson')", () => {
  // statsmodels 0.15.0: (95 of 100), (0 of 20), (20 of 20)
  const table: [number, number, number, number][] = [
    [95, 100, 0.8882495307680808, 0.9784563208456319],
    [0, 20, 0, 0.1611251580528194],
    [20, 20, 0.8388748419471804, 1],
  ];
  for (const [successes, trials, lower, upper] of table) {
    const interval = wilsonInterval(successes, trials, 0.95);
    if (lower > 0) assertClose(interval.lower, lower, 1e-6);
    assertClose(interval.upper, upper, 1e-6);
  }
});

Deno.test("judgeShare() decides only when the interval lies on one side, and tells what is left of the budget", () => {
  const of = (good: number, bad: number) => judgeShare({ met: good, total: good + bad }, 0.95);
  assert.equal(of(1000, 10).verdict, "met");
  assert.equal(of(900, 100).verdict, "missed");
  assert.equal(of(19, 1).verdict, "open");
  assertClose(of(980, 20).budgetLeft, 0.6, 1e-9);
  assertClose(of(900, 100).budgetLeft, -1, 1e-9);
});

Deno.test("judgedRequests() counts requests that ended well or failed, and none that were cut on purpose", async () => {
  const source = await openShippedData("vllm-0.32.0-cpu");
  const judged = judgedRequests(await source.requests((await source.span())!), { ttftSeconds: 5 });
  assert.equal(judged.length, 181, "173 that ended well and 8 refused; 30 were cut on purpose");
});

Deno.test("objectiveVerdict() goes by what was measured, and says where too few requests were", () => {
  // 70 of 100: Wilson's 95 % interval is 60.4 % to 78.1 % (Python's statsmodels, proportion_confint).
  const rows = [
    [70, 100, 0.6, "met", true],
    [70, 100, 0.7, "met_so_far", true],
    [70, 100, 0.75, "missed_so_far", false],
    [70, 100, 0.8, "missed", false],
    [4, 4, 0.99, "met_so_far", true],
    [4, 4, 1, "met", true],
    [99, 100, 1, "missed", false],
    [381, 381, 0.99, "met", true],
  ] as const;
  for (const [met, total, wanted, verdict, kept] of rows) {
    const found = objectiveVerdict(judgeShare({ met, total }, wanted));
    assert.deepEqual([found, isKept(found)], [verdict, kept], `${met} of ${total}, wanted ${wanted}`);
  }
});
