import assert from "node:assert/strict";
import { goodput, parseObjectives } from "../../../src/simulator/workload/goodput.ts";
import type { RequestRecord } from "../../../src/series/types.ts";
import { record } from "./records.ts";

Deno.test("parseObjectives() reads names, units and refuses the rest", () => {
  assert.deepEqual(parseObjectives("ttft=500ms,itl=50ms"), { ttftSeconds: 0.5, itlSeconds: 0.05 });
  assert.deepEqual(parseObjectives(" E2EL:2s , tpot<1500us"), { e2eSeconds: 2, tpotSeconds: 0.0015 });
  const f = (text: string) => assert.throws(() => parseObjectives(text), SyntaxError, text);
  f("");
  f("ttft");
  f("ttft=500"); // without a unit it could be seconds or milliseconds
  f("ttft=0ms");
  f("ttft=-1s");
  f("speed=5s");
  f("ttft=1.2.3s");
});

const answer = (ttft: number, gap: number, chunks: number) =>
  record({
    sentSeconds: 10,
    chunkTimesSeconds: Float64Array.from({ length: chunks }, (_, i) => 10 + ttft + i * gap),
    outputTokens: chunks,
  });

Deno.test("goodput() needs all objectives, and failures miss", () => {
  const records = [
    answer(0.25, 0.125, 9), // keeps both
    answer(0.5, 0.125, 9), // on the limit: keeps
    answer(0.625, 0.125, 9), // first token too late
    answer(0.25, 0.25, 9), // too slow
    answer(0.25, 0, 1), // one token has no gap to miss
    record({ outcome: "error" }),
    record({ outcome: "timeout" }),
    record({ outcome: "dropped" }),
    record({ outcome: "unfinished", sentSeconds: 10, endSeconds: 10.25 }),
    record({ outcome: "aborted" }),
  ];
  const reached = goodput(records, { ttftSeconds: 0.5, itlSeconds: 0.125 }, { durationSeconds: 4 });
  assert.deepEqual([reached.good, reached.counted, reached.leftOut], [3, 8, 2]);
  assert.deepEqual(reached.met, { ttftSeconds: 4, itlSeconds: 4 });
  assert.equal(reached.requestsPerSecond, 0.75);
  assert.equal(reached.ratio, 0.375);
  assert.ok(reached.interval!.lower < 0.375 && reached.interval!.upper > 0.375);
  assert.equal(goodput(records, { tpotSeconds: 0.125 }, { durationSeconds: 4 }).good, 4);
  assert.equal(goodput(records, { e2eSeconds: 0.25 }, { durationSeconds: 4 }).good, 1);
});

Deno.test("goodput() counts an unfinished request as missed once it was too slow for certain", () => {
  const cut = (first: readonly number[], endSeconds: number) =>
    record({
      outcome: "unfinished",
      sentSeconds: 10,
      chunkTimesSeconds: Float64Array.from(first),
      endSeconds,
    });
  const f = (one: RequestRecord, counted: number) =>
    assert.equal(
      goodput([one], { ttftSeconds: 0.5, e2eSeconds: 2, itlSeconds: 0.1 }, { durationSeconds: 1 }).counted,
      counted,
    );
  f(cut([], 10.4), 0); // may still have come in time
  f(cut([], 10.6), 1); // no first token in time
  f(cut([10.4], 11), 0);
  f(cut([10.6], 11), 1); // first token too late
  f(cut([10.4], 12.1), 1); // no end in time
  f(cut([10.4, 10.9], 11), 0); // the mean gap may still fall
});

Deno.test("goodput() of nothing has no ratio", () => {
  const none = goodput([record({ outcome: "unfinished", endSeconds: 0 })], { ttftSeconds: 1 }, {
    durationSeconds: 0,
  });
  assert.deepEqual([none.good, none.counted, none.ratio, none.interval, none.requestsPerSecond], [
    0,
    0,
    undefined,
    undefined,
    0,
  ]);
});
