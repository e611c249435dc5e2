/**
 * How a writer's file is completed, also where somebody took the file away while it was written.
 *
 * @module
 */
import { dirname, extname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { giveBackPages } from "./schema.ts";

/** Where a writer's file is, and whether it is still there. */
export class FilePlace {
  readonly #path: string;
  readonly #number: number | null | undefined;
  #isGone = false;

  /** @param path of a file that is open */
  constructor(path: string) {
    this.#path = path;
    this.#number = fileNumber(path);
  }

  /** True once: when the file was removed or replaced. It takes everything as before, and nobody would ever find it. */
  hasGone(): boolean {
    if (this.#isGone || fileNumber(this.#path) === this.#number) return false;
    return this.#isGone = true;
  }

  /**
   * Makes the file one that needs no other beside it. One that was removed is written anew under its path, with the folder
   * where that is gone too, or beside what stands there now.
   *
   * @throws Error when it cannot be written, or had to be written beside its path
   */
  complete(db: DatabaseSync): void {
    const present = fileNumber(this.#path);
    if (present === this.#number) {
      db.exec("PRAGMA synchronous = FULL");
      giveBackPages(db);
      db.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
      return;
    }
    const target = present === undefined ? this.#path : freePath(this.#path);
    Deno.mkdirSync(dirname(target), { recursive: true });
    db.prepare("VACUUM INTO ?").run(target);
    if (target === this.#path) return;
    throw new Error(
      `Cannot finish ${this.#path}: another file stands there, wanted its own; it is ${target} now`,
    );
  }
}

/** True for what the file or its disk refused, not for a mistake of the program. */
export function isFileError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

/** The error for a file that cannot be completed. */
export function unfinished(path: string, error: Error): Error {
  const message =
    `Cannot finish ${path}: ${error.message}, wanted a disk with room; what was written before is whole`;
  return new Error(message, { cause: error });
}

/** The file of a path: its number on its disk; undefined when there is none, null where disks have no numbers. */
function fileNumber(path: string): number | null | undefined {
  try {
    return Deno.statSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

function freePath(path: string): string {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  for (let count = 2;; count++) {
    const candidate = `${stem}-${count}${extension}`;
    if (fileNumber(candidate) === undefined) return candidate;
  }
}
