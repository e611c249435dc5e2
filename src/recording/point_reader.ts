/**
 * Points of one series out of a recording's blocks and loose ticks.
 *
 * @module
 */
import { firstAfter, firstAtOrAfter } from "../base/search.ts";
import type { DatabaseSync } from "node:sqlite";
import { fixAxis } from "../series/grid_plan.ts";
import type { TimeSpan } from "../series/types.ts";
import { type BlockColumn, decodeBlockColumn } from "./block_codec.ts";
import type { Catalog, CatalogSeries } from "./catalog.ts";
import type { LooseTicks } from "./loose_ticks.ts";

/** A series' points and marks, ascending. */
export interface RecordedPoints {
  /** Unix seconds. */
  readonly timesSeconds: Float64Array;
  /** One for each time. */
  readonly values: Float64Array;
  /** When it was marked absent, Unix seconds. */
  readonly staleSeconds: Float64Array;
  /** When it is known to have begun anew although its value did not fall, Unix seconds. */
  readonly resetSeconds: Float64Array;
  /** True where times are those that the source stated, not those of ticks. */
  readonly hasOwnTimes: boolean;
}

interface Piece {
  readonly timesSeconds: Float64Array;
  readonly column: BlockColumn;
}

const NO_TIMES = new Float64Array(0);

interface SharedTimes {
  readonly parts: readonly Float64Array[];
  readonly whole: Float64Array;
  readonly low: number;
  readonly high: number;
  readonly slice: Float64Array;
}

/** Reads points; what is damaged is left out and counted. */
export class PointReader {
  readonly #db: DatabaseSync;
  readonly #catalog: Catalog;
  readonly #loose: LooseTicks;
  /** Chunks that could not be read. */
  damaged = 0;
  /** Series of one target come one after the other and mostly have the same times. */
  #lastTimes: SharedTimes = { parts: [], whole: NO_TIMES, low: 0, high: 0, slice: NO_TIMES };

  constructor(db: DatabaseSync, catalog: Catalog, loose: LooseTicks) {
    this.#db = db;
    this.#catalog = catalog;
    this.#loose = loose;
  }

  /**
   * Points within a span, both ends included; with `includeBefore` also the last one before it. Undefined when there is
   * neither a point nor a mark.
   */
  read(series: CatalogSeries, span: TimeSpan, includeBefore: boolean): RecordedPoints | undefined {
    const pieces = this.#pieces(series, span, includeBefore);
    if (pieces.length === 0) return undefined;
    const timesSeconds = this.#sharedTimes(pieces.map((piece) => piece.timesSeconds));
    const values = concatenate(pieces.map(({ column }) => column.values));
    let low = firstAtOrAfter(timesSeconds, span.startSeconds);
    if (includeBefore && low > 0) low--;
    const high = firstAfter(timesSeconds, span.endSeconds);
    const from = Math.min(span.startSeconds, timesSeconds[low] ?? span.startSeconds);
    const within = (times: Float64Array[]) => {
      const all = concatenate(times);
      return all.slice(firstAtOrAfter(all, from), firstAfter(all, span.endSeconds));
    };
    const points = {
      timesSeconds: this.#sharedSlice(timesSeconds, low, high),
      values: values.slice(low, high),
      staleSeconds: within(pieces.map(({ column }) => column.staleSeconds)),
      resetSeconds: within(pieces.map(({ column }) => column.resetSeconds)),
      hasOwnTimes: pieces.some(({ column }) => column.ownSeconds !== undefined),
    };
    return points.values.length === 0 && points.staleSeconds.length === 0 ? undefined : points;
  }

  /** The times of the pieces in one array: the same as last time where the pieces have the same axes. */
  #sharedTimes(parts: readonly Float64Array[]): Float64Array {
    const last = this.#lastTimes;
    if (last.parts.length === parts.length && parts.every((part, i) => part === last.parts[i])) {
      return last.whole;
    }
    const whole = concatenate(parts);
    this.#lastTimes = { parts, whole, low: 0, high: -1, slice: whole };
    return whole;
  }

  #sharedSlice(whole: Float64Array, low: number, high: number): Float64Array {
    const last = this.#lastTimes;
    if (last.whole === whole && last.low === low && last.high === high) return last.slice;
    const slice = fixAxis(whole.slice(low, high));
    this.#lastTimes = { ...last, low, high, slice };
    return slice;
  }

  #pieces(series: CatalogSeries, span: TimeSpan, includeBefore: boolean): Piece[] {
    const { blocks } = series.target;
    let first = blocks.findIndex(({ lastSeconds }) => lastSeconds >= span.startSeconds);
    if (first < 0) first = blocks.length;
    let end = first;
    while (end < blocks.length && blocks[end]!.firstSeconds <= span.endSeconds) end++;
    const pieces = this.#stored(series, blocks[first]?.id, blocks[end - 1]?.id, end - first);
    const loose = this.#looseTicks(series, span);
    if (loose !== undefined) pieces.push(loose);
    if (includeBefore && !hasPointBefore(pieces, span.startSeconds)) {
      const before = this.#lastBefore(series, blocks[first]?.id ?? Number.MAX_SAFE_INTEGER);
      if (before !== undefined) pieces.unshift(before);
    }
    return pieces;
  }

  #stored(
    series: CatalogSeries,
    first: number | undefined,
    last: number | undefined,
    count: number,
  ): Piece[] {
    if (count <= 0 || first === undefined || last === undefined) return [];
    const rows = this.#db.prepare(
      "SELECT block, data FROM chunk WHERE series = ? AND block BETWEEN ? AND ? ORDER BY block",
    ).all(series.definition.id, first, last);
    return rows.flatMap((row) => this.#decode(series, row) ?? []);
  }

  /** The latest block before one that holds a point of the series. */
  #lastBefore(series: CatalogSeries, block: number): Piece | undefined {
    const statement = this.#db.prepare(
      "SELECT block, data FROM chunk WHERE series = ? AND block < ? ORDER BY block DESC LIMIT 1",
    );
    for (let row = statement.get(series.definition.id, block); row !== undefined;) {
      const piece = this.#decode(series, row);
      if (piece !== undefined && piece.timesSeconds.length > 0) return piece;
      row = statement.get(series.definition.id, Number(row.block));
    }
    return undefined;
  }

  #decode(series: CatalogSeries, row: Record<string, unknown>): Piece | undefined {
    try {
      const context = [series.definition.id, Number(row.block)];
      const column = decodeBlockColumn(row.data as Uint8Array, context);
      return { column, timesSeconds: timesOf(column, () => this.#catalog.axis(Number(row.block))) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.damaged++;
      return undefined;
    }
  }

  #looseTicks(series: CatalogSeries, span: TimeSpan): Piece | undefined {
    const loose = this.#loose.span(series.target.id);
    if (loose === undefined || loose.firstSeconds > span.endSeconds) return undefined;
    const column = this.#loose.column(series.target.id, series.definition.id);
    return { column, timesSeconds: timesOf(column, () => this.#loose.axis(series.target.id)) };
  }
}

/** Times of a column's values. @throws RangeError when the axis does not fit */
export function timesOf(column: BlockColumn, axis: () => Float64Array): Float64Array {
  const { values, ticks, ownSeconds } = column;
  if (ownSeconds !== undefined) return ownSeconds;
  if (values.length === 0) return new Float64Array(0);
  const times = axis();
  if (ticks === undefined) {
    if (values.length === times.length) return times;
    throw new RangeError(`Cannot read a column: ${values.length} values for ${times.length} ticks`);
  }
  if ((ticks.at(-1) ?? 0) >= times.length) {
    throw new RangeError(`Cannot read a column: tick ${ticks.at(-1)} of ${times.length}`);
  }
  return Float64Array.from(ticks, (tick) => times[tick]!);
}

function hasPointBefore(pieces: readonly Piece[], timeSeconds: number): boolean {
  return pieces.some(({ timesSeconds }) => timesSeconds.length > 0 && timesSeconds[0]! < timeSeconds);
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
