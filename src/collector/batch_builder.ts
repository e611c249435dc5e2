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

/**
 * Gives each series its id at its first value. A series that a tick does not set either ends there ("end": the tick tells
 * everything there is) or stays as it is ("stay": some figures are read less often), until {@link end} says otherwise.
 */
export class BatchBuilder {
  readonly #untouched: "end" | "stay";
  readonly #idOf = new Map<string, number>();
  /** The same by identity: whoever keeps its label objects is spared the text. */
  readonly #quick = new Map<string, WeakMap<Labels, number>>();
  readonly #labelsOf: Labels[] = [];
  readonly #live = new Set<number>();
  readonly #set = new Set<number>();
  readonly #ended = new Set<number>();
  #defined: SeriesDefinition[] = [];
  #ids: number[] = [];
  #values: number[] = [];

  constructor(options: { readonly untouched: "end" | "stay" }) {
    this.#untouched = options.untouched;
  }

  /**
   * Sets a value of this tick; `undefined`: the series has none now and ends here until it has one again.
   *
   * @throws RangeError when the series was set in this tick already
   */
  set(shape: SeriesShape, labels: Labels, value: number | undefined): void {
    const known = this.#find(shape.name, labels);
    if (value === undefined) {
      if (known !== undefined) this.#ended.add(known);
      return;
    }
    const id = known ?? this.#define(shape, labels);
    if (this.#set.has(id)) {
      throw new RangeError(`Cannot set ${shape.name} ${JSON.stringify(labels)} twice in a tick`);
    }
    this.#set.add(id);
    this.#ids.push(id);
    this.#values.push(value);
  }

  /** Ends all series whose labels pass the test: a device that is gone. */
  end(test: (labels: Labels) => boolean): void {
    for (const id of this.#live) if (test(this.#labelsOf[id]!)) this.#ended.add(id);
  }

  /** Ends the tick. */
  build(extras: BatchExtras = {}): SampleBatch {
    const vanished = this.#vanished(extras.untouched ?? this.#untouched);
    const batch: SampleBatch = {
      ids: Uint32Array.from(this.#ids),
      values: Float64Array.from(this.#values),
      defined: this.#defined,
      vanishedIds: Uint32Array.from(vanished),
      events: extras.events ?? [],
      ...(extras.facts === undefined ? {} : { facts: extras.facts }),
    };
    for (const id of vanished) this.#live.delete(id);
    for (const id of this.#set) this.#live.add(id);
    this.#set.clear();
    this.#ended.clear();
    this.#defined = [];
    this.#ids = [];
    this.#values = [];
    return batch;
  }

  #vanished(untouched: "end" | "stay"): number[] {
    const vanished: number[] = [];
    if (untouched === "stay") {
      for (const id of this.#ended) if (this.#live.has(id) && !this.#set.has(id)) vanished.push(id);
    } else {
      for (const id of this.#live) if (!this.#set.has(id)) vanished.push(id);
    }
    return vanished;
  }

  #find(name: string, labels: Labels): number | undefined {
    const quick = this.#quick.get(name)?.get(labels);
    if (quick !== undefined) return quick;
    const id = this.#idOf.get(seriesKey(name, labels));
    if (id !== undefined) this.#remember(name, labels, id);
    return id;
  }

  #remember(name: string, labels: Labels, id: number): void {
    let byLabels = this.#quick.get(name);
    if (byLabels === undefined) this.#quick.set(name, byLabels = new WeakMap());
    byLabels.set(labels, id);
  }

  #define(shape: SeriesShape, labels: Labels): number {
    const id = this.#idOf.size;
    this.#idOf.set(seriesKey(shape.name, labels), id);
    this.#labelsOf.push(labels);
    this.#defined.push({ id, labels, ...shape });
    return id;
  }
}

function seriesKey(name: string, labels: Labels): string {
  let key = name;
  for (const label in labels) key += `\u0000${label}\u0001${labels[label]}`;
  return key;
}
