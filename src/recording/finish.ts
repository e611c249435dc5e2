/**
 * Does for a file what its writer would have done at closing.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { packLooseTicks } from "./resume.ts";
import { giveBackPages, migrate } from "./schema.ts";
import { Statements } from "./statements.ts";

/** Takes in the write-ahead log, packs loose ticks, and leaves one file. The caller holds the file's lock. */
export function finishFile(path: string): void {
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA busy_timeout = 2000");
    migrate(db, path);
    packLooseTicks(db, new Statements(db));
    giveBackPages(db);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
  } finally {
    db.close();
  }
}
