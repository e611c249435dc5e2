/**
 * What a run comes down to: requests, latencies from both witnesses, saturation, what went wrong.
 *
 * @module
 */
import { checkArgument } from "../base/arguments.ts";
import { cutOf, type LostPace, lostPaceOf } from "../analyzer/run_faults.ts";
import { SOURCE } from "../series/arguments.ts";
import type { Interval } from "../simulator/workload/distribution.ts";
import { summarise, type WorkloadSummary } from "../simulator/workload/summary.ts";
import type { QuantityName } from "../catalog/types.ts";
import type {
  Grid,
  LabEvent,
  MetricSource,
  Series,
  TargetFacts,
  TimeSpan,
  WindowFunction,
} from "../series/types.ts";

/** A server-side latency over the whole run. Quantiles are estimates: `p50Bounds` is the bucket that holds p50. */
export interface ServerLatency {
  /** Observations within the span, extrapolation off. */
  readonly count: number;
  /** Exact: increase of the sum by increase of the count. */
  readonly meanSeconds: number;
  /** In seconds. */
  readonly p50: number;
  /** In seconds. */
  readonly p99: number;
  /** Absent where the source gives no bounds. */
  readonly p50Bounds?: Interval;
  /** The same of p99. */
  readonly p99Bounds?: Interval;
}

/** Latencies that both sides know. */
export const LATENCIES = ["ttft", "itl", "tpot", "e2e"] as const satisfies readonly QuantityName[];

/** A run in figures. What is missing was not measured. */
export interface RunSummary {
  /** Everything that the source holds. */
  readonly span: TimeSpan;
  /** One entry a target. */
  readonly facts: readonly TargetFacts[];
  /** Absent when the source holds no request rows. */
  readonly client?: WorkloadSummary;
  /** Those that the server shows and has observations of. */
  readonly server: Readonly<Partial<Record<(typeof LATENCIES)[number], ServerLatency>>>;
  /** Increases over the span, extrapolation off: what was really counted. */
  readonly counted: Readonly<
    Partial<Record<"prompt_tokens" | "generation_tokens" | "request_success" | "preemptions", number>>
  >;
  /** Largest point of the span, of several engines that of the largest: requests are counts, the others ratios. */
  readonly maxima: Readonly<
    Partial<Record<"running" | "waiting" | "kv_cache_usage" | "cpu_usage" | "memory_usage", number>>
  >;
  /** Over all targets and samplers. */
  readonly failedScrapes: number;
  /** Counter resets, as after a restart of the server. */
  readonly resets: number;
  /** When what wrote the recording was cut off, Unix seconds; absent where it was closed. */
  readonly cutSeconds?: number;
  /** Where a simulated server could not keep its schedule; absent where none failed to. */
  readonly lostPace?: LostPace;
  /** All of the span, ascending; failed reads and resets are among them. */
  readonly events: readonly LabEvent[];
}

/** Summarises everything that a source holds; undefined while it is empty. */
export async function summariseRun(source: MetricSource): Promise<RunSummary | undefined> {
  checkArgument("summariseRun(collector)", { source }, SOURCE);
  const span = await source.span();
  if (span === undefined) return undefined;
  const [facts, requests, events] = await Promise.all([
    source.facts(),
    source.requests(span),
    source.events(span),
  ]);
  const cutSeconds = cutOf(events);
  const lostPace = await lostPaceOf(source, span);
  return {
    span,
    facts,
    ...(cutSeconds === undefined ? {} : { cutSeconds }),
    ...(lostPace === undefined ? {} : { lostPace }),
    ...(requests.length === 0 ? {} : { client: summarise(requests) }),
    server: await serverLatencies(source, span),
    counted: await over(source, span, [
      "prompt_tokens",
      "generation_tokens",
      "request_success",
      "preemptions",
    ], {
      kind: "increase",
      extrapolate: false,
    }),
    maxima: {
      ...await over(source, span, ["kv_cache_usage", "cpu_usage", "memory_usage"], { kind: "max" }),
      ...await largestSums(source, span, ["running", "waiting"]),
    },
    failedScrapes: events.filter((event) => event.kind === "scrape_failed").length,
    resets: events.filter((event) => event.kind === "counter_reset").length,
    events,
  };
}

/** One window that ends with the span and holds all of it. */
function wholeSpan(span: TimeSpan): Grid {
  // The window is open at its start, so it begins a moment before the first point.
  return {
    startSeconds: span.endSeconds,
    stepSeconds: 1,
    count: 1,
    rangeSeconds: span.endSeconds - span.startSeconds + 0.001,
  };
}

async function over<Q extends QuantityName>(
  source: MetricSource,
  span: TimeSpan,
  quantities: readonly Q[],
  fn: WindowFunction,
): Promise<Partial<Record<Q, number>>> {
  const found: Partial<Record<Q, number>> = {};
  for (const quantity of quantities) {
    const series = await source.evaluate({ selector: { quantity }, fn }, wholeSpan(span));
    const values = series.map((one) => last(one.values)).filter((value): value is number =>
      value !== undefined
    );
    // Counters come summed as one series; of gauges the largest engine counts.
    if (values.length > 0) found[quantity] = Math.max(...values);
  }
  return found;
}

/** Evaluation times over a span, at most. */
const MOST_STEPS = 5000;

/** Counts add up over engines and servers: the largest sum at any one time. */
async function largestSums<Q extends QuantityName>(
  source: MetricSource,
  span: TimeSpan,
  quantities: readonly Q[],
): Promise<Partial<Record<Q, number>>> {
  const found: Partial<Record<Q, number>> = {};
  const lengthSeconds = span.endSeconds - span.startSeconds;
  const stepSeconds = Math.max(1, lengthSeconds / MOST_STEPS);
  // A value counts until a reading later at the usual pace; what is gone is marked absent and does not count at all.
  const grid = {
    startSeconds: span.startSeconds,
    stepSeconds,
    count: 1 + Math.ceil(lengthSeconds / stepSeconds),
    rangeSeconds: Math.max(15, 2 * stepSeconds),
  };
  for (const quantity of quantities) {
    const series = await source.evaluate(
      { selector: { quantity }, fn: { kind: "last" }, combine: "sum" },
      grid,
    );
    const values = series.flatMap((one) => Array.from(one.values)).filter((value) => !Number.isNaN(value));
    if (values.length > 0) found[quantity] = values.reduce((most, value) => Math.max(most, value), -Infinity);
  }
  return found;
}

async function serverLatencies(source: MetricSource, span: TimeSpan): Promise<RunSummary["server"]> {
  const found: Partial<Record<(typeof LATENCIES)[number], ServerLatency>> = {};
  for (const quantity of LATENCIES) {
    const ask = (fn: WindowFunction, part?: "count") =>
      source.evaluate(
        { selector: part === undefined ? { quantity } : { quantity, part }, fn },
        wholeSpan(span),
      );
    const [p50] = await ask({ kind: "histogram_quantile", quantile: 0.5 });
    const [p99] = await ask({ kind: "histogram_quantile", quantile: 0.99 });
    const [mean] = await ask({ kind: "histogram_mean" });
    const [count] = await ask({ kind: "increase", extrapolate: false }, "count");
    const latency = serverLatency(p50, p99, last(mean?.values), last(count?.values));
    if (latency !== undefined) found[quantity] = latency;
  }
  return found;
}

function serverLatency(
  p50: Series | undefined,
  p99: Series | undefined,
  meanSeconds: number | undefined,
  count: number | undefined,
): ServerLatency | undefined {
  const [middle, tail] = [last(p50?.values), last(p99?.values)];
  if (middle === undefined || tail === undefined || meanSeconds === undefined || count === undefined) {
    return undefined;
  }
  const [p50Bounds, p99Bounds] = [bounds(p50), bounds(p99)];
  return {
    count,
    meanSeconds,
    p50: middle,
    p99: tail,
    ...(p50Bounds === undefined ? {} : { p50Bounds }),
    ...(p99Bounds === undefined ? {} : { p99Bounds }),
  };
}

function bounds(series: Series | undefined): Interval | undefined {
  const [lower, upper] = [last(series?.lower), last(series?.upper)];
  return lower === undefined || upper === undefined ? undefined : { lower, upper };
}

/** The last value, if it is a number. */
function last(values: Float64Array | undefined): number | undefined {
  const value = values?.at(-1);
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
