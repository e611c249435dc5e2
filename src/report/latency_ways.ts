/**
 * One latency said in several ways, side by side: what a lifetime mean hides and a window shows.
 *
 * @module
 */
import { checkArgument, type Checks, needed, oneOf, POSITIVE } from "../base/arguments.ts";
import { checkView } from "../charts/chart_checks.ts";
import { SOURCE } from "../series/arguments.ts";
import { formatSeconds, NOT_AVAILABLE } from "../base/format.ts";
import type { Grid, MetricSource, Series, TimeSpan, WindowFunction } from "../series/types.ts";
import { percentile, sorted } from "../simulator/workload/distribution.ts";
import { e2eSeconds, tpotSeconds, ttftSeconds } from "../simulator/workload/request_times.ts";
import { pooledGaps } from "../simulator/workload/summary.ts";
import { LANGUAGE, type Language } from "../text/language.ts";
import { type TablesText, tablesText } from "../text/tables.ts";
import { type RenderedTable, renderTable } from "./table.ts";

/** Which latency, and over which window before the newest reading. */
export interface LatencyWaysOptions {
  /** The latency. */
  readonly quantity: "ttft" | "itl" | "tpot" | "e2e";
  /** The window, seconds; default 30. */
  readonly windowSeconds?: number;
  /** Default English. */
  readonly language?: Language;
}

const CHECKS: Checks<LatencyWaysOptions> = {
  quantity: needed(oneOf(["ttft", "itl", "tpot", "e2e"])),
  windowSeconds: POSITIVE,
  language: LANGUAGE,
};

/**
 * The lifetime mean beside the mean and p95 of a window, from the server and from the users. What cannot be had is n/a.
 *
 * Of the users, requests whose last chunk came within the window count.
 */
export async function latencyWays(source: MetricSource, options: LatencyWaysOptions): Promise<RenderedTable> {
  const call = 'latencyWays(collector, { quantity: "ttft" })';
  checkArgument(call, { source }, SOURCE);
  checkView<LatencyWaysOptions>(call, options, CHECKS);
  const text = tablesText(options.language ?? "en");
  const windowSeconds = options.windowSeconds ?? 30;
  const span = await source.span();
  if (span === undefined) return renderTable([{ title: text.way }, { title: text.value, numeric: true }], []);
  const grid = { startSeconds: span.endSeconds, stepSeconds: 1, count: 1, rangeSeconds: windowSeconds };
  const mean = await evaluate(source, options, { kind: "histogram_mean" }, grid);
  const p95 = await evaluate(source, options, { kind: "histogram_quantile", quantile: 0.95 }, grid);
  const client = await clientValues(source, options.quantity, {
    ...span,
    startSeconds: span.endSeconds - windowSeconds,
  });
  const window = formatSeconds(windowSeconds);
  return renderTable(
    [{ title: text.way }, { title: text.value, numeric: true }, { title: text.remark }],
    [
      [text.lifetimeMean, ...said(await lifetimeMean(source, options, span), "", text)],
      [text.windowMean(window), ...said(mean?.values.at(-1), text.exact, text)],
      [text.windowP95(window), ...said(p95?.values.at(-1), bucketRemark(p95, text.bucket), text)],
      [text.clientMean(window), ...said(meanOf(client), text.ofRequests(client.length), text)],
      [text.clientP95(window), ...said(percentile(client, 0.95), "", text)],
    ],
  );
}

async function evaluate(source: MetricSource, options: LatencyWaysOptions, fn: WindowFunction, grid: Grid) {
  const [series] = await source.evaluate({ selector: { quantity: options.quantity }, fn }, grid);
  return series;
}

/** Sum by count of the newest points, over all engines: what stands on the page, divided. */
async function lifetimeMean(
  source: MetricSource,
  options: LatencyWaysOptions,
  span: TimeSpan,
): Promise<number | undefined> {
  const newest = async (part: "sum" | "count") => {
    const series = await source.select({ quantity: options.quantity, part }, span);
    return series.reduce((total, one) => total + (one.values.at(-1) ?? 0), 0);
  };
  const count = await newest("count");
  return count > 0 ? await newest("sum") / count : undefined;
}

async function clientValues(
  source: MetricSource,
  quantity: LatencyWaysOptions["quantity"],
  span: TimeSpan,
): Promise<Float64Array> {
  // Requests are found by when they were due, which may be long before the window.
  const all = await source.requests({ startSeconds: 0, endSeconds: span.endSeconds });
  const ended = all.filter((record) => (record.chunkTimesSeconds.at(-1) ?? -Infinity) > span.startSeconds);
  if (quantity === "itl") return sorted(pooledGaps(ended));
  const of = { ttft: ttftSeconds, tpot: tpotSeconds, e2e: e2eSeconds }[quantity];
  return sorted(ended.map((record) => of(record) ?? NaN));
}

function meanOf(values: Float64Array): number | undefined {
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0) / values.length;
}

/** A figure and what is said of it; of one that is not there why not. */
function said(value: number | undefined, remark: string, text: TablesText): readonly [string, string] {
  return value === undefined || Number.isNaN(value)
    ? [NOT_AVAILABLE, text.noneEnded]
    : [formatSeconds(value), remark];
}

function bucketRemark(series: Series | undefined, remark: (lower: string, upper: string) => string): string {
  const [lower, upper] = [series?.lower?.at(-1), series?.upper?.at(-1)];
  return lower === undefined || upper === undefined ? "" : remark(formatSeconds(lower), formatSeconds(upper));
}
