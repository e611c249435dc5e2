/**
 * What a run comes down to: requests, latencies from both witnesses, saturation, what went wrong.
 *
 * @module
 */
import { type WindowHistogram, windowHistograms } from "../analyzer/bounded_quantiles.ts";
import { outsideEngine, type OutsideEngines } from "../analyzer/outside_engine.ts";
import { checkArgument } from "../base/arguments.ts";
import { cutOf, type LostPace, lostPaceOf } from "../analyzer/run_faults.ts";
import { SOURCE } from "../series/arguments.ts";
import { isServer } from "../series/facts.ts";
import { largestSum } from "../series/largest_sum.ts";
import { boundedQuantile } from "../series/quantile_bounds.ts";
import type { Interval } from "../simulator/workload/distribution.ts";
import { type FirstTokens, firstTokens } from "../simulator/workload/first_tokens.ts";
import { summarise, type WorkloadSummary } from "../simulator/workload/summary.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { LabEvent, MetricSource, TargetFacts, TimeSpan, WindowFunction } from "../series/types.ts";
import { fromFirstPoint, wholeSpan } from "../series/whole_span.ts";

/** A server-side latency over the whole run. Quantiles are estimates: p50 surely lies within `p50Bounds`. */
export interface ServerLatency {
  /** Observations within the span, extrapolation off. */
  readonly count: number;
  /** Exact: increase of the sum by increase of the count. */
  readonly meanSeconds: number;
  /** In seconds. */
  readonly p50: number;
  /** In seconds. */
  readonly p99: number;
  /** By its bucket, the sum and the count; absent where the source gives no bounds. */
  readonly p50Bounds?: Interval;
  /** The same of p99. */
  readonly p99Bounds?: Interval;
}

/** Latencies that both sides know. */
export const LATENCIES = ["ttft", "itl", "tpot", "e2e"] as const satisfies readonly QuantityName[];

/** Of one server, or of several together. */
export type ServerLatencies = Readonly<Partial<Record<(typeof LATENCIES)[number], ServerLatency>>>;

/** A run in figures. What is missing was not measured. */
export interface RunSummary {
  /** Everything that the source holds. */
  readonly span: TimeSpan;
  /** One entry a target. */
  readonly facts: readonly TargetFacts[];
  /** Absent when the source holds no request rows. */
  readonly client?: WorkloadSummary;
  /** First tokens and gaps of all requests however they ended, as servers count them; absent without request rows. */
  readonly firstTokens?: FirstTokens;
  /** Those that the server shows and has observations of; several servers together. */
  readonly server: ServerLatencies;
  /** Where several servers are watched, each by itself; one that observed nothing has none. */
  readonly servers?: readonly { readonly target: string; readonly latencies: ServerLatencies }[];
  /** What of TTFT and E2E lies outside the servers' clock; empty where a side measured neither. */
  readonly outside?: OutsideEngines;
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
    ...(requests.length === 0 ? {} : { client: summarise(requests), firstTokens: firstTokens(requests) }),
    ...await serverLatencies(source, span, facts.filter(isServer).map(({ target }) => target)),
    outside: await outsideEngine(source, { span }),
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

async function over<Q extends QuantityName>(
  source: MetricSource,
  span: TimeSpan,
  quantities: readonly Q[],
  fn: WindowFunction,
): Promise<Partial<Record<Q, number>>> {
  const found: Partial<Record<Q, number>> = {};
  for (const quantity of quantities) {
    // Of what is gone at the end counts what it was before.
    const query = { selector: { quantity }, fn, whileStale: "as_prometheus" } as const;
    const series = await source.evaluate(query, wholeSpan(span));
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

/** Counts add up over engines and servers: the largest sum at any one time, exact while the points may be read. */
async function largestSums<Q extends QuantityName>(
  source: MetricSource,
  span: TimeSpan,
  quantities: readonly Q[],
): Promise<Partial<Record<Q, number>>> {
  const found: Partial<Record<Q, number>> = {};
  for (const quantity of quantities) {
    const most = await exactLargestSum(source, span, quantity) ??
      await largestSumOfSteps(source, span, quantity);
    if (most !== undefined) found[quantity] = most;
  }
  return found;
}

async function exactLargestSum(
  source: MetricSource,
  span: TimeSpan,
  quantity: QuantityName,
): Promise<number | undefined> {
  const each = await source.evaluate(
    { selector: { quantity }, fn: { kind: "max" }, combine: "none", whileStale: "as_prometheus" },
    wholeSpan(span),
  );
  // Nothing to add up.
  if (each.length <= 1) return last(each[0]?.values);
  try {
    return largestSum(await source.select({ quantity }, span));
  } catch (error) {
    // So many points that no source gives them: steps have to do.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

async function largestSumOfSteps(
  source: MetricSource,
  span: TimeSpan,
  quantity: QuantityName,
): Promise<number | undefined> {
  const lengthSeconds = span.endSeconds - span.startSeconds;
  const stepSeconds = Math.max(1, lengthSeconds / MOST_STEPS);
  // A value counts until a reading later at the usual pace; what is gone is marked absent and does not count at all.
  const grid = {
    startSeconds: span.startSeconds,
    stepSeconds,
    count: 1 + Math.ceil(lengthSeconds / stepSeconds),
    rangeSeconds: Math.max(15, 2 * stepSeconds),
  };
  const series = await source.evaluate(
    { selector: { quantity }, fn: { kind: "last" }, combine: "sum" },
    grid,
  );
  const values = series.flatMap((one) => Array.from(one.values)).filter((value) => !Number.isNaN(value));
  return values.length === 0 ? undefined : values.reduce((most, value) => Math.max(most, value), -Infinity);
}

async function serverLatencies(
  source: MetricSource,
  span: TimeSpan,
  targets: readonly string[],
): Promise<Pick<RunSummary, "server" | "servers">> {
  const reach = { span: fromFirstPoint(span) };
  const read = async (by: readonly string[]) => {
    const found: (WindowHistogram & { readonly quantity: (typeof LATENCIES)[number] })[] = [];
    for (const quantity of LATENCIES) {
      const histograms = await windowHistograms(source, quantity, { ...reach, by });
      found.push(...histograms.map((one) => ({ ...one, quantity })));
    }
    return found;
  };
  const latenciesOf = (histograms: Awaited<ReturnType<typeof read>>): ServerLatencies =>
    Object.fromEntries(histograms.flatMap((one) => {
      const latency = serverLatency(one);
      return latency === undefined ? [] : [[one.quantity, latency]];
    }));
  const server = latenciesOf(await read([]));
  if (targets.length < 2) return { server };
  const each = await read(["target"]);
  return {
    server,
    servers: targets.map((target) => ({
      target,
      latencies: latenciesOf(each.filter(({ labels }) => labels.target === target)),
    })),
  };
}

function serverLatency(observed: WindowHistogram): ServerLatency | undefined {
  const [p50, p99] = [boundedQuantile(0.5, observed), boundedQuantile(0.99, observed)];
  if (p50 === undefined || p99 === undefined || observed.sum === undefined) return undefined;
  return {
    count: observed.count,
    meanSeconds: observed.sum / observed.count,
    p50: p50.value,
    p99: p99.value,
    p50Bounds: { lower: p50.lower, upper: p50.upper },
    p99Bounds: { lower: p99.lower, upper: p99.upper },
  };
}

/** The last value, if it is a number. */
function last(values: Float64Array | undefined): number | undefined {
  const value = values?.at(-1);
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
