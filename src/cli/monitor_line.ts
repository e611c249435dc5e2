/**
 * One line a tick: how the servers stand now, from any source.
 *
 * @module
 */
import { clockTime } from "../charts/time_axis.ts";
import { formatRate, formatSeconds, formatValue, NOT_AVAILABLE } from "../base/format.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { Grid, MetricSource, WindowFunction } from "../series/types.ts";

/** A column: heading, and the text of its value. */
interface Column {
  readonly title: string;
  readonly width: number;
  readonly value: (source: MetricSource, grid: Grid) => Promise<string>;
}

const COLUMNS: readonly Column[] = [
  { title: "running", width: 7, value: gauge("running", "sum") },
  { title: "waiting", width: 7, value: gauge("waiting", "sum") },
  { title: "KV", width: 6, value: gauge("kv_cache_usage", "max") },
  { title: "prompt 10s", width: 11, value: perSecond("prompt_tokens") },
  { title: "output 10s", width: 11, value: perSecond("generation_tokens") },
  { title: "TTFT p95 30s", width: 12, value: latency("ttft") },
  { title: "ITL p95 30s", width: 11, value: latency("itl") },
  { title: "CPU", width: 6, value: gauge("cpu_usage", "max") },
  { title: "GPU", width: 6, value: gauge("gpu_utilization", "max") },
];

/** Quantiles look back this far: long enough to hold some requests, short enough to be "now" … */
export const MONITOR_WINDOW_SECONDS = 30;
/** … and rates this far. */
const RATE_WINDOW_SECONDS = 10;

/** The headings, as wide as the values below them. */
export function monitorHeading(): string {
  return ["time".padEnd(8), ...COLUMNS.map(({ title, width }) => title.padStart(width))].join("  ");
}

/** The newest values; what is not there is n/a. */
export async function monitorLine(
  source: MetricSource,
  options: { readonly timeZone: string },
): Promise<string> {
  const endSeconds = (await source.span())?.endSeconds;
  if (endSeconds === undefined) return NOT_AVAILABLE;
  const grid = { startSeconds: endSeconds, stepSeconds: 1, count: 1, rangeSeconds: MONITOR_WINDOW_SECONDS };
  const cells = await Promise.all(
    COLUMNS.map(async ({ width, value }) => (await value(source, grid)).padStart(width)),
  );
  return [clockTime(endSeconds, options.timeZone).padEnd(8), ...cells].join("  ");
}

/** The newest point of a gauge, unless its target has gone. */
function gauge(quantity: QuantityName, combine: "sum" | "max"): Column["value"] {
  return async (source, grid) => {
    const unit = quantity === "running" || quantity === "waiting" ? "count" : "ratio";
    const span = { startSeconds: grid.startSeconds - grid.rangeSeconds, endSeconds: grid.startSeconds };
    const newest = (await source.select({ quantity }, span))
      .filter((series) =>
        (series.timesSeconds.at(-1) ?? -Infinity) > (series.staleSeconds.at(-1) ?? -Infinity)
      )
      .map((series) => series.values.at(-1)!);
    if (newest.length === 0) return NOT_AVAILABLE;
    return formatValue(combine === "sum" ? newest.reduce((a, b) => a + b, 0) : Math.max(...newest), unit);
  };
}

function perSecond(quantity: QuantityName): Column["value"] {
  return async (source, grid) => {
    // What was counted, by the time over which it was: right from the second reading on, and after a gap.
    const value = await evaluate(source, quantity, { kind: "rate", extrapolate: false }, {
      ...grid,
      rangeSeconds: RATE_WINDOW_SECONDS,
    });
    return value === undefined ? NOT_AVAILABLE : formatRate(value, "tok/s");
  };
}

function latency(quantity: QuantityName): Column["value"] {
  return async (source, grid) => {
    const value = await evaluate(
      source,
      quantity,
      { kind: "histogram_bounded_quantile", quantile: 0.95 },
      grid,
    );
    return value === undefined ? NOT_AVAILABLE : formatSeconds(value);
  };
}

async function evaluate(source: MetricSource, quantity: QuantityName, fn: WindowFunction, grid: Grid) {
  const [series] = await source.evaluate({ selector: { quantity }, fn }, grid);
  const value = series?.values.at(-1);
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
