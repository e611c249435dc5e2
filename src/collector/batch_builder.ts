/**
 * Builds a sampler's batches from values set by name and labels, and keeps the ids.
 *
 * @module
 */
import type { Unit } from "../catalog/types.ts";
import type { Labels, MetricType } from "../parser/types.ts";
import type { LabEvent, SampleBatch, SeriesDefinition, TargetFacts } from "../series/types.ts";

/** What is the same for all series of a name. */
export interface SeriesShape {
  readonly name: string;
  readonly type: MetricType;
  readonly unit?: Unit;
  readonly help: string;
}

/** What a batch carries beside its values. */
export interface BatchExtras {
  readonly events?: readonly LabEvent[];
  readonly facts?: TargetFacts | undefined;
  /** Instead of the builder's own, for this tick. */
  readonly untouched?: "end" | "stay";
}

/** A series' place in the batches of its builder, which keeps it up: whoever holds it is spared the search. */
export interface SeriesSlot {
  readonly shape: SeriesShape;
  readonly labels: Labels;
  /** Its id; -1 before its first value. */
  id: number;
  /** The tick of its last value. */
  setAt: number;
  /** False before its first value and after its end. */
  live: boolean;
}

const NONE = new Uint32Array(0);

/**
 * Gives each series its id at its first value. A series that a tick does not set either ends there ("end": the tick tells
 * everything there is) or stays as it is ("stay": some figures are read less often), until {@link end} says otherwise.
 */
export class BatchBuilder {
  readonly #untouched: "end" | "stay";
  readonly #byKey = new Map<string, SeriesSlot>();
  /** Those that have an id, in its order. */
  readonly #slots: SeriesSlot[] = [];
  #ended: SeriesSlot[] = [];
  #tick = 0;
  #defined: SeriesDefinition[] = [];
  #count = 0;
  #ids = new Uint32Array(64);
  #values = new Float64Array(64);

  constructor(options: { readonly untouched: "end" | "stay" }) {
    this.#untouched = options.untouched;
  }

  /** The place of a series; the same object for the same name and labels. */
  slot(shape: SeriesShape, labels: Labels): SeriesSlot {
    const key = seriesKey(shape.name, labels);
    let slot = this.#byKey.get(key);
    if (slot === undefined) {
      slot = { shape, labels, id: -1, setAt: -1, live: false };
      this.#byKey.set(key, slot);
    }
    return slot;
  }

  /** As {@link put}, for whoever does not keep the place. */
  set(shape: SeriesShape, labels: Labels, value: number | undefined): void {
    this.put(this.slot(shape, labels), value);
  }

  /**
   * Sets a value of this tick; `undefined`: the series has none now and ends here until it has one again.
   *
   * @throws RangeError when the series was set in this tick already
   */
  put(slot: SeriesSlot, value: number | undefined): void {
    if (value === undefined) {
      if (slot.live) this.#ended.push(slot);
      return;
    }
    if (slot.setAt === this.#tick) {
      throw new RangeError(`Cannot set ${slot.shape.name} ${JSON.stringify(slot.labels)} twice in a tick`);
    }
    if (slot.id < 0) this.#define(slot);
    slot.setAt = this.#tick;
    slot.live = true;
    if (this.#count === this.#ids.length) this.#grow();
    this.#ids[this.#count] = slot.id;
    this.#values[this.#count++] = value;
  }

  /** Ends all series whose labels pass the test: a device that is gone. */
  end(test: (labels: Labels) => boolean): void {
    for (const slot of this.#slots) if (slot.live && test(slot.labels)) this.#ended.push(slot);
  }

  /** Ends the tick. */
  build(extras: BatchExtras = {}): SampleBatch {
    const batch: SampleBatch = {
      ids: this.#ids.slice(0, this.#count),
      values: this.#values.slice(0, this.#count),
      defined: this.#defined,
      vanishedIds: this.#vanished(extras.untouched ?? this.#untouched),
      events: extras.events ?? [],
      ...(extras.facts === undefined ? {} : { facts: extras.facts }),
    };
    this.#tick++;
    this.#count = 0;
    if (this.#ended.length > 0) this.#ended = [];
    if (this.#defined.length > 0) this.#defined = [];
    return batch;
  }

  #vanished(untouched: "end" | "stay"): Uint32Array {
    const candidates = untouched === "stay" ? this.#ended : this.#slots;
    if (candidates.length === 0) return NONE;
    const vanished: number[] = [];
    for (const slot of candidates) {
      if (!slot.live || slot.setAt === this.#tick) continue;
      slot.live = false; // A series that was ended twice in a tick ends once.
      vanished.push(slot.id);
    }
    return vanished.length === 0 ? NONE : Uint32Array.from(vanished);
  }

  #define(slot: SeriesSlot): void {
    slot.id = this.#slots.length;
    this.#slots.push(slot);
    this.#defined.push({ id: slot.id, labels: slot.labels, ...slot.shape });
  }

  #grow(): void {
    const ids = new Uint32Array(2 * this.#ids.length);
    ids.set(this.#ids);
    this.#ids = ids;
    const values = new Float64Array(ids.length);
    values.set(this.#values);
    this.#values = values;
  }
}

function seriesKey(name: string, labels: Labels): string {
  let key = name;
  for (const label in labels) key += `\u0000${label}\u0001${labels[label]}`;
  return key;
}
