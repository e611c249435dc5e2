import assert from "node:assert/strict";
import { seededRandom } from "../../../src/base/random.ts";
import { crowding, meanOf } from "../../../src/simulator/workload/probe.ts";
import { rateLimit } from "../../../src/simulator/workload/rate_limit.ts";

/** Odds of a miss as a power of the rate: 10 % at ten a second. */
const goodAt = (rate: number, steepness: number) => 1 / (1 + Math.pow(rate / 10, steepness) / 9);

Deno.test("rateLimit() finds the rate at which a known curve crosses the target, with an interval around it", () => {
  for (const steepness of [5, 10, 30]) {
    const shares = [6, 8, 9, 10, 11, 12].map((rate) => ({
      ratePerSecond: rate,
      goodRatio: goodAt(rate, steepness),
      worth: 500,
    }));
    const limit = rateLimit(shares, { lower: 9, upper: 12, targetRatio: 0.9 })!;
    assert.ok(Math.abs(limit.estimatePerSecond / 10 - 1) < 0.02, `${steepness}: ${limit.estimatePerSecond}`);
    assert.ok(limit.interval.lower < 10 && limit.interval.upper > 10);
    assert.ok(limit.atLeast(9) > 0.97 && limit.atLeast(11) < 0.03);
    assert.ok(Math.abs(limit.quantile(0.5) - limit.estimatePerSecond) < 1e-9);
  }
});

Deno.test("rateLimit() is surer the more was seen, and knows nothing of nothing", () => {
  const width = (worth: number) => {
    const { interval } = rateLimit(
      [8, 10, 12].map((rate) => ({ ratePerSecond: rate, goodRatio: goodAt(rate, 10), worth })),
      { lower: 8, upper: 12, targetRatio: 0.9 },
    )!;
    return Math.log(interval.upper / interval.lower);
  };
  assert.ok(width(1000) < width(200) && width(200) < width(40));
  assert.equal(rateLimit([], { lower: 1, upper: 2, targetRatio: 0.9 }), undefined);
});

Deno.test("rateLimit() takes a limit above what the server can do for unlikely", () => {
  const shares = [{ ratePerSecond: 8, goodRatio: 1, worth: 20 }, {
    ratePerSecond: 16,
    goodRatio: 0.1,
    worth: 20,
  }];
  const bounds = { lower: 8, upper: 16, targetRatio: 0.9 };
  assert.ok(rateLimit(shares, bounds)!.interval.upper > 11);
  assert.ok(rateLimit(shares, { ...bounds, capacityPerSecond: 10 })!.interval.upper < 11);
});

Deno.test("crowding() is 1 for independent misses and the length of the crowds where they come in crowds", () => {
  const random = seededRandom(1);
  const drawn = (length: number, crowd: number) => {
    const run: number[] = [];
    while (run.length < length) {
      const good = random.next() < 0.8 ? 1 : 0;
      for (let i = 0; i < crowd; i++) run.push(good);
    }
    return run;
  };
  assert.ok(Math.abs(crowding([[drawn(20_000, 1)]]) - 1) < 0.15);
  // Blocks of k: 1 + 2 Σ (1 - j / k) = k.
  assert.ok(Math.abs(crowding([[drawn(40_000, 10)]]) / 10 - 1) < 0.15);
  assert.equal(crowding([[[1, 1, 1]]]), 1);
  assert.equal(meanOf([[1, 0], [1, 1]]), 0.75);
});
