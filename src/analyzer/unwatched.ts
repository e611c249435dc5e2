/**
 * Time within a span in which nothing read a server, and nothing failed either: the machine slept, or the watching program was stopped.
 *
 * @module
 */
import type { MetricSource, TimeSpan } from "../series/types.ts";
import type { ServerFrames } from "./frames.ts";
import { readTimes } from "./server_reads.ts";

/** Time without a read, in all, and the longest stretch of it. */
export interface Unwatched {
  readonly seconds: number;
  readonly stretches: number;
  readonly longest: TimeSpan;
}

/** Less than this, or than three intervals, is a late read. */
const LEAST_SECONDS = 10;

/** Stretches between two reads of a server in the span; undefined where reads follow each other throughout. */
export async function unwatchedTime(
  source: MetricSource,
  { target, intervalSeconds }: Pick<ServerFrames, "target" | "intervalSeconds">,
  span: TimeSpan,
): Promise<Unwatched | undefined> {
  const reads = Array.from(await readTimes(source, target, span));
  const least = Math.max(LEAST_SECONDS, 3 * intervalSeconds);
  const gaps = reads.slice(1).flatMap((endSeconds, i) => {
    const startSeconds = reads[i]!;
    return endSeconds - startSeconds > least ? [{ startSeconds, endSeconds }] : [];
  });
  if (gaps.length === 0) return undefined;
  const lengthOf = ({ startSeconds, endSeconds }: TimeSpan) => endSeconds - startSeconds;
  return {
    seconds: gaps.reduce((sum, gap) => sum + lengthOf(gap), 0),
    stretches: gaps.length,
    longest: gaps.reduce((a, b) => lengthOf(b) > lengthOf(a) ? b : a),
  };
}
