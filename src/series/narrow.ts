/**
 * A stretch of a source, as a source of its own.
 *
 * @module
 */
import { checkArgument } from "../base/arguments.ts";
import { SOURCE, SPAN } from "./arguments.ts";
import type { MetricSource, TimeSpan } from "./types.ts";

/** Which stretch: by its ends, or the last seconds of what the source holds. */
export interface Stretch {
  /** Unix seconds; default: where the source begins. */
  readonly fromSeconds?: number;
  /** Unix seconds; default: where the source ends. */
  readonly toSeconds?: number;
  /** Length before the end; not together with `fromSeconds`. */
  readonly lastSeconds?: number;
}

/**
 * The part of a span that is meant; undefined where both have nothing in common.
 *
 * @throws RangeError when the stretch contradicts itself
 */
export function stretchOf(held: TimeSpan, stretch: Stretch): TimeSpan | undefined {
  checkStretch(stretch);
  const { fromSeconds, toSeconds, lastSeconds } = stretch;
  const endSeconds = Math.min(held.endSeconds, toSeconds ?? Infinity);
  const startSeconds = Math.max(
    held.startSeconds,
    fromSeconds ?? (lastSeconds === undefined ? -Infinity : endSeconds - lastSeconds),
  );
  return startSeconds > endSeconds ? undefined : { startSeconds, endSeconds };
}

/**
 * Before a source is asked.
 *
 * @throws RangeError when the stretch contradicts itself
 */
export function checkStretch({ fromSeconds, toSeconds, lastSeconds }: Stretch): void {
  if (fromSeconds !== undefined && lastSeconds !== undefined) {
    throw new RangeError("Cannot choose a stretch: both its start and its length, wanted one of them");
  }
  if (fromSeconds !== undefined && toSeconds !== undefined && fromSeconds >= toSeconds) {
    throw new RangeError("Cannot choose a stretch: it starts at or after its end, wanted a start before it");
  }
}

/**
 * A stretch of a source, as a source of its own: charts, analysis, report and files are then of that stretch. Raw
 * points, requests and events outside are left out; a window that begins before the span still sees the points there, so
 * that the first rates are the same as those of the whole source at that time. What the source says of its targets and
 * families stays as it is.
 *
 * @param span is cut to what the source holds at each question, so a live source goes on growing within it
 */
export function withinSpan(source: MetricSource, span: TimeSpan): MetricSource {
  const stretch = stretchedSource(source, span);
  setWholeSource(stretch, source);
  return stretch;
}

/** Notes that a source is a stretch of another one: what changes nothing but facts must not lose it. */
export function setWholeSource(stretch: MetricSource, whole: MetricSource): void {
  WHOLE_SOURCES.set(stretch, whole);
}

/** Of each stretch the source that it is of. */
const WHOLE_SOURCES = new WeakMap<MetricSource, MetricSource>();

/** The source that a stretch is of, for what was usual before it; any other source is its own. */
export function wholeSource(source: MetricSource): MetricSource {
  const whole = WHOLE_SOURCES.get(source);
  return whole === undefined ? source : wholeSource(whole);
}

function stretchedSource(source: MetricSource, span: TimeSpan): MetricSource {
  const call = "withinSpan(source, { startSeconds, endSeconds })";
  checkArgument(call, { source }, SOURCE);
  checkArgument(call, { span }, SPAN);
  const cut = (asked: TimeSpan) => common(asked, span);
  return {
    span: async () => {
      const held = await source.span();
      return held === undefined ? undefined : cut(held);
    },
    describe: () => source.describe(),
    facts: () => source.facts(),
    select: async (selector, asked) => {
      const kept = cut(asked);
      return kept === undefined ? [] : await source.select(selector, kept);
    },
    evaluate: (query, grid) => source.evaluate(query, grid),
    requests: async (asked) => {
      const kept = cut(asked);
      return kept === undefined ? [] : await source.requests(kept);
    },
    events: async (asked) => {
      const kept = cut(asked);
      return kept === undefined ? [] : await source.events(kept);
    },
  };
}

/** Undefined where they have nothing in common. */
function common(a: TimeSpan, b: TimeSpan): TimeSpan | undefined {
  const startSeconds = Math.max(a.startSeconds, b.startSeconds);
  const endSeconds = Math.min(a.endSeconds, b.endSeconds);
  return startSeconds > endSeconds ? undefined : { startSeconds, endSeconds };
}
