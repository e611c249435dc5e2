/**
 * What a recording holds, without its points: targets, series and blocks.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { Unit } from "../catalog/types.ts";
import type { MetricType } from "../parser/types.ts";
import type { KnownSampler } from "../series/selection.ts";
import { familiesOf } from "../series/selection.ts";
import type { SeriesDefinition } from "../series/types.ts";
import { decodeDoubles, type RowContext, rowSum } from "./block_codec.ts";

/** A series of the file; the definition's id is that in the file. */
export interface CatalogSeries {
  readonly definition: SeriesDefinition;
  readonly target: CatalogTarget;
}

/** A target of the file. */
export interface CatalogTarget {
  readonly id: number;
  readonly name: string;
  readonly series: CatalogSeries[];
  /** By time, which is also by id. */
  readonly blocks: CatalogBlock[];
}

/** A block of the file. */
export interface CatalogBlock {
  readonly id: number;
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  readonly ticks: number;
  readonly samples: number;
}

/** Targets, series and blocks of a file, kept up to date by {@link load}. */
export class Catalog {
  readonly #db: DatabaseSync;
  readonly targets = new Map<number, CatalogTarget>();
  readonly byName = new Map<string, CatalogSeries[]>();
  /** True once two targets have a series of the same name: labels carry the target then. */
  sharedNames = false;
  /** Rows of series that are damaged. */
  damaged = 0;
  readonly #axes = new Map<number, Float64Array>();
  #lastSeries = 0;
  #known: KnownSampler[] | undefined;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.load();
  }

  /** Reads what is new. Blocks are read again as a whole: retention may have deleted some. */
  load(): void {
    for (const row of this.#db.prepare("SELECT id, name FROM target ORDER BY id").all()) {
      const id = Number(row.id);
      if (this.targets.has(id)) continue;
      this.targets.set(id, { id, name: String(row.name), series: [], blocks: [] });
    }
    const rows = this.#db.prepare("SELECT * FROM series WHERE id > ? ORDER BY id").all(this.#lastSeries);
    for (const row of rows) this.#addSeries(row);
    if (rows.length > 0) this.#known = undefined;
    for (const target of this.targets.values()) target.blocks.length = 0;
    const blocks = this.#db.prepare(
      "SELECT id, target, first_time, last_time, ticks, samples FROM block ORDER BY id",
    );
    for (const row of blocks.all()) {
      this.targets.get(Number(row.target))?.blocks.push({
        id: Number(row.id),
        firstSeconds: Number(row.first_time),
        lastSeconds: Number(row.last_time),
        ticks: Number(row.ticks),
        samples: Number(row.samples),
      });
    }
  }

  #addSeries(row: Record<string, unknown>): void {
    this.#lastSeries = Number(row.id);
    const target = this.targets.get(Number(row.target));
    if (target === undefined || !isWholeSeries(row)) {
      this.damaged++;
      return;
    }
    const definition = definitionOf(row);
    const series = { definition, target };
    target.series.push(series);
    const named = this.byName.get(definition.name);
    if (named === undefined) this.byName.set(definition.name, [series]);
    else {
      if (named[0]!.target !== target) this.sharedNames = true;
      named.push(series);
    }
  }

  /** Times of a block's ticks. @throws RangeError when they are damaged or missing */
  axis(block: number): Float64Array {
    let axis = this.#axes.get(block);
    if (axis === undefined) {
      const row = this.#db.prepare("SELECT * FROM block WHERE id = ?").get(block);
      if (row === undefined) throw new RangeError(`Cannot read block ${block}: it is missing`);
      this.#axes.set(block, axis = decodeDoubles(row.axis as Uint8Array, blockContext(row)));
    }
    return axis;
  }

  /** Every target with its families, for the catalog of quantities. */
  knownSamplers(): readonly KnownSampler[] {
    this.#known ??= [...this.targets.values()].map(({ name, series }) => ({
      id: name,
      metas: familiesOf(series.map(({ definition }) => definition)),
    }));
    return this.#known;
  }
}

/** A row of the table `series` as a definition; its id is that in the file. */
export function definitionOf(row: Record<string, unknown>): SeriesDefinition {
  return {
    id: Number(row.id),
    name: String(row.name),
    labels: JSON.parse(String(row.labels)) as Record<string, string>,
    type: String(row.type) as MetricType,
    ...(row.help === null ? {} : { help: String(row.help) }),
    ...(row.unit === null ? {} : { unit: String(row.unit) as Unit }),
  };
}

/** True where a row of the table `series` is as it was written. */
export function isWholeSeries(
  { id, target, name, labels, type, help, unit, crc }: Record<string, unknown>,
): boolean {
  return rowSum([id, target, name, labels, type, help, unit] as RowContext) === crc;
}

/** What the checksum of a block's axis takes in of its row. */
export function blockContext(row: Record<string, unknown>): RowContext {
  return ["target", "first_time", "last_time", "ticks", "chunks", "samples"].map((column) =>
    Number(row[column])
  );
}
