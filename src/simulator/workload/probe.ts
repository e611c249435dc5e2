/**
 * One rate of a search: what its runs say of it: pure.
 *
 * @module
 */
import type { RequestRecord, TrustLevel } from "../../series/types.ts";
import { type Interval, wilsonInterval } from "./distribution.ts";
import { type Goodput, goodput, judgeRequest, type Objectives } from "./goodput.ts";
import type { WorkloadResult } from "./results.ts";

/** What a probe decided. */
export type ProbeVerdict =
  /** The interval of the share lies above the target; or the limit that all runs together show is this rate or more. */
  | "holds"
  /** It lies below. */
  | "fails"
  /** The target lies within the interval. */
  | "undecided"
  /** The client was the limit, or did not reach the rate: nothing can be said of the server. */
  | "client_limited";

/** One rate that was tried. */
export interface Probe {
  /** Requests a second that the load was told to send. */
  readonly ratePerSecond: number;
  /** Runs at this rate. */
  readonly runs: number;
  /** For how long requests were sent in all of them. */
  readonly seconds: number;
  /** Of the requests of all its runs together. */
  readonly goodput: Goodput;
  /** Only a rate that `holds` is promised. */
  readonly verdict: ProbeVerdict;
  /** True where it holds by the runs at all rates together, while its own alone do not decide it. */
  readonly byAllRuns?: boolean;
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

/** What is wanted of a rate. */
export interface ProbeTarget {
  readonly objectives: Objectives;
  readonly targetRatio: number;
}

const Z = 1.959963984540054; // 95 %, two sides

/**
 * Requests after which a share can be told to lie above the target when all of them were good: n / (n + z²) by Wilson's
 * interval; 35 for 90 %, 381 for 99 %.
 */
export function leastRequests(targetRatio: number): number {
  return targetRatio < 1 ? Math.ceil(Z * Z * targetRatio / (1 - targetRatio)) : Infinity;
}

/** Judges a rate by all its runs. */
export function judgeProbe(
  results: readonly WorkloadResult[],
  ratePerSecond: number,
  target: ProbeTarget,
): Probe {
  const records = results.flatMap((result) => [...result.records]);
  const durationSeconds = results.reduce((sum, result) => sum + result.summary.durationSeconds, 0);
  const reached = goodput(records, target.objectives, { durationSeconds });
  const limited = results.find((result) => result.trust.level === "client_limited");
  const little = littleRatio(results);
  const { interval } = clusteredShare(results.map((one) => one.records), target.objectives) ?? {};
  return {
    ratePerSecond,
    runs: results.length,
    seconds: results.reduce((sum, result) => sum + loadedSeconds(result), 0),
    goodput: reached,
    verdict: verdictOf(reached, interval, { ...target, clientLimited: limited !== undefined }),
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

/** A share, and as how many independent requests those behind it are worth. */
export interface ClusteredShare {
  readonly ratio: number;
  /** n / (1 + 2 Σ autocorrelation of the misses). */
  readonly worth: number;
  /** Wilson's 95 % interval for so many. */
  readonly interval: Interval | undefined;
}

/** Of each run, in the order in which they were due: 1 for a good request, 0 for a miss. */
export function judgedRuns(
  recordsOfRuns: readonly (readonly RequestRecord[])[],
  objectives: Objectives,
): readonly (readonly number[])[] {
  return recordsOfRuns.map((records) =>
    records.toSorted((a, b) => a.dueSeconds - b.dueSeconds)
      .map((record) => judgeRequest(record, objectives)).filter((good) => good !== undefined).map(Number)
  );
}

/**
 * The share of good requests of runs, with an interval that knows that misses come in crowds.
 *
 * @returns undefined where no request counts
 */
export function clusteredShare(
  recordsOfRuns: readonly (readonly RequestRecord[])[],
  objectives: Objectives,
): ClusteredShare | undefined {
  const runs = judgedRuns(recordsOfRuns, objectives);
  const count = runs.reduce((sum, run) => sum + run.length, 0);
  if (count === 0) return undefined;
  const ratio = meanOf(runs);
  const worth = Math.max(1, count / crowding([runs]));
  return { ratio, worth, interval: wilsonInterval(ratio * worth, worth) };
}

/** Share of good ones in all runs together; NaN for none. */
export function meanOf(runs: readonly (readonly number[])[]): number {
  const count = runs.reduce((sum, run) => sum + run.length, 0);
  return runs.reduce((sum, run) => run.reduce((good, one) => good + one, sum), 0) / count;
}

/**
 * How many requests tell as much as one would among independent ones: 1 + 2 Σ autocorrelation of the misses, each rate's about its
 * own share.
 *
 * @param rates the runs of each rate
 * @returns 1 where nothing varies
 */
export function crowding(rates: readonly (readonly (readonly number[])[])[]): number {
  const means = rates.map(meanOf);
  const count = rates.reduce((sum, runs) => runs.reduce((all, run) => all + run.length, sum), 0);
  const products = (lag: number) => {
    let sum = 0;
    rates.forEach((runs, k) => {
      const mean = means[k]!;
      for (const run of runs) {
        for (let i = lag; i < run.length; i++) sum += (run[i]! - mean) * (run[i - lag]! - mean);
      }
    });
    return sum;
  };
  const variance = products(0);
  let inflation = 1;
  for (let lag = 1; variance > 0 && lag < count / 3; lag++) {
    const correlation = products(lag) / variance;
    if (correlation < NO_CORRELATION) break;
    inflation += 2 * correlation;
  }
  return inflation;
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
  const planned = results.reduce((sum, result) => sum + plannedOf(result), 0);
  if (planned === 0) return undefined;
  const meanTime = times.reduce((sum, time) => sum + time, 0) / times.length;
  return (area / seconds) / ((planned / seconds) * meanTime);
}

/** Of a run that was ended early what was planned later does not count. */
function plannedOf({ phases, records }: WorkloadResult): number {
  if (phases[0]?.stopped === undefined) return phases[0]?.plannedSeconds?.length ?? 0;
  return records.filter(({ sentSeconds }) => sentSeconds !== undefined).length;
}

/** How long requests were sent: the drain afterwards is not under load. */
function loadedSeconds(result: WorkloadResult): number {
  return result.phases.reduce((sum, { plan, span }) => {
    const lastedSeconds = span.endSeconds - span.startSeconds;
    return sum + Math.min(plan.limit.durationSeconds ?? lastedSeconds, lastedSeconds);
  }, 0);
}
