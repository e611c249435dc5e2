/**
 * What was before a short stretch: it says what is usual, and nothing is told of it.
 *
 * @module
 */
import { wholeSource } from "../series/narrow.ts";
import type { LabEvent, MetricSource, TimeSpan } from "../series/types.ts";
import type { RankedFinding } from "./episodes.ts";
import type { Finding } from "./findings.ts";
import { type Frame, type FrameOptions, measureFrames, type ServerFrames } from "./frames.ts";

/** What is read, where that is more than what is asked about. */
export interface LookBack {
  readonly source: MetricSource;
  readonly span: TimeSpan;
  readonly servers: readonly ServerFrames[];
  readonly events: readonly LabEvent[];
}

/** Of a shorter span what was before it says what is usual. */
const KNOWN_SECONDS = 600;

/** Reaches back before a short span, as far as the source does; servers that are not in the span are none of it. */
export async function lookBack(
  source: MetricSource,
  asked: FrameOptions & {
    readonly knownSeconds?: number;
    readonly inside: readonly ServerFrames[];
    readonly events: readonly LabEvent[];
  },
): Promise<LookBack> {
  const { span, inside, events, knownSeconds = KNOWN_SECONDS } = asked;
  const whole = wholeSource(source);
  const wantedSeconds = span.endSeconds - knownSeconds;
  const held = wantedSeconds < span.startSeconds ? await whole.span() : span;
  const startSeconds = Math.max(held?.startSeconds ?? Infinity, wantedSeconds);
  if (!(startSeconds < span.startSeconds)) return { source, span, servers: inside, events };
  const known = { startSeconds, endSeconds: span.endSeconds };
  const measured = await measureFrames(whole, { ...asked, span: known });
  const servers = measured.filter(({ target }) => inside.some((one) => one.target === target));
  if (servers.length < inside.length) return { source, span, servers: inside, events };
  return { source: whole, span: known, servers, events: await whole.events(known) };
}

/** Windows that end in the span, as those of its beginning do. */
export function framesWithin(frames: readonly Frame[], span: TimeSpan): readonly Frame[] {
  return frames.filter(({ window }) => isIn(window, span));
}

/** Whether a window ends in the span. */
export function isIn(window: TimeSpan, span: TimeSpan): boolean {
  return window.endSeconds > span.startSeconds;
}

/** What was over when the span began is none of it: of what was seen by windows, what they saw last must lie in it for the most part. */
export function isOf({ span: held, evidence, params }: Finding, span: TimeSpan): boolean {
  const window = params.seenSeconds === undefined ? undefined : evidence[0]?.window;
  const part = window === undefined ? 0 : (window.endSeconds - window.startSeconds) / 2;
  return held.endSeconds - Math.min(part, (span.endSeconds - span.startSeconds) / 2) >= span.startSeconds;
}

/**
 * The findings of the span, and causes that lie before it where what follows from them reaches into it. Of a server whose findings all
 * lie before it, the last: what it explains was folded into it.
 */
export function ofSpan(
  folded: readonly RankedFinding[],
  { found, span }: { readonly found: readonly RankedFinding[]; readonly span: TimeSpan },
): readonly RankedFinding[] {
  const inside = found.filter(({ finding }) => isOf(finding, span));
  const reaches = ({ target, consequences }: Finding) =>
    inside.some((one) => one.finding.target === target && consequences.includes(one.finding.code));
  const kept = folded.filter(({ finding }) => isOf(finding, span) || reaches(finding));
  const silent = [...Map.groupBy(folded, ({ finding }) => finding.target)].filter(([target]) =>
    !kept.some((one) => one.finding.target === target)
  );
  return [
    ...kept,
    ...silent.map(([, own]) =>
      own.reduce((a, b) => b.finding.span.endSeconds > a.finding.span.endSeconds ? b : a)
    ),
  ];
}
