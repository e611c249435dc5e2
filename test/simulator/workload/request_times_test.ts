import assert from "node:assert/strict";
import * as times from "../../../src/simulator/workload/request_times.ts";
import { summarise } from "../../../src/simulator/workload/summary.ts";
import { record } from "./records.ts";

Deno.test("the durations of a request are what vllm bench's formulas give", () => {
  // Sent at 100.5 (due 100.25), chunks at +0.5, +0.75, +0.75 and +2; five tokens in four chunks.
  const one = record({
    dueSeconds: 100.25,
    sentSeconds: 100.5,
    connectStartedSeconds: 100.375,
    connectedSeconds: 100.4375,
    headersSeconds: 100.53125,
    chunkTimesSeconds: Float64Array.of(101, 101.25, 101.25, 102.5),
    endSeconds: 102.75,
    outputTokens: 5,
  });
  assert.equal(times.ttftSeconds(one), 0.5);
  assert.equal(times.ttftScheduledSeconds(one), 0.75);
  assert.deepEqual([...times.interTokenSeconds(one)], [0.25, 0, 1.25]);
  assert.equal(times.interTokenMeanSeconds(one), 0.5);
  assert.equal(times.tpotSeconds(one), 0.375); // (2.0 - 0.5) / (5 - 1)
  assert.equal(times.e2eSeconds(one), 2); // the usage chunk at 102.75 does not count
  assert.equal(times.e2eScheduledSeconds(one), 2.25);
  assert.equal(times.connectSeconds(one), 0.0625);
  assert.equal(times.headersWaitSeconds(one), 0.03125);
  assert.equal(times.latenessSeconds(one), 0.125);
  assert.equal(times.coalescedChunks(one), 1);
});

Deno.test("what did not happen has no duration", () => {
  const dropped = record({
    outcome: "dropped",
    sentSeconds: undefined,
    chunkTimesSeconds: new Float64Array(0),
  });
  const all = [
    times.ttftSeconds,
    times.tpotSeconds,
    times.e2eSeconds,
    times.connectSeconds,
    times.headersWaitSeconds,
    times.latenessSeconds,
  ];
  for (const duration of all) {
    assert.equal(duration(dropped), undefined, duration.name);
  }
  assert.equal(times.interTokenSeconds(dropped).length, 0);
  const single = record({ chunkTimesSeconds: Float64Array.of(2), outputTokens: 1 });
  assert.equal(times.tpotSeconds(single), undefined);
  assert.equal(times.interTokenMeanSeconds(single), undefined);
});

Deno.test("an answer that was not streamed has an end and no first token", () => {
  const whole = record({ sentSeconds: 1, chunkTimesSeconds: new Float64Array(0), endSeconds: 3 });
  assert.equal(times.ttftSeconds(whole), undefined);
  assert.equal(times.e2eSeconds(whole), 2);
});

Deno.test("summarise() counts failed requests apart, and latencies of good ones only", () => {
  const good = (at: number) =>
    record({
      dueSeconds: at,
      sentSeconds: at,
      chunkTimesSeconds: Float64Array.of(at + 1, at + 2),
      endSeconds: at + 2,
      promptTokens: 10,
      outputTokens: 2,
    });
  const bad = record({
    outcome: "error",
    dueSeconds: 0,
    sentSeconds: 0,
    chunkTimesSeconds: Float64Array.of(50),
    endSeconds: 4,
    error: "request 12 failed",
    status: 500,
  });
  const other = record({ ...bad, error: "request 13 failed" });
  const summary = summarise([good(0), good(2), bad, other], 8);
  assert.deepEqual([summary.requests, summary.byOutcome.ok, summary.byOutcome.error], [4, 2, 2]);
  assert.deepEqual(summary.failures, [{
    outcome: "error",
    reason: "request 12 failed",
    status: 500,
    count: 2,
  }]);
  assert.equal(summary.ttft?.count, 2);
  assert.equal(summary.ttft?.max, 1);
  assert.deepEqual([summary.promptTokens, summary.outputTokens], [20, 4]);
  assert.deepEqual([summary.requestsPerSecond, summary.outputTokensPerSecond, summary.totalTokensPerSecond], [
    0.25,
    0.5,
    3,
  ]);
  // 0–2 and 2–4 one after another, two failures beside them: three at once, 12 request-seconds in 8 s.
  assert.deepEqual([summary.maxInFlight, summary.meanInFlight], [3, 1.5]);
});

Deno.test("summarise() of nothing has counts of zero and no latencies", () => {
  const summary = summarise([]);
  assert.equal(summary.requests, 0);
  assert.equal("ttft" in summary, false);
  assert.equal(summary.requestsPerSecond, 0);
});
