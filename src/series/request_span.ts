/**
 * From when to when a load ran, by its requests alone: what every figure per second of a run is counted over.
 *
 * @module
 */
import type { RequestRecord, TimeSpan } from "./types.ts";

/**
 * First due to last end: the same whichever file a run is read from, since files that state a duration of their own are
 * written with this one. Undefined without requests; without length where all of them came to nothing at once.
 */
export function requestsSpan(records: readonly RequestRecord[]): TimeSpan | undefined {
  if (records.length === 0) return undefined;
  let startSeconds = Infinity;
  let endSeconds = -Infinity;
  for (const record of records) {
    startSeconds = Math.min(startSeconds, record.dueSeconds);
    endSeconds = Math.max(endSeconds, lastSeconds(record));
  }
  return { startSeconds, endSeconds };
}

/**
 * The last token of a request that ended well (what comes after it is not counted anywhere), else when it was given up; of
 * one that was never sent when it was due.
 */
export function lastSeconds(record: RequestRecord): number {
  const { chunkTimesSeconds, endSeconds, sentSeconds, dueSeconds } = record;
  const token = chunkTimesSeconds.at(-1);
  const end = record.outcome === "ok" ? token ?? endSeconds : endSeconds ?? token;
  return end ?? sentSeconds ?? dueSeconds;
}
