/**
 * KV blocks: who uses them, which are free and in what order they are taken, and what can be found in them again.
 * Rules as in vLLM's block pool: a freed block keeps its content until it is taken from the front of the free queue.
 *
 * @module
 */

const NO_HASH = -1;

/** A pool of KV blocks with a free queue and a table of contents. Block 0 is never used. */
export class BlockPool {
  readonly blockCount: number;
  readonly #users: Int32Array;
  readonly #hashes: Float64Array;
  /** The free queue as a ring of links through block 0. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #byHash = new Map<number, number[]>();
  #freeCount: number;

  /** @throws RangeError when there is no block to use (`blockCount` below 2) */
  constructor(blockCount: number) {
    if (!Number.isInteger(blockCount) || blockCount < 2) {
      throw new RangeError(
        `Cannot make a block pool: block count ${blockCount}, wanted a whole number from 2 on`,
      );
    }
    this.blockCount = blockCount;
    this.#users = new Int32Array(blockCount);
    this.#hashes = new Float64Array(blockCount).fill(NO_HASH);
    this.#next = Int32Array.from({ length: blockCount }, (_, block) => (block + 1) % blockCount);
    this.#previous = Int32Array.from(
      { length: blockCount },
      (_, block) => (block + blockCount - 1) % blockCount,
    );
    this.#freeCount = blockCount - 1;
  }

  /** Blocks without a user, cached content or not. */
  get freeCount(): number {
    return this.#freeCount;
  }

  /** Share of usable blocks that are in use, 0 to 1. */
  get usageRatio(): number {
    return 1 - this.#freeCount / (this.blockCount - 1);
  }

  /** True when nobody uses the block. */
  isFree(block: number): boolean {
    return this.#users[block] === 0;
  }

  /**
   * Takes the block that has been free longest and drops what it held.
   *
   * @throws RangeError when none is free: callers ask {@link freeCount} first
   */
  take(): number {
    const block = this.#next[0]!;
    if (block === 0) throw new RangeError("Cannot take a block: 0 are free, wanted at least 1");
    this.#unlink(block);
    this.#forget(block);
    this.#users[block] = 1;
    return block;
  }

  /** A block that holds this content, or undefined. */
  find(hash: number): number | undefined {
    return this.#byHash.get(hash)?.[0];
  }

  /** One more user of a block whose content was found. */
  share(block: number): void {
    if (this.#users[block] === 0) this.#unlink(block);
    this.#users[block]!++;
  }

  /** Says what a block in use holds from now on. A second call for the same block changes nothing. */
  label(block: number, hash: number): void {
    if (this.#hashes[block] !== NO_HASH) return;
    this.#hashes[block] = hash;
    const same = this.#byHash.get(hash);
    if (same === undefined) this.#byHash.set(hash, [block]);
    else same.push(block);
  }

  /**
   * Gives up a request's blocks, the last of them first, so that the start of a prompt stays findable longest.
   * Labelled blocks go to the end of the free queue, others to its front.
   */
  release(blocks: readonly number[]): void {
    for (let index = blocks.length - 1; index >= 0; index--) {
      const block = blocks[index]!;
      if (--this.#users[block]! > 0) continue;
      if (this.#hashes[block] === NO_HASH) this.#link(block, 0, this.#next[0]!);
      else this.#link(block, this.#previous[0]!, 0);
    }
  }

  /** Forgets all contents; users keep their blocks. */
  forgetAll(): void {
    this.#byHash.clear();
    this.#hashes.fill(NO_HASH);
  }

  #forget(block: number): void {
    const hash = this.#hashes[block]!;
    if (hash === NO_HASH) return;
    this.#hashes[block] = NO_HASH;
    const same = this.#byHash.get(hash)!;
    if (same.length === 1) this.#byHash.delete(hash);
    else same.splice(same.indexOf(block), 1);
  }

  #unlink(block: number): void {
    const before = this.#previous[block]!;
    const after = this.#next[block]!;
    this.#next[before] = after;
    this.#previous[after] = before;
    this.#freeCount--;
  }

  #link(block: number, before: number, after: number): void {
    this.#next[before] = block;
    this.#previous[block] = before;
    this.#next[block] = after;
    this.#previous[after] = block;
    this.#freeCount++;
  }
}

/** The hash of "nothing before": where a chain starts. Salts give chains of their own. */
export function chainStart(salt: number): number {
  return mixed(salt >>> 0, 0x51ed270b);
}

/**
 * The hash of a block's content and all that comes before it: equal hashes mean equal prefixes (53 bits, so that a
 * chance hit within a run is out of the question).
 */
export function chainHash(
  parent: number,
  tokenAt: (index: number) => number,
  start: number,
  end: number,
): number {
  let low = parent >>> 0;
  let high = Math.floor(parent / 4294967296) ^ 0x9e3779b9;
  for (let index = start; index < end; index++) {
    const token = tokenAt(index);
    low = Math.imul(low ^ token, 0x85ebca6b);
    low ^= low >>> 15;
    high = Math.imul(high + token, 0xc2b2ae35);
    high ^= high >>> 13;
  }
  return mixed(low, high);
}

function mixed(low: number, high: number): number {
  let a = Math.imul(low ^ (low >>> 16), 0x7feb352d);
  a ^= a >>> 15;
  let b = Math.imul(high ^ (high >>> 16) ^ a, 0x846ca68b);
  b ^= b >>> 13;
  return (b & 0x1fffff) * 4294967296 + (a >>> 0);
}
