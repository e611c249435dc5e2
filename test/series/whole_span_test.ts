import assert from "node:assert/strict";
import fc from "fast-check";
import { lostPaceOf } from "../../src/analyzer/run_faults.ts";
import { summariseRun } from "../../src/report/run_summary.ts";
import { MemorySource } from "../../src/series/memory_source.ts";
import { fromFirstPoint, wholeSpan } from "../../src/series/whole_span.ts";
import { windowBounds } from "../../src/series/windows.ts";

/** Indices of a window's points, where it ends with the span and is so long. */
function within(times: readonly number[], endSeconds: number, rangeSeconds: number): [number, number] {
  const { low, high } = windowBounds(times, { endSeconds, rangeSeconds });
  return [low, high];
}

// Worked out by hand: 1000.6 ms rounds to 1001, the window of 1001.2 ms to 1001, so it is (0, 1001]; 0.4 ms rounds to 0.
const UNLUCKY = { startSeconds: 0.0004, endSeconds: 1.0006 };

Deno.test("wholeSpan() holds the first point where a millisecond more than the span leaves it out", () => {
  const { startSeconds, endSeconds } = UNLUCKY;
  const times = [-0.0006, startSeconds, 0.5, endSeconds];
  assert.deepEqual(within(times, endSeconds, endSeconds - startSeconds + 0.001), [2, 4]);
  assert.equal(wholeSpan(UNLUCKY).rangeSeconds, 1.002);
  // Not the point a millisecond before, either.
  assert.deepEqual(within(times, endSeconds, wholeSpan(UNLUCKY).rangeSeconds), [1, 4]);
});

Deno.test("wholeSpan() and fromFirstPoint() begin on the millisecond before the first point's, wherever both ends are", () => {
  const ends = fc.tuple(
    fc.constantFrom(0, 1_700_000_000),
    fc.integer({ min: 0, max: 10_000_000 }),
    fc.integer({ min: 0, max: 10_000_000 }),
  );
  fc.assert(
    fc.property(ends, ([epoch, start, length]) => {
      // Ends on every tenth of a microsecond: also on the halves between milliseconds.
      const startSeconds = epoch + start / 1e7;
      const span = { startSeconds, endSeconds: startSeconds + length / 1e7 };
      const first = Math.round(span.startSeconds * 1000);
      const times = [(first - 1) / 1000, span.startSeconds, span.endSeconds];
      assert.deepEqual(within(times, span.endSeconds, wholeSpan(span).rangeSeconds), [1, 3]);
      const reach = fromFirstPoint(span);
      assert.deepEqual(within(times, reach.endSeconds, reach.endSeconds - reach.startSeconds), [1, 3]);
    }),
    { seed: 20_261_125, numRuns: 5_000 },
  );
});

Deno.test("a run's summary and its loss of pace know a gauge's first read, the highest", async () => {
  const source = new MemorySource();
  const own = { engine: "0", model_name: "m" };
  const gauges: [string, number, number][] = [
    ["vllm:kv_cache_usage_perc", 0.9, 0.1],
    ["lab_simulation_late_seconds", 1.5, 0],
  ];
  const counters: [string, number, number][] = [["lab_simulation_lost_pace_total", 2, 3]];
  const series = [...gauges, ...counters];
  const read = (timeSeconds: number, values: number[]) =>
    source.append("vllm", timeSeconds, {
      ids: series.map((_, id) => id),
      values,
      defined: timeSeconds > UNLUCKY.startSeconds ? [] : series.map(([name], id) => ({
        id,
        name,
        labels: own,
        type: id < gauges.length ? "gauge" : "counter",
      })),
      vanishedIds: [],
      events: [],
      facts: { target: "vllm", kind: "vllm", simulated: true, intervalSeconds: 0.5 },
    });
  read(UNLUCKY.startSeconds, series.map(([, first]) => first));
  read(UNLUCKY.endSeconds, series.map(([, , last]) => last));
  assert.equal((await summariseRun(source))?.maxima.kv_cache_usage, 0.9);
  assert.deepEqual(await lostPaceOf(source, UNLUCKY), { times: 1, worstSeconds: 1.5 });
});
