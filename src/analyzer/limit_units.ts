/**
 * Units in which the values of limits may be written.
 *
 * @module
 */
import type { Unit } from "../catalog/types.ts";

/** Units of time. */
export const SECONDS_PER: Readonly<Record<string, number>> = {
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  "µs": 1e-6,
  m: 60,
  min: 60,
  h: 3600,
};

/** Units that a value may be written in, by base unit. */
const WRITTEN_UNITS: Readonly<Partial<Record<Unit, Readonly<Record<string, number>>>>> = {
  seconds: SECONDS_PER,
  ratio: { "%": 0.01 },
  bytes: { b: 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, kb: 1e3, mb: 1e6, gb: 1e9 },
  watts: { w: 1, kw: 1e3 },
  celsius: { c: 1, "°c": 1 },
  hertz: { hz: 1, khz: 1e3, mhz: 1e6, ghz: 1e9 },
  joules: { j: 1, kj: 1e3, wh: 3600, kwh: 3.6e6 },
};

/** Those that people mostly mean: what a number without one is asked back with. */
const USUAL_UNITS: Readonly<Partial<Record<Unit, readonly string[]>>> = {
  seconds: ["s", "ms"],
  bytes: ["GiB", "MB"],
  watts: ["W", "kW"],
  celsius: ["°C"],
  hertz: ["MHz", "GHz"],
  joules: ["J", "kWh"],
};

/** Units that people mostly write values of a base unit in; none for counts, tokens and the like. */
export function usualUnits(unit: Unit): readonly string[] {
  return USUAL_UNITS[unit] ?? Object.keys(WRITTEN_UNITS[unit] ?? {});
}

/** A number as it was written. */
export interface WrittenValue {
  readonly value: number;
  readonly unitText: string;
  readonly unit: Unit;
  /** True where the name says the unit, `ttft_p95_seconds>0.5`. */
  readonly isNamed: boolean;
}

/**
 * What a written number is multiplied by to be in the base unit, or what is wrong with it and wanted instead. A number
 * without a unit is refused where it could be meant in several.
 */
export function unitFactor(
  { value, unitText, unit, isNamed }: WrittenValue,
): number | { readonly wrong: string } {
  const known = WRITTEN_UNITS[unit] ?? {};
  const units = Object.keys(known);
  if (unitText !== "") {
    const wanted = units.length === 0 ? "a bare number" : units.join(", ");
    return known[unitText.toLowerCase()] ?? { wrong: `${unitText} is no unit of it, wanted ${wanted}` };
  }
  // 0 is 0 in any unit. A ratio has one reading up to 1: 90 may be meant as percent.
  if (units.length === 0 || isNamed || value === 0 || (unit === "ratio" && value <= 1)) return 1;
  if (unit === "ratio") {
    return { wrong: `${value} is above 1 and it is a ratio, wanted ${value}% or a number up to 1` };
  }
  const wanted = usualUnits(unit).map((one) => `${value}${one}`).join(" or ");
  return { wrong: `${value} has no unit, wanted ${wanted}` };
}
