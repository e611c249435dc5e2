/**
 * Latencies of whatever got a first token, however it ended, as servers count them: pure.
 *
 * @module
 */
import type { RequestOutcome, RequestRecord } from "../../series/types.ts";
import { describe, type Distribution, percentile, sorted } from "./distribution.ts";
import { ttftSeconds } from "./request_times.ts";
import { pooledGaps } from "./summary.ts";

/** What clients saw of first tokens, and what was cut before it had one. */
export interface FirstTokens {
  /** Of every request that got a first token; absent without one. */
  readonly ttft?: Distribution;
  /** Every gap between token chunks of those; absent without one. */
  readonly itl?: Distribution;
  /** Sent, and cut before a first token: by a time limit, by the end of the run, on purpose. Refused ones are none. */
  readonly cut: number;
  /**
   * Of all together, with every cut one as short as it can have been: as long as it had waited. The true percentiles are at
   * least that. Absent where none was cut.
   */
  readonly atLeast?: { readonly p50: number; readonly p99: number };
}

const CUT: ReadonlySet<RequestOutcome> = new Set(["timeout", "unfinished", "aborted"]);

/** Clients' first tokens, for the side of a server's TTFT and ITL, which know no ending. */
export function firstTokens(records: readonly RequestRecord[]): FirstTokens {
  const begun = records.filter(({ chunkTimesSeconds }) => chunkTimesSeconds.length > 0);
  const times = begun.flatMap((record) => ttftSeconds(record) ?? []);
  const waits = records.flatMap(({ outcome, sentSeconds, endSeconds, chunkTimesSeconds }) =>
    CUT.has(outcome) && chunkTimesSeconds.length === 0 && sentSeconds !== undefined &&
      endSeconds !== undefined
      ? [endSeconds - sentSeconds]
      : []
  );
  const [ttft, itl] = [describe(times), describe(pooledGaps(begun))];
  const all = sorted([...times, ...waits]);
  const at = (share: number) => percentile(all, share) ?? NaN;
  return {
    ...(ttft === undefined ? {} : { ttft }),
    ...(itl === undefined ? {} : { itl }),
    cut: waits.length,
    ...(waits.length === 0 ? {} : { atLeast: { p50: at(0.5), p99: at(0.99) } }),
  };
}
