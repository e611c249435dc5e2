/**
 * One request that was sent, as charts of requests see it.
 *
 * @module
 */
import type { RequestRecord } from "../series/types.ts";

/** Colours of the phases: the client's two as in the timeline, the server's before them beside. */
export const PHASE_COLOR = { wait: 1, decode: 0, queue: 4, prefill: 2 } as const;

/** A request that was sent. */
export type SentRequest = RequestRecord & { readonly sentSeconds: number };

/** Whether it was sent at all. */
export function isSent(request: RequestRecord): request is SentRequest {
  return request.sentSeconds !== undefined;
}

/** When it was over: its last byte, and not before its last chunk. */
export function endOf(request: SentRequest): number {
  const { sentSeconds, chunkTimesSeconds, endSeconds = sentSeconds } = request;
  return Math.max(sentSeconds, endSeconds, chunkTimesSeconds.at(-1) ?? sentSeconds);
}
