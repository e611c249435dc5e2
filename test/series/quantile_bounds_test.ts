/**
 * Quantiles by `numpy.quantile(values, q, method="inverted_cdf")` of numpy 2.x; bounds by hand from the definition, and by
 * random observations that fill the same buckets with the same sum.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { windowHistograms } from "../../src/analyzer/bounded_quantiles.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import { boundedQuantile } from "../../src/series/quantile_bounds.ts";
import type { MetricSource, SeriesDefinition } from "../../src/series/types.ts";
import { FIRST_SCRAPE, latencyServers } from "../helpers/latency_servers.ts";

const BOUNDS = [0.25, 0.5, 1, 2.5, 5, 7.5, 10, 20, 40, Infinity];

function observe(values: readonly number[]) {
  const counts = BOUNDS.map(() => 0);
  for (const value of values) counts[BOUNDS.findIndex((bound) => value <= bound)]!++;
  return { bounds: BOUNDS, counts, sum: values.reduce((total, value) => total + value, 0) };
}

Deno.test("boundedQuantile() keeps an estimate below what the sum allows when a bucket is wide", () => {
  // 20 requests: 10 of 4 s, 10 of 21 s. The bucket's estimate of p95 is 20 + 20 × (19 - 10) / 10 = 38 s, of which nothing
  // happened: with 10 requests above 20 s, the two from rank 19 on can reach (250 - 10 × 2.5 - 8 × 20) / 2 = 32.5 s at most.
  const observed = observe([...Array<number>(10).fill(4), ...Array<number>(10).fill(21)]);
  const found = boundedQuantile(0.95, observed)!;
  assert.equal(found.lower, 20);
  assert.ok(Math.abs(found.upper - 32.5) < 1e-6, String(found.upper));
  assert.ok(Math.abs(found.value - 32.5) < 1e-6, String(found.value));
  assert.deepEqual([found.bucketLower, found.bucketUpper], [20, 40]);
  const { sum: _, ...withoutSum } = observed;
  assert.deepEqual(boundedQuantile(0.95, withoutSum), {
    value: 38,
    lower: 20,
    upper: 40,
    bucketLower: 20,
    bucketUpper: 40,
  });
});

Deno.test("boundedQuantile() is exact for one observation, and bounded in the last bucket by the sum", () => {
  const one = boundedQuantile(0.5, observe([29.7]))!;
  assert.ok(Math.abs(one.lower - 29.7) < 1e-6 && Math.abs(one.upper - 29.7) < 1e-6);
  // Above 40 s there is no border: 3 × 50 s; the median is at most (150 - 40) / 2 = 55 s and at least 40 s.
  const open = boundedQuantile(0.5, observe([50, 50, 50]))!;
  assert.ok(Math.abs(open.upper - 55) < 1e-6);
  assert.equal(open.lower, 40);
});

Deno.test("boundedQuantile() leaves a sum aside that contradicts the buckets, and has nothing without observations", () => {
  const counts = [0, 0, 0, 0, 0, 0, 0, 10, 0, 0];
  const found = boundedQuantile(0.5, { bounds: BOUNDS, counts, sum: 3 })!;
  assert.deepEqual([found.lower, found.upper], [10, 20]);
  assert.equal(boundedQuantile(0.5, { bounds: BOUNDS, counts: counts.map(() => 0), sum: 0 }), undefined);
});

Deno.test("boundedQuantile() holds the true quantile of any observations between its bounds", () => {
  const value = fc.double({ min: 1e-3, max: 80, noNaN: true });
  const q = fc.constantFrom(0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1);
  let narrower = 0;
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), q, (values, share) => {
      const found = boundedQuantile(share, observe(values))!;
      const sorted = values.toSorted((a, b) => a - b);
      const truth = sorted[Math.max(1, Math.ceil(share * values.length - 1e-9)) - 1]!;
      assert.ok(found.lower <= truth && truth <= found.upper, `${found.lower} ${truth} ${found.upper}`);
      assert.ok(found.lower <= found.value && found.value <= found.upper);
      assert.ok(found.bucketLower <= found.lower && found.upper <= found.bucketUpper);
      if (found.upper - found.lower < 0.9 * (found.bucketUpper - found.bucketLower)) narrower++;
    }),
    { seed: 11, numRuns: 500 },
  );
  // The sum is worth having.
  assert.ok(narrower > 100, String(narrower));
});

Deno.test("evaluate() keeps a bounded quantile between what bucket, sum and count leave", async () => {
  // Two requests a second, all of 0 s: of their bucket, (-inf, 10 ms], the end alone would be 9.5 ms.
  const idle = latencyServers({ a: () => [0, 0] }, 60);
  // One of 21 s and nine of 4 s: 57 s in all, of which the nine are at least 9 × 2.5 s: 34.5 s are left at most.
  const slow = latencyServers({ a: (second) => second === 30 ? [21, ...Array<number>(9).fill(4)] : [] }, 60);
  const grid = { startSeconds: FIRST_SCRAPE + 60, stepSeconds: 1, count: 1, rangeSeconds: 60.001 };
  const ask = async (source: MetricSource, kind: "histogram_quantile" | "histogram_bounded_quantile") => {
    const [found] = await source.evaluate(
      { selector: { quantity: "ttft" }, fn: { kind, quantile: 0.95 } },
      grid,
    );
    return [found!.values[0]!, found!.lower![0]!, found!.upper![0]!].map((value) => Number(value.toFixed(6)));
  };
  assert.deepEqual(await ask(idle, "histogram_quantile"), [0.0095, 0, 0.01]);
  assert.deepEqual(await ask(idle, "histogram_bounded_quantile"), [0, 0, 0]);
  assert.deepEqual(await ask(slow, "histogram_quantile"), [30, 20, 40]);
  assert.deepEqual(await ask(slow, "histogram_bounded_quantile"), [30, 20, 34.5]);
});

Deno.test("histograms as observed begin anew together, where a bucket and the sum stand higher than before", async () => {
  // Before: one of 50 ms, nine of 0.5 s. Then a restart, and by the next scrape five of 50 ms, three of 10 s: 30.25 s.
  const bounds = ["0.1", "1", "20", "+Inf"];
  const parts = [
    ["count", undefined],
    ["sum", undefined],
    ...bounds.map((le) => ["bucket", le] as const),
  ] as const;
  const defined = parts.map(([part, le], id): SeriesDefinition => ({
    id,
    name: `vllm:time_to_first_token_seconds_${part}`,
    labels: le === undefined ? {} : { le },
    type: "histogram",
    unit: "seconds",
  }));
  const source = new MemorySource();
  [[10, 4.55, 1, 10, 10, 10], [8, 30.25, 5, 5, 8, 8]].forEach((values, tick) =>
    source.append("s", FIRST_SCRAPE + 10 * tick, {
      ids: defined.map(({ id }) => id),
      values,
      defined: tick === 0 ? defined : [],
      vanishedIds: [],
      events: [],
    })
  );
  const span = { startSeconds: FIRST_SCRAPE + 5, endSeconds: FIRST_SCRAPE + 10 };
  const [observed] = await windowHistograms(source, "ttft", { span });
  assert.deepEqual(observed?.counts, [5, 0, 3, 0]);
  assert.ok(Math.abs(observed!.sum! - 30.25) < 1e-9, String(observed!.sum));
  const grid = { startSeconds: span.endSeconds, stepSeconds: 1, count: 1, rangeSeconds: 5 };
  const [p95] = await source.evaluate(
    { selector: { quantity: "ttft" }, fn: { kind: "histogram_bounded_quantile", quantile: 0.95 } },
    grid,
  );
  // The eighth of eight, with two others in its bucket, which ends at 20 s: the three have at least 30.25 - 5 × 0.1 s together.
  assert.deepEqual([p95?.lower?.[0]?.toFixed(4), p95?.upper?.[0]], [(29.75 / 3).toFixed(4), 20]);
});
