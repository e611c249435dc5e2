/**
 * Events, requests and facts as rows, and back.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { LabEvent, RequestRecord, TargetFacts } from "../series/types.ts";
import { decodeDoubles, encodeDoubles, type RowContext, rowSum } from "./block_codec.ts";

type Row = Record<string, unknown>;

/** An event's row: time, target, kind, JSON of the whole, checksum. */
export function eventRow(event: LabEvent): (string | number | null)[] {
  const row = [event.timeSeconds, "target" in event ? event.target : null, event.kind, JSON.stringify(event)];
  return [...row, rowSum(row)];
}

/** The event of a row; undefined when it is damaged. */
export function eventOf({ time, target, kind, data, crc }: Row): LabEvent | undefined {
  const row = [time, target, kind, data] as RowContext;
  return rowSum(row) === crc ? JSON.parse(String(data)) as LabEvent : undefined;
}

/** Column of the table `request` → field of the record, for what is copied as it is. */
const REQUEST_FIELDS = {
  id: "id",
  target: "target",
  model: "model",
  endpoint: "endpoint",
  phase: "phase",
  outcome: "outcome",
  due: "dueSeconds",
  sent: "sentSeconds",
  connected: "connectedSeconds",
  headers: "headersSeconds",
  ended: "endSeconds",
  status: "status",
  finish_reason: "finishReason",
  prompt_tokens: "promptTokens",
  cached_tokens: "cachedTokens",
  output_tokens: "outputTokens",
  output_tokens_from: "outputTokensFrom",
  max_tokens: "maxTokens",
  error: "error",
  engine: "engine",
  trust: "trust",
} as const satisfies Record<string, keyof RequestRecord>;

const REQUEST_COLUMNS = [
  ...Object.keys(REQUEST_FIELDS),
  "first_chunk",
  "last_chunk",
  "chunk_count",
  "chunk_times",
];

/** The statement that {@link requestRow} fills. */
export const INSERT_REQUEST = `INSERT INTO request (${REQUEST_COLUMNS.join(", ")}) VALUES (${
  REQUEST_COLUMNS.map(() => "?").join(", ")
})`;

/** A request's row. */
export function requestRow(request: RequestRecord): (string | number | null | Uint8Array)[] {
  const times = request.chunkTimesSeconds;
  const row = [
    ...Object.values(REQUEST_FIELDS).map((field) => request[field] ?? null),
    times[0] ?? null,
    times.at(-1) ?? null,
    times.length,
  ];
  return [...row, encodeDoubles(times, row)];
}

/** The record of a row. @throws RangeError when it is damaged */
export function requestOf(row: Row): RequestRecord {
  const context = REQUEST_COLUMNS.slice(0, -1).map((column) => row[column]) as RowContext;
  const fields: Row = { chunkTimesSeconds: decodeDoubles(row.chunk_times as Uint8Array, context) };
  for (const [column, field] of Object.entries(REQUEST_FIELDS)) {
    if (row[column] !== null) fields[field] = row[column];
  }
  return fields as unknown as RequestRecord;
}

/** Requests due in a span, by due time; damaged ones are left out. */
export function readRequests(db: DatabaseSync, startSeconds: number, endSeconds: number): RequestRecord[] {
  const rows = db.prepare("SELECT * FROM request WHERE due BETWEEN ? AND ? ORDER BY due, row");
  return (rows.all(startSeconds, endSeconds) as Row[]).flatMap((row) =>
    unlessDamaged(() => requestOf(row)) ?? []
  );
}

/** Events of a span, by time; damaged ones are left out. */
export function readEvents(db: DatabaseSync, startSeconds: number, endSeconds: number): LabEvent[] {
  const rows = db.prepare("SELECT * FROM event WHERE time BETWEEN ? AND ? ORDER BY time, id");
  return (rows.all(startSeconds, endSeconds) as Row[]).flatMap((row) => eventOf(row) ?? []);
}

/** A target's row: name, facts, checksum. */
export function targetRow(
  id: number,
  name: string,
  facts: TargetFacts | undefined,
): (string | number | null)[] {
  const row = [id, name, facts === undefined ? null : JSON.stringify(facts)];
  return [...row, rowSum(row)];
}

/** True where a target's row is whole. */
export function isWholeTarget({ id, name, facts, crc }: Row): boolean {
  return rowSum([id, name, facts] as RowContext) === crc;
}

/** Facts of every target that has some. */
export function readFacts(db: DatabaseSync): TargetFacts[] {
  const rows = db.prepare("SELECT * FROM target WHERE facts IS NOT NULL ORDER BY id").all() as Row[];
  return rows.filter(isWholeTarget).map((row) => JSON.parse(String(row.facts)) as TargetFacts);
}

/** What a decoder gives; undefined when the bytes are damaged. */
export function unlessDamaged<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
