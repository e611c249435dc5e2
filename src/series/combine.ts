/**
 * Results of several series over one grid, put together by labels.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import { labelsKey, onlyLabels } from "./labels.ts";
import { toMilliseconds } from "./milliseconds.ts";
import type { GridValues } from "./over_grid.ts";
import { meanOf, sumOf } from "./sums.ts";
import type { Grid, Series, WindowQuery } from "./types.ts";
import { aggregate } from "./windows.ts";

/** Results of one series (or of one group of them) over a grid. */
export interface GridResult extends GridValues {
  readonly name: string;
  readonly labels: Labels;
  readonly unit: Unit | undefined;
  readonly lower?: Float64Array;
  readonly upper?: Float64Array;
  readonly causes?: readonly Cause[];
}

/** How series are put together. */
export type Combine = NonNullable<WindowQuery["combine"]>;

/** Groups that `by` keeps apart, in order of their first member. */
export function groupBy<T extends { readonly labels: Labels }>(
  members: readonly T[],
  by: readonly string[],
): { labels: Labels; members: T[] }[] {
  const groups = new Map<string, { labels: Labels; members: T[] }>();
  for (const member of members) {
    const labels = onlyLabels(member.labels, by);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels, members: [member] });
    else group.members.push(member);
  }
  return [...groups.values()];
}

/**
 * Sums, means or extremes of the members at each time, over those that have a result there, added in their order as
 * Prometheus does. Bounds of the extremes are those of the member that gives it; means of estimates have none.
 */
export function combineResults(
  results: readonly GridResult[],
  how: Combine,
  by: readonly string[],
): GridResult[] {
  if (how === "none") return [...results];
  return groupBy(results, by).map(({ labels, members }) => combineGroup(members, how, labels));
}

function combineGroup(
  members: readonly GridResult[],
  how: Exclude<Combine, "none">,
  labels: Labels,
): GridResult {
  const first = members[0]!;
  const count = first.values.length;
  const values = new Float64Array(count).fill(NaN);
  const present = new Uint8Array(count);
  const bounded = (how === "max" || how === "min") && members.every((member) => member.lower !== undefined);
  const lower = new Float64Array(bounded ? count : 0).fill(NaN);
  const upper = new Float64Array(bounded ? count : 0).fill(NaN);
  const gathered = new Float64Array(members.length);
  for (let k = 0; k < count; k++) {
    let size = 0;
    for (const member of members) if (member.present[k] === 1) gathered[size++] = member.values[k]!;
    if (size === 0) continue;
    present[k] = 1;
    values[k] = how === "sum"
      ? sumOf(gathered, 0, size)
      : how === "avg"
      ? meanOf(gathered, 0, size)
      : aggregate(how, gathered, { low: 0, high: size, quantile: NaN })!;
    if (!bounded) continue;
    const giver = members.find((member) => member.present[k] === 1 && Object.is(member.values[k], values[k]));
    lower[k] = giver?.lower?.[k] ?? NaN;
    upper[k] = giver?.upper?.[k] ?? NaN;
  }
  const causes = members.flatMap((member) => member.causes ?? []);
  return {
    name: first.name,
    labels,
    unit: first.unit,
    values,
    present,
    ...(bounded ? { lower, upper } : {}),
    ...(causes.length === 0 ? {} : { causes }),
  };
}

/** Takes away the results at times when the series is marked absent and has no newer point. In place. */
export function hideStale(result: GridValues, series: Series, grid: Grid): void {
  const { staleSeconds, timesSeconds } = series;
  if (staleSeconds.length === 0) return;
  let stale = 0;
  let point = 0;
  for (let k = 0; k < grid.count; k++) {
    const nowMs = toMilliseconds(grid.startSeconds + k * grid.stepSeconds);
    while (stale < staleSeconds.length && toMilliseconds(staleSeconds[stale]!) <= nowMs) stale++;
    while (point < timesSeconds.length && toMilliseconds(timesSeconds[point]!) <= nowMs) point++;
    if (stale === 0) continue;
    const lastPoint = point === 0 ? -Infinity : timesSeconds[point - 1]!;
    if (staleSeconds[stale - 1]! < lastPoint) continue;
    result.present[k] = 0;
    result.values[k] = NaN;
  }
}

/** Only the times with a result; `staleSeconds` are the times at which results stop. Undefined when there is none. */
export function toSeries(result: GridResult, grid: Grid): Series | undefined {
  const { present } = result;
  const kept: number[] = [];
  const stops: number[] = [];
  for (let k = 0; k < grid.count; k++) {
    if (present[k] === 1) kept.push(k);
    else if (k > 0 && present[k - 1] === 1) stops.push(grid.startSeconds + k * grid.stepSeconds);
  }
  if (kept.length === 0) return undefined;
  const pick = (column: Float64Array) => Float64Array.from(kept, (k) => column[k]!);
  return {
    name: result.name,
    labels: result.labels,
    type: "gauge",
    timesSeconds: Float64Array.from(kept, (k) => grid.startSeconds + k * grid.stepSeconds),
    values: pick(result.values),
    staleSeconds: Float64Array.from(stops),
    ...(result.unit === undefined ? {} : { unit: result.unit }),
    ...(result.lower === undefined ? {} : { lower: pick(result.lower) }),
    ...(result.upper === undefined ? {} : { upper: pick(result.upper) }),
    ...(result.causes === undefined ? {} : { causes: result.causes }),
  };
}
