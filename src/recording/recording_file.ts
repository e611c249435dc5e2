/**
 * The file that a writer writes: opened, one transaction after the other, complete when it is closed.
 *
 * @module
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { FilePlace } from "./closing.ts";
import { migrate, readPragma } from "./schema.ts";

/** How long the thread waits for another program that has locked the file (an SQLite tool): then it goes on in memory. */
const BUSY_MS = 200;

/** A file, how large it may become, and how long its newest transactions may not be on the disk yet. */
export interface RecordingFileOptions {
  readonly maxFileBytes?: number | undefined;
  /** Default 1. */
  readonly durableSeconds?: number | undefined;
}

/** An open recording that can be written. */
export class RecordingFile {
  readonly db: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #place: FilePlace;
  readonly #durableSeconds: number;
  #durableAtSeconds = -Infinity;
  /** Whether the connection waits for the disk at each commit now: told to it only when that changes. */
  #isDurable = false;

  /** @throws RangeError when the file is an SQLite file of another kind, or of a newer version */
  constructor(path: string, { maxFileBytes, durableSeconds = 1 }: RecordingFileOptions) {
    this.#durableSeconds = durableSeconds;
    this.db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    try {
      this.db.exec("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
      this.db.exec(
        `PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA wal_autocheckpoint = 500`,
      );
      migrate(this.db, path);
      this.#place = new FilePlace(path);
      if (maxFileBytes !== undefined) {
        const pages = Math.floor(maxFileBytes / readPragma(this.db, "page_size"));
        this.db.exec(`PRAGMA max_page_count = ${Math.max(1, pages)}`);
      }
      this.#begin = this.db.prepare("BEGIN IMMEDIATE");
      this.#commit = this.db.prepare("COMMIT");
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /**
   * Runs a transaction, at most so often until it is on the disk.
   *
   * @returns whether the file has gone from its place, which is looked for as often
   * @throws what the work or SQLite throws; nothing of the transaction is in the file then
   */
  transaction(nowSeconds: number, work: () => void): { readonly hasGone: boolean } {
    const durable = nowSeconds - this.#durableAtSeconds >= this.#durableSeconds;
    if (durable !== this.#isDurable) this.db.exec(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`);
    this.#isDurable = durable;
    this.#begin.run();
    try {
      work();
      this.#commit.run();
    } catch (error) {
      // SQLite may have rolled back by itself, as it does when the disk is full.
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      throw error;
    }
    if (!durable) return { hasGone: false };
    this.#durableAtSeconds = nowSeconds;
    return { hasGone: this.#place.hasGone() };
  }

  /** Puts everything into the one file, back in its place where it was removed. */
  complete(): void {
    this.#place.complete(this.db);
  }

  /** Closes the connection; {@link complete} is asked for before. */
  close(): void {
    this.db.close();
  }
}
