/**
 * Which series a name and labels are, however they are spelled.
 *
 * @module
 */
import type { Labels } from "./types.ts";

/**
 * Keeps series in slots 0, 1, 2 …, each with an id that is never used again. The order of labels and the way they are
 * written do not matter.
 */
export class SeriesIndex {
  readonly #names: string[] = [];
  readonly #labels: Labels[] = [];
  readonly #slots = new Map<string, Map<number, number>>();
  /** Of label sets without a number. */
  readonly #odd = new Map<string, number>();
  #ids = new Uint32Array(256);
  #nextId: number;

  /** @param nextId the first id that it may give */
  constructor(nextId = 0) {
    this.#nextId = nextId;
  }

  /** How many series it has. */
  get size(): number {
    return this.#names.length;
  }

  /** Ids by slot; longer than {@link size}. */
  get ids(): Uint32Array {
    return this.#ids;
  }

  /** The id of a slot. */
  idOf(slot: number): number {
    return this.#ids[slot]!;
  }

  /**
   * The series' slot, or -1 when it is new.
   *
   * @param labelsId a number that stands for the labels however they are written, or -1 where there is none
   */
  find(name: string, labels: Labels, labelsId: number): number {
    if (labelsId < 0) return this.#odd.get(oddKey(name, labels)) ?? -1;
    return this.#slots.get(name)?.get(labelsId) ?? -1;
  }

  /** Adds a new series and gives its slot. */
  add(name: string, labels: Labels, labelsId: number): number {
    return this.#put(name, labels, labelsId, this.#nextId++);
  }

  /**
   * An index of some of its series, with their ids; slots are numbered in the order given.
   *
   * @param labelsIdOf the numbers that stand for labels from now on
   */
  keepOnly(slots: Iterable<number>, labelsIdOf: (labels: Labels) => number): SeriesIndex {
    const kept = new SeriesIndex(this.#nextId);
    for (const slot of slots) {
      const labels = this.#labels[slot]!;
      kept.#put(this.#names[slot]!, labels, labelsIdOf(labels), this.#ids[slot]!);
    }
    return kept;
  }

  #put(name: string, labels: Labels, labelsId: number, id: number): number {
    const slot = this.#names.length;
    if (labelsId < 0) this.#odd.set(oddKey(name, labels), slot);
    else {
      const slots = this.#slots.get(name);
      if (slots === undefined) this.#slots.set(name, new Map([[labelsId, slot]]));
      else slots.set(labelsId, slot);
    }
    this.#names.push(name);
    this.#labels.push(labels);
    if (slot === this.#ids.length) {
      const larger = new Uint32Array(slot * 2);
      larger.set(this.#ids);
      this.#ids = larger;
    }
    this.#ids[slot] = id;
    return slot;
  }
}

function oddKey(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1);
  return JSON.stringify([name, pairs]);
}
