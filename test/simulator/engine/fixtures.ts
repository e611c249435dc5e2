/** Small engines and requests for tests. */
import { seededRandom } from "../../../src/base/random.ts";
import { Engine, type EngineOptions } from "../../../src/simulator/engine/engine.ts";
import type { EngineLimits, EngineRequest, StepOutput } from "../../../src/simulator/engine/types.ts";

export const SMALL: EngineLimits = {
  blockSizeTokens: 4,
  blockCount: 17,
  maxNumSequences: 4,
  maxBatchedTokens: 16,
  maxModelLength: 64,
  prefixCaching: true,
  asyncScheduling: false,
  reserveFullPrompt: true,
  watermarkRatio: 0,
  longPrefillThresholdTokens: 0,
  countsEveryLookup: false,
  countsBlockZero: false,
  countsAsV0: false,
};

/** One second per step, whatever it does. */
export const ONE_SECOND = {
  kind: "linear",
  constantSeconds: 1,
  perSequenceSeconds: 0,
  perPrefillTokenSeconds: 0,
  perContextTokenSeconds: 0,
  perPrefillAttentionSeconds: 0,
} as const;

export function smallEngine(
  limits: Partial<EngineLimits> = {},
  options: Partial<EngineOptions> = {},
): Engine {
  return new Engine({
    limits: { ...SMALL, ...limits },
    stepTime: ONE_SECOND,
    random: seededRandom(7),
    ...options,
  });
}

export function request(
  id: string,
  promptTokenIds: readonly number[],
  maxTokens: number,
  more: Partial<EngineRequest> = {},
): EngineRequest {
  return {
    id,
    promptTokenIds,
    maxTokens,
    outputTokenId: (index) => 1_000_000 + hash(id) * 1000 + index,
    arrivalSeconds: 0,
    group: { n: 1, remaining: 1, longestOutputTokens: 0 },
    ...more,
  };
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 100_003;
}

/** `count` ids from `start`: prompts that share nothing unless they start alike. */
export function ids(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

/** Runs to the end and returns every output with the time at which it came. */
export function runOut(engine: Engine, startSeconds = 0): { output: StepOutput; timeSeconds: number }[] {
  const seen: { output: StepOutput; timeSeconds: number }[] = [];
  let timeSeconds = startSeconds;
  for (let step = 0; engine.hasWork; step++) {
    if (step > 100_000) throw new Error("the engine does not end");
    const plan = engine.begin(timeSeconds);
    if (plan === undefined) {
      timeSeconds = engine.nextArrivalSeconds ?? timeSeconds;
      continue;
    }
    timeSeconds += plan.durationSeconds;
    for (const output of engine.complete(timeSeconds)) seen.push({ output, timeSeconds });
  }
  return seen;
}
