import assert from "node:assert/strict";
import fc from "fast-check";
import { readContext } from "../../src/charts/context.ts";
import { sumOf } from "../../src/charts/envelope.ts";
import { requestsPanel } from "../../src/charts/server_panels.ts";
import { spreadOf } from "../../src/charts/spread.ts";
import { gpuPanel } from "../../src/charts/system_panels.ts";
import { daySource } from "../helpers/day_source.ts";
import { fakeSource } from "../helpers/fake_source.ts";

function lineOf(times: readonly number[], values: readonly number[]) {
  return {
    labels: {},
    unit: "ratio" as const,
    timesSeconds: Float64Array.from(times),
    values: Float64Array.from(values),
  };
}

Deno.test("spreadOf() leaves a line alone whose readings can be told apart", () => {
  const line = lineOf([0, 1, 2, 3], [1, 2, 3, 4]);
  assert.equal(spreadOf(line, { span: { startSeconds: 0, endSeconds: 3 }, bins: 1 }), undefined);
});

Deno.test("spreadOf() gives mean, lowest and highest of each piece and keeps breaks in it", () => {
  const times = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const line = lineOf(times, [1, 2, 3, 6, NaN, 10, 20, 30, NaN, NaN]);
  const spread = spreadOf(line, { span: { startSeconds: 0, endSeconds: 10 }, bins: 2 });
  assert.ok(spread !== undefined);
  assert.deepEqual([...spread.timesSeconds], [1.5, 4, 6, 8]);
  assert.deepEqual([...spread.values], [3, NaN, 20, NaN]);
  assert.deepEqual([...spread.lower], [1, NaN, 10, NaN]);
  assert.deepEqual([...spread.upper], [6, NaN, 30, NaN]);
  assert.equal(spread.binSeconds, 5);
});

Deno.test("spreadOf() loses no extreme of any piece, and its mean lies between them", () => {
  const value = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(NaN));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 100, maxLength: 400 }),
      fc.integer({ min: 1, max: 20 }),
      (values, bins) => {
        const times = values.map((_, index) => index);
        const span = { startSeconds: 0, endSeconds: values.length };
        const spread = spreadOf(lineOf(times, values), { span, bins });
        assert.ok(spread !== undefined);
        const known = values.filter((each) => !Number.isNaN(each));
        const finite = (column: Float64Array) => [...column].filter((each) => !Number.isNaN(each));
        assert.equal(Math.max(...finite(spread.upper)), Math.max(...known));
        assert.equal(Math.min(...finite(spread.lower)), Math.min(...known));
        for (let bin = 0; bin < bins; bin++) {
          const inside = (time: number): boolean =>
            Math.min(bins - 1, Math.floor(time / spread.binSeconds)) === bin;
          const own: number[] = values.filter((each, index) => inside(index) && !Number.isNaN(each));
          if (own.length === 0) continue;
          const points: number[] = [...spread.timesSeconds.keys()].filter((k) =>
            inside(spread.timesSeconds[k] ?? NaN) && !Number.isNaN(spread.values[k])
          );
          assert.equal(Math.max(...points.map((k): number => spread.upper[k] ?? NaN)), Math.max(...own));
          assert.equal(Math.min(...points.map((k): number => spread.lower[k] ?? NaN)), Math.min(...own));
        }
        spread.values.forEach((mean, k) => {
          if (Number.isNaN(mean)) return;
          assert.ok(mean >= (spread.lower[k] ?? NaN) - 1e-6 && mean <= (spread.upper[k] ?? NaN) + 1e-6);
        });
      },
    ),
    { seed: 5, numRuns: 200 },
  );
});

Deno.test("a day of requests and of GPUs is drawn as mean and spread, and says so", async () => {
  const context = await readContext(daySource(), { timeZone: "UTC" });
  const requests = await requestsPanel(context);
  assert.match(requests.subtitle, /mean of each 6m00s · band: lowest to highest/);
  for (const line of requests.data.lines) {
    assert.equal(line.spread, true);
    assert.ok(line.values.length <= 240);
  }
  const gpus = await gpuPanel(context, { quantity: "gpu_utilization" });
  // Of eight GPUs the band holds what each reached; the line is the highest one's mean.
  assert.equal(gpus.data.lines.length, 1);
  assert.ok((gpus.data.lines[0]?.values.length ?? 0) <= 240);
  assert.equal(gpus.data.bands?.length, 1);
});

Deno.test("sumOf() adds lines read one after the other, without one that is silent", () => {
  const a = lineOf([0, 1, 2, 3, 4, 5], [1, 1, 1, 1, 1, 1]);
  const b = lineOf([0.1, 1.1, 2.1, 5.1], [10, 20, NaN, 30]);
  const { timesSeconds, values } = sumOf([a, b]);
  assert.deepEqual([...timesSeconds], [0.1, 1.1, 2.1, 3, 4, 5.1]);
  assert.deepEqual([...values], [11, 21, 1, 1, 1, 31]);
});

Deno.test("requestsPanel() keeps a peak of one of several servers over a day", async () => {
  const start = 1795492800;
  const peak = start + 40_001;
  const series = (engine: string, value: (time: number) => number) =>
    ({ quantity: "running", unit: "requests", labels: { engine }, value }) as const;
  const source = fakeSource({
    span: { startSeconds: start, endSeconds: start + 86_400 },
    intervalSeconds: 1,
    series: [series("0", () => 2), series("1", (time) => time === peak ? 97 : 1)],
    facts: [{ target: "a", kind: "vllm", simulated: false, intervalSeconds: 1 }],
  });
  const panel = await requestsPanel(await readContext(source, { timeZone: "UTC" }));
  assert.equal(Math.max(...Array.from(panel.data.lines[0]?.upper ?? [])), 99);
});
