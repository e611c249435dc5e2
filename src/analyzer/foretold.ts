/**
 * A server as it was seen, as the engine model has it, and as the model has it with other settings: the first two beside each
 * other say how far the third can be believed.
 *
 * @module
 */
import { type Check, checkArgument, checkOptions, type Checks, COUNT, TEXT } from "../base/arguments.ts";
import type { Cause, Reading } from "../base/cause.ts";
import type { QuantityName } from "../catalog/types.ts";
import { seededRandom } from "../base/random.ts";
import { SOURCE, SPAN } from "../series/arguments.ts";
import { type BoundedQuantile, boundedQuantile } from "../series/quantile_bounds.ts";
import type { Matcher, MetricSource, SamplePart, TimeSpan, WindowFunction } from "../series/types.ts";
import type { Profile } from "../simulator/engine/profiles.ts";
import type { EngineLimits } from "../simulator/engine/types.ts";
import { windowHistograms } from "./bounded_quantiles.ts";
import { mean } from "./statistics.ts";
import { SpanFigures } from "./span_figures.ts";
import { whatIf, type WhatIfLoad, type WhatIfResult } from "./what_if.ts";

/** What is foretold, and measured where it can be. */
export interface ForetoldFigures {
  /** Mean time to first token, from arrival. */
  readonly ttftMeanSeconds: number;
  /** Mean gap between tokens. */
  readonly itlMeanSeconds: number;
  /** Generated tokens a second. */
  readonly outputTokensPerSecond: number;
  /** Requests that run, by time. */
  readonly runningMean: number;
  /** Requests that wait, by time. */
  readonly waitingMean: number;
  /** Of all KV blocks, 0 to 1. */
  readonly kvUsageMaximum: number;
}

/** One of the model's answers. */
export interface ModelFigures extends ForetoldFigures {
  /** Of all requests of a run; the mean of the runs' own. */
  readonly ttftP99Seconds: number;
  /** Likewise of gaps. */
  readonly itlP99Seconds: number;
  /** In 300 s. */
  readonly preemptions: number;
  /** More comes in than goes out: latencies would grow on. */
  readonly overloaded: boolean;
}

/** What the server's own counters say. */
export interface MeasuredFigures extends ForetoldFigures {
  /** 99th percentile of TTFT, with between what it surely lies; absent where its buckets tell none. */
  readonly ttftP99?: BoundedQuantile;
  /** The same of gaps. */
  readonly itlP99?: BoundedQuantile;
}

/** All three, of all engines of a server and a load like the one they had. */
export interface Foretold {
  /** What was looked at. */
  readonly span: TimeSpan;
  /** As it was seen; what the model was asked with. */
  readonly load: WhatIfLoad;
  /** By the server's own counters. */
  readonly measured: MeasuredFigures;
  /** Engines of the server that worked: its load is shared out among them as vLLM does, to the one with the least to do. */
  readonly engines: number;
  /** The model under that load, with the server's own settings. */
  readonly asItIs: ModelFigures;
  /** The model with `limits`, and the rate that was asked. */
  readonly changed: ModelFigures;
  /** What was changed. */
  readonly limits: Partial<EngineLimits>;
  /** Largest of the model's relative errors of ITL and output tokens a second, as it is: those it is good at. */
  readonly modelError: number;
  /** By which factor, 1 or more, its TTFT is off, as it is: what waits depends on how requests come, and steadily is not always how. */
  readonly ttftFactor: number;
  /** The model is near enough to what was measured for its word to be worth something. */
  readonly believable: boolean;
}

/** How {@link foretell} asks. */
export interface ForetellOptions {
  /** Fitted to the source. */
  readonly profile: Profile;
  /** Default: from the first request that ran to the last. */
  readonly span?: TimeSpan;
  /** The engine that the profile was fitted to; of a server with several, the load and figures are of all of them together. */
  readonly engine?: string;
  /** Which server, by its id; needed where there are several. */
  readonly target?: string;
  /** What is other than in the profile: `{ maxNumSequences: 256 }`. */
  readonly limits: Partial<EngineLimits>;
  /** In place of the rate that was seen, for the changed settings only. */
  readonly requestsPerSecond?: number;
  /** Of the model's arrivals; default 1. */
  readonly seed?: number;
}

const isShape = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const PROFILE: Check = {
  wanted: "a profile, as fitSource(collector) gives it",
  accepts: (value) =>
    isShape(value) && "limits" in value && isShape(value.limits) && "stepTime" in value &&
    isShape(value.stepTime),
  needed: true,
};

const LIMITS: Check = {
  wanted: "settings, such as { maxNumSequences: 256 }",
  accepts: (value) =>
    isShape(value) && Object.values(value).every((each) => typeof each === "boolean" || Number(each) >= 1),
  needed: true,
};

/** Requests a second: fewer hardly send one in the model's time … */
export const LOWEST_RATE = 0.05;
/** … and more are nothing that one engine serves. */
export const HIGHEST_RATE = 10_000;

const RATE: Check = {
  wanted: `a rate from ${LOWEST_RATE} to ${HIGHEST_RATE} requests a second`,
  accepts: (value) => Number(value) >= LOWEST_RATE && Number(value) <= HIGHEST_RATE,
};

const CHECKS: Checks<ForetellOptions> = {
  profile: PROFILE,
  span: SPAN,
  engine: TEXT,
  target: TEXT,
  limits: LIMITS,
  requestsPerSecond: RATE,
  seed: COUNT,
};

/** Runs of the model, whose mean is told. */
const RUNS = 5;
/** `docs/analyzer.md`: errors on simulated servers are below this for ITL and throughput. */
const BELIEVABLE_ERROR = 0.15;

/**
 * Asks the engine model what a server would do with other settings, under a load like the one it had.
 *
 * ```ts
 * import { fitSource, foretell, openShippedData } from "#lab";
 *
 * const source = await openShippedData("vllm-0.32.0-cpu");
 * const { profile } = await fitSource(source);
 * const told = await foretell(source, { profile, limits: { maxNumSequences: 16 } });
 * if (!("absent" in told)) console.log(told.measured.itlMeanSeconds, told.asItIs.itlMeanSeconds, told.changed.itlMeanSeconds);
 * ```
 *
 * @returns a cause where the source lacks what the load is made of
 * @throws TypeError or RangeError for options that cannot be meant, a cache too small for one request among them
 */
export async function foretell(
  source: MetricSource,
  options: ForetellOptions,
): Promise<Foretold | { readonly absent: Cause; readonly quantity?: QuantityName }> {
  const call = "foretell(collector, { profile, limits: { maxNumSequences: 64 } })";
  checkArgument(call, { source }, SOURCE);
  checkOptions<ForetellOptions>(call, options, CHECKS);
  const { seed = 1, profile, limits } = options;
  const span = options.span ?? await busySpan(source, options);
  if (span === undefined) return { absent: { code: "no_data" } };
  const { engine: _engine, ...together } = options;
  const engines = await enginesOf(source, span, options);
  const seen = await seenOf(source, span, engines > 1 ? together : options);
  if ("absent" in seen) return seen;
  const { load, measured } = seen;
  checkRoom(profile, load, {});
  checkRoom(profile, load, limits);
  const asItIs = modelled(profile, load, { seed, engines, limits: {} });
  const asked = options.requestsPerSecond === undefined
    ? load
    : { ...load, requestsPerSecond: options.requestsPerSecond };
  const changed = modelled(profile, asked, { seed, engines, limits });
  const modelError = Math.max(
    Math.abs(asItIs.itlMeanSeconds / measured.itlMeanSeconds - 1),
    Math.abs(asItIs.outputTokensPerSecond / measured.outputTokensPerSecond - 1),
  );
  const ttftRatio = asItIs.ttftMeanSeconds / measured.ttftMeanSeconds;
  const ttftFactor = Math.max(ttftRatio, 1 / ttftRatio);
  const believable = modelError <= BELIEVABLE_ERROR;
  return { span, load, measured, engines, asItIs, changed, limits, modelError, ttftFactor, believable };
}

/** Before the first request and after the last there was no load: a rate over that would be too low. */
async function busySpan(
  source: MetricSource,
  which: Pick<ForetellOptions, "engine" | "target">,
): Promise<TimeSpan | undefined> {
  const span = await source.span();
  if (span === undefined) return undefined;
  const series = await source.select({ quantity: "running", matchers: matchersOf(which) }, span);
  let [start, end] = [Infinity, -Infinity];
  for (const { timesSeconds, values } of series) {
    const first = values.findIndex((value) => value > 0);
    if (first < 0) continue;
    const last = values.findLastIndex((value) => value > 0);
    start = Math.min(start, timesSeconds[Math.max(0, first - 1)]!);
    end = Math.max(end, timesSeconds[Math.min(last + 1, timesSeconds.length - 1)]!);
  }
  return end > start ? { startSeconds: start, endSeconds: end } : span;
}

/** Block 0 holds nothing. */
function checkRoom(profile: Profile, load: WhatIfLoad, changed: Partial<EngineLimits>): void {
  const { blockCount, blockSizeTokens, maxModelLength } = { ...profile.limits, ...changed };
  const room = Math.min(maxModelLength, (blockCount - 1) * blockSizeTokens);
  const wanted = load.promptTokens + load.outputTokens;
  if (wanted <= room) return;
  throw new RangeError(
    `Cannot ask the model: ${blockCount} KV blocks and a longest length of ${maxModelLength} have room for ${room} tokens, wanted ${wanted} for one request of this load`,
  );
}

/** Engines of the server that did anything; 1 where an engine was named that is not one of them. */
async function enginesOf(
  source: MetricSource,
  span: TimeSpan,
  { engine, target }: Pick<ForetellOptions, "engine" | "target">,
): Promise<number> {
  const matchers = matchersOf(target === undefined ? {} : { target });
  const series = await source.select({ quantity: "running", matchers }, span);
  // Without a server's name those of several would be counted together.
  if (new Set(series.map(({ labels }) => labels.target)).size > 1) return 1;
  const worked = series.filter(({ values }) => values.some((value) => value > 0));
  const labels = new Set(worked.map(({ labels }) => labels.engine ?? ""));
  return engine !== undefined && !labels.has(engine) ? 1 : Math.max(1, labels.size);
}

/** NaN where there is none. */
function valueOf(reading: Reading): number {
  return "value" in reading ? reading.value : NaN;
}

interface Seen {
  readonly load: WhatIfLoad;
  readonly measured: MeasuredFigures;
}

async function seenOf(
  source: MetricSource,
  span: TimeSpan,
  which: Pick<ForetellOptions, "engine" | "target">,
): Promise<Seen | { readonly absent: Cause; readonly quantity?: QuantityName }> {
  const figures = new SpanFigures(source, span);
  const of = { matchers: matchersOf(which) };
  const read = async (
    quantity: QuantityName,
    fn: WindowFunction,
    more: { readonly part?: SamplePart; readonly combine?: "max" } = {},
  ) => ({ quantity, reading: await figures.evaluate(quantity, fn, { ...of, ...more }) });
  const counted = { kind: "increase", extrapolate: false } as const;
  const seen = {
    requests: await read("ttft", counted, { part: "count" }),
    prompts: await read("request_prompt_tokens", { kind: "histogram_mean" }),
    tokens: await read("generation_tokens", counted),
    ttft: await read("ttft", { kind: "histogram_mean" }),
    itl: await read("itl", { kind: "histogram_mean" }),
    running: await read("running", { kind: "avg" }),
    waiting: await read("waiting", { kind: "avg" }),
    kv: await read("kv_cache_usage", { kind: "max" }, { combine: "max" }),
  };
  for (const { quantity, reading } of Object.values(seen)) {
    if ("absent" in reading) return { absent: reading.absent, quantity };
  }
  const value = (name: keyof typeof seen) => valueOf(seen[name].reading);
  // Of requests that ended; of a server without that histogram all tokens by all first tokens, the same in a steady state.
  const finished = valueOf((await read("request_generation_tokens", { kind: "histogram_mean" })).reading);
  const outputTokens = finished >= 1 ? finished : value("tokens") / value("requests");
  const queries = valueOf(await figures.increase("prefix_cache_queries", of));
  const hits = valueOf(await figures.increase("prefix_cache_hits", of));
  const shared = queries > 0 && hits >= 0 ? Math.min(1, hits / queries) : 0;
  const seconds = span.endSeconds - span.startSeconds;
  // Who came and waits has no first token yet.
  const grown = await waitingGrowth(source, span, which);
  const promptTokens = Math.max(1, Math.round(value("prompts")));
  const [ttftP99, itlP99] = await Promise.all(
    (["ttft", "itl"] as const).map((quantity) => p99Of(source, quantity, { span, which })),
  );
  return {
    load: {
      requestsPerSecond: Math.max(1, value("requests") + grown) / seconds,
      promptTokens,
      sharedTokens: Math.floor(shared * promptTokens),
      outputTokens: Math.max(1, Math.round(outputTokens)),
    },
    measured: {
      ttftMeanSeconds: value("ttft"),
      itlMeanSeconds: value("itl"),
      outputTokensPerSecond: value("tokens") / seconds,
      runningMean: value("running"),
      waitingMean: value("waiting"),
      kvUsageMaximum: value("kv"),
      ...(ttftP99 === undefined ? {} : { ttftP99 }),
      ...(itlP99 === undefined ? {} : { itlP99 }),
    },
  };
}

/** Of the server, or of its one engine that is meant. */
async function p99Of(
  source: MetricSource,
  quantity: "ttft" | "itl",
  { span, which }: { readonly span: TimeSpan; readonly which: Pick<ForetellOptions, "engine" | "target"> },
): Promise<BoundedQuantile | undefined> {
  const [own] = await windowHistograms(source, quantity, { span, matchers: matchersOf(which) });
  return own && boundedQuantile(0.99, own);
}

/** How many more waited at the end than at the beginning. */
async function waitingGrowth(
  source: MetricSource,
  span: TimeSpan,
  which: Pick<ForetellOptions, "engine" | "target">,
): Promise<number> {
  const series = await source.select({ quantity: "waiting", matchers: matchersOf(which) }, span);
  return series.reduce((sum, { values }) => sum + (values.at(-1) ?? 0) - (values[0] ?? 0), 0);
}

function matchersOf({ engine, target }: Pick<ForetellOptions, "engine" | "target">): readonly Matcher[] {
  return Object.entries({ engine, target }).flatMap(([label, value]) =>
    value === undefined ? [] : [{ label, operator: "=", value }]
  );
}

function modelled(
  profile: Profile,
  load: WhatIfLoad,
  { seed, limits, engines }: {
    readonly seed: number;
    readonly limits: Partial<EngineLimits>;
    readonly engines: number;
  },
): ModelFigures {
  const runs = Array.from(
    { length: RUNS },
    (_, run) => whatIf(profile, load, { limits, engines, random: seededRandom(seed + run) }),
  );
  const of = (figure: (result: WhatIfResult) => number) => mean(runs.map(figure));
  return {
    ttftMeanSeconds: of(({ ttft }) => ttft.mean),
    ttftP99Seconds: of(({ ttft }) => ttft.p99),
    itlMeanSeconds: of(({ itl }) => itl.mean),
    itlP99Seconds: of(({ itl }) => itl.p99),
    outputTokensPerSecond: of(({ outputTokensPerSecond }) => outputTokensPerSecond),
    runningMean: of(({ runningMean }) => runningMean),
    waitingMean: of(({ waitingMean }) => waitingMean),
    kvUsageMaximum: Math.max(...runs.map(({ kvUsageMaximum }) => kvUsageMaximum)),
    preemptions: of(({ preemptions }) => preemptions),
    overloaded: runs.filter(({ overloaded }) => overloaded).length > RUNS / 2,
  };
}
