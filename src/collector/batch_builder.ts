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
}

/** Gives each series its id at its first value, and finds those that a tick left out. */
export class BatchBuilder {
  readonly #idOf = new Map<string, number>();
  #defined: SeriesDefinition[] = [];
  #present = new Set<number>();
  #before = new Set<number>();
  #ids: number[] = [];
  #values: number[] = [];

  /** Sets a value of this tick. `undefined` means absent: no point, and the series ends here until it has a value again. */
  set(shape: SeriesShape, labels: Labels, value: number | undefined): void {
    if (value === undefined) return;
    const key = seriesKey(shape.name, labels);
    let id = this.#idOf.get(key);
    if (id === undefined) {
      id = this.#idOf.size;
      this.#idOf.set(key, id);
      this.#defined.push({ id, labels, ...shape });
    }
    if (this.#present.has(id)) {
      throw new RangeError(`Cannot set ${shape.name} ${JSON.stringify(labels)} twice in a tick`);
    }
    this.#present.add(id);
    this.#ids.push(id);
    this.#values.push(value);
  }

  /** Ends the tick. */
  build(extras: BatchExtras = {}): SampleBatch {
    const vanished = [...this.#before].filter((id) => !this.#present.has(id));
    const batch: SampleBatch = {
      ids: Uint32Array.from(this.#ids),
      values: Float64Array.from(this.#values),
      defined: this.#defined,
      vanishedIds: Uint32Array.from(vanished),
      events: extras.events ?? [],
      ...(extras.facts === undefined ? {} : { facts: extras.facts }),
    };
    this.#before = this.#present;
    this.#present = new Set();
    this.#defined = [];
    this.#ids = [];
    this.#values = [];
    return batch;
  }
}

function seriesKey(name: string, labels: Labels): string {
  let key = name;
  for (const label in labels) key += `\u0000${label}\u0001${labels[label]}`;
  return key;
}
