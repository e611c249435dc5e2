/**
 * The statements by which a writer adds rows.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LabEvent, RequestRecord, SeriesDefinition, TargetFacts } from "../series/types.ts";
import { crc32, zstdCompressSync } from "node:zlib";
import { encodeDoubles, encodeIds, encodeTick, rowSum, sealBytes } from "./block_codec.ts";
import { blockContext } from "./catalog.ts";
import type { PackedBlock } from "./block_builder.ts";
import type { LooseTick } from "./recorded_target.ts";
import { eventRow, INSERT_REQUEST, requestRow, targetRow } from "./records.ts";

/** Inserts and deletions, prepared once. Each runs inside the caller's transaction. */
export class Statements {
  readonly #prepare: (sql: string) => StatementSync;

  constructor(db: DatabaseSync) {
    const prepared = new Map<string, StatementSync>();
    this.#prepare = (sql) => {
      let statement = prepared.get(sql);
      if (statement === undefined) prepared.set(sql, statement = db.prepare(sql));
      return statement;
    };
  }

  /** Adds a target, or puts new facts in its row. */
  target(id: number, name: string, facts: TargetFacts | undefined): void {
    this.#prepare("INSERT OR REPLACE INTO target (id, name, facts, crc) VALUES (?, ?, ?, ?)")
      .run(...targetRow(id, name, facts));
  }

  series(id: number, target: number, definition: SeriesDefinition): void {
    const { name, labels, type, help = null, unit = null } = definition;
    const row = [id, target, name, JSON.stringify(labels), type, help, unit];
    this.#prepare(
      "INSERT INTO series (id, target, name, labels, type, help, unit, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(...row, rowSum(row));
  }

  layout(id: number, target: number, series: readonly number[]): void {
    this.#prepare("INSERT INTO layout (id, target, series) VALUES (?, ?, ?)").run(
      id,
      target,
      encodeIds(series, [id, target]),
    );
  }

  tick(target: number, layout: number | null, tick: LooseTick): void {
    this.#prepare("INSERT INTO tick (target, time, layout, data) VALUES (?, ?, ?, ?)")
      .run(target, tick.timeSeconds, layout, encodeTick(tick.data, [target, layout, tick.timeSeconds]));
  }

  event(event: LabEvent): void {
    this.#prepare("INSERT INTO event (time, target, kind, data, crc) VALUES (?, ?, ?, ?, ?)").run(
      ...eventRow(event),
    );
  }

  request(request: RequestRecord): void {
    this.#prepare(INSERT_REQUEST).run(...requestRow(request));
  }

  scrape(
    scrape: { target: string; timeSeconds: number; contentType: string | undefined; body: Uint8Array },
  ): void {
    const { target, timeSeconds, contentType, body } = scrape;
    this.#prepare(
      "INSERT INTO scrape (target, time, content_type, bytes, body, crc) VALUES (?, ?, ?, ?, ?, ?)",
    )
      .run(target, timeSeconds, contentType ?? null, body.length, zstdCompressSync(body), crc32(body));
  }

  /** Adds a block and takes away the target's loose ticks that are in it. */
  block(target: number, block: PackedBlock): void {
    const { axis, chunks, firstSeconds, lastSeconds, samples } = block;
    const row = {
      target,
      first_time: firstSeconds,
      last_time: lastSeconds,
      ticks: axis.length,
      chunks: chunks.length,
      samples,
    };
    const { lastInsertRowid } = this.#prepare(
      "INSERT INTO block (target, first_time, last_time, ticks, chunks, samples, axis) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ).run(...Object.values(row), encodeDoubles(axis, blockContext(row)));
    const id = Number(lastInsertRowid);
    const insert = this.#prepare("INSERT INTO chunk (series, block, data) VALUES (?, ?, ?)");
    for (const { seriesId, packed } of chunks) insert.run(seriesId, id, sealBytes(packed, [seriesId, id]));
    this.#prepare("DELETE FROM tick WHERE target = ? AND time <= ?").run(target, lastSeconds);
  }

  /** Deletes what ended before a time. */
  deleteBefore(timeSeconds: number): void {
    this.#prepare("DELETE FROM chunk WHERE block IN (SELECT id FROM block WHERE last_time < ?)").run(
      timeSeconds,
    );
    for (
      const [table, column] of [["block", "last_time"], ["event", "time"], ["request", "due"], [
        "scrape",
        "time",
      ]]
    ) {
      this.#prepare(`DELETE FROM ${table} WHERE ${column} < ?`).run(timeSeconds);
    }
  }
}
