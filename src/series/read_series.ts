/**
 * Points of stored series, copied out for readers.
 *
 * @module
 */
import { firstAfter, firstAtOrAfter } from "../base/search.ts";
import type { Unit } from "../catalog/types.ts";
import type { MetricType } from "../parser/types.ts";
import type { GrowingList } from "./growing.ts";
import type { StoredSampler, StoredSeries } from "./store_entry.ts";
import type { Series, TimeSpan } from "./types.ts";

/** Which points. */
export interface ReadOptions {
  /** Both ends included. */
  readonly span: TimeSpan;
  /** Take the last point before the span too: what was observed since needs it. */
  readonly includeBefore?: boolean;
  /** At most so many points, the newest. */
  readonly lastPoints?: number;
  readonly labels: Series["labels"];
  /** Says the unit by name and type; absent: the definition's. */
  readonly unitOf?: (name: string, type: MetricType) => Unit;
  /** Values may be views of what the store holds, for readers that write nothing and keep nothing. */
  readonly shared?: boolean;
}

/**
 * A series' points in a span; undefined when it has neither a point nor a mark of absence there.
 *
 * The times of series of one sampler may be one and the same array: it must not be written to.
 */
export function readSeries(
  sampler: StoredSampler,
  series: StoredSeries,
  options: ReadOptions,
): Series | undefined {
  const columns = series.own === undefined
    ? readColumn(sampler, series, options)
    : readOwn(series.own.times.view(), series.own.values.view(), options);
  const { startSeconds, endSeconds } = options.span;
  const fromSeconds = Math.min(startSeconds, columns.timesSeconds[0] ?? startSeconds);
  const staleSeconds = within(series.stale, fromSeconds, endSeconds);
  if (columns.timesSeconds.length === 0 && staleSeconds.length === 0) return undefined;
  const { name, type } = series.definition;
  const { labels, unitOf } = options;
  const unit = unitOf === undefined ? series.definition.unit : unitOf(name, type);
  const resetSeconds = within(series.resets, fromSeconds, endSeconds);
  const { timesSeconds, values } = columns;
  // Written out: hundreds are made at a time, and spreading costs more than all the rest.
  const read = { name, sampler: sampler.id, labels, type, timesSeconds, values, staleSeconds };
  const withUnit = unit === undefined
    ? read
    : { name, sampler: sampler.id, labels, type, timesSeconds, values, staleSeconds, unit };
  return resetSeconds.length === 0 ? withUnit : { ...withUnit, resetSeconds };
}

function readColumn(
  sampler: StoredSampler,
  series: StoredSeries,
  options: ReadOptions,
): { timesSeconds: Float64Array; values: Float64Array } {
  const ticks = sampler.ticksIn(options.span);
  let from = ticks.from;
  const to = ticks.to;
  if (options.includeBefore) {
    const before = series.column.lastWrittenIn(sampler.firstTick, from);
    if (before >= 0) from = before;
  }
  if (options.lastPoints !== undefined) {
    from = series.column.tickOfLast(options.lastPoints, { from, to });
  }
  const read = series.column.read(from, to, options.shared);
  if (read.ticks === undefined) return { timesSeconds: sampler.axis(from, to), values: read.values };
  const timesSeconds = new Float64Array(read.ticks.length);
  if (timesSeconds.length > 0) {
    const axis = sampler.axis(from, to);
    for (let i = 0; i < timesSeconds.length; i++) timesSeconds[i] = axis[read.ticks[i]! - from]!;
  }
  return { timesSeconds, values: read.values };
}

function readOwn(
  times: Float64Array,
  values: Float64Array,
  options: ReadOptions,
): { timesSeconds: Float64Array; values: Float64Array } {
  let from = firstAtOrAfter(times, options.span.startSeconds);
  const to = Math.max(from, firstAfter(times, options.span.endSeconds));
  if (options.includeBefore && from > 0) from--;
  if (options.lastPoints !== undefined) from = Math.max(from, to - options.lastPoints);
  return { timesSeconds: times.slice(from, to), values: values.slice(from, to) };
}

/** Has no element that could be written to. */
const NOTHING = new Float64Array(0);

/** A copy of the times in a span. */
function within(list: GrowingList, fromSeconds: number, toSeconds: number): Float64Array {
  if (list.length === 0) return NOTHING;
  const times = list.view();
  return times.slice(firstAtOrAfter(times, fromSeconds), firstAfter(times, toSeconds));
}
