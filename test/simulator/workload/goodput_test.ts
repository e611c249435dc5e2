import assert from "node:assert/strict";
import { goodput, parseObjectives } from "../../../src/simulator/workload/goodput.ts";
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
    record({ outcome: "unfinished" }),
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

Deno.test("goodput() of nothing has no ratio", () => {
  const none = goodput([record({ outcome: "unfinished" })], { ttftSeconds: 1 }, { durationSeconds: 0 });
  assert.deepEqual([none.good, none.counted, none.ratio, none.interval, none.requestsPerSecond], [
    0,
    0,
    undefined,
    undefined,
    0,
  ]);
});
