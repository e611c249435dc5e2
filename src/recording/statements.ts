/**
 * The statements by which a writer adds rows.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { LabEvent, RequestRecord, SeriesDefinition, TargetFacts } from "../series/types.ts";
import { encodeBlockColumn, encodeDoubles } from "./block_codec.ts";
import { encodeIds } from "./loose_ticks.ts";
import type { LooseTick, PackedBlock } from "./recorded_target.ts";
import { eventRow, INSERT_REQUEST, requestRow } from "./records.ts";

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

  target(id: number, name: string): void {
    this.#prepare("INSERT INTO target (id, name) VALUES (?, ?)").run(id, name);
  }

  facts(facts: TargetFacts, target: number): void {
    this.#prepare("UPDATE target SET facts = ? WHERE id = ?").run(JSON.stringify(facts), target);
  }

  series(id: number, target: number, definition: SeriesDefinition): void {
    const { name, labels, type, help = null, unit = null } = definition;
    this.#prepare(
      "INSERT INTO series (id, target, name, labels, type, help, unit) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
      .run(id, target, name, JSON.stringify(labels), type, help, unit);
  }

  layout(id: number, target: number, series: readonly number[]): void {
    this.#prepare("INSERT INTO layout (id, target, series) VALUES (?, ?, ?)").run(
      id,
      target,
      encodeIds(series),
    );
  }

  tick(target: number, layout: number | null, tick: LooseTick): void {
    this.#prepare("INSERT INTO tick (target, time, layout, data) VALUES (?, ?, ?, ?)")
      .run(target, tick.timeSeconds, layout, tick.data);
  }

  event(event: LabEvent): void {
    this.#prepare("INSERT INTO event (time, target, kind, data) VALUES (?, ?, ?, ?)").run(...eventRow(event));
  }

  request(request: RequestRecord): void {
    this.#prepare(INSERT_REQUEST).run(...requestRow(request));
  }

  scrape(
    row: { target: string; timeSeconds: number; contentType: string | null; bytes: number; body: Uint8Array },
  ): void {
    this.#prepare("INSERT INTO scrape (target, time, content_type, bytes, body) VALUES (?, ?, ?, ?, ?)")
      .run(row.target, row.timeSeconds, row.contentType, row.bytes, row.body);
  }

  /** Adds a block and takes the target's loose ticks away. */
  block(target: number, block: PackedBlock): void {
    const { axis, columns, firstSeconds, lastSeconds } = block;
    const samples = columns.reduce((sum, { column }) => sum + column.values.length, 0);
    const { lastInsertRowid } = this.#prepare(
      "INSERT INTO block (target, first_time, last_time, ticks, chunks, samples, axis) VALUES (?, ?, ?, ?, ?, ?, ?)",
    ).run(target, firstSeconds, lastSeconds, axis.length, columns.length, samples, encodeDoubles(axis));
    const insert = this.#prepare("INSERT INTO chunk (series, block, data) VALUES (?, ?, ?)");
    for (const { seriesId, column } of columns) {
      insert.run(seriesId, lastInsertRowid, encodeBlockColumn(column));
    }
    this.#prepare("DELETE FROM tick WHERE target = ?").run(target);
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
