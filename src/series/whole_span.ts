/**
 * Windows that hold all of a span, its first point too.
 *
 * A window is open at its start, and its ends are compared in whole milliseconds. A window as long as the span leaves out
 * what was read at the span's start; one that is a millisecond longer leaves it out too where the rounding of both ends
 * goes against it (from 0.4 ms to 1000.6 ms it is 1001 ms long, ends at 1001 and so begins behind 0). These begin on the
 * millisecond before the first point's, whatever the fractions.
 *
 * @module
 */
import { toMilliseconds } from "./milliseconds.ts";
import type { Grid, TimeSpan } from "./types.ts";

/** One evaluation at the end of a span, over a window that holds all of it. */
export function wholeSpan(span: TimeSpan): Grid {
  const lengthMs = toMilliseconds(span.endSeconds) - toMilliseconds(span.startSeconds);
  return { startSeconds: span.endSeconds, stepSeconds: 1, count: 1, rangeSeconds: (lengthMs + 1) / 1000 };
}

/** The same for what takes a span as a window: it begins on the millisecond before, and ends on the one it ended on. */
export function fromFirstPoint(span: TimeSpan): TimeSpan {
  return {
    startSeconds: (toMilliseconds(span.startSeconds) - 1) / 1000,
    endSeconds: toMilliseconds(span.endSeconds) / 1000,
  };
}
