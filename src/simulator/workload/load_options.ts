/**
 * What callers say about a load, and the plan that follows from it: pure.
 *
 * @module
 */
import type { Arrivals } from "./pacer.ts";
import {
  type AbortPlan,
  DEFAULT_DRAIN_SECONDS,
  DEFAULT_MAX_TOKENS,
  DEFAULT_PROMPTS,
  DEFAULT_TIMEOUTS,
  type Endpoint,
  type LoadMode,
  type PhasePlan,
  type Timeouts,
} from "./plan.ts";
import type { LengthDistribution, PromptPlan } from "./prompts.ts";
import type { WorkloadProgress } from "./progress.ts";

/** Options of every kind of load. What is not said is as in the lab: short questions, 50–150 tokens, temperature 0.7. */
export interface LoadOptions {
  /** Texts in turn, or a plan of lengths, prefixes, conversations; default the simulator's. */
  readonly prompts?: PromptPlan | readonly string[];
  /** Longest answer in tokens; default 50 to 150, drawn for each request. */
  readonly maxTokens?: LengthDistribution;
  /** Default 0.7. */
  readonly temperature?: number;
  /** Default the simulator's. */
  readonly endpoint?: Endpoint;
  /** Default true: without a stream there is no first token to see. */
  readonly stream?: boolean;
  /** Seed of schedule, prompts and lengths; it is not sent. */
  readonly seed?: number;
  /** `seed` in the request itself; sent only when given. */
  readonly requestSeed?: number;
  /** Lets vLLM go on past the end of text, so that answers have their full length; not sent by default. */
  readonly ignoreEos?: boolean;
  /** Further fields of the request's body; they win over the lab's own. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
  /** Those that are not given keep their defaults. */
  readonly timeouts?: Partial<Timeouts>;
  /** Requests to give up on purpose; default none. */
  readonly aborts?: AbortPlan;
  /** What becomes of running requests when the time is up; default "drain". */
  readonly atEnd?: "drain" | "cut";
  /**
   * How long a drain may take, default 10; what runs then is cut and counted as unfinished. A load that ends by its
   * number of requests waits for all of them.
   */
  readonly drainSeconds?: number;
  /** Keeps answers' texts in the records. */
  readonly keepText?: boolean;
  /** Leaves prompts unsalted, so that the server's cache may know them from an earlier run. */
  readonly keepPrefixes?: boolean;
  /** Ends the load before prompt and answer tokens could exceed this; default without limit. */
  readonly tokenBudget?: number;
  /**
   * Ends the load after so many failures without a success between them; default 50, or of connections that fail six for
   * each user of a closed loop if that is less.
   */
  readonly stopAfterFailures?: number;
  /** Ends the load; what was done is returned. */
  readonly signal?: AbortSignal;
  /** Called about every second, and once more at the end of each phase. */
  readonly onProgress?: (progress: WorkloadProgress) => void;
}

/** A closed loop: so many users, each sending when its last answer came. */
export interface ConcurrentLoadOptions extends LoadOptions {
  /** Users: the most requests in flight at once. */
  readonly concurrency: number;
  /** Ends after so many requests in all … */
  readonly requests?: number;
  /** … or after so long; at least one of the two. */
  readonly durationSeconds?: number;
  /** Mean pause of a user between an answer and the next question, exponential; default 0. */
  readonly thinkSeconds?: number;
  /** Over which time the users begin; default 1 ms a user, or a tenth of the duration if that is more, up to 2 s. */
  readonly spreadSeconds?: number;
}

/** An open loop: requests come on schedule, whatever the server does. */
export interface SteadyLoadOptions extends LoadOptions {
  /** How long requests are sent; what runs then is drained or cut. */
  readonly durationSeconds: number;
  /** One of the two, unless `arrivals` is a schedule of its own. */
  readonly requestsPerMinute?: number;
  /** Requests a second. */
  readonly ratePerSecond?: number;
  /** Default "constant". */
  readonly arrivals?: "constant" | "poisson" | Arrivals;
  /** Upper end of the number of requests. */
  readonly requests?: number;
  /** What is due while so many are in flight waits, late, for a place; default 2048. */
  readonly maxInFlight?: number;
  /** A request that waited longer for a place is dropped and counted; default 10. */
  readonly dropAfterSeconds?: number;
}

/** A phase of a profile. */
export interface WorkloadPhase extends Omit<LoadOptions, "signal" | "onProgress"> {
  /** In records, events and results. */
  readonly name: string;
  /** Who decides when the next request comes: a schedule or the last answer. */
  readonly mode: LoadMode;
  /** How long requests are sent; a closed loop needs this or `requests`. */
  readonly durationSeconds?: number;
  /** The most requests of the phase. */
  readonly requests?: number;
}

/** Phases, one after another. */
export interface WorkloadProfile {
  /** What results call the run. */
  readonly name: string;
  /** A phase begins when the one before it has drained or was cut. */
  readonly phases: readonly WorkloadPhase[];
}

/** What a simulator adds to a phase. */
export interface PhaseDefaults {
  readonly model: string;
  readonly endpoint: Endpoint;
  readonly prompts: PromptPlan | readonly string[] | undefined;
  readonly seed: number;
  /** Different for every run. */
  readonly salt: string;
}

const DEFAULT_STOP_AFTER_FAILURES = 50;
/** Of each user of a closed loop: with its back-off some 25 s, in which a server may have been restarted. */
const CONNECTION_FAILURES_PER_USER = 6;

function connectionFailures(mode: LoadMode): number {
  if (mode.kind === "open") return DEFAULT_STOP_AFTER_FAILURES;
  return Math.min(DEFAULT_STOP_AFTER_FAILURES, CONNECTION_FAILURES_PER_USER * mode.users);
}

/** A concurrent load as a phase. */
export function concurrentPhase(options: ConcurrentLoadOptions): WorkloadPhase {
  const { concurrency, thinkSeconds, requests, durationSeconds } = options;
  const spread = options.spreadSeconds ??
    (requests === undefined ? Math.min(2, (durationSeconds ?? 0) / 10) : 0);
  return {
    ...options,
    name: "concurrent",
    mode: {
      kind: "closed",
      users: concurrency,
      spreadSeconds: spread,
      ...(thinkSeconds === undefined ? {} : { thinkSeconds }),
    },
  };
}

/**
 * A steady load as a phase.
 *
 * @throws RangeError when no rate is given
 */
export function steadyPhase(options: SteadyLoadOptions): WorkloadPhase {
  const { maxInFlight, dropAfterSeconds } = options;
  return {
    ...options,
    name: "steady",
    mode: {
      kind: "open",
      arrivals: steadyArrivals(options),
      ...(maxInFlight === undefined ? {} : { maxInFlight }),
      ...(dropAfterSeconds === undefined ? {} : { dropAfterSeconds }),
    },
  };
}

function steadyArrivals(options: SteadyLoadOptions): Arrivals {
  const { arrivals = "constant", requestsPerMinute, ratePerSecond } = options;
  if (typeof arrivals !== "string") return arrivals;
  const rate = ratePerSecond ?? (requestsPerMinute === undefined ? undefined : requestsPerMinute / 60);
  if (rate === undefined) {
    throw new RangeError("Cannot plan load: no rate, wanted requestsPerMinute, ratePerSecond or a schedule");
  }
  return { kind: arrivals, ratePerSecond: rate };
}

/** Completes a phase with everything that it leaves open. */
export function planPhase(phase: WorkloadPhase, defaults: PhaseDefaults): PhasePlan {
  const prompts = phase.prompts ?? defaults.prompts ?? DEFAULT_PROMPTS;
  return {
    name: phase.name,
    mode: phase.mode,
    limit: {
      ...(phase.durationSeconds === undefined ? {} : { durationSeconds: phase.durationSeconds }),
      ...(phase.requests === undefined ? {} : { requests: phase.requests }),
    },
    prompts: isPlan(prompts) ? prompts : { kind: "texts", texts: prompts },
    shape: {
      model: defaults.model,
      endpoint: phase.endpoint ?? defaults.endpoint,
      stream: phase.stream ?? true,
      temperature: phase.temperature ?? 0.7,
      maxTokens: phase.maxTokens ?? DEFAULT_MAX_TOKENS,
      ...(phase.requestSeed === undefined ? {} : { seed: phase.requestSeed }),
      ...(phase.ignoreEos === undefined ? {} : { ignoreEos: phase.ignoreEos }),
      ...(phase.extraBody === undefined ? {} : { extraBody: phase.extraBody }),
      ...(phase.keepText === undefined ? {} : { keepText: phase.keepText }),
    },
    timeouts: { ...DEFAULT_TIMEOUTS, ...phase.timeouts },
    seed: phase.seed ?? defaults.seed,
    salt: phase.keepPrefixes === true ? "" : defaults.salt,
    idPrefix: `lab-${defaults.salt}`,
    ...(phase.aborts === undefined ? {} : { aborts: phase.aborts }),
    atEnd: phase.atEnd ?? "drain",
    drainSeconds: phase.drainSeconds ?? DEFAULT_DRAIN_SECONDS,
    stopAfterFailures: phase.stopAfterFailures ?? DEFAULT_STOP_AFTER_FAILURES,
    stopAfterConnectionFailures: phase.stopAfterFailures ?? connectionFailures(phase.mode),
    ...(phase.tokenBudget === undefined ? {} : { tokenBudget: phase.tokenBudget }),
  };
}

function isPlan(prompts: PromptPlan | readonly string[]): prompts is PromptPlan {
  return !Array.isArray(prompts);
}

/** The plan as numbers and words for an event. */
export function planFigures(plan: PhasePlan): Record<string, string | number> {
  const { mode, limit } = plan;
  const figures: Record<string, string | number> = { mode: mode.kind, model: plan.shape.model };
  if (mode.kind === "closed") figures["users"] = mode.users;
  else {
    figures["arrivals"] = mode.arrivals.kind;
    if ("ratePerSecond" in mode.arrivals) figures["ratePerSecond"] = mode.arrivals.ratePerSecond;
  }
  if (limit.durationSeconds !== undefined) figures["durationSeconds"] = limit.durationSeconds;
  if (limit.requests !== undefined) figures["requests"] = limit.requests;
  return figures;
}
