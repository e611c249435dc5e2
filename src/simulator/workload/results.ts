/**
 * What a run of load yields: pure.
 *
 * @module
 */
import type { RequestRecord, TimeSpan } from "../../series/types.ts";
import type { Endpoint, EngineName, PhasePlan, StopReason } from "./plan.ts";
import type { RateSearch } from "./find_max.ts";
import type { Goodput } from "./goodput.ts";
import type { WorkloadSummary } from "./summary.ts";
import type { TrustReport } from "./trust.ts";

/** One phase of a run. */
export interface PhaseResult {
  readonly name: string;
  readonly plan: PhasePlan;
  readonly span: TimeSpan;
  readonly summary: WorkloadSummary;
  /** How the lengths of its prompts are known: exact by the server's tokenizer, measured, an estimate, or given as texts. */
  readonly lengths: "exact" | "measured" | "estimate" | "texts";
  /** Due times after the start of the phase, of everything that an open loop planned; absent in a closed loop. */
  readonly plannedSeconds?: Float64Array;
  /** The part without warm-up and, in a closed loop, without first and last wave; absent below ten requests. */
  readonly steady?: SteadyPart;
  /** Why it ended early; absent when it ended as planned. */
  readonly stopped?: StopReason;
}

/** The steady part of a phase. */
export interface SteadyPart {
  readonly span: TimeSpan;
  /** Requests left out before and after. */
  readonly before: number;
  readonly after: number;
  /** False when no end of the warm-up was found: then these figures are no steady ones either. */
  readonly settled: boolean;
  readonly summary: WorkloadSummary;
}

/** Everything about a run; all figures can be made again from `records`. */
export interface WorkloadResult {
  /** What was run: "concurrent", "steady" or the profile's name. */
  readonly name: string;
  readonly target: string;
  readonly apiBase: string;
  readonly model: string;
  readonly endpoint: Endpoint;
  readonly engine: EngineName;
  /** True when the engine had a thread of its own. */
  readonly ownThread: boolean;
  readonly seed: number;
  /** False when the prompts were salted, so that the server's cache cannot know them from an earlier run. */
  readonly keptPrefixes: boolean;
  readonly span: TimeSpan;
  readonly phases: readonly PhaseResult[];
  readonly records: readonly RequestRecord[];
  readonly summary: WorkloadSummary;
  readonly trust: TrustReport;
  readonly stopped?: StopReason;
  /** Where objectives were given. */
  readonly goodput?: Goodput;
  /** Where the highest rate was searched. */
  readonly search?: RateSearch;
}
