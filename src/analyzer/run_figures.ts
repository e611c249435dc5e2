/**
 * What is compared of a run: figures over the whole and over batches in order of time.
 *
 * @module
 */
import { largest } from "../base/extent.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { MetricSource, RequestRecord, TimeSpan, WindowQuery } from "../series/types.ts";
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
}

/** Who ran what on what, as far as known: runs that differ here are not comparable. */
export interface RunConditions {
  /** As the server or the client names it; several are separated by commas. */
  readonly model?: string;
  /** The server's. */
  readonly version?: string;
  /** Name of the first GPU. */
  readonly gpu?: string;
  /** Whether the server is a simulated one. */
  readonly simulated?: boolean;
  /** `--max-num-seqs`. */
  readonly maxNumSequences?: number;
  /** All that were due, by the run's duration. */
  readonly requestsPerSecondSent?: number;
  /** Of requests that ended well. */
  readonly promptTokensMean?: number;
  /** Of requests that ended well. */
  readonly outputTokensMean?: number;
  /** For information: runs of different length may be compared. */
  readonly durationSeconds?: number;
}

/** A run made ready for comparison. */
export interface RunFigures {
  readonly conditions: RunConditions;
  readonly figures: Readonly<Partial<Record<ComparedFigure, RunFigure>>>;
  /** Durations of each request, for shifts of the whole distribution; empty where only the server is known. */
  readonly samples: Readonly<Partial<Record<"ttft" | "itl" | "e2e", readonly number[]>>>;
}

/** Figures of a run from another tool's file that holds no requests. Percentiles by percent, durations in seconds. */
export interface FileFigures {
  /** As the tool sent it. */
  readonly model?: string;
  /** Of the whole run. */
  readonly durationSeconds?: number;
  /** Requests that the tool counts as successful. */
  readonly completed?: number;
  /** Requests that the tool counts as failed. */
  readonly failed?: number;
  /** Over all completed requests. */
  readonly promptTokens?: number;
  /** Over all completed requests. */
  readonly outputTokens?: number;
  /** Completed ones. */
  readonly requestsPerSecond?: number;
  /** Over the whole run. */
  readonly outputTokensPerSecond?: number;
  /** From send to first token. */
  readonly ttft?: FileSpread;
  /** Gaps between tokens, pooled. */
  readonly itl?: FileSpread;
  /** From send to last token. */
  readonly e2e?: FileSpread;
  /** When there are any, all figures come from them and the others are not looked at. */
  readonly records: readonly RequestRecord[];
}

/** A duration as a file sums it up. */
export interface FileSpread {
  /** Absent where the file has none. */
  readonly mean?: number;
  /** By percent: `{ 50: …, 99: … }`; empty where the file has none. */
  readonly percentiles: Readonly<Record<number, number>>;
}

/** Batches of a run: enough for a variance, few enough to be nearly independent (method of batch means). */
const BATCHES = 10;

/** A run from its source: the clients' rows where there are any, else the server's histograms in windows. */
export async function figuresOfSource(source: MetricSource): Promise<RunFigures> {
  const span = await source.span();
  if (span === undefined) return { conditions: {}, figures: {}, samples: {} };
  const requests = await source.requests(span);
  const facts = await source.facts();
  const server = facts.find((fact) => fact.kind === "vllm") ?? facts[0];
  const gpu = facts.find((fact) => fact.kind === "gpu")?.details?.name;
  const known = {
    ...(server?.models === undefined ? {} : { model: server.models.join(", ") }),
    ...(server?.version === undefined ? {} : { version: server.version }),
    ...(gpu === undefined ? {} : { gpu: String(gpu) }),
    ...(server === undefined ? {} : { simulated: server.simulated }),
    ...(server?.maxNumSequences === undefined ? {} : { maxNumSequences: server.maxNumSequences }),
  };
  const own = requests.length > 0 ? figuresOfRequests(requests) : await figuresOfServer(source, span);
  return { ...own, conditions: { ...known, ...own.conditions } };
}

/** A run from its requests alone. Dropped and unfinished ones count as sent and not as failed. */
export function figuresOfRequests(requests: readonly RequestRecord[]): RunFigures {
  const ordered = requests.toSorted((a, b) => a.dueSeconds - b.dueSeconds);
  const done = ordered.filter((one) => one.outcome === "ok" && one.sentSeconds !== undefined);
  const failed = ordered.filter((one) => ["error", "connection_error", "timeout"].includes(one.outcome));
  const first = ordered[0];
  if (first === undefined) return { conditions: {}, figures: {}, samples: {} };
  const end = largest(ordered.map((one) => one.endSeconds ?? one.dueSeconds));
  const durationSeconds = end - first.dueSeconds;
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
    ...throughput(done, { startSeconds: first.dueSeconds, endSeconds: end }),
  };
  const failures = (list: readonly RequestRecord[]) =>
    list.filter((one) => failed.includes(one)).length / list.length;
  return {
    conditions: {
      model: first.model,
      durationSeconds,
      requestsPerSecondSent: ordered.length / durationSeconds,
      promptTokensMean: mean(present(done, (one) => one.promptTokens)),
      outputTokensMean: mean(present(done, (one) => one.outputTokens)),
    },
    figures: {
      ...withoutNaN(figures),
      failed_share: { value: failed.length / ordered.length, batches: cut(ordered, BATCHES).map(failures) },
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
    return done.filter((one) =>
      one.endSeconds !== undefined && one.endSeconds > from && one.endSeconds <= from + length
    );
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

async function figuresOfServer(source: MetricSource, span: TimeSpan): Promise<RunFigures> {
  const durationSeconds = span.endSeconds - span.startSeconds;
  const figures: Partial<Record<ComparedFigure, RunFigure>> = {};
  const evaluateAt = async (query: WindowQuery, count: number): Promise<number[]> => {
    const rangeSeconds = durationSeconds / count;
    const grid = {
      startSeconds: span.startSeconds + rangeSeconds,
      stepSeconds: rangeSeconds,
      count,
      rangeSeconds,
    };
    const [series] = await source.evaluate(query, grid);
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
  }
  const growth = { kind: "increase", extrapolate: false } as const;
  const perSecond = (value: number, count: number) => value * count / durationSeconds;
  await add("requests_per_second", { selector: { quantity: "e2e", part: "count" }, fn: growth }, perSecond);
  await add(
    "output_tokens_per_second",
    { selector: { quantity: "generation_tokens" }, fn: growth },
    perSecond,
  );
  return { conditions: { durationSeconds }, figures, samples: {} };
}

/** A run from another tool's file: its requests where it holds them, else the figures that it states. */
export function figuresOfFile(file: FileFigures): RunFigures {
  if (file.records.length > 0) {
    const own = figuresOfRequests(file.records);
    return {
      ...own,
      conditions: { ...own.conditions, ...(file.model === undefined ? {} : { model: file.model }) },
    };
  }
  const figures: Partial<Record<ComparedFigure, RunFigure>> = {};
  const add = (figure: ComparedFigure, value: number | undefined) => {
    if (value !== undefined && !Number.isNaN(value)) figures[figure] = { value, batches: [] };
  };
  add("ttft_mean", file.ttft?.mean);
  add("ttft_p50", file.ttft?.percentiles[50]);
  add("ttft_p99", file.ttft?.percentiles[99]);
  add("itl_mean", file.itl?.mean);
  add("itl_p99", file.itl?.percentiles[99]);
  add("e2e_mean", file.e2e?.mean);
  add("e2e_p99", file.e2e?.percentiles[99]);
  add("requests_per_second", file.requestsPerSecond);
  add("output_tokens_per_second", file.outputTokensPerSecond);
  const { completed, failed, durationSeconds } = file;
  if (completed !== undefined && failed !== undefined && completed + failed > 0) {
    add("failed_share", failed / (completed + failed));
  }
  const each = (tokens: number | undefined) =>
    tokens === undefined || !(completed! > 0) ? undefined : tokens / completed!;
  return {
    conditions: {
      ...(file.model === undefined ? {} : { model: file.model }),
      ...(durationSeconds === undefined ? {} : { durationSeconds }),
      ...entry("promptTokensMean", each(file.promptTokens)),
      ...entry("outputTokensMean", each(file.outputTokens)),
    },
    figures,
    samples: {},
  };
}

function entry<K extends string>(key: K, value: number | undefined): { [P in K]?: number } {
  return value === undefined ? {} : { [key]: value } as { [P in K]?: number };
}
