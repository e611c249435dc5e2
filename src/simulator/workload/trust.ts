/**
 * How far a client's figures can be trusted: pure. The client measures itself while it measures the server.
 *
 * @module
 */
import type { RequestRecord, TrustLevel } from "../../series/types.ts";
import { percentile, sorted } from "./distribution.ts";
import { coalescedChunks, latenessSeconds } from "./request_times.ts";

/** Up to here the thread's own lag adds nothing that matters. */
export const GOOD_LAG_SECONDS = 0.003;
/** Above this the figures are the client's, not the server's (no false alarm in 24 clean runs, 30 of 50 bad ones caught). */
export const LIMITED_LAG_SECONDS = 0.007;
/** Sends later than this at p99: the load was not the load that was planned. */
export const LIMITED_LATENESS_SECONDS = 0.005;
/**
 * Of a closed loop's time, the share that its users waited for the client to send. A late send moves no time there, which
 * all count from the real send, and breaks no schedule: it makes the load lighter than that of so many users.
 */
export const LIMITED_LATE_SHARE = 0.01;
/** Above this share of chunks read together, gaps between tokens are the reader's. */
export const LIMITED_COALESCED_RATIO = 0.01;
/** `fetch` delivers late above so many streams, and its own queue hides it. */
export const FETCH_STREAM_LIMIT = 50;
/** Interval of the timer whose overshoot is the lag. */
export const LAG_INTERVAL_SECONDS = 0.01;
/** Fewer readings of the lag than this say nothing about its p99. */
const LEAST_LAG_READINGS = 10;

/** Why the level is what it is. */
export type TrustReason =
  | "lag"
  | "lag_high"
  | "coalesced"
  | "first_coalesced"
  | "late_sends"
  | "fetch_streams"
  | "virtual_time"
  | "too_short"
  | "no_times";

/** The verdict on a run, with what it rests on. */
export interface TrustReport {
  /** How much of the times is the client's own doing. */
  readonly level: TrustLevel;
  /** Empty when the level is `good`. */
  readonly reasons: readonly TrustReason[];
  /** The error bar of every time: {@link lagP99} of the engine thread's readings. */
  readonly lagP99Seconds?: number;
  /** The longest a timer of the engine's thread overshot. */
  readonly lagMaxSeconds?: number;
  /** p99 of how late requests were begun; absent when none was. */
  readonly latenessP99Seconds?: number;
  /** Token chunks that share the stamp of the one before, of all gaps; absent without gaps. */
  readonly coalescedRatio?: number;
  /**
   * Requests whose first token was read together with the second, of those with two: their TTFT is the second token's time.
   * With the kernel's receive times it is what makes a TTFT wrong. Absent without such requests.
   */
  readonly firstCoalescedRatio?: number;
}

/**
 * Judges a run.
 *
 * @param records what was sent
 * @param lagSeconds readings of a 10 ms timer's overshoot in the engine's own thread; undefined in virtual time
 */
export function judgeTrust(
  records: readonly RequestRecord[],
  lagSeconds: ArrayLike<number> | undefined,
  options: {
    readonly engine: string;
    readonly maxInFlight: number;
    /** Names of the phases in which users wait for their answers; in all others requests were sent on schedule. */
    readonly closedPhases?: ReadonlySet<string>;
  },
): TrustReport {
  if (lagSeconds === undefined) return { level: "not_measured", reasons: ["virtual_time"] };
  // Where nothing was answered there is nothing to trust, however well the client kept its own time.
  if (!records.some(hasTimes)) return { level: "not_measured", reasons: ["no_times"] };
  const lag = sorted(lagSeconds);
  const lagP99Seconds = lagP99(lag);
  const lateness = sorted(records.map((record) => latenessSeconds(record) ?? NaN));
  const latenessP99Seconds = percentile(lateness, 0.99);
  const gaps = records.reduce((sum, record) => sum + Math.max(0, record.chunkTimesSeconds.length - 1), 0);
  const coalescedRatio = gaps === 0
    ? undefined
    : records.reduce((sum, one) => sum + coalescedChunks(one), 0) / gaps;
  const first = firstTokensJoined(records);
  const figures = {
    ...(lagP99Seconds === undefined ? {} : { lagP99Seconds, lagMaxSeconds: lag[lag.length - 1]! }),
    ...(latenessP99Seconds === undefined ? {} : { latenessP99Seconds }),
    ...(coalescedRatio === undefined ? {} : { coalescedRatio }),
    ...(first.ratio === undefined ? {} : { firstCoalescedRatio: first.ratio }),
  };
  // The kernel's receive times do not suffer from a thread that wakes up late; sends and joined reads do.
  const lagCounts = options.engine !== "epoll";
  const limits: TrustReason[] = [];
  if (lagCounts && (lagP99Seconds ?? 0) > LIMITED_LAG_SECONDS) limits.push("lag_high");
  if (isLate(records, options.closedPhases ?? new Set())) limits.push("late_sends");
  if ((coalescedRatio ?? 0) > LIMITED_COALESCED_RATIO) limits.push("coalesced");
  // A single one says nothing about a percentile.
  if (first.count > 1 && (first.ratio ?? 0) > LIMITED_COALESCED_RATIO) limits.push("first_coalesced");
  if (options.engine === "fetch" && options.maxInFlight > FETCH_STREAM_LIMIT) limits.push("fetch_streams");
  if (limits.length > 0) return { level: "client_limited", reasons: limits, ...figures };
  if (lag.length < LEAST_LAG_READINGS || lagP99Seconds === undefined) {
    return { level: "not_measured", reasons: ["too_short"], ...figures };
  }
  if (lagCounts && lagP99Seconds > GOOD_LAG_SECONDS) {
    return { level: "client_adds", reasons: ["lag"], ...figures };
  }
  return { level: "good", reasons: [], ...figures };
}

/**
 * How long 1 % of all bytes waited at least until the thread could read them; undefined without readings.
 *
 * The larger of two views. By readings: the plain p99, what a steady lag adds. By time: a stall is one reading, however
 * long it lasts, so that a second of standstill would vanish in a minute's 6,000 readings; yet whatever comes in it waits
 * for its rest. Of all instants, the share Σ max(0, lag - d) / T waits longer than d; this is the d at which it is 1 %.
 * So a single bad second counts by its part of the run: in an hour it does not condemn, in a minute it does not hide.
 *
 * @param ascendingLags overshoots of a timer of {@link LAG_INTERVAL_SECONDS}, ascending
 */
export function lagP99(ascendingLags: ArrayLike<number>): number | undefined {
  const byReadings = percentile(ascendingLags, 0.99);
  if (byReadings === undefined) return undefined;
  let totalSeconds = 0;
  for (let i = 0; i < ascendingLags.length; i++) totalSeconds += LAG_INTERVAL_SECONDS + ascendingLags[i]!;
  const shareSeconds = totalSeconds * 0.01;
  let lostSeconds = 0;
  for (let k = 1; k <= ascendingLags.length; k++) {
    lostSeconds += ascendingLags[ascendingLags.length - k]!;
    const next = ascendingLags[ascendingLags.length - k - 1] ?? 0;
    if (lostSeconds - k * next >= shareSeconds) return Math.max(byReadings, (lostSeconds - shareSeconds) / k);
  }
  return byReadings;
}

/**
 * The readings of the thread that was held up most: what it measured is no better because others were at rest.
 *
 * @param phases of each phase the readings of each of its threads
 * @returns undefined without threads that measured themselves
 */
export function worstLag(phases: readonly (readonly Float64Array[])[]): Float64Array | undefined {
  const count = phases.reduce((most, threads) => Math.max(most, threads.length), 0);
  let worst: { readonly readings: Float64Array; readonly p99: number } | undefined;
  for (let i = 0; i < count; i++) {
    const readings = Float64Array.from(phases.flatMap((threads) => [...threads[i] ?? []]));
    const p99 = lagP99(sorted(readings)) ?? 0;
    if (worst === undefined || p99 > worst.p99) worst = { readings, p99 };
  }
  return worst?.readings;
}

/** On schedule the p99 decides; where users wait for their answers, how much of their time went into waiting to send. */
function isLate(records: readonly RequestRecord[], closedPhases: ReadonlySet<string>): boolean {
  const isClosed = ({ phase }: RequestRecord) => closedPhases.has(phase);
  const open = records.filter((one) => !isClosed(one)).map((one) => latenessSeconds(one) ?? NaN);
  if ((percentile(sorted(open), 0.99) ?? 0) > LIMITED_LATENESS_SECONDS) return true;
  let lateSeconds = 0;
  let userSeconds = 0;
  for (const record of records.filter(isClosed)) {
    lateSeconds += latenessSeconds(record) ?? 0;
    userSeconds += Math.max(0, (record.endSeconds ?? record.dueSeconds) - record.dueSeconds);
  }
  return lateSeconds > LIMITED_LATE_SHARE * userSeconds;
}

function firstTokensJoined(
  records: readonly RequestRecord[],
): { readonly count: number; readonly ratio: number | undefined } {
  const pairs = records.filter((record) => record.chunkTimesSeconds.length > 1);
  const count = pairs.filter(({ chunkTimesSeconds: [first, second] }) => first === second).length;
  return { count, ratio: pairs.length === 0 ? undefined : count / pairs.length };
}

/** Whether a record has a TTFT or an E2E: a refusal's times are not shown anywhere. */
function hasTimes(record: RequestRecord): boolean {
  return record.chunkTimesSeconds.length > 0 || record.outcome === "ok";
}

/** Whether times may be the client's own because its thread was late to read: what the kernel's receive times do away with. */
export function isReadLate({ level, reasons }: TrustReport): boolean {
  return level === "client_adds" ||
    level === "client_limited" && reasons.some((reason) => reason !== "late_sends");
}

/** The level of a single request, by the lag while it ran and its own lateness. */
export function judgeRequest(
  lagP99Seconds: number | undefined,
  lateSeconds: number | undefined,
  options: { readonly engine: string },
): TrustLevel {
  if ((lateSeconds ?? 0) > LIMITED_LATENESS_SECONDS) return "client_limited";
  if (lagP99Seconds === undefined) return "not_measured";
  if (options.engine === "epoll") return "good";
  if (lagP99Seconds > LIMITED_LAG_SECONDS) return "client_limited";
  return lagP99Seconds > GOOD_LAG_SECONDS ? "client_adds" : "good";
}
