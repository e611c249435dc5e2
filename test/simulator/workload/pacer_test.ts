import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../../src/base/random.ts";
import { type Arrivals, dueTimes, gammaDraw, plannedRate } from "../../../src/simulator/workload/pacer.ts";
import { kolmogorovSmirnov, kolmogorovSmirnovTwo } from "../../../src/simulator/workload/fit.ts";

const plan = (arrivals: Arrivals, durationSeconds: number, seed = 1) =>
  dueTimes(arrivals, { durationSeconds }, seededRandom(seed));
const gaps = (times: Float64Array) => [...times].slice(1).map((time, i) => time - times[i]!);
const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} within ${tolerance}`);

Deno.test("dueTimes() of a constant rate starts at once and is even", () => {
  assert.deepEqual([...plan({ kind: "constant", ratePerSecond: 4 }, 1)], [0, 0.25, 0.5, 0.75]);
  const limited = dueTimes({ kind: "constant", ratePerSecond: 10 }, { requests: 3 }, seededRandom(1));
  assert.deepEqual([...limited], [0, 0.1, 0.2]);
});

Deno.test("dueTimes() of a Poisson process has exponential gaps, all different, and its rate", () => {
  for (const seed of [1, 2, 3]) {
    const times = plan({ kind: "poisson", ratePerSecond: 50 }, 200, seed);
    const between = gaps(times);
    const { pValue } = kolmogorovSmirnov(between, (gap) => 1 - Math.exp(-50 * gap));
    assert.ok(pValue > 0.01, `p = ${pValue} for seed ${seed}`);
    assert.equal(new Set(between).size, between.length);
    near(times.length, 10_000, 4 * Math.sqrt(10_000));
  }
});

Deno.test("a schedule that is not Poisson fails the same test", () => {
  const even = gaps(plan({ kind: "constant", ratePerSecond: 50 }, 20));
  assert.ok(kolmogorovSmirnov(even, (gap) => 1 - Math.exp(-50 * gap)).pValue < 1e-6);
});

Deno.test("dueTimes() of gamma gaps keeps the rate and has the burstiness asked for", () => {
  for (const burstiness of [0.25, 0.5, 1, 4]) {
    const between = gaps(plan({ kind: "gamma", ratePerSecond: 20, burstiness }, 1000, 7));
    const mean = between.reduce((sum, gap) => sum + gap, 0) / between.length;
    const variance = between.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / between.length;
    near(mean, 0.05, 0.002);
    near(mean * mean / variance, burstiness, 0.1 * burstiness); // of a gamma: mean² / variance = shape
  }
  assert.deepEqual(
    [...plan({ kind: "gamma", ratePerSecond: 4, burstiness: Infinity }, 1)],
    [...plan({ kind: "constant", ratePerSecond: 4 }, 1)],
  );
});

Deno.test("gammaDraw() of shape 1/2 follows scipy's gamma(0.5)", () => {
  const random = seededRandom(9);
  const sample = Array.from({ length: 20_000 }, () => gammaDraw(random, 0.5));
  // scipy 1.17.1: gamma(0.5).cdf([0.1, 1, 3])
  for (const [x, share] of [[0.1, 0.34527915], [1, 0.84270079], [3, 0.98569412]] as const) {
    near(sample.filter((value) => value <= x).length / sample.length, share, 0.01);
  }
});

Deno.test("dueTimes() of a regular ramp reaches the integral of its rate", () => {
  // Linear 0 to 10 over 10 s: 50 arrivals, the k-th (from 0) at sqrt(2 k).
  const linear = plan({ kind: "ramp", fromPerSecond: 0, toPerSecond: 10, regular: true }, 10);
  assert.equal(linear.length, 50);
  for (const k of [0, 1, 8, 32, 49]) near(linear[k]!, Math.sqrt(2 * k), 1e-9);
  // Falling to zero: 50 again, mirrored.
  const falling = plan({ kind: "ramp", fromPerSecond: 10, toPerSecond: 0, regular: true }, 10);
  assert.equal(falling.length, 50);
  near(falling[32]!, 10 - Math.sqrt(100 - 2 * 32), 1e-9);
  // Exponential 1 to 16 over 4 s doubles each second: 15 / ln 2 = 21.6 arrivals, 1.44 before second 1.
  const exponential = plan({
    kind: "ramp",
    fromPerSecond: 1,
    toPerSecond: 16,
    shape: "exponential",
    regular: true,
  }, 4);
  assert.equal(exponential.length, 22);
  near(exponential[1]!, Math.log2(1 + Math.LN2), 1e-9);
});

Deno.test("dueTimes() of steps and of a wave keep their rates piece by piece", () => {
  const steps = plan({
    kind: "steps",
    regular: true,
    steps: [{ ratePerSecond: 2, durationSeconds: 3 }, { ratePerSecond: 0, durationSeconds: 2 }, {
      ratePerSecond: 10,
      durationSeconds: 1,
    }],
  }, 100);
  const within = (times: Float64Array, from: number, to: number) =>
    times.filter((t) => t >= from && t < to).length;
  assert.deepEqual([within(steps, 0, 3), within(steps, 3, 5), within(steps, 5, 6), steps.length], [
    6,
    0,
    10,
    16,
  ]);
  const wave = plan({
    kind: "sine",
    meanPerSecond: 20,
    amplitudePerSecond: 15,
    periodSeconds: 10,
    regular: true,
  }, 10);
  assert.equal(wave.length, 200);
  // First half: 20 * 5 + 15 * 10 / pi = 147.7.
  assert.equal(within(wave, 0, 5), 148);
  near(
    plannedRate({ kind: "sine", meanPerSecond: 20, amplitudePerSecond: 15, periodSeconds: 10 }, {
      durationSeconds: 10,
    }, 2.5)!,
    35,
    1e-9,
  );
});

Deno.test("dueTimes() of a Poisson ramp is a Poisson process in operational time", () => {
  const times = plan({ kind: "ramp", fromPerSecond: 10, toPerSecond: 90 }, 100, 4);
  const areas = [...times].map((t) => 10 * t + 0.4 * t * t);
  const between = areas.slice(1).map((area, i) => area - areas[i]!);
  assert.ok(kolmogorovSmirnov(between, (gap) => 1 - Math.exp(-gap)).pValue > 0.01);
});

Deno.test("dueTimes() of a trace plays it from its first time, faster if asked", () => {
  const trace = { kind: "trace", timesSeconds: [105, 100, 101.5], speed: 2 } as const;
  assert.deepEqual([...dueTimes(trace, {}, seededRandom(1))], [0, 0.75, 2.5]);
  assert.deepEqual([...dueTimes(trace, { durationSeconds: 1 }, seededRandom(1))], [0, 0.75]);
});

Deno.test("dueTimes() ascends, stays within its duration and repeats with its seed", () => {
  const rate = fc.double({ min: 0.1, max: 200, noNaN: true });
  const arrivals: fc.Arbitrary<Arrivals> = fc.oneof(
    rate.map((ratePerSecond) => ({ kind: "poisson" as const, ratePerSecond })),
    fc.tuple(rate, fc.double({ min: 0.05, max: 8, noNaN: true })).map(([ratePerSecond, burstiness]) => ({
      kind: "gamma" as const,
      ratePerSecond,
      burstiness,
    })),
    fc.tuple(rate, rate, fc.constantFrom("linear" as const, "exponential" as const), fc.boolean()).map((
      [fromPerSecond, toPerSecond, shape, regular],
    ) => ({ kind: "ramp" as const, fromPerSecond, toPerSecond, shape, regular })),
    fc.tuple(rate, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()).map((
      [meanPerSecond, share, regular],
    ) => ({
      kind: "sine" as const,
      meanPerSecond,
      amplitudePerSecond: meanPerSecond * share,
      periodSeconds: 7,
      regular,
    })),
  );
  fc.assert(
    fc.property(arrivals, fc.integer(), (process, seed) => {
      const times = plan(process, 20, seed);
      assert.ok(times.every((time, i) => time >= (times[i - 1] ?? 0) && time < 20 + 1e-9));
      assert.deepEqual(plan(process, 20, seed), times);
    }),
    { seed: 3, numRuns: 200 },
  );
});

Deno.test("dueTimes() refuses what cannot be meant", () => {
  const f = (arrivals: Arrivals, limit: object, message: RegExp) =>
    assert.throws(() => dueTimes(arrivals, limit, seededRandom(1)), message);
  f(
    { kind: "constant", ratePerSecond: 0 },
    { durationSeconds: 1 },
    /^RangeError: Cannot plan arrivals: rate 0/,
  );
  f({ kind: "poisson", ratePerSecond: Infinity }, { durationSeconds: 1 }, /rate Infinity/);
  f({ kind: "poisson", ratePerSecond: 1 }, {}, /neither a duration nor a number/);
  f({ kind: "poisson", ratePerSecond: 1 }, { requests: 1.5 }, /1.5 requests/);
  f({ kind: "gamma", ratePerSecond: 1, burstiness: 0 }, { requests: 1 }, /burstiness 0/);
  f(
    { kind: "ramp", fromPerSecond: 0, toPerSecond: 5, shape: "exponential" },
    { durationSeconds: 1 },
    /rate 0/,
  );
  f({ kind: "ramp", fromPerSecond: 0, toPerSecond: 0 }, { durationSeconds: 1 }, /rate 0/);
  f({ kind: "ramp", fromPerSecond: 1, toPerSecond: 2 }, { requests: 5 }, /no duration/);
  f(
    { kind: "sine", meanPerSecond: 1, amplitudePerSecond: 2, periodSeconds: 5 },
    { durationSeconds: 1 },
    /amplitude 2/,
  );
  f({ kind: "steps", steps: [] }, {}, /no steps/);
  f({ kind: "trace", timesSeconds: [1, NaN] }, {}, /not a number/);
  f({ kind: "constant", ratePerSecond: 1e7 }, { durationSeconds: 1e3 }, /more than 5000000/);
});

Deno.test("kolmogorovSmirnov() equals scipy 1.17.1", () => {
  // scipy.stats.kstest(x, 'expon', args=(0, 0.5)), ks_2samp(x, y, method='asymp')
  const x = [0.1, 0.4, 0.7, 1.1, 2.0, 0.05, 0.33];
  const one = kolmogorovSmirnov(x, (value) => 1 - Math.exp(-value / 0.5));
  near(one.distance, 0.19743437979401512, 1e-12);
  near(one.pValue, 0.9478169235821087, 1e-9);
  near(kolmogorovSmirnovTwo(x, [0.2, 0.3, 0.9, 1.5, 2.2]).distance, 0.3142857142857143, 1e-12);
});
