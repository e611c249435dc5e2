/**
 * `X_created` samples folded into the series whose birth they tell.
 *
 * @module
 */
import { nameWithoutColons } from "./names.ts";
import type { Labels, MetricFamily, Sample } from "./types.ts";

const CREATED = "_created";

/**
 * Puts the values of `X_created` samples as `createdSeconds` on the samples of X with the same labels (`le` and
 * `quantile` apart) and takes them out, be they samples of the family itself (OpenMetrics) or a family of their own
 * (Prometheus text). A `_created` sample whose series is not there stays. Families are not changed; new ones are made.
 */
export function foldCreated(families: readonly MetricFamily[]): MetricFamily[] {
  const births = new Births(families);
  return families
    .map((family) => births.foldInto(family))
    .map((family) => births.takeOut(family))
    .filter((family) => family !== undefined);
}

/** The name by which `_created` speaks of a family: a counter's without `_total`. Undefined where none does. */
function createdName(family: MetricFamily): string | undefined {
  switch (family.type) {
    case "counter":
      return family.name.replace(/_total$/, "") + CREATED;
    case "histogram":
    case "summary":
      return family.name + CREATED;
    default:
      return undefined;
  }
}

class Births {
  readonly #secondsByKey = new Map<string, number>();
  readonly #used = new Set<string>();

  constructor(families: readonly MetricFamily[]) {
    for (const { samples } of families) {
      for (const { name, labels, value } of samples) {
        if (name.endsWith(CREATED)) this.#secondsByKey.set(keyOf(name, labels), value);
      }
    }
  }

  foldInto(family: MetricFamily): MetricFamily {
    const name = createdName(family);
    if (name === undefined || this.#secondsByKey.size === 0) return family;
    return { ...family, samples: family.samples.map((sample) => this.#born(sample, name)) };
  }

  #born(sample: Sample, createdName: string): Sample {
    // OpenMetrics' family and a server that escapes names differ in their colons.
    const key = keyOf(createdName, sample.labels);
    const createdSeconds = sample.name.endsWith(CREATED) ? undefined : this.#secondsByKey.get(key);
    if (createdSeconds === undefined) return sample;
    this.#used.add(key);
    return { ...sample, createdSeconds };
  }

  /** The family without what was folded; undefined where nothing is left of it. */
  takeOut(family: MetricFamily): MetricFamily | undefined {
    const samples = family.samples.filter(({ name, labels }) =>
      !name.endsWith(CREATED) || !this.#used.has(keyOf(name, labels))
    );
    if (samples.length === family.samples.length) return family;
    return samples.length === 0 ? undefined : { ...family, samples };
  }
}

function keyOf(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).filter(([label]) => label !== "le" && label !== "quantile");
  pairs.sort(([a], [b]) => a < b ? -1 : 1);
  return JSON.stringify([nameWithoutColons(name), pairs]);
}
