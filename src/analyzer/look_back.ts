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
  alone: LookBack,
  { knownSeconds = KNOWN_SECONDS, windowSeconds, stepSeconds }:
    & Omit<FrameOptions, "span">
    & { readonly knownSeconds?: number },
): Promise<LookBack> {
  const { source, span, servers: inside } = alone;
  const whole = wholeSource(source);
  const wantedSeconds = span.endSeconds - knownSeconds;
  const held = wantedSeconds < span.startSeconds ? await whole.span() : span;
  const startSeconds = Math.max(held?.startSeconds ?? Infinity, wantedSeconds);
  if (!(startSeconds < span.startSeconds)) return alone;
  const known = { startSeconds, endSeconds: span.endSeconds };
  const measured = await measureFrames(whole, {
    span: known,
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
    ...(stepSeconds === undefined ? {} : { stepSeconds }),
  });
  const servers = measured.filter(({ target }) => inside.some((one) => one.target === target));
  if (servers.length < inside.length) return alone;
  return { source: whole, span: known, servers, events: await whole.events(known) };
}

/** Windows that lie in the span, or reach back before it by three quarters at most. */
export function framesWithin(frames: readonly Frame[], span: TimeSpan): readonly Frame[] {
  return frames.filter(({ window }) => isIn(window, span));
}

/** Of a window so much must lie in the span; then so much of a finding that its last window shows, too. */
const LEAST_PART = 1 / 4;
const ROUNDING = 1e-6;

/** Whether a window is one of the span's. */
export function isIn(window: TimeSpan, span: TimeSpan): boolean {
  const part = LEAST_PART * (window.endSeconds - window.startSeconds);
  return window.endSeconds >= span.startSeconds + part - ROUNDING;
}

/** Whether a finding's last window is one of the span's; what events told must just not be over before it. */
export function isOf({ span: held, evidence, params }: Finding, span: TimeSpan): boolean {
  const window = params.seenSeconds === undefined ? undefined : evidence[0]?.window;
  if (window === undefined) return held.endSeconds >= span.startSeconds;
  return isIn({
    startSeconds: held.endSeconds - (window.endSeconds - window.startSeconds),
    endSeconds: held.endSeconds,
  }, span);
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
