/**
 * Saves what is whole of a truncated or damaged recording into a new file, and says what was lost.
 *
 * @module
 */
import { checkArgument, TEXT } from "../base/arguments.ts";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { crc32, zstdDecompressSync } from "node:zlib";
import { decodeBlockColumn, decodeDoubles, decodeIds, decodeTick, encodeDoubles } from "./block_codec.ts";
import { blockContext, isWholeSeries } from "./catalog.ts";
import { isLocked } from "./lock.ts";
import { layoutContext, tickContext } from "./loose_ticks.ts";
import { eventOf, isWholeTarget, requestOf, targetRow, unlessDamaged } from "./records.ts";
import { packLooseTicks } from "./resume.ts";
import {
  type DamagedFile,
  openDamaged,
  type SalvagedRow,
  type SalvagedTable,
  salvageTable,
} from "./salvage.ts";
import { isFileError } from "./closing.ts";
import { checkVersion, giveBackPages, migrate } from "./schema.ts";
import { Statements } from "./statements.ts";

/** A stretch of time of which something is lost. */
export interface LostSpan {
  /** The target's name. */
  readonly target: string;
  /** First instant, Unix seconds. */
  readonly startSeconds: number;
  /** Last instant, Unix seconds. */
  readonly endSeconds: number;
  /** Series that are missing there; all of them when nothing of the stretch is left. */
  readonly lostSeries: number | "all";
}

/** What a repair saved and what it could not. */
export interface RepairReport {
  /** What is in the new file. */
  readonly kept: {
    readonly samples: number;
    readonly chunks: number;
    readonly ticks: number;
    readonly events: number;
    readonly requests: number;
    readonly scrapes: number;
  };
  /** What is known to be missing. */
  readonly lost: {
    /** Pieces of series, each one series in one block: rows that are gone, or whose checksum is wrong. */
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
  /** Of what more may be missing than is counted: the end of what the file had of it could not be read. */
  readonly uncounted: readonly (keyof RepairReport["lost"])[];
  /** Stretches with losses, by target and time. */
  readonly spans: readonly LostSpan[];
  /** Bytes at the end that the file should have and has not. */
  readonly missingBytes: number;
}

/** Tables whose rows stand by themselves, and how a row is known to be whole. */
const PLAIN_TABLES = [
  ["event", (row: SalvagedRow) => eventOf(row) !== undefined],
  ["request", (row: SalvagedRow) => unlessDamaged(() => requestOf(row)) !== undefined],
  ["scrape", isWholeScrape],
] as const;

/**
 * Repairs a recording into a new file. The damaged one stays as it is.
 *
 * @throws Error when a writer holds the file, or there is a file at `toPath` already
 * @throws RangeError when nothing can be read: the first page is damaged, or it is no recording
 */
export function repairRecording(path: string, toPath: string): RepairReport {
  const call = 'repairRecording("damaged.sqlite", "repaired.sqlite")';
  checkArgument(call, { path }, TEXT);
  checkArgument(call, { toPath }, TEXT);
  if (isLocked(path)) {
    throw new Error(`Cannot repair ${path}: a writer holds it, wanted a file without a writer`);
  }
  const source = openDamaged(path);
  try {
    checkVersion(source.db, path);
    Deno.openSync(toPath, { createNew: true, write: true }).close();
    // Rows go in as they are found: a chunk may come before its block.
    const target = new DatabaseSync(toPath, { enableForeignKeyConstraints: false });
    try {
      target.exec("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = DELETE");
      migrate(target, toPath);
      const report = new Repair(source, target).run();
      packLooseTicks(target, new Statements(target));
      giveBackPages(target);
      return report;
    } catch (error) {
      // What is left would look like a recording, and would be in the way of the next try.
      Deno.removeSync(toPath);
      throw isDiskRefusal(error)
        ? new Error(`Cannot write ${toPath}: ${error.message}, wanted a disk with room`, { cause: error })
        : error;
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

/** Only the new file is written: these are its disk's words. */
function isDiskRefusal(error: unknown): error is Error {
  return isFileError(error) && /disk is full|disk I\/O|readonly database/.test(error.message);
}

class Repair {
  readonly #source: DamagedFile;
  readonly #db: DatabaseSync;
  readonly #spans: LostSpan[] = [];
  readonly #kept = { samples: 0, chunks: 0, ticks: 0, events: 0, requests: 0, scrapes: 0 };
  readonly #uncounted = new Set<keyof RepairReport["lost"]>();
  readonly #lost = { chunks: 0, blocks: 0, ticks: 0, events: 0, requests: 0, scrapes: 0, series: 0 };

  constructor(source: DamagedFile, db: DatabaseSync) {
    this.#source = source;
    this.#db = db;
  }

  run(): RepairReport {
    this.#db.exec("BEGIN");
    this.#salvage("target", isWholeTarget);
    const series = this.#salvage("series", isWholeSeries);
    this.#noteMissing("series", series);
    this.#nameTargets(series.rows);
    this.#blocks(new Map(series.rows.map((row) => [Number(row.id), Number(row.target)])));
    this.#ticks();
    for (const [table, isWhole] of PLAIN_TABLES) {
      const found = this.#salvage(table, isWhole);
      this.#kept[`${table}s`] += found.rows.length;
      this.#noteMissing(`${table}s`, found);
    }
    this.#db.exec("COMMIT");
    return {
      kept: this.#kept,
      lost: this.#lost,
      uncounted: [...this.#uncounted],
      spans: this.#spans,
      missingBytes: this.#source.missingBytes,
    };
  }

  /** Copies the rows that are whole; the others count as missing. */
  #salvage(table: string, isWhole: (row: SalvagedRow) => boolean): SalvagedTable {
    const found = wholeRows(
      salvageTable(this.#source.db, table, table === "request" ? "row" : "id"),
      isWhole,
    );
    for (const row of found.rows) this.#insert(table, row);
    return found;
  }

  #noteMissing(part: keyof RepairReport["lost"], { missing, isEndKnown }: SalvagedTable): void {
    this.#lost[part] += missing;
    if (!isEndKnown) this.#uncounted.add(part);
  }

  #insert(table: string, row: SalvagedRow): void {
    const columns = Object.keys(row);
    this.#db.prepare(
      `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    )
      .run(...Object.values(row) as SQLInputValue[]);
  }

  /** A target whose row is gone still has its series: it gets a name that says so. */
  #nameTargets(series: readonly SalvagedRow[]): void {
    const has = this.#db.prepare("SELECT 1 FROM target WHERE id = ?");
    for (const id of new Set(series.map((row) => Number(row.target)))) {
      if (has.get(id) !== undefined) continue;
      this.#db.prepare("INSERT INTO target (id, name, facts, crc) VALUES (?, ?, ?, ?)")
        .run(...targetRow(id, `target ${id}`, undefined));
    }
  }

  #blocks(targetOfSeries: ReadonlyMap<number, number>): void {
    const found = wholeRows(
      salvageTable(this.#source.db, "block"),
      (row) => unlessDamaged(() => decodeDoubles(blob(row.axis), blockContext(row))) !== undefined,
    );
    const chunks = new Map<number, SalvagedRow[]>();
    for (const row of salvageTable(this.#source.db, "chunk").rows) {
      const block = Number(row.block);
      const list = chunks.get(block) ?? [];
      chunks.set(block, list);
      list.push(row);
    }
    this.#noteMissing("blocks", found);
    const { rows } = found;
    for (const row of rows) this.#block(row, chunks.get(Number(row.id)) ?? [], targetOfSeries);
    this.#noteLostBlocks(rows);
  }

  #block(
    row: SalvagedRow,
    chunks: readonly SalvagedRow[],
    targetOfSeries: ReadonlyMap<number, number>,
  ): void {
    let samples = 0;
    let count = 0;
    for (const chunk of chunks) {
      const context = [Number(chunk.series), Number(chunk.block)];
      const column = unlessDamaged(() => decodeBlockColumn(blob(chunk.data), context));
      if (column === undefined || targetOfSeries.get(Number(chunk.series)) !== Number(row.target)) continue;
      this.#insert("chunk", chunk);
      samples += column.values.length;
      count++;
    }
    const counted = { ...row, chunks: count, samples };
    const axis = decodeDoubles(blob(row.axis), blockContext(row));
    this.#insert("block", { ...counted, axis: encodeDoubles(axis, blockContext(counted)) });
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
    const layouts = this.#salvage(
      "layout",
      (row) => unlessDamaged(() => decodeIds(blob(row.series), layoutContext(row))) !== undefined,
    );
    const known = new Set(layouts.rows.map((row) => Number(row.id)));
    const ticks = this.#salvage(
      "tick",
      (row) =>
        (row.layout === null || known.has(Number(row.layout))) &&
        unlessDamaged(() => decodeTick(blob(row.data), tickContext(row))) !== undefined,
    );
    this.#kept.ticks += ticks.rows.length;
    this.#noteMissing("ticks", ticks);
  }

  #targetName(id: number): string {
    return String(this.#db.prepare("SELECT name FROM target WHERE id = ?").get(id)?.name ?? id);
  }
}

function blob(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

function wholeRows(found: SalvagedTable, isWhole: (row: SalvagedRow) => boolean): SalvagedTable {
  const { rows, missing } = found;
  const whole = rows.filter(isWhole);
  return { ...found, rows: whole, missing: missing + rows.length - whole.length };
}

/** True where a scrape's body is as it came. */
function isWholeScrape(row: SalvagedRow): boolean {
  try {
    return crc32(zstdDecompressSync(blob(row.body))) === row.crc;
  } catch (error) {
    // What zstd says of bytes that it cannot read carries a code.
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
