/**
 * Runs a recorded load through an engine: the same requests at the same times, with the speed of the machine given.
 *
 * @module
 */
import { Engine } from "./engine.ts";
import { seededRandom } from "../../base/random.ts";
import { firstAfter } from "../../base/search.ts";
import type { StepTime } from "./step_time.ts";
import type { EngineLimits, EngineRequest, RequestGroup, StepOutput } from "./types.ts";

/** A request as it was sent. */
export interface ReplayRequest {
  readonly id: string;
  /** When the front end got it, seconds. */
  readonly arrivalSeconds: number;
  readonly promptTokenIds: readonly number[];
  readonly n: number;
  readonly maxTokens: number;
  /** Where each sample stopped by itself; absent: at `maxTokens`. */
  readonly stopAfterTokens?: number;
  /** The stop was a string, which the front end finds. */
  readonly stopFoundLate?: boolean;
  /** The client cuts it when it has this many tokens. */
  readonly cutAfterTokens?: number;
  /** The client cuts it at this time. */
  readonly cutAtSeconds?: number;
}

/** The speed of the machine over time: how many times longer than the model says work took, piece by piece. */
export interface Slowdown {
  /** Ends of the pieces, ascending. */
  readonly untilSeconds: readonly number[];
  readonly factors: readonly number[];
}

/** What is replayed on what. */
export interface ReplayOptions {
  readonly requests: readonly ReplayRequest[];
  readonly limits: EngineLimits;
  readonly stepTime: StepTime;
  /** Absent: the machine is as fast as the model says, all the time. */
  readonly slowdown?: Slowdown;
  /** Times at which gauges and counters are read, ascending. */
  readonly sampleSeconds: readonly number[];
  /** From a token to the client's cut of it to the engine: a cut misses the step that begins meanwhile. */
  readonly cutDelaySeconds?: number;
}

/** Gauges and counters at a time. */
export interface ReplaySample {
  readonly timeSeconds: number;
  readonly running: number;
  readonly waiting: number;
  readonly kvUsageRatio: number;
  readonly steps: number;
  readonly outputTokens: number;
  readonly promptTokens: number;
  readonly cachedPromptTokens: number;
  readonly preemptions: number;
}

/** What became of a request. */
export interface ReplayedRequest {
  readonly id: string;
  readonly arrivalSeconds: number;
  /** When each token came out, over all samples. */
  readonly tokenSeconds: number[];
  endSeconds?: number;
}

/** The result of a replay. */
export interface ReplayResult {
  readonly engine: Engine;
  readonly requests: readonly ReplayedRequest[];
  readonly samples: readonly ReplaySample[];
}

/** Replays a load to its end. */
export function replay(options: ReplayOptions): ReplayResult {
  const run = new Replay(options);
  run.toEnd();
  return { engine: run.engine, requests: [...run.requests.values()], samples: run.samples };
}

class Replay {
  readonly engine: Engine;
  readonly requests = new Map<string, ReplayedRequest>();
  readonly samples: ReplaySample[] = [];
  readonly #options: ReplayOptions;
  readonly #cuts: { readonly timeSeconds: number; readonly id: string }[] = [];
  readonly #asked = new Map<string, ReplayRequest>();

  constructor(options: ReplayOptions) {
    this.#options = options;
    const { limits, stepTime } = options;
    this.engine = new Engine({ limits, stepTime, random: seededRandom(1) });
    for (const request of options.requests) {
      this.requests.set(request.id, {
        id: request.id,
        arrivalSeconds: request.arrivalSeconds,
        tokenSeconds: [],
      });
      for (const sample of samplesOf(request)) {
        this.engine.submit(sample, request.arrivalSeconds);
        this.#asked.set(sample.id, request);
        if (request.cutAtSeconds !== undefined) this.#cutAt(request.cutAtSeconds, sample.id);
      }
    }
  }

  toEnd(): void {
    const { slowdown } = this.#options;
    let timeSeconds = 0;
    while (this.engine.hasWork) {
      this.#takeCuts(timeSeconds);
      const plan = this.engine.begin(timeSeconds);
      if (plan === undefined) {
        const next = this.#nextEvent(timeSeconds);
        if (next === undefined) break;
        this.#sampleUntil(next);
        timeSeconds = next;
        continue;
      }
      const end = endOfWork(timeSeconds, plan.durationSeconds, slowdown);
      this.#sampleUntil(end);
      this.#takeCuts(end);
      for (const output of this.engine.complete(end)) this.#take(output, end);
      timeSeconds = end;
    }
    this.#sampleUntil(Infinity);
  }

  #nextEvent(timeSeconds: number): number | undefined {
    const times = [this.engine.nextArrivalSeconds, this.#cuts[0]?.timeSeconds].filter((time) =>
      time !== undefined
    );
    return times.length === 0 ? undefined : Math.max(timeSeconds, Math.min(...times));
  }

  #take(output: StepOutput, timeSeconds: number): void {
    const asked = this.#asked.get(output.request.id)!;
    const seen = this.requests.get(asked.id)!;
    for (let token = 0; token < output.tokens; token++) seen.tokenSeconds.push(timeSeconds);
    if (output.finishReason !== undefined) seen.endSeconds = timeSeconds;
    if (asked.cutAfterTokens === undefined || output.firstIndex + output.tokens < asked.cutAfterTokens) {
      return;
    }
    this.#cutAt(timeSeconds + (this.#options.cutDelaySeconds ?? 0.001), output.request.id);
  }

  #cutAt(timeSeconds: number, id: string): void {
    this.#cuts.push({ timeSeconds, id });
    this.#cuts.sort((a, b) => a.timeSeconds - b.timeSeconds);
  }

  #takeCuts(timeSeconds: number): void {
    while (this.#cuts.length > 0 && this.#cuts[0]!.timeSeconds <= timeSeconds) {
      this.engine.abort(this.#cuts.shift()!.id);
    }
  }

  /** Reads everything due before the given time: nothing moves between steps. */
  #sampleUntil(timeSeconds: number): void {
    const { sampleSeconds } = this.#options;
    while (this.samples.length < sampleSeconds.length && sampleSeconds[this.samples.length]! < timeSeconds) {
      const { gauges, ...counted } = this.engine.statistics;
      this.samples.push({
        timeSeconds: sampleSeconds[this.samples.length]!,
        ...gauges,
        steps: counted.histograms.iterationTokens.count,
        outputTokens: counted.outputTokens,
        promptTokens: counted.promptTokens,
        cachedPromptTokens: counted.cachedPromptTokens,
        preemptions: counted.preemptions,
      });
    }
  }
}

function samplesOf(request: ReplayRequest): EngineRequest[] {
  const group: RequestGroup = { n: request.n, remaining: request.n, longestOutputTokens: 0 };
  return Array.from({ length: request.n }, (_, sample) => {
    const id = `${request.id}/${sample}`;
    const base = hashOf(id);
    return {
      id,
      promptTokenIds: request.promptTokenIds,
      maxTokens: request.maxTokens,
      ...(request.stopAfterTokens === undefined ? {} : { stopAfterTokens: request.stopAfterTokens }),
      stopFoundLate: request.stopFoundLate ?? false,
      // What the model said is not known: ids that no prompt has.
      outputTokenId: (index) => base + index,
      arrivalSeconds: request.arrivalSeconds,
      group,
    };
  });
}

function hashOf(text: string): number {
  let hash = 1;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) >>> 0;
  }
  return 1_000_000 + hash * 4096;
}

/** When work that begins now and takes so long on a healthy machine ends on this one. */
export function endOfWork(startSeconds: number, workSeconds: number, slowdown: Slowdown | undefined): number {
  if (slowdown === undefined) return startSeconds + workSeconds;
  let timeSeconds = startSeconds;
  let left = workSeconds;
  const { untilSeconds, factors } = slowdown;
  for (let piece = firstAfter(untilSeconds, startSeconds); piece < untilSeconds.length; piece++) {
    const factor = factors[piece]!;
    const room = (untilSeconds[piece]! - timeSeconds) / factor;
    if (left <= room) return timeSeconds + left * factor;
    left -= room;
    timeSeconds = untilSeconds[piece]!;
  }
  return timeSeconds + left * (factors.at(-1) ?? 1);
}
