/**
 * Which requests a step serves and with how many tokens: first those running, then those waiting, both in order.
 *
 * @module
 */
import type { BlockPool } from "./blocks.ts";
import type { Sequence } from "./sequence.ts";
import type { EngineStatistics } from "./statistics.ts";
import type { EngineLimits, StepWork } from "./types.ts";

/** The queue, the batch and the rules between them. */
export class Scheduler {
  limits: EngineLimits;
  readonly waiting: Sequence[] = [];
  readonly running: Sequence[] = [];
  readonly #pool: BlockPool;
  readonly #statistics: EngineStatistics;
  #scheduled: Sequence[] = [];

  constructor(limits: EngineLimits, pool: BlockPool, statistics: EngineStatistics) {
    this.limits = limits;
    this.#pool = pool;
    this.#statistics = statistics;
  }

  /**
   * Plans a step.
   *
   * @param draftTokens how many tokens speculation adds for a decoding request
   * @returns the work, or undefined when no request gets a token
   */
  plan(timeSeconds: number, draftTokens: (sequence: Sequence) => number): StepWork | undefined {
    this.#scheduled = [];
    const spent = this.#planRunning(draftTokens);
    if (!spent.preempted) this.#admit(timeSeconds, spent.budget);
    const work = this.#scheduled.length === 0 ? undefined : workOf(this.#scheduled);
    // Requests that ended when this step was planned already have held their place in the plan: now they go.
    for (const sequence of this.running.filter((sequence) => sequence.leaving)) this.remove(sequence);
    return work;
  }

  /** Books the step's tokens as computed and returns the requests it served. */
  settle(): readonly Sequence[] {
    for (const sequence of this.#scheduled) {
      sequence.computedTokens += sequence.scheduledTokens - sequence.draftTokens;
      sequence.scheduledTokens = 0;
    }
    return this.#scheduled;
  }

  /** Takes a request out of wherever it is and frees its blocks. */
  remove(sequence: Sequence): void {
    for (const list of [this.running, this.waiting]) {
      const index = list.indexOf(sequence);
      if (index >= 0) list.splice(index, 1);
    }
    this.#freeBlocks(sequence);
  }

  #planRunning(draftTokens: (sequence: Sequence) => number): { budget: number; preempted: boolean } {
    const { maxBatchedTokens, longPrefillThresholdTokens } = this.limits;
    let budget = maxBatchedTokens;
    let preempted = false;
    for (let index = 0; index < this.running.length && budget > 0; index++) {
      const sequence = this.running[index]!;
      if (sequence.leaving) {
        budget -= this.#wasteOn(sequence);
        continue;
      }
      const drafts = draftTokens(sequence);
      let tokens = Math.min(sequence.knownTokens - sequence.computedTokens + drafts, budget);
      if (longPrefillThresholdTokens > 0 && this.running.length > 1) {
        tokens = Math.min(tokens, longPrefillThresholdTokens);
      }
      let fits = this.#reserve(sequence, tokens);
      while (!fits) {
        const victim = this.running.pop()!;
        preempted = this.#preempt(victim) || preempted;
        if (victim === sequence) break;
        fits = this.#reserve(sequence, tokens);
      }
      if (!fits) break;
      sequence.draftTokens = Math.min(drafts, tokens - 1);
      budget -= this.#schedule(sequence, tokens);
    }
    return { budget, preempted };
  }

  #admit(timeSeconds: number, budgetLeft: number): void {
    let budget = budgetLeft;
    const { maxNumSequences, longPrefillThresholdTokens } = this.limits;
    while (budget > 0 && this.waiting.length > 0 && this.running.length < maxNumSequences) {
      const sequence = this.waiting[0]!;
      const hits = this.#lookUp(sequence);
      const hitTokens = hits.length * this.limits.blockSizeTokens;
      let tokens = Math.min(sequence.knownTokens - hitTokens, budget);
      if (longPrefillThresholdTokens > 0) tokens = Math.min(tokens, longPrefillThresholdTokens);
      const admitted = this.#fits(sequence, hits, hitTokens + tokens);
      if (sequence.preemptions === 0 && (admitted || this.limits.countsEveryLookup)) {
        this.#statistics.prefixQueriedTokens += sequence.knownTokens;
        this.#statistics.prefixHitTokens += hitTokens;
      }
      if (!admitted) return;
      this.waiting.shift();
      for (const block of hits) this.#pool.share(block);
      sequence.blocks.push(...hits);
      sequence.labelledBlocks = hits.length;
      sequence.computedTokens = hitTokens;
      if (Number.isNaN(sequence.scheduledSeconds)) {
        sequence.scheduledSeconds = timeSeconds;
        sequence.cachedTokens = hitTokens;
      }
      this.running.push(sequence);
      sequence.draftTokens = 0;
      this.#reserve(sequence, tokens);
      budget -= this.#schedule(sequence, tokens);
    }
  }

  /** The blocks at the start of the request that are in the cache; at least one token stays to be computed. */
  #lookUp(sequence: Sequence): number[] {
    const { prefixCaching, blockSizeTokens } = this.limits;
    const hits: number[] = [];
    if (!prefixCaching) return hits;
    const most = Math.floor((sequence.knownTokens - 1) / blockSizeTokens);
    while (hits.length < most) {
      const block = this.#pool.find(sequence.blockHash(hits.length, blockSizeTokens));
      if (block === undefined) break;
      hits.push(block);
    }
    return hits;
  }

  /** True when the blocks that admission demands are free. A hit that nobody uses costs a free block too. */
  #fits(sequence: Sequence, hits: readonly number[], tokensNow: number): boolean {
    const { blockSizeTokens, reserveFullPrompt, watermarkRatio } = this.limits;
    const wanted = reserveFullPrompt ? sequence.knownTokens : tokensNow;
    const idleHits = hits.filter((block) => this.#pool.isFree(block)).length;
    const watermark = this.running.length > 0 ? Math.floor(watermarkRatio * this.#pool.blockCount) : 0;
    return Math.ceil(wanted / blockSizeTokens) - hits.length + watermark <= this.#pool.freeCount - idleHits;
  }

  /** Takes the blocks that the tokens need; false (and nothing taken) when too few are free. */
  #reserve(sequence: Sequence, tokens: number): boolean {
    const needed = Math.ceil((sequence.computedTokens + tokens) / this.limits.blockSizeTokens) -
      sequence.blocks.length;
    if (needed > this.#pool.freeCount) return false;
    for (let taken = 0; taken < needed; taken++) sequence.blocks.push(this.#pool.take());
    return true;
  }

  #schedule(sequence: Sequence, tokens: number): number {
    sequence.scheduledTokens = tokens;
    this.#scheduled.push(sequence);
    const { prefixCaching, blockSizeTokens } = this.limits;
    if (!prefixCaching) return tokens;
    // Blocks can be found as soon as they are scheduled, before the step has computed them.
    const full = Math.floor((sequence.computedTokens + tokens - sequence.draftTokens) / blockSizeTokens);
    for (let index = sequence.labelledBlocks; index < full; index++) {
      this.#pool.label(sequence.blocks[index]!, sequence.blockHash(index, blockSizeTokens));
    }
    sequence.labelledBlocks = Math.max(sequence.labelledBlocks, full);
    return tokens;
  }

  /** A stop that was found after this step had been planned: its token is computed for nothing. */
  #wasteOn(sequence: Sequence): number {
    if (!sequence.stopped) return 0;
    sequence.scheduledTokens = 1;
    sequence.draftTokens = 0;
    this.#scheduled.push(sequence);
    return 1;
  }

  /** Takes a request's blocks and puts it at the head of the queue; false when it was leaving anyway. */
  #preempt(victim: Sequence): boolean {
    this.#freeBlocks(victim);
    if (victim.leaving) return false;
    victim.computedTokens = 0;
    victim.preemptions++;
    victim.unreportedPreemptions++;
    this.waiting.unshift(victim);
    return true;
  }

  #freeBlocks(sequence: Sequence): void {
    this.#pool.release(sequence.blocks);
    sequence.blocks.length = 0;
    sequence.labelledBlocks = 0;
  }
}

function workOf(scheduled: readonly Sequence[]): StepWork {
  const work = {
    sequences: scheduled.length,
    prefillSequences: 0,
    tokens: 0,
    prefillTokens: 0,
    decodeContextTokens: 0,
    prefillContextTokens: 0,
    prefillAttention: 0,
  };
  for (const sequence of scheduled) {
    const tokens = sequence.scheduledTokens;
    const context = sequence.computedTokens + tokens;
    work.tokens += tokens;
    if (sequence.isPrefill) {
      work.prefillSequences++;
      work.prefillTokens += tokens;
      work.prefillContextTokens += context;
      work.prefillAttention += tokens * context;
    } else {
      work.decodeContextTokens += context;
    }
  }
  return work;
}
