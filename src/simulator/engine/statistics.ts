/**
 * What an engine has counted: the figures behind `/metrics`, exact and without names.
 *
 * @module
 */
import { firstAtOrAfter } from "../../base/search.ts";

/** Counts of observations up to each bound, their sum and number, as a Prometheus histogram keeps them. */
export class Histogram {
  /** Observations per bucket (not cumulative); the last is above every bound. */
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  /** @param bounds upper bounds, ascending, without infinity */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Adds an observation, `times` of them. A value equal to a bound belongs to that bound's bucket. */
  observe(value: number, times = 1): void {
    this.counts[firstAtOrAfter(this.bounds, value)]! += times;
    this.sum += value * times;
    this.count += times;
  }
}

/** Every histogram of an engine. Times in seconds, the rest in tokens or counts. */
export const ENGINE_HISTOGRAMS = [
  "timeToFirstToken",
  "interTokenLatency",
  "timePerOutputToken",
  "e2e",
  "queue",
  "prefill",
  "decode",
  "inference",
  "promptTokens",
  "outputTokens",
  "longestOutputTokens",
  "samples",
  "maxTokens",
  "preemptions",
  "computedPromptTokens",
  "iterationTokens",
] as const;

/** One of {@link ENGINE_HISTOGRAMS}. */
export type EngineHistogramName = typeof ENGINE_HISTOGRAMS[number];

/** All that an engine has counted since it started. Written by the engine only. */
export interface EngineStatistics {
  promptTokens: number;
  cachedPromptTokens: number;
  outputTokens: number;
  prefixQueriedTokens: number;
  prefixHitTokens: number;
  preemptions: number;
  /** Ended requests by reason. */
  readonly finished: { stop: number; length: number };
  /** Requests cut by their clients; in no metric of vLLM's. */
  aborted: number;
  /** Steps that computed something. */
  steps: number;
  /** Time in steps, seconds. */
  busySeconds: number;
  readonly drafts: { steps: number; tokens: number; accepted: number; acceptedAt: number[] };
  readonly histograms: Readonly<Record<EngineHistogramName, Histogram>>;
  /** As of the end of the last step: nothing moves between steps. */
  readonly gauges: { running: number; waiting: number; kvUsageRatio: number };
}

/** Nothing counted yet. `boundsOf` gives each histogram its bounds. */
export function emptyStatistics(
  boundsOf: (name: EngineHistogramName) => readonly number[],
): EngineStatistics {
  const histograms: Partial<Record<EngineHistogramName, Histogram>> = {};
  for (const name of ENGINE_HISTOGRAMS) histograms[name] = new Histogram(boundsOf(name));
  return {
    promptTokens: 0,
    cachedPromptTokens: 0,
    outputTokens: 0,
    prefixQueriedTokens: 0,
    prefixHitTokens: 0,
    preemptions: 0,
    finished: { stop: 0, length: 0 },
    aborted: 0,
    steps: 0,
    busySeconds: 0,
    drafts: { steps: 0, tokens: 0, accepted: 0, acceptedAt: [] },
    histograms: histograms as Record<EngineHistogramName, Histogram>,
    gauges: { running: 0, waiting: 0, kvUsageRatio: 0 },
  };
}

/** Bounds 1, 2, 5, 10, … up to `maximum`: vLLM's buckets for counts of tokens. */
export function oneTwoFive(maximum: number): number[] {
  const bounds: number[] = [];
  for (let power = 1;; power *= 10) {
    for (const step of [1, 2, 5]) {
      if (step * power > maximum) return bounds;
      bounds.push(step * power);
    }
  }
}
