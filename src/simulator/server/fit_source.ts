/**
 * Fits step times to whatever has a server's series: a live collector, a recording, shipped data.
 *
 * @module
 */
import { checkArgument, checkOptions, TEXT } from "../../base/arguments.ts";
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
  hits: ["prefix_cache_hits", "value"],
  laterTokens: ["itl", "count"],
  gapSeconds: ["itl", "sum"],
  running: ["running", "value"],
  waiting: ["waiting", "value"],
} as const satisfies Readonly<Record<string, readonly [QuantityName, SamplePart]>>;

type Column = keyof typeof NEEDED;

/** A fit, with a profile that simulates the server it is from. */
export interface SourceFit extends StepFit {
  /** Plain data: it can be written as JSON and given to a simulated server. */
  readonly profile: Profile;
  /** The engine's label, where the series have one. */
  readonly engine?: string;
}

/**
 * Fits the linear form to one engine of a source.
 *
 * @param options.engine the engine's label; default the first that has steps
 * @throws RangeError when a series is missing, or too few intervals were busy
 */
export async function fitSource(
  source: MetricSource,
  options: { readonly span?: TimeSpan; readonly engine?: string } = {},
): Promise<SourceFit> {
  const call = "fitSource(collector)";
  checkArgument(call, { source }, SOURCE);
  checkOptions<{ span?: TimeSpan; engine?: string }>(call, options, { span: SPAN, engine: TEXT });
  const span = options.span ?? await source.span();
  if (span === undefined) throw new RangeError("Cannot fit step times: the source is empty, wanted scrapes");
  const columns = await columnsOf(source, span, options.engine);
  const fit = fitStepTime(intervalsOf(columns));
  const facts = (await source.facts()).find(({ kind, engines }) => kind === "vllm" || engines !== undefined);
  const label = columns.steps.labels.engine;
  return {
    ...fit,
    ...(label === undefined ? {} : { engine: label }),
    profile: fittedProfile(fit, {
      ...(facts === undefined ? {} : { facts }),
      mostRunning: most(columns.running),
    }),
  };
}

/** The server's limits where it tells them, the rest as of a CPU server of default options. */
function fittedProfile(
  fit: StepFit,
  seen: { readonly facts?: TargetFacts; readonly mostRunning: number },
): Profile {
  const base = profileNamed("tiny-llama-cpu");
  const { facts, mostRunning } = seen;
  const blockSizeTokens = facts?.kvBlockSizeTokens ?? base.limits.blockSizeTokens;
  const cacheTokens = facts?.kvCacheTokens ?? base.limits.blockCount * base.limits.blockSizeTokens;
  const blockCount = Math.floor(cacheTokens / blockSizeTokens);
  const longest = Math.min(
    facts?.maxModelLength ?? base.limits.maxModelLength,
    (blockCount - 1) * blockSizeTokens,
  );
  return {
    ...base,
    name: "fitted",
    title: `fitted to ${facts?.address ?? facts?.target ?? "a recording"}`,
    model: facts?.models?.[0] ?? base.model,
    stepTime: fit.stepTime,
    limits: {
      ...base.limits,
      blockSizeTokens,
      blockCount,
      // What was never reached cannot be told from the counters.
      maxNumSequences: facts?.maxNumSequences ?? Math.max(1, mostRunning),
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

function most({ values }: Series): number {
  return values.reduce((largest, value) => Math.max(largest, value), 0);
}

async function columnsOf(
  source: MetricSource,
  span: TimeSpan,
  engine: string | undefined,
): Promise<Readonly<Record<Column, Series>>> {
  const found: Partial<Record<Column, Series>> = {};
  let wanted = engine;
  for (
    const [column, [quantity, part]] of Object.entries(NEEDED) as [
      Column,
      readonly [QuantityName, SamplePart],
    ][]
  ) {
    const series = await source.select({ quantity, part }, span);
    const one = series.find(({ labels }) =>
      wanted === undefined || labels.engine === undefined || labels.engine === wanted
    );
    if (one === undefined) {
      throw new RangeError(`Cannot fit step times: no series of ${quantity} (${part}), wanted one`);
    }
    wanted ??= one.labels.engine;
    found[column] = one;
  }
  // Every column was found, or the loop has thrown.
  return found as Record<Column, Series>;
}

/** Differences between scrapes that follow each other without a gap or a reset. */
function intervalsOf(columns: Readonly<Record<Column, Series>>): CounterInterval[] {
  const { timesSeconds, staleSeconds } = columns.steps;
  const at = (column: Column, timeSeconds: number) => valueAt(columns[column], timeSeconds);
  const mostRunning = most(columns.running);
  const intervals: CounterInterval[] = [];
  for (let index = 1; index < timesSeconds.length; index++) {
    const [start, end] = [timesSeconds[index - 1]!, timesSeconds[index]!];
    const isBroken = staleSeconds.some((time) => time > start && time <= end);
    if (isBroken || end - start > LONGEST_INTERVAL_SECONDS) continue;
    const delta = (column: Column) => at(column, end) - at(column, start);
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
  let low = 0;
  let high = timesSeconds.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const time = timesSeconds[middle]!;
    if (time === timeSeconds) return values[middle]!;
    if (time < timeSeconds) low = middle + 1;
    else high = middle - 1;
  }
  return NaN;
}
