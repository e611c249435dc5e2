/**
 * Searches the highest rate at which the objectives hold: pure, what is measured comes from a callback.
 *
 * @module
 */
import type { RequestRecord } from "../../series/types.ts";
import { type Interval, wilsonInterval } from "./distribution.ts";
import type { Objectives } from "./goodput.ts";
import {
  clusteredShare,
  crowding,
  judgedRuns,
  judgeProbe,
  leastRequests,
  meanOf,
  type Probe,
} from "./probe.ts";
import { type RateLimit, rateLimit } from "./rate_limit.ts";
import type { WorkloadResult } from "./results.ts";

export { leastRequests, type Probe, type ProbeVerdict } from "./probe.ts";

/** The search and what it found. */
export interface RateSearch {
  /** What a good request keeps. */
  readonly objectives: Objectives;
  /** Share of requests that must meet them, 0 to 1. */
  readonly targetRatio: number;
  /** In the order in which the rates were first tried. */
  readonly probes: readonly Probe[];
  /** Highest rate that held for long enough; absent when none did. */
  readonly bestPerSecond?: number;
  /** Lowest rate above it that did not; absent when none did: then the limit lies above. */
  readonly failedPerSecond?: number;
  /** Where the share crosses the target, by all runs at all rates; absent where no rate held, or none failed by the server. */
  readonly estimatePerSecond?: number;
  /** 95 % interval of the estimate; absent where it is. */
  readonly estimateInterval?: Interval;
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
  /** The estimate is good enough when its interval is this wide on either side; default 5 %. */
  readonly precision?: number;
  /** How long one run sends: what tells how long the first one must be to decide; default: as long as it likes. */
  readonly runSeconds?: number;
  /** Told of each rate after its runs, and again where a longer one has been added. */
  readonly onProbe?: (probe: Probe) => void;
  readonly signal?: AbortSignal;
}

/** Asked about a second apart with what has ended so far: what a run has shown for sure, so that it need not go on. */
export type IsOver = (records: readonly RequestRecord[], elapsedSeconds: number) =>
  | "holds"
  | "fails"
  | undefined;

/** Runs the load at a rate, for so many times the time of a run, or until it is over. */
export type RunAtRate = (ratePerSecond: number, times: number, isOver: IsOver) => Promise<WorkloadResult>;

/** Most of the time of a run that one rate may take. */
export const MOST_TIMES = 4;
/** What a rate must have held for to be the answer: in a short run from an empty server a queue has no time to grow. */
const PROMISED_TIMES = 4;
/** How long a run near the limit is: two short ones would both begin with an empty server. */
const NEAR_TIMES = 2;
/** So many misses tell where a share crosses its target. */
const NEAR_MISSES = 15;
/** A distance between what holds and what does not after which one more run near the limit is worth its time. */
const WIDE = 1.3;
/** How long that one is: it has to fail, not to hold. */
const EXTRA_TIMES = 1.6;
/** Runs near the limit, and rates that are tried as the answer, at most. */
const MOST_NEAR = 2;
const MOST_ANSWERS = 3;
/** How likely a limit at or above a rate must be to promise it, where its own interval does not decide. */
const SURE = 0.95;
/** The same, where its own interval decides. */
const NO_DOUBT = 0.6;
/** The same, for one that held in shorter runs to be run for long. */
const MAY_HOLD = 0.3;
/** How likely the limit lies below the rate that is tried as the answer: its long run tells whether it does. */
const ANSWER_PART = 0.3;
/** A rate that much above one that held is worth a long run of its own. */
const WORTH_MORE = 1.1;
/** Rates below this are no load any more. */
const LOWEST_PER_SECOND = 0.01;

/**
 * Doubles the rate until the objectives fail (halves it until they hold), each run only as long as it takes to see that. Then
 * it runs where the limit lies by all that was seen (`rateLimit`), until that is known closely. The lower end of the
 * limit's interval is run for {@link PROMISED_TIMES} runs' time, and is the answer if it held: by its own interval, or because
 * all runs together say so. If it did not, the next lower end is.
 */
export async function findMaxRate(run: RunAtRate, options: FindMaxOptions): Promise<RateSearch> {
  const search = new Search(run, options);
  await search.bracket();
  await search.near();
  await search.answer();
  return search.found();
}

/** A rate and what was run at it. */
interface Tried {
  readonly results: WorkloadResult[];
  times: number;
  probe: Probe | undefined;
}

class Search {
  readonly #run: RunAtRate;
  readonly #options: FindMaxOptions;
  readonly #target: { readonly objectives: Objectives; readonly targetRatio: number };
  readonly #tried = new Map<number, Tried>();
  readonly #lowest: number;
  readonly #highest: number;

  constructor(run: RunAtRate, options: FindMaxOptions) {
    this.#run = run;
    this.#options = options;
    this.#target = { objectives: options.objectives, targetRatio: options.targetRatio ?? 0.9 };
    this.#lowest = options.leastPerSecond ?? LOWEST_PER_SECOND;
    this.#highest = options.highestPerSecond ?? 10_000;
  }

  /** Finds a rate that seems to hold and twice that, which does not. */
  async bracket(): Promise<void> {
    let rate = Math.max(this.#options.startPerSecond ?? 1, this.#lowest);
    while (!this.#isStopped) {
      const times = firstTimes(rate, this.#options.runSeconds);
      await this.#probe(rate, times, this.#isSure);
      const { good, bad } = this.#bounds();
      if (good !== undefined && bad !== undefined) return;
      if (bad === undefined ? rate >= this.#highest : rate <= this.#lowest) return;
      rate = bad === undefined ? Math.min(rate * 2, this.#highest) : Math.max(rate / 2, this.#lowest);
    }
  }

  /** Runs at the likeliest limit until it is known closely. */
  async near(): Promise<void> {
    const width = 2 * Math.log(1 + (this.#options.precision ?? 0.05));
    for (let runs = 0; runs < MOST_NEAR + (this.#isWide() ? 1 : 0) && !this.#isStopped; runs++) {
      const limit = this.#limit();
      if (limit === undefined) return;
      const { lower, upper } = limit.interval;
      if (Math.log(upper / lower) <= width) return;
      const below = Math.min(limit.estimatePerSecond, BELOW_CAPACITY * this.#capacity());
      // What has been seen there already tells nothing new.
      const isKnown = [...this.#tried.keys()].some((tried) => Math.abs(Math.log(tried / below)) < SAME);
      const rate = isKnown ? limit.estimatePerSecond : below;
      const times = runs < MOST_NEAR ? this.#nearTimes(rate) : EXTRA_TIMES;
      await this.#probe(this.#within(rate), times, this.#isHopeless);
    }
  }

  /** Runs what can be promised for long enough; then more, if what was learned allows for it, or less. */
  async answer(): Promise<void> {
    let best = 0;
    let below = Infinity;
    let part = ANSWER_PART;
    for (let answers = 0; answers <= MOST_ANSWERS && !this.#isStopped; answers++) {
      const { good, bad } = this.#bounds();
      if (good === undefined) return;
      const lower = bad === undefined ? good : this.#lower(part, below) ?? good;
      // The last one is a rate that held by its own runs, so that there is an answer.
      const isLast = answers === MOST_ANSWERS;
      if (isLast && best > 0) return;
      const rate = this.#within(Math.min(lower, below, isLast ? this.#held(below) : Infinity));
      if (best > 0 && rate < best * WORTH_MORE) return;
      const left = PROMISED_TIMES - (this.#tried.get(rate)?.times ?? 0);
      if (left > 1e-9) await this.#probe(rate, left, this.#isHopeless);
      if (this.#isPromised(rate, this.#limit())) best = rate;
      else if (best > 0) return;
      else {
        if (bad === undefined && this.#bounds().bad !== undefined) await this.near();
        below = rate / 1.03;
        part /= 4;
      }
    }
  }

  found(): RateSearch {
    const limit = this.#limit();
    const rates = [...this.#tried.keys()].sort((a, b) => a - b);
    const held = rates.filter((rate) => this.#judged(rate, limit)?.verdict === "holds");
    const wrong = rates.find((rate) => this.#judged(rate, limit)?.verdict === "fails") ?? Infinity;
    const long = held.filter((rate) => rate < wrong && this.#isPromised(rate, limit));
    const best = long.at(-1) ?? (this.#isStopped ? held.filter((rate) => rate < wrong).at(-1) : undefined);
    const not = rates.filter((rate) => rate > (best ?? 0) && !held.includes(rate));
    // What seemed good in a short run is none that did not hold, where there is another.
    const failed = not.find((rate) => !this.#isGood(this.#tried.get(rate)!.probe!)) ?? not[0];
    const byClient = failed !== undefined && this.#tried.get(failed)?.probe?.verdict === "client_limited";
    return {
      ...this.#target,
      probes: [...this.#tried.keys()].flatMap((rate) => this.#judged(rate, limit) ?? []),
      ...(best === undefined ? {} : { bestPerSecond: best }),
      ...(failed === undefined ? {} : { failedPerSecond: failed }),
      ...(limit === undefined || byClient
        ? {}
        : { estimatePerSecond: limit.estimatePerSecond, estimateInterval: limit.interval }),
    };
  }

  get #isStopped(): boolean {
    return this.#options.signal?.aborted === true;
  }

  async #probe(rate: number, times: number, isOver: IsOver): Promise<void> {
    const one = this.#tried.get(rate) ?? { results: [], times: 0, probe: undefined };
    this.#tried.set(rate, one);
    one.results.push(await this.#run(rate, times, isOver));
    one.times += times;
    one.probe = judgeProbe(one.results, rate, this.#target);
    this.#options.onProbe?.(this.#judged(rate, this.#limit()) ?? one.probe);
  }

  /** What is undecided by itself may be known by the other rates: what holds at more holds at less. */
  #judged(rate: number, limit: RateLimit | undefined): Probe | undefined {
    const probe = this.#tried.get(rate)?.probe;
    if (probe?.verdict !== "undecided") return probe;
    const isSure = this.#isGood(probe) && probe.trust !== "client_limited" &&
      (limit?.atLeast(rate) ?? 0) >= SURE;
    return isSure ? { ...probe, verdict: "holds", byAllRuns: true } : probe;
  }

  /** No rate near the limit has been seen to fail. */
  #isWide(): boolean {
    const { good = NaN, bad = NaN } = this.#bounds();
    return bad / good > WIDE;
  }

  /** Held for long enough, and not doubtful by the runs at other rates: a lucky run seems to decide more than it does. */
  #isPromised(rate: number, limit: RateLimit | undefined): boolean {
    const isLong = (this.#tried.get(rate)?.times ?? 0) >= PROMISED_TIMES - 1e-9;
    return isLong && this.#judged(rate, limit)?.verdict === "holds" &&
      (limit?.atLeast(rate) ?? 1) >= NO_DOUBT;
  }

  /** At this rate misses enough would be seen, if it were the limit. */
  #nearTimes(rate: number): number {
    const { runSeconds = Infinity } = this.#options;
    const enough = NEAR_MISSES / ((1 - this.#target.targetRatio) * rate * runSeconds);
    return Math.min(MOST_TIMES, Math.max(NEAR_TIMES, enough));
  }

  /** The limit is below it with this probability; or what held by its own runs and may well be below the limit. */
  #lower(part: number, below: number): number | undefined {
    const limit = this.#limit();
    if (limit === undefined) return undefined;
    const held = [...this.#tried].filter(([rate, { probe }]) =>
      rate < below && probe?.verdict === "holds" && limit.atLeast(rate) >= MAY_HOLD
    ).map(([rate]) => rate);
    return Math.max(Math.min(limit.quantile(part), BELOW_CAPACITY * this.#capacity()), ...held);
  }

  /** Highest rate below one that held by its own runs; Infinity where none did. */
  #held(below: number): number {
    const held = [...this.#tried].filter(([rate, { probe }]) => rate < below && probe?.verdict === "holds");
    return held.length === 0 ? Infinity : Math.max(...held.map(([rate]) => rate));
  }

  #isGood({ verdict, goodput }: Probe): boolean {
    return verdict === "holds" || verdict === "undecided" && (goodput.ratio ?? 0) >= this.#target.targetRatio;
  }

  /** Highest rate that seems good below the lowest that does not. */
  #bounds(): { readonly good: number | undefined; readonly bad: number | undefined } {
    const rates = (good: boolean) =>
      [...this.#tried].flatMap(([rate, { probe }]) =>
        probe !== undefined && this.#isGood(probe) === good ? [rate] : []
      );
    const bad = Math.min(...rates(false));
    const good = Math.max(...rates(true).filter((rate) => rate < bad));
    return { good: good > 0 ? good : undefined, bad: Number.isFinite(bad) ? bad : undefined };
  }

  #limit(): RateLimit | undefined {
    const { good, bad } = this.#bounds();
    if (good === undefined || bad === undefined) return undefined;
    const rates = [...this.#tried].map(([rate, { results, probe }]) => {
      const runs = judgedRuns(results.map(({ records }) => records), this.#target.objectives);
      return {
        rate,
        runs,
        count: runs.reduce((sum, run) => sum + run.length, 0),
        goodRatio: meanOf(runs),
        probe,
      };
    }).filter(({ count }) => count > 0);
    // By its own misses alone a lucky run would seem to be worth more than an unlucky one: all are worth what they are near
    // the limit.
    const near = rates.filter(({ goodRatio }) => goodRatio < 1 && goodRatio > NEAR_SHARE);
    const crowd = crowding((near.length > 0 ? near : rates).map(({ runs }) => runs));
    const shares = rates.map(({ rate, count, goodRatio, probe }) => {
      const worth = Math.max(1, count / crowd);
      // What the client's own limit showed bounds the search, and tells little of the server.
      const isClient = probe?.verdict === "client_limited";
      return { ratePerSecond: rate, goodRatio, worth: isClient ? Math.min(worth, CLIENT_WORTH) : worth };
    });
    const { targetRatio } = this.#target;
    return rateLimit(shares, {
      lower: good,
      upper: bad,
      targetRatio,
      capacityPerSecond: MOST_OF_CAPACITY * this.#capacity(),
    });
  }

  /** What the server did while it was asked for more than it can: no rate above that lasts. Infinity where nothing is known. */
  #capacity(): number {
    let least = Infinity;
    for (const [rate, { results, probe }] of this.#tried) {
      if (probe?.verdict !== "fails") continue;
      for (const { records } of results) least = Math.min(least, Math.max(rate / 2, doneRate(records)));
    }
    return least;
  }

  #within(rate: number): number {
    return Math.min(this.#highest, Math.max(this.#lowest, rate));
  }

  /** Far above the limit, seen again and again without a doubt: the looks are many, so the bound is wide. */
  readonly #isHopeless: IsOver = (records) => {
    const share = clusteredShare([records], this.#target.objectives);
    if (share === undefined || share.worth < LEAST_WORTH) return undefined;
    const { ratio, worth } = share;
    const upper = wilsonInterval(ratio * worth, worth, { z: Z_OF_MANY_LOOKS })?.upper ?? 1;
    return upper < this.#target.targetRatio ? "fails" : undefined;
  };

  /** Also what holds so clearly that the next rate can be tried. */
  readonly #isSure: IsOver = (records, elapsedSeconds) => {
    const over = this.#isHopeless(records, elapsedSeconds);
    const limits = Object.values(this.#target.objectives).reduce((sum, one) => sum + one, 0);
    const least = Math.max((this.#options.runSeconds ?? Infinity) / 3, 3 * limits);
    if (over !== undefined || elapsedSeconds < least) return over;
    const share = clusteredShare([records], this.#target.objectives);
    const isGood = records.length >= ENOUGH && (share?.ratio ?? 0) >= this.#target.targetRatio;
    return isGood ? "holds" : undefined;
  };
}

const BELOW_CAPACITY = 0.95;
/** No queue with random arrivals keeps a time at all of it. */
const MOST_OF_CAPACITY = 0.98;
/** Rates that close together, in the logarithm, are one. */
const SAME = 0.03;
/** Fewer ends say nothing of a rate. */
const LEAST_ENDS = 20;

/** Ends a second in the later half of them; Infinity where they are few. */
function doneRate(records: readonly RequestRecord[]): number {
  const ends = records.filter(({ outcome }) => outcome === "ok").flatMap(({ endSeconds }) => endSeconds ?? [])
    .sort((a, b) => a - b);
  if (ends.length < LEAST_ENDS) return Infinity;
  const middle = Math.floor(ends.length / 2);
  const seconds = ends.at(-1)! - ends[middle]!;
  return seconds > 0 ? (ends.length - 1 - middle) / seconds : Infinity;
}

const CLIENT_WORTH = 8;
/** Below this share of good requests a queue only grows: how its misses hang together says nothing of those at the limit. */
const NEAR_SHARE = 0.3;
/** Fewer requests end no run. */
const LEAST_WORTH = 8;
/** Of a hundred looks at a run that holds in truth, one ends it wrongly in a thousand runs. */
const Z_OF_MANY_LOOKS = 4;

/** A fifth more than decide 90 % if all are good: a Poisson schedule may have fewer than its mean. */
const ENOUGH = 1.2 * leastRequests(0.9);

/** How many runs' time the first run at a rate takes: what has requests enough to see whether the next may be tried. */
function firstTimes(rate: number, runSeconds = Infinity): number {
  return Math.min(MOST_TIMES, Math.max(1, ENOUGH / (rate * runSeconds)));
}
