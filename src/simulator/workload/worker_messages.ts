/**
 * What the engine's thread and its owner say to each other.
 *
 * @module
 */
import type { RequestRecord } from "../../series/types.ts";
import type { EngineOutcome } from "./engine.ts";
import type { PhasePlan, StopReason } from "./plan.ts";

/** Where the engine sends to. */
export interface EngineAddress {
  readonly apiBase: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly caCertificates?: readonly string[];
  readonly engine: "raw" | "epoll";
}

/** One thread's share of a phase, with the memory of what all of them count. */
export interface ThreadShare {
  readonly index: number;
  readonly count: number;
  readonly tally: SharedArrayBuffer;
}

/** To the engine's thread. */
export type ToEngine =
  | { readonly kind: "clock" }
  /** `offsetSeconds` is added to the thread's own clock, so that both tell one time. */
  | {
    readonly kind: "run";
    readonly plan: PhasePlan;
    readonly target: string;
    readonly address: EngineAddress;
    readonly offsetSeconds: number;
    /** Absent where the thread has all of it. */
    readonly share?: ThreadShare;
  }
  /** All threads are ready: they begin at this instant. */
  | { readonly kind: "start"; readonly timeSeconds: number }
  /** Another thread has stopped the phase. */
  | { readonly kind: "end"; readonly reason: StopReason }
  | { readonly kind: "abort" };

/** From the engine's thread. */
export type FromEngine =
  | { readonly kind: "clock"; readonly nowSeconds: number }
  | {
    readonly kind: "batch";
    readonly records: readonly RequestRecord[];
    readonly counters: Float64Array;
  }
  /** It could begin: the others are waited for. */
  | { readonly kind: "ready" }
  /** It sends nothing more; the others are to be told. */
  | { readonly kind: "stopped"; readonly reason: StopReason }
  | { readonly kind: "done"; readonly outcome: EngineOutcome }
  | { readonly kind: "failed"; readonly name: string; readonly message: string };
