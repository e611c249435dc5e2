/**
 * One tick of a sampler, written into the store's columns.
 *
 * @module
 */
import { GrowingList } from "./growing.ts";
import { toMilliseconds } from "./milliseconds.ts";
import type { StoredSampler, StoredSeries } from "./store_entry.ts";
import type { LabEvent, SampleBatch } from "./types.ts";

/** Why a whole tick was not taken. */
export type RefusalReason = "late_tick" | "duplicate_tick" | "not_a_time";

/** What became of a tick. */
export type TickResult =
  | {
    readonly accepted: true;
    /** At most one: a counter reset. */
    readonly events: readonly LabEvent[];
    /** Points that were not taken: a second value of a series at this tick, or a time of its own that is not later. */
    readonly refusedPoints: number;
    /** Series that were marked absent at this tick, and those known to have begun anew at it without a fall. */
    readonly staled: readonly StoredSeries[];
    readonly begunAnew: readonly StoredSeries[];
  }
  | {
    readonly accepted: false;
    readonly reason: RefusalReason;
    /** The clock's jump, at the first of several refusals. */
    readonly events: readonly LabEvent[];
  };

/** Notes a tick on which nothing could be read: every live series is marked absent at that time; no point is added. */
export function failTick(sampler: StoredSampler, timeSeconds: number): TickResult {
  const refusal = refuse(sampler, timeSeconds);
  if (refusal !== undefined) return refusal;
  sampler.endStaging();
  sampler.noteAttempt(timeSeconds);
  const staled = sampler.series.filter((series) => series.live);
  for (const series of staled) markAbsent(series, timeSeconds);
  return { accepted: true, events: [], refusedPoints: 0, staled, begunAnew: [] };
}

/** The refusal of a tick that is not later than the last, else undefined. */
function refuse(sampler: StoredSampler, timeSeconds: number): TickResult | undefined {
  if (!Number.isFinite(timeSeconds)) return { accepted: false, reason: "not_a_time", events: [] };
  const lastSeconds = sampler.lastAttemptSeconds;
  const lateMs = toMilliseconds(lastSeconds) - toMilliseconds(timeSeconds);
  if (lateMs < 0) {
    sampler.refusing = false;
    return undefined;
  }
  if (lateMs === 0) return { accepted: false, reason: "duplicate_tick", events: [] };
  const jump: LabEvent = {
    kind: "clock_jump",
    timeSeconds: lastSeconds,
    target: sampler.id,
    jumpSeconds: timeSeconds - lastSeconds,
  };
  const events = sampler.refusing ? [] : [jump];
  sampler.refusing = true;
  return { accepted: false, reason: "late_tick", events };
}

function markAbsent(series: StoredSeries, timeSeconds: number): void {
  series.live = false;
  series.stale.push(timeSeconds);
}

const NOTHING_BUT_VALUES: TickResult = {
  accepted: true,
  events: [],
  refusedPoints: 0,
  staled: [],
  begunAnew: [],
};

/** What the values of one tick say about resets. */
interface ResetSigns {
  fell: number;
  processStart: number | undefined;
  readonly changed: Set<StoredSeries>;
  readonly born: StoredSeries[];
}

/**
 * Takes the values of a batch whose series are defined already.
 *
 * @throws TypeError when an id was never defined; nothing is written then
 */
export function appendTick(sampler: StoredSampler, timeSeconds: number, batch: SampleBatch): TickResult {
  const refusal = refuse(sampler, timeSeconds);
  if (refusal !== undefined) return refusal;
  const { ids, values, timestampsSeconds } = batch;
  const plain = timestampsSeconds === undefined && batch.vanishedIds.length === 0 &&
    (batch.begunIds ?? []).length === 0;
  if (plain && sampler.stage(timeSeconds, ids, values)) {
    sampler.noteAttempt(timeSeconds);
    return NOTHING_BUT_VALUES;
  }
  sampler.endStaging();
  for (let i = 0; i < ids.length; i++) {
    if (sampler.ids[ids[i]!] === undefined) {
      throw new TypeError(`Cannot append to ${sampler.id}: series ${ids[i]} is not defined`);
    }
  }
  const previousSeconds = sampler.lastSeconds;
  const tick = sampler.addTick(timeSeconds);
  sampler.noteAttempt(timeSeconds);
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
  const at = { tick, timeSeconds, previousSeconds };
  const staled = markVanished(sampler, batch.vanishedIds, at);
  const begun = new Set(Array.from(batch.begunIds ?? [], (id) => sampler.ids[id]));
  const { reset, begunAnew } = concludeResets(sampler, signs, { ...at, begun });
  if (plain && refusedPoints === 0) sampler.expectAlike(ids, values);
  return { accepted: true, events: reset === undefined ? [] : [reset], refusedPoints, staled, begunAnew };
}

function writeAtTick(series: StoredSeries, tick: number, value: number): boolean {
  if (series.lastTick === tick || series.own !== undefined) return false;
  if (series.lastTick < 0) series.bornNow = true;
  series.write(tick, value);
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
  series.before = series.last;
  series.last = value;
  return true;
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
  at: { readonly tick: number; readonly timeSeconds: number },
): StoredSeries[] {
  const staled: StoredSeries[] = [];
  for (let i = 0; i < vanishedIds.length; i++) {
    const series = sampler.ids[vanishedIds[i]!];
    if (series === undefined || !series.live || series.lastTick === at.tick) continue;
    markAbsent(series, at.timeSeconds);
    staled.push(series);
  }
  return staled;
}

/** The tick's reset, and the series of which it must be remembered since their values do not show it. */
interface Conclusion {
  readonly reset: CounterReset | undefined;
  readonly begunAnew: readonly StoredSeries[];
}

type CounterReset = Extract<LabEvent, { kind: "counter_reset" }>;

function concludeResets(
  sampler: StoredSampler,
  signs: ResetSigns,
  at: {
    readonly tick: number;
    readonly timeSeconds: number;
    readonly previousSeconds: number;
    readonly begun: ReadonlySet<StoredSeries | undefined>;
  },
): Conclusion {
  // First seen now, and begun after the tick before: the first value was all counted in between.
  const begunAnew = signs.born.filter((series) => {
    if (at.begun.has(series)) return true;
    const created = series.family?.created;
    return created?.lastTick === at.tick && created.last > at.previousSeconds &&
      at.previousSeconds > -Infinity;
  });
  const restarted = signs.processStart !== undefined;
  let seriesCount = signs.fell;
  for (const series of restarted || signs.changed.size > 0 ? sampler.series : []) {
    if (!series.accumulates || series.lastTick !== at.tick) continue;
    const created = series.family?.created;
    if (!restarted && !(created !== undefined && signs.changed.has(created))) continue;
    // A fall shows itself, and from 0 nothing can begin anew.
    if (Number.isNaN(series.before) || series.before === 0 || series.last < series.before) continue;
    begunAnew.push(series);
    if (series.role === "counter" && series.beforeTick >= sampler.lastResetTick) seriesCount++;
  }
  for (const series of begunAnew) series.resets.push(at.timeSeconds);
  if (seriesCount === 0 && !restarted) return { reset: undefined, begunAnew };
  sampler.lastResetTick = at.tick;
  return { reset: resetEvent(sampler.id, signs, { ...at, seriesCount }), begunAnew };
}

function resetEvent(
  target: string,
  signs: ResetSigns,
  at: { timeSeconds: number; previousSeconds: number; seriesCount: number },
): CounterReset {
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
