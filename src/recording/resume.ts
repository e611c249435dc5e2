/**
 * Where a recording was left: its targets and series, so that a writer can go on.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { decodeBlockColumn, packBlockColumn } from "./block_codec.ts";
import { Catalog, definitionOf } from "./catalog.ts";
import { LooseTicks } from "./loose_ticks.ts";
import { timesOf } from "./point_reader.ts";
import type { PackedBlock } from "./block_builder.ts";
import { RecordedTarget } from "./recorded_target.ts";
import type { Statements } from "./statements.ts";

/** What a file holds already. */
export interface Resumed {
  readonly targets: Map<string, RecordedTarget>;
  readonly nextIds: { target: number; series: number; layout: number };
}

/** Reads the targets of a file, after packing the ticks that a writer before left loose. */
export function resumeTargets(db: DatabaseSync, statements: Statements): Resumed {
  packLooseTicks(db, statements);
  const targets = new Map<string, RecordedTarget>();
  for (const row of db.prepare("SELECT id, name FROM target ORDER BY id").all()) {
    const target = new RecordedTarget(Number(row.id), String(row.name));
    resumeTarget(db, target);
    targets.set(String(row.name), target);
  }
  const [target, series, layout] = ["target", "series", "layout"].map((table) => nextId(db, table));
  return { targets, nextIds: { target: target!, series: series!, layout: layout! } };
}

/** Puts loose ticks into blocks. A writer that closes leaves none: that this one was cut is kept as an event. */
export function packLooseTicks(db: DatabaseSync, statements: Statements): void {
  const loose = new LooseTicks(db);
  loose.load();
  const ids = db.prepare("SELECT DISTINCT target FROM tick").all().map((row) => Number(row.target));
  if (ids.length === 0) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const target of ids) {
      const block = blockOf(loose, target);
      if (block !== undefined) statements.block(target, block);
    }
    const timeSeconds = Math.max(...ids.map((target) => loose.span(target)?.lastSeconds ?? -Infinity));
    if (Number.isFinite(timeSeconds)) statements.event({ kind: "recording_cut", timeSeconds });
    db.exec("DELETE FROM tick; DELETE FROM layout; COMMIT");
  } catch (error) {
    // SQLite may have rolled back by itself, as it does when the disk is full.
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

function blockOf(loose: LooseTicks, target: number): PackedBlock | undefined {
  const span = loose.span(target);
  if (span === undefined) return undefined;
  let samples = 0;
  const chunks = loose.seriesIds(target).map((seriesId) => {
    const column = loose.column(target, seriesId);
    samples += column.values.length;
    return { seriesId, packed: packBlockColumn(column) };
  });
  return { ...span, axis: loose.axis(target), chunks, samples };
}

/** One more than the highest id of a table. */
function nextId(db: DatabaseSync, table: string): number {
  return Number(db.prepare(`SELECT coalesce(max(id), 0) + 1 AS id FROM ${table}`).get()!.id);
}

/** Where a line breaks that was drawn up to the end of what another writer wrote. */
const AFTER_LAST_SECONDS = 0.001;

/** Last values, so that a reset while nobody wrote is noticed; nothing was seen in between, so lines break there. */
function resumeTarget(db: DatabaseSync, target: RecordedTarget): void {
  const { sampler } = target;
  for (const row of db.prepare("SELECT * FROM series WHERE target = ? ORDER BY id").all(target.fileId)) {
    const definition = definitionOf(row);
    const series = sampler.define(definition);
    if (series !== undefined) target.fileIds.set(series, definition.id);
  }
  sampler.ids.length = 0; // the ids of a new sampler are its own
  const last =
    db.prepare("SELECT max(last_time) AS time FROM block WHERE target = ?").get(target.fileId)!.time;
  if (last === null) return;
  sampler.noteAttempt(Number(last));
  sampler.lastSeconds = Number(last);
  const lastTick = sampler.nextTick;
  sampler.firstTick = sampler.nextTick = lastTick + 1;
  const catalog = new Catalog(db);
  const chunks = db.prepare("SELECT block, data FROM chunk WHERE series = ? ORDER BY block DESC LIMIT 1");
  for (const [series, id] of target.fileIds) {
    const row = chunks.get(id);
    if (row === undefined) continue;
    const column = decodeBlockColumn(row.data as Uint8Array, [id, Number(row.block)]);
    if (column.values.length === 0) continue;
    series.last = column.values.at(-1)!;
    if (column.ownSeconds !== undefined) continue;
    series.lastTick = lastTick;
    const lastSeconds = timesOf(column, () => catalog.axis(Number(row.block))).at(-1)!;
    const isMarked = (column.staleSeconds.at(-1) ?? -Infinity) > lastSeconds;
    if (!isMarked) series.stale.push(Number(last) + AFTER_LAST_SECONDS);
  }
}
