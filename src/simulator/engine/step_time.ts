/**
 * How long a step takes: a roofline form for GPUs, a linear one for the CPU server that was measured.
 *
 * @module
 */
import type { StepWork } from "./types.ts";

/**
 * Seconds = max(weights / bandwidth, 2 · parameters · tokens / arithmetic rate) + KV bytes read / bandwidth + overheads.
 * Every rate is the one reached, not the data sheet's (the profile's efficiencies are already in it).
 */
export interface RooflineStep {
  /** Tells the two forms apart. */
  readonly kind: "roofline";
  /** Read once in every step. */
  readonly weightBytes: number;
  /** Weights, counted: each takes two operations a token. */
  readonly parameters: number;
  /** Keys and values of one token of context, read whenever the token's successor is computed. */
  readonly kvBytesPerToken: number;
  /** Reading weights, bytes per second. */
  readonly weightBytesPerSecond: number;
  /** Reading keys and values, bytes per second. */
  readonly kvBytesPerSecond: number;
  /** Arithmetic of prompts, operations per second. */
  readonly prefillFlopsPerSecond: number;
  /** Arithmetic of decoding, where attention is counted apart: a little nearer to the data sheet. */
  readonly decodeFlopsPerSecond: number;
  /** Per step: launch, scheduling, sampling; and for tensor parallelism the all-reduces. */
  readonly overheadSeconds: number;
  /** The host's part for each request in the step. */
  readonly overheadPerSequenceSeconds: number;
}

/** Seconds = constant + per sequence + per prompt token + per context token + per prompt token times context. */
export interface LinearStep {
  /** Tells the two forms apart. */
  readonly kind: "linear";
  /** Of every step, however little it holds. */
  readonly constantSeconds: number;
  /** For each request in the step. */
  readonly perSequenceSeconds: number;
  /** For each prompt token computed in the step. */
  readonly perPrefillTokenSeconds: number;
  /** For each token of context that the step reads. */
  readonly perContextTokenSeconds: number;
  /** For each prompt token times its context: attention's quadratic part. */
  readonly perPrefillAttentionSeconds: number;
}

/** Either form. */
export type StepTime = RooflineStep | LinearStep;

/** What an incident does to the hardware; 1 and 0 are healthy. */
export interface StepConditions {
  /** Share of the arithmetic rate that is left. */
  readonly arithmeticRatio: number;
  /** Share of the memory bandwidth that is left. */
  readonly bandwidthRatio: number;
  /** Overheads of the host are this many times longer. */
  readonly overheadFactor: number;
  /** Time that the host loses in every step besides; default 0. */
  readonly hostDelaySeconds?: number;
}

/** A healthy machine. */
export const HEALTHY: StepConditions = { arithmeticRatio: 1, bandwidthRatio: 1, overheadFactor: 1 };

/** Seconds that a step with this work takes, without jitter. */
export function stepSeconds(model: StepTime, work: StepWork, conditions: StepConditions = HEALTHY): number {
  const context = work.decodeContextTokens + work.prefillContextTokens;
  if (model.kind === "linear") {
    const host = delayed(model.constantSeconds + model.perSequenceSeconds * work.sequences, conditions);
    const arithmetic = model.perPrefillTokenSeconds * work.prefillTokens +
      model.perPrefillAttentionSeconds * work.prefillAttention;
    return host + arithmetic / conditions.arithmeticRatio +
      model.perContextTokenSeconds * context / conditions.bandwidthRatio;
  }
  const weights = model.weightBytes / (model.weightBytesPerSecond * conditions.bandwidthRatio);
  const perToken = 2 * model.parameters / conditions.arithmeticRatio;
  const arithmetic = perToken * work.prefillTokens / model.prefillFlopsPerSecond +
    perToken * (work.tokens - work.prefillTokens) / model.decodeFlopsPerSecond;
  const cache = model.kvBytesPerToken * context / (model.kvBytesPerSecond * conditions.bandwidthRatio);
  return Math.max(weights, arithmetic) + cache + hostSeconds(model, work, conditions);
}

function hostSeconds(model: RooflineStep, work: StepWork, conditions: StepConditions): number {
  return delayed(model.overheadSeconds + model.overheadPerSequenceSeconds * work.sequences, conditions);
}

function delayed(hostSeconds: number, conditions: StepConditions): number {
  return hostSeconds * conditions.overheadFactor + (conditions.hostDelaySeconds ?? 0);
}

/** What a step asks of the device. */
export interface StepParts {
  /** Share of the step in which the device works and not the host. */
  readonly deviceRatio: number;
  readonly operations: number;
  /** Read from the device's memory. */
  readonly bytes: number;
}

/** How a step's time is made up. The linear form knows nothing of operations: its device share is 1. */
export function stepParts(model: StepTime, work: StepWork, conditions: StepConditions = HEALTHY): StepParts {
  if (model.kind === "linear") return { deviceRatio: 1, operations: 0, bytes: 0 };
  const total = stepSeconds(model, work, conditions);
  return {
    deviceRatio: 1 - hostSeconds(model, work, conditions) / total,
    operations: 2 * model.parameters * work.tokens,
    bytes: model.weightBytes + model.kvBytesPerToken * (work.decodeContextTokens + work.prefillContextTokens),
  };
}
