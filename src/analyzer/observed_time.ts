/**
 * What a stretch of servers' counters was really counted over.
 *
 * A counter's growth in a stretch is from its last read at or before the start to its last read inside, and neither end
 * is where the stretch ends: divided by the length of the stretch, the same load is another rate for each place of the
 * ends between two reads (45 s read every 5 s: up to a tenth).
 *
 * @module
 */
import { wholeSource } from "../series/narrow.ts";
import type { MetricSource, Selector, Series, TimeSpan } from "../series/types.ts";
import { fromFirstPoint } from "../series/whole_span.ts";

/** Reads, and who was read. */
export interface ObservedTime {
  /** From the reads that growth is counted from to the last ones: the mean over the series that were there all the time. */
  readonly seconds: number;
  /** Targets with a read in the stretch; undefined where nothing tells. */
  readonly targets?: ReadonlySet<string>;
}

/** How long before a stretch the read before is looked for. */
const LOOK_BACK_SECONDS = 300;

/** Steps without a read after which a series was not there. */
const GONE_STEPS = 1.5;

/** Of all that is held, from its first point on; a stretch sees the point before it, and counts from there. */
export async function countedWindow(source: MetricSource, span: TimeSpan): Promise<TimeSpan> {
  const held = await wholeSource(source).span();
  return held !== undefined && held.startSeconds < span.startSeconds ? span : fromFirstPoint(span);
}

/** Of what every server counts; where nothing is counted it is the length of the stretch. */
export async function observedTime(source: MetricSource, window: TimeSpan): Promise<ObservedTime> {
  const counted: readonly Selector[] = [
    { quantity: "e2e", part: "count" },
    { quantity: "generation_tokens" },
  ];
  for (const selector of counted) {
    const series = await wholeSource(source).select(selector, {
      startSeconds: window.startSeconds - LOOK_BACK_SECONDS,
      endSeconds: window.endSeconds,
    });
    const reads = series.map((one) => readsOf(one));
    const within = series.filter((_, i) => reads[i]!.some((time) => time > window.startSeconds));
    if (within.length === 0) continue;
    const lengths = reads.flatMap((times) => countedSeconds(times, window) ?? []);
    const targets = new Set(within.flatMap(({ labels }) => labels.target ?? []));
    const sum = lengths.reduce((total, one) => total + one, 0);
    return {
      seconds: sum > 0 ? sum / lengths.length : window.endSeconds - window.startSeconds,
      ...(targets.size === 0 ? {} : { targets }),
    };
  }
  return { seconds: window.endSeconds - window.startSeconds };
}

/** When there was a value: NaN marks absence. */
function readsOf({ timesSeconds, values }: Series): number[] {
  return Array.from(timesSeconds).filter((_, i) => !Number.isNaN(values[i]));
}

/** Undefined for a series that began or ended inside. */
function countedSeconds(
  times: readonly number[],
  { startSeconds, endSeconds }: TimeSpan,
): number | undefined {
  const steps = times.slice(1).map((time, i) => time - times[i]!).sort((a, b) => a - b);
  const longest = GONE_STEPS * (steps[Math.floor(steps.length / 2)] ?? 0);
  const before = times.findLast((time) => time <= startSeconds);
  const first = times.find((time) => time > startSeconds);
  const last = times.at(-1);
  if (first === undefined || last === undefined || endSeconds - last > longest) return undefined;
  if (before !== undefined && startSeconds - before <= longest) return last - before;
  return first - startSeconds <= longest ? last - first : undefined;
}

/** What came is what ended and what is there now beyond what was there at the beginning; what was cut is not seen. */
export async function arrivalsPerSecond(
  source: MetricSource,
  span: TimeSpan,
  endedPerSecond: number | undefined,
): Promise<number | undefined> {
  const seconds = span.endSeconds - span.startSeconds;
  if (endedPerSecond === undefined || !(seconds > 0)) return undefined;
  const gauges = [
    ...await source.select({ quantity: "running" }, span),
    ...await source.select({ quantity: "waiting" }, span),
  ];
  const known = gauges.map(({ values }) => values.filter((value) => !Number.isNaN(value)));
  const grown = known.reduce((sum, values) => sum + (values.at(-1) ?? 0) - (values[0] ?? 0), 0);
  return Math.max(0, endedPerSecond + grown / seconds);
}
