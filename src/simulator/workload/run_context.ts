/**
 * What a phase needs to run, and what it tells of itself.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { RequestRecord } from "../../series/types.ts";
import type { ClientCounters } from "./counters.ts";
import type { LagMeter } from "./lag_meter.ts";
import type { StopReason } from "./plan.ts";
import type { Tally } from "./tally.ts";
import type { Transport } from "./transport.ts";

/** How a phase went. */
export interface PhaseOutcome {
  readonly name: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Due times after the start of everything that an open loop planned. */
  readonly plannedSeconds?: Float64Array;
  /** Requests that were to be sent at most; absent where only the time bounds them. */
  readonly planned?: number;
  /** Those of them that were never begun. Whatever was begun is a record. */
  readonly notSent: number;
  readonly stopped?: StopReason;
}

/** What a run needs and whom it tells. */
export interface RunContext {
  readonly target: string;
  readonly clock: Clock;
  readonly transport: Transport;
  /** Waits for an instant more exactly than a timer does; the clock itself where there is no need. */
  readonly waitUntil: (timeSeconds: number, signal: AbortSignal) => Promise<void>;
  readonly lag: LagMeter;
  readonly counters: ClientCounters;
  /** Ends the phase: nothing more is sent, what runs becomes "unfinished". */
  readonly signal: AbortSignal;
  readonly onRecord: (record: RequestRecord) => void;
  /** Absent where one thread does all of it. */
  readonly share?: RunShare;
}

/** One thread's share of a phase: of a schedule every count-th request, of the users every count-th. */
export interface RunShare {
  readonly index: number;
  readonly count: number;
  /** What all of them count together. */
  readonly tally: Tally;
  /** Says that this thread could begin; resolves with the instant at which all of them begin. */
  start(): Promise<number>;
  /** Told why this thread stopped sending before its plan's end. */
  stopped(reason: StopReason): void;
  /** Aborted, with a {@link StopReason}, when another thread has stopped the phase. */
  readonly others: AbortSignal;
}
