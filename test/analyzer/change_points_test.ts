import assert from "node:assert/strict";
import { type ChangePointOptions, detectChangePoints } from "../../src/analyzer/change_points.ts";
import { seededRandom, standardNormal } from "../../src/base/random.ts";
import oracle from "../fixtures/analyzer/oracle_changes.json" with { type: "json" };
import { assertClose } from "../helpers/close.ts";

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
    assertClose(result.noise, noise, 1e-9);
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
