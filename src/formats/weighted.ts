/**
 * Figures of weighted values: time at a level, tokens at a speed.
 *
 * @module
 */
import type { RequestRecord } from "../series/types.ts";

/** A value and how much it counts. */
export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** Figures of weighted values; `percentile` gives the smallest value that holds so much of the weight. */
export interface WeightedFigures {
  readonly count: number;
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly mode: number;
  readonly sum: number;
  /** The weights together, and the values by their weights. */
  readonly weight: number;
  readonly weightedSum: number;
  percentile(share: number): number;
}

/** Describes weighted values; undefined when they weigh nothing. */
export function describeWeighted(values: readonly Weighted[]): WeightedFigures | undefined {
  const ascending = values.filter(({ weight }) => weight > 0).sort((a, b) => a.value - b.value);
  const total = ascending.reduce((sum, { weight }) => sum + weight, 0);
  const first = ascending[0];
  if (first === undefined) return undefined;
  const mean = ascending.reduce((sum, { value, weight }) => sum + value * weight, 0) / total;
  const variance = ascending.reduce((sum, { value, weight }) => sum + (value - mean) ** 2 * weight, 0) /
    total;
  const cumulative: number[] = [];
  let running = 0;
  for (const { weight } of ascending) cumulative.push(running += weight);
  return {
    count: ascending.length,
    mean,
    std: Math.sqrt(variance),
    min: first.value,
    max: ascending[ascending.length - 1]!.value,
    mode: modeOf(ascending),
    sum: ascending.reduce((sum, { value }) => sum + value, 0),
    weight: total,
    weightedSum: mean * total,
    percentile: (share) => {
      const index = cumulative.findIndex((weight) => weight >= share * total * (1 - 1e-12));
      return ascending[index < 0 ? ascending.length - 1 : index]!.value;
    },
  };
}

function modeOf(ascending: readonly Weighted[]): number {
  let best = { value: NaN, weight: -Infinity };
  let current = { value: NaN, weight: 0 };
  for (const { value, weight } of ascending) {
    current = value === current.value ? { value, weight: current.weight + weight } : { value, weight };
    if (current.weight > best.weight) best = current;
  }
  return best.value;
}

/** How long each number of requests was in flight. */
export function timeInFlight(records: readonly RequestRecord[]): readonly Weighted[] {
  const changes = records.flatMap(({ sentSeconds, endSeconds }) =>
    sentSeconds === undefined || endSeconds === undefined
      ? []
      : [{ at: sentSeconds, step: 1 }, { at: endSeconds, step: -1 }]
  ).sort((a, b) => a.at - b.at || a.step - b.step);
  const levels: Weighted[] = [];
  let inFlight = 0;
  for (const [i, { at, step }] of changes.entries()) {
    inFlight += step;
    const next = changes[i + 1];
    if (next !== undefined) levels.push({ value: inFlight, weight: next.at - at });
  }
  return levels;
}

/** Amounts in each whole second of a span. The last second counts as long as it lasts. */
export function perSecond(
  events: readonly { readonly atSeconds: number; readonly amount: number }[],
  span: { readonly startSeconds: number; readonly durationSeconds: number },
): readonly Weighted[] {
  const seconds = Math.max(1, Math.ceil(span.durationSeconds));
  const amounts = new Float64Array(seconds);
  for (const { atSeconds, amount } of events) {
    const bin = Math.min(seconds - 1, Math.max(0, Math.floor(atSeconds - span.startSeconds)));
    amounts[bin] = amounts[bin]! + amount;
  }
  return Array.from(amounts, (amount, bin) => {
    const length = Math.min(1, Math.max(1e-9, span.durationSeconds - bin));
    return { value: amount / length, weight: length };
  });
}
