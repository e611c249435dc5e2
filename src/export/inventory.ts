/**
 * What there is to export: every series with its totals, and which series share a time axis.
 *
 * @module
 */
import type { Matcher, MetricSource, Series, TimeSpan } from "../series/types.ts";
import { allSampleNames, selectInSlices, seriesKey } from "./reading.ts";
import { type SeriesStatistics, statisticsOf } from "./statistics.ts";

/** A series without its points. */
export interface ListedSeries {
  readonly key: string;
  readonly name: string;
  readonly statistics: SeriesStatistics;
}

/** Series that were read on the same ticks: one wide file. */
export interface AxisGroup {
  /** The sampler that yielded them, else the `target` label, "" where the source tells neither. */
  readonly target: string;
  /** Conditions that every series of it meets, so that not those of all targets are read for one; empty: not known. */
  readonly matchers: readonly Matcher[];
  readonly series: readonly ListedSeries[];
}

/** All series of a source, grouped by target and time axis. Series without a point in the span are not listed. */
export interface Inventory {
  readonly names: readonly string[];
  readonly groups: readonly AxisGroup[];
}

interface OpenGroup {
  readonly target: string;
  /** Whether every series so far shows the target as a label: then it can be asked for. */
  labelled: boolean;
  readonly times: Set<number>;
  readonly series: ListedSeries[];
}

/** A server that stamps each value itself would make an axis of every series: later ones join the last group. */
const MOST_GROUPS_OF_A_TARGET = 4;

/** Reads every series once, holding one sample name at a time. */
export async function takeInventory(source: MetricSource, span: TimeSpan): Promise<Inventory> {
  const names: string[] = [];
  const groups: OpenGroup[] = [];
  for (const name of await allSampleNames(source)) {
    const found = await selectInSlices(source, name, span);
    const filled = found.filter((series) => series.values.length > 0);
    if (filled.length > 0) names.push(name);
    for (const series of filled) {
      const group = groupFor(groups, series);
      if (series.labels.target !== group.target) group.labelled = false;
      group.series.push({ key: seriesKey(series), name, statistics: statisticsOf(series) });
    }
  }
  return {
    names,
    groups: groups.map(({ target, labelled, series }) => ({
      target,
      matchers: labelled ? [{ label: "target", operator: "=", value: target }] : [],
      series,
    })),
  };
}

function groupFor(groups: OpenGroup[], series: Series): OpenGroup {
  const target = series.sampler ?? series.labels.target ?? "";
  const own = groups.filter((group) => group.target === target);
  const { timesSeconds } = series;
  const probes = [0, timesSeconds.length >> 1, timesSeconds.length - 1].map((i) => timesSeconds[i]!);
  const match = own.find((group) => probes.some((time) => group.times.has(time)));
  if (match !== undefined) {
    if (!probes.every((time) => match.times.has(time))) timesSeconds.forEach((time) => match.times.add(time));
    return match;
  }
  if (own.length >= MOST_GROUPS_OF_A_TARGET) return own.at(-1)!;
  const group = { target, labelled: true, times: new Set(timesSeconds), series: [] };
  groups.push(group);
  return group;
}
