/**
 * Times without an answer: of which targets, and how many of several there were that answered.
 *
 * @module
 */
import type { TargetFacts, TimeSpan } from "../series/types.ts";
import type { ChartsText } from "../text/charts.ts";
import { type ChartContext, factsOf, type Side } from "./context.ts";

/** A time in which reads failed. */
export interface Gap extends TimeSpan {
  /** Of several targets: how many answered. Absent where only one is watched. */
  readonly answering?: number;
  /** Of so many. */
  readonly of?: number;
}

/** Reads of a side that failed: from the last good one to the next good one, or to the end. Of several targets in pieces of
 * equally many that answered. */
export function gapsOf(context: ChartContext, side: Side): readonly Gap[] {
  const targets = factsOf(context, side);
  return countGaps(targets.map((facts) => targetGaps(context, facts)), targets.length);
}

/** Reads of one target that failed. */
export function targetGaps(
  context: ChartContext,
  { target, intervalSeconds = 0, endedSeconds = Infinity }: Pick<
    TargetFacts,
    "target" | "intervalSeconds" | "endedSeconds"
  >,
): readonly TimeSpan[] {
  const gaps: TimeSpan[] = [];
  let open: number | undefined;
  for (const event of context.events) {
    if (event.kind === "scrape_failed" && event.target === target) {
      open ??= event.timeSeconds - intervalSeconds;
    } else if (event.kind === "scrape_recovered" && event.target === target) {
      gaps.push({
        startSeconds: open ?? event.timeSeconds - event.gapSeconds,
        endSeconds: event.timeSeconds,
      });
      open = undefined;
    }
  }
  // Of a pod that ended nobody wants an answer any more.
  const endSeconds = Math.min(context.span?.endSeconds ?? 0, endedSeconds);
  return open === undefined ? gaps : [...gaps, { startSeconds: open, endSeconds }];
}

/**
 * Gaps of several targets in pieces of equally many that answered.
 *
 * @param perTarget ascending, each without overlap
 * @param of how many targets there are; of one nothing is counted
 */
export function countGaps(perTarget: readonly (readonly TimeSpan[])[], of: number): readonly Gap[] {
  const changes = new Map<number, number>();
  const change = (time: number, by: number) => changes.set(time, (changes.get(time) ?? 0) + by);
  for (const gap of perTarget.flat()) {
    if (gap.endSeconds <= gap.startSeconds) continue;
    change(gap.startSeconds, 1);
    change(gap.endSeconds, -1);
  }
  const pieces: Gap[] = [];
  let missing = 0;
  let from = NaN;
  for (const [time, by] of [...changes].sort(([a], [b]) => a - b)) {
    if (missing > 0 && by !== 0) {
      const counted = of > 1 ? { answering: Math.max(0, of - missing), of } : {};
      pieces.push({ startSeconds: from, endSeconds: time, ...counted });
    }
    if (by !== 0) from = time;
    missing += by;
  }
  return pieces;
}

/** Gaps, and times in which some of several targets gave nothing to a sum: of both the fewer that answered. */
export function joinGaps(gaps: readonly Gap[], partial: readonly Gap[]): readonly Gap[] {
  if (partial.length === 0) return gaps;
  const of = Math.max(...[...gaps, ...partial].map((gap) => gap.of ?? 1));
  const missing = (gap: Gap) => (gap.of ?? of) - (gap.answering ?? 0);
  const borders = [...new Set([...gaps, ...partial].flatMap((gap) => [gap.startSeconds, gap.endSeconds]))]
    .sort((a, b) => a - b);
  const layers = Array.from(
    { length: of },
    (): { startSeconds: number; endSeconds: number }[] => [],
  );
  for (let index = 1; index < borders.length; index++) {
    const [startSeconds, endSeconds] = [borders[index - 1] ?? NaN, borders[index] ?? NaN];
    const most = Math.max(
      0,
      ...[...gaps, ...partial]
        .filter((gap) => gap.startSeconds <= startSeconds && gap.endSeconds >= endSeconds).map(missing),
    );
    for (let layer = 0; layer < most; layer++) {
      const last = layers[layer]?.at(-1);
      if (last?.endSeconds === startSeconds) last.endSeconds = endSeconds;
      else layers[layer]?.push({ startSeconds, endSeconds });
    }
  }
  return countGaps(layers, of);
}

/** `2 of 3 servers`; of a gap in which nobody answered nothing: the empty band says it. */
export function gapLabel(gap: Gap, text: ChartsText): string {
  const { answering = 0, of = 1 } = gap;
  return answering > 0 ? text.answering(answering, of) : "";
}

/** What the legend says of all gaps of a picture: the fewest that answered. */
export function gapsLabel(gaps: readonly Gap[], span: TimeSpan, text: ChartsText): string {
  const seen = gaps.filter((gap) =>
    (gap.answering ?? 0) > 0 && gap.endSeconds > span.startSeconds && gap.startSeconds < span.endSeconds
  );
  const [first] = seen;
  if (first === undefined) return "";
  const counts = seen.map((gap) => gap.answering ?? 0);
  return text.answering(Math.min(...counts), first.of ?? 1, Math.max(...counts));
}

/** Times at which a target began anew: from its last scrape before to its first one after. */
export function restartsOf(
  context: ChartContext,
  targets: readonly Pick<TargetFacts, "target">[],
): readonly { readonly from: number; readonly to: number }[] {
  const ids = new Set(targets.map(({ target }) => target));
  return context.events.flatMap((event) =>
    event.kind === "counter_reset" && ids.has(event.target)
      ? [{ from: event.previousTimeSeconds, to: event.timeSeconds }]
      : []
  );
}
