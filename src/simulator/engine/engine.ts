/**
 * One engine: the scheduler of vLLM V1 as a discrete-event model. It owns no clock: whoever runs it says when a step
 * begins, waits for its duration and says when it ends.
 *
 * @module
 */
import { type Random, standardNormal } from "../../base/random.ts";
import { BlockPool } from "./blocks.ts";
import { Scheduler } from "./scheduler.ts";
import { Sequence } from "./sequence.ts";
import { emptyStatistics, type EngineHistogramName, type EngineStatistics } from "./statistics.ts";
import { HEALTHY, type StepConditions, stepSeconds, type StepTime } from "./step_time.ts";
import type { EngineLimits, EngineRequest, FinishReason, StepOutput, StepPlan } from "./types.ts";

/** How steps of equal work differ: log-normal with mean 1, and now and then a stall. */
export interface StepJitter {
  /** Standard deviation of the factor's logarithm; 0: steps of equal work take equal time. */
  readonly sigma: number;
  /** Share of steps that stall, 0 to 1. */
  readonly stallProbability: number;
  /** A stalled step takes this many times as long. */
  readonly stallFactor: number;
}

/** What an engine is made with. */
export interface EngineOptions {
  readonly limits: EngineLimits;
  readonly stepTime: StepTime;
  readonly jitter?: StepJitter;
  /** Used for jitter and for which drafts are accepted. */
  readonly random: Random;
  /** Bounds of its histograms; default none (sums and counts only). */
  readonly boundsOf?: (name: EngineHistogramName) => readonly number[];
}

/** A simulated engine core with its statistics. */
export class Engine {
  readonly statistics: EngineStatistics;
  /** What incidents change while it runs. */
  conditions: StepConditions = HEALTHY;
  readonly #options: EngineOptions;
  readonly #pool: BlockPool;
  readonly #scheduler: Scheduler;
  readonly #sequences = new Map<string, Sequence>();
  #incoming: Sequence[] = [];
  #aborts: Sequence[] = [];
  #plan: StepPlan | undefined;
  /** Something changed without a step (an abort): gauges are due. */
  #gaugesDue = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.statistics = emptyStatistics(options.boundsOf ?? (() => []));
    this.#pool = new BlockPool(options.limits.blockCount);
    this.#scheduler = new Scheduler(options.limits, this.#pool, this.statistics);
  }

  /** Its limits as they stand; incidents change some of them. */
  get limits(): EngineLimits {
    return this.#scheduler.limits;
  }

  /** Changes limits of the scheduler from the next step on. The number and size of blocks stay as they are. */
  changeLimits(limits: Partial<Omit<EngineLimits, "blockCount" | "blockSizeTokens">>): void {
    this.#scheduler.limits = { ...this.#scheduler.limits, ...limits };
  }

  /** Requests submitted and not yet ended. */
  get unfinished(): number {
    return this.#sequences.size;
  }

  /** Prompt tokens of requests that have no output yet, which admission control looks at. */
  get tokensInPrefill(): number {
    let tokens = 0;
    for (const sequence of this.#sequences.values()) {
      if (sequence.outputTokens === 0) tokens += sequence.promptTokens;
    }
    return tokens;
  }

  /** Blocks without a user; equals {@link usableBlocks} when nothing leaks and nothing runs. */
  get freeBlocks(): number {
    return this.#pool.freeCount;
  }

  /** Blocks that requests can use. */
  get usableBlocks(): number {
    return this.#pool.blockCount - 1;
  }

  /** Requests in the batch now, not as of the last step's end. */
  get running(): number {
    return this.#scheduler.running.length;
  }

  /** Requests in the queue now. */
  get waiting(): number {
    return this.#scheduler.waiting.length;
  }

  /** True when {@link begin} has something to do, now or at {@link nextArrivalSeconds}. */
  get hasWork(): boolean {
    return this.#sequences.size > 0 || this.#gaugesDue || this.#scheduler.running.length > 0;
  }

  /** The step under way. */
  get stepUnderWay(): StepPlan | undefined {
    return this.#plan;
  }

  /** When the earliest request arrives that no step has seen yet; undefined where there is none. */
  get nextArrivalSeconds(): number | undefined {
    return this.#incoming[0]?.queuedSeconds;
  }

  /**
   * Hands over a request. A step that has begun does not see it.
   *
   * @param timeSeconds when it reaches the engine; may lie ahead
   * @throws RangeError when it can never fit: prompt and output above the model's length or the cache
   */
  submit(request: EngineRequest, timeSeconds: number): void {
    const { maxModelLength, blockSizeTokens } = this.limits;
    const longest = request.promptTokenIds.length + request.maxTokens;
    const capacity = Math.min(maxModelLength, this.usableBlocks * blockSizeTokens);
    if (request.promptTokenIds.length < 1 || request.maxTokens < 1 || longest > capacity) {
      throw new RangeError(
        `Cannot submit request ${request.id}: ${request.promptTokenIds.length} prompt and ${request.maxTokens} output tokens, wanted at least 1 of each and at most ${capacity}`,
      );
    }
    if (this.#sequences.has(request.id)) {
      throw new RangeError(`Cannot submit request ${request.id}: it is known already, wanted a new id`);
    }
    const sequence = new Sequence(request);
    sequence.queuedSeconds = timeSeconds;
    this.#sequences.set(request.id, sequence);
    const later = this.#incoming.findLastIndex((other) => other.queuedSeconds <= timeSeconds);
    this.#incoming.splice(later + 1, 0, sequence);
  }

  /** Cuts a request; its blocks are free when the step under way has ended. Unknown or ended: nothing happens. */
  abort(id: string): void {
    const sequence = this.#sequences.get(id);
    if (sequence === undefined || sequence.aborted) return;
    sequence.aborted = true;
    this.#sequences.delete(id);
    this.#aborts.push(sequence);
    this.statistics.aborted++;
    this.#gaugesDue = true;
  }

  /** Forgets what the prefix cache holds. */
  resetPrefixCache(): void {
    this.#pool.forgetAll();
  }

  /**
   * Begins a step with all that has arrived by now.
   *
   * @returns undefined when there is nothing to compute; the gauges are brought up to date then
   * @throws RangeError while a step is under way
   */
  begin(timeSeconds: number): StepPlan | undefined {
    if (this.#plan !== undefined) throw new RangeError("Cannot begin a step: one is under way, wanted none");
    this.#takeIn(timeSeconds);
    const work = this.#scheduler.plan(timeSeconds, (sequence) => this.#draftTokens(sequence));
    if (work === undefined) {
      this.#setGauges();
      return undefined;
    }
    const durationSeconds = stepSeconds(this.#options.stepTime, work, this.conditions) * this.#jitter();
    this.#plan = { startSeconds: timeSeconds, durationSeconds, work };
    return this.#plan;
  }

  /**
   * Ends the step under way: tokens come out, ended requests leave, statistics move.
   *
   * @throws RangeError when none is under way
   */
  complete(timeSeconds: number): StepOutput[] {
    const plan = this.#plan;
    if (plan === undefined) throw new RangeError("Cannot complete a step: none is under way, wanted one");
    this.#plan = undefined;
    this.statistics.steps++;
    this.statistics.busySeconds += timeSeconds - plan.startSeconds;
    const outputs: StepOutput[] = [];
    let computedPromptTokens = 0;
    let newTokens = 0;
    for (const sequence of this.#scheduler.settle()) {
      if (sequence.aborted) continue;
      const output = this.#advance(sequence, timeSeconds);
      if (output === undefined) continue;
      outputs.push(output);
      newTokens += output.tokens;
      if (output.firstIndex === 0) computedPromptTokens += sequence.promptTokens - sequence.cachedTokens;
    }
    if (outputs.length > 0) {
      this.statistics.histograms.iterationTokens.observe(computedPromptTokens + newTokens);
    }
    this.#setGauges();
    return outputs;
  }

  #takeIn(timeSeconds: number): void {
    for (const sequence of this.#aborts) this.#scheduler.remove(sequence);
    this.#aborts = [];
    let taken = 0;
    for (const sequence of this.#incoming) {
      if (sequence.queuedSeconds > timeSeconds) break;
      taken++;
      if (sequence.aborted) continue;
      sequence.queuedSeconds = timeSeconds;
      this.#scheduler.waiting.push(sequence);
    }
    this.#incoming.splice(0, taken);
  }

  /** Gives a sequence whose known tokens are all computed its next ones. */
  #advance(sequence: Sequence, timeSeconds: number): StepOutput | undefined {
    if (sequence.leaving || sequence.computedTokens < sequence.knownTokens) return undefined;
    const { request } = sequence;
    const firstIndex = sequence.outputTokens;
    const end = Math.min(request.stopAfterTokens ?? Infinity, request.maxTokens);
    const tokens = Math.min(1 + this.#accepted(sequence), end - firstIndex);
    sequence.outputTokens += tokens;
    sequence.computedTokens += tokens - 1;
    this.#count(sequence, tokens, timeSeconds);
    const output = { request, firstIndex, tokens, cachedTokens: sequence.cachedTokens };
    if (sequence.outputTokens < end) return output;
    const finishReason: FinishReason = request.stopAfterTokens === end ? "stop" : "length";
    this.#finish(sequence, finishReason);
    return { ...output, finishReason };
  }

  #count(sequence: Sequence, tokens: number, timeSeconds: number): void {
    const { statistics } = this;
    const isAgainFirst = this.limits.countsAsV0 && sequence.unreportedPreemptions > 0;
    if (sequence.outputTokens === tokens || isAgainFirst) {
      statistics.promptTokens += sequence.promptTokens;
      statistics.cachedPromptTokens += sequence.cachedTokens;
      statistics.histograms.timeToFirstToken.observe(timeSeconds - sequence.request.arrivalSeconds);
      if (!isAgainFirst) sequence.firstTokenSeconds = timeSeconds;
    } else {
      statistics.histograms.interTokenLatency.observe(timeSeconds - sequence.lastTokenSeconds);
    }
    sequence.lastTokenSeconds = timeSeconds;
    statistics.outputTokens += tokens;
    // The engine core tells the front end of preemptions together with the request's next output.
    statistics.preemptions += sequence.unreportedPreemptions;
    sequence.unreportedPreemptions = 0;
  }

  #finish(sequence: Sequence, reason: FinishReason): void {
    const { statistics: { histograms, finished }, limits } = this;
    const { request } = sequence;
    finished[reason]++;
    const inference = sequence.lastTokenSeconds - sequence.scheduledSeconds;
    const prefill = sequence.firstTokenSeconds - sequence.scheduledSeconds;
    const decode = sequence.lastTokenSeconds - sequence.firstTokenSeconds;
    histograms.e2e.observe(sequence.lastTokenSeconds - request.arrivalSeconds);
    histograms.queue.observe(sequence.scheduledSeconds - sequence.queuedSeconds);
    histograms.prefill.observe(prefill);
    histograms.decode.observe(decode);
    histograms.inference.observe(inference);
    histograms.timePerOutputToken.observe(
      sequence.outputTokens > 1 ? decode / (sequence.outputTokens - 1) : 0,
    );
    histograms.promptTokens.observe(sequence.promptTokens);
    histograms.outputTokens.observe(sequence.outputTokens);
    histograms.maxTokens.observe(request.askedMaxTokens ?? request.maxTokens);
    histograms.preemptions.observe(sequence.preemptions);
    histograms.computedPromptTokens.observe(sequence.promptTokens - sequence.cachedTokens);
    const { group } = request;
    group.longestOutputTokens = Math.max(group.longestOutputTokens, sequence.outputTokens);
    if (--group.remaining === 0) {
      histograms.samples.observe(group.n);
      histograms.longestOutputTokens.observe(group.longestOutputTokens);
    }
    this.#sequences.delete(request.id);
    const late = limits.asyncScheduling || (reason === "stop" && request.stopFoundLate === true);
    sequence.stopped = reason === "stop";
    if (late) sequence.leaving = true;
    else this.#scheduler.remove(sequence);
    this.#gaugesDue = true;
  }

  #setGauges(): void {
    const { gauges } = this.statistics;
    gauges.running = this.#scheduler.running.filter((sequence) => !sequence.leaving).length;
    gauges.waiting = this.#scheduler.waiting.length;
    const { blockCount } = this.#pool;
    gauges.kvUsageRatio = this.limits.countsBlockZero
      ? 1 - this.#pool.freeCount / blockCount
      : this.#pool.usageRatio;
    this.#gaugesDue = this.#aborts.length > 0;
  }

  #draftTokens(sequence: Sequence): number {
    const speculation = this.limits.speculation;
    if (speculation === undefined || sequence.isPrefill || sequence.leaving) return 0;
    return Math.min(speculation.draftTokens, sequence.request.maxTokens - sequence.outputTokens - 1);
  }

  #accepted(sequence: Sequence): number {
    const { speculation } = this.limits;
    if (speculation === undefined || sequence.draftTokens === 0) return 0;
    let accepted = 0;
    while (accepted < sequence.draftTokens && this.#options.random.next() < speculation.acceptanceRatio) {
      accepted++;
    }
    const { drafts } = this.statistics;
    drafts.steps++;
    drafts.tokens += sequence.draftTokens;
    drafts.accepted += accepted;
    for (let position = 0; position < accepted; position++) {
      drafts.acceptedAt[position] = (drafts.acceptedAt[position] ?? 0) + 1;
    }
    return accepted;
  }

  #jitter(): number {
    const { jitter, random } = this.#options;
    if (jitter === undefined) return 1;
    const factor = Math.exp(jitter.sigma * standardNormal(random) - jitter.sigma ** 2 / 2);
    return jitter.stallProbability > 0 && random.next() < jitter.stallProbability
      ? factor * jitter.stallFactor
      : factor;
  }
}
