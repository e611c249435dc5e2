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
import { type PhaseOutcome, runPhase } from "./runner.ts";
import type { Transport } from "./transport.ts";
import { warmUp } from "./warm_up.ts";

/** Whom an engine tells while a phase runs. */
export interface EngineHooks {
  readonly target: string;
  readonly signal: AbortSignal;
  readonly onRecord: (record: RequestRecord) => void;
}

/** A phase, with the engine's own lag while it ran; undefined on a virtual clock. */
export interface EngineOutcome extends PhaseOutcome {
  readonly lagSeconds?: Float64Array;
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
  },
): LoadEngine {
  return {
    name: transport.engine,
    ownThread: options.ownThread ?? false,
    close: () => transport.close(),
    async run(plan, hooks) {
      const { clock, waitUntil } = options;
      if (clock.drive === undefined) await warmUp(clock);
      const lag = new LagMeter(clock);
      try {
        const counters = options.countersOf(plan.shape.model);
        const outcome = await runPhase(plan, { ...hooks, clock, transport, waitUntil, lag, counters });
        const lagSeconds = lag.readings(outcome.startSeconds);
        return { ...outcome, ...(lagSeconds === undefined ? {} : { lagSeconds }) };
      } finally {
        lag.stop();
      }
    },
  };
}
