/**
 * What a phase of load consists of: pure data, all of it can cross to a Worker.
 *
 * @module
 */
import { type Arrivals, checkSchedule, type ScheduleLimit } from "./pacer.ts";
import { type LengthDistribution, type PromptPlan, SHORT_QUESTIONS } from "./prompts.ts";

/** Names an engine in every result: sockets, `fetch`, or sockets with the kernel's receive times. */
export type EngineName = "raw" | "fetch" | "epoll";

/** Which API answers. */
export type Endpoint = "completions" | "chat";

/** Limits of one request. Each is counted on the workload's clock. */
export interface Timeouts {
  /** Opening a connection (an engine that cannot see it counts it under the first token). */
  readonly connectSeconds: number;
  /** From the send to the first token chunk. */
  readonly firstTokenSeconds: number;
  /** Between two token chunks. */
  readonly idleSeconds: number;
  /** From the send to the end. */
  readonly totalSeconds: number;
}

/** What every request of a phase has in common. */
export interface RequestShape {
  /** As it stands in the request. */
  readonly model: string;
  /** Which path is called. */
  readonly endpoint: Endpoint;
  /** Whether tokens come as they are made; without it there is no first token to see. */
  readonly stream: boolean;
  /** 0: the likeliest token every time. */
  readonly temperature: number;
  /** Longest answer, drawn per request; a row of a data set may say otherwise. */
  readonly maxTokens: LengthDistribution;
  /** Sent only when given: some engines die of it, others lose their batching. */
  readonly seed?: number;
  /** Asks vLLM to go on past the end of text, so that answers have their full length. */
  readonly ignoreEos?: boolean;
  /** Further fields of the body. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
  /** Collects answers' texts into the records; conversations need it and turn it on. */
  readonly keepText?: boolean;
}

/** Requests that the client gives up on purpose. */
export interface AbortPlan {
  /** Share of all requests, 0–1. */
  readonly ratio: number;
  /** After so many token chunks … */
  readonly afterChunks?: LengthDistribution;
  /** … or so long after the send, whatever came; default 0.2 s where `afterChunks` is missing. */
  readonly afterSeconds?: number;
}

/** Who decides when the next request comes. */
export type LoadMode =
  | {
    readonly kind: "open";
    readonly arrivals: Arrivals;
    /** No more at once than this; what is due beyond waits, late, for a free place. */
    readonly maxInFlight?: number;
    /** A request that waited longer than this for a place is dropped and counted. */
    readonly dropAfterSeconds?: number;
  }
  | {
    readonly kind: "closed";
    readonly users: number;
    /** Pause of a user between an answer and the next question; exponential unless `regularThinking`. */
    readonly thinkSeconds?: number;
    readonly regularThinking?: boolean;
    /** Over which time the users begin; spread evenly. */
    readonly spreadSeconds?: number;
  };

/** One phase, complete: the same plan gives the same schedule, prompts and lengths. */
export interface PhasePlan {
  /** In records, events and results. */
  readonly name: string;
  /** Who decides when the next request comes. */
  readonly mode: LoadMode;
  /** When sending ends: by time, by number, whichever is first. */
  readonly limit: ScheduleLimit;
  /** What is asked. */
  readonly prompts: PromptPlan;
  /** What all its requests have in common. */
  readonly shape: RequestShape;
  /** When a request is given up as failed. */
  readonly timeouts: Timeouts;
  /** Of schedule, prompts and lengths; never sent to the server. */
  readonly seed: number;
  /** Put before every prompt and into every request's id; "" keeps the prompts as they are. */
  readonly salt: string;
  /** Request ids begin with it; a number follows. */
  readonly idPrefix: string;
  /** Absent: none is given up on purpose. */
  readonly aborts?: AbortPlan;
  /** What to do with running requests when the time is up. */
  readonly atEnd: "drain" | "cut";
  /** How long a drain may take; what runs then is cut and "unfinished". Where sending ends by number, it has no bound. */
  readonly drainSeconds: number;
  /** Ends the phase after so many failures without a success between them. */
  readonly stopAfterFailures: number;
  /** The same for connections that fail: with back-off the number above could take minutes. */
  readonly stopAfterConnectionFailures: number;
  /** Ends the phase before prompt and answer tokens could exceed this. */
  readonly tokenBudget?: number;
}

/** Why a phase ended before its plan did. */
export type StopReason =
  | { readonly code: "cancelled" }
  | { readonly code: "token_budget"; readonly tokens: number }
  /** Of a search: no time was left for another run. */
  | { readonly code: "time_over"; readonly seconds: number }
  /** A search: what no longer answers tells nothing of a rate. */
  | {
    readonly code: "server_lost";
    readonly ratePerSecond: number;
    readonly requests: number;
    /** From the last good sign of the server in that run to the run's end; absent where there was none. */
    readonly silentSeconds?: number;
  }
  | { readonly code: "failures_in_a_row"; readonly count: number; readonly error: string }
  /** One of several threads broke down: `error` is its own message, `lost` the requests it had begun that have no row. */
  | { readonly code: "thread_failed"; readonly error: string; readonly lost: number };

/** Limits that suit a loaded server; `sendCompletion` uses 30 s in total. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  connectSeconds: 10,
  firstTokenSeconds: 120,
  idleSeconds: 60,
  totalSeconds: 600,
};

/** Long enough for an answer of usual length, short enough that nobody thinks the run hangs. */
export const DEFAULT_DRAIN_SECONDS = 10;

/** The lab's traffic: short questions, 50 to 150 tokens of answer, temperature 0.7. */
export const DEFAULT_PROMPTS: PromptPlan = { kind: "texts", texts: SHORT_QUESTIONS };

/** See {@link DEFAULT_PROMPTS}. */
export const DEFAULT_MAX_TOKENS: LengthDistribution = { kind: "uniform", minimum: 50, maximum: 150 };

/** Each takes a connection and its memory: a machine has ports for fewer. */
const MOST_USERS = 100_000;

/**
 * Checks the numbers of a plan before anything is sent.
 *
 * @throws RangeError naming the first that cannot be meant
 */
export function checkPlan(plan: PhasePlan): void {
  const { mode, limit, aborts } = plan;
  if (mode.kind === "closed") {
    requireCount("users", mode.users, 1);
    if (mode.users > MOST_USERS) {
      throw new RangeError(`Cannot plan load: users ${mode.users}, wanted ${MOST_USERS} at most`);
    }
    if (limit.requests === undefined && limit.durationSeconds === undefined) {
      throw new RangeError(
        "Cannot plan load: neither a duration nor a number of requests, wanted one of them",
      );
    }
    if (limit.requests !== undefined) requireCount("requests", limit.requests, 0);
    if (limit.durationSeconds !== undefined) requirePositive("duration", limit.durationSeconds);
  } else {
    checkSchedule(mode.arrivals, limit);
    if (mode.maxInFlight !== undefined) requireCount("requests in flight", mode.maxInFlight, 1);
  }
  for (const [name, seconds] of Object.entries(plan.timeouts)) requirePositive(name, seconds);
  if (!(plan.drainSeconds >= 0)) {
    throw new RangeError(`Cannot plan load: drain ${plan.drainSeconds} s, wanted 0 or more`);
  }
  if (aborts !== undefined && !(aborts.ratio >= 0 && aborts.ratio <= 1)) {
    throw new RangeError(`Cannot plan load: abort ratio ${aborts.ratio}, wanted 0 to 1`);
  }
}

function requireCount(what: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`Cannot plan load: ${what} ${value}, wanted a whole number from ${least} on`);
  }
}

function requirePositive(what: string, value: number): void {
  if (!(value > 0)) throw new RangeError(`Cannot plan load: ${what} ${value}, wanted more than 0`);
}
