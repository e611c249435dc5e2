/**
 * Saves what is whole of a truncated or damaged recording into a new file, and says what was lost.
 *
 * @module
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { decodeBlockColumn, decodeDoubles, decodeTick } from "./block_codec.ts";
import { isLocked } from "./lock.ts";
import { packLooseTicks } from "./resume.ts";
import {
  type DamagedFile,
  openDamaged,
  type SalvagedRow,
  type SalvagedTable,
  salvageTable,
} from "./salvage.ts";
import { checkVersion, giveBackPages, migrate } from "./schema.ts";
import { Statements } from "./statements.ts";

/** A stretch of time of which something is lost. */
export interface LostSpan {
  readonly target: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Series that are missing there; all of them when nothing of the stretch is left. */
  readonly lostSeries: number | "all";
}

/** What a repair saved and what it could not. Losses that leave no trace at the file's end are told by `missingBytes`. */
export interface RepairReport {
  readonly kept: {
    readonly samples: number;
    readonly chunks: number;
    readonly ticks: number;
    readonly events: number;
    readonly requests: number;
    readonly scrapes: number;
  };
  readonly lost: {
    /** Series of blocks: rows that are gone, or whose checksum is wrong. */
    readonly chunks: number;
    /** Whole blocks, and ticks that stood alone. */
    readonly blocks: number;
    readonly ticks: number;
    readonly events: number;
    readonly requests: number;
    readonly scrapes: number;
    /** Series whose name and labels are gone; their points cannot be told from others'. */
    readonly series: number;
  };
  /** Stretches with losses, by target and time. */
  readonly spans: readonly LostSpan[];
  /** Bytes at the end that the file should have and has not. */
  readonly missingBytes: number;
}

const PLAIN_TABLES = ["event", "request", "scrape"] as const;

/**
 * Repairs a recording into a new file. The damaged one stays as it is.
 *
 * @throws Error when a writer holds the file, or there is a file at `toPath` already
 * @throws RangeError when nothing can be read: the first page is damaged, or it is no recording
 */
export function repairRecording(path: string, toPath: string): RepairReport {
  if (isLocked(path)) {
    throw new Error(`Cannot repair ${path}: a writer holds it, wanted a file without a writer`);
  }
  const source = openDamaged(path);
  try {
    checkVersion(source.db, path);
    Deno.openSync(toPath, { createNew: true, write: true }).close();
    const target = new DatabaseSync(toPath);
    try {
      target.exec("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = DELETE");
      migrate(target, toPath);
      const report = new Repair(source, target).run();
      packLooseTicks(target, new Statements(target));
      giveBackPages(target);
      return report;
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

class Repair {
  readonly #source: DamagedFile;
  readonly #db: DatabaseSync;
  readonly #spans: LostSpan[] = [];
  readonly #kept = { samples: 0, chunks: 0, ticks: 0, events: 0, requests: 0, scrapes: 0 };
  readonly #lost = { chunks: 0, blocks: 0, ticks: 0, events: 0, requests: 0, scrapes: 0, series: 0 };

  constructor(source: DamagedFile, db: DatabaseSync) {
    this.#source = source;
    this.#db = db;
  }

  run(): RepairReport {
    this.#db.exec("BEGIN");
    const targets = this.#copy("target", salvageTable(this.#source.db, "target"));
    const series = this.#copy("series", salvageTable(this.#source.db, "series"));
    this.#restoreTargets(targets, series);
    this.#blocks(new Map(series.map((row) => [Number(row.id), Number(row.target)])));
    this.#ticks();
    for (const table of PLAIN_TABLES) {
      const found = salvageTable(this.#source.db, table, table === "request" ? "row" : "id");
      const rows = found.rows.filter((row) =>
        table !== "request" || isWhole(() => decodeDoubles(blob(row.chunk_times)))
      );
      this.#copy(table, { ...found, rows });
      this.#kept[`${table}s`] += rows.length;
      this.#lost[`${table}s`] += found.missing + found.rows.length - rows.length;
    }
    this.#db.exec("COMMIT");
    return {
      kept: this.#kept,
      lost: this.#lost,
      spans: this.#spans,
      missingBytes: this.#source.missingBytes,
    };
  }

  #copy(table: string, found: SalvagedTable): readonly SalvagedRow[] {
    for (const row of found.rows) this.#insert(table, row);
    if (table === "series") this.#lost.series += found.missing;
    return found.rows;
  }

  #insert(table: string, row: SalvagedRow): void {
    const columns = Object.keys(row);
    this.#db.prepare(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    )
      .run(...Object.values(row) as SQLInputValue[]);
  }

  /** A target whose row is gone still has its series: it gets a name that says so. */
  #restoreTargets(targets: readonly SalvagedRow[], series: readonly SalvagedRow[]): void {
    const known = new Set(targets.map((row) => Number(row.id)));
    for (const row of series) {
      const id = Number(row.target);
      if (known.has(id)) continue;
      known.add(id);
      this.#insert("target", { id, name: `target ${id}`, facts: null });
    }
  }

  #blocks(targetOfSeries: ReadonlyMap<number, number>): void {
    const blocks = salvageTable(this.#source.db, "block");
    const chunks = new Map<number, SalvagedRow[]>();
    for (const row of salvageTable(this.#source.db, "chunk").rows) {
      const block = Number(row.block);
      const list = chunks.get(block) ?? [];
      chunks.set(block, list);
      list.push(row);
    }
    const whole = blocks.rows.filter((row) => isWhole(() => decodeDoubles(blob(row.axis))));
    this.#lost.blocks += blocks.missing + blocks.rows.length - whole.length;
    for (const row of whole) this.#block(row, chunks.get(Number(row.id)) ?? [], targetOfSeries);
    this.#noteLostBlocks(whole);
  }

  #block(
    row: SalvagedRow,
    chunks: readonly SalvagedRow[],
    targetOfSeries: ReadonlyMap<number, number>,
  ): void {
    let samples = 0;
    let count = 0;
    for (const chunk of chunks) {
      const column = decoded(() => decodeBlockColumn(blob(chunk.data)));
      if (column === undefined || targetOfSeries.get(Number(chunk.series)) !== Number(row.target)) continue;
      this.#insert("chunk", chunk);
      samples += column.values.length;
      count++;
    }
    this.#insert("block", { ...row, chunks: count, samples });
    this.#kept.chunks += count;
    this.#kept.samples += samples;
    const lostSeries = Number(row.chunks) - count;
    if (lostSeries <= 0) return;
    this.#lost.chunks += lostSeries;
    this.#spans.push({
      target: this.#targetName(Number(row.target)),
      startSeconds: Number(row.first_time),
      endSeconds: Number(row.last_time),
      lostSeries,
    });
  }

  /** Where a block's number is missing, its time lies between its neighbours'. */
  #noteLostBlocks(whole: readonly SalvagedRow[]): void {
    whole.forEach((row, i) => {
      const before = whole[i - 1];
      if (before === undefined || Number(row.id) === Number(before.id) + 1) return;
      this.#spans.push({
        target: this.#targetName(Number(row.target)),
        startSeconds: Number(before.last_time),
        endSeconds: Number(row.first_time),
        lostSeries: "all",
      });
    });
  }

  #ticks(): void {
    const layouts = salvageTable(this.#source.db, "layout");
    const known = new Set(layouts.rows.map((row) => Number(row.id)));
    this.#copy("layout", layouts);
    const found = salvageTable(this.#source.db, "tick");
    const rows = found.rows.filter((row) =>
      isWhole(() => decodeTick(blob(row.data))) && (row.layout === null || known.has(Number(row.layout)))
    );
    for (const row of rows) this.#insert("tick", row);
    this.#kept.ticks += rows.length;
    this.#lost.ticks += found.missing + found.rows.length - rows.length;
  }

  #targetName(id: number): string {
    return String(this.#db.prepare("SELECT name FROM target WHERE id = ?").get(id)?.name ?? id);
  }
}

function blob(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

/** What a decoder gives, undefined when the bytes are damaged. */
function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && "code" in error)) return undefined;
    throw error;
  }
}

function isWhole(decode: () => unknown): boolean {
  return decoded(decode) !== undefined;
}
