/**
 * What is known of a target, and things with a time.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { Labels } from "../parser/types.ts";

/** What is known of a target apart from its series. Everything but `target` and `simulated` may be unknown. */
export interface TargetFacts {
  /** The sampler's id. */
  readonly target: string;
  /** What kind of thing it is. */
  readonly kind?:
    | "vllm"
    | "sglang"
    | "tgi"
    | "triton"
    | "tensorrt_llm"
    | "llama_cpp"
    | "dynamo"
    | "host"
    | "gpu"
    | "workload"
    | "other";
  /** True when the numbers come from a simulated server, machine or GPU. */
  readonly simulated: boolean;
  /** Origin as a person would name it: an address without credentials, or the file it was recorded in. */
  readonly address?: string;
  /** As the server states it. */
  readonly version?: string;
  /** What it stated before, oldest first: of lives before an upgrade (or a step back). */
  readonly earlierVersions?: readonly string[];
  /** When it stated `version` after another one, Unix seconds; absent where it stated no other. */
  readonly versionChangedSeconds?: number;
  /** Model names that it serves. */
  readonly models?: readonly string[];
  /** Values of the `engine` label. */
  readonly engines?: readonly string[];
  /** Between its ticks, seconds. */
  readonly intervalSeconds?: number;
  /** Longest prompt and answer together, in tokens. */
  readonly maxModelLength?: number;
  /** Most sequences that one step may hold. */
  readonly maxNumSequences?: number;
  /** Capacity of the KV cache of one engine in tokens: each has its own, the smallest counts. */
  readonly kvCacheTokens?: number;
  /** Tokens in one KV block. */
  readonly kvBlockSizeTokens?: number;
  /** When its process began, Unix seconds. */
  readonly startTimeSeconds?: number;
  /** Its last read, where its reader went on with others and no longer has it on its list (a pod that ended); Unix seconds. */
  readonly endedSeconds?: number;
  /** `cache_config_info`'s labels, as they stand. */
  readonly cacheConfig?: Labels;
  /** Anything else worth telling: CPU model, cores, driver, chip, profile name. */
  readonly details?: Readonly<Record<string, string | number>>;
  /** What is absent on this target as a whole and why (`gpu` → no library). */
  readonly absent?: Readonly<Record<string, Cause>>;
}

/** Things with a time. `target` is the sampler's id where there is one. */
export type LabEvent =
  | {
    readonly kind: "scrape_failed";
    readonly timeSeconds: number;
    readonly target: string;
    readonly cause: Cause;
    readonly durationSeconds: number;
  }
  | {
    readonly kind: "scrape_recovered";
    readonly timeSeconds: number;
    readonly target: string;
    readonly failedCount: number;
    readonly gapSeconds: number;
  }
  | {
    readonly kind: "lines_skipped";
    readonly timeSeconds: number;
    readonly target: string;
    readonly count: number;
    readonly firstLine: number;
    readonly reason: string;
    readonly text: string;
  }
  | {
    readonly kind: "counter_reset";
    readonly timeSeconds: number;
    readonly target: string;
    readonly reason: "value_fell" | "created_changed" | "process_start_changed";
    readonly seriesCount: number;
    readonly previousTimeSeconds: number;
    readonly newStartSeconds?: number;
  }
  /** What wrote the recording was killed, or its machine went down: the end that it gives a file is missing here. */
  | { readonly kind: "recording_cut"; readonly timeSeconds: number }
  | {
    readonly kind: "tick_skipped";
    readonly timeSeconds: number;
    readonly target: string;
    readonly count: number;
  }
  | {
    readonly kind: "clock_jump";
    readonly timeSeconds: number;
    readonly target: string;
    readonly jumpSeconds: number;
  }
  | {
    readonly kind: "gpu_lost";
    readonly timeSeconds: number;
    readonly target: string;
    readonly gpu: string;
    readonly cause: Cause;
  }
  | {
    readonly kind: "gpu_xid";
    readonly timeSeconds: number;
    readonly target: string;
    readonly gpu: string;
    readonly xid: number;
  }
  | {
    readonly kind: "workload";
    readonly timeSeconds: number;
    readonly target: string;
    readonly phase: string;
    readonly state: "begin" | "end";
    readonly plan?: Readonly<Record<string, string | number>>;
  }
  | {
    readonly kind: "incident";
    readonly timeSeconds: number;
    readonly target: string;
    readonly name: string;
    readonly state: "begin" | "end";
  }
  /** The recording cannot be written, and goes on in memory; or can again, less the ticks that memory could not hold. */
  | {
    readonly kind: "recording";
    readonly timeSeconds: number;
    readonly state: "failed" | "recovered";
    readonly cause?: Cause;
    readonly lostTicks?: number;
  }
  | { readonly kind: "collector"; readonly timeSeconds: number; readonly state: "started" | "stopped" }
  | { readonly kind: "note"; readonly timeSeconds: number; readonly text: string };
