/**
 * Cumulative buckets of several histograms, added time by time.
 *
 * @module
 */
import type { Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { GridValues } from "./over_grid.ts";
import { CompensatedSum } from "./sums.ts";

/** A histogram over a grid: bucket b's result at time k stands in place b × count + k. */
export interface BucketGrid extends GridValues {
  readonly labels: Labels;
  readonly unit: Unit | undefined;
  /** Of each bucket its bound, and how its server spells it. */
  readonly bounds: readonly number[];
  readonly texts: readonly string[];
  /** Times of the grid. */
  readonly count: number;
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
    const [first] = members;
    if (first !== undefined && isAscending(first.bounds) && members.every((each) => haveSame(each, first))) {
      this.bounds = Float64Array.from(first.bounds);
      this.texts = first.texts;
      const inOrder = first.bounds.map((_, slot) => slot);
      this.#slots = members.map(() => inOrder);
    } else {
      const texts = new Map<number, string>();
      for (const member of members) {
        member.bounds.forEach((bound, b) => texts.has(bound) || texts.set(bound, member.texts[b]!));
      }
      this.bounds = Float64Array.from(texts.keys()).sort();
      this.texts = Array.from(this.bounds, (bound) => texts.get(bound)!);
      const slotOf = new Map(Array.from(this.bounds, (bound, slot) => [bound, slot]));
      this.#slots = members.map(({ bounds }) => bounds.map((bound) => slotOf.get(bound)!));
    }
    this.#members = members;
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
      const { bounds, count, values, present } = this.#members[m]!;
      const slots = this.#slots[m]!;
      let holds = false;
      for (let b = 0; b < bounds.length; b++) {
        const at = b * count + k;
        if (present[at] === 0) continue;
        holds = true;
        this.#add(slots[b]!, values[at]!, m);
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
    const bounds = new Float64Array(this.shared.length);
    for (let i = 0; i < bounds.length; i++) bounds[i] = this.bounds[this.shared[i]!]!;
    return bounds;
  }

  /** The cumulative counts at the shared bounds; a fresh copy. */
  sharedCounts(): Float64Array {
    const counts = new Float64Array(this.shared.length);
    for (let i = 0; i < counts.length; i++) {
      const { sum, compensation } = this.#sums[this.shared[i]!]!;
      counts[i] = sum + compensation;
    }
    return counts;
  }
}

function isAscending(bounds: readonly number[]): boolean {
  for (let i = 1; i < bounds.length; i++) if (!(bounds[i - 1]! < bounds[i]!)) return false;
  return true;
}

/** Nearly always: servers of one version have the same buckets in the same order. */
function haveSame({ bounds }: BucketGrid, other: BucketGrid): boolean {
  if (bounds.length !== other.bounds.length) return false;
  for (let i = 0; i < bounds.length; i++) if (bounds[i] !== other.bounds[i]) return false;
  return true;
}
