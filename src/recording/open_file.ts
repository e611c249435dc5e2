/**
 * Opens a recording's file for reading, whatever state it was left in, without leaving files beside it.
 *
 * @module
 */
import { damageOf } from "./damage.ts";
import { DatabaseSync } from "node:sqlite";
import { fileKind, fileKindName } from "./file_kind.ts";
import { isLocked, tryLock } from "./lock.ts";
import { checkVersion } from "./schema.ts";
import { finishFile } from "./finish.ts";

/** A file that is open for reading. */
export interface OpenFile {
  readonly db: DatabaseSync;
  /** True while a writer may be adding to it. */
  readonly live: boolean;
  close(): void;
}

/**
 * Opens a recording to read.
 *
 * - One that is being written: as it is; each query sees whole ticks.
 * - One that was closed: as a file that cannot change, so nothing is written beside it and its folder may be read-only.
 * - One whose writer died: what the writer would have done at closing is done first. In a folder that cannot be written to, or on a
 *   full disk, on a copy in the system's folder for such things.
 *
 * @throws Error when there is no such file
 * @throws RangeError when it is of another kind, of a newer version, or damaged
 */
export function openFile(path: string): OpenFile {
  const { size } = Deno.statSync(path);
  if (size === 0 && !hasLog(path)) {
    throw new RangeError(`Cannot open ${path}: it is empty, wanted a recording`);
  }
  refuseOtherKind(path, size);
  if (isLocked(path)) return openLive(path);
  if (!hasLog(path)) return openClosed(path);
  const finished = finishInPlace(path);
  if (finished === "live") return openLive(path);
  return finished === "done" ? openClosed(path) : openCopy(path);
}

/** A file of another kind is not a damaged recording. */
function refuseOtherKind(path: string, size: number): void {
  const kind = size === 0 ? undefined : fileKindName(fileKind(path));
  if (kind !== undefined) {
    throw new RangeError(`Cannot open ${path}: it looks like ${kind}, wanted a recording`);
  }
}

function hasLog(path: string): boolean {
  try {
    return Deno.statSync(`${path}-wal`).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function openLive(path: string): OpenFile {
  const db = checked(path, () => new DatabaseSync(path, { readOnly: true }));
  db.exec("PRAGMA busy_timeout = 2000");
  return { db, live: true, close: () => db.close() };
}

function openClosed(path: string): OpenFile {
  const url = new URL("file:///");
  url.pathname = Deno.realPathSync(path).replaceAll("%", "%25").replaceAll("?", "%3F").replaceAll("#", "%23");
  // With narrowed permissions Deno takes a file: URI for a relative path; a closed file needs no log, so its plain path
  // will do, only that SQLite then asks for locks.
  const name = everythingIsAllowed() ? `${url.href}?immutable=1` : path;
  const db = checked(path, () => new DatabaseSync(name, { readOnly: true }));
  return { db, live: false, close: () => db.close() };
}

function everythingIsAllowed(): boolean {
  const names = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;
  return names.every((name) => Deno.permissions.querySync({ name }).state === "granted");
}

function openCopy(path: string): OpenFile {
  const folder = Deno.makeTempDirSync({ prefix: "recording-" });
  const remove = () => Deno.removeSync(folder, { recursive: true });
  try {
    const copy = `${folder}/recording.sqlite`;
    Deno.copyFileSync(path, copy);
    Deno.copyFileSync(`${path}-wal`, `${copy}-wal`);
    finishFile(copy);
    const { db } = openClosed(copy);
    return {
      db,
      live: false,
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

function finishInPlace(path: string): "done" | "live" | "not writable" {
  try {
    const lock = tryLock(path);
    if (lock === undefined) return "live";
    try {
      finishFile(path);
    } finally {
      lock.release();
    }
    return "done";
  } catch (error) {
    if (isNotWritable(error)) return "not writable";
    throw error;
  }
}

function isNotWritable(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable ||
    (error instanceof Error && /read-?only|unable to open|full|no space/i.test(error.message));
}

/** Opens, looks whether it is a recording, and closes again if not. */
function checked(path: string, open: () => DatabaseSync): DatabaseSync {
  const db = open();
  try {
    if (checkVersion(db, path) === 0) {
      throw new RangeError(`Cannot open ${path}: it is empty, wanted a recording`);
    }
    return db;
  } catch (error) {
    db.close();
    throw damageOf("open", path, error);
  }
}
