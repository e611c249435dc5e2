/**
 * What the engine's thread and its owner say to each other.
 *
 * @module
 */
import type { RequestRecord } from "../../series/types.ts";
import type { EngineOutcome } from "./engine.ts";
import type { PhasePlan } from "./plan.ts";

/** Where the engine sends to. */
export interface EngineAddress {
  readonly apiBase: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly caCertificates?: readonly string[];
  readonly engine: "raw" | "epoll";
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
  }
  | { readonly kind: "abort" };

/** From the engine's thread. */
export type FromEngine =
  | { readonly kind: "clock"; readonly nowSeconds: number }
  | {
    readonly kind: "batch";
    readonly records: readonly RequestRecord[];
    readonly counters: Float64Array;
  }
  | { readonly kind: "done"; readonly outcome: EngineOutcome }
  | { readonly kind: "failed"; readonly name: string; readonly message: string };
