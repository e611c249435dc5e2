/**
 * Gauges that no server shows by name, worked out of other series at every tick.
 *
 * @module
 */
import type { Computation, Term } from "../catalog/entry.ts";
import { nameKey } from "../catalog/names.ts";
import type { QuantityName, Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import { labelsKey, withoutLabels } from "./labels.ts";
import type { Series } from "./types.ts";

/** What is worked out. */
export interface Derived {
  readonly quantity: QuantityName;
  readonly unit: Unit;
  readonly computation: Computation;
}

/**
 * One gauge, named as the quantity, for each set of labels (but those that are summed over) and target. A tick has a point only where
 * every series that belongs to the sums has one: a part that is missing makes no smaller sum. A share of nothing has none.
 *
 * @param series raw points of the names that the computation needs, as one read gives them
 */
export function deriveSeries(series: readonly Series[], derived: Derived): Series[] {
  const { over = [] } = derived.computation;
  const groups = new Map<string, { readonly labels: Labels; readonly members: Series[] }>();
  for (const one of series) {
    const labels = withoutLabels(one.labels, over);
    const key = `${one.sampler ?? ""} ${labelsKey(labels)}`;
    const group = groups.get(key) ?? { labels, members: [] };
    group.members.push(one);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ labels, members }) => deriveGroup(members, labels, derived) ?? []);
}

/** What a group's series add to the sums. */
interface Weight {
  readonly part: number;
  readonly whole: number;
  readonly blankFrom: number;
}

function deriveGroup(members: readonly Series[], labels: Labels, derived: Derived): Series | undefined {
  const { computation, quantity, unit } = derived;
  const weighed = members.flatMap((series) => {
    const weight = weightOf(series, computation);
    return weight === undefined ? [] : [{ series, weight }];
  });
  if (!isComplete(weighed.map(({ series }) => series), computation)) return undefined;
  const ticks = new Map<number, { part: number; whole: number; count: number }>();
  for (const { series, weight } of weighed) {
    eachValue(series, computation.ofGrowth ?? false, (timeSeconds, value) => {
      if (value >= weight.blankFrom) return;
      const tick = ticks.get(timeSeconds) ?? { part: 0, whole: 0, count: 0 };
      tick.part += weight.part * value;
      tick.whole += weight.whole * value;
      tick.count++;
      ticks.set(timeSeconds, tick);
    });
  }
  const points = [...ticks].filter(([, { count }]) => count === weighed.length)
    .map(([timeSeconds, tick]) => ({ timeSeconds, value: resultOf(tick, computation) }))
    .filter(({ value }) => Number.isFinite(value))
    .sort((a, b) => a.timeSeconds - b.timeSeconds);
  const [{ series: first } = { series: undefined }] = weighed;
  return {
    name: quantity,
    labels,
    type: "gauge",
    unit,
    ...(first?.sampler === undefined ? {} : { sampler: first.sampler }),
    timesSeconds: Float64Array.from(points, ({ timeSeconds }) => timeSeconds),
    values: Float64Array.from(points, ({ value }) => value),
    staleSeconds: staleOf(weighed.map(({ series }) => series)),
  };
}

function resultOf(tick: { readonly part: number; readonly whole: number }, computation: Computation): number {
  const { whole, isRest = false, unitFactor = 1 } = computation;
  if (whole === undefined) return tick.part * unitFactor;
  const share = tick.whole === 0 ? NaN : tick.part / tick.whole;
  return isRest ? 1 - share : share;
}

/** Every name of the sums is there: without one of them the sums are of something else. */
function isComplete(members: readonly Series[], { part, whole = [] }: Computation): boolean {
  return [...part, ...whole].every((term) => members.some((series) => isOf(series, term)));
}

function weightOf(series: Series, { part, whole = [] }: Computation): Weight | undefined {
  const own = (terms: readonly Term[]) => terms.filter((term) => isOf(series, term));
  const [inPart, inWhole] = [own(part), own(whole)];
  if (inPart.length + inWhole.length === 0) return undefined;
  return {
    part: signs(inPart),
    whole: signs(inWhole),
    blankFrom: Math.min(...[...inPart, ...inWhole].map(({ blankFrom = Infinity }) => blankFrom)),
  };
}

function isOf(series: Series, { name, where }: Term): boolean {
  return nameKey(series.name) === nameKey(name) &&
    (where === undefined || where.values.includes(series.labels[where.label] ?? ""));
}

function signs(terms: readonly Term[]): number {
  return terms.reduce((sum, { isMinus = false }) => sum + (isMinus ? -1 : 1), 0);
}

/** Its values, or their growth since the point before; after a reset or an absence there is no growth to tell. */
function eachValue(
  series: Series,
  ofGrowth: boolean,
  take: (timeSeconds: number, value: number) => void,
): void {
  const { timesSeconds, values, staleSeconds, resetSeconds = new Float64Array() } = series;
  if (!ofGrowth) return timesSeconds.forEach((timeSeconds, i) => take(timeSeconds, values[i]!));
  const breaks = Float64Array.from([...staleSeconds, ...resetSeconds]).sort();
  let next = 0;
  for (let i = 1; i < timesSeconds.length; i++) {
    while (next < breaks.length && breaks[next]! <= timesSeconds[i - 1]!) next++;
    const isBroken = next < breaks.length && breaks[next]! <= timesSeconds[i]!;
    const growth = values[i]! - values[i - 1]!;
    if (!isBroken && growth >= 0) take(timesSeconds[i]!, growth);
  }
}

/** Where any of them was absent so is the result. */
function staleOf(members: readonly Series[]): Float64Array {
  return Float64Array.from(new Set(members.flatMap(({ staleSeconds }) => [...staleSeconds]))).sort();
}
