import assert from "node:assert/strict";
import { generatedSeries, robust, score, zScore } from "../../bench/anomalies.ts";

for (const half of ["tuning", "held_out"] as const) {
  Deno.test(`detectAnomalies() beats the z-score on labelled series of others, ${half}`, async () => {
    const series = await generatedSeries(half);
    const [own, two, three] = [score(robust, series), score(zScore(2), series), score(zScore(3), series)];
    assert.ok(own.eventF1 >= 0.8 && own.eventF1 > Math.max(two.eventF1, three.eventF1), JSON.stringify(own));
    assert.ok(own.pointF1 >= 0.62 && own.pointF1 > Math.max(two.pointF1, three.pointF1), JSON.stringify(own));
    assert.ok(own.falsePointsPerThousand < 0.1, JSON.stringify(own));
  });
}

Deno.test("score() counts points as they are, and stretches once", () => {
  const series = [{ group: "g", values: new Array(100).fill(0), labels: new Set([10, 11, 12, 13]) }];
  const scored = score(() => new Set([13, 14, 50]), series);
  // Points: 1 hit, 2 false, 3 missed: 2 / (2 + 2 + 3). Stretches: 1 found, 1 false (13-14 touches the label).
  assert.deepEqual([scored.pointF1, scored.eventF1], [2 / 7, 2 / 3]);
  assert.equal(scored.falsePointsPerThousand, 20);
  assert.equal(score(() => new Set(), series).eventF1, 0);
});
