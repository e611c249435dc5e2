/**
 * How far a load has come, while it runs: pure.
 *
 * @module
 */
import type { RequestOutcome, RequestRecord } from "../../series/types.ts";
import { percentile, sorted } from "./distribution.ts";
import { tpotSeconds, ttftSeconds } from "./request_times.ts";
import { countOutcomes, type FailureReason, failureReasons } from "./summary.ts";

/** Figures for a line that is rewritten every second. */
export interface WorkloadProgress {
  /** Name of the phase. */
  readonly phase: string;
  /** Since the phase began. */
  readonly elapsedSeconds: number;
  /** Of the phase's planned duration; absent where only requests are planned. */
  readonly durationSeconds?: number;
  /** Requests planned in all; absent where only the duration is. */
  readonly planned?: number;
  /** Requests of the phase that ended, in whatever way. */
  readonly ended: number;
  /** Requests to the model sent and not ended, those of the simulator's other loads included. */
  readonly inFlight: number;
  /** Those that ended; every outcome is there, 0 included. */
  readonly byOutcome: Readonly<Record<RequestOutcome, number>>;
  /** Why requests failed so far, most frequent first, as in a run's summary; empty when none did. */
  readonly failures: readonly FailureReason[];
  /** Of all that ended, cut answers included. */
  readonly outputTokens: number;
  /** Medians over the last hundred requests that ended well. */
  readonly recentTtftSeconds?: number;
  /** Absent until one of them has two tokens. */
  readonly recentTpotSeconds?: number;
  /** True on the last call of a phase. */
  readonly last: boolean;
}

const RECENT = 100;

/** Figures of a phase under way. */
export function progressOf(
  records: readonly RequestRecord[],
  state: {
    readonly phase: string;
    readonly elapsedSeconds: number;
    readonly durationSeconds?: number;
    readonly planned?: number;
    readonly inFlight: number;
    readonly last: boolean;
  },
): WorkloadProgress {
  const recent = records.slice(-RECENT).filter((record) => record.outcome === "ok");
  const median = (of: (record: RequestRecord) => number | undefined) =>
    percentile(sorted(recent.map((record) => of(record) ?? NaN)), 0.5);
  const ttft = median(ttftSeconds);
  const tpot = median(tpotSeconds);
  return {
    ...state,
    ended: records.length,
    byOutcome: countOutcomes(records),
    failures: failureReasons(records),
    outputTokens: records.reduce((sum, record) => sum + (record.outputTokens ?? 0), 0),
    ...(ttft === undefined ? {} : { recentTtftSeconds: ttft }),
    ...(tpot === undefined ? {} : { recentTpotSeconds: tpot }),
  };
}
