/**
 * Arithmetic of counters over `[low, high)` of their points. Source: Prometheus 3.16 `promql/functions.go`
 * (`extrapolatedRate`, `instantValue`).
 *
 * @module
 */
import { durationSeconds } from "./milliseconds.ts";

/** Last minus first, plus the value before every fall. */
export function correctedDifference(values: ArrayLike<number>, low: number, high: number): number {
  let difference = values[high - 1]! - values[low]!;
  for (let i = low + 1; i < high; i++) {
    if (values[i]! < values[i - 1]!) difference += values[i - 1]!;
  }
  return difference;
}

/** What {@link extrapolate} needs to know of a window's points. */
export interface SampledWindow {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly firstValue: number;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * Stretches a difference between a window's first and last point to the whole window.
 *
 * A window's end is reached when a point is nearer to it than 1.1 times the average distance of points; else half that
 * distance is added. A counter is never stretched to before its zero.
 *
 * @param kind "rate" divides by the window's length; "increase" and "rate" treat the values as a counter's
 */
export function extrapolate(
  difference: number,
  window: SampledWindow,
  kind: "rate" | "increase" | "delta",
): number {
  let toStart = (window.firstMs - window.startMs) / 1000;
  let toEnd = (window.endMs - window.lastMs) / 1000;
  const sampled = (window.lastMs - window.firstMs) / 1000;
  const distance = sampled / (window.count - 1);
  const threshold = distance * 1.1;
  if (toStart >= threshold) toStart = distance / 2;
  if (kind !== "delta" && difference > 0 && window.firstValue >= 0) {
    const toZero = sampled * (window.firstValue / difference);
    if (toZero < toStart) toStart = toZero;
  }
  if (toEnd >= threshold) toEnd = distance / 2;
  let factor = sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
  if (kind === "rate") factor /= durationSeconds(window.endMs - window.startMs);
  return difference * factor;
}
