/**
 * The tables of a recording, version by version. `docs/recording.md` explains them for people with an SQLite tool.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";

/** SQLite's `application_id`: "vlab" in ASCII. */
export const APPLICATION_ID = 0x766c6162;

/** Each entry takes a file from the version of its index to the next; `user_version` holds the version. */
const MIGRATIONS: readonly string[] = [`
CREATE TABLE target (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  facts TEXT,                       -- JSON
  crc INTEGER NOT NULL              -- CRC-32 of the row's other values; elsewhere it is inside the packed bytes
);
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES target(id),
  name TEXT NOT NULL,
  labels TEXT NOT NULL,             -- JSON object
  type TEXT NOT NULL,
  help TEXT,
  unit TEXT,
  crc INTEGER NOT NULL
);
-- A stretch of ticks of one target, packed. first_time and last_time take in failed ticks; expected counts serve repair.
CREATE TABLE block (
  id INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES target(id),
  first_time REAL NOT NULL,         -- Unix seconds
  last_time REAL NOT NULL,
  ticks INTEGER NOT NULL,           -- ticks that were read
  chunks INTEGER NOT NULL,          -- rows of chunk that belong to it
  samples INTEGER NOT NULL,         -- values in those rows
  axis BLOB NOT NULL                -- times of the ticks, packed
);
CREATE INDEX block_by_time ON block(target, last_time);
-- One series in one block, packed.
CREATE TABLE chunk (
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL REFERENCES series(id),
  block INTEGER NOT NULL REFERENCES block(id),
  data BLOB NOT NULL
);
CREATE INDEX chunk_by_series ON chunk(series, block);
-- Ticks that are not in a block yet, one row each; layout says which series the values are of.
CREATE TABLE layout (
  id INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES target(id),
  series BLOB NOT NULL
);
CREATE TABLE tick (
  id INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES target(id),
  time REAL NOT NULL,
  layout INTEGER REFERENCES layout(id), -- NULL: nothing could be read
  data BLOB NOT NULL
);
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  time REAL NOT NULL,
  target TEXT,
  kind TEXT NOT NULL,
  data TEXT NOT NULL,               -- JSON of the whole event
  crc INTEGER NOT NULL
);
CREATE INDEX event_by_time ON event(time);
CREATE TABLE request (
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  target TEXT NOT NULL,
  model TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  phase TEXT NOT NULL,
  outcome TEXT NOT NULL,
  due REAL NOT NULL,                -- instants are Unix seconds, NULL where they never came
  sent REAL,
  connected REAL,
  headers REAL,
  first_chunk REAL,
  last_chunk REAL,
  ended REAL,
  status INTEGER,
  finish_reason TEXT,
  prompt_tokens INTEGER,
  cached_tokens INTEGER,
  output_tokens INTEGER,
  output_tokens_from TEXT,
  max_tokens INTEGER,
  error TEXT,
  engine TEXT NOT NULL,
  trust TEXT NOT NULL,
  chunk_count INTEGER NOT NULL,
  chunk_times BLOB NOT NULL         -- packed
);
CREATE INDEX request_by_due ON request(due);
-- Bodies as they came, where the recording was told to keep them.
CREATE TABLE scrape (
  id INTEGER PRIMARY KEY,
  target TEXT NOT NULL,
  time REAL NOT NULL,
  content_type TEXT,
  bytes INTEGER NOT NULL,
  body BLOB NOT NULL,               -- zstd
  crc INTEGER NOT NULL              -- of the body as it came
);
CREATE INDEX scrape_by_time ON scrape(target, time);

CREATE VIEW contents AS
SELECT target.name AS target,
  (SELECT count(*) FROM series WHERE series.target = target.id) AS series,
  strftime('%Y-%m-%dT%H:%M:%fZ', min(block.first_time), 'unixepoch') AS first_utc,
  strftime('%Y-%m-%dT%H:%M:%fZ', max(block.last_time), 'unixepoch') AS last_utc,
  coalesce(sum(block.ticks), 0) AS packed_ticks,
  coalesce(sum(block.samples), 0) AS packed_samples,
  (SELECT count(*) FROM tick WHERE tick.target = target.id) AS loose_ticks
FROM target LEFT JOIN block ON block.target = target.id GROUP BY target.id;
CREATE VIEW note AS
SELECT time, strftime('%Y-%m-%dT%H:%M:%fZ', time, 'unixepoch') AS utc, json_extract(data, '$.text') AS text
FROM event WHERE kind = 'note' ORDER BY time, id;
CREATE VIEW failed_scrape AS
SELECT time, strftime('%Y-%m-%dT%H:%M:%fZ', time, 'unixepoch') AS utc, target,
  json_extract(data, '$.cause.code') AS cause, json_extract(data, '$.durationSeconds') AS duration_seconds
FROM event WHERE kind = 'scrape_failed' ORDER BY time, id;
CREATE VIEW counter_reset AS
SELECT time, strftime('%Y-%m-%dT%H:%M:%fZ', time, 'unixepoch') AS utc, target,
  json_extract(data, '$.reason') AS reason, json_extract(data, '$.seriesCount') AS series
FROM event WHERE kind = 'counter_reset' ORDER BY time, id;
CREATE VIEW request_latency AS
SELECT id, target, model, phase, outcome, due, sent - due AS lateness_seconds, first_chunk - sent AS ttft_seconds,
  CASE WHEN chunk_count > 1 THEN (last_chunk - first_chunk) / (chunk_count - 1) END AS mean_chunk_gap_seconds,
  -- Last token minus send, as everywhere; an answer that was not streamed has no token: then its end.
  coalesce(last_chunk, CASE WHEN outcome = 'ok' THEN ended END) - sent AS e2e_seconds, prompt_tokens, output_tokens, finish_reason, error
FROM request ORDER BY due, row;
`];

/** The version that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings a file that is open for writing to the current version. A new file becomes a recording.
 *
 * @throws RangeError when the file is newer than this program, or an SQLite file of another kind
 */
export function migrate(db: DatabaseSync, path: string): void {
  let version = checkVersion(db, path);
  while (version < SCHEMA_VERSION) {
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(MIGRATIONS[version]!);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${++version}`);
      db.exec("COMMIT");
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  }
}

/**
 * The version of a file; 0 for an empty one.
 *
 * @throws RangeError when the file is newer than this program, or an SQLite file of another kind
 */
export function checkVersion(db: DatabaseSync, path: string): number {
  const version = readPragma(db, "user_version");
  const application = readPragma(db, "application_id");
  const empty = version === 0 && readPragma(db, "schema_version") === 0;
  if (!empty && application !== APPLICATION_ID) {
    throw new RangeError(`Cannot open ${path}: an SQLite file of another kind, wanted a recording`);
  }
  if (version > SCHEMA_VERSION) {
    throw new RangeError(`Cannot open ${path}: version ${version}, wanted at most ${SCHEMA_VERSION}`);
  }
  return version;
}

/** The number that a pragma answers. */
export function readPragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
}

/** Gives pages that hold nothing back to the file system. `exec` would stop after the first. */
export function giveBackPages(db: DatabaseSync): void {
  db.prepare("PRAGMA incremental_vacuum").all();
}
