/**
 * The highest rate that a server showed while requests waited: then it had as much to do as it could.
 *
 * @module
 */
import type { Reading } from "../base/cause.ts";
import type { Matcher, Series, TimeSpan } from "../series/types.ts";
import type { SpanFigures } from "./span_figures.ts";

/** A shorter stretch says little … */
const LEAST_SECONDS = 10;
/** … and so does one in which fewer requests ended: of twenty a fifth more or less is chance. */
const LEAST_FINISHED = 20;
/** The longest ones are looked at: a queue that comes and goes makes thousands of short ones. */
const MOST_STRETCHES = 50;
/** Reads further apart than this many usual intervals do not tell what was between them. */
const HOLE_INTERVALS = 3;

/** The rate of the fastest stretch, and how long that was; 0 where there is none. */
export interface FullRate {
  readonly highest: Reading;
  readonly stretchSeconds: number;
}

/**
 * Over stretches at whose every read requests waited on every engine; of each the whole, so that the highest is not the luck of a
 * short window.
 *
 * @param intervalSeconds usual time between two reads
 */
export async function servedAtMost(
  figures: SpanFigures,
  matchers: readonly Matcher[],
  intervalSeconds: number,
): Promise<FullRate> {
  const { source, span } = figures;
  if (span === undefined) return { highest: { absent: { code: "no_data" } }, stretchSeconds: 0 };
  const waiting = await source.select({ quantity: "waiting", matchers }, span);
  if (waiting.every(({ values }) => values.length === 0)) {
    return { highest: { absent: await figures.absence("waiting") }, stretchSeconds: 0 };
  }
  const least = Math.max(LEAST_SECONDS, 4 * intervalSeconds);
  const stretches = stretchesOf(waiting, HOLE_INTERVALS * intervalSeconds)
    .filter((one) => lengthOf(one) >= least)
    .sort((a, b) => lengthOf(b) - lengthOf(a))
    .slice(0, MOST_STRETCHES);
  if (stretches.length === 0) {
    const params = { seconds: Math.round(least) };
    return { highest: { absent: { code: "nothing_waited", params } }, stretchSeconds: 0 };
  }
  let [highest, stretchSeconds, mostFinished] = [0, 0, 0];
  for (const stretch of stretches) {
    const finished = await finishedIn(figures, matchers, stretch);
    mostFinished = Math.max(mostFinished, finished);
    const rate = finished / lengthOf(stretch);
    if (finished >= LEAST_FINISHED && rate > highest) [highest, stretchSeconds] = [rate, lengthOf(stretch)];
  }
  if (highest > 0) return { highest: { value: highest }, stretchSeconds };
  const params = { count: mostFinished, wanted: LEAST_FINISHED };
  return { highest: { absent: { code: "not_enough_points", params } }, stretchSeconds: 0 };
}

function lengthOf({ startSeconds, endSeconds }: TimeSpan): number {
  return endSeconds - startSeconds;
}

/** From the first to the last of reads in a row at which something waited on every engine that was read. */
function stretchesOf(waiting: readonly Series[], holeSeconds: number): readonly TimeSpan[] {
  const fewest = new Map<number, number>();
  for (const { timesSeconds, values } of waiting) {
    timesSeconds.forEach((time, i) => {
      if (!Number.isNaN(values[i]!)) fewest.set(time, Math.min(fewest.get(time) ?? Infinity, values[i]!));
    });
  }
  const found: TimeSpan[] = [];
  let open: TimeSpan | undefined;
  for (const [time, count] of [...fewest].sort(([a], [b]) => a - b)) {
    const goesOn: boolean = open !== undefined && count > 0 && time - open.endSeconds <= holeSeconds;
    if (open !== undefined && !goesOn) found.push(open);
    if (count > 0) open = { startSeconds: goesOn ? open!.startSeconds : time, endSeconds: time };
    else open = undefined;
  }
  return open === undefined ? found : [...found, open];
}

/** More than times lose when they are rounded to milliseconds. */
const ROUNDING_SECONDS = 0.002;

/** Exactly from the one read to the other: what is counted in a window counts from the last read before it. */
async function finishedIn(
  { source }: SpanFigures,
  matchers: readonly Matcher[],
  stretch: TimeSpan,
): Promise<number> {
  const [counted] = await source.evaluate({
    selector: { quantity: "e2e", part: "count", matchers },
    fn: { kind: "increase", extrapolate: false },
    combine: "sum",
    whileStale: "as_prometheus",
  }, {
    startSeconds: stretch.endSeconds,
    stepSeconds: 1,
    count: 1,
    rangeSeconds: lengthOf(stretch) - ROUNDING_SECONDS,
  });
  return counted?.values[0] ?? 0;
}
