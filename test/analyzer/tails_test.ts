import assert from "node:assert/strict";
import { rareChanges } from "../../src/analyzer/rare_changes.ts";
import { tailFactors } from "../../src/analyzer/tails.ts";
import { type Random, seededRandom, standardNormal } from "../../src/base/random.ts";

function made(draw: (random: Random) => number, count = 20_000): Float64Array {
  const random = seededRandom(21);
  return Float64Array.from({ length: count }, () => draw(random));
}

Deno.test("tailFactors() leaves Gaussian limits where they are", () => {
  const { above, below } = tailFactors(made(standardNormal), 3.5);
  assert.ok(above < 1.1 && below < 1.1, `${above} ${below}`);
});

Deno.test("tailFactors() puts the limit of a g-and-h tail where its quantile is", () => {
  // z e^(0.2 z² / 2) at z = 3.5 is 3.5 e^1.225: the factor is 3.40. Half of it below is Gaussian.
  const skewed = made((random) => {
    const z = standardNormal(random);
    return z > 0 ? z * Math.exp(0.1 * z * z) : z;
  });
  const { above, below } = tailFactors(skewed, 3.5);
  assert.ok(Math.abs(above - 3.4) < 0.35, `${above}`);
  assert.ok(below < 1.1, `${below}`);
});

Deno.test("tailFactors() leaves one surge out, but not bursts that come back nor half of all", () => {
  const noise = made(standardNormal, 600);
  const surge = noise.map((value, i) => i >= 100 && i < 190 ? value + 20 : value);
  const bursts = noise.map((value, i) => i % 10 === 0 ? value + 20 : value);
  const level = noise.map((value, i) => i >= 400 ? value + 20 : value);
  assert.ok(tailFactors(surge, 3.5).above < 1.5);
  assert.ok(tailFactors(bursts, 3.5).above > 20);
  assert.ok(tailFactors(level, 3.5).above > 5);
  assert.deepEqual(tailFactors(Float64Array.of(1, -1, 30), 3.5), { above: 1, below: 1 });
});

Deno.test("tailFactors() takes every other point beyond for one surge, two surges for surges, three for a tail", () => {
  const noise = made(standardNormal, 600);
  const raised = (isRaised: (i: number) => boolean) =>
    tailFactors(noise.map((value, i) => isRaised(i) ? value + 20 : value), 3.5).above;
  assert.ok(raised((i) => i >= 100 && i < 190 && i % 2 === 0) < 1.5);
  assert.ok(raised((i) => i >= 100 && i < 190 && i % 3 === 0) > 5, "two points within are no run");
  assert.ok(raised((i) => i >= 100 && i < 300 && i % 100 < 40) < 1.5);
  assert.ok(raised((i) => i >= 100 && i < 400 && i % 100 < 40) > 5);
});

Deno.test("rareChanges() takes few departures, of many those that are larger by far, never the beginning", () => {
  const at = (...departures: (readonly [index: number, size: number])[]) => {
    const differences = new Float64Array(400);
    for (const [index, size] of departures) differences[index] = size;
    return rareChanges(differences);
  };
  assert.deepEqual(at(), []);
  assert.deepEqual(at([50, 1], [52, -1], [200, 1]), [50, 52, 200]);
  assert.deepEqual(at([0, 5], [1, 5], [200, 1]), [200]);
  const often = Array.from({ length: 12 }, (_, k) => [20 + 30 * k, 1] as const);
  assert.deepEqual(at(...often), []);
  assert.deepEqual(at(...often, [200, 40]), [200]);
  const long = Array.from({ length: 60 }, (_, k) => [100 + k, 1] as const);
  assert.equal(at(...long).length, 60, "one departure of 15 %");
  assert.equal(at(...long, [300, 1]).length, 0, "several that hold more than 5 %");
});
