/**
 * The engine model against a published benchmark of a real GPU: vllm PR 44594, the watermark of KV blocks.
 *
 * @module
 */
import { integerBetween, seededRandom } from "../src/base/random.ts";
import { Engine } from "../src/simulator/engine/engine.ts";
import { profileNamed } from "../src/simulator/engine/profiles.ts";
import type { RooflineStep } from "../src/simulator/engine/step_time.ts";
import type { EngineLimits, EngineRequest } from "../src/simulator/engine/types.ts";
import type { BenchFigure, BenchResult, BenchTarget } from "./result.ts";

/** Qwen2.5-7B on GB200, 299,584 KV tokens, 1,000 in and 5,000 out +-20 %, 128 at once, 450 prompts. */
const CASE = {
  prompts: 450,
  concurrency: 128,
  promptTokens: 1000,
  outputTokens: 5000,
  spread: 0.2,
  kvTokens: 299_584,
};

interface Published {
  readonly watermarkRatio: number;
  readonly preemptions: number;
  readonly tokensPerSecond?: number;
  readonly e2eMedianSeconds: number;
  readonly ttftP99Seconds: number;
}

const PUBLISHED: readonly Published[] = [
  { watermarkRatio: 0, preemptions: 1065, e2eMedianSeconds: 51.6, ttftP99Seconds: 25.5 },
  {
    watermarkRatio: 0.02,
    preemptions: 400,
    tokensPerSecond: 12_130,
    e2eMedianSeconds: 48.4,
    ttftP99Seconds: 26.5,
  },
  {
    watermarkRatio: 0.05,
    preemptions: 187,
    tokensPerSecond: 12_170,
    e2eMedianSeconds: 47.9,
    ttftP99Seconds: 28.9,
  },
  {
    watermarkRatio: 0.1,
    preemptions: 168,
    tokensPerSecond: 11_840,
    e2eMedianSeconds: 48.6,
    ttftP99Seconds: 31.0,
  },
];

/** One run's figures. */
export interface ClosedLoopResult {
  readonly preemptions: number;
  readonly tokensPerSecond: number;
  readonly e2eMedianSeconds: number;
  readonly ttftP99Seconds: number;
}

/** A GB200 by its data sheet: 8 TB/s, 2.5 PFLOP/s dense 16-bit, 192 GB; efficiencies as of an H100. */
function stepTimeOf(scale: number): RooflineStep {
  const qwen = profileNamed("qwen-7b-a100-80").stepTime;
  if (qwen.kind !== "roofline") {
    throw new TypeError("Cannot scale the profile: its step time is not of the roofline form");
  }
  return {
    ...qwen,
    weightBytesPerSecond: 0.77 * 8e12 / scale,
    kvBytesPerSecond: 0.55 * 8e12 / scale,
    prefillFlopsPerSecond: 0.45 * 2.5e15 / scale,
    decodeFlopsPerSecond: 0.5 * 2.5e15 / scale,
    overheadSeconds: qwen.overheadSeconds * scale,
    overheadPerSequenceSeconds: qwen.overheadPerSequenceSeconds * scale,
  };
}

/** Runs the case in a closed loop. */
export function closedLoop(watermarkRatio: number, scale: number, seed: number): ClosedLoopResult {
  const limits: EngineLimits = {
    ...profileNamed("llama-8b-h100").limits,
    maxModelLength: 32_768,
    maxBatchedTokens: 16_384,
    blockCount: CASE.kvTokens / 16 + 1,
    watermarkRatio,
  };
  const engine = new Engine({ limits, stepTime: stepTimeOf(scale), random: seededRandom(seed) });
  const random = seededRandom(seed * 31 + 7);
  const around = (mean: number) => integerBetween(random, mean * (1 - CASE.spread), mean * (1 + CASE.spread));
  let sent = 0;
  const send = (timeSeconds: number) => {
    if (sent >= CASE.prompts) return;
    engine.submit(
      requestOf(sent++, {
        prompt: around(CASE.promptTokens),
        output: around(CASE.outputTokens),
        timeSeconds,
      }),
      timeSeconds,
    );
  };
  for (let user = 0; user < CASE.concurrency; user++) send(0);
  const ttft: number[] = [];
  const e2e: number[] = [];
  let timeSeconds = 0;
  while (engine.hasWork) {
    const plan = engine.begin(timeSeconds);
    if (plan === undefined) continue;
    timeSeconds += plan.durationSeconds;
    for (const { request, firstIndex, finishReason } of engine.complete(timeSeconds)) {
      if (firstIndex === 0) ttft.push(timeSeconds - request.arrivalSeconds);
      if (finishReason === undefined) continue;
      e2e.push(timeSeconds - request.arrivalSeconds);
      send(timeSeconds);
    }
  }
  return {
    preemptions: engine.statistics.preemptions,
    tokensPerSecond: engine.statistics.outputTokens / timeSeconds,
    e2eMedianSeconds: rank(e2e, 0.5),
    ttftP99Seconds: rank(ttft, 0.99),
  };
}

function requestOf(
  index: number,
  asked: { readonly prompt: number; readonly output: number; readonly timeSeconds: number },
): EngineRequest {
  // Prompts share nothing: ids of their own.
  const promptTokenIds = new Int32Array(asked.prompt).map((_, at) => index * 8192 + at);
  return {
    id: String(index),
    promptTokenIds,
    maxTokens: asked.output,
    outputTokenId: (at) => 100_000_000 + index * 8192 + at,
    arrivalSeconds: asked.timeSeconds,
    group: { n: 1, remaining: 1, longestOutputTokens: 0 },
  };
}

function rank(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN;
}

/** The one number that is fitted: the speed at which the median E2E without a watermark is the published one. */
function fittedScale(): number {
  let low = 0.5;
  let high = 6;
  for (let round = 0; round < 8; round++) {
    const middle = Math.sqrt(low * high);
    if (closedLoop(0, middle, 1).e2eMedianSeconds > PUBLISHED[0]!.e2eMedianSeconds) high = middle;
    else low = middle;
  }
  return Math.sqrt(low * high);
}

/** Compares all four settings. The median E2E of the first is fitted; everything else is predicted. */
export function publishedBenchmark(): BenchResult {
  const scale = fittedScale();
  const figures: BenchFigure[] = [{
    name: "GB200: fitted factor on the step time",
    value: scale,
    unit: "ratio",
  }];
  const targets: BenchTarget[] = [];
  for (const published of PUBLISHED) {
    const got = closedLoop(published.watermarkRatio, scale, 2);
    const name = `GB200, watermark ${published.watermarkRatio}`;
    const pairs = [
      ["preemptions", got.preemptions, published.preemptions, "count"],
      ["output", got.tokensPerSecond, published.tokensPerSecond, "tokens/s"],
      ["E2E median", got.e2eMedianSeconds, published.e2eMedianSeconds, "s"],
      ["TTFT p99", got.ttftP99Seconds, published.ttftP99Seconds, "s"],
    ] as const;
    for (const [what, value, peerValue, unit] of pairs) {
      const peer = peerValue === undefined
        ? {}
        : { peer: "vllm PR 44594", peerValue, ratio: value / peerValue };
      figures.push({ name: `${name}: ${what}`, value, unit, ...peer });
    }
    const off = got.e2eMedianSeconds / published.e2eMedianSeconds - 1;
    const off100 = `${(100 * off).toFixed(1)} %`;
    targets.push({
      name: `${name}: E2E median`,
      wanted: "within 5 %",
      got: off100,
      ok: Math.abs(off) <= 0.05,
    });
  }
  return { figures, targets };
}
