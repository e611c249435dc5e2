/**
 * One tick of a sampler, written into the store's columns.
 *
 * @module
 */
import { GrowingList } from "./growing.ts";
import type { StoredSampler, StoredSeries } from "./store_entry.ts";
import type { LabEvent, SampleBatch } from "./types.ts";

/** What became of a tick's values. */
export interface Ingested {
  /** Points that were not taken: a second value of a series at this tick, or a time of its own that is not later. */
  readonly refusedPoints: number;
  /** At most one: the tick at which counters began anew. */
  readonly reset: Extract<LabEvent, { kind: "counter_reset" }> | undefined;
}

/** What the values of one tick say about resets. */
interface ResetSigns {
  fell: number;
  processStart: number | undefined;
  readonly changed: Set<StoredSeries>;
  readonly born: StoredSeries[];
}

/**
 * Writes a batch at a time that is later than every one before.
 *
 * @throws TypeError when an id was never defined; nothing is written then
 */
export function ingest(sampler: StoredSampler, timeSeconds: number, batch: SampleBatch): Ingested {
  const { ids, values, timestampsSeconds } = batch;
  for (let i = 0; i < ids.length; i++) {
    if (sampler.ids[ids[i]!] === undefined) {
      throw new TypeError(`Cannot append to ${sampler.id}: series ${ids[i]} is not defined`);
    }
  }
  const previousSeconds = sampler.lastSeconds;
  const tick = sampler.addTick(timeSeconds);
  const signs: ResetSigns = { fell: 0, processStart: undefined, changed: new Set(), born: [] };
  let refusedPoints = 0;
  for (let i = 0; i < ids.length; i++) {
    const series = sampler.ids[ids[i]!]!;
    const value = values[i]!;
    const ownTime = timestampsSeconds === undefined ? NaN : timestampsSeconds[i]!;
    const taken = Number.isNaN(ownTime)
      ? writeAtTick(series, tick, value)
      : writeAtOwnTime(series, ownTime, value);
    if (taken) noteSigns(series, signs, sampler.lastResetTick);
    else refusedPoints++;
  }
  markVanished(sampler, batch.vanishedIds, { tick, timeSeconds });
  const reset = concludeResets(sampler, signs, { tick, timeSeconds, previousSeconds });
  return { refusedPoints, reset };
}

function writeAtTick(series: StoredSeries, tick: number, value: number): boolean {
  if (series.lastTick === tick || series.own !== undefined) return false;
  series.column.write(tick, value);
  remember(series, value);
  if (series.lastTick < 0) series.bornNow = true;
  series.beforeTick = series.lastTick;
  series.lastTick = tick;
  series.live = true;
  return true;
}

/** Such series keep their own axis and are never marked absent: their source says when they were measured. */
function writeAtOwnTime(series: StoredSeries, timeSeconds: number, value: number): boolean {
  if (series.lastTick >= 0) return false;
  series.own ??= { times: new GrowingList(), values: new GrowingList() };
  const last = series.own.times.last();
  if (last !== undefined && !(timeSeconds > last)) return false;
  series.own.times.push(timeSeconds);
  series.own.values.push(value);
  remember(series, value);
  return true;
}

function remember(series: StoredSeries, value: number): void {
  series.before = series.last;
  series.last = value;
}

/** A series that was away since the last reset began anew with the others then: that is told already. */
function noteSigns(series: StoredSeries, signs: ResetSigns, toldTick: number): void {
  if (series.bornNow) {
    series.bornNow = false;
    if (series.accumulates) signs.born.push(series);
    return;
  }
  switch (series.role) {
    case "counter":
      if (series.last < series.before && series.beforeTick >= toldTick) signs.fell++;
      return;
    case "created":
      if (series.last !== series.before && !Number.isNaN(series.before)) signs.changed.add(series);
      return;
    case "process_start":
      if (series.last !== series.before && !Number.isNaN(series.before)) signs.processStart = series.last;
  }
}

function markVanished(
  sampler: StoredSampler,
  vanishedIds: ArrayLike<number>,
  at: { tick: number; timeSeconds: number },
): void {
  for (let i = 0; i < vanishedIds.length; i++) {
    const series = sampler.ids[vanishedIds[i]!];
    if (series === undefined || !series.live || series.lastTick === at.tick) continue;
    series.live = false;
    series.stale.push(at.timeSeconds);
  }
}

function concludeResets(
  sampler: StoredSampler,
  signs: ResetSigns,
  at: { tick: number; timeSeconds: number; previousSeconds: number },
): Ingested["reset"] {
  for (const series of signs.born) {
    // First seen now, and begun after the tick before: its first value was all counted in between.
    const created = series.family?.created;
    if (
      created?.lastTick === at.tick && created.last > at.previousSeconds && at.previousSeconds > -Infinity
    ) {
      series.resets.push(at.timeSeconds);
    }
  }
  const restarted = signs.processStart !== undefined;
  if (signs.fell === 0 && !restarted && signs.changed.size === 0) return undefined;
  let seriesCount = signs.fell;
  if (restarted || signs.changed.size > 0) {
    for (const series of sampler.series) {
      if (!series.accumulates || series.lastTick !== at.tick) continue;
      const created = series.family?.created;
      if (!restarted && !(created !== undefined && signs.changed.has(created))) continue;
      // A fall shows itself; one that is not seen must be remembered. From 0 nothing can begin anew.
      if (Number.isNaN(series.before) || series.before === 0 || series.last < series.before) continue;
      series.resets.push(at.timeSeconds);
      if (series.role === "counter" && series.beforeTick >= sampler.lastResetTick) seriesCount++;
    }
  }
  if (seriesCount === 0 && !restarted) return undefined;
  sampler.lastResetTick = at.tick;
  return resetEvent(sampler.id, signs, { ...at, seriesCount });
}

function resetEvent(
  target: string,
  signs: ResetSigns,
  at: { timeSeconds: number; previousSeconds: number; seriesCount: number },
): Extract<LabEvent, { kind: "counter_reset" }> {
  let newStartSeconds = signs.processStart;
  for (const created of signs.changed) {
    if (signs.processStart === undefined) {
      newStartSeconds = Math.min(newStartSeconds ?? Infinity, created.last);
    }
  }
  return {
    kind: "counter_reset",
    timeSeconds: at.timeSeconds,
    target,
    reason: signs.processStart !== undefined
      ? "process_start_changed"
      : signs.changed.size > 0
      ? "created_changed"
      : "value_fell",
    seriesCount: at.seriesCount,
    previousTimeSeconds: at.previousSeconds,
    ...(newStartSeconds === undefined ? {} : { newStartSeconds }),
  };
}
