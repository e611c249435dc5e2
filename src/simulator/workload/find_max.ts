/**
 * Searches the highest rate at which the objectives hold: pure, what is measured comes from a callback.
 *
 * @module
 */
import type { TrustLevel } from "../../series/types.ts";
import { type Goodput, goodput, type Objectives } from "./goodput.ts";
import type { WorkloadResult } from "./results.ts";

/** What a probe decided. */
export type ProbeVerdict =
  /** The interval of the share lies above the target. */
  | "holds"
  /** It lies below. */
  | "fails"
  /** The target lies within the interval even after repeats. */
  | "undecided"
  /** The client was the limit, or did not reach the rate: nothing can be said of the server. */
  | "client_limited";

/** One rate that was tried. */
export interface Probe {
  /** Requests a second that the load was told to send. */
  readonly ratePerSecond: number;
  /** Runs at this rate; more than one where the first could not decide. */
  readonly runs: number;
  /** Of the requests of all its runs together. */
  readonly goodput: Goodput;
  /** Only `holds` raises the lower bound of the search; every other one lowers the upper. */
  readonly verdict: ProbeVerdict;
  /** Requests that ended well, a second. */
  readonly achievedPerSecond: number;
  /** N = X × R: mean in flight by throughput times mean time in the system; near 1 in a steady run. */
  readonly littleRatio?: number;
  /** How far the client could be trusted: that of the first run, or `client_limited` when any run was. */
  readonly trust: TrustLevel;
}

/** The search and what it found. */
export interface RateSearch {
  /** What a good request keeps. */
  readonly objectives: Objectives;
  /** Share of requests that must meet them, 0 to 1. */
  readonly targetRatio: number;
  /** In the order in which the rates were tried. */
  readonly probes: readonly Probe[];
  /** Highest rate that held; absent when none did. */
  readonly bestPerSecond?: number;
  /** Lowest rate that failed; absent when none did: then the limit lies above. */
  readonly failedPerSecond?: number;
}

/** Options of {@link findMaxRate}. */
export interface FindMaxOptions {
  readonly objectives: Objectives;
  /** Share of requests that must meet them; default 0.9. */
  readonly targetRatio?: number;
  readonly startPerSecond?: number;
  /** Lowest rate worth trying: below it even runs of good requests alone decide nothing; default 0.01. */
  readonly leastPerSecond?: number;
  readonly highestPerSecond?: number;
  /** Ends when the bounds are this close; default 10 %. */
  readonly precision?: number;
  /** Most runs at one rate; default 3. */
  readonly repeats?: number;
  readonly onProbe?: (probe: Probe) => void;
  readonly signal?: AbortSignal;
}

/** Runs the load at a rate; called again at the same rate where one run cannot decide. */
export type RunAtRate = (ratePerSecond: number) => Promise<WorkloadResult>;

/**
 * Doubles the rate until the objectives fail, then closes in: first at what the server really did when it was asked too
 * much, which is near its limit, and right above that if it holds; else in the middle of the distance's logarithm.
 *
 * A rate is decided only when Wilson's interval of the share lies on one side of the target; else its run is repeated
 * and the requests are pooled. What stays undecided counts as failed: a limit must not be promised on a coin toss.
 */
export async function findMaxRate(run: RunAtRate, options: FindMaxOptions): Promise<RateSearch> {
  const { objectives, targetRatio = 0.9, precision = 0.1, highestPerSecond = 10_000 } = options;
  const probes: Probe[] = [];
  const search: Bounds = { best: undefined, failed: undefined, guess: undefined };
  const leastPerSecond = options.leastPerSecond ?? LOWEST_PER_SECOND;
  let rate = Math.max(options.startPerSecond ?? 1, leastPerSecond);
  while (options.signal?.aborted !== true) {
    const probe = await probeRate(run, rate, { ...options, targetRatio });
    probes.push(probe);
    options.onProbe?.(probe);
    if (probe.verdict === "holds") search.best = rate;
    else search.failed = rate;
    const next = nextRate(search, probe, { precision, highestPerSecond, leastPerSecond });
    if (next === undefined) break;
    rate = next;
  }
  return {
    objectives,
    targetRatio,
    probes,
    ...(search.best === undefined ? {} : { bestPerSecond: search.best }),
    ...(search.failed === undefined ? {} : { failedPerSecond: search.failed }),
  };
}

/** Where the search stands. */
interface Bounds {
  best: number | undefined;
  failed: number | undefined;
  /** The rate that was tried because the server did as much when it was asked for more. */
  guess: number | undefined;
}

/** Runs at one rate, where nobody says otherwise. */
export const DEFAULT_REPEATS = 3;

/** Rates below this are no load any more. */
const LOWEST_PER_SECOND = 0.01;

function nextRate(
  search: Bounds,
  last: Probe,
  limits: {
    readonly precision: number;
    readonly highestPerSecond: number;
    readonly leastPerSecond: number;
  },
): number | undefined {
  const { best, failed } = search;
  const rate = last.ratePerSecond;
  if (failed === undefined) {
    return rate >= limits.highestPerSecond ? undefined : Math.min(rate * 2, limits.highestPerSecond);
  }
  if (best === undefined) {
    return rate <= limits.leastPerSecond ? undefined : Math.max(rate / 2, limits.leastPerSecond);
  }
  const step = 1 + limits.precision;
  if (failed / best <= step) return undefined;
  const middle = Math.sqrt(best * failed);
  if (failed / best <= step ** 2) return middle;
  // What a server did while it was asked for more than it can is a guess of its limit; only a probe decides.
  const guess = last.achievedPerSecond / Math.sqrt(step);
  if (last.verdict === "fails" && guess >= best * Math.sqrt(step) && guess <= middle) {
    return search.guess = guess;
  }
  return last.verdict === "holds" && rate === search.guess && best * step < middle ? best * step : middle;
}

/**
 * Requests after which a share can be told to lie above the target when all of them were good: n / (n + z²) by Wilson's
 * interval; 35 for 90 %, 381 for 99 %.
 */
export function leastRequests(targetRatio: number): number {
  return targetRatio < 1 ? Math.ceil(Z * Z * targetRatio / (1 - targetRatio)) : Infinity;
}

const Z = 1.959963984540054; // 95 %, two sides

async function probeRate(
  run: RunAtRate,
  ratePerSecond: number,
  options: FindMaxOptions & { readonly targetRatio: number },
): Promise<Probe> {
  const results: WorkloadResult[] = [];
  const most = options.repeats ?? DEFAULT_REPEATS;
  while (true) {
    results.push(await run(ratePerSecond));
    const probe = judge(results, ratePerSecond, options);
    if (probe.verdict !== "undecided") return probe;
    if (results.length < most && options.signal?.aborted !== true) continue;
    return probe.trust === "client_limited" ? { ...probe, verdict: "client_limited" } : probe;
  }
}

function judge(
  results: readonly WorkloadResult[],
  ratePerSecond: number,
  options: FindMaxOptions & { readonly targetRatio: number },
): Probe {
  const records = results.flatMap((result) => [...result.records]);
  const durationSeconds = results.reduce((sum, result) => sum + result.summary.durationSeconds, 0);
  const reached = goodput(records, options.objectives, { durationSeconds });
  const limited = results.find((result) => result.trust.level === "client_limited");
  const little = littleRatio(results);
  return {
    ratePerSecond,
    runs: results.length,
    goodput: reached,
    verdict: verdictOf(reached, options.targetRatio, limited !== undefined),
    achievedPerSecond: durationSeconds > 0
      ? records.filter((one) => one.outcome === "ok").length / durationSeconds
      : 0,
    ...(little === undefined ? {} : { littleRatio: little }),
    trust: limited?.trust.level ?? results[0]!.trust.level,
  };
}

function verdictOf(reached: Goodput, targetRatio: number, clientLimited: boolean): ProbeVerdict {
  const { interval } = reached;
  if (interval === undefined) return "undecided";
  // A slow client only makes times longer: what held in spite of it holds, what seems to hold is worth another run.
  if (interval.lower >= targetRatio) return "holds";
  if (clientLimited) return (reached.ratio ?? 0) >= targetRatio ? "undecided" : "client_limited";
  return interval.upper < targetRatio ? "fails" : "undecided";
}

/** Little's law over all runs: mean in flight, by rate of ended requests times their mean time in flight. */
function littleRatio(results: readonly WorkloadResult[]): number | undefined {
  const records = results.flatMap((result) => [...result.records]);
  const times = records.flatMap(({ sentSeconds, endSeconds }) =>
    sentSeconds === undefined || endSeconds === undefined ? [] : [endSeconds - sentSeconds]
  );
  const seconds = results.reduce((sum, result) => sum + loadedSeconds(result), 0);
  const area = results.reduce((sum, { summary }) => sum + summary.meanInFlight * summary.durationSeconds, 0);
  if (times.length === 0 || seconds === 0) return undefined;
  const planned = results.reduce((sum, result) => sum + (result.phases[0]?.plannedSeconds?.length ?? 0), 0);
  if (planned === 0) return undefined;
  const meanTime = times.reduce((sum, time) => sum + time, 0) / times.length;
  return (area / seconds) / ((planned / seconds) * meanTime);
}

/** How long requests were sent: the drain afterwards is not under load. */
function loadedSeconds(result: WorkloadResult): number {
  return result.phases.reduce(
    (sum, { plan, span }) => sum + (plan.limit.durationSeconds ?? span.endSeconds - span.startSeconds),
    0,
  );
}
