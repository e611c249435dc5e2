/**
 * Whether a server was still there when a load ended: pure. A crash late in a run is a small share of its requests and all of
 * its news.
 *
 * @module
 */
import type { RequestOutcome, RequestRecord } from "../../series/types.ts";

/** What a load ended in, where that was silence. */
export interface LostServer {
  /** From the last good sign of the server, a token or a whole answer, to the end of the load; absent where there was none. */
  readonly silentSeconds?: number;
  /** Requests that failed or waited in vain after it. */
  readonly requests: number;
  /** Nothing failed, requests only waited: the server may be there, taken up by others' requests. */
  readonly onlyWaited?: true;
}

/** So many failures in a row at least; more where single ones were usual before. */
const LEAST_FAILURES = 3;
/** A row of failures that comes by chance, at the share there was before, in fewer loads than this. */
const CHANCE = 0.001;
/** Requests that hang are a lost server's after so long without a token for any of them. */
const SILENT_SECONDS = 5;
/** And after so many times the longest pause that there was before. */
const PAUSES = 3;

const FAILED: ReadonlySet<RequestOutcome> = new Set(["error", "connection_error", "timeout"]);

/**
 * Looks at what came after the last good sign: failures alone, or requests of which none got another token until they were
 * cut. Undefined where the server was there, and where too little came after to tell.
 */
export function lostServer(records: readonly RequestRecord[]): LostServer | undefined {
  const signs = Float64Array.from(records.flatMap(signsOf)).sort();
  const last = signs.at(-1) ?? -Infinity;
  const endSeconds = records.reduce((latest, { endSeconds = 0 }) => Math.max(latest, endSeconds), 0);
  const after = records.filter((record) => (record.endSeconds ?? 0) > last && record.outcome !== "ok");
  const failures = after.filter(({ outcome }) => FAILED.has(outcome)).length;
  const waiting = after.filter(({ outcome }) => outcome === "unfinished").length;
  const silentSeconds = endSeconds - last;
  const isRow = failures >= leastRow(records, last);
  const isSilent = waiting > 0 && silentSeconds > Math.max(SILENT_SECONDS, PAUSES * longestPause(signs));
  if (!isRow && !isSilent) return undefined;
  return {
    requests: failures + waiting,
    ...(Number.isFinite(silentSeconds) ? { silentSeconds } : {}),
    ...(failures === 0 ? { onlyWaited: true } : {}),
  };
}

/** Instants at which the server showed that it works. */
function signsOf({ chunkTimesSeconds, outcome, endSeconds }: RequestRecord): readonly number[] {
  const last = chunkTimesSeconds.at(-1);
  const first = chunkTimesSeconds[0];
  if (first !== undefined && last !== undefined) return [first, last];
  return outcome === "ok" && endSeconds !== undefined ? [endSeconds] : [];
}

function leastRow(records: readonly RequestRecord[], last: number): number {
  const before = records.filter(({ endSeconds = 0 }) => endSeconds <= last);
  const share = before.filter(({ outcome }) => FAILED.has(outcome)).length / Math.max(1, before.length);
  if (share === 0) return LEAST_FAILURES;
  return share >= 1 ? Infinity : Math.max(LEAST_FAILURES, Math.ceil(Math.log(CHANCE) / Math.log(share)));
}

function longestPause(signs: Float64Array): number {
  let longest = 0;
  for (let i = 1; i < signs.length; i++) longest = Math.max(longest, signs[i]! - signs[i - 1]!);
  return longest;
}
