/**
 * What a load may cost, told before it begins, and who must agree to it: pure.
 *
 * @module
 */
import type { LengthDistribution, PromptPlan } from "./prompts.ts";
import { seededRandom } from "../../base/random.ts";
import { type Arrivals, dueTimes } from "./pacer.ts";
import type { PhasePlan } from "./plan.ts";

/** What a load will do at most, as far as its plan tells. */
export interface LoadForecast {
  /** Where the API is. */
  readonly apiBase: string;
  /** Whether that is this machine: then nobody else is loaded. */
  readonly loopback: boolean;
  /** Of the first phase. */
  readonly model: string;
  /** Requests; absent where the plan has no end to them (a closed loop by time). */
  readonly requests?: number;
  /** Of all phases, drains apart; absent where one ends by a number of requests only. */
  readonly durationSeconds?: number;
  /** Most tokens of prompts and answers; absent where there is no bound. */
  readonly promptTokens?: number;
  /** Each answer at its longest. */
  readonly outputTokens?: number;
  /** In the currency of the prices; absent without prices or without a bound. */
  readonly money?: number;
  /** Of a search for the highest rate, which is known by its time alone. */
  readonly search?: {
    /** For how long one run sends. */
    readonly runSeconds: number;
    /** For how long a rate near the limit is run, in all. */
    readonly mostRunSeconds: number;
    /** What a search takes as a rule. */
    readonly usualSeconds: number;
    /** After this no run begins; absent where nobody said so. */
    readonly withinSeconds?: number;
  };
}

/** Prices per million tokens. */
export interface TokenPrices {
  /** For a million prompt tokens, in the currency of one's choice. */
  readonly promptPerMillion: number;
  /** For a million generated tokens. */
  readonly outputPerMillion: number;
}

/** True for an address of this machine: its load can hurt nobody else. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" ||
    /^127(\.\d{1,3}){3}$/.test(host) ||
    /^::ffff:(127\.|7f)/.test(host);
}

/** Adds up what phases can ask for at most. */
export function forecast(
  plans: readonly PhasePlan[],
  options: { readonly apiBase: string; readonly hostname: string; readonly prices?: TokenPrices },
): LoadForecast {
  const each = plans.map(forecastPhase);
  const total = (of: (one: PhaseForecast) => number) => each.reduce((sum, one) => sum + of(one), 0);
  const requests = total((one) => one.requests);
  const durationSeconds = total((one) => one.durationSeconds);
  const budget = plans.reduce((least, plan) => Math.min(least, plan.tokenBudget ?? Infinity), Infinity);
  const promptTokens = Math.min(budget, total((one) => one.requests * one.promptTokens));
  const outputTokens = Math.min(budget, total((one) => one.requests * one.outputTokens));
  const money = options.prices === undefined
    ? NaN
    : (promptTokens * options.prices.promptPerMillion + outputTokens * options.prices.outputPerMillion) / 1e6;
  return {
    apiBase: options.apiBase,
    loopback: isLoopback(options.hostname),
    model: plans[0]?.shape.model ?? "",
    ...finite("requests", requests),
    ...finite("durationSeconds", durationSeconds),
    ...finite("promptTokens", promptTokens),
    ...finite("outputTokens", outputTokens),
    ...finite("money", money),
  };
}

interface PhaseForecast {
  readonly requests: number;
  readonly durationSeconds: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

function forecastPhase(plan: PhasePlan): PhaseForecast {
  const { mode, limit } = plan;
  const durationSeconds = limit.durationSeconds ?? Infinity;
  return {
    requests: mode.kind === "open" ? plannedArrivals(plan, mode.arrivals) : limit.requests ?? Infinity,
    durationSeconds,
    promptTokens: longestPrompt(plan.prompts, longest(plan.shape.maxTokens)),
    outputTokens: longest(plan.shape.maxTokens),
  };
}

/** Schedules up to this length are made to be counted. */
const MOST_COUNTED = 1_000_000;

/** A random schedule brings more or fewer than its mean: the seed says how many, as the run will have them. */
function plannedArrivals({ limit, seed }: PhasePlan, arrivals: Arrivals): number {
  const mean = expectedArrivals(arrivals, limit.durationSeconds ?? Infinity);
  const expected = Math.ceil(Math.min(limit.requests ?? Infinity, mean));
  return expected > MOST_COUNTED ? expected : dueTimes(arrivals, limit, seededRandom(seed)).length;
}

/** The mean of the schedule. */
function expectedArrivals(arrivals: Arrivals, durationSeconds: number): number {
  switch (arrivals.kind) {
    case "ramp":
      return Math.max(arrivals.fromPerSecond, arrivals.toPerSecond) * durationSeconds;
    case "steps":
      return arrivals.steps.reduce((sum, step) => sum + step.ratePerSecond * step.durationSeconds, 0);
    case "sine":
      return arrivals.meanPerSecond * durationSeconds +
        arrivals.amplitudePerSecond * arrivals.periodSeconds / Math.PI;
    case "trace":
      return arrivals.timesSeconds.length;
    default:
      return arrivals.ratePerSecond * durationSeconds;
  }
}

/** Tokens of the longest prompt; a text is counted at two characters a token, which few languages exceed. */
function longestPrompt(prompts: PromptPlan, answerTokens: number): number {
  switch (prompts.kind) {
    case "texts":
      return Math.ceil(prompts.texts.reduce((most, text) => Math.max(most, text.length), 0) / 2);
    case "lengths":
      return longest(prompts.tokens);
    case "conversation":
      return (prompts.systemTokens ?? 0) + prompts.turns * (longest(prompts.tokensPerTurn) + answerTokens);
    case "rows":
      return prompts.rows.reduce(
        (most, row) => Math.max(most, row.promptTokens ?? (row.text?.length ?? 0) / 2),
        0,
      );
  }
}

function longest(distribution: LengthDistribution): number {
  return typeof distribution === "number" ? distribution : distribution.maximum ?? Infinity;
}

function finite<K extends string>(name: K, value: number): { [key in K]?: number } {
  const result: { [key in K]?: number } = {};
  if (Number.isFinite(value)) result[name] = value;
  return result;
}
