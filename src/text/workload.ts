/**
 * What a load says to people: its plan, its progress, how far it can be trusted, why it ended.
 *
 * @module
 */
import { formatCount, formatNumber, formatRatio, formatSeconds, formatWhole } from "../base/format.ts";
import type { Probe, ProbeVerdict, RateSearch } from "../simulator/workload/find_max.ts";
import type { Goodput } from "../simulator/workload/goodput.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { OUTCOMES } from "../simulator/workload/summary.ts";
import type { StopReason } from "../simulator/workload/plan.ts";
import type { ThreadsLimit } from "../simulator/workload/threads.ts";
import type { LoadForecast } from "../simulator/workload/safety.ts";
import type { TrustReason, TrustReport } from "../simulator/workload/trust.ts";
import type { Language } from "./language.ts";
import { punctuation } from "./punctuation.ts";
import { runSummaryText } from "./run_summary.ts";
import { WORKLOAD_EN } from "./workload_en.ts";
import { WORKLOAD_ZH_TW } from "./workload_zh_tw.ts";

/** One sentence or part of one per field; figures come formatted. */
export interface WorkloadText {
  readonly plan: (address: string, model: string) => string;
  /** Instead of plan, requests, duration and tokens, of a search. */
  readonly searchPlan: (address: string, model: string, run: string, most: string) => string;
  readonly searchUsual: (usual: string) => string;
  readonly searchWithin: (within: string) => string;
  readonly searchUnbounded: string;
  /** Before a run of a search. */
  readonly searchRun: (elapsed: string, rate: string, seconds: string) => string;
  readonly requests: (count: string) => string;
  readonly duration: (duration: string) => string;
  readonly tokens: (prompt: string, output: string) => string;
  readonly money: (amount: string) => string;
  readonly unbounded: string;
  readonly elsewhere: string;
  readonly trustGood: (lag: string) => string;
  readonly trustAdds: (lag: string) => string;
  readonly trustLimited: string;
  /** Instead, where late sends are the only reason. */
  readonly trustLate: string;
  readonly trustUnknown: string;
  readonly reasons: Readonly<Record<TrustReason, (figures: TrustFigures) => string>>;
  readonly stopped: {
    readonly cancelled: string;
    readonly tokenBudget: (tokens: string) => string;
    readonly time: (seconds: string) => string;
    /** Of a search; `silent` is absent where no request of that run got a good answer. */
    readonly serverLost: (rate: string, requests: string, silent?: string) => string;
    readonly failures: (count: string, error: string) => string;
    readonly thread: (error: string, lost: string) => string;
  };
  /** The one thing to do where the engine `raw` was late to read, and `epoll` can be used. */
  readonly takeEpoll: string;
  /** Said where fewer threads shared a load out than asked for. */
  readonly fewerThreads: (count: string, reason: string) => string;
  readonly threadLimits: Readonly<Record<ThreadsLimit, string>>;
  readonly goodput: (
    good: string,
    counted: string,
    ratio: string,
    lower: string,
    upper: string,
    rate: string,
  ) => string;
  readonly noGoodput: string;
  readonly leftOut: (count: string) => string;
  readonly probe: (rate: string, share: string, runs: string, seconds: string, verdict: string) => string;
  /** Behind a share: where it lies by the 95 % interval that decides. */
  readonly between: (lower: string, upper: string) => string;
  /** Behind what a search found: where the share crosses the target, decided or not. */
  readonly searchEstimate: (rate: string) => string;
  readonly verdicts: Readonly<Record<ProbeVerdict, string>>;
  readonly searchFound: (best: string, failed: string) => string;
  /** Above the best rate the runs had too few requests to decide. */
  readonly searchUndecided: (best: string, undecided: string) => string;
  readonly searchClient: (best: string, failed: string) => string;
  readonly searchClientNone: (failed: string) => string;
  readonly searchAbove: (best: string) => string;
  /** No rate met them, and of the lowest it cannot be told. */
  readonly searchUndecidedNone: (lowest: string) => string;
  readonly searchNone: (lowest: string) => string;
  /** Behind why the search ended: what had held before the server was lost; without a rate nothing had. */
  readonly searchUntilLost: (best?: string) => string;
  readonly keptPrefixes: string;
  /** The load ended in failures, or in silence that lasted so long. */
  readonly lostServer: (requests: string, silent?: string) => string;
  /** The load ended in silence alone: from here a server that hangs looks like one that works for others. */
  readonly silentServer: (requests: string, silent: string) => string;
  /** The sum of a run's requests: its parts are counts with their words. */
  readonly counts: (planned: string, parts: readonly string[]) => string;
  /** Behind a refusal with status 401 or 403. */
  readonly checkKey: string;
  /** Before a count, in the line of the progress. */
  readonly failed: string;
  /** Said where requests were cut because the drain was over. */
  readonly cutByDrain: (count: string) => string;
  /** Whether the share of requests that was wanted met the objectives. */
}

/** The figures of a trust report, formatted; "n/a" where there are none. */
export interface TrustFigures {
  readonly lag: string;
  readonly lateness: string;
  readonly coalesced: string;
  readonly firstCoalesced: string;
}

/** The words in a language. */
export function workloadText(language: Language): WorkloadText {
  return { en: WORKLOAD_EN, "zh-TW": WORKLOAD_ZH_TW }[language];
}

/** What a load will do at most, a line per fact. What has no bound says so. */
export function forecastLines(forecast: LoadForecast, language: Language): readonly string[] {
  const text = workloadText(language);
  const count = (value: number | undefined) => value === undefined ? text.unbounded : formatCount(value);
  const elsewhere = forecast.loopback ? [] : [text.elsewhere];
  if (forecast.search !== undefined) return [...searchLines(forecast, forecast.search, text), ...elsewhere];
  return [
    text.plan(forecast.apiBase, forecast.model),
    text.requests(forecast.requests === undefined ? text.unbounded : String(forecast.requests)),
    text.duration(
      forecast.durationSeconds === undefined ? text.unbounded : formatSeconds(forecast.durationSeconds),
    ),
    text.tokens(count(forecast.promptTokens), count(forecast.outputTokens)),
    ...(forecast.money === undefined ? [] : [text.money(formatNumber(forecast.money))]),
    ...elsewhere,
  ];
}

function searchLines(
  { apiBase, model }: LoadForecast,
  { runSeconds, mostRunSeconds, usualSeconds, withinSeconds }: NonNullable<LoadForecast["search"]>,
  text: WorkloadText,
): readonly string[] {
  return [
    text.searchPlan(apiBase, model, formatSeconds(runSeconds), formatSeconds(mostRunSeconds)),
    withinSeconds === undefined
      ? text.searchUsual(formatSeconds(usualSeconds))
      : text.searchWithin(formatSeconds(withinSeconds)),
    text.searchUnbounded,
  ];
}

/** What a search runs next, and for how long it has gone on. */
export function searchRunLine(
  { ratePerSecond, seconds, elapsedSeconds }: {
    readonly ratePerSecond: number;
    readonly seconds: number;
    readonly elapsedSeconds: number;
  },
  language: Language,
): string {
  return workloadText(language).searchRun(
    formatSeconds(Math.round(elapsedSeconds)),
    formatNumber(ratePerSecond),
    formatSeconds(seconds),
  );
}

/** How far a run can be trusted, and why not further. */
export function trustSentence(report: TrustReport, language: Language): string {
  const text = workloadText(language);
  const known = (value: number | undefined, format: (value: number) => string) =>
    value === undefined ? "n/a" : format(value);
  const figures: TrustFigures = {
    lag: known(report.lagP99Seconds, formatSeconds),
    lateness: known(report.latenessP99Seconds, formatSeconds),
    coalesced: known(report.coalescedRatio, formatRatio),
    firstCoalesced: known(report.firstCoalescedRatio, formatRatio),
  };
  const reasons = report.reasons.map((reason) => text.reasons[reason](figures)).join(
    language === "en" ? "; " : "；",
  );
  switch (report.level) {
    case "good":
      return text.trustGood(figures.lag);
    case "client_adds":
      return text.trustAdds(figures.lag);
    case "client_limited":
      // A late send moves no time that counts from it: what it says of the server stands, what it says of that load does not.
      return `${
        report.reasons.every((reason) => reason === "late_sends") ? text.trustLate : text.trustLimited
      }${language === "en" ? ": " : "："}${reasons}`;
    case "not_measured":
      return `${text.trustUnknown}${language === "en" ? ": " : "："}${reasons}`;
  }
}

/** How many requests were planned and what became of them: the parts add up. Empty where nothing was planned. */
export function countsSentence(result: WorkloadResult, language: Language): string {
  const text = workloadText(language);
  const words = runSummaryText(language).outcomes;
  const notSent = result.phases.reduce((sum, phase) => sum + (phase.notSent ?? 0), 0);
  const planned = result.records.length + notSent;
  if (planned === 0) return "";
  const outcomes = OUTCOMES.filter((one) => result.summary.byOutcome[one] > 0)
    .map((one) => `${String(result.summary.byOutcome[one])} ${words[one]}`);
  const parts = notSent === 0 ? outcomes : [...outcomes, runSummaryText(language).notSent(String(notSent))];
  return text.counts(String(planned), parts);
}

/** What to do where another engine would have measured better; undefined where none would. */
export function engineSentence(
  { betterEngine }: Pick<WorkloadResult, "betterEngine">,
  language: Language,
): string | undefined {
  return betterEngine === undefined ? undefined : workloadText(language).takeEpoll;
}

/** Why fewer threads shared a load out than asked for; undefined where as many did. */
export function threadsSentence(
  { threads, threadsLimit }: Pick<WorkloadResult, "threads" | "threadsLimit">,
  language: Language,
): string | undefined {
  if (threads === undefined || threadsLimit === undefined) return undefined;
  const text = workloadText(language);
  return text.fewerThreads(String(threads), text.threadLimits[threadsLimit]);
}

/** Why a load ended before its plan did. */
export function stopSentence(reason: StopReason, language: Language): string {
  const { stopped } = workloadText(language);
  switch (reason.code) {
    case "cancelled":
      return stopped.cancelled;
    case "token_budget":
      return stopped.tokenBudget(formatCount(reason.tokens));
    case "time_over":
      return stopped.time(formatSeconds(reason.seconds));
    case "server_lost": {
      const silent = reason.silentSeconds === undefined ? [] : [formatSeconds(reason.silentSeconds)] as const;
      return stopped.serverLost(
        formatNumber(reason.ratePerSecond),
        formatCount(reason.requests),
        ...silent,
      );
    }
    case "failures_in_a_row":
      return stopped.failures(formatCount(reason.count), reason.error);
    case "thread_failed":
      return stopped.thread(reason.error, formatCount(reason.lost));
  }
}

/** How many requests met the objectives, with the interval of the share. */
export function goodputSentence(reached: Goodput, language: Language): string {
  const text = workloadText(language);
  const { ratio, interval } = reached;
  if (ratio === undefined || interval === undefined) return text.noGoodput;
  const sentence = text.goodput(
    formatWhole(reached.good),
    formatWhole(reached.counted),
    formatRatio(ratio),
    formatRatio(interval.lower),
    formatRatio(interval.upper),
    formatNumber(reached.requestsPerSecond),
  );
  return reached.leftOut === 0 ? sentence : `${sentence} ${text.leftOut(formatWhole(reached.leftOut))}`;
}

/** One rate of a search, as a line. */
export function probeLine(probe: Probe, language: Language): string {
  const text = workloadText(language);
  const { interval, goodput: { ratio } } = probe;
  const between = interval === undefined
    ? ""
    : text.between(formatRatio(interval.lower), formatRatio(interval.upper));
  return text.probe(
    formatNumber(probe.ratePerSecond),
    ratio === undefined ? "n/a" : formatRatio(ratio) + between,
    formatCount(probe.runs),
    formatSeconds(probe.seconds),
    text.verdicts[probe.verdict],
  );
}

/** What a search found; `stopped` is why it ended before it had found all. */
export function searchSentence(search: RateSearch, language: Language, stopped?: StopReason): string {
  const { estimatePerSecond, bestPerSecond, failedPerSecond } = search;
  // The rate at which a server was lost failed by no fault of the rate.
  if (stopped?.code === "server_lost" && failedPerSecond === undefined) {
    const best = bestPerSecond === undefined ? [] : [formatNumber(bestPerSecond)] as const;
    return workloadText(language).searchUntilLost(...best);
  }
  const found = foundSentence(search, language);
  if (estimatePerSecond === undefined) return found;
  return found + punctuation(language).space +
    workloadText(language).searchEstimate(formatNumber(estimatePerSecond));
}

function foundSentence(search: RateSearch, language: Language): string {
  const text = workloadText(language);
  const { bestPerSecond: best, failedPerSecond: failed } = search;
  const byClient = search.probes.some(({ ratePerSecond, verdict }) =>
    ratePerSecond === failed && verdict === "client_limited"
  );
  if (byClient && failed !== undefined) {
    const lowest = formatNumber(failed);
    return best === undefined ? text.searchClientNone(lowest) : text.searchClient(formatNumber(best), lowest);
  }
  const isUndecided = search.probes.some(({ ratePerSecond, verdict }) =>
    ratePerSecond === failed && verdict === "undecided"
  );
  if (best === undefined) {
    return (isUndecided ? text.searchUndecidedNone : text.searchNone)(formatNumber(failed ?? 0));
  }
  if (failed === undefined) return text.searchAbove(formatNumber(best));
  const tell = isUndecided ? text.searchUndecided : text.searchFound;
  return tell(formatNumber(best), formatNumber(failed));
}
