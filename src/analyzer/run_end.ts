/**
 * The last seconds of a run, of which no window of its own can be judged yet: a fault that has just begun is diluted in the last
 * window by the time before it.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import { formatSeconds } from "../base/format.ts";
import type { MetricSource, RequestRecord } from "../series/types.ts";
import type { Evidence, FindingCode } from "./findings.ts";
import { type Frame, measureSpan, type Scope, type ServerFrames } from "./frames.ts";
import type { JudgedMoment } from "./moments.ts";
import { exceeds, type Moment, type Witness } from "./rules/rule.ts";
import { evidenceFrom } from "./told_evidence.ts";

/** So long ends are looked at: this, or so many scrapes. The shortest tells only that nothing moves, and that many wait. */
const ENDS = [{ seconds: 3, scrapes: 3 }, { seconds: 5, scrapes: 4 }, { seconds: 10, scrapes: 5 }] as const;

/** Measures the ends of a scope's windows, the shortest first; those as long as a window are none. */
export async function measureEnds(
  source: MetricSource,
  of: {
    readonly server: ServerFrames;
    readonly scope: Scope;
    readonly requests: readonly RequestRecord[];
  },
): Promise<readonly Frame[]> {
  const { server, scope, requests } = of;
  const last = scope.frames.at(-1);
  if (last === undefined) return [];
  const { endSeconds } = last.window;
  const frames: Frame[] = [];
  for (const { seconds, scrapes } of ENDS) {
    const length = Math.max(seconds, scrapes * server.intervalSeconds);
    if (length >= server.windowSeconds) continue;
    const frame = await measureSpan(source, server, {
      span: { startSeconds: endSeconds - length, endSeconds },
      requests,
      gpus: true,
      ...(scope.engine === undefined ? {} : { engine: scope.engine }),
    });
    if (frame !== undefined) frames.push({ ...frame, index: last.index });
  }
  return frames;
}

/** What the end of a run shows that the time before it did not. */
export interface Turn {
  readonly missing: Cause;
  readonly evidence: readonly Evidence[];
  /** The cause that it looks like. */
  readonly suspect?: FindingCode;
}

/** Tells the end from what is usual; undefined where it is like the time before, as far as so short a time tells. */
export function turnAt(ends: readonly JudgedMoment[]): Turn | undefined {
  for (const end of ends) {
    const still = standsStill(end.moment);
    if (still !== undefined) return still;
  }
  const crowd = ends[0] === undefined ? undefined : queues(ends[0].moment);
  if (crowd !== undefined) return crowd;
  for (const end of ends.slice(1)) {
    const turn = looksLike(end) ?? queues(end.moment) ?? isSlower(end.moment);
    if (turn !== undefined) return turn;
  }
  return undefined;
}

function turnOf(
  moment: Moment,
  params: Readonly<Record<string, string | number>>,
  witnesses: readonly Witness[],
): Turn {
  const { startSeconds, endSeconds } = moment.frame.window;
  return {
    missing: {
      code: "ends_otherwise",
      params: { ...params, duration: formatSeconds(endSeconds - startSeconds) },
    },
    evidence: evidenceFrom(witnesses, moment),
  };
}

/** Steps that last longer than this by themselves leave such an end without one. */
const LONGEST_STEPS = 10;

/** Requests run and no token came. */
function standsStill(moment: Moment): Turn | undefined {
  const { numbers, frame, baseline } = moment;
  const { startSeconds, endSeconds } = frame.window;
  const progress = numbers.steps ?? numbers.generation_rate;
  if (progress === undefined || progress > 0 || !((numbers.running_min ?? 0) > 0)) return undefined;
  if (LONGEST_STEPS * (baseline?.step_time ?? 0) > endSeconds - startSeconds) return undefined;
  return turnOf(moment, { still: numbers.running_min! }, [
    { quantity: "running_min", baseline: baseline?.running_min },
    { quantity: "steps" },
    { quantity: "generation_rate", baseline: baseline?.generation_rate },
  ]);
}

/** A rule holds, on less than it wants for a finding. */
function looksLike({ moment, judgements }: JudgedMoment): Turn | undefined {
  for (const [code, { rule, judgement }] of judgements) {
    if (rule.isNote === true || (judgement.severity ?? rule.severity) === "info") continue;
    return { ...turnOf(moment, {}, judgement.witnesses), suspect: code };
  }
  return undefined;
}

/** So many waiting are no ripple. */
const LEAST_WAITING = 5;

function queues(moment: Moment): Turn | undefined {
  const { numbers, frame, baseline } = moment;
  const waiting = frame.values.waitingLast ?? 0;
  // As many as run are no ripple in the last scrape alone either.
  const lasts = (frame.values.waitingMedian ?? 0) > 0 || waiting >= (numbers.running_max ?? Infinity);
  if (waiting < LEAST_WAITING || !lasts) return undefined;
  if ((baseline?.waiting_max ?? 0) >= waiting) return undefined;
  return turnOf(moment, { waiting }, [
    { quantity: "waiting_max", limit: 0, baseline: baseline?.waiting_max },
    { quantity: "running_max", baseline: baseline?.running_max },
    { quantity: "queue_time_mean", baseline: baseline?.queue_time_mean },
    { quantity: "ttft_mean", baseline: baseline?.ttft_mean },
  ]);
}

/** First tokens that come so late are felt; so many times the usual is no ordinary spread of a few. */
const TTFT_SECONDS = 0.2;
const TTFT_FACTOR = 3;
/** Tokens that come so much slower from a batch and prompts no larger than this. */
const ITL_FACTOR = 1.3;
const SAME_WORK = 1.15;
/** Fewer tell no mean. */
const LEAST_FIRST_TOKENS = 3;
const LEAST_TOKENS = 50;

function isSlower(moment: Moment): Turn | undefined {
  const { numbers, frame: { values }, baseline } = moment;
  if (
    (values.firstTokens ?? 0) >= LEAST_FIRST_TOKENS && (numbers.ttft_mean ?? 0) >= TTFT_SECONDS &&
    exceeds(numbers.ttft_mean, baseline?.ttft_mean, TTFT_FACTOR)
  ) {
    const params = { ttft: formatSeconds(numbers.ttft_mean!), usual: formatSeconds(baseline!.ttft_mean!) };
    return turnOf(moment, params, [
      { quantity: "ttft_mean", baseline: baseline?.ttft_mean, count: values.firstTokens! },
      { quantity: "queue_time_mean", baseline: baseline?.queue_time_mean },
      { quantity: "waiting_max", baseline: baseline?.waiting_max },
    ]);
  }
  const isSameWork = !exceeds(numbers.batch_mean, baseline?.batch_mean, SAME_WORK) &&
    !exceeds(numbers.computed_prompt_rate, baseline?.computed_prompt_rate, SAME_WORK);
  if (
    (values.itlCount ?? 0) >= LEAST_TOKENS && isSameWork &&
    exceeds(numbers.itl_mean, baseline?.itl_mean, ITL_FACTOR)
  ) {
    const params = { itl: formatSeconds(numbers.itl_mean!), usual: formatSeconds(baseline!.itl_mean!) };
    return turnOf(moment, params, [
      { quantity: "itl_mean", baseline: baseline?.itl_mean, count: values.itlCount! },
      { quantity: "batch_mean", baseline: baseline?.batch_mean },
      { quantity: "slow_factor", limit: moment.slowTolerance },
    ]);
  }
  return undefined;
}

/** What the end of a run leaves open, though nothing is wrong yet. */
export type EndDoubt = "busier_at_end" | "later_at_end";

/** More requests than usual, by this factor and by so many standard deviations of arrivals that come by themselves. */
const BUSIER_FACTOR = 1.3;
const BUSIER_DEVIATIONS = 3;
/** First tokens later than usual by this factor and so much, of as many requests. */
const LATER_FACTOR = 1.5;
const LATER_SECONDS = 0.03;
const LEAST_REQUESTS = 10;

/**
 * What the last seconds show that may become a fault: a batch that has just begun to fill, first tokens that come later. A step of
 * demand that the server takes well looks the same so early, so that it is no more than a doubt.
 */
export function doubtAtEnd(ends: readonly JudgedMoment[]): EndDoubt | undefined {
  for (const { moment } of ends.slice(1)) {
    if (isBusier(moment)) return "busier_at_end";
    if (isLater(moment)) return "later_at_end";
  }
  return undefined;
}

function isBusier({ numbers, frame, baseline }: Moment): boolean {
  const { startSeconds, endSeconds } = frame.window;
  const seconds = endSeconds - startSeconds;
  const beyond = (count: number | undefined, usual: number | undefined) =>
    count !== undefined && usual !== undefined && usual > 0 && count >= LEAST_REQUESTS &&
    count >= BUSIER_FACTOR * usual && count - usual >= BUSIER_DEVIATIONS * Math.sqrt(usual);
  const { arrival_rate: arrivals } = numbers;
  const usual = baseline?.arrival_rate;
  return beyond(numbers.running_max, baseline?.running_max) || beyond(
    arrivals === undefined ? undefined : arrivals * seconds,
    usual === undefined ? undefined : usual * seconds,
  );
}

function isLater({ numbers, frame, baseline }: Moment): boolean {
  const later = (count: number | undefined, mean: number | undefined, usual: number | undefined) =>
    (count ?? 0) >= LEAST_REQUESTS && exceeds(mean, usual, LATER_FACTOR) && mean! - usual! >= LATER_SECONDS;
  return later(frame.values.firstTokens, numbers.ttft_mean, baseline?.ttft_mean) ||
    later(frame.client?.firstChunks, numbers.client_ttft_mean, baseline?.client_ttft_mean);
}
