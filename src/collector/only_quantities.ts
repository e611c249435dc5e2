/**
 * A sampler that passes on the series of some quantities only.
 *
 * @module
 */
import { resolveAll } from "../catalog/resolve.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { MetricMeta } from "../parser/types.ts";
import type { SampleBatch, Sampler, SeriesDefinition } from "../series/types.ts";

/** Series that are kept besides: without them a restart could not be told. */
const ALWAYS: readonly QuantityName[] = ["process_start_time"];

/**
 * Wraps a sampler. The scrape's own series (`lab_scrape_…`) and what tells a restart stay; everything else that is not
 * asked for is dropped before it is stored.
 */
export function onlyQuantities(sampler: Sampler, quantities: readonly QuantityName[]): Sampler {
  const known = new Map<string, MetricMeta>();
  const seen: SeriesDefinition[] = [];
  const told = new Set<number>();
  let kept = new Set<number>();

  function learn(defined: readonly SeriesDefinition[]): void {
    for (const definition of defined) {
      const { name, type, help = "" } = definition;
      known.set(name, { name, type, help });
      seen.push(definition);
    }
    // Every name: after an upgrade, or back from one, the server shows the quantity under another.
    const resolved = [...ALWAYS, ...quantities].flatMap((quantity) => resolveAll(known.values(), quantity));
    const names = new Set(resolved.flatMap(({ name }) => partsOf(name)));
    kept = new Set(
      seen.filter(({ name }) => name.startsWith("lab_scrape_") || names.has(name)).map(({ id }) => id),
    );
  }

  function filter(batch: SampleBatch): SampleBatch {
    if (batch.defined.length > 0) learn(batch.defined);
    const at: number[] = [];
    for (let i = 0; i < batch.ids.length; i++) if (kept.has(batch.ids[i]!)) at.push(i);
    const pick = (column: ArrayLike<number>) => Float64Array.from(at, (i) => column[i]!);
    // A name can come to be wanted after its series were defined: what was not told yet is told now.
    const defined = seen.filter(({ id }) => kept.has(id) && !told.has(id));
    for (const { id } of defined) told.add(id);
    return {
      ...batch,
      ids: Uint32Array.from(at, (i) => batch.ids[i]!),
      values: pick(batch.values),
      ...(batch.timestampsSeconds === undefined ? {} : { timestampsSeconds: pick(batch.timestampsSeconds) }),
      defined,
      vanishedIds: Array.from(batch.vanishedIds).filter((id) => told.has(id)),
      ...(batch.begunIds === undefined
        ? {}
        : { begunIds: Array.from(batch.begunIds).filter((id) => told.has(id)) }),
    };
  }

  return {
    id: sampler.id,
    intervalSeconds: sampler.intervalSeconds,
    ...(sampler.facts === undefined ? {} : { facts: sampler.facts }),
    sample: async (timeSeconds, signal) => filter(await sampler.sample(timeSeconds, signal)),
    [Symbol.asyncDispose]: async () => await sampler[Symbol.asyncDispose]?.(),
  };
}

/** The sample names of a family; those that it does not have match nothing. Creation times tell resets. */
function partsOf(name: string): string[] {
  const base = name.replace(/_total$/, "");
  return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`, `${name}_created`, `${base}_created`];
}
