import assert from "node:assert/strict";
import { memoryOf, twoSidedNormalP } from "../../src/analyzer/statistics.ts";
import { trend } from "../../src/analyzer/trend.ts";
import { seededRandom, standardNormal } from "../../src/base/random.ts";
import oracle from "../fixtures/analyzer/oracle.json" with { type: "json" };
import { assertClose } from "../helpers/close.ts";

function points(values: readonly number[], stepSeconds = 1) {
  return { timesSeconds: values.map((_, i) => 500 + i * stepSeconds), values };
}

Deno.test("trend() equals scipy's tau-b and Theil-Sen slope", () => {
  const stepped = oracle.ties_y.map((value, i) => value + Math.floor(i / 12));
  const result = trend(points(stepped));
  assert.ok("tau" in result);
  assertClose(result.tau, oracle.kendall, 1e-12);
  const slope = trend(points(oracle.y, 0.5));
  assert.ok("slopePerSecond" in slope);
  assertClose(slope.slopePerSecond, oracle.theil_slope, 1e-9);
});

Deno.test("trend() gives the Mann–Kendall test's probability, ties and continuity corrected", () => {
  // Of seven values no memory is told. S = 19 of 21 pairs, Var = 7 · 6 · 19 / 18, z = 18 / √Var; p by Python's math.erfc(z / √2).
  const seven = trend(points([1, 2, 3, 4, 5, 7, 6]), { minimumPoints: 7 });
  assert.ok("pValue" in seven);
  assertClose(seven.pValue, 0.006863794985449048, 1e-6);
  assertClose(seven.tau, 19 / 21, 1e-12);
  assert.deepEqual([seven.direction, seven.count], ["rising", 7]);
  // One pair is tied: S = 20, Var less 2 · 1 · 9 / 18; tau-b by √(21 · 20).
  const tied = trend(points([1, 1, 2, 3, 4, 5, 6]), { minimumPoints: 7 });
  assert.ok("pValue" in tied);
  assertClose(tied.pValue, 0.0038979149056319632, 1e-6);
  assertClose(tied.tau, 20 / Math.sqrt(21 * 20), 1e-12);
  const falling = trend(points([7, 6, 5, 4, 3, 1, 2]), { minimumPoints: 7 });
  assert.ok("pValue" in falling);
  assert.deepEqual([falling.direction, falling.pValue], ["falling", seven.pValue]);
  const even = trend(points([2, 4, 1, 3]), { minimumPoints: 4 });
  assert.ok("pValue" in even);
  assert.deepEqual([even.direction, even.pValue, even.tau], ["none", 1, 0]);
});

Deno.test("trend() counts as clear what chance gives with the asked probability at most", () => {
  const values = [1, 2, 3, 4, 5, 7, 6];
  const direction = (significance: number) => {
    const result = trend(points(values), { minimumPoints: 7, significance });
    return "direction" in result && result.direction;
  };
  assert.deepEqual([0.0069, 0.0068].map(direction), ["rising", "none"]);
});

Deno.test("trend() widens its variance by what is left when the slope is taken off (Hamed and Rao 1998)", () => {
  const random = seededRandom(5);
  const wandering = (memory: number, noise: number) => {
    let state = 0;
    return Array.from({ length: 120 }, (_, i) => {
      state = memory * state + standardNormal(random);
      return 0.02 * i + state + noise * standardNormal(random);
    });
  };
  // By the first correlation, and by all of them: a slow level under noise is not like its neighbour, but like many before.
  for (const [memory, noise, wins] of [[0.7, 0, "first"], [0.95, 2.5, "all"]] as const) {
    const values = wandering(memory, noise);
    const result = trend(points(values));
    assert.ok("pValue" in result);
    const left = memoryOf(values.map((value, i) => value - result.slopePerSecond * i));
    const first = (1 + left[0]!) / (1 - left[0]!);
    const all = 1 + 2 * left.reduce((sum, r, i) => sum + (1 - (i + 1) / 120) * r, 0);
    assert.equal(all > first ? "all" : "first", wins, `${all}, ${first}`);
    const variance = 120 * 119 * 245 / 18 * Math.max(all, first);
    const score = Math.round(result.tau * 120 * 119 / 2);
    assertClose(result.pValue, twoSidedNormalP((score - Math.sign(score)) / Math.sqrt(variance)), 1e-9);
  }
  // Neighbours that go to and fro make no variance less.
  const saw = trend(points(Array.from({ length: 20 }, (_, i) => i + (i % 2 === 0 ? 3 : -3))));
  assert.ok("pValue" in saw);
  const sawScore = Math.round(saw.tau * 190);
  assertClose(saw.pValue, twoSidedNormalP((sawScore - 1) / Math.sqrt(20 * 19 * 45 / 18)), 1e-9);
});

Deno.test("trend() tells a growing queue from a noisy level and from a slow wave", () => {
  const random = seededRandom(3);
  const noise = () => standardNormal(random);
  const rising = trend(points(Array.from({ length: 60 }, (_, i) => 0.1 * i + noise())));
  assert.equal("direction" in rising && rising.direction, "rising");
  const level = trend(points(Array.from({ length: 60 }, noise)));
  assert.equal("direction" in level && level.direction, "none");
  const wave = trend(points(Array.from({ length: 60 }, (_, i) => Math.sin(i / 8))));
  assert.equal("direction" in wave && wave.direction, "none");
});

Deno.test("trend() says why there is none", () => {
  assert.deepEqual(trend(points([1, 2])), {
    absent: { code: "not_enough_points", params: { count: 2, wanted: 8 } },
  });
  const flat = trend(points(new Array(20).fill(3)));
  assert.deepEqual(flat, { absent: { code: "constant_series", params: { count: 20, value: 3 } } });
  assert.ok("direction" in trend(points([1, 2, 3, 4, 5, 6, 7, 8])), "eight points will do");
});

Deno.test("trend() averages long series first and still finds the slope", () => {
  const random = seededRandom(8);
  const result = trend(points(Array.from({ length: 20_000 }, (_, i) => 0.001 * i + standardNormal(random))));
  assert.ok("slopePerSecond" in result);
  assert.ok(Math.abs(result.slopePerSecond - 0.001) < 1e-5);
  const countOf = (length: number) => {
    const result = trend(points(Array.from({ length }, (_, i) => i + (i % 3))));
    return "count" in result && result.count;
  };
  assert.deepEqual([400, 401, 20_000].map(countOf), [400, 400, 400], "one in each of 400 cells");
});

Deno.test("trend() keeps its false alarms where a level wanders", () => {
  const random = seededRandom(8);
  for (const [count, memory] of [[100, 0], [300, 0.5], [300, 0.9]] as const) {
    let told = 0;
    for (let run = 0; run < 200; run++) {
      let state = standardNormal(random);
      const values = Array.from({ length: count }, () => {
        state = memory * state + Math.sqrt(1 - memory ** 2) * standardNormal(random);
        return state;
      });
      const result = trend({ timesSeconds: values.map((_, i) => i), values });
      if ("direction" in result && result.direction !== "none") told++;
    }
    // 5 % and three standard errors of 200.
    assert.ok(told <= 19, `n ${count}, memory ${memory}: ${told} of 200`);
  }
});
