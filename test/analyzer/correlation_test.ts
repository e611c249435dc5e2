import assert from "node:assert/strict";
import { correlate, type CorrelationResult } from "../../src/analyzer/correlation.ts";
import type { Signal } from "../../src/analyzer/signal.ts";
import { seededRandom, standardNormal } from "../../src/base/random.ts";
import oracle from "../fixtures/analyzer/oracle.json" with { type: "json" };
import { assertClose } from "../helpers/close.ts";

function signal(
  name: string,
  values: readonly number[],
  options: { stepSeconds?: number; from?: number } = {},
): Signal {
  const { stepSeconds = 1, from = 1000 } = options;
  return {
    name,
    labels: {},
    perSecond: false,
    timesSeconds: values.map((_, i) => from + i * stepSeconds),
    values,
  };
}

function resultOf(signals: readonly Signal[], options = {}): CorrelationResult {
  const pair = correlate(signals, { stepSeconds: 1, ...options }).pairs[0]!;
  assert.ok("result" in pair, JSON.stringify(pair));
  return pair.result;
}

Deno.test("correlate() equals scipy's coefficients and Fisher interval when neighbours are independent", () => {
  const result = resultOf([signal("x", oracle.x), signal("y", oracle.y)]);
  assert.equal(result.count, 60);
  assertClose(result.pearson.value, oracle.pearson, 1e-12);
  assertClose(result.spearman.value, oracle.spearman, 1e-12);
  // The effective count is not exactly 60: the interval is scipy's to the width of that correction.
  const [lower, upper] = oracle.pearson_interval;
  assert.ok(Math.abs(result.pearson.lower - lower!) < 0.02 && Math.abs(result.pearson.upper - upper!) < 0.02);
});

Deno.test("correlate() says why there is no number", () => {
  const short = correlate([signal("a", [1, 2, 3]), signal("b", [1, 2, 3])], { stepSeconds: 1 }).pairs[0]!;
  assert.deepEqual("absent" in short && short.absent, {
    code: "not_enough_points",
    params: { count: 3, wanted: 10 },
  });
  const flat = correlate([signal("a", new Array(20).fill(4)), signal("b", oracle.x.slice(0, 20))], {
    stepSeconds: 1,
  });
  assert.equal("absent" in flat.pairs[0]! && flat.pairs[0].absent.code, "constant_series");
  const apart = correlate([signal("a", oracle.x), signal("b", oracle.y, { from: 9000 })], { stepSeconds: 1 });
  assert.equal("absent" in apart.pairs[0]! && apart.pairs[0].absent.code, "not_enough_points");
  assert.deepEqual(correlate([]).pairs, []);
});

Deno.test("correlate() aligns by time: a signal that begins later is not shifted onto the other", () => {
  const values = Array.from({ length: 80 }, (_, i) => Math.sin(i / 3) + i * 0.001);
  const late = signal("late", values.slice(20), { from: 1020 });
  const result = resultOf([signal("all", values), late]);
  assert.equal(result.count, 60);
  assertClose(result.pearson.value, 1, 1e-9);
});

Deno.test("correlate() finds the lag of a signal that follows another", () => {
  const random = seededRandom(5);
  const noise = Array.from({ length: 200 }, () => standardNormal(random));
  const leads = signal("leads", noise.slice(7));
  const follows = signal("follows", noise.slice(0, -7));
  const { lag } = resultOf([leads, follows], { maxLagSeconds: 30 });
  assert.equal(lag?.lagSeconds, 7);
  assert.ok(lag.spearman > 0.999 && lag.pValue < 1e-6);
});

/** Two independent series in which each value resembles the one before. */
function autoregressive(seed: number, phi: number, count: number): number[] {
  const random = seededRandom(seed);
  const values: number[] = [];
  for (let i = 0; i < count + 50; i++) values.push(phi * (values.at(-1) ?? 0) + standardNormal(random));
  return values.slice(50);
}

Deno.test("correlate() is not fooled by drifting series: at most one in ten independent pairs looks significant", () => {
  let found = 0;
  for (let pair = 0; pair < 200; pair++) {
    const signals = [autoregressive(2 * pair, 0.9, 100), autoregressive(2 * pair + 1, 0.9, 100)];
    if (resultOf(signals.map((values, i) => signal(String(i), values))).pValue < 0.05) found++;
  }
  // Plain Spearman calls 54 % of such pairs significant.
  assert.ok(found <= 20, `${found} of 200`);
});

Deno.test("correlate() with differences forgets common drift", () => {
  const random = seededRandom(9);
  const drift = Array.from({ length: 100 }, (_, i) => i);
  const noisy = () => signal("drift", drift.map((value) => value + standardNormal(random)));
  const signals = [noisy(), noisy()];
  assert.ok(resultOf(signals).pearson.value > 0.99);
  assert.ok(Math.abs(resultOf(signals, { detrend: "difference" }).pearson.value) < 0.3);
});

Deno.test("correlate() keeps its false alarms among independent series, whatever they remember", () => {
  const random = seededRandom(5);
  const normal = () => standardNormal(random);
  const slow = (count: number, memory: number) => {
    let state = normal();
    return Float64Array.from(
      { length: count },
      () => state = memory * state + Math.sqrt(1 - memory ** 2) * normal(),
    );
  };
  const kinds: readonly (readonly [string, (count: number) => Float64Array])[] = [
    ["white", (count) => slow(count, 0)],
    ["AR(1), .9", (count) => slow(count, 0.9)],
    ["AR(1), .9, and noise as large", (count) => slow(count, 0.9).map((value) => value + normal())],
    ["a walk", (count) => {
      let sum = 0;
      return Float64Array.from({ length: count }, () => sum += normal());
    }],
  ];
  for (const [kind, draw] of kinds) {
    let below = 0;
    for (let pair = 0; pair < 300; pair++) {
      const signals = ["a", "b"].map((name) => evenly(name, draw(100)));
      const { pairs: [one] } = correlate(signals, { stepSeconds: 1 });
      assert.ok(one !== undefined && "result" in one);
      if (one.result.pValue < 0.05) below++;
    }
    // 5 % and three standard errors of 300 pairs.
    assert.ok(below <= 26, `${kind}: ${below} of 300`);
  }
  // All pairs of 45 series at once: 990.
  const many = Array.from({ length: 45 }, (_, i) => evenly(`s${i}`, slow(200, 0.9)));
  const told = correlate(many, { stepSeconds: 1 }).pairs.filter((pair) =>
    "result" in pair && pair.result.adjustedPValue < 0.05
  );
  assert.deepEqual(told, []);
});

function evenly(name: string, values: Float64Array): Signal {
  return { name, labels: {}, perSecond: false, timesSeconds: values.map((_, i) => i), values };
}
