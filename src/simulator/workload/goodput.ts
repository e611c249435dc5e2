/**
 * How many requests met their objectives: pure.
 *
 * @module
 */
import type { RequestRecord } from "../../series/types.ts";
import { type Interval, wilsonInterval } from "./distribution.ts";
import * as times from "./request_times.ts";

/** Upper limits that a request must keep, all of them. */
export interface Objectives {
  /** From send to first token chunk. */
  readonly ttftSeconds?: number;
  /** Of a request's mean gap between token chunks; a request of one chunk has 0. Not of its single gaps. */
  readonly itlSeconds?: number;
  /** A request of one token has a TPOT of 0, as in vllm bench. */
  readonly tpotSeconds?: number;
  /** From send to last token chunk. */
  readonly e2eSeconds?: number;
}

/**
 * Whether a request met all objectives: of every command that judges requests the one rule. False for failures, timeouts, and
 * those that never found a place; undefined where it says nothing (given up on purpose, or cut by the run's end before it had
 * missed for certain).
 */
export function judgeRequest(record: RequestRecord, objectives: Objectives): boolean | undefined {
  if (record.outcome === "aborted") return undefined;
  if (record.outcome === "unfinished") return hasMissed(record, objectives) ? false : undefined;
  if (record.outcome !== "ok") return false;
  return namesOf(objectives).every((name) => isKept(record, objectives, name));
}

function isKept(record: RequestRecord, objectives: Objectives, name: keyof Objectives): boolean {
  return (READINGS[name](record) ?? Infinity) <= (objectives[name] ?? Infinity);
}

function namesOf(objectives: Objectives): readonly (keyof Objectives)[] {
  return Object.keys(READINGS).filter(isObjective).filter((name) => objectives[name] !== undefined);
}

/** Requests that met all objectives, out of those that count. */
export interface Goodput {
  /** Those it was counted by. */
  readonly objectives: Objectives;
  /** Counted requests that ended well and met every objective. */
  readonly good: number;
  /** Requests that count: good ones, slow ones, failures and timeouts, and unfinished ones that were too slow already. */
  readonly counted: number;
  /** Requests that the run itself cut, or that were given up on purpose: they say nothing. */
  readonly leftOut: number;
  /** Absent when nothing counts. */
  readonly ratio?: number;
  /** Wilson's 95 % interval of the ratio. */
  readonly interval?: Interval;
  /** Good ones by the run's duration; 0 where the duration is. */
  readonly requestsPerSecond: number;
  /** Per objective: how many of the counted requests met it. */
  readonly met: Readonly<Partial<Record<keyof Objectives, number>>>;
}

const READINGS: Record<keyof Objectives, (record: RequestRecord) => number | undefined> = {
  ttftSeconds: times.ttftSeconds,
  itlSeconds: (record) =>
    times.interTokenMeanSeconds(record) ?? (record.chunkTimesSeconds.length === 1 ? 0 : undefined),
  tpotSeconds: (record) => times.tpotSeconds(record) ?? (record.chunkTimesSeconds.length > 0 ? 0 : undefined),
  e2eSeconds: times.e2eSeconds,
};

const NAMES: Readonly<Record<string, keyof Objectives>> = {
  ttft: "ttftSeconds",
  itl: "itlSeconds",
  tpot: "tpotSeconds",
  e2e: "e2eSeconds",
  e2el: "e2eSeconds",
};

const UNITS: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6 };

/**
 * Reads objectives as a command line gives them: `ttft=500ms,itl=50ms`.
 *
 * @throws SyntaxError for an unknown name, a missing unit or a value that is not above 0
 */
export function parseObjectives(text: string): Objectives {
  const objectives: { -readonly [K in keyof Objectives]: Objectives[K] } = {};
  for (const part of text.split(",")) {
    const match = part.trim().match(/^(\w+)\s*[=:<]\s*([\d.]+)\s*(s|ms|us)$/);
    const name = match === null ? undefined : NAMES[match[1]!.toLowerCase()];
    const value = match === null ? NaN : Number(match[2]) * UNITS[match[3]!]!;
    if (name === undefined || !(value > 0)) {
      throw new SyntaxError(
        `Cannot read objective ${
          JSON.stringify(part.trim())
        }: wanted ttft, itl, tpot or e2e, as in ttft=500ms`,
      );
    }
    objectives[name] = value;
  }
  return objectives;
}

/**
 * Whether an unfinished request had missed an objective for certain when it was cut: to leave those out would make an
 * overloaded server look better the sooner its run is cut.
 */
function hasMissed(record: RequestRecord, { ttftSeconds, e2eSeconds }: Objectives): boolean {
  const { sentSeconds, endSeconds, chunkTimesSeconds } = record;
  if (sentSeconds === undefined || endSeconds === undefined) return false;
  const elapsedSeconds = endSeconds - sentSeconds;
  const waitedSeconds = (chunkTimesSeconds[0] ?? endSeconds) - sentSeconds;
  return waitedSeconds > (ttftSeconds ?? Infinity) || elapsedSeconds > (e2eSeconds ?? Infinity);
}

/**
 * Counts the requests that met all objectives.
 *
 * @param options `durationSeconds`: what the rate is counted over
 */
export function goodput(
  records: readonly RequestRecord[],
  objectives: Objectives,
  options: { readonly durationSeconds: number },
): Goodput {
  const names = namesOf(objectives);
  const met: Partial<Record<keyof Objectives, number>> = Object.fromEntries(names.map((name) => [name, 0]));
  let good = 0;
  let counted = 0;
  for (const record of records) {
    const isGood = judgeRequest(record, objectives);
    if (isGood === undefined) continue;
    counted++;
    if (isGood) good++;
    if (record.outcome !== "ok") continue;
    for (const name of names) if (isKept(record, objectives, name)) met[name] = (met[name] ?? 0) + 1;
  }
  const interval = wilsonInterval(good, counted);
  return {
    objectives,
    good,
    counted,
    leftOut: records.length - counted,
    ...(counted === 0 ? {} : { ratio: good / counted }),
    ...(interval === undefined ? {} : { interval }),
    requestsPerSecond: options.durationSeconds > 0 ? good / options.durationSeconds : 0,
    met,
  };
}

function isObjective(name: string): name is keyof Objectives {
  return name in READINGS;
}
