/**
 * What is compared of a run: figures over the whole and over batches in order of time.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import type { BenchmarkFormat } from "../formats/benchmark_run.ts";
import { boundedQuantile } from "../series/quantile_bounds.ts";
import { lastSeconds, requestsSpan } from "../series/request_span.ts";
import { wholeSource } from "../series/narrow.ts";
import type {
  LabEvent,
  MetricSource,
  RequestRecord,
  TargetFacts,
  TimeSpan,
  WindowQuery,
} from "../series/types.ts";
import { windowHistograms } from "./bounded_quantiles.ts";
import { arrivalsPerSecond, countedWindow, observedTime } from "./observed_time.ts";
import { mean, quantileOfSorted, sortedFinite } from "./statistics.ts";

/** Figures of a run. Durations in seconds, rates per second, `failed_share` 0–1. */
export const COMPARED_FIGURES = [
  "ttft_mean",
  "ttft_p50",
  "ttft_p99",
  "itl_mean",
  "itl_p99",
  "e2e_mean",
  "e2e_p99",
  "requests_per_second",
  "output_tokens_per_second",
  "failed_share",
] as const;

/** One of {@link COMPARED_FIGURES}. */
export type ComparedFigure = typeof COMPARED_FIGURES[number];

/** Figures of which more is better; of the others less is. */
export const MORE_IS_BETTER: ReadonlySet<ComparedFigure> = new Set<ComparedFigure>([
  "requests_per_second",
  "output_tokens_per_second",
]);

/** A figure of the whole run, and of batches of it, which say how much it varies inside. */
export interface RunFigure {
  readonly value: number;
  readonly batches: readonly number[];
  /** Of a share: of how many requests. */
  readonly count?: number;
  /** Of a percentile from a server's buckets: between what it surely lies. No number of batches narrows that. */
  readonly bounds?: { readonly lower: number; readonly upper: number };
}

/** Who ran what on what, as far as known: runs that differ here are not comparable. */
export interface RunConditions {
  /** Clients' durations hold the network and the front end's queue, a server's own do not. */
  readonly seenBy?: "clients" | "server";
  /** As the servers or the client name it; several are separated by commas. */
  readonly model?: string;
  /** Servers that were watched. */
  readonly servers?: number;
  /** The servers'; several are separated by commas. */
  readonly version?: string;
  /** Number and name of the GPUs: `2 × NVIDIA H100`. */
  readonly gpu?: string;
  /** Whether any server is a simulated one. */
  readonly simulated?: boolean;
  /** `--max-num-seqs`; several are separated by commas. */
  readonly maxNumSequences?: number | string;
  /**
   * Users of a closed loop, each of whom sends the next request after an answer; absent for loads at a rate of their own, or where
   * nobody tells. A slower server is sent less by them: that is no other load.
   */
  readonly users?: number;
  /** All that were due, by the run's duration. */
  readonly requestsPerSecondSent?: number;
  /** Of requests that ended well. */
  readonly promptTokensMean?: number;
  /** Of requests that ended well. */
  readonly outputTokensMean?: number;
  /**
   * Of all that were due the share that the end of the run cut: those that took longest, and whose durations are in no figure.
   */
  readonly cutShare?: number;
  /** For information: runs of different length may be compared. */
  readonly durationSeconds?: number;
}

/** Where the figures of a run are from: a kind of file, a client's rows in a recording, or a server's own metrics. */
export type RunKind = BenchmarkFormat | "requests" | "server";

/** A run made ready for comparison. */
export interface RunFigures {
  /** Absent where figures were given as they are. */
  readonly kind?: RunKind;
  readonly conditions: RunConditions;
  readonly figures: Readonly<Partial<Record<ComparedFigure, RunFigure>>>;
  /** Durations of each request, for shifts of the whole distribution; empty where only the server is known. */
  readonly samples: Readonly<Partial<Record<"ttft" | "itl" | "e2e", readonly number[]>>>;
}

/** Batches of a run: enough for a variance, few enough to be nearly independent (method of batch means). */
const BATCHES = 10;

/** Longer than anyone waits between scrapes. */
const SCRAPE_SECONDS = 60;

/** A run from its source: the clients' rows where there are any, else the server's histograms in windows. */
export async function figuresOfSource(source: MetricSource): Promise<RunFigures> {
  const span = await source.span();
  if (span === undefined) return { conditions: {}, figures: {}, samples: {} };
  // A request that was due just before the first scrape is one of the run all the same.
  const requests = await source.requests({
    startSeconds: span.startSeconds - SCRAPE_SECONDS,
    endSeconds: span.endSeconds + SCRAPE_SECONDS,
  });
  const facts = await source.facts();
  const rows = requests.length > 0;
  const { watched, ...own } = rows
    ? { ...figuresOfRequests(requests), watched: undefined }
    : await figuresOfServer(source, span);
  // Pods come and go: those of the other stretch are not of this one.
  const known = conditionsOf(facts.filter((one) => !isServer(one) || watched?.has(one.target) !== false));
  const users = usersOf(await loadEvents(source, span));
  return {
    ...own,
    kind: rows ? "requests" : "server",
    conditions: { ...known, ...own.conditions, ...(users === undefined ? {} : { users }) },
  };
}

/** Begins of the loads of a span; of a stretch also of one that had begun before it and went on. */
async function loadEvents(source: MetricSource, span: TimeSpan): Promise<readonly LabEvent[]> {
  const whole = wholeSource(source);
  const held = whole === source ? span : await whole.span() ?? span;
  const events = (await whole.events({ startSeconds: held.startSeconds, endSeconds: span.endSeconds }))
    .filter((event) => event.kind === "workload");
  const earlier = events.filter((event) => event.timeSeconds < span.startSeconds).at(-1);
  const within = events.filter((event) => event.timeSeconds >= span.startSeconds);
  return earlier?.state === "begin" ? [earlier, ...within] : within;
}

/** Of closed loops alone, all with as many users. */
function usersOf(events: readonly LabEvent[]): number | undefined {
  const users = new Set(
    events.flatMap((event) =>
      event.kind === "workload" && event.state === "begin" ? [event.plan?.["users"]] : []
    ),
  );
  const [only] = users;
  return users.size === 1 && typeof only === "number" ? only : undefined;
}

function isServer({ kind }: TargetFacts): boolean {
  return kind !== "host" && kind !== "gpu" && kind !== "workload";
}

/** What the facts of all targets say of a run. */
function conditionsOf(facts: readonly TargetFacts[]): RunConditions {
  const servers = facts.filter(isServer);
  if (servers.length === 0) return {};
  const model = joined(servers.flatMap(({ models = [] }) => models));
  const version = joined(servers.flatMap((one) => one.version ?? []));
  const limits = new Set(servers.flatMap((one) => one.maxNumSequences ?? []));
  const [limit] = limits;
  const gpu = gpusOf(facts);
  return {
    servers: servers.length,
    simulated: servers.some((one) => one.simulated),
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { version }),
    ...(gpu === undefined ? {} : { gpu }),
    ...(limit === undefined ? {} : { maxNumSequences: limits.size === 1 ? limit : [...limits].join(", ") }),
  };
}

/** Distinct values in order of the alphabet; undefined where there is none. */
function joined(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : [...new Set(values)].sort().join(", ");
}

/** `2 × NVIDIA H100`, by the names that the facts give under `gpu0`, `gpu1`; undefined where no GPU is known. */
export function gpusOf(facts: readonly TargetFacts[]): string | undefined {
  const names = facts.filter(({ kind }) => kind === "gpu").flatMap(({ details = {} }) =>
    Object.entries(details).filter(([key]) => /^gpu\d+$/.test(key)).map(([, name]) => String(name))
  );
  const counted = [...Map.groupBy(names.sort(), (name) => name)].map(([name, { length }]) =>
    length === 1 ? name : `${length} × ${name}`
  );
  return counted.length === 0 ? undefined : counted.join(", ");
}

/** A run from its requests alone. Dropped and unfinished ones count as sent and not as failed. */
export function figuresOfRequests(requests: readonly RequestRecord[]): RunFigures {
  const ordered = requests.toSorted((a, b) => a.dueSeconds - b.dueSeconds);
  const done = ordered.filter((one) => one.outcome === "ok" && one.sentSeconds !== undefined);
  const failed = ordered.filter((one) => ["error", "connection_error", "timeout"].includes(one.outcome));
  const first = ordered[0];
  const span = requestsSpan(requests);
  if (first === undefined || span === undefined) return { conditions: {}, figures: {}, samples: {} };
  const durationSeconds = span.endSeconds - span.startSeconds;
  const lists = cut(done, BATCHES);
  const of = (values: (list: readonly RequestRecord[]) => number): RunFigure => ({
    value: values(done),
    batches: lists.map(values).filter((value) => !Number.isNaN(value)),
  });
  const figures: Partial<Record<ComparedFigure, RunFigure>> = done.length === 0 ? {} : {
    ttft_mean: of((list) => mean(ttftOf(list))),
    ttft_p50: of((list) => quantileOfSorted(sortedFinite(ttftOf(list)), 0.5)),
    ttft_p99: of((list) => quantileOfSorted(sortedFinite(ttftOf(list)), 0.99)),
    itl_mean: of((list) => mean(gapsOf(list))),
    itl_p99: of((list) => quantileOfSorted(sortedFinite(gapsOf(list)), 0.99)),
    e2e_mean: of((list) => mean(e2eOf(list))),
    e2e_p99: of((list) => quantileOfSorted(sortedFinite(e2eOf(list)), 0.99)),
  };
  const failures = (list: readonly RequestRecord[]) =>
    list.filter((one) => failed.includes(one)).length / list.length;
  return {
    conditions: {
      seenBy: "clients",
      model: first.model,
      durationSeconds,
      ...(durationSeconds > 0 ? { requestsPerSecondSent: ordered.length / durationSeconds } : {}),
      cutShare: ordered.filter((one) => one.outcome === "unfinished").length / ordered.length,
      promptTokensMean: mean(present(done, (one) => one.promptTokens)),
      outputTokensMean: mean(present(done, (one) => one.outputTokens)),
    },
    figures: {
      ...withoutNaN(figures),
      // Where nothing ended well this is 0, and known.
      ...(durationSeconds > 0 ? throughput(done, span) : {}),
      failed_share: {
        value: failed.length / ordered.length,
        batches: cut(ordered, BATCHES).map(failures),
        count: ordered.length,
      },
    },
    samples: { ttft: ttftOf(done), itl: gapsOf(done), e2e: e2eOf(done) },
  };
}

function withoutNaN(
  figures: Partial<Record<ComparedFigure, RunFigure>>,
): Partial<Record<ComparedFigure, RunFigure>> {
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => !Number.isNaN(figure.value)));
}

function present<T>(list: readonly T[], value: (one: T) => number | undefined): number[] {
  return list.map(value).filter((one) => one !== undefined);
}

function cut<T>(list: readonly T[], parts: number): T[][] {
  const size = list.length / parts;
  return Array.from({ length: parts }, (_, i) => list.slice(Math.round(i * size), Math.round((i + 1) * size)))
    .filter((part) => part.length > 0);
}

function ttftOf(list: readonly RequestRecord[]): number[] {
  return list.flatMap((one) =>
    one.chunkTimesSeconds.length === 0 ? [] : [one.chunkTimesSeconds[0]! - one.sentSeconds!]
  );
}

function gapsOf(list: readonly RequestRecord[]): number[] {
  return list.flatMap((one) =>
    Array.from(one.chunkTimesSeconds.subarray(1), (time, i) => time - one.chunkTimesSeconds[i]!)
  );
}

/** To the last token chunk, as `vllm bench serve` counts. */
function e2eOf(list: readonly RequestRecord[]): number[] {
  return list.flatMap((one) => {
    const end = one.chunkTimesSeconds.at(-1) ?? one.endSeconds;
    return end === undefined ? [] : [end - one.sentSeconds!];
  });
}

function throughput(
  done: readonly RequestRecord[],
  span: TimeSpan,
): Pick<Record<ComparedFigure, RunFigure>, "requests_per_second" | "output_tokens_per_second"> {
  const length = (span.endSeconds - span.startSeconds) / BATCHES;
  const batches = Array.from({ length: BATCHES }, (_, i) => {
    const from = span.startSeconds + i * length;
    return done.filter((one) => {
      const end = lastSeconds(one);
      return end > from && (end <= from + length || i === BATCHES - 1);
    });
  });
  const tokens = (list: readonly RequestRecord[]) =>
    list.reduce((sum, one) => sum + (one.outputTokens ?? one.chunkTimesSeconds.length), 0);
  const seconds = span.endSeconds - span.startSeconds;
  return {
    requests_per_second: {
      value: done.length / seconds,
      batches: batches.map((list) => list.length / length),
    },
    output_tokens_per_second: {
      value: tokens(done) / seconds,
      batches: batches.map((list) => tokens(list) / length),
    },
  };
}

const SERVER_FIGURES: readonly [ComparedFigure, QuantityName, number | "mean"][] = [
  ["ttft_mean", "ttft", "mean"],
  ["ttft_p50", "ttft", 0.5],
  ["ttft_p99", "ttft", 0.99],
  ["itl_mean", "itl", "mean"],
  ["itl_p99", "itl", 0.99],
  ["e2e_mean", "e2e", "mean"],
  ["e2e_p99", "e2e", 0.99],
];

async function figuresOfServer(
  source: MetricSource,
  span: TimeSpan,
): Promise<RunFigures & { readonly watched: ReadonlySet<string> | undefined }> {
  const durationSeconds = span.endSeconds - span.startSeconds;
  const whole = await countedWindow(source, span);
  const observed = await observedTime(source, whole);
  const figures: Partial<Record<ComparedFigure, RunFigure>> = {};
  const evaluateAt = async (query: WindowQuery, count: number): Promise<number[]> => {
    const { startSeconds, endSeconds } = count === 1 ? whole : span;
    const rangeSeconds = (endSeconds - startSeconds) / count;
    const grid = {
      startSeconds: startSeconds + rangeSeconds,
      stepSeconds: rangeSeconds,
      count,
      rangeSeconds,
    };
    // What a server had done before it was gone counts.
    const [series] = await source.evaluate({ ...query, whileStale: "as_prometheus" }, grid);
    return series === undefined ? [] : Array.from(series.values).filter((value) => !Number.isNaN(value));
  };
  const add = async (
    figure: ComparedFigure,
    query: WindowQuery,
    scale = (value: number, _count: number) => value,
  ) => {
    const [value] = await evaluateAt(query, 1);
    if (value === undefined) return;
    const batches = (await evaluateAt(query, BATCHES)).map((one) => scale(one, BATCHES));
    figures[figure] = { value: scale(value, 1), batches };
  };
  for (const [figure, quantity, kind] of SERVER_FIGURES) {
    const fn = kind === "mean"
      ? { kind: "histogram_mean" } as const
      : { kind: "histogram_quantile", quantile: kind } as const;
    await add(figure, { selector: { quantity }, fn });
    const found = figures[figure];
    if (kind === "mean" || found === undefined) continue;
    const [histogram] = await windowHistograms(source, quantity, { span: whole });
    const sure = histogram === undefined ? undefined : boundedQuantile(kind, histogram);
    if (sure === undefined) continue;
    const { value, lower, upper } = sure;
    figures[figure] = { ...found, value, bounds: { lower, upper } };
  }
  const growth = { kind: "increase", extrapolate: false } as const;
  const perSecond = (value: number, count: number) => value * count / observed.seconds;
  await add("requests_per_second", { selector: { quantity: "e2e", part: "count" }, fn: growth }, perSecond);
  await add(
    "output_tokens_per_second",
    { selector: { quantity: "generation_tokens" }, fn: growth },
    perSecond,
  );
  const [prompt, output] = await Promise.all([
    evaluateAt({ selector: { quantity: "request_prompt_tokens" }, fn: { kind: "histogram_mean" } }, 1),
    evaluateAt({ selector: { quantity: "request_generation_tokens" }, fn: { kind: "histogram_mean" } }, 1),
  ]);
  const sent = await arrivalsPerSecond(source, span, figures.requests_per_second?.value);
  return {
    conditions: {
      seenBy: "server",
      durationSeconds,
      ...(sent === undefined ? {} : { requestsPerSecondSent: sent }),
      ...(prompt[0] === undefined ? {} : { promptTokensMean: prompt[0] }),
      ...(output[0] === undefined ? {} : { outputTokensMean: output[0] }),
    },
    figures,
    samples: {},
    watched: observed.targets,
  };
}
