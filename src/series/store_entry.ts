/**
 * What the store keeps of one series and of one sampler.
 *
 * @module
 */
import { firstAtOrAfter, firstPassing } from "../base/search.ts";
import type { Labels } from "../parser/types.ts";
import { CHUNK_TICKS, Column } from "./column.ts";
import { fixAxis } from "./grid_plan.ts";
import { GrowingList } from "./growing.ts";
import { labelsKey } from "./labels.ts";
import { createdKey, isAccumulating, type ResetRole, resetRole } from "./resets.ts";
import { sameIds, Staging } from "./staging.ts";
import type { SeriesDefinition, TimeSpan } from "./types.ts";

/** A counter's or histogram's series and the one that holds their creation time, where there is one. */
export interface CreatedFamily {
  created: StoredSeries | undefined;
}

/** A series with its points. */
export class StoredSeries {
  readonly definition: SeriesDefinition;
  readonly role: ResetRole;
  readonly accumulates: boolean;
  readonly #column = new Column();
  /** Where its newest values are that are not in the column yet. */
  staged: { readonly staging: Staging; readonly slot: number } | undefined;
  /** Points with times of their own, where the target states them; then the column stays empty. */
  own: { readonly times: GrowingList; readonly values: GrowingList } | undefined;
  /** When it was marked absent, and when it is known to have begun anew without a fall. */
  readonly stale = new GrowingList();
  readonly resets = new GrowingList();
  /** False before the first value and while it is marked absent. */
  live = false;
  /** Its last value and the one before, NaN where there is none. */
  last = NaN;
  before = NaN;
  /** True between its very first value and the end of that tick. */
  bornNow = false;
  /** The tick of its last value and of the one before, -1 where there is none. */
  lastTick = -1;
  beforeTick = -1;
  /** Shared with the series that holds its creation time. */
  family: CreatedFamily | undefined;
  #targeted: Labels | undefined;

  constructor(definition: SeriesDefinition, readonly samplerId: string) {
    this.definition = definition;
    this.role = resetRole(definition);
    this.accumulates = isAccumulating(definition);
  }

  /** Values on the sampler's axis. */
  get column(): Column {
    this.staged?.staging.take(this.staged.slot);
    return this.#column;
  }

  /** Writes the value of a tick, which must be later than every tick written before. */
  write(tick: number, value: number): void {
    this.#column.write(tick, value);
    this.before = this.last;
    this.last = value;
    this.beforeTick = this.lastTick;
    this.lastTick = tick;
  }

  /** Bytes held by points and marks. */
  get bytes(): number {
    const own = this.own === undefined ? 0 : this.own.times.bytes + this.own.values.bytes;
    return this.#column.bytes + own + this.stale.bytes + this.resets.bytes;
  }

  /** The labels as readers see them: with the target where several targets have such series. The same object each time. */
  shownLabels(withTarget: boolean): Labels {
    const { labels } = this.definition;
    if (!withTarget) return labels;
    return this.#targeted ??= targetedLabels(labels, this.samplerId);
  }
}

/** Labels with the target. A label of that name of the source's own steps aside, as Prometheus does with `exported_job`. */
export function targetedLabels(labels: Labels, target: string): Labels {
  if (!Object.hasOwn(labels, "target") || labels.target === target) return { ...labels, target };
  const { target: exported_target, ...rest } = labels;
  return { ...rest, exported_target: exported_target!, target };
}

/**
 * So many ticks in a row must have told the same series before the next ones are expected to. Some figures of a machine are
 * read at every fifth tick only: what is set up for four ticks alike costs more than it saves.
 */
const ALIKE_TICKS = 8;

/** Into so many parts a piece's ticks are divided, at which samplers begin. */
const BEGINNINGS = 16;

/**
 * The number of the first tick of the sampler that came as the nth: each begins elsewhere in a piece, or the columns of all
 * that are read at one time would need their next pieces, and their blocks in a recording packing, at one time too.
 */
export function firstTickOf(ordinal: number): number {
  return (ordinal * 7 % BEGINNINGS) * (CHUNK_TICKS / BEGINNINGS);
}

/** A sampler's time axis and series. */
export class StoredSampler {
  /** By the sampler's own ids; an id may be bound anew when a sampler of the same name starts again. */
  readonly ids: (StoredSeries | undefined)[] = [];
  /** Every series once, in order of arrival. */
  readonly series: StoredSeries[] = [];
  readonly #byKey = new Map<string, StoredSeries>();
  readonly #families = new Map<string, CreatedFamily>();
  readonly #times = new Column();
  #forgottenChunks = 0;
  /** Ticks are numbered for ever, from where the sampler begins; those before `firstTick` are forgotten. */
  firstTick: number;
  nextTick: number;
  lastSeconds = -Infinity;
  /** First and last time of anything, failed ticks included. */
  firstAttemptSeconds = Infinity;
  lastAttemptSeconds = -Infinity;
  /** The tick of the last reset that was told. */
  lastResetTick = -1;
  /** Takes ticks that are like the one before. */
  #staging: Staging | undefined;
  /** Ids of the last tick that was written into the columns, and how many before it had the same. */
  #lastIds: ArrayLike<number> = [];
  #alike = 0;
  /** True after a refused tick, until one is accepted. */
  refusing = false;
  #ticks: (TimeSpan & { from: number; to: number; firstTick: number; nextTick: number }) | undefined;
  #axis: { from: number; to: number; times: Float64Array } | undefined;

  /** @param firstTick what its first tick is numbered: less than a piece has */
  constructor(readonly id: string, firstTick = 0) {
    this.firstTick = this.nextTick = firstTick;
  }

  /** Bytes held by the axis and by ticks on their way into the columns. */
  get bytes(): number {
    return this.#times.bytes + (this.#staging?.bytes ?? 0);
  }

  /**
   * Binds an id to the series of that name and those labels, which may be known already.
   *
   * @returns the series when it is new
   */
  define(definition: SeriesDefinition): StoredSeries | undefined {
    const key = definition.name + labelsKey(definition.labels);
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      this.endStaging(); // The id may have been another's.
      this.ids[definition.id] = known;
      return undefined;
    }
    this.endStaging();
    const series = new StoredSeries(definition, this.id);
    this.#byKey.set(key, series);
    this.series.push(series);
    this.ids[definition.id] = series;
    this.#linkCreated(series);
    return series;
  }

  #linkCreated(series: StoredSeries): void {
    if (!series.accumulates && series.role !== "created") return;
    const key = createdKey(series.definition);
    const family = this.#families.get(key) ?? { created: undefined };
    this.#families.set(key, family);
    series.family = family;
    if (series.role === "created") family.created = series;
  }

  /** Takes a tick's values if they are like the last tick's: the same series, and nothing began anew. False: nothing was done. */
  stage(timeSeconds: number, ids: ArrayLike<number>, values: ArrayLike<number>): boolean {
    if (this.#staging?.fits(ids, values) !== true) return false;
    this.#staging.add(this.addTick(timeSeconds), values);
    return true;
  }

  /** After a tick that was written into the columns: when several were alike, the next ones are expected to be so too. */
  expectAlike(ids: ArrayLike<number>, values: ArrayLike<number>): void {
    this.#alike = sameIds(ids, this.#lastIds) ? this.#alike + 1 : 0;
    this.#lastIds = ids;
    if (this.#alike < ALIKE_TICKS) return;
    this.#staging = new Staging(ids, Array.from(ids, (id) => this.ids[id]!), values);
  }

  /** Writes what is on its way: what comes now is something else, or is looked at in the series themselves. */
  endStaging(): void {
    this.#staging?.end();
    this.#staging = undefined;
  }

  noteAttempt(timeSeconds: number): void {
    this.firstAttemptSeconds = Math.min(this.firstAttemptSeconds, timeSeconds);
    this.lastAttemptSeconds = timeSeconds;
  }

  /** Adds a tick to the axis and returns its number. */
  addTick(timeSeconds: number): number {
    this.#times.write(this.nextTick, timeSeconds);
    this.lastSeconds = timeSeconds;
    return this.nextTick++;
  }

  /** Times of the ticks [from, to): shared by all who ask for the same, so it must not be written to. */
  axis(from: number, to: number): Float64Array {
    const axis = this.#axis;
    if (axis !== undefined && axis.from === from && axis.to === to) return axis.times;
    const { values } = this.#times.read(from, to);
    this.#axis = { from, to, times: fixAxis(values) };
    return values;
  }

  timeOf(tick: number): number {
    return this.#times.at(tick);
  }

  /** The kept ticks in a span, both ends included. Asked for once per series with the same span, so the last is kept. */
  ticksIn(span: TimeSpan): { readonly from: number; readonly to: number } {
    const last = this.#ticks;
    if (
      last !== undefined && last.startSeconds === span.startSeconds && last.endSeconds === span.endSeconds &&
      last.firstTick === this.firstTick && last.nextTick === this.nextTick
    ) return last;
    const from = this.firstTickAtOrAfter(span.startSeconds);
    const to = Math.max(from, this.firstTickAfter(span.endSeconds));
    const { firstTick, nextTick } = this;
    this.#ticks = { ...span, from, to, firstTick, nextTick };
    return this.#ticks;
  }

  /** First tick at or after a time among those kept, `nextTick` when there is none. */
  firstTickAtOrAfter(timeSeconds: number): number {
    return firstPassing(this.firstTick, this.nextTick, (tick) => this.#times.at(tick) >= timeSeconds);
  }

  /** First tick after a time among those kept, `nextTick` when there is none. */
  firstTickAfter(timeSeconds: number): number {
    return firstPassing(this.firstTick, this.nextTick, (tick) => this.#times.at(tick) > timeSeconds);
  }

  /** Forgets the ticks before `tick`; memory goes back by whole pieces. */
  forgetBefore(tick: number): void {
    if (tick <= this.firstTick) return;
    this.firstTick = tick;
    this.#axis = undefined;
    // Readers look at `firstTick`; memory is given back a piece at a time, so most ticks cost nothing here.
    if (Math.floor(tick / CHUNK_TICKS) === this.#forgottenChunks) return;
    this.#forgottenChunks = Math.floor(tick / CHUNK_TICKS);
    const firstSeconds = tick < this.nextTick ? this.timeOf(tick) : Infinity;
    this.#times.forgetBefore(tick);
    for (const series of this.series) {
      series.column.forgetBefore(tick);
      forgetTimes(series.stale, firstSeconds);
      forgetTimes(series.resets, firstSeconds);
      if (series.own !== undefined) {
        series.own.values.forget(forgetTimes(series.own.times, firstSeconds));
      }
    }
  }
}

/** Drops the times before a limit and tells how many there were. */
function forgetTimes(times: GrowingList, limitSeconds: number): number {
  const count = firstAtOrAfter(times.view(), limitSeconds);
  times.forget(count);
  return count;
}
