/**
 * Events, requests and facts as rows, and back.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { LabEvent, RequestRecord, TargetFacts } from "../series/types.ts";
import { decodeDoubles, encodeDoubles } from "./block_codec.ts";

type Row = Record<string, unknown>;

/** An event's row: time, target, kind, JSON of the whole. */
export function eventRow(event: LabEvent): [number, string | null, string, string] {
  return [event.timeSeconds, "target" in event ? event.target : null, event.kind, JSON.stringify(event)];
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
  return [
    ...Object.values(REQUEST_FIELDS).map((field) => request[field] ?? null),
    times[0] ?? null,
    times.at(-1) ?? null,
    times.length,
    encodeDoubles(times),
  ];
}

/** The record of a row. */
function requestOf(row: Row): RequestRecord {
  const fields: Row = { chunkTimesSeconds: decodeDoubles(row.chunk_times as Uint8Array) };
  for (const [column, field] of Object.entries(REQUEST_FIELDS)) {
    if (row[column] !== null) fields[field] = row[column];
  }
  return fields as unknown as RequestRecord;
}

/** Requests due in a span, by due time. */
export function readRequests(db: DatabaseSync, startSeconds: number, endSeconds: number): RequestRecord[] {
  const rows = db.prepare("SELECT * FROM request WHERE due BETWEEN ? AND ? ORDER BY due, row");
  return (rows.all(startSeconds, endSeconds) as Row[]).map(requestOf);
}

/** Events of a span, by time. */
export function readEvents(db: DatabaseSync, startSeconds: number, endSeconds: number): LabEvent[] {
  const rows = db.prepare("SELECT data FROM event WHERE time BETWEEN ? AND ? ORDER BY time, id");
  return (rows.all(startSeconds, endSeconds) as Row[]).map((row) => JSON.parse(String(row.data)) as LabEvent);
}

/** Facts of every target that has some. */
export function readFacts(db: DatabaseSync): TargetFacts[] {
  const rows = db.prepare("SELECT facts FROM target WHERE facts IS NOT NULL ORDER BY id").all() as Row[];
  return rows.map((row) => JSON.parse(String(row.facts)) as TargetFacts);
}
