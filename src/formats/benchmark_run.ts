/**
 * A run of load as any tool's file describes it.
 *
 * @module
 */
import type { RequestRecord } from "../series/types.ts";

/** Files that can be told apart and read. */
export type BenchmarkFormat = "lab" | "vllm_bench" | "aiperf" | "aiperf_jsonl" | "guidellm";

/** Figures as a file has them; every one may be missing. Durations in seconds, whatever the file's unit. */
export interface FileDistribution {
  readonly count?: number;
  readonly mean?: number;
  readonly std?: number;
  readonly min?: number;
  readonly max?: number;
  readonly sum?: number;
  /** By percent: `{ 50: …, 99: … }`. */
  readonly percentiles: Readonly<Record<number, number>>;
}

/** What a file says about a run. What it does not say is missing, never 0. */
export interface BenchmarkRun {
  readonly format: BenchmarkFormat;
  readonly model?: string;
  readonly startSeconds?: number;
  readonly durationSeconds?: number;
  readonly completed?: number;
  readonly failed?: number;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly requestsPerSecond?: number;
  readonly outputTokensPerSecond?: number;
  readonly totalTokensPerSecond?: number;
  /** Requests a second that met the objectives. */
  readonly goodputPerSecond?: number;
  readonly ratePerSecond?: number;
  readonly concurrency?: number;
  readonly ttft?: FileDistribution;
  /** Pooled gaps. */
  readonly itl?: FileDistribution;
  /** After the first token, by tokens. */
  readonly tpot?: FileDistribution;
  readonly e2e?: FileDistribution;
  /** The requests themselves where the file holds them. */
  readonly records: readonly RequestRecord[];
}
