/**
 * Cumulative buckets of several histograms, added time by time.
 *
 * @module
 */
import type { Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { GridValues } from "./over_grid.ts";
import { CompensatedSum } from "./sums.ts";

/** One bucket over a grid. */
export interface BucketResult extends GridValues {
  readonly bound: number;
  /** The bound as its server spells it. */
  readonly le: string;
}

/** A histogram over a grid. */
export interface BucketGrid {
  readonly labels: Labels;
  readonly unit: Unit | undefined;
  readonly buckets: readonly BucketResult[];
}

/** Adds histograms on the bounds that all of them have at a time; only those bounds give exact counts. */
export class BucketMerger {
  /** All bounds, ascending, and how the first member that has each spells it. */
  readonly bounds: Float64Array;
  readonly texts: readonly string[];
  /** Indices into `bounds` that are shared at the current time, ascending. */
  readonly shared: number[] = [];
  /** True once bounds had to be left out. */
  differed = false;
  readonly #members: readonly BucketGrid[];
  readonly #slots: readonly (readonly number[])[];
  readonly #sums: readonly CompensatedSum[];
  readonly #holders: Int32Array;
  readonly #lastHolder: Int32Array;

  constructor(members: readonly BucketGrid[]) {
    const texts = new Map<number, string>();
    for (const { buckets } of members) {
      for (const { bound, le } of buckets) if (!texts.has(bound)) texts.set(bound, le);
    }
    this.bounds = Float64Array.from(texts.keys()).sort();
    this.texts = Array.from(this.bounds, (bound) => texts.get(bound)!);
    const slotOf = new Map(Array.from(this.bounds, (bound, slot) => [bound, slot]));
    this.#members = members;
    this.#slots = members.map(({ buckets }) => buckets.map(({ bound }) => slotOf.get(bound)!));
    this.#sums = Array.from(this.bounds, () => new CompensatedSum());
    this.#holders = new Int32Array(this.bounds.length);
    this.#lastHolder = new Int32Array(this.bounds.length);
  }

  /** Adds the members at index `k` of the grid; false when none has a result there. */
  mergeAt(k: number): boolean {
    this.#holders.fill(0);
    this.#lastHolder.fill(-1);
    let holders = 0;
    for (let m = 0; m < this.#members.length; m++) {
      const { buckets } = this.#members[m]!;
      let holds = false;
      for (let b = 0; b < buckets.length; b++) {
        const bucket = buckets[b]!;
        if (bucket.present[k] === 0) continue;
        holds = true;
        this.#add(this.#slots[m]![b]!, bucket.values[k]!, m);
      }
      if (holds) holders++;
    }
    this.shared.length = 0;
    for (let slot = 0; slot < this.#holders.length; slot++) {
      if (this.#holders[slot] === holders) this.shared.push(slot);
      else if (this.#holders[slot]! > 0) this.differed = true;
    }
    return holders > 0;
  }

  /** In order of the members, as the server adds; one that spells a bound in two ways has both added, as there. */
  #add(slot: number, value: number, member: number): void {
    const sum = this.#sums[slot]!;
    if (this.#holders[slot] === 0) {
      sum.sum = value;
      sum.compensation = 0;
    } else sum.add(value);
    if (this.#lastHolder[slot] === member) return;
    this.#lastHolder[slot] = member;
    this.#holders[slot]!++;
  }

  /** The shared bounds, ascending. */
  sharedBounds(): Float64Array {
    return Float64Array.from(this.shared, (slot) => this.bounds[slot]!);
  }

  /** The cumulative counts at the shared bounds; a fresh copy. */
  sharedCounts(): Float64Array {
    return Float64Array.from(this.shared, (slot) => this.#sums[slot]!.sum + this.#sums[slot]!.compensation);
  }
}
