/**
 * Checks of what a workload is asked with, for cells that no compiler has seen.
 *
 * @module
 */
import {
  ANY_TEXT,
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  CLOCK,
  COUNT_FROM_1,
  DURATION,
  either,
  FLAG,
  FUNCTION,
  listOf,
  needed,
  NUMBER,
  OBJECT,
  oneOf,
  POSITIVE,
  RANDOM,
  shape,
  SIGNAL,
  TEXT,
  TEXTS_BY_NAME,
} from "../../base/arguments.ts";
import type {
  ConcurrentLoadOptions,
  LoadOptions,
  SteadyLoadOptions,
  WorkloadPhase,
  WorkloadProfile,
} from "./load_options.ts";
import type { TokenPrices } from "./safety.ts";
import { isThreadCount, MOST_THREADS } from "./threads.ts";
import type { CompletionOptions, WorkloadSimulatorOptions } from "./simulator_options.ts";

const PROMPTS = either(
  'a list of texts, or a plan such as { kind: "lengths", tokens: 200 }',
  listOf(ANY_TEXT, ""),
  shape("", ["kind"]),
);

const ENDPOINT = oneOf(["completions", "chat"]);

const LENGTH = either(
  'a number of tokens, or { kind: "uniform", minimum, maximum }',
  NUMBER,
  shape("", ["kind"]),
);

const WORKLOAD: Checks<WorkloadSimulatorOptions> = {
  apiBase: needed(TEXT),
  model: TEXT,
  endpoint: ENDPOINT,
  prompts: PROMPTS,
  seed: NUMBER,
  fetch: FUNCTION,
  clock: CLOCK,
  random: RANDOM,
  headers: TEXTS_BY_NAME,
  onProgress: FUNCTION,
  stopSignal: FUNCTION,
  target: TEXT,
  samplerIntervalSeconds: POSITIVE,
  simulated: FLAG,
  engine: oneOf(["raw", "epoll"]),
  ownThread: FLAG,
  threads: {
    wanted: `a whole number from 1 to ${MOST_THREADS}, or "auto"`,
    accepts: (value) => value === "auto" || typeof value === "number" && isThreadCount(value),
  },
  caCertificates: listOf(TEXT, "a list of certificates"),
};

/** Names that other tools have, or that one would guess. */
const WORKLOAD_INSTEAD = {
  url: "apiBase",
  baseUrl: "apiBase",
  base_url: "apiBase",
  baseURL: "apiBase",
  server: "apiBase",
  targets: "apiBase",
  modelName: "model",
  apiKey: "headers",
};

const LOAD: Checks<LoadOptions> = {
  prompts: PROMPTS,
  maxTokens: LENGTH,
  temperature: NUMBER,
  endpoint: ENDPOINT,
  stream: FLAG,
  seed: NUMBER,
  requestSeed: NUMBER,
  ignoreEos: FLAG,
  extraBody: OBJECT,
  timeouts: OBJECT,
  aborts: shape("a plan of aborts, { ratio }", ["ratio"]),
  atEnd: oneOf(["drain", "cut"]),
  drainSeconds: DURATION,
  keepText: FLAG,
  keepPrefixes: FLAG,
  tokenBudget: NUMBER,
  stopAfterFailures: NUMBER,
  signal: SIGNAL,
  onProgress: FUNCTION,
};

/** Names that load generators have for the same. */
const LOAD_INSTEAD = {
  users: "concurrency",
  vus: "concurrency",
  concurrent: "concurrency",
  numRequests: "requests",
  count: "requests",
  duration: "durationSeconds",
  seconds: "durationSeconds",
  rpm: "requestsPerMinute",
  rps: "ratePerSecond",
  qps: "ratePerSecond",
  rate: "ratePerSecond",
  requestsPerSecond: "ratePerSecond",
  requestRate: "ratePerSecond",
  max_tokens: "maxTokens",
  prompt: "prompts",
};

const CONCURRENT: Checks<ConcurrentLoadOptions> = {
  ...LOAD,
  concurrency: needed(NUMBER),
  requests: COUNT_FROM_1,
  durationSeconds: DURATION,
  thinkSeconds: DURATION,
  spreadSeconds: DURATION,
};

const ARRIVALS = either(
  'constant, poisson, or a schedule such as { kind: "ramp", fromPerSecond, toPerSecond }',
  oneOf(["constant", "poisson"]),
  shape("", ["kind"]),
);

const STEADY: Checks<SteadyLoadOptions> = {
  ...LOAD,
  durationSeconds: needed(DURATION),
  requestsPerMinute: NUMBER,
  ratePerSecond: NUMBER,
  arrivals: ARRIVALS,
  requests: COUNT_FROM_1,
  maxInFlight: NUMBER,
  dropAfterSeconds: DURATION,
};

const {
  aborts: _aborts,
  atEnd: _atEnd,
  tokenBudget: _budget,
  stopAfterFailures: _failures,
  onProgress,
  ...ONE
} = LOAD;

const COMPLETION: Checks<CompletionOptions> = { ...ONE, prompt: ANY_TEXT, timeoutSeconds: POSITIVE };

const RUN: Checks<Pick<LoadOptions, "signal" | "onProgress">> = { signal: SIGNAL, onProgress };

const MODE: Check = {
  wanted: 'a mode, such as { kind: "closed", users: 8 }',
  accepts: (value) => {
    if (typeof value !== "object" || value === null || !("kind" in value)) return false;
    if (value.kind === "closed") return "users" in value && typeof value.users === "number";
    return value.kind === "open" && "arrivals" in value && shape("", ["kind"]).accepts(value.arrivals);
  },
};

const { signal: _signal, onProgress: _onProgress, ...OF_PHASE } = LOAD;

const PHASE: Checks<WorkloadPhase> = {
  ...OF_PHASE,
  name: needed(TEXT),
  mode: needed(MODE),
  durationSeconds: DURATION,
  requests: COUNT_FROM_1,
};

/** A phase that was made of a load's options still has them. */
const OF_PHASES = { instead: LOAD_INSTEAD, also: Object.keys({ ...CONCURRENT, ...STEADY }) };

const PROFILE: Checks<WorkloadProfile> = {
  name: needed(TEXT),
  phases: needed(listOf(OBJECT, "a list of phases")),
};

const PHASE_EXAMPLE = '{ name: "crowd", mode: { kind: "closed", users: 8 }, requests: 80 }';

/** Refuses options of a simulator that cannot be meant. */
export function checkWorkloadOptions(options: WorkloadSimulatorOptions): void {
  checkOptions<WorkloadSimulatorOptions>(
    'new VllmWorkloadSimulator({ apiBase: "http://127.0.0.1:8000/v1" })',
    options,
    WORKLOAD,
    { instead: WORKLOAD_INSTEAD },
  );
}

/** Refuses options of a look at the server that cannot be meant. */
export function checkAvailabilityOptions(options: unknown): void {
  checkOptions<{ readonly timeoutSeconds?: number; readonly signal?: AbortSignal }>(
    "workload.checkAvailability({ timeoutSeconds: 5 })",
    options,
    { timeoutSeconds: POSITIVE, signal: SIGNAL },
  );
}

/** Refuses options of a completion that cannot be meant. */
export function checkCompletion(options: CompletionOptions): void {
  const call = 'workload.sendCompletion({ prompt: "Why is the sky blue?" })';
  checkOptions<CompletionOptions>(call, options, COMPLETION, { instead: { max_tokens: "maxTokens" } });
}

/** Refuses options of a closed loop that cannot be meant. */
export function checkConcurrentLoad(options: ConcurrentLoadOptions): void {
  const call = "workload.simulateConcurrentLoad({ concurrency: 8, requests: 80 })";
  checkOptions<ConcurrentLoadOptions>(call, options, CONCURRENT, { instead: LOAD_INSTEAD });
}

/** Refuses options of an open loop that cannot be meant. */
export function checkSteadyLoad(options: SteadyLoadOptions): void {
  const call = "workload.simulateSteadyLoad({ durationSeconds: 30, requestsPerMinute: 120 })";
  checkOptions<SteadyLoadOptions>(call, options, STEADY, { instead: LOAD_INSTEAD });
}

/** Refuses a profile that is none. */
export function checkProfile(profile: WorkloadProfile, options: unknown): void {
  const call = `workload.run({ name: "mine", phases: [${PHASE_EXAMPLE}] })`;
  checkArgument(call, { profile }, shape("a profile, { name, phases }", ["name", "phases"]));
  checkOptions<WorkloadProfile>(call, profile, PROFILE);
  for (const phase of profile.phases) {
    checkOptions<WorkloadPhase>(call, phase, PHASE, OF_PHASES);
  }
  checkOptions<Pick<LoadOptions, "signal" | "onProgress">>(call, options, RUN);
}

/** Refuses phases that are none. */
export function checkForecast(phases: readonly WorkloadPhase[], options: unknown): void {
  const call = `workload.forecast([${PHASE_EXAMPLE}])`;
  checkArgument(call, { phases }, PROFILE.phases);
  for (const phase of phases) checkOptions<WorkloadPhase>(call, phase, PHASE, OF_PHASES);
  checkOptions<{ readonly prices?: TokenPrices; readonly signal?: AbortSignal }>(call, options, {
    prices: shape("{ promptPerMillion, outputPerMillion }", ["promptPerMillion", "outputPerMillion"]),
    signal: SIGNAL,
  });
}
