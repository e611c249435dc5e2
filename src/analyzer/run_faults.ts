/**
 * What is wrong with a run as a whole, so that its figures are not what they seem: cut off, or simulated too slowly.
 *
 * @module
 */
import type { LabEvent, MetricSource, TimeSpan } from "../series/types.ts";
import { wholeSpan } from "../series/whole_span.ts";

/** A simulated engine that fell behind its own schedule: its figures are those of a slower server. */
export interface LostPace {
  /** How often it gave up catching up, over all engines and servers. */
  readonly times: number;
  /** How late a step ended at most, seconds. */
  readonly worstSeconds: number;
}

const LOST = "lab_simulation_lost_pace_total";
const LATE = "lab_simulation_late_seconds";

/** Undefined where no simulated server lost its pace within the span, or none is simulated. */
export async function lostPaceOf(source: MetricSource, span: TimeSpan): Promise<LostPace | undefined> {
  const grid = wholeSpan(span);
  const lost = await source.evaluate(
    { selector: { name: LOST }, fn: { kind: "increase", extrapolate: false } },
    grid,
  );
  const times = lost.reduce((sum, { values }) => sum + (values[0]! > 0 ? values[0]! : 0), 0);
  if (times === 0) return undefined;
  const late = await source.evaluate({ selector: { name: LATE }, fn: { kind: "max" } }, grid);
  return { times, worstSeconds: late.reduce((most, { values }) => Math.max(most, values[0] || 0), 0) };
}

/** When a recording ends or goes on without the end that its writer gives it; undefined where each was closed. */
export function cutOf(events: readonly LabEvent[]): number | undefined {
  return events.findLast(({ kind }) => kind === "recording_cut")?.timeSeconds;
}
