import assert from "node:assert/strict";
import { alignSignals, medianInterval, toSignal } from "../../src/analyzer/signal.ts";
import { summarize } from "../../src/analyzer/summaries.ts";
import { seriesOf } from "../helpers/fixed_source.ts";

Deno.test("toSignal() turns a counter into rates, with no rate across a reset or a gap", () => {
  const counter = seriesOf("done_total", [[10, 5], [12, 9], [14, 2], [16, 4], [30, 20], [31, 21]], {
    type: "counter",
    staleSeconds: [18],
  });
  const signal = toSignal(counter);
  assert.equal(signal.perSecond, true);
  assert.deepEqual(Array.from(signal.timesSeconds), [12, 16, 31]);
  assert.deepEqual(Array.from(signal.values), [2, 1, 1]);
});

Deno.test("summarize() gives of rates what was counted by the time that it was counted in, late points or not", () => {
  // 10 a second for 8 s, read each second; then nothing for 12 s, read once. A gap of absence is left out.
  const counted = Array.from({ length: 9 }, (_, i) => [i, 10 * i] as [number, number]);
  const counter = seriesOf("a_total", [...counted, [20, 80], [50, 500], [51, 501]], { type: "counter" });
  const signal = toSignal({ ...counter, staleSeconds: Float64Array.of(30) });
  assert.equal(summarize("generation_tokens", signal)!.mean, 81 / 21);
  assert.equal(summarize("running", toSignal(seriesOf("g", [[1, 3], [2, 1], [9, 2]])))!.mean, 2);
});

Deno.test("summarize() has no current value of a series that is gone", () => {
  const at = (staleSeconds: number[]) =>
    summarize("running", toSignal(seriesOf("g", [[1, 3], [2, 1], [9, 2]], { staleSeconds })))!.current;
  assert.deepEqual([at([]), at([4]), at([10])], [2, 2, NaN]);
});

Deno.test("toSignal() leaves gauges and _created as they are and drops NaN", () => {
  const gauge = toSignal(seriesOf("level", [[1, 3], [2, NaN], [3, 1]]));
  assert.deepEqual([gauge.perSecond, Array.from(gauge.values)], [false, [3, 1]]);
  assert.equal(toSignal(seriesOf("x_created", [[1, 3]], { type: "gauge" })).perSecond, false);
});

Deno.test("alignSignals() gives means per cell and NaN where nothing was read", () => {
  const aligned = alignSignals([
    { timesSeconds: [2, 3, 4, 9], values: [1, 3, 5, 7] },
    { timesSeconds: [4], values: [10] },
  ], { stepSeconds: 2 });
  assert.deepEqual(Array.from(aligned.timesSeconds), [2, 4, 6, 8, 10]);
  assert.deepEqual(Array.from(aligned.columns[0]!), [1, 4, NaN, NaN, 7]);
  assert.deepEqual(Array.from(aligned.columns[1]!), [NaN, 10, NaN, NaN, NaN]);
});

Deno.test("alignSignals() is empty for nothing and takes twice the longest interval by default", () => {
  assert.equal(alignSignals([]).stepSeconds, 0);
  const two = [{ timesSeconds: [1, 2, 3], values: [1, 1, 1] }, {
    timesSeconds: [1, 4, 7],
    values: [1, 1, 1],
  }];
  assert.equal(alignSignals(two).stepSeconds, 6);
  assert.equal(medianInterval({ timesSeconds: [1], values: [1] }), undefined);
});
