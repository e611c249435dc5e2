import assert from "node:assert/strict";
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
  assert.equal("absent" in flat && flat.absent.code, "constant_series");
});

Deno.test("trend() averages long series first and still finds the slope", () => {
  const random = seededRandom(8);
  const result = trend(points(Array.from({ length: 20_000 }, (_, i) => 0.001 * i + standardNormal(random))));
  assert.ok("slopePerSecond" in result);
  assert.ok(Math.abs(result.slopePerSecond - 0.001) < 1e-5 && result.count <= 401);
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
