import assert from "node:assert/strict";
import fc from "fast-check";
import { thinBand, thinLine, thinTogether } from "../../src/charts/downsample.ts";
import { m4Indices, minMaxIndices } from "../../src/series/m4.ts";

const VIEW = { startSeconds: 0, endSeconds: 1000, columns: 20 };

Deno.test("m4Indices() keeps every extreme of every pixel column of every segment, and every end", () => {
  const value = fc.oneof({ weight: 20, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) }, {
    weight: 1,
    arbitrary: fc.constant(NaN),
  });
  fc.assert(
    fc.property(fc.array(value, { minLength: 81, maxLength: 600 }), (values) => {
      const times = values.map((_, index) => (index * 1000) / values.length);
      const kept = new Set(m4Indices({ timesSeconds: times, values }, VIEW));
      for (const [from, to] of columnSegments(times, values)) {
        const inside = Array.from({ length: to - from }, (_, k) => from + k);
        const keptValues = inside.filter((index) => kept.has(index)).map((index) => values[index] ?? NaN);
        const all = inside.map((index) => values[index] ?? NaN);
        assert.equal(Math.min(...keptValues), Math.min(...all));
        assert.equal(Math.max(...keptValues), Math.max(...all));
        assert.ok(kept.has(from) && kept.has(to - 1));
      }
      const breaks = values.filter((each, index) =>
        Number.isNaN(each) && !Number.isNaN(values[index - 1] ?? 0)
      ).length;
      assert.equal([...kept].filter((index) => Number.isNaN(values[index])).length, breaks);
    }),
    { seed: 11, numRuns: 300 },
  );
});

/** Runs of finite points in one pixel column, worked out the slow way. */
function columnSegments(times: readonly number[], values: readonly number[]): [number, number][] {
  const column = (index: number) => Math.min(19, Math.floor((times[index] ?? 0) * 0.02));
  const segments: [number, number][] = [];
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    const last = segments.at(-1);
    if (last !== undefined && last[1] === index && column(index) === column(last[0])) last[1] = index + 1;
    else segments.push([index, index + 1]);
  });
  return segments;
}

Deno.test("minMaxIndices() and thinLine() keep every extreme of every pixel column, of bands too", () => {
  const value = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 81, maxLength: 900 }), (pairs) => {
      const timesSeconds = pairs.map((_, index) => (index * 1000) / pairs.length);
      const [lower, upper] = [pairs.map(([a, b]) => Math.min(a, b)), pairs.map(([a, b]) => Math.max(a, b))];
      const band = new Set(thinLine({ timesSeconds, values: upper, lower, upper }, VIEW));
      const thinned = thinBand({ timesSeconds, lower, upper }, VIEW);
      const thin = { ...thinned, timesSeconds: Array.from(thinned.timesSeconds) };
      const line = new Set(minMaxIndices({ timesSeconds, values: upper }, VIEW));
      for (const [from, to] of columnSegments(timesSeconds, upper)) {
        const inside = Array.from({ length: to - from }, (_, k) => from + k);
        const reach = (indices: readonly number[], values: readonly number[]) => {
          const chosen = indices.map((index) => values[index] ?? NaN);
          return [Math.min(...chosen), Math.max(...chosen)];
        };
        const keptBand = inside.filter((index) => band.has(index));
        assert.deepEqual(reach(keptBand, lower)[0], reach(inside, lower)[0]);
        assert.deepEqual(reach(keptBand, upper)[1], reach(inside, upper)[1]);
        assert.deepEqual(reach(inside.filter((index) => line.has(index)), upper), reach(inside, upper));
        const at = thin.timesSeconds.indexOf(timesSeconds[from] ?? NaN);
        if (pairs.length > 40) {
          assert.deepEqual([thin.lower[at], thin.upper[at]], [
            reach(inside, lower)[0],
            reach(inside, upper)[1],
          ]);
        }
      }
    }),
    { seed: 13, numRuns: 200 },
  );
});

Deno.test("m4Indices() keeps a day of seconds to four points a column and its one spike", () => {
  const count = 86400;
  const timesSeconds = Float64Array.from({ length: count }, (_, k) => k);
  const values = Float64Array.from(timesSeconds, (time) => 0.2 + 0.05 * Math.sin(time / 50));
  values[50_000] = 3.3;
  const kept = m4Indices({ timesSeconds, values }, { startSeconds: 0, endSeconds: count, columns: 500 });
  assert.ok(kept.length <= 2000);
  assert.ok(kept.includes(50_000));
});

Deno.test("m4Indices() returns all of few points", () => {
  const points = { timesSeconds: [1, 2, 3], values: [1, NaN, 2] };
  assert.deepEqual([...m4Indices(points, VIEW)], [0, 1, 2]);
});

Deno.test("m4Indices() and minMaxIndices() keep every spike of a day at 2 Hz, up and down, beside gaps too", () => {
  const count = 2 * 86400;
  const columns = 700;
  const view = { startSeconds: 0, endSeconds: 86400, columns };
  const timesSeconds = Float64Array.from({ length: count }, (_, k) => k / 2);
  const place = fc.integer({ min: 0, max: count - 1 });
  fc.assert(
    fc.property(
      fc.uniqueArray(place, { minLength: 1, maxLength: 60 }),
      fc.array(fc.tuple(place, fc.integer({ min: 1, max: 4000 })), { maxLength: 12 }),
      (spikes, gaps) => {
        const values = Float64Array.from(timesSeconds, (time) => 0.2 + 0.05 * Math.sin(time / 50));
        for (const [from, length] of gaps) values.fill(NaN, from, from + length);
        // Each is the farthest of its column in its direction, whatever else is there: heights differ by their order.
        spikes.forEach((at, index) => values[at] = (index % 2 === 0 ? 1 : -1) * (3 + index));
        const columnOf = (at: number) => Math.floor((at / 2) * (columns / 86400));
        const farthest = spikes.filter((at) =>
          spikes.every((other) =>
            columnOf(other) !== columnOf(at) ||
            Math.sign(values[other] ?? 0) !== Math.sign(values[at] ?? 0) ||
            Math.abs(values[other] ?? 0) <= Math.abs(values[at] ?? 0)
          )
        );
        for (const thin of [m4Indices, minMaxIndices]) {
          const kept = new Set(thin({ timesSeconds, values }, view));
          assert.ok(kept.size <= 4 * (columns + 4 * gaps.length + 4), `${kept.size}`);
          for (const at of farthest) assert.ok(kept.has(at), `${thin.name} lost ${at}`);
        }
      },
    ),
    { seed: 17, numRuns: 30 },
  );
});

Deno.test("thinTogether() keeps of lines that were read together the same times, and of each what it keeps alone", () => {
  const value = fc.double({ min: 0, max: 1e3, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(value, value), { minLength: 200, maxLength: 600 }),
      fc.array(value, { minLength: 200, maxLength: 600 }),
      (pairs, others) => {
        const times = (count: number, offset: number) =>
          Array.from({ length: count }, (_, index) => offset + (index * 999) / count);
        const lines = [
          { timesSeconds: times(pairs.length, 0), values: pairs.map(([first]) => first) },
          { timesSeconds: times(pairs.length, 0), values: pairs.map(([, second]) => second) },
          { timesSeconds: times(others.length, 1 / 3), values: others },
        ];
        const [first, second, other] = thinTogether(lines, VIEW);
        assert.deepEqual(first, second);
        for (const [line, kept] of [[lines[0], first], [lines[1], second]] as const) {
          assert.ok(line !== undefined && kept !== undefined && kept.length < line.values.length);
          const set = new Set(kept);
          assert.ok([...thinLine(line, VIEW)].every((index) => set.has(index)));
        }
        assert.ok(lines[2] !== undefined);
        assert.ok((other?.length ?? 0) >= thinLine(lines[2], VIEW).length);
      },
    ),
    { seed: 19, numRuns: 50 },
  );
});
