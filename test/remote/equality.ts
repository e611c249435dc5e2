/**
 * Compares what two sources answer: the same points, windows, events.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { QuantityName } from "../../src/catalog/types.ts";
import { allSampleNames } from "../../src/export/reading.ts";
import { labelsKey, withoutLabels } from "../../src/series/labels.ts";
import { toMilliseconds } from "../../src/series/milliseconds.ts";
import type { Grid, MetricSource, Series, WindowFunction, WindowQuery } from "../../src/series/types.ts";

/** How numbers are compared. */
export interface Tolerance {
  /** Largest relative difference; 0: bit for bit. */
  readonly relative: number;
  /** Labels that only the remote has. */
  readonly extra?: readonly string[];
  /** Sample names that are left out. */
  readonly except?: readonly string[];
}

/** How much was compared. */
export interface Compared {
  readonly series: number;
  readonly points: number;
}

const EXTRA = ["job", "instance"];

/** Every raw point, mark and known reset of the local source must be the remote's. */
export async function assertSamePoints(
  local: MetricSource,
  remote: MetricSource,
  tolerance: Tolerance,
): Promise<Compared> {
  const span = await local.span();
  assert.ok(span !== undefined);
  // Times of a server are whole milliseconds: the ends, too.
  const wider = { startSeconds: span.startSeconds - 0.001, endSeconds: span.endSeconds + 0.001 };
  let series = 0;
  let points = 0;
  for (const name of await allSampleNames(local)) {
    if (tolerance.except?.includes(name)) continue;
    const wanted = await local.select({ name }, span);
    const compared = assertSameSeries(wanted, await remote.select({ name }, wider), name, tolerance);
    series += compared.series;
    points += compared.points;
  }
  return { series, points };
}

/** Two answers, by labels. */
export function assertSameSeries(
  wanted: readonly Series[],
  got: readonly Series[],
  what: string,
  tolerance: Tolerance,
): Compared {
  const keyOf = ({ labels }: Series) => labelsKey(withoutLabels(labels, tolerance.extra ?? EXTRA));
  const found = new Map(got.map((series) => [keyOf(series), series]));
  assert.equal(found.size, got.length, `${what}: two series became one`);
  assert.deepEqual([...found.keys()].sort(), wanted.map(keyOf).sort(), `labels of ${what}`);
  let points = 0;
  for (const series of wanted) {
    const other = found.get(keyOf(series))!;
    const where = `${what} ${JSON.stringify(series.labels)}`;
    for (const times of ["timesSeconds", "staleSeconds", "resetSeconds"] as const) {
      assert.deepEqual(milliseconds(other[times]), milliseconds(series[times]), `${times} of ${where}`);
    }
    for (const values of ["values", "lower", "upper"] as const) {
      assertSameNumbers(series[values], other[values], { what: `${values} of ${where}`, ...tolerance });
    }
    points += series.values.length;
  }
  return { series: wanted.length, points };
}

function milliseconds(times: Float64Array | undefined): number[] {
  return Array.from(times ?? [], toMilliseconds);
}

function assertSameNumbers(
  wanted: Float64Array | undefined,
  got: Float64Array | undefined,
  how: { readonly what: string; readonly relative: number },
): void {
  assert.equal(got?.length, wanted?.length, how.what);
  for (const [i, value] of (wanted ?? []).entries()) {
    const other = got![i]!;
    if (Object.is(value, other)) continue;
    const difference = Math.abs(value - other);
    if (!(difference <= how.relative * Math.abs(value) + how.relative * 1e-3)) {
      assert.fail(`${how.what} at ${i}: ${other}, wanted ${value}`);
    }
  }
}

const FUNCTIONS: readonly WindowFunction[] = [
  { kind: "increase" },
  { kind: "rate" },
  { kind: "increase", extrapolate: false },
  { kind: "delta" },
  { kind: "irate" },
  { kind: "resets" },
  { kind: "changes" },
  { kind: "deriv" },
  { kind: "count" },
  { kind: "last" },
  { kind: "max" },
  { kind: "avg" },
  { kind: "stddev" },
  { kind: "quantile", quantile: 0.9 },
];
const OF_HISTOGRAMS: readonly WindowFunction[] = [
  { kind: "histogram_quantile", quantile: 0.95 },
  { kind: "histogram_mean" },
  { kind: "histogram_increase" },
  { kind: "rate" },
];
const PLAIN: readonly QuantityName[] = ["running", "kv_cache_usage", "generation_tokens", "request_success"];
const HISTOGRAMS: readonly QuantityName[] = ["ttft", "itl", "e2e"];

/** A battery of queries over the whole span of the local source. */
export async function assertSameEvaluations(
  local: MetricSource,
  remote: MetricSource,
  tolerance: Tolerance,
): Promise<Compared> {
  const span = await local.span();
  assert.ok(span !== undefined);
  let series = 0;
  let points = 0;
  for (const rangeSeconds of [10, 60]) {
    const count = Math.floor((span.endSeconds - span.startSeconds) / 5) + 4;
    const grid: Grid = { startSeconds: Math.ceil(span.startSeconds), stepSeconds: 5, count, rangeSeconds };
    for (const query of queries()) {
      const what = `${JSON.stringify(query)} over ${rangeSeconds} s`;
      const wanted = await local.evaluate(query, grid);
      const compared = assertSameSeries(wanted, await remote.evaluate(query, grid), what, tolerance);
      series += compared.series;
      points += compared.points;
    }
  }
  return { series, points };
}

function* queries(): Generator<WindowQuery> {
  for (const quantity of PLAIN) for (const fn of FUNCTIONS) yield { selector: { quantity }, fn };
  for (const quantity of HISTOGRAMS) for (const fn of OF_HISTOGRAMS) yield { selector: { quantity }, fn };
  yield { selector: { quantity: "ttft", part: "bucket" }, fn: { kind: "rate" }, combine: "none" };
  yield { selector: { quantity: "request_success" }, fn: { kind: "increase" }, by: ["finished_reason"] };
  yield { selector: { quantity: "running" }, fn: { kind: "max" }, by: ["target"], combine: "max" };
  yield { selector: { quantity: "running" }, fn: { kind: "avg" }, whileStale: "as_prometheus" };
}
