/**
 * What a profile comes to: the few figures by which people choose one.
 *
 * @module
 */
import type { Profile } from "./profiles.ts";
import { HEALTHY, stepSeconds } from "./step_time.ts";

/** A profile in figures; computed from its step time and limits, without jitter. */
export interface ProfileFigures {
  /** Time per token of a request that is alone, seconds. */
  readonly aloneSeconds: number;
  /** The same with 32 requests of 1,000 tokens each (fewer where the profile's limits say so). */
  readonly busySeconds: number;
  /** Requests in the busy figure. */
  readonly busySequences: number;
  /** Prompt tokens per second while nothing else runs. */
  readonly prefillTokensPerSecond: number;
  /** Tokens that the KV cache holds. */
  readonly cacheTokens: number;
}

const BUSY_SEQUENCES = 32;
const CONTEXT_TOKENS = 1000;

/** Computes them. */
export function profileFigures({ stepTime, limits }: Profile): ProfileFigures {
  const cacheTokens = (limits.blockCount - 1) * limits.blockSizeTokens;
  const context = Math.min(CONTEXT_TOKENS, limits.maxModelLength / 2);
  const busySequences = Math.max(
    1,
    Math.min(BUSY_SEQUENCES, limits.maxNumSequences, Math.floor(cacheTokens / context)),
  );
  const decode = (sequences: number) =>
    stepSeconds(stepTime, {
      sequences,
      prefillSequences: 0,
      tokens: sequences,
      prefillTokens: 0,
      decodeContextTokens: sequences * context,
      prefillContextTokens: 0,
      prefillAttention: 0,
    }, HEALTHY);
  const prompt = Math.min(limits.maxBatchedTokens, limits.maxModelLength - 1);
  const prefill = stepSeconds(stepTime, {
    sequences: 1,
    prefillSequences: 1,
    tokens: prompt,
    prefillTokens: prompt,
    decodeContextTokens: 0,
    prefillContextTokens: prompt,
    prefillAttention: prompt * prompt / 2,
  }, HEALTHY);
  return {
    aloneSeconds: decode(1),
    busySeconds: decode(busySequences),
    busySequences,
    prefillTokensPerSecond: prompt / prefill,
    cacheTokens,
  };
}
