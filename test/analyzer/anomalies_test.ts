import assert from "node:assert/strict";
import { type AnomalyOptions, type AnomalyResult, detectAnomalies } from "../../src/analyzer/anomalies.ts";
import { toSignal } from "../../src/analyzer/signal.ts";
import { seededRandom, standardNormal } from "../../src/base/random.ts";
import { seriesOf } from "../helpers/fixed_source.ts";

function points(values: readonly number[]) {
  return { timesSeconds: values.map((_, i) => 100 + i), values };
}

function found(values: readonly number[], options: AnomalyOptions = {}): AnomalyResult {
  const result = detectAnomalies(points(values), options);
  assert.ok("episodes" in result, JSON.stringify(result));
  return result;
}

function gaussian(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => 50 + standardNormal(random));
}

Deno.test("detectAnomalies() finds none in a constant series and says why", () => {
  assert.deepEqual(detectAnomalies(points(new Array(100).fill(7))), {
    absent: { code: "constant_series", params: { count: 100, value: 7 } },
  });
  assert.deepEqual(detectAnomalies(points([1, 2, 3])), {
    absent: { code: "not_enough_points", params: { count: 3, wanted: 20 } },
  });
  const allNaN = detectAnomalies(points(new Array(50).fill(NaN)));
  assert.equal("absent" in allNaN && allNaN.absent.code, "not_enough_points");
});

Deno.test("detectAnomalies() does not take a counter's restart for an anomaly", () => {
  const counts: [number, number][] = Array.from(
    { length: 60 },
    (_, i) => [i, i < 30 ? 10 * i : 10 * (i - 30)],
  );
  const rates = toSignal(seriesOf("done_total", counts, { type: "counter" }));
  assert.equal(Math.min(...Array.from(rates.values)), 10);
  assert.equal("absent" in detectAnomalies(rates), true, "ten per second all along: constant");
});

Deno.test("detectAnomalies() joins neighbouring points to one episode with the worst of them", () => {
  const values = gaussian(1, 100);
  values.splice(40, 4, 60, 63, 61, 60);
  const { episodes, method } = found(values);
  assert.equal(method, "robust_z");
  assert.equal(episodes.length, 1);
  const [episode] = episodes;
  assert.deepEqual(
    [episode!.startSeconds, episode!.endSeconds, episode!.direction, episode!.worst.value],
    [140, 143, "above", 63],
  );
  assert.ok(episode!.worst.score! > 10);
});

Deno.test("detectAnomalies() takes one enormous point, not one that is just beyond the threshold", () => {
  const values = gaussian(2, 100);
  values[50] = 54.5;
  assert.equal(found(values).episodes.length, 0);
  values[50] = 80;
  assert.equal(found(values).episodes.length, 1);
});

Deno.test("detectAnomalies() keeps quiet about tiny movements of a flat series", () => {
  const values = Array.from({ length: 100 }, (_, i) => 1000 + (i % 10 === 0 ? 0.002 : (i % 3) * 0.001));
  values[50] = values[51] = 1000.5;
  assert.equal(found(values).episodes.length, 0, "half a thousandth of the level");
});

Deno.test("detectAnomalies() flags rare departures of a resting series, not frequent ones", () => {
  const rests = new Array(100).fill(0);
  rests[30] = 2;
  const rare = found(rests);
  assert.deepEqual([rare.method, rare.episodes.length, rare.episodes[0]!.worst.score], [
    "rare_change",
    1,
    undefined,
  ]);
  const bursts = rests.map((_, i) => i % 5 === 0 ? 3 : 0);
  assert.equal(found(bursts).episodes.length, 0);
});

Deno.test("detectAnomalies() tells one surge of a resting series of few points, whose scale would be the surge itself", () => {
  for (const count of [20, 21, 25, 30, 40, 60]) {
    for (const surge of [[60], [60, 37], [12, 60, 37], [5, 60, 41, 7]]) {
      const values = new Array(count).fill(0);
      values.splice(9, surge.length, ...surge);
      const { episodes } = found(values);
      assert.deepEqual(
        episodes.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]),
        [[109, 108 + surge.length]],
        `${surge} of ${count}`,
      );
    }
  }
  const fractions = new Array(20).fill(1.5);
  fractions[9] = 7.25;
  assert.equal(found(fractions).episodes.length, 1, "one point of twenty is 5 %");
  const beginning = new Array(20).fill(0);
  beginning.splice(0, 3, 60, 37, 12);
  assert.equal(found(beginning).episodes.length, 0, "how the series begins");
});

Deno.test("detectAnomalies() takes small counts in few points for noise, and several surges for the rule", () => {
  const zeros = (...at: readonly (readonly [number, number])[]) => {
    const values = new Array(24).fill(0);
    for (const [index, value] of at) values[index] = value;
    return values;
  };
  assert.equal(found(zeros([9, 1], [10, 2])).episodes.length, 0);
  assert.equal(found(zeros([4, 20], [9, 22], [14, 19], [19, 21])).episodes.length, 0);
  const drips = new Array(900).fill(0).map((_, i) =>
    i >= 400 && i < 560 && i % 3 !== 0 && i % 40 > 6 ? 20 + i % 7 : 0
  );
  assert.equal(found(drips).episodes.length, 0, "comes and goes");
  const level = zeros([9, 9], [10, 7]).map((value) => 1000 + value);
  assert.equal(found(level).episodes.length, 0, "less than 1 % of the level");
  const random = seededRandom(12);
  const small = (deviation: number) => Math.round(deviation * standardNormal(random));
  let flagged = 0;
  for (let run = 0; run < 3000; run++) {
    const result = detectAnomalies(points(Array.from({ length: 21 + run % 10 }, () => small(0.5))));
    if ("episodes" in result) flagged += result.episodes.length;
  }
  // 32 % of such numbers are not 0: in about three of these series there is one alone by chance, which is told.
  assert.ok(flagged <= 10, `${flagged} episodes in 3,000 series of noise`);
});

Deno.test("detectAnomalies() keeps its false alarms: none of a hundred healthy series of 300 points", () => {
  let episodes = 0;
  for (let seed = 0; seed < 100; seed++) episodes += found(gaussian(seed, 300)).episodes.length;
  // 0.14 points a series lie beyond 3.5 deviations by chance; with a neighbour, or at 5.25 deviations, 0.000175 (Python's erfc).
  assert.ok(episodes <= 1, `${episodes}`);
  assert.ok(Math.abs(found(gaussian(1, 300)).expectedByChance - 0.000175421) < 1e-7);
});

Deno.test("detectAnomalies() takes a threshold in deviations or as a rate of false alarms", () => {
  assert.equal(found(gaussian(1, 100), { thresholdStd: 2 }).threshold, 2);
  assert.throws(() => detectAnomalies(points([1]), { thresholdStd: 0 }), RangeError);
  assert.throws(() => detectAnomalies(points([1]), { falseAlarmRate: 1 }), RangeError);
});

Deno.test("detectAnomalies() takes a long tail for what it is, with and without logarithms", () => {
  const random = seededRandom(4);
  const durations = Array.from({ length: 2000 }, () => Math.exp(standardNormal(random)));
  assert.equal(found(durations).episodes.length, 0);
  assert.equal(found(durations, { logarithm: true }).episodes.length, 0);
  // Beyond e^3.5 = 33 by the logarithm; 100 times the median is not much for such a tail as it is.
  durations.splice(1000, 3, 90, 105, 98);
  const [episode] = found(durations, { logarithm: true }).episodes;
  assert.deepEqual([episode?.startSeconds, episode?.endSeconds], [1100, 1102]);
});

Deno.test("detectAnomalies() flags as large a share of ordinary points as it was told", () => {
  for (const rate of [0.01, 0.001]) {
    let flagged = 0;
    for (let seed = 0; seed < 200; seed++) {
      const result = found(gaussian(1000 + seed, 1000), { falseAlarmRate: rate });
      flagged += result.episodes.reduce((sum, episode) => sum + episode.points.length, 0);
      assert.ok(Math.abs(result.expectedByChance - rate * 1000) < 1e-6 * rate * 1000);
    }
    assert.ok(Math.abs(flagged / 200_000 / rate - 1) < 0.3, `${rate}: ${flagged}`);
  }
});

Deno.test("detectAnomalies() takes bursts that come back for the rule, one surge for an anomaly", () => {
  const random = seededRandom(8);
  const bursty = Array.from(
    { length: 300 },
    () => random.next() < 0.1 ? 20 + 5 * standardNormal(random) : 1 + 0.1 * standardNormal(random),
  );
  assert.ok(found(bursty).episodes.length <= 1);
  const surge = gaussian(3, 300).map((value, i) => i >= 100 && i < 140 ? value + 20 : value);
  assert.equal(found(surge).episodes.length, 1);
});

Deno.test("detectAnomalies() judges a periodic series by what is usual at each place of its period", () => {
  const random = seededRandom(9);
  const wave = Array.from(
    { length: 600 },
    (_, i) => 10 * Math.sin(2 * Math.PI * i / 50) + 0.3 * standardNormal(random),
  );
  assert.equal(found(wave).periodPoints, 50);
  assert.equal(found(wave).episodes.length, 0);
  // An ordinary value at the wrong time.
  const odd = wave.map((value, i) => i === 312 ? -value : value);
  assert.deepEqual(found(odd).episodes.map((episode) => episode.startSeconds), [
    points(odd).timesSeconds[312],
  ]);
  assert.equal(found(gaussian(5, 600)).periodPoints, undefined);
});

Deno.test("detectAnomalies() keeps quiet while a level moves, and finds what stands out from it", () => {
  const shapes: readonly (readonly [string, (i: number) => number])[] = [
    ["a step", (i) => i < 250 ? 50 : 80],
    ["a step back", (i) => i < 300 ? 80 : 50],
    ["a ramp", (i) => 50 + i / 10],
    ["a slow wave", (i) => 50 + 15 * Math.sin(2 * Math.PI * i / 250)],
    ["a way of 20 points between levels", (i) => 50 + Math.min(30, Math.max(0, 1.5 * (i - 250)))],
  ];
  for (const [shape, level] of shapes) {
    for (let seed = 0; seed < 20; seed++) {
      const values = gaussian(seed, 400).map((value, i) => value - 50 + level(i));
      const quiet = found(values);
      assert.deepEqual(quiet.episodes, [], `${shape}, seed ${seed}`);
      assert.ok(quiet.windowPoints !== undefined || quiet.periodPoints !== undefined, shape);
      const odd = values.map((value, i) => i >= 120 && i < 124 ? value + 14 : value);
      const { episodes } = found(odd);
      assert.equal(episodes.length, 1, `${shape}, seed ${seed}`);
      assert.ok(episodes[0]!.startSeconds >= 220 && episodes[0]!.endSeconds <= 224, `${shape}, seed ${seed}`);
    }
  }
});

Deno.test("detectAnomalies() does not take the filling of an empty server for an anomaly", () => {
  const values = gaussian(6, 300).map((value, i) => i < 4 ? 12 * i : value);
  assert.deepEqual(found(values).episodes, []);
  const later = gaussian(6, 300).map((value, i) => i >= 40 && i < 44 ? 12 * (i - 40) : value);
  assert.equal(found(later).episodes.length, 1);
});

Deno.test("detectAnomalies() gives the limits beyond which a value is strange", () => {
  const still = found(gaussian(1, 300)).expected!;
  assert.deepEqual(Array.from(still.timesSeconds), [100, 399]);
  assert.ok(Math.abs(still.upper[0]! - 53.5) < 0.7 && Math.abs(still.lower[0]! - 46.5) < 0.7);
  const moving = found(gaussian(1, 300).map((value, i) => value + (i < 150 ? 0 : 40)));
  assert.equal(moving.expected!.timesSeconds.length, 300);
  assert.ok(moving.expected!.upper[20]! < 60 && moving.expected!.lower[280]! > 80);
  assert.equal(found([...new Array(99).fill(0), 2]).expected, undefined);
});

Deno.test("detectAnomalies() has few false alarms in healthy series of many kinds", () => {
  const random = seededRandom(11);
  const poisson = (mean: number) => {
    let count = -1;
    for (let left = 1; left > Math.exp(-mean); left *= random.next()) count++;
    return count;
  };
  let state = 0;
  const kinds: readonly (readonly [string, (i: number) => number, number])[] = [
    ["AR(1), .9", () => state = 0.9 * state + Math.sqrt(0.19) * standardNormal(random), 0.5],
    ["Poisson 5", () => poisson(5), 0.1],
    ["Poisson .7", () => poisson(0.7), 0.1],
    ["Poisson .2", () => poisson(0.2), 0.1],
    ["Poisson .04", () => poisson(0.04), 0.6],
    ["whole numbers", () => Math.round(20 + 2 * standardNormal(random)), 0.1],
    [
      "bursts",
      () => random.next() < 0.1 ? 20 + 5 * standardNormal(random) : 1 + 0.1 * standardNormal(random),
      0.3,
    ],
    ["lognormal", () => Math.exp(0.6 * standardNormal(random)), 0.6],
    ["load that comes and goes", (i) => poisson(10 + 8 * Math.sin(i / 32)), 0.2],
    ["noise that grows", (i) => standardNormal(random) * (i > 210 ? 5 : 1), 0.2],
  ];
  for (const [kind, draw, mostPerThousand] of kinds) {
    let flagged = 0;
    for (let run = 0; run < 100; run++) {
      const result = detectAnomalies(points(Array.from({ length: 300 }, (_, i) => draw(i))));
      if ("absent" in result) continue;
      flagged += result.episodes.reduce((sum, episode) => sum + episode.points.length, 0);
    }
    assert.ok(flagged / 30 <= mostPerThousand, `${kind}: ${flagged / 30} in a thousand`);
  }
});
