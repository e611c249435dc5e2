/**
 * Rows out of an SQLite file of which pages are missing or damaged.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { fileKind, fileKindName } from "./file_kind.ts";
import { readPragma } from "./schema.ts";

/** A row as SQLite gives it. */
export type SalvagedRow = Record<string, unknown>;

/** What was found of a table whose rows are numbered one by one. */
export interface SalvagedTable {
  readonly rows: readonly SalvagedRow[];
  /** Numbers of the table, as far as its ends can be read, at which there is no row that can be read. */
  readonly missing: number;
  /** False where the table's end could not be read: after the last row found there may have been more. */
  readonly isEndKnown: boolean;
}

/** After so many numbers without a row a table is taken to have ended, where its end can be read and where it cannot. */
const MISSING_AT_END = 500;
const MISSING_WITHOUT_END = 20_000;
/** Rows are numbered one by one, and no row of any table takes fewer bytes: no number can be higher than there is room for. */
const SMALLEST_ROW_BYTES = 8;

/** A damaged file's copy, which SQLite opens. */
export interface DamagedFile {
  readonly db: DatabaseSync;
  /** Bytes that the file's own header promises and that are not there. */
  readonly missingBytes: number;
  close(): void;
}

/**
 * Copies a file into a temporary folder, as long as its header says it is, and opens the copy.
 *
 * @throws RangeError when the first page, without which nothing can be found, is damaged
 */
export function openDamaged(path: string): DamagedFile {
  if (!Deno.statSync(path).isFile) {
    throw new RangeError(`Cannot repair ${path}: it is no file, wanted a recording`);
  }
  const folder = makeFolder(path);
  const remove = () => Deno.removeSync(folder, { recursive: true });
  try {
    const copy = `${folder}/damaged.sqlite`;
    Deno.copyFileSync(path, copy);
    Deno.chmodSync(copy, 0o600);
    copyLog(path, copy);
    const missingBytes = lengthen(copy, path);
    const db = new DatabaseSync(copy);
    try {
      db.prepare("SELECT count(*) FROM sqlite_schema").get();
    } catch (error) {
      db.close();
      throw new RangeError(`Cannot repair ${path}: its first page is damaged, wanted a readable one`, {
        cause: error,
      });
    }
    return {
      db,
      missingBytes,
      close: () => {
        db.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function copyLog(path: string, copy: string): void {
  try {
    Deno.copyFileSync(`${path}-wal`, `${copy}-wal`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A place for the copy. */
function makeFolder(path: string): string {
  try {
    return Deno.makeTempDirSync({ prefix: "repair-" });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const reason = error.message.replace(/ \(os error \d+\).*$/s, "");
    throw new Error(`Cannot copy ${path} before it is repaired: ${reason}, wanted room for temporary files`, {
      cause: error,
    });
  }
}

/** Source: https://www.sqlite.org/fileformat.html §1.3, page size at offset 16, pages at offset 28, big-endian. */
function lengthen(copy: string, path: string): number {
  const file = Deno.openSync(copy, { read: true, write: true });
  try {
    const header = new Uint8Array(100);
    const read = file.readSync(header) ?? 0;
    const view = new DataView(header.buffer);
    if (read < 100 || new TextDecoder().decode(header.subarray(0, 15)) !== "SQLite format 3") {
      const kind = fileKindName(fileKind(path));
      const state = kind === undefined ? "its header is damaged" : `it looks like ${kind}`;
      throw new RangeError(`Cannot repair ${path}: ${state}, wanted a recording`);
    }
    const pageSize = view.getUint16(16) === 1 ? 65536 : view.getUint16(16);
    const wanted = pageSize * view.getUint32(28);
    const { size } = file.statSync();
    if (size < wanted) file.truncateSync(wanted);
    return Math.max(0, wanted - size);
  } finally {
    file.close();
  }
}

/**
 * Every row of a table that can still be reached by its number.
 *
 * A scan stops at the first damaged page, or ends early without a word, so that each number is asked for by itself once
 * the scan has ended.
 */
export function salvageTable(db: DatabaseSync, table: string, key = "id"): SalvagedTable {
  // A damaged tree can lead to the same row twice, to rows out of order, or to numbers that were never given.
  const found = new Map<number, SalvagedRow>();
  const most = readPragma(db, "page_count") * readPragma(db, "page_size") / SMALLEST_ROW_BYTES;
  const keep = (row: SalvagedRow): number => {
    const id = Number(row[key]);
    if (!(id <= most)) return 0;
    if (!found.has(id)) found.set(id, row);
    return id;
  };
  let next = 1;
  const scanned = withoutDamage(() => {
    for (const row of db.prepare(`SELECT * FROM ${table} ORDER BY ${key}`).iterate()) {
      next = Math.max(next, keep(row) + 1);
    }
  });
  let highest = next - 1;
  const ended = withoutDamage(() => {
    const last = Number(db.prepare(`SELECT max(${key}) AS id FROM ${table}`).get()?.id ?? 0);
    if (last <= most) highest = Math.max(highest, last);
  });
  const one = db.prepare(`SELECT * FROM ${table} WHERE ${key} = ?`);
  const patience = scanned && ended ? MISSING_AT_END : MISSING_WITHOUT_END;
  for (let missed = 0; missed < patience; next++) {
    let row: SalvagedRow | undefined;
    withoutDamage(() => row = one.get(next));
    if (row !== undefined) keep(row);
    missed = row !== undefined || next <= highest ? 0 : missed + 1;
  }
  const ids = [...found.keys()].sort((a, b) => a - b);
  const last = Math.max(ids.at(-1) ?? 0, ended ? highest : 0);
  // What a retention took from the start is not there without damage; of what is lost the way there is damaged.
  let first = ids[0] ?? last + 1;
  while (first > 1 && !withoutDamage(() => one.get(first - 1))) first--;
  const missing = last - first + 1 - ids.length;
  return { rows: ids.map((id) => found.get(id)!), missing, isEndKnown: scanned && ended };
}

/** Runs a read; false when SQLite met damage. */
function withoutDamage(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR") return false;
    throw error;
  }
}
