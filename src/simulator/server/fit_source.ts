/**
 * Fits step times to whatever has a server's series: a live collector, a recording, shipped data.
 *
 * @module
 */
import { checkArgument, checkOptions, TEXT } from "../../base/arguments.ts";
import { firstAtOrAfter } from "../../base/search.ts";
import type { QuantityName } from "../../catalog/types.ts";
import { SOURCE, SPAN } from "../../series/arguments.ts";
import type { MetricSource, SamplePart, Series, TargetFacts, TimeSpan } from "../../series/types.ts";
import { type Profile, profileNamed } from "../engine/profiles.ts";
import { type CounterInterval, fitStepTime, type StepFit } from "../engine/fit.ts";

/** Scrapes further apart than this tell a mean over too much. */
const LONGEST_INTERVAL_SECONDS = 30;

/** The counters that are needed, by quantity and part. */
const NEEDED = {
  steps: ["iteration_tokens", "count"],
  outputTokens: ["generation_tokens", "value"],
  promptTokens: ["prompt_tokens", "value"],
  laterTokens: ["itl", "count"],
  gapSeconds: ["itl", "sum"],
  running: ["running", "value"],
  waiting: ["waiting", "value"],
} as const satisfies Readonly<Record<string, readonly [QuantityName, SamplePart]>>;

type Column = keyof typeof NEEDED;
type Columns = Readonly<Record<Column, Series>> & {
  readonly kv?: Series;
  /** vLLM 0.8 does not count them: then all prompt tokens are taken for computed ones. */
  readonly hits?: Series;
};

/** Share of the KV cache above which it, not a limit, may be what requests wait for. */
const FULL_CACHE = 0.9;

/** A fit, with a profile that simulates the server it is from. */
export interface SourceFit extends StepFit {
  /** Plain data: it can be written as JSON and given to a simulated server. */
  readonly profile: Profile;
  /** The engine's label, where the series have one. */
  readonly engine?: string;
  /** The server it is of, where the source has several. */
  readonly target?: string;
  /** Limits that neither the server tells nor its counters show: vLLM's usual ones, in the profile as if they were its own. */
  readonly assumed: readonly ("blockCount" | "maxNumSequences" | "maxBatchedTokens")[];
}

/** vLLM's usual limits, of what it does not tell. */
const USUAL_SEQUENCES = 256;
const USUAL_BATCHED_TOKENS = 2048;
const USUAL_BLOCK_TOKENS = 16;
/** Of an 8B model on a GPU of 40 GB. */
const USUAL_CACHE_TOKENS = 160_000;
/** Scrapes at which requests waited while the most ran, for that number to be the limit. */
const LEAST_AT_LIMIT = 2;

/**
 * Fits the linear form to one engine of a source.
 *
 * @param options.engine the engine's label; default the first that has steps, of the first server that has it
 * @param options.target which of several servers; default the first that worked
 * @throws RangeError when a series is missing, or too few intervals were busy
 */
export async function fitSource(
  source: MetricSource,
  options: { readonly span?: TimeSpan; readonly engine?: string; readonly target?: string } = {},
): Promise<SourceFit> {
  const call = "fitSource(collector)";
  checkArgument(call, { source }, SOURCE);
  checkOptions<{ span?: TimeSpan; engine?: string; target?: string }>(call, options, {
    span: SPAN,
    engine: TEXT,
    target: TEXT,
  });
  const span = options.span ?? await source.span();
  if (span === undefined) throw new RangeError("Cannot fit step times: the source is empty, wanted scrapes");
  const columns = await columnsOf(source, span, options);
  const fit = fitStepTime(intervalsOf(columns));
  const { engine: label, target } = columns.steps.labels;
  const servers = (await source.facts()).filter(({ kind, engines }) =>
    kind === "vllm" || engines !== undefined
  );
  const facts = target === undefined ? servers[0] : servers.find((one) => one.target === target);
  const limit = facts?.maxNumSequences ?? limitSeen(columns);
  return {
    ...fit,
    ...(label === undefined ? {} : { engine: label }),
    ...(target === undefined ? {} : { target }),
    assumed: [
      ...(facts?.kvCacheTokens === undefined ? ["blockCount"] as const : []),
      ...(limit === undefined ? ["maxNumSequences"] as const : []),
      "maxBatchedTokens",
    ],
    profile: fittedProfile(fit, {
      ...(facts === undefined ? {} : { facts }),
      maxNumSequences: limit ?? Math.max(USUAL_SEQUENCES, most(columns.running)),
    }),
  };
}

/**
 * The server's limits where it tells or shows them, the rest vLLM's usual ones. What was fitted are means, with whatever
 * stalls the server has within them: they do not come on top, as they would with the base's own jitter.
 */
function fittedProfile(
  fit: StepFit,
  seen: { readonly facts?: TargetFacts; readonly maxNumSequences: number },
): Profile {
  const { blockCountOverride: _ofTheBase, ...base } = profileNamed("tiny-llama-cpu");
  const { facts, maxNumSequences } = seen;
  const blockSizeTokens = facts?.kvBlockSizeTokens ?? USUAL_BLOCK_TOKENS;
  const cacheTokens = facts?.kvCacheTokens ?? USUAL_CACHE_TOKENS;
  const blockCount = Math.floor(cacheTokens / blockSizeTokens);
  const longest = Math.min(facts?.maxModelLength ?? Infinity, (blockCount - 1) * blockSizeTokens);
  return {
    ...base,
    name: "fitted",
    title: `fitted to ${facts?.address ?? facts?.target ?? "a recording"}`,
    model: facts?.models?.[0] ?? base.model,
    stepTime: fit.stepTime,
    jitter: { sigma: 0.08, stallProbability: 0, stallFactor: 1 },
    limits: {
      ...base.limits,
      blockSizeTokens,
      blockCount,
      maxNumSequences,
      maxBatchedTokens: USUAL_BATCHED_TOKENS,
      maxModelLength: longest,
    },
    sources: [
      `fitted to ${fit.intervals} intervals between scrapes, median error ${
        (100 * fit.medianError).toFixed(1)
      } %`,
    ],
    measured: ["step time", "limits where the server tells them"],
    computed: [],
  };
}

/** What running did not go beyond while requests waited, the cache not being full; a limit never reached cannot be seen. */
function limitSeen({ running, waiting, kv }: Columns): number | undefined {
  const limit = most(running);
  const times = running.timesSeconds.filter((time, index) =>
    running.values[index] === limit && valueAt(waiting, time) > 0 && !(kv && valueAt(kv, time) >= FULL_CACHE)
  );
  return limit >= 1 && times.length >= LEAST_AT_LIMIT ? limit : undefined;
}

function most({ values }: Series): number {
  return values.reduce((largest, value) => Math.max(largest, value), 0);
}

async function columnsOf(
  source: MetricSource,
  span: TimeSpan,
  { engine, target }: { readonly engine?: string; readonly target?: string },
): Promise<Columns> {
  const found: Partial<Record<Column, Series>> = {};
  let wanted = engine;
  let server: Series | undefined;
  const isOf = ({ labels }: Series) =>
    server === undefined
      ? (engine === undefined || (labels.engine ?? "0") === engine) &&
        (target === undefined || labels.target === target)
      : (wanted === undefined || labels.engine === undefined || labels.engine === wanted) &&
        labels.target === server.labels.target;
  for (
    const [column, [quantity, part]] of Object.entries(NEEDED) as [
      Column,
      readonly [QuantityName, SamplePart],
    ][]
  ) {
    const series = await source.select({ quantity, part }, span);
    const one = (server === undefined ? series.find((each) => isOf(each) && worked(each)) : undefined) ??
      series.find(isOf);
    if (one === undefined && series.length > 0 && server === undefined) {
      throw new RangeError(
        `Cannot fit step times: no such server and engine, wanted one of ${listOf(series)}`,
      );
    }
    if (one === undefined) {
      throw new RangeError(`Cannot fit step times: no series of ${quantity} (${part}), wanted one`);
    }
    server ??= one;
    wanted ??= one.labels.engine;
    found[column] = one;
  }
  const kv = (await source.select({ quantity: "kv_cache_usage" }, span)).find(isOf);
  const hits = (await source.select({ quantity: "prefix_cache_hits" }, span)).find(isOf);
  // Every column was found, or the loop has thrown.
  return {
    ...found as Record<Column, Series>,
    ...(kv === undefined ? {} : { kv }),
    ...(hits === undefined ? {} : { hits }),
  };
}

function listOf(series: readonly Series[]): string {
  return series.map(({ labels: { target, engine = "0" } }) =>
    target === undefined ? engine : `${target} engine ${engine}`
  ).join(", ");
}

function worked({ values }: Series): boolean {
  return values.some((value, index) => value > (values[index - 1] ?? value));
}

/** Differences between scrapes that follow each other without a gap or a reset. */
function intervalsOf(columns: Columns): CounterInterval[] {
  const { timesSeconds, staleSeconds } = columns.steps;
  const at = (column: Column | "hits", timeSeconds: number) => {
    const series = columns[column];
    return series === undefined ? 0 : valueAt(series, timeSeconds);
  };
  const mostRunning = most(columns.running);
  const intervals: CounterInterval[] = [];
  for (let index = 1; index < timesSeconds.length; index++) {
    const [start, end] = [timesSeconds[index - 1]!, timesSeconds[index]!];
    const isBroken = staleSeconds.some((time) => time > start && time <= end);
    if (isBroken || end - start > LONGEST_INTERVAL_SECONDS) continue;
    const delta = (column: Column | "hits") => at(column, end) - at(column, start);
    const counted = {
      steps: delta("steps"),
      outputTokens: delta("outputTokens"),
      laterTokens: delta("laterTokens"),
      gapSeconds: delta("gapSeconds"),
      computedPromptTokens: delta("promptTokens") - delta("hits"),
    };
    // A counter that fell was reset: the interval says nothing. So does one that is missing at an end.
    if (!(counted.steps >= 0 && counted.outputTokens >= 0 && counted.gapSeconds >= 0)) continue;
    const running = [at("running", start), at("running", end)];
    const waiting = Math.min(at("waiting", start), at("waiting", end));
    intervals.push({
      startSeconds: start,
      endSeconds: end,
      ...counted,
      computedPromptTokens: Math.max(0, counted.computedPromptTokens),
      busy: Math.min(...running) > 0,
      saturated: waiting > 0 || Math.min(...running) >= Math.max(1, mostRunning),
    });
  }
  return intervals;
}

function valueAt({ timesSeconds, values }: Series, timeSeconds: number): number {
  const index = firstAtOrAfter(timesSeconds, timeSeconds);
  return timesSeconds[index] === timeSeconds ? values[index]! : NaN;
}
