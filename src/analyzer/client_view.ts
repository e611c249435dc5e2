/**
 * What clients saw, window by window.
 *
 * @module
 */
import { firstAfter } from "../base/search.ts";
import type { Grid, MetricSource, RequestRecord, TimeSpan } from "../series/types.ts";
import { readTimes } from "./server_reads.ts";
import { mean, quantile } from "./statistics.ts";

/** What clients saw in a window; absent where no client data covers it. */
export interface ClientView {
  /**
   * Requests whose first chunk came in the time that the window's counters tell of (from the last read before it to the last
   * in it), and their mean time to it from sending.
   */
  readonly firstChunks: number;
  readonly ttftMean?: number;
  /** Requests that ended in the window, and those of them that failed. */
  readonly ended: number;
  readonly failed: number;
  /** Of those that failed: their client stopped waiting. */
  readonly timedOut?: number;
  /** Requests that were cut in the window because their run ended or was stopped. */
  readonly stopped?: number;
  /** Requests due in the window that were sent late or not at all: 99th percentile of the lateness in seconds. */
  readonly latenessP99?: number;
  /** Requests marked as limited by the measuring machine. */
  readonly limited: number;
}

/**
 * The time of which a window's counters tell: from the last read before it to the last read in it. What clients saw is counted in the
 * same time, so that both tell of the same requests; reads far apart would else differ by a quarter of them.
 */
export async function countedSpans(
  source: MetricSource,
  { target, intervalSeconds, plan, requests }: {
    readonly target: string;
    readonly intervalSeconds: number;
    readonly plan: Grid;
    readonly requests: readonly RequestRecord[];
  },
): Promise<(window: TimeSpan) => TimeSpan> {
  if (requests.length === 0) return (window) => window;
  const from = plan.startSeconds - plan.rangeSeconds - 2 * intervalSeconds;
  const span = { startSeconds: from, endSeconds: plan.startSeconds + (plan.count - 1) * plan.stepSeconds };
  const reads = await readTimes(source, target, span);
  // Without a read for so long none was counted from: the window's own bound stands.
  const lastRead = (time: number) => {
    const read = reads[firstAfter(reads, time) - 1];
    return read === undefined || time - read > 2 * intervalSeconds ? time : read;
  };
  return ({ startSeconds, endSeconds }) => ({
    startSeconds: lastRead(startSeconds),
    endSeconds: lastRead(endSeconds),
  });
}

/** Outcomes that a user would call a failure; cuts made on purpose and what never ended are not. */
export const FAILURES: ReadonlySet<string> = new Set(["error", "connection_error", "timeout"]);

/** What clients saw in a window, their first chunks in the time that its counters tell of; undefined without any. */
export function clientView(
  requests: readonly RequestRecord[],
  window: TimeSpan,
  counted: TimeSpan,
): ClientView | undefined {
  const isIn = (span: TimeSpan, time: number | undefined) =>
    time !== undefined && time > span.startSeconds && time <= span.endSeconds;
  const inside = (time: number | undefined) => isIn(window, time);
  const answered = requests.filter((one) =>
    isIn(counted, one.chunkTimesSeconds[0]) && one.sentSeconds !== undefined
  );
  const ended = requests.filter((one) => inside(one.endSeconds));
  const due = requests.filter((one) => inside(one.dueSeconds));
  if (answered.length + ended.length + due.length === 0) return undefined;
  const ttft = answered.map((one) => one.chunkTimesSeconds[0]! - one.sentSeconds!);
  // A connection that the server is slow to accept is no lateness of the client.
  const lateness = due.flatMap((one) => {
    const begun = one.connectStartedSeconds ?? one.sentSeconds;
    return begun === undefined ? [] : [begun - one.dueSeconds];
  });
  return {
    firstChunks: answered.length,
    ...(ttft.length === 0 ? {} : { ttftMean: mean(ttft) }),
    ended: ended.length,
    failed: ended.filter((one) => FAILURES.has(one.outcome)).length,
    timedOut: ended.filter((one) => one.outcome === "timeout").length,
    stopped: requests.filter((one) => one.outcome === "unfinished" && isIn(counted, one.endSeconds)).length,
    ...(lateness.length === 0 ? {} : { latenessP99: quantile(lateness, 0.99) }),
    limited: answered.filter((one) => one.trust === "client_limited").length,
  };
}
