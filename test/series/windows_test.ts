/** Closed forms by hand; the server's own answers are in prometheus_answers_test.ts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { overGrid, type PointFunction } from "../../src/series/over_grid.ts";
import { delta, idelta, increase, irate, overTime, rate, resets } from "../../src/series/windows.ts";
import { callEach } from "./answer_tasks.ts";

/** Every 10 s from 10 s on. */
const everyTen = (...values: number[]) => ({ timesSeconds: values.map((_, i) => 10 * (i + 1)), values });
const window = (endSeconds: number, rangeSeconds: number) => ({ endSeconds, rangeSeconds });

Deno.test("increase() stretches to the window's ends when points reach near them", () => {
  const points = everyTen(100, 110, 120, 130);
  // (0, 40]: four points over 30 s grew by 30; the first is 10 s from the start, the last at the end.
  assert.equal(increase(points, window(40, 40)), 30 * ((30 + 10 + 0) / 30));
  assert.equal(rate(points, window(40, 40)), 30 * ((30 + 10 + 0) / 30 / 40));
});

Deno.test("increase() does not stretch a counter to before its zero", () => {
  // 4 at 10 s rising by 40 over 30 s: zero was 3 s before, not 10 s.
  const points = everyTen(4, 14, 24, 44);
  assert.equal(increase(points, window(40, 40)), 40 * ((30 + 30 * (4 / 40) + 0) / 30));
  assert.equal(delta(points, window(40, 40)), 40 * ((30 + 10 + 0) / 30));
});

Deno.test("a window leaves out the point at its start and takes the one at its end", () => {
  const points = everyTen(1, 2, 4);
  assert.equal(overTime("count", points, window(30, 20)), 2);
  assert.equal(overTime("sum", points, window(30, 20)), 6);
});

Deno.test("windows without enough points give no result", () => {
  const points = everyTen(5);
  for (const call of [increase, rate, delta, irate, idelta]) {
    assert.equal(call(points, window(10, 60)), undefined);
  }
  assert.equal(resets(points, window(10, 60)), 0);
  assert.equal(resets(points, window(100, 60)), undefined);
  assert.equal(overTime("avg", points, window(100, 60)), undefined);
});

Deno.test("increase() observed counts from the last point before the window, whole numbers staying whole", () => {
  const points = everyTen(100, 107, 3, 10);
  const observed = { extrapolate: false };
  assert.equal(increase(points, window(40, 20), observed), 3 + 7); // from 107: 3 after the fall, then 7
  assert.equal(increase(points, window(40, 100), observed), 7 + 3 + 7);
  assert.equal(rate(points, window(40, 20), observed), 10 / 20);
  assert.equal(increase(points, window(15, 10), observed), undefined); // the first point has nothing before it
});

Deno.test("increase() observed counts a counter from 0 where it is known to have begun anew without a fall", () => {
  const points = { ...everyTen(100, 107, 120), resetSeconds: [30] };
  assert.equal(increase(points, window(30, 10), { extrapolate: false }), 120);
  assert.equal(increase(points, window(30, 30), { extrapolate: false }), 7 + 120);
  // Prometheus cannot know: the extrapolated form is the same with and without.
  assert.equal(increase(points, window(30, 30)), increase(everyTen(100, 107, 120), window(30, 30)));
});

Deno.test("increase() observed counts a counter's first value when it is known to have begun after the tick before", () => {
  const points = { ...everyTen(3, 5), resetSeconds: [10] };
  assert.equal(increase(points, window(20, 30), { extrapolate: false }), 5);
  assert.equal(increase(points, window(10, 30), { extrapolate: false }), 3);
  assert.equal(rate(points, window(10, 30), { extrapolate: false }), undefined);
});

Deno.test("rate() observed after a long gap is the mean over the gap, not a spike", () => {
  const points = { timesSeconds: [0, 1000], values: [0, 5000] };
  assert.equal(rate(points, window(1000, 30), { extrapolate: false }), 5);
});

const counterSteps = fc.array(
  fc.record({ gap: fc.integer({ min: 1, max: 20_000 }), value: fc.integer({ min: 0, max: 1e9 }) }),
  { minLength: 1, maxLength: 40 },
);
const toPoints = (steps: { gap: number; value: number }[]) => {
  let ms = 0;
  return {
    timesSeconds: Float64Array.from(steps, ({ gap }) => (ms += gap) / 1000),
    values: Float64Array.from(steps, ({ value }) => value),
  };
};

Deno.test("rate() is never negative on a counter", () => {
  fc.assert(
    fc.property(counterSteps, fc.integer({ min: 1, max: 60_000 }), (steps, rangeMs) => {
      const points = toPoints(steps);
      for (const endSeconds of points.timesSeconds) {
        for (const extrapolate of [true, false]) {
          const value = rate(points, { endSeconds, rangeSeconds: rangeMs / 1000 }, { extrapolate });
          assert.ok(value === undefined || value >= 0);
        }
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("increase() observed of a window is the sum over the parts that it is split into", () => {
  fc.assert(
    fc.property(counterSteps, fc.array(fc.nat(400_000), { maxLength: 5 }), (steps, cuts) => {
      const points = toPoints(steps);
      const ends = [0, ...[...cuts].sort((a, b) => a - b), 900_000];
      let sum = 0;
      for (let i = 1; i < ends.length; i++) {
        const range = { endSeconds: ends[i]! / 1000, rangeSeconds: (ends[i]! - ends[i - 1]!) / 1000 };
        sum += increase(points, range, { extrapolate: false }) ?? 0;
      }
      assert.equal(sum, increase(points, window(900, 900), { extrapolate: false }) ?? 0);
    }),
    { seed: 2, numRuns: 300 },
  );
});

const FUNCTIONS: PointFunction[] = [
  ...(["increase", "rate", "delta"] as const).flatMap((kind) => [{ kind }, { kind, extrapolate: false }]),
  ...([
    "irate",
    "idelta",
    "resets",
    "changes",
    "deriv",
    "count",
    "last",
    "min",
    "max",
    "sum",
    "avg",
    "stddev",
  ] as const)
    .map((kind) => ({ kind })),
  { kind: "quantile", quantile: 0.3 },
];

Deno.test("overGrid() equals the function called for every window", () => {
  const value = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(NaN, Infinity, -Infinity, -0),
    fc.double(),
  );
  const steps = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 9000 }), value }), { maxLength: 30 });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 30_000 }),
      fc.integer({ min: 0, max: 8000 }),
      (made, rangeMs, stepMs) => {
        const points = toPoints(made);
        const grid = {
          startSeconds: -1,
          stepSeconds: stepMs / 1000,
          count: 25,
          rangeSeconds: rangeMs / 1000,
        };
        for (const fn of FUNCTIONS) {
          const { values, present } = overGrid(fn, points, grid);
          for (let k = 0; k < grid.count; k++) {
            const endSeconds = grid.startSeconds + k * grid.stepSeconds;
            const wanted = callEach(fn, points, { endSeconds, rangeSeconds: grid.rangeSeconds });
            assert.equal(present[k], wanted === undefined ? 0 : 1, fn.kind);
            assert.ok(
              Object.is(values[k], wanted ?? NaN),
              `${fn.kind} at ${k}: ${values[k]}, wanted ${wanted}`,
            );
          }
        }
      },
    ),
    { seed: 3, numRuns: 150 },
  );
});

Deno.test("overGrid() takes a name, a function of windows, or any function like them", () => {
  const points = everyTen(1, 2, 4);
  const grid = { startSeconds: 20, stepSeconds: 10, count: 2, rangeSeconds: 20 };
  assert.deepEqual(overGrid(rate, points, grid), overGrid("rate", points, grid));
  assert.deepEqual(overGrid({ kind: "rate" }, points, grid), overGrid("rate", points, grid));
  const span = overGrid((p, range) => p.values.length + range.endSeconds, points, grid);
  assert.deepEqual([...span.values], [23, 33]);
  assert.throws(() => overGrid("rate", points, { ...grid, count: -1 }), RangeError);
});

Deno.test("overGrid() notices that an array of times was written to since", () => {
  const timesSeconds = Float64Array.of(10, 20, 30);
  const points = { timesSeconds, values: Float64Array.of(1, 2, 4) };
  const grid = { startSeconds: 30, stepSeconds: 10, count: 1, rangeSeconds: 15 };
  assert.equal(overGrid("count", points, grid).values[0], 2);
  timesSeconds[1] = 12;
  assert.equal(overGrid("count", points, grid).values[0], 1);
});
