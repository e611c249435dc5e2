/**
 * `X_created` samples folded into the series whose birth they tell.
 *
 * @module
 */
import { checkArgument } from "../base/arguments.ts";
import { FAMILIES } from "./arguments.ts";
import type { Labels, MetricFamily, Sample } from "./types.ts";

const CREATED = "_created";

/**
 * Puts the values of `X_created` samples as `createdSeconds` on the samples of X with the same labels (`le` and
 * `quantile` apart) and takes them out, be they samples of the family itself (OpenMetrics) or a family of their own
 * (Prometheus text). A `_created` sample whose series is not there stays. Families are not changed; new ones are made.
 */
export function foldCreated(families: readonly MetricFamily[]): MetricFamily[] {
  checkArgument("foldCreated(parseExposition(text))", { families }, FAMILIES);
  const births = new Births(families);
  return families
    .map((family) => births.foldInto(family))
    .map((family) => births.takeOut(family))
    .filter((family) => family !== undefined);
}

/** Whether a type's series have births. */
export function hasBirths({ type }: MetricFamily): boolean {
  return type === "counter" || type === "histogram" || type === "summary";
}

/**
 * The name of the sample that tells a sample's birth: what the two begin with, and `_created`. Taken from the sample and
 * not from its family, whose colons it may have lost.
 */
export function birthName(family: MetricFamily, sample: Sample): string {
  const base = sample.name.slice(0, family.name.length);
  // In Prometheus text a counter's family has its `_total`, too.
  const isWhole = sample.name.length === family.name.length && family.type === "counter";
  return (isWhole ? base.replace(/_total$/, "") : base) + CREATED;
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
    if (!hasBirths(family) || this.#secondsByKey.size === 0) return family;
    return { ...family, samples: family.samples.map((sample) => this.#born(family, sample)) };
  }

  #born(family: MetricFamily, sample: Sample): Sample {
    const key = keyOf(birthName(family, sample), sample.labels);
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
  return JSON.stringify([name, pairs]);
}
