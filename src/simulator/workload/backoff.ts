/**
 * How long a user stays away from a server that does not let it in: pure.
 *
 * @module
 */
import type { RequestRecord } from "../../series/types.ts";

/** After the first connection that failed. */
const FIRST_SECONDS = 1;
/** However many failed. */
const LONGEST_SECONDS = 10;
/** After an answer that says no: the server lives, but whoever is refused at once does not ask again at once. */
const REFUSED_SECONDS = 0.1;

/** The pauses of one user of a closed loop. */
export class Backoff {
  #failures = 0;

  /**
   * How long to stay away after a request, seconds: 0 after one that ended well. Connections that fail double the pause
   * from 1 s up to 10 s; any answer, a refusal too, begins anew.
   *
   * @param retryAfterSeconds what a refusal said itself; kept, up to 10 s
   */
  after(record: RequestRecord, retryAfterSeconds = 0): number {
    if (isConnectionFailure(record)) {
      return Math.min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** this.#failures++);
    }
    this.#failures = 0;
    if (record.outcome !== "error" && record.outcome !== "timeout") return 0;
    return Math.max(REFUSED_SECONDS, Math.min(retryAfterSeconds, LONGEST_SECONDS));
  }
}

/** True when no connection came about, or it broke. */
export function isConnectionFailure(record: RequestRecord): boolean {
  const { outcome, sentSeconds } = record;
  return outcome === "connection_error" || (outcome === "timeout" && sentSeconds === undefined);
}

/** True when it ended otherwise than the plan wanted. */
export function isFailure(record: RequestRecord): boolean {
  return record.outcome === "error" || record.outcome === "connection_error" || record.outcome === "timeout";
}
