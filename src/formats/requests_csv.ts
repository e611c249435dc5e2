/**
 * Requests as CSV (RFC 4180): a row each, what did not happen an empty cell.
 *
 * @module
 */
import type { RequestRecord } from "../series/types.ts";
import {
  connectSeconds,
  e2eSeconds,
  headersWaitSeconds,
  interTokenMeanSeconds,
  latenessSeconds,
  tpotSeconds,
  ttftScheduledSeconds,
  ttftSeconds,
} from "../simulator/workload/request_times.ts";

type Cell = string | number | undefined;

const COLUMNS: readonly (readonly [string, (record: RequestRecord) => Cell])[] = [
  ["id", (record) => record.id],
  ["phase", (record) => record.phase],
  ["model", (record) => record.model],
  ["endpoint", (record) => record.endpoint],
  ["outcome", (record) => record.outcome],
  ["due_unix_seconds", (record) => record.dueSeconds],
  ["sent_unix_seconds", (record) => record.sentSeconds],
  ["end_unix_seconds", (record) => record.endSeconds],
  ["lateness_seconds", latenessSeconds],
  ["connect_seconds", connectSeconds],
  ["headers_seconds", headersWaitSeconds],
  ["ttft_seconds", ttftSeconds],
  ["ttft_scheduled_seconds", ttftScheduledSeconds],
  ["itl_mean_seconds", interTokenMeanSeconds],
  ["tpot_seconds", tpotSeconds],
  ["e2e_seconds", e2eSeconds],
  ["token_chunks", (record) => record.chunkTimesSeconds.length],
  ["prompt_tokens", (record) => record.promptTokens],
  ["cached_tokens", (record) => record.cachedTokens],
  ["output_tokens", (record) => record.outputTokens],
  ["output_tokens_from", (record) => record.outputTokensFrom],
  ["max_tokens", (record) => record.maxTokens],
  ["status", (record) => record.status],
  ["finish_reason", (record) => record.finishReason],
  ["error", (record) => record.error],
  ["engine", (record) => record.engine],
  ["trust", (record) => record.trust],
];

/** Writes the requests, in their order. What a server said cannot become a formula in a spreadsheet. */
export function requestsToCsv(records: readonly RequestRecord[]): string {
  const rows = records.map((record) => COLUMNS.map(([, value]) => cell(value(record))).join(","));
  return [COLUMNS.map(([name]) => name).join(","), ...rows].map((row) => `${row}\r\n`).join("");
}

function cell(value: Cell): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  // A text that begins like a formula gets an apostrophe, which spreadsheets show as text.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
