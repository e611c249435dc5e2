/**
 * A request inside the engine: how far it is computed and which blocks it holds.
 *
 * @module
 */
import { chainHash, chainStart } from "./blocks.ts";
import type { EngineRequest } from "./types.ts";

/** The engine's own record of a request. */
export class Sequence {
  /** Tokens whose keys and values are in the cache. */
  computedTokens = 0;
  outputTokens = 0;
  readonly blocks: number[] = [];
  /** How many of its blocks can be found by their content. */
  labelledBlocks = 0;
  /** Tokens given to the step under way. */
  scheduledTokens = 0;
  /** Draft tokens among them. */
  draftTokens = 0;
  preemptions = 0;
  /** Preemptions that no output has carried to the front end yet. */
  unreportedPreemptions = 0;
  cachedTokens = 0;
  aborted = false;
  /** It has ended, but the step already planned still holds its place. */
  leaving = false;
  /** It ended by a stop, which nobody can foresee, and not by its length. */
  stopped = false;
  queuedSeconds = NaN;
  scheduledSeconds = NaN;
  firstTokenSeconds = NaN;
  lastTokenSeconds = NaN;
  readonly #hashes: number[] = [];
  readonly #tokenAt: (index: number) => number;

  constructor(readonly request: EngineRequest) {
    const prompt = request.promptTokenIds;
    this.#tokenAt = (index) =>
      index < prompt.length ? prompt[index]! : request.outputTokenId(index - prompt.length);
  }

  get promptTokens(): number {
    return this.request.promptTokenIds.length;
  }

  /** Prompt and output so far. */
  get knownTokens(): number {
    return this.promptTokens + this.outputTokens;
  }

  /** True while more than the newest token has to be computed: the prompt, or everything after a preemption. */
  get isPrefill(): boolean {
    return this.computedTokens < this.knownTokens - 1 || this.outputTokens === 0;
  }

  /** The chained hash of its full block `index`. */
  blockHash(index: number, blockSize: number): number {
    for (let next = this.#hashes.length; next <= index; next++) {
      const parent = next === 0 ? chainStart(this.request.cacheSalt ?? 0) : this.#hashes[next - 1]!;
      this.#hashes.push(chainHash(parent, this.#tokenAt, next * blockSize, (next + 1) * blockSize));
    }
    return this.#hashes[index]!;
  }
}
