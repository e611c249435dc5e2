/**
 * What a run of load yields: pure.
 *
 * @module
 */
import type { OutsideEngines } from "../../analyzer/outside_engine.ts";
import type { RequestRecord, TimeSpan } from "../../series/types.ts";
import type { Endpoint, EngineName, PhasePlan, StopReason } from "./plan.ts";
import type { RateSearch } from "./find_max.ts";
import type { Goodput } from "./goodput.ts";
import type { WorkloadSummary } from "./summary.ts";
import type { ThreadsLimit } from "./threads.ts";
import type { TrustReport } from "./trust.ts";

/** One phase of a run. */
export interface PhaseResult {
  /** The plan's; records carry it as `phase`. */
  readonly name: string;
  /** What was to be sent; with its seed it can be sent again. */
  readonly plan: PhasePlan;
  /** From the start of the schedule to the end of the last request, drain included. */
  readonly span: TimeSpan;
  /** Of all its requests, warm-up included. */
  readonly summary: WorkloadSummary;
  /** How the lengths of its prompts are known: exact by the server's tokenizer, measured, an estimate, or given as texts. */
  readonly lengths: "exact" | "measured" | "estimate" | "texts";
  /** Due times after the start of the phase, of everything that an open loop planned; absent in a closed loop. */
  readonly plannedSeconds?: Float64Array;
  /** Requests that were to be sent at most; absent where only the time bounds them, or the file does not tell. */
  readonly planned?: number;
  /** Those of them that were never begun, because the phase ended first: planned = rows + not sent. */
  readonly notSent?: number;
  /** The part without warm-up and, in a closed loop, without first and last wave; absent below ten requests. */
  readonly steady?: SteadyPart;
  /** Why it ended early; absent when it ended as planned. */
  readonly stopped?: StopReason;
}

/** The steady part of a phase. */
export interface SteadyPart {
  /** From the end of the warm-up to the end of full load, in an open loop to the last send. */
  readonly span: TimeSpan;
  /** Requests left out before and after. */
  readonly before: number;
  /** After it, or not ended within it. */
  readonly after: number;
  /** False when no end of the warm-up was found: then these figures are no steady ones either. */
  readonly settled: boolean;
  /** Of the requests within it. */
  readonly summary: WorkloadSummary;
}

/** Everything about a run; all figures can be made again from `records`. */
export interface WorkloadResult {
  /** What was run: "concurrent", "steady" or the profile's name. */
  readonly name: string;
  /** Name of the workload in records and events. */
  readonly target: string;
  /** Where the API is. */
  readonly apiBase: string;
  /** As it was sent with every request. */
  readonly model: string;
  /** Which path was called. */
  readonly endpoint: Endpoint;
  /** What sent the requests. */
  readonly engine: EngineName;
  /** True when the engine had a thread of its own. */
  readonly ownThread: boolean;
  /** How many threads shared the load out, of the phase that had most; absent in files that do not tell. */
  readonly threads?: number;
  /** Why there were not as many as asked for; absent where there were. */
  readonly threadsLimit?: ThreadsLimit;
  /** Where `raw` was a limit itself, and an engine whose times a late thread cannot move could have run here instead. */
  readonly betterEngine?: "epoll";
  /** Of the first phase's schedule, prompts and lengths. */
  readonly seed: number;
  /** False when the prompts were salted, so that the server's cache cannot know them from an earlier run. */
  readonly keptPrefixes: boolean;
  /** From the start of the first phase to the end of the last. */
  readonly span: TimeSpan;
  /** In the order in which they ran; those after an early stop are missing. */
  readonly phases: readonly PhaseResult[];
  /** Of all phases, in the order in which they ended. */
  readonly records: readonly RequestRecord[];
  /** Of all phases together, pauses and drains included. */
  readonly summary: WorkloadSummary;
  /** Whether the client itself was a limit. */
  readonly trust: TrustReport;
  /** Why the run ended early; absent when it ended as planned. */
  readonly stopped?: StopReason;
  /** Where objectives were given. */
  readonly goodput?: Goodput;
  /** Where the highest rate was searched. */
  readonly search?: RateSearch;
  /** What of the latencies lies outside the server's own clock, where its metrics were read before and after. */
  readonly outside?: OutsideEngines;
}
