/**
 * Where phases run: in this thread, or in one of their own.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { RequestRecord } from "../../series/types.ts";
import type { ClientCounters } from "./counters.ts";
import { LagMeter } from "./lag_meter.ts";
import type { EngineName, PhasePlan } from "./plan.ts";
import type { PhaseOutcome, RunShare } from "./run_context.ts";
import { runPhase } from "./runner.ts";
import type { ThreadsLimit } from "./threads.ts";
import type { Transport } from "./transport.ts";
import { warmUp } from "./warm_up.ts";

/** Whom an engine tells while a phase runs. */
export interface EngineHooks {
  readonly target: string;
  readonly signal: AbortSignal;
  readonly onRecord: (record: RequestRecord) => void;
}

/** A phase, and what ran it. */
export interface EngineOutcome extends PhaseOutcome {
  /** Each thread's own lag while it ran; empty on a virtual clock. */
  readonly lags: readonly Float64Array[];
  /** How many threads shared it out. */
  readonly threads: number;
  /** Why not as many as asked for. */
  readonly threadsLimit?: ThreadsLimit;
  /** In the order in which they ended, where `onRecord` was told them in another: of several threads. */
  readonly records?: readonly RequestRecord[];
}

/** Runs phases. */
export interface LoadEngine {
  readonly name: EngineName;
  /** True when no other work can disturb its thread. */
  readonly ownThread: boolean;
  run(plan: PhasePlan, hooks: EngineHooks): Promise<EngineOutcome>;
  /** Frees what it holds; the next phase starts it again. */
  close(): void;
}

/** The engine in the caller's thread. */
export function localEngine(
  transport: Transport,
  options: {
    readonly clock: Clock;
    readonly waitUntil: (timeSeconds: number, signal: AbortSignal) => Promise<void>;
    readonly countersOf: (model: string) => ClientCounters;
    readonly ownThread?: boolean;
    /** Where more threads were asked for. */
    readonly threadsLimit?: ThreadsLimit;
    /** Where others have the rest of the phase. */
    readonly share?: RunShare;
  },
): LoadEngine {
  return {
    name: transport.engine,
    ownThread: options.ownThread ?? false,
    close: () => transport.close(),
    async run(plan, hooks) {
      const { clock, waitUntil, threadsLimit, share } = options;
      if (clock.drive === undefined) await warmUp(clock);
      const lag = new LagMeter(clock);
      try {
        const counters = options.countersOf(plan.shape.model);
        const context = { ...hooks, clock, transport, waitUntil, lag, counters };
        const outcome = await runPhase(plan, { ...context, ...(share === undefined ? {} : { share }) });
        const readings = lag.readings(outcome.startSeconds);
        return {
          ...outcome,
          lags: readings === undefined ? [] : [readings],
          threads: 1,
          ...(threadsLimit === undefined ? {} : { threadsLimit }),
        };
      } finally {
        lag.stop();
      }
    },
  };
}
