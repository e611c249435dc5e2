/**
 * Raw points of a server, read again as ticks of their targets: so that resets, absences and windows come out as they do
 * everywhere else.
 *
 * @module
 */
import { labelsKey } from "../series/labels.ts";
import { MemorySource } from "../series/memory_source.ts";
import type { LabEvent, SeriesDefinition } from "../series/types.ts";
import type { Discovery, RemoteTarget } from "./discovery.ts";
import { byTarget } from "./discovery.ts";
import { familyOf } from "./family_types.ts";
import type { RawSeries } from "./remote_api.ts";

/** By how much two readings of one value differ, as a share of it. */
const BLOCK_ERROR = 2e-12;

/** What was read of a server. */
export interface RawReading {
  /** Each series once, those of `up` among them as far as they are there. */
  readonly series: readonly RawSeries[];
  /** NaN is a stale marker (VictoriaMetrics). */
  readonly staleAsNaN: boolean;
  /** Whether the series asked for are those about the reading itself; else these only tell of absences. */
  readonly reports: boolean;
}

/** A source of the points read. `up` tells when a target was read: what is missing then was absent. */
export function assemble(reading: RawReading, discovery: Discovery): MemorySource {
  const source = new MemorySource({ labelTargets: discovery.sharedNames, maxSelectPoints: Infinity });
  for (const [target, series] of byTarget(unique(reading.series), discovery.targets)) {
    feed(source, { target, series, discovery, reading });
  }
  return source;
}

/** A series may have been asked for twice (once for itself, once for what it tells of others). */
export function unique(series: readonly RawSeries[]): RawSeries[] {
  return [...new Map(series.map((one) => [one.name + labelsKey(one.labels), one])).values()];
}

interface Feed {
  readonly target: RemoteTarget;
  readonly series: readonly RawSeries[];
  readonly discovery: Discovery;
  readonly reading: RawReading;
}

function feed(source: MemorySource, { target, series: all, discovery, reading }: Feed): void {
  const series = all.filter(({ name }) => isReport(name) === reading.reports);
  const definitions = series.map(({ name, labels }, id): SeriesDefinition => ({
    id,
    name,
    labels,
    ...familyOf({ name, labels }, target.names, discovery.metadata),
  }));
  const ups = all.filter(({ name }) => name === "up").map(({ labels, timesMs, values }) => ({
    labels: Object.entries(labels),
    values: new Map(timesMs.map((timeMs, i) => [timeMs, values[i]!])),
  }));
  const scrapes = scrapesOf(series, ups);
  const tracker = new Tracker(series, scrapes, reading.staleAsNaN);
  let defined: readonly SeriesDefinition[] = definitions;
  for (const timeMs of allTimes(all)) {
    const { ids, values, vanishedIds, allVanished } = tracker.tick(timeMs);
    const answers = ups.map((up) => up.values.get(timeMs)).filter((value) => value !== undefined);
    const failed = answers.length > 0 && answers.every((value) => value === 0);
    const timeSeconds = timeMs / 1000;
    // Before the first good tick there is nothing to define the series with.
    if (failed && ids.length === 0 && allVanished && defined.length === 0) {
      source.fail(target.id, timeSeconds, failedScrape(target.id, timeSeconds));
      continue;
    }
    if (ids.length + vanishedIds.length === 0 && !reading.reports && failed) continue;
    source.append(target.id, timeSeconds, { ids, values, vanishedIds, defined, events: [] });
    defined = [];
  }
}

/** Where each series stands while ticks go by. */
class Tracker {
  readonly #series: readonly RawSeries[];
  readonly #scrapes: readonly (ReadonlyMap<number, number> | undefined)[];
  readonly #staleAsNaN: boolean;
  readonly #next: Uint32Array;
  readonly #live: Uint8Array;
  readonly #onScrape: Uint8Array;
  readonly #last: Float64Array;

  constructor(
    series: readonly RawSeries[],
    scrapes: readonly (ReadonlyMap<number, number> | undefined)[],
    staleAsNaN: boolean,
  ) {
    this.#series = series;
    this.#scrapes = scrapes;
    this.#staleAsNaN = staleAsNaN;
    this.#next = new Uint32Array(series.length);
    this.#live = new Uint8Array(series.length);
    this.#onScrape = new Uint8Array(series.length);
    this.#last = new Float64Array(series.length).fill(NaN);
  }

  /** Points at that time, and series that are known to be absent from then on. */
  tick(timeMs: number): { ids: number[]; values: number[]; vanishedIds: number[]; allVanished: boolean } {
    const ids: number[] = [];
    const values: number[] = [];
    const vanishedIds: number[] = [];
    for (const [id, one] of this.#series.entries()) {
      const at = this.#next[id]!;
      const isScrape = this.#scrapes[id]?.has(timeMs) ?? false;
      if (one.timesMs[at] === timeMs) {
        this.#next[id] = at + 1;
        const value = one.values[at]!;
        const marked = this.#staleAsNaN && Number.isNaN(value);
        if (marked) vanishedIds.push(id);
        else {
          ids.push(id);
          values.push(this.#last[id] = this.#staleAsNaN ? steady(value, this.#last[id]!) : value);
        }
        this.#live[id] = marked ? 0 : 1;
        this.#onScrape[id] = isScrape ? 1 : 0;
      } else if (isScrape && this.#live[id] === 1 && this.#onScrape[id] === 1) {
        // It came with a scrape, and not with this one. Series with times of their own or of rules never do.
        vanishedIds.push(id);
        this.#live[id] = 0;
      }
    }
    return { ids, values, vanishedIds, allVanished: this.#live.every((each) => each === 0) };
  }
}

/**
 * VictoriaMetrics keeps twelve digits, and not the same ones of one value in two of its blocks: a start that did not change would
 * differ, a sum that stands still would fall.
 */
function steady(value: number, last: number): number {
  return Math.abs(value - last) <= BLOCK_ERROR * Math.abs(last) ? last : value;
}

/** Series that a server adds about its own reading of a target: they have points where the target has none. */
function isReport(name: string): boolean {
  return name === "up" || name.startsWith("scrape_");
}

/** True where only such series are asked for. */
export function areReports(names: Iterable<string>): boolean {
  return [...names].every(isReport);
}

function failedScrape(target: string, timeSeconds: number): LabEvent {
  return {
    kind: "scrape_failed",
    timeSeconds,
    target,
    cause: { code: "cause_not_kept" },
    durationSeconds: NaN,
  };
}

interface Up {
  readonly labels: readonly (readonly [string, string])[];
  readonly values: ReadonlyMap<number, number>;
}

/**
 * For each series the times of its own `up`: the one whose labels it has, too. A target that two servers scrape has one for
 * each (`replica`). A series without one (a recording rule's, one pushed alone) gets no such times.
 */
function scrapesOf(
  series: readonly RawSeries[],
  ups: readonly Up[],
): readonly (ReadonlyMap<number, number> | undefined)[] {
  return series.map((one) =>
    ups.find((up) => up.labels.every(([label, value]) => one.labels[label] === value))?.values
  );
}

function allTimes(series: readonly RawSeries[]): Float64Array {
  const times = new Set<number>();
  for (const { timesMs } of series) for (const timeMs of timesMs) times.add(timeMs);
  return Float64Array.from(times).sort();
}
