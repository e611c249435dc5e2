/**
 * Ticks that a recording holds one by one, since they are not in a block yet.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { type BlockColumn, decodeIds, decodeTick, type RowContext, type TickRow } from "./block_codec.ts";

interface LoadedTick extends TickRow {
  readonly timeSeconds: number;
  /** Undefined: nothing could be read. */
  readonly slots: ReadonlyMap<number, number> | undefined;
}

/** The loose ticks of every target, read once each. */
export class LooseTicks {
  readonly #db: DatabaseSync;
  readonly #byTarget = new Map<number, LoadedTick[]>();
  readonly #layouts = new Map<number, ReadonlyMap<number, number>>();
  #lastId = 0;
  /** Rows that could not be decoded. */
  damaged = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Reads the rows that are new. */
  load(): void {
    const rows = this.#db.prepare("SELECT id, target, time, layout, data FROM tick WHERE id > ? ORDER BY id");
    for (const row of rows.all(this.#lastId)) {
      this.#lastId = Number(row.id);
      try {
        const tick = decodeTick(row.data as Uint8Array, tickContext(row));
        const slots = row.layout === null ? undefined : this.#layout(Number(row.layout));
        const ticks = this.#byTarget.get(Number(row.target)) ?? [];
        this.#byTarget.set(Number(row.target), ticks);
        ticks.push({ ...tick, timeSeconds: Number(row.time), slots });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.damaged++;
      }
    }
  }

  #layout(id: number): ReadonlyMap<number, number> {
    let slots = this.#layouts.get(id);
    if (slots === undefined) {
      const row = this.#db.prepare("SELECT * FROM layout WHERE id = ?").get(id);
      if (row === undefined) throw new RangeError(`Cannot read a tick: its layout ${id} is missing`);
      slots = new Map(
        decodeIds(row.series as Uint8Array, layoutContext(row)).map((series, slot) => [series, slot]),
      );
      this.#layouts.set(id, slots);
    }
    return slots;
  }

  /** Times of the target's ticks that were read. */
  axis(target: number): Float64Array {
    const ticks = (this.#byTarget.get(target) ?? []).filter(({ slots }) => slots !== undefined);
    return Float64Array.from(ticks, ({ timeSeconds }) => timeSeconds);
  }

  /** First and last time, failed ticks included; undefined without ticks. */
  span(target: number): { firstSeconds: number; lastSeconds: number } | undefined {
    const ticks = this.#byTarget.get(target);
    if (ticks === undefined || ticks.length === 0) return undefined;
    return { firstSeconds: ticks[0]!.timeSeconds, lastSeconds: ticks.at(-1)!.timeSeconds };
  }

  /** Ids of the series that have a value or a mark in the target's ticks. */
  seriesIds(target: number): number[] {
    const ids = new Set<number>();
    const seen = new Set<ReadonlyMap<number, number>>();
    for (const { slots, staleIds, resetIds } of this.#byTarget.get(target) ?? []) {
      if (slots !== undefined && !seen.has(slots)) {
        seen.add(slots);
        for (const id of slots.keys()) ids.add(id);
      }
      for (const id of staleIds) ids.add(id);
      for (const id of resetIds) ids.add(id);
    }
    return [...ids].sort((a, b) => a - b);
  }

  /** A series' points in the target's ticks. */
  column(target: number, seriesId: number): BlockColumn {
    const values: number[] = [];
    const ticks: number[] = [];
    const own: number[] = [];
    const stale: number[] = [];
    const resets: number[] = [];
    let index = 0;
    for (const tick of this.#byTarget.get(target) ?? []) {
      if (tick.staleIds.includes(seriesId)) stale.push(tick.timeSeconds);
      if (tick.resetIds.includes(seriesId)) resets.push(tick.timeSeconds);
      if (tick.slots === undefined) continue;
      const slot = tick.slots.get(seriesId);
      if (slot !== undefined) {
        const ownSeconds = tick.ownSeconds?.[slot] ?? NaN;
        const repeated = own.length > 0 && !(ownSeconds > own.at(-1)!);
        if (!repeated || Number.isNaN(ownSeconds)) {
          values.push(tick.values[slot]!);
          ticks.push(index);
          if (!Number.isNaN(ownSeconds)) own.push(ownSeconds);
        }
      }
      index++;
    }
    const marks = { staleSeconds: Float64Array.from(stale), resetSeconds: Float64Array.from(resets) };
    if (own.length > 0) {
      return { values: Float64Array.from(values), ownSeconds: Float64Array.from(own), ...marks };
    }
    const dense = values.length === index;
    return {
      values: Float64Array.from(values),
      ...(dense ? {} : { ticks: Int32Array.from(ticks) }),
      ...marks,
    };
  }
}

/** What a tick's checksum takes in of its row. */
export function tickContext(row: Record<string, unknown>): RowContext {
  return [Number(row.target), row.layout === null ? null : Number(row.layout), Number(row.time)];
}

/** What a layout's checksum takes in of its row. */
export function layoutContext(row: Record<string, unknown>): RowContext {
  return [Number(row.id), Number(row.target)];
}
