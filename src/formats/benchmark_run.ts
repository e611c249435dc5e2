/**
 * A run of load as any tool's file describes it.
 *
 * @module
 */
import type { RequestRecord } from "../series/types.ts";

/** Files that can be told apart and read. */
export type BenchmarkFormat = "lab" | "vllm_bench" | "aiperf" | "aiperf_jsonl" | "guidellm" | "csv";

/** Figures as a file has them; every one may be missing. Durations in seconds, whatever the file's unit. */
export interface FileDistribution {
  /** Observations behind the figures. */
  readonly count?: number;
  /** Arithmetic. */
  readonly mean?: number;
  /** Standard deviation; tools differ in whether it is the sample's or the population's. */
  readonly std?: number;
  /** The smallest. */
  readonly min?: number;
  /** The largest. */
  readonly max?: number;
  /** Of all observations. */
  readonly sum?: number;
  /** By percent: `{ 50: …, 99: … }`. */
  readonly percentiles: Readonly<Record<number, number>>;
}

/** What a file says about a run. What it does not say is missing, never 0. */
export interface BenchmarkRun {
  /** Which kind of file it was. */
  readonly format: BenchmarkFormat;
  /** The model's id, as the tool sent it. */
  readonly model?: string;
  /** When it began, Unix seconds. */
  readonly startSeconds?: number;
  /** By the file's own figure, or from its start to its end. */
  readonly durationSeconds?: number;
  /** Requests that the tool counts as successful. */
  readonly completed?: number;
  /** Requests that failed: an error, no connection, a time-out. */
  readonly failed?: number;
  /** Neither: cut off by the run's end, or never sent. */
  readonly unfinished?: number;
  /** Over all completed requests. */
  readonly promptTokens?: number;
  /** Over all completed requests. */
  readonly outputTokens?: number;
  /** Completed ones. */
  readonly requestsPerSecond?: number;
  /** Over the whole run. */
  readonly outputTokensPerSecond?: number;
  /** Prompt and output together, over the whole run. */
  readonly totalTokensPerSecond?: number;
  /** Requests a second that met the objectives. */
  readonly goodputPerSecond?: number;
  /** At which requests were sent, when the file tells a finite one. */
  readonly ratePerSecond?: number;
  /**
   * The most requests in flight that the tool was told to allow: beside a rate a limit, without one the users of a closed loop.
   * Absent for a load at a rate that changes, of which it would be a limit, too.
   */
  readonly concurrency?: number;
  /** From sending to the first token. */
  readonly ttft?: FileDistribution;
  /** Pooled gaps. */
  readonly itl?: FileDistribution;
  /** After the first token, by tokens. */
  readonly tpot?: FileDistribution;
  /** From sending to the last token. */
  readonly e2e?: FileDistribution;
  /** The requests themselves where the file holds them. */
  readonly records: readonly RequestRecord[];
  /** True where the records hold the first and the last token's time only: nothing is known of the gaps between. */
  readonly endsOnly?: boolean;
}
