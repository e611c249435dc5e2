/**
 * A load as one command runs it: plan, consent, run or search, results.
 *
 * @module
 */
import type { LengthDistribution, PromptPlan } from "./prompts.ts";
import type { Clock } from "../../base/clock.ts";
import { realClock } from "../../collector/clock.ts";
import { findMaxRate, leastRequests, MOST_TIMES, type Probe, type RateSearch } from "./find_max.ts";
import { goodput, type Objectives } from "./goodput.ts";
import {
  concurrentPhase,
  type LoadOptions,
  steadyPhase,
  type WorkloadPhase,
  type WorkloadProfile,
} from "./load_options.ts";
import type { Arrivals } from "./pacer.ts";
import { lostServer } from "./lost_server.ts";
import { DEFAULT_DRAIN_SECONDS, type Endpoint, type StopReason, type Timeouts } from "./plan.ts";
import { workloadProfile } from "./profiles.ts";
import type { WorkloadProgress } from "./progress.ts";
import type { WorkloadResult } from "./results.ts";
import { type LoadForecast, type TokenPrices } from "./safety.ts";
import { VllmWorkloadSimulator } from "./simulator.ts";
import type { Threads } from "./threads.ts";

/** What a command line says, parsed. Exactly one of `ratePerSecond`, `concurrency`, `profile` and `findMax` decides the load. */
export interface RunLoadOptions {
  readonly url: string;
  readonly model?: string;
  readonly endpoint?: Endpoint;
  readonly headers?: Readonly<Record<string, string>>;
  readonly caCertificates?: readonly string[];
  /** See `WorkloadSimulatorOptions.engine`. */
  readonly engine?: "raw" | "epoll";
  /** See `WorkloadSimulatorOptions.threads`. */
  readonly threads?: Threads;
  /** Open loop; with `profile` the size of the profile. */
  readonly ratePerSecond?: number;
  /** Default "poisson". */
  readonly arrivals?: "constant" | "poisson" | Arrivals;
  readonly burstiness?: number;
  /** Closed loop. */
  readonly concurrency?: number;
  readonly thinkSeconds?: number;
  /** A ready load by name, or one of your own. */
  readonly profile?: string | WorkloadProfile;
  /** Searches the highest rate at which `objectives` hold. */
  readonly findMax?: boolean;
  readonly objectives?: Objectives;
  readonly targetRatio?: number;
  readonly startPerSecond?: number;
  readonly highestPerSecond?: number;
  /** A search begins no run that would send beyond so long; default: it goes on until it has found the rate. */
  readonly withinSeconds?: number;
  /** Default 30 s, unless `requests` bounds it. */
  readonly durationSeconds?: number;
  readonly requests?: number;
  readonly prompts?: PromptPlan | readonly string[];
  readonly maxTokens?: LengthDistribution;
  readonly temperature?: number;
  readonly stream?: boolean;
  readonly ignoreEos?: boolean;
  readonly seed?: number;
  readonly requestSeed?: number;
  readonly keepPrefixes?: boolean;
  readonly timeouts?: Partial<Timeouts>;
  readonly tokenBudget?: number;
  readonly stopAfterFailures?: number;
  /** See `LoadOptions.drainSeconds`; of a search the duration of a probe by default. */
  readonly drainSeconds?: number;
  readonly maxInFlight?: number;
  readonly prices?: TokenPrices;
  /** Agrees to load an address that is not this machine's. */
  readonly yes?: boolean;
  /** For tests and servers in this process. */
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
}

/** Whom a load tells, and who may stop it. */
export interface RunLoadHooks {
  readonly signal?: AbortSignal;
  /** Told before the first request. */
  readonly onForecast?: (forecast: LoadForecast) => void;
  /** Asked where consent is needed and `yes` is not set; without it the load is refused. */
  readonly confirm?: (forecast: LoadForecast) => Promise<boolean>;
  readonly onProgress?: (progress: WorkloadProgress) => void;
  /** Told after each rate of a search. */
  readonly onProbe?: (probe: Probe) => void;
  /** Told before each run of a search: its rate, how long it sends, and for how long the search has gone on. */
  readonly onRun?: (ratePerSecond: number, seconds: number, elapsedSeconds: number) => void;
  /** Told of the simulator before it sends, so that a collector can read its sampler. */
  readonly onSimulator?: (simulator: VllmWorkloadSimulator) => void | Promise<void>;
}

/** A load on somebody else's machine to which nobody agreed. Callers catch it for its forecast. */
export class LoadRefusedError extends Error {
  override readonly name = "LoadRefusedError";
  /** @param forecast what the load would have done */
  constructor(readonly forecast: LoadForecast) {
    super(
      `Cannot load ${forecast.apiBase}: not an address of this machine and nobody agreed, wanted consent`,
    );
  }
}

/** Of a load, or of a run of a search, where nobody says how long. */
export const DEFAULT_DURATION_SECONDS = 30;
const DEFAULT_CONCURRENCY = 8;

/**
 * Runs the load that the options describe.
 *
 * With `findMax` the result is that of the best rate (of the last one tried, if none held), with the search in it.
 *
 * @throws LoadRefusedError without consent; WorkloadError when the server cannot be loaded; RangeError for options that
 *   cannot be meant
 */
export async function runLoad(options: RunLoadOptions, hooks: RunLoadHooks = {}): Promise<WorkloadResult> {
  if (options.findMax === true) {
    wantedObjectives(options);
    checkWithin(options);
  }
  using simulator = makeSimulator(options);
  const phases = phasesOf(options);
  const planned = await simulator.forecast(
    phases.phases,
    {
      ...(options.prices === undefined ? {} : { prices: options.prices }),
      ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
    },
  );
  // How far a search goes is what it wants to find out: nothing but `withinSeconds` bounds it beforehand.
  const { apiBase, loopback, model } = planned;
  const forecast: LoadForecast = options.findMax === true
    ? { apiBase, loopback, model, search: searchForecast(options) }
    : planned;
  hooks.onForecast?.(forecast);
  if (!forecast.loopback && options.yes !== true && await hooks.confirm?.(forecast) !== true) {
    throw new LoadRefusedError(forecast);
  }
  await hooks.onSimulator?.(simulator);
  const run = runner(simulator, hooks);
  const result = options.findMax === true ? await search(options, hooks, run) : await run(phases);
  if (options.objectives === undefined) return result;
  const { durationSeconds } = result.summary;
  return { ...result, goodput: goodput(result.records, options.objectives, { durationSeconds }) };
}

function makeSimulator(options: RunLoadOptions): VllmWorkloadSimulator {
  const { url, model, endpoint, headers, caCertificates, engine, threads, seed, fetch, clock } = options;
  return new VllmWorkloadSimulator({
    apiBase: url,
    ...(model === undefined ? {} : { model }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(headers === undefined ? {} : { headers }),
    ...(caCertificates === undefined ? {} : { caCertificates }),
    ...(engine === undefined ? {} : { engine }),
    ...(threads === undefined ? {} : { threads }),
    ...(seed === undefined ? {} : { seed }),
    ...(fetch === undefined ? {} : { fetch }),
    ...(clock === undefined ? {} : { clock }),
  });
}

type RunProfile = (profile: WorkloadProfile) => Promise<WorkloadResult>;

function runner(simulator: VllmWorkloadSimulator, hooks: RunLoadHooks): RunProfile {
  const { signal, onProgress } = hooks;
  return (profile) =>
    simulator.run(profile, {
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
}

async function search(
  options: RunLoadOptions,
  hooks: RunLoadHooks,
  run: RunProfile,
): Promise<WorkloadResult> {
  const { targetRatio, startPerSecond, highestPerSecond } = options;
  const objectives = wantedObjectives(options);
  // A rate is at most twice one that held, so what it left queued is done after its own time again: the next probe must
  // not find it there.
  const durationSeconds = options.durationSeconds ?? DEFAULT_DURATION_SECONDS;
  const results = new Map<number, WorkloadResult>();
  let runs = 0;
  const clock = options.clock ?? realClock();
  const begunSeconds = clock.nowSeconds();
  const over = new AbortController();
  let lost: ServerLoss | undefined;
  const leftSeconds = () => (options.withinSeconds ?? Infinity) - (clock.nowSeconds() - begunSeconds);
  const found = await findMaxRate(async (ratePerSecond, times) => {
    const seconds = Math.min(durationSeconds * times, Math.max(durationSeconds, leftSeconds()));
    hooks.onRun?.(ratePerSecond, seconds, clock.nowSeconds() - begunSeconds);
    const drainSeconds = options.drainSeconds ?? Math.max(DEFAULT_DRAIN_SECONDS, seconds);
    const load = openLoop({ ...options, ratePerSecond, durationSeconds: seconds, drainSeconds });
    // Every run has arrivals and lengths of its own: a repeat of the same ones would prove nothing more.
    const seed = (options.seed ?? 1) + SEED_STEP * runs++;
    const result = await run({ ...load, phases: load.phases.map((phase) => ({ ...phase, seed })) });
    lost = lossOf(result, ratePerSecond);
    if (lost === undefined || !results.has(ratePerSecond)) results.set(ratePerSecond, result);
    if (lost !== undefined) {
      over.abort();
      // Requests that a dead server did not answer tell nothing of the rate.
      return { ...result, records: [] };
    }
    // Not in the middle of a run: what it measured would be lost.
    if (leftSeconds() < durationSeconds) over.abort();
    return result;
  }, {
    objectives,
    ...(targetRatio === undefined ? {} : { targetRatio }),
    runSeconds: durationSeconds,
    startPerSecond: startPerSecond ?? decidableRate(durationSeconds, options),
    ...leastRate(durationSeconds, targetRatio),
    ...(highestPerSecond === undefined ? {} : { highestPerSecond }),
    onProbe: (probe) => lost === undefined && hooks.onProbe?.(probe),
    signal: hooks.signal === undefined ? over.signal : AbortSignal.any([hooks.signal, over.signal]),
  });
  const rate = found.bestPerSecond ?? found.probes.at(-1)?.ratePerSecond;
  const result = rate === undefined ? undefined : results.get(rate);
  if (result === undefined) {
    throw new RangeError("Cannot search the highest rate: stopped before the first run, wanted one");
  }
  const { withinSeconds } = options;
  if (lost !== undefined) return { ...result, search: untilLoss(found, lost), stopped: lost };
  return {
    ...result,
    search: found,
    ...(over.signal.aborted && withinSeconds !== undefined
      ? { stopped: { code: "time_over", seconds: withinSeconds } }
      : {}),
  };
}

type ServerLoss = Extract<StopReason, { readonly code: "server_lost" }>;

/** Whether the server was lost in this run: by its end, or because it ended in failures. */
function lossOf({ records, stopped }: WorkloadResult, ratePerSecond: number): ServerLoss | undefined {
  const isRow = stopped?.code === "failures_in_a_row";
  if (stopped !== undefined && !isRow) return undefined;
  const lost = lostServer(records) ?? (isRow ? { requests: stopped.count } : undefined);
  return lost && { code: "server_lost", ratePerSecond, ...lost };
}

/** Without the rate at which the server was lost, unless that rate was decided by runs before. */
function untilLoss(found: RateSearch, { ratePerSecond }: ServerLoss): RateSearch {
  const probes = found.probes.filter((probe) =>
    probe.ratePerSecond !== ratePerSecond || probe.goodput.counted > 0
  );
  const { failedPerSecond, estimatePerSecond, ...rest } = found;
  const isDecided = failedPerSecond !== undefined && (failedPerSecond !== ratePerSecond ||
    probes.some((probe) => probe.ratePerSecond === ratePerSecond && probe.verdict === "fails"));
  if (!isDecided) return { ...rest, probes };
  return {
    ...rest,
    probes,
    failedPerSecond,
    ...(estimatePerSecond === undefined ? {} : { estimatePerSecond }),
  };
}

/** Nobody waits ten minutes for what did not say so. */
function searchForecast(
  { durationSeconds, withinSeconds }: RunLoadOptions,
): NonNullable<LoadForecast["search"]> {
  const runSeconds = durationSeconds ?? DEFAULT_DURATION_SECONDS;
  return {
    runSeconds,
    mostRunSeconds: MOST_TIMES * runSeconds,
    usualSeconds: USUAL_TIMES * runSeconds,
    ...(withinSeconds === undefined ? {} : { withinSeconds }),
  };
}

/** So many runs' time a search takes, drains included; by six searches of each of four queues. */
const USUAL_TIMES = 20;

/** Between the seeds of a search's runs: a request's own is the run's and its number. */
const SEED_STEP = 1_000_003;

/** What a search holds its rates against. */
function wantedObjectives({ objectives }: RunLoadOptions): Objectives {
  if (objectives !== undefined && Object.keys(objectives).length > 0) return objectives;
  throw new RangeError(
    "Cannot search the highest rate: no objectives, wanted at least one such as ttft=500ms",
  );
}

function checkWithin({ withinSeconds, durationSeconds = DEFAULT_DURATION_SECONDS }: RunLoadOptions): void {
  if (withinSeconds === undefined || withinSeconds >= durationSeconds) return;
  throw new RangeError(
    `Cannot search the highest rate within ${withinSeconds} s: one run takes ${durationSeconds} s, wanted time for one`,
  );
}

/** Where a search ends at the latest: all runs of a rate together can have requests enough to decide. */
function leastRate(durationSeconds: number, targetRatio = 0.9): { readonly leastPerSecond?: number } {
  if (targetRatio >= 1) return {};
  return { leastPerSecond: 1.2 * leastRequests(targetRatio) / (durationSeconds * MOST_TIMES) };
}

/** Where a search begins: a rate at which one run can have requests enough to decide; between 1 and 4 a second. */
function decidableRate(
  durationSeconds: number,
  { targetRatio = 0.9, highestPerSecond = Infinity }: RunLoadOptions,
): number {
  // A fifth more: a Poisson schedule may have fewer than its mean.
  const enough = Math.ceil(1.2 * leastRequests(targetRatio) / durationSeconds);
  return Math.min(highestPerSecond, Math.max(1, Math.min(4, enough)));
}

function phasesOf(options: RunLoadOptions): WorkloadProfile {
  const { profile, ratePerSecond, durationSeconds, concurrency, findMax } = options;
  if (findMax === true) {
    return openLoop({ ...options, ratePerSecond: options.highestPerSecond ?? options.startPerSecond ?? 1 });
  }
  if (profile !== undefined) {
    const made = typeof profile === "string"
      ? workloadProfile(profile, {
        ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
        ...(durationSeconds === undefined ? {} : { durationSeconds }),
      })
      : profile;
    return { ...made, phases: made.phases.map((phase) => ({ ...phase, ...commonOptions(options) })) };
  }
  if (ratePerSecond !== undefined || typeof options.arrivals === "object") return openLoop(options);
  return closedLoop({ ...options, concurrency: concurrency ?? DEFAULT_CONCURRENCY });
}

function openLoop(options: RunLoadOptions): WorkloadProfile {
  const { ratePerSecond, requests, maxInFlight, burstiness, arrivals = "poisson" } = options;
  const phase = steadyPhase({
    ...commonOptions(options),
    arrivals: burstiness === undefined || ratePerSecond === undefined
      ? arrivals
      : { kind: "gamma", ratePerSecond, burstiness },
    durationSeconds: options.durationSeconds ??
      (requests === undefined ? DEFAULT_DURATION_SECONDS : Infinity),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(requests === undefined ? {} : { requests }),
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
  });
  return { name: "open", phases: [withoutEndless(phase)] };
}

function closedLoop(options: RunLoadOptions & { readonly concurrency: number }): WorkloadProfile {
  const { concurrency, requests, thinkSeconds } = options;
  const durationSeconds = options.durationSeconds ??
    (requests === undefined ? DEFAULT_DURATION_SECONDS : undefined);
  const phase = concurrentPhase({
    ...commonOptions(options),
    concurrency,
    ...(requests === undefined ? {} : { requests }),
    ...(thinkSeconds === undefined ? {} : { thinkSeconds }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  });
  return { name: "closed", phases: [phase] };
}

/** A duration without end is none: then the number of requests is the bound. */
function withoutEndless(phase: WorkloadPhase): WorkloadPhase {
  if (phase.durationSeconds !== Infinity) return phase;
  const { durationSeconds: _endless, ...rest } = phase;
  return rest;
}

/** What a load of any kind takes over as it is. */
function commonOptions(options: RunLoadOptions): Omit<LoadOptions, "signal" | "onProgress"> {
  const names = [
    "prompts",
    "maxTokens",
    "temperature",
    "stream",
    "ignoreEos",
    "requestSeed",
    "keepPrefixes",
    "timeouts",
    "tokenBudget",
    "stopAfterFailures",
    "drainSeconds",
  ] as const;
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}
