/**
 * Several servers at once, made of one shipped run: what a live page's feed is measured on.
 *
 * @module
 */
import { openShippedData } from "../src/collector/shipped_data.ts";
import type { ReplaySink } from "../src/recording/replay.ts";
import { MemorySource } from "../src/series/memory_source.ts";
import type { Series, SeriesDefinition } from "../src/series/types.ts";

/** A source that grows by a scrape of each server at a time. */
export interface GrowingSource {
  readonly source: MemorySource;
  /** Adds one scrape of every server. */
  scrape(): void;
}

/**
 * Servers that all show what the shipped run shows, tick by tick, for as long as wanted: counters go on from where the
 * run ended.
 *
 * @param into takes the ticks in the place of the source: a recording's writer
 */
export async function growingSource(
  servers: number,
  intervalSeconds: number,
  into?: Pick<ReplaySink, "append" | "addFacts">,
): Promise<GrowingSource> {
  const shipped = await openShippedData("vllm-0.32.0-cpu");
  const span = await shipped.span();
  if (span === undefined) throw new RangeError("Cannot measure a feed: the shipped run is empty");
  const columns: Series[] = [];
  for (const meta of await shipped.describe()) {
    const names = meta.type === "histogram"
      ? ["_bucket", "_sum", "_count"].map((part) => meta.name + part)
      : [meta.name];
    for (const name of names) columns.push(...await shipped.select({ name }, span));
  }
  const [facts] = await shipped.facts();
  const ticks = Math.max(...columns.map(({ values }) => values.length));
  const full = columns.filter(({ values }) => values.length === ticks);
  const defined = full.map(({ name, labels, type, unit }, id): SeriesDefinition => ({
    id,
    name,
    labels,
    type,
    ...(unit === undefined ? {} : { unit }),
  }));
  const source = new MemorySource({ retentionSeconds: 24 * 3600 });
  const sink = into ?? source;
  const targets = Array.from({ length: servers }, (_, index) => `server-${index}`);
  if (facts !== undefined) {
    for (const target of targets) sink.addFacts({ ...facts, target, intervalSeconds });
  }
  const ids = full.map((_, id) => id);
  const START = 1795492800;
  let tick = 0;
  const scrape = () => {
    const round = Math.floor(tick / ticks);
    const values = full.map((column) => {
      const value = column.values[tick % ticks] ?? NaN;
      return column.type === "gauge" ? value : value + round * (column.values.at(-1) ?? 0);
    });
    targets.forEach((target, index) => {
      sink.append(target, START + tick * intervalSeconds + index / 100, {
        ids,
        values,
        defined: tick === 0 ? defined : [],
        vanishedIds: [],
        events: [],
      });
    });
    tick++;
  };
  return { source, scrape };
}
