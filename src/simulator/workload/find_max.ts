/**
 * Searches the highest rate at which the objectives hold: pure, what is measured comes from a callback.
 *
 * @module
 */
import type { TrustLevel } from "../../series/types.ts";
import { type Interval, wilsonInterval } from "./distribution.ts";
import { type Goodput, goodput, judgeRequest, type Objectives } from "./goodput.ts";
import type { WorkloadResult } from "./results.ts";

/** What a probe decided. */
export type ProbeVerdict =
  /** The interval of the share lies above the target. */
  | "holds"
  /** It lies below. */
  | "fails"
  /** The target lies within the interval even after all the time that a rate may take. */
  | "undecided"
  /** The client was the limit, or did not reach the rate: nothing can be said of the server. */
  | "client_limited";

/** One rate that was tried. */
export interface Probe {
  /** Requests a second that the load was told to send. */
  readonly ratePerSecond: number;
  /** Runs at this rate; more than one where the first could not decide, or was too short to promise anything. */
  readonly runs: number;
  /** For how long requests were sent in all of them. */
  readonly seconds: number;
  /** Of the requests of all its runs together. */
  readonly goodput: Goodput;
  /** Only a rate that `holds` is promised; the search itself goes by the share, decided or not. */
  readonly verdict: ProbeVerdict;
  /**
   * 95 % interval of the share that decides. Misses come in crowds: it is Wilson's for as many independent requests as these
   * are worth (by the misses' autocorrelation), so it is wider than `goodput.interval`. Absent where nothing counts.
   */
  readonly interval?: Interval;
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
  /** In the order in which the rates were first tried. */
  readonly probes: readonly Probe[];
  /** Highest rate that held; absent when none did. */
  readonly bestPerSecond?: number;
  /** Lowest rate that failed; absent when none did: then the limit lies above. */
  readonly failedPerSecond?: number;
  /** Where the share crosses the target, by a straight line between the two; absent where one of them is. */
  readonly estimatePerSecond?: number;
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
  /** How long one run sends: what tells how long the first one must be to decide; default: as long as it likes. */
  readonly runSeconds?: number;
  /** Told of each rate after its runs, and again where a longer one has been added. */
  readonly onProbe?: (probe: Probe) => void;
  readonly signal?: AbortSignal;
}

/** Runs the load at a rate, for so many times the time of a run; called again at the same rate where that cannot decide. */
export type RunAtRate = (ratePerSecond: number, times: number) => Promise<WorkloadResult>;

/** Most of the time of a run that one rate may take. */
export const MOST_TIMES = 4;
/** What a rate must have held for to be the answer: in a short run from an empty server a queue has no time to grow. */
const PROMISED_TIMES = 4;
/** A bound that was found wrong opens the search again; it must still end. */
const MOST_PROBES = 40;

/**
 * Doubles the rate until the objectives fail, then closes in: first at what the server really did when it was asked too
 * much, which is near its limit, and right above that if it holds; else in the middle of the distance's logarithm.
 *
 * A rate is decided only when the interval of the share lies on one side of the target; else it is run for as long again
 * as before, up to {@link MOST_TIMES} runs' time, and the requests are pooled. What stays undecided is not promised. The
 * rate that would be the answer is run for {@link PROMISED_TIMES} runs' time; if it fails then, the search goes on below it.
 */
export async function findMaxRate(run: RunAtRate, options: FindMaxOptions): Promise<RateSearch> {
  const { objectives, targetRatio = 0.9, precision = 0.1, highestPerSecond = 10_000 } = options;
  const tried = new Map<number, Tried>();
  const leastPerSecond = options.leastPerSecond ?? LOWEST_PER_SECOND;
  const limits = { precision, highestPerSecond, leastPerSecond };
  const search: Guess = {};
  let rate: number | undefined = Math.max(options.startPerSecond ?? 1, leastPerSecond);
  let wanted = firstTimes(rate, targetRatio, options);
  for (let probes = 0; probes < MOST_PROBES && options.signal?.aborted !== true; probes++) {
    const probe: Probe = await probeRate(run, { rate, wanted, tried }, { ...options, targetRatio });
    options.onProbe?.(probe);
    const bounds = crossing(tried, targetRatio);
    rate = nextRate({ ...bounds, search }, probe, limits);
    wanted = rate === undefined ? PROMISED_TIMES : firstTimes(rate, targetRatio, options);
    if (rate !== undefined) continue;
    // Nothing is left between the bounds: does the lower one last, and what can be promised below it?
    rate = tried.get(bounds.best ?? NaN)?.isPromised === false
      ? bounds.best
      : promiseBelow(tried, bounds, limits);
    if (rate === undefined) break;
  }
  return found(tried, { objectives, targetRatio });
}

function found(
  tried: ReadonlyMap<number, Tried>,
  asked: Pick<RateSearch, "objectives" | "targetRatio">,
): RateSearch {
  const { best, failed } = boundsOf(tried);
  const near = crossing(tried, asked.targetRatio);
  const estimatePerSecond = estimate(
    tried.get(near.best ?? NaN)?.probe,
    tried.get(near.failed ?? NaN)?.probe,
    asked,
  );
  return {
    ...asked,
    probes: [...tried.values()].flatMap(({ probe }) => probe === undefined ? [] : [probe]),
    ...(best === undefined ? {} : { bestPerSecond: best }),
    ...(failed === undefined ? {} : { failedPerSecond: failed }),
    ...(estimatePerSecond === undefined ? {} : { estimatePerSecond }),
  };
}

/** A rate and what was run at it. */
class Tried {
  readonly results: WorkloadResult[] = [];
  times = 0;
  probe: Probe | undefined;

  get isPromised(): boolean {
    return this.times >= PROMISED_TIMES;
  }
}

interface Bounds {
  /** Highest rate that held below every one that did not. */
  readonly best: number | undefined;
  /** Lowest that did not. */
  readonly failed: number | undefined;
}

/** What was decided. */
function boundsOf(tried: ReadonlyMap<number, Tried>): Bounds {
  return bounds(tried, ({ verdict }) => verdict === "holds");
}

/**
 * Where the share crosses the target, decided or not: to take what is undecided for failed would find the limit too low,
 * and more so the shorter the runs.
 */
function crossing(tried: ReadonlyMap<number, Tried>, targetRatio: number): Bounds {
  return bounds(
    tried,
    ({ verdict, goodput }) =>
      verdict === "holds" || verdict === "undecided" && (goodput.ratio ?? 0) >= targetRatio,
  );
}

function bounds(tried: ReadonlyMap<number, Tried>, isGood: (probe: Probe) => boolean): Bounds {
  const rates = (good: boolean) =>
    [...tried].flatMap(([rate, { probe }]) => probe !== undefined && isGood(probe) === good ? [rate] : []);
  const failed = Math.min(...rates(false));
  const best = Math.max(...rates(true).filter((rate) => rate < failed));
  return {
    best: Number.isFinite(best) ? best : undefined,
    failed: Number.isFinite(failed) ? failed : undefined,
  };
}

/** A rate right below a limit that is undecided itself, where the highest that held lies far below. */
function promiseBelow(
  tried: ReadonlyMap<number, Tried>,
  { best: near }: Bounds,
  { precision, leastPerSecond }: { readonly precision: number; readonly leastPerSecond: number },
): number | undefined {
  const { best = leastPerSecond } = boundsOf(tried);
  const step = 1 + precision;
  if (near === undefined || near <= best * step ** 2) {
    // It held so far: for long enough?
    return tried.get(best)?.isPromised === false ? best : undefined;
  }
  const lowest = Math.min(...[...tried.keys()].filter((rate) => rate > best));
  const below = Math.max(lowest / step, best * Math.sqrt(step));
  return below < lowest / Math.sqrt(step) && below > best * 1.01 ? below : undefined;
}

interface Guess {
  /** The rate that was tried because the server did as much when it was asked for more. */
  rate?: number;
}

/** Rates below this are no load any more. */
const LOWEST_PER_SECOND = 0.01;

/** How many runs' time the first run at a rate takes: what gives requests enough to decide, if all were good. */
function firstTimes(rate: number, targetRatio: number, { runSeconds }: FindMaxOptions): number {
  if (runSeconds === undefined || targetRatio >= 1) return 1;
  // A fifth more: a Poisson schedule may have fewer than its mean.
  return Math.min(MOST_TIMES, Math.max(1, 1.2 * leastRequests(targetRatio) / (rate * runSeconds)));
}

function nextRate(
  { best, failed, search }: Bounds & { readonly search: Guess },
  last: Probe,
  limits: {
    readonly precision: number;
    readonly highestPerSecond: number;
    readonly leastPerSecond: number;
  },
): number | undefined {
  const rate = last.ratePerSecond;
  if (failed === undefined) {
    const highest = best ?? rate;
    return highest >= limits.highestPerSecond ? undefined : Math.min(highest * 2, limits.highestPerSecond);
  }
  if (best === undefined) {
    return failed <= limits.leastPerSecond ? undefined : Math.max(failed / 2, limits.leastPerSecond);
  }
  const step = 1 + limits.precision;
  if (failed / best <= step * (1 + 1e-9)) return undefined;
  const middle = Math.sqrt(best * failed);
  if (failed / best <= step ** 2) return middle;
  // What a server did while it was asked for more than it can is a guess of its limit; only a probe decides.
  const guess = last.achievedPerSecond / Math.sqrt(step);
  if (last.verdict === "fails" && guess >= best * Math.sqrt(step) && guess <= middle) {
    return search.rate = guess;
  }
  return last.verdict === "holds" && rate === search.rate && best * step < middle ? best * step : middle;
}

/** Where a line between two rates, in the rates' logarithm, crosses the target. */
function estimate(
  best: Probe | undefined,
  failed: Probe | undefined,
  { targetRatio }: { readonly targetRatio: number },
): number | undefined {
  if (best?.goodput.ratio === undefined || failed?.goodput.ratio === undefined) return undefined;
  if (failed.verdict === "client_limited") return undefined;
  const [above, below] = [best.goodput.ratio - targetRatio, targetRatio - failed.goodput.ratio];
  const part = above + below <= 0 ? 0.5 : Math.min(1, Math.max(0, above / (above + below)));
  return best.ratePerSecond * (failed.ratePerSecond / best.ratePerSecond) ** part;
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
  { rate, wanted, tried }: {
    readonly rate: number;
    readonly wanted: number;
    readonly tried: Map<number, Tried>;
  },
  options: FindMaxOptions & { readonly targetRatio: number },
): Promise<Probe> {
  const one = tried.get(rate) ?? new Tried();
  tried.set(rate, one);
  while (true) {
    const times = Math.min(MOST_TIMES - one.times, Math.max(wanted - one.times, one.times));
    one.results.push(await run(rate, times));
    one.times += times;
    const probe = one.probe = judge(one.results, rate, options);
    const isOver = one.times >= MOST_TIMES - 1e-9 || options.signal?.aborted === true;
    if (probe.verdict !== "undecided" || isOver) {
      if (probe.verdict !== "undecided" || probe.trust !== "client_limited") return probe;
      return one.probe = { ...probe, verdict: "client_limited" };
    }
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
  const interval = clusteredInterval(results, options.objectives);
  return {
    ratePerSecond,
    runs: results.length,
    seconds: results.reduce((sum, result) => sum + loadedSeconds(result), 0),
    goodput: reached,
    verdict: verdictOf(reached, interval, { ...options, clientLimited: limited !== undefined }),
    ...(interval === undefined ? {} : { interval }),
    achievedPerSecond: durationSeconds > 0
      ? records.filter((one) => one.outcome === "ok").length / durationSeconds
      : 0,
    ...(little === undefined ? {} : { littleRatio: little }),
    trust: limited?.trust.level ?? results[0]!.trust.level,
  };
}

function verdictOf(
  { ratio = 0 }: Goodput,
  interval: Interval | undefined,
  { targetRatio, clientLimited }: { readonly targetRatio: number; readonly clientLimited: boolean },
): ProbeVerdict {
  if (interval === undefined) return "undecided";
  // A slow client only makes times longer: what held in spite of it holds, what seems to hold is worth another run.
  if (interval.lower >= targetRatio) return "holds";
  if (clientLimited) return ratio >= targetRatio ? "undecided" : "client_limited";
  return interval.upper < targetRatio ? "fails" : "undecided";
}

/** Wilson's interval for as many independent requests as these are worth: n / (1 + 2 Σ autocorrelation of the misses). */
function clusteredInterval(
  results: readonly WorkloadResult[],
  objectives: Objectives,
): Interval | undefined {
  const runs = results.map(({ records }) =>
    records.toSorted((a, b) => a.dueSeconds - b.dueSeconds).map((record) => judgeRequest(record, objectives))
      .filter((good) => good !== undefined).map(Number)
  );
  const count = runs.reduce((sum, run) => sum + run.length, 0);
  if (count === 0) return undefined;
  const ratio = runs.reduce((sum, run) => run.reduce((good, one) => good + one, sum), 0) / count;
  const products = (lag: number) =>
    runs.reduce((sum, run) => {
      for (let i = lag; i < run.length; i++) sum += (run[i]! - ratio) * (run[i - lag]! - ratio);
      return sum;
    }, 0);
  const variance = products(0);
  let inflation = 1;
  for (let lag = 1; variance > 0 && lag < count / 3; lag++) {
    const correlation = products(lag) / variance;
    if (correlation < NO_CORRELATION) break;
    inflation += 2 * correlation;
  }
  const worth = Math.max(1, count / inflation);
  return wilsonInterval(ratio * worth, worth);
}

/** Correlations below this are noise, and so are all after the first of them. */
const NO_CORRELATION = 0.05;

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
