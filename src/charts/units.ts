/**
 * Units of what charts show: the lab's base units and rates of them.
 *
 * @module
 */
import { formatCount, formatNumber, formatRate, formatValue } from "../base/format.ts";
import type { Unit } from "../catalog/types.ts";
import type { ChartsText } from "../text/charts.ts";

/** A base unit, or an amount of it per second. */
export type DisplayUnit = Unit | "tokens_per_second" | "requests_per_second" | "per_second";

/** The unit of a rate of values in `unit`. A rate of seconds (CPU time) is a share of one core. */
export function rateUnit(unit: Unit | undefined): DisplayUnit {
  if (unit === "tokens") return "tokens_per_second";
  if (unit === "requests") return "requests_per_second";
  if (unit === "seconds") return "ratio";
  if (unit === "joules") return "watts";
  return "per_second";
}

/** A value with its unit, for legends and labels; undefined and NaN are `n/a`. */
export function formatDisplay(value: number | undefined, unit: DisplayUnit, text: ChartsText): string {
  switch (unit) {
    case "tokens_per_second":
      return formatRate(value ?? NaN, text.perSecond.tokens);
    case "requests_per_second":
      return formatRate(value ?? NaN, text.perSecond.requests);
    case "per_second":
      return formatRate(value ?? NaN, text.perSecond.events);
    default:
      return formatValue(value, unit);
  }
}

/** A tick of an axis: the unit word is left out where the subtitle has it. */
export function formatTick(value: number, unit: DisplayUnit, text: ChartsText): string {
  switch (unit) {
    case "tokens_per_second":
    case "requests_per_second":
    case "per_second":
    case "tokens":
      return formatCount(value);
    case "ratio":
      // Neighbouring ticks must differ, however small: no "<0.01%" here.
      return Math.abs(value) < 1e-4 && value !== 0
        ? `${formatNumber(value * 100)}%`
        : formatDisplay(value, unit, text);
    case "seconds":
      // Zero is zero in every unit, and the other ticks have ms or s.
      return value === 0 ? "0" : formatDisplay(value, unit, text);
    default:
      return formatDisplay(value, unit, text);
  }
}
