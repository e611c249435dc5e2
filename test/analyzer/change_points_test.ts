import assert from "node:assert/strict";
import { type ChangePointOptions, detectChangePoints } from "../../src/analyzer/change_points.ts";
import { seededRandom, standardNormal } from "../../src/base/random.ts";
import oracle from "../fixtures/analyzer/oracle_changes.json" with { type: "json" };

function points(values: readonly number[]) {
  return { timesSeconds: values.map((_, i) => i), values };
}

function changesIn(values: readonly number[], options: ChangePointOptions = {}) {
  const result = detectChangePoints(points(values), options);
  assert.ok("changes" in result, JSON.stringify(result));
  return result;
}

Deno.test("detectChangePoints() finds the same changes as ruptures' PELT with the same cost and penalty", () => {
  for (const { values, starts, noise } of oracle.cases) {
    const result = changesIn(values, { minimumShare: 0, minimumDeviations: 0 });
    assert.deepEqual([0, ...result.changes.map((change) => change.timeSeconds)], starts);
    // The oracle's is that of neighbours, which is the least that noise about the levels can be.
    assert.ok(result.noise >= noise - 1e-9 && result.noise < 1.4 * noise, `${result.noise}, ${noise}`);
  }
});

Deno.test("detectChangePoints() tells the levels on both sides and leaves small changes out", () => {
  const random = seededRandom(6);
  const level = (mean: number) => Array.from({ length: 50 }, () => mean + standardNormal(random));
  const [change, ...others] = changesIn([...level(100), ...level(130)]).changes;
  assert.equal(others.length, 0);
  assert.ok(Math.abs(change!.timeSeconds - 50) <= 1);
  assert.ok(
    Math.abs(change!.before - 100) < 1 && Math.abs(change!.after - 130) < 1 && change!.deviations > 20,
  );
  assert.equal(changesIn([...level(100), ...level(104)]).changes.length, 0, "4 % of the level");
});

Deno.test("detectChangePoints() says nothing of noise: at most one false change in a hundred series", () => {
  let found = 0;
  for (let seed = 0; seed < 100; seed++) {
    const random = seededRandom(seed);
    found += changesIn(Array.from({ length: 300 }, () => 10 + standardNormal(random))).changes.length;
  }
  assert.ok(found <= 1, `${found}`);
});

Deno.test("detectChangePoints() says why it cannot", () => {
  const few = detectChangePoints(points([1, 2, 3]));
  assert.equal("absent" in few && few.absent.code, "not_enough_points");
  const flat = detectChangePoints(points(new Array(50).fill(2)));
  assert.equal("absent" in flat && flat.absent.code, "constant_series");
});

Deno.test("detectChangePoints() sees a step of a resting series", () => {
  const { changes } = changesIn([...new Array(40).fill(0), ...new Array(40).fill(5)]);
  assert.deepEqual(changes.map((change) => [change.timeSeconds, change.before, change.after]), [[40, 0, 5]]);
});

Deno.test("detectChangePoints() takes noise that resembles itself for noise, and is as sure as it says", () => {
  const random = seededRandom(12);
  const slow = (count: number, memory: number) => {
    let state = standardNormal(random);
    return Array.from({ length: count }, () => {
      state = memory * state + Math.sqrt(1 - memory ** 2) * standardNormal(random);
      return 50 + 5 * state;
    });
  };
  for (const [count, memory] of [[300, 0.5], [300, 0.9], [900, 0.9], [900, 0.97]] as const) {
    let wrong = 0;
    for (let run = 0; run < 100; run++) {
      if (changesIn(slow(count, memory), { minimumShare: 0 }).changes.length > 0) {
        wrong++;
      }
    }
    // 5 % and two standard errors of 100 series.
    assert.ok(wrong <= 9, `n ${count}, memory ${memory}: ${wrong} of 100`);
  }
  let right = 0;
  for (let run = 0; run < 50; run++) {
    const values = slow(300, 0.8).map((value, i) => i < 150 ? value : value + 25);
    const { changes } = changesIn(values);
    if (changes.length === 1 && Math.abs(changes[0]!.timeSeconds - 150) <= 5) right++;
    assert.ok(changes.every((change) => change.confidence >= 0.95 && change.confidence <= 1));
  }
  assert.ok(right >= 48, `${right} of 50`);
});
