import assert from "node:assert/strict";
import { seededRandom, standardNormal } from "../../../src/base/random.ts";
import { ttftSeconds } from "../../../src/simulator/workload/request_times.ts";
import { mser5, steadyWindow } from "../../../src/simulator/workload/steady.ts";
import { record } from "./records.ts";

Deno.test("mser5() cuts the warm-up and nothing else", () => {
  const random = seededRandom(2);
  const settled = Array.from({ length: 400 }, () => 10 + standardNormal(random));
  const warm = Array.from({ length: 40 }, (_, i) => 60 - i);
  const found = mser5([...warm, ...settled]);
  assert.ok(found.steady);
  assert.ok(found.cut >= 40 && found.cut <= 60, `${found.cut}`);
  assert.ok(mser5(settled).cut <= 40);
  assert.deepEqual(mser5(Array.from({ length: 100 }, () => 5)), { cut: 0, steady: true });
});

Deno.test("mser5() says when nothing settles", () => {
  assert.deepEqual(mser5(Array.from({ length: 100 }, (_, i) => 1000 - i)).steady, false);
  assert.deepEqual(mser5([1, 2, 3]), { cut: 0, steady: false });
  assert.deepEqual(mser5([]), { cut: 0, steady: false });
});

Deno.test("mser5() minimises the statistic as written", () => {
  const random = seededRandom(8);
  const values = Array.from({ length: 200 }, (_, i) => Math.exp(-i / 20) * 5 + random.next());
  const means = Array.from(
    { length: 40 },
    (_, k) => values.slice(k * 5, k * 5 + 5).reduce((a, b) => a + b) / 5,
  );
  const score = (d: number) => {
    const rest = means.slice(d);
    const mean = rest.reduce((a, b) => a + b) / rest.length;
    return rest.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rest.length / rest.length;
  };
  const scores = Array.from({ length: 21 }, (_, d) => score(d));
  assert.equal(mser5(values).cut, 5 * scores.indexOf(Math.min(...scores)));
});

Deno.test("steadyWindow() leaves out the first and the last wave", () => {
  // Four users start one second apart, each request takes 4 s, the first one of each waits 3 s for its token.
  const records = [0, 1, 2, 3].flatMap((user) =>
    Array.from({ length: 10 }, (_, k) => {
      const sent = user + 4 * k;
      return record({
        id: `${user}-${k}`,
        dueSeconds: sent,
        sentSeconds: sent,
        chunkTimesSeconds: Float64Array.of(sent + (k === 0 ? 3 : 1), sent + 4),
        endSeconds: sent + 4,
      });
    })
  );
  const window = steadyWindow(records, { loop: "closed" })!;
  // Three of four are there from second 2 until the second of them ends its last request at 41.
  assert.ok(window.span.startSeconds >= 2 && window.span.startSeconds <= 8, `${window.span.startSeconds}`);
  assert.equal(window.span.endSeconds, 41);
  assert.ok(window.records.every((one) => ttftSeconds(one) === 1));
  assert.equal(window.before + window.records.length + window.after, 40);
  assert.equal(window.steady, true);
});

Deno.test("steadyWindow() of nothing is nothing", () => {
  assert.equal(steadyWindow([], { loop: "closed" }), undefined);
  assert.equal(
    steadyWindow([record({ outcome: "dropped", sentSeconds: undefined })], { loop: "open" }),
    undefined,
  );
});
