/**
 * What tokens cost in energy and money, and which of them were wasted.
 *
 * @module
 */
import { checkArgument, checkOptions, type Checks, NUMBER } from "../base/arguments.ts";
import { SOURCE, SPAN } from "../series/arguments.ts";
import type { Cause, Reading } from "../base/cause.ts";
import type { MetricSource, TimeSpan } from "../series/types.ts";
import { SpanFigures } from "./span_figures.ts";

/** What the user knows and no server says. */
export interface CostOptions {
  /** Default everything that the source holds. */
  readonly span?: TimeSpan;
  /** Price of one GPU for an hour, in whatever money. Absent: no money. */
  readonly pricePerGpuHour?: number;
  /** GPUs that are paid for; default those that are sampled. */
  readonly gpuCount?: number;
}

const COST_CHECKS: Checks<CostOptions> = { span: SPAN, pricePerGpuHour: NUMBER, gpuCount: NUMBER };

/** Tokens that were worked for and reached nobody, as far as counters tell. */
export interface WastedTokens {
  /**
   * Tokens computed again after a preemption, at most: preemptions times the mean prompt and mean output. What the prefix cache
   * still holds is not computed again, and a request is preempted before its last token, the newest ones first: by the truth of
   * the simulated engine it is 1.6 to 3.3 times what was.
   */
  readonly recomputed: Reading;
  /** Tokens generated for requests that were cut or still run: what is in no request that ended. Exact from a start on. */
  readonly aborted: Reading;
  /** Both, as a share of the tokens of prompts, outputs and recomputation: at most. Never above 1. */
  readonly share: Reading;
}

/** Cost of a span. A figure that cannot be had says why. */
export interface CostReport {
  /** Undefined for an empty source without a span of its own. */
  readonly span: TimeSpan | undefined;
  /** Generated tokens that the servers counted, extrapolation off. */
  readonly outputTokens: Reading;
  /** By the GPUs' own energy counters, else mean power by time. */
  readonly energyJoules: Reading;
  /** Absent where no token was generated. */
  readonly joulesPerOutputToken: Reading;
  /** The same in the unit of a bill. */
  readonly kilowattHoursPerMillionOutputTokens: Reading;
  /** Absent without `pricePerGpuHour`, and where no token was generated. */
  readonly moneyPerMillionOutputTokens: Reading;
  /**
   * GPUs by time by price, whether they worked or not; absent without `pricePerGpuHour` or a number of GPUs.
   */
  readonly money: Reading;
  /** Upper bound and estimate, apart from what was useful. */
  readonly wasted: WastedTokens;
}

const JOULES_PER_KILOWATT_HOUR = 3.6e6;

/** Works out what a span cost, from counters only: no price list and no model of the GPU. */
export async function costOf(source: MetricSource, options: CostOptions = {}): Promise<CostReport> {
  const call = "costOf(collector, { pricePerGpuHour: 2.5 })";
  checkArgument(call, { source }, SOURCE);
  checkOptions<CostOptions>(call, options, COST_CHECKS);
  const span = options.span ?? await source.span();
  const figures = new SpanFigures(source, span);
  const outputTokens = await figures.increase("generation_tokens");
  const energyJoules = await energyOf(figures);
  const perToken = divide(energyJoules, outputTokens);
  const money = await moneyOf(figures, options, span);
  return {
    span,
    outputTokens,
    energyJoules,
    joulesPerOutputToken: perToken,
    kilowattHoursPerMillionOutputTokens: scale(perToken, 1e6 / JOULES_PER_KILOWATT_HOUR),
    money,
    moneyPerMillionOutputTokens: scale(divide(money, outputTokens), 1e6),
    wasted: await wastedOf(figures, outputTokens),
  };
}

/** By the GPUs' own energy counters, else mean power times time. */
async function energyOf(figures: SpanFigures): Promise<Reading> {
  const counted = await figures.increase("gpu_energy");
  if ("value" in counted) return counted;
  const power = await figures.evaluate("gpu_power", { kind: "avg" });
  if (figures.span === undefined) return power;
  return scale(power, figures.span.endSeconds - figures.span.startSeconds);
}

async function moneyOf(
  figures: SpanFigures,
  options: CostOptions,
  span: TimeSpan | undefined,
): Promise<Reading> {
  if (options.pricePerGpuHour === undefined) {
    return { absent: { code: "price_not_given" } };
  }
  if (span === undefined) return { absent: { code: "no_data" } };
  const counted = options.gpuCount ?? await sampledGpus(figures);
  if (counted === undefined) return { absent: { code: "gpu_count_not_given" } };
  return { value: options.pricePerGpuHour * counted * (span.endSeconds - span.startSeconds) / 3600 };
}

async function sampledGpus(figures: SpanFigures): Promise<number | undefined> {
  const { span } = figures;
  if (span === undefined) return undefined;
  const series = await figures.source.select({ quantity: "gpu_power" }, lastMinute(span));
  return series.length === 0 ? undefined : series.length;
}

function lastMinute(span: TimeSpan): TimeSpan {
  return { ...span, startSeconds: Math.max(span.startSeconds, span.endSeconds - 60) };
}

async function wastedOf(figures: SpanFigures, outputTokens: Reading): Promise<WastedTokens> {
  const preemptions = await figures.increase("preemptions");
  const prompts = await figures.increase("prompt_tokens");
  const first = await figures.increase("ttft", { part: "count" });
  const finished = await figures.increase("e2e", { part: "count" });
  const finishedTokens = await figures.evaluate("request_generation_tokens", { kind: "histogram_mean" });
  const recomputed = multiply(preemptions, add(divide(prompts, first), finishedTokens));
  // What was generated and is in no finished request was generated for requests that were cut or still run.
  const aborted = floorAtZero(subtract(outputTokens, multiply(finished, finishedTokens)));
  // Recomputed tokens are among all that were computed: without them the share could be above 1.
  const all = add(add(outputTokens, prompts), recomputed);
  return { recomputed, aborted, share: divide(add(recomputed, aborted), all) };
}

function combine(a: Reading, b: Reading, how: (x: number, y: number) => number): Reading {
  if ("absent" in a) return a;
  return "absent" in b ? b : { value: how(a.value, b.value) };
}

function add(a: Reading, b: Reading): Reading {
  return combine(a, b, (x, y) => x + y);
}

function subtract(a: Reading, b: Reading): Reading {
  return combine(a, b, (x, y) => x - y);
}

/** Nothing times whatever is nothing: where no request ended, none needs a mean length. */
function multiply(a: Reading, b: Reading): Reading {
  if ("value" in a && a.value === 0) return a;
  return combine(a, b, (x, y) => x * y);
}

function divide(a: Reading, b: Reading): Reading {
  const nothing: Cause = { code: "no_requests_in_window" };
  if ("value" in b && !(b.value > 0)) return { absent: nothing };
  return combine(a, b, (x, y) => x / y);
}

function scale(a: Reading, factor: number): Reading {
  return "absent" in a ? a : { value: a.value * factor };
}

function floorAtZero(a: Reading): Reading {
  return "absent" in a ? a : { value: Math.max(0, a.value) };
}
