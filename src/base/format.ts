/**
 * Numbers for people: at most three digits and a unit. Absent and NaN are "n/a", never 0.
 *
 * @module
 */
import { ANY_TEXT, checkArgument, NUMBER } from "./arguments.ts";
import type { Unit } from "../catalog/types.ts";

/** What stands where there is no number. */
export const NOT_AVAILABLE = "n/a";

/** Below this a number is written with an exponent. */
const SMALLEST_PLAIN = 0.001;

/**
 * At most three significant digits, without trailing zeros, and never grouped: `1234.5` → `1235`, `0.01234` → `0.0123`,
 * `1e-6` → `1e-6`, `1e21` → `1e21`. NaN and undefined are `n/a`, infinities are `+Inf` and `-Inf`, as Prometheus writes them.
 */
export function formatNumber(value: number): string {
  if (Number.isNaN(value) || value === undefined || value === null) return NOT_AVAILABLE;
  if (typeof value !== "number") checkArgument("formatNumber(1.5)", { value }, NUMBER);
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < SMALLEST_PLAIN || size >= 1e15) return shortExponent(value);
  return String(Number(size >= 100 ? value.toFixed(0) : value.toPrecision(3)));
}

function shortExponent(value: number): string {
  const [mantissa = "0", exponent = "0"] = value.toExponential(2).split("e");
  return `${Number(mantissa)}e${Number(exponent)}`;
}

/**
 * Scales by steps of `base` until at most three digits are left. A value that rounds up to `limit` takes the next
 * prefix (999.6 → `1k`, not `1000`).
 */
function scaled(value: number, base: number, limit: number, prefixes: readonly string[]): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  let rest = value;
  let index = 0;
  while (Math.abs(rest) >= limit - 0.5 && index < prefixes.length - 1) {
    rest /= base;
    index++;
  }
  return formatNumber(rest) + (prefixes[index] ?? "");
}

/** Plain amounts: `987`, `1.23k`, `4.5M`, `2G`, `3T`. NaN is `n/a`. */
export function formatCount(value: number): string {
  return scaled(value, 1000, 1000, ["", "k", "M", "G", "T"]);
}

/** Longer numbers are no easier to compare when they stand whole. */
const LONGEST_WHOLE = 1e7;

/** A count of which every single one matters, as of requests that met an objective: `9996` of `10000`, not `10k` of `10k`. */
export function formatWhole(value: number): string {
  return Math.abs(value) < LONGEST_WHOLE ? String(Math.round(value)) : formatCount(value);
}

/**
 * An amount per time with its unit: `formatRate(1234, "tok/s")` → `1.23k tok/s`. Small rates keep the base unit
 * (`0.05 req/s`): a rate has no milli.
 */
export function formatRate(value: number, unit: string): string {
  checkArgument('formatRate(1.5, "tok/s")', { unit }, ANY_TEXT);
  return withUnit(scaled(value, 1000, 1000, ["", "k", "M", "G", "T"]), unit);
}

/** How often a second, of what a title says: `3.5/s`, `1.23k/s`; `n/a` where it is not known. */
export function formatPerSecond(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? NOT_AVAILABLE : `${formatCount(value)}/s`;
}

function withUnit(number: string, unit: string): string {
  return number === NOT_AVAILABLE ? number : `${number} ${unit}`;
}

/** Sizes in binary steps, taken at 1000 so that no more than three digits stand: `512 B`, `977 KiB`, `1.5 GiB`. */
export function formatBytes(value: number): string {
  return scaled(value, 1024, 1000, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]);
}

/** So many decimals tell a share from 100 %; what is nearer reads `>99.9999%`. */
const MOST_DECIMALS = 4;
/** What arithmetic may leave of a whole, in per cent. */
const ROUNDING = 1e-7;

/**
 * A ratio 0–1 as per cent: `0.1234` → `12.3%`. What would round to zero but is not reads `<0.01%`, and what is less than all is
 * never `100%`: `0.9999` → `99.99%`.
 */
export function formatRatio(value: number): string {
  const percent = value * 100;
  if (!Number.isFinite(percent)) return formatNumber(percent);
  const size = Math.abs(percent);
  if (size > 0 && size < 0.01) return percent > 0 ? "<0.01%" : ">-0.01%";
  if (size >= 1e6) return `${shortExponent(percent)}%`;
  if (percent >= 99.95 && percent < 100 - ROUNDING) return nearlyAll(percent);
  const decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${Number(percent.toFixed(decimals))}%`;
}

function nearlyAll(percent: number): string {
  for (let decimals = 2; decimals <= MOST_DECIMALS; decimals++) {
    const rounded = Number(percent.toFixed(decimals));
    if (rounded < 100) return `${rounded}%`;
  }
  return `>${(100 - 10 ** -MOST_DECIMALS).toFixed(MOST_DECIMALS)}%`;
}

/**
 * Durations: `420 ns`, `12 µs`, `85 ms`, `3.2 s`, from two minutes `2m05s`, from an hour `1h02m`, from two days `3d04h`, from a hundred `123 d`.
 */
export function formatSeconds(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size >= 119.5) return (value < 0 ? "-" : "") + longDuration(Math.round(size));
  if (size >= 0.9995) return `${formatNumber(value)} s`;
  if (size >= 0.9995e-3) return `${formatNumber(value * 1e3)} ms`;
  if (size >= 0.9995e-6) return `${formatNumber(value * 1e6)} µs`;
  return `${formatNumber(value * 1e9)} ns`;
}

function longDuration(seconds: number): string {
  if (seconds >= 100 * 86400) return `${formatCount(seconds / 86400)} d`;
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours > 0) return `${hours}h${two(minutes)}m`;
  return `${minutes}m${two(seconds % 60)}s`;
}

/** Every unit; one that is missing does not compile. */
const UNITS: Readonly<Record<Unit, true>> = {
  seconds: true,
  bytes: true,
  ratio: true,
  unix_seconds: true,
  celsius: true,
  hertz: true,
  watts: true,
  joules: true,
  flops: true,
  tokens: true,
  requests: true,
  count: true,
};

/** What follows a number of that unit where the unit is a word and not part of the number. */
const SUFFIXES: Partial<Record<Unit, string>> = {
  tokens: "tok",
  joules: "J",
  watts: "W",
  celsius: "°C",
  hertz: "Hz",
  flops: "FLOP",
};

/**
 * A value in a base unit of the lab. Requests and plain counts carry no unit word: the title has it.
 *
 * @param value in that unit; `undefined` and NaN are `n/a`
 */
export function formatValue(value: number | undefined, unit: Unit | undefined): string {
  if (value === undefined || Number.isNaN(value)) return NOT_AVAILABLE;
  switch (unit) {
    case "seconds":
      return formatSeconds(value);
    case "bytes":
      return formatBytes(value);
    case "ratio":
      return formatRatio(value);
    case "unix_seconds":
      return formatInstant(value);
    case "celsius":
      return `${formatNumber(value)} °C`;
    case "hertz":
    case "watts":
    case "joules":
    case "flops":
    case "tokens":
      return prefixed(value, SUFFIXES[unit] ?? "");
    case "requests":
    case "count":
    case undefined:
      return formatCount(value);
    default:
      throw new RangeError(
        `Cannot format ${value}: unit ${JSON.stringify(unit)}, wanted ${
          Object.keys(UNITS).join(", ")
        } or none`,
      );
  }
}

function prefixed(value: number, unit: string): string {
  const text = scaled(value, 1000, 1000, ["", "k", "M", "G", "T", "P"]);
  const match = /^(.*?)([kMGTP]?)$/.exec(text);
  return `${match?.[1] ?? text} ${match?.[2] ?? ""}${unit}`;
}

/** An instant as UTC to the second, `2026-11-24T12:00:00Z`. Years outside 0–9999 and non-finite values are `n/a`. */
export function formatInstant(timeSeconds: number): string {
  if (!(timeSeconds >= -62167219200 && timeSeconds < 253402300800)) return NOT_AVAILABLE;
  const second = Math.floor(timeSeconds);
  const day = Math.floor(second / 86400);
  const rest = second - day * 86400;
  const { year, month, dayOfMonth } = civilDate(day);
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map(two).join(":");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(dayOfMonth)}T${clock}Z`;
}

/**
 * The proleptic Gregorian date of a day number (0 is 1970-01-01).
 *
 * Method: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. The pure layers have no Date.
 */
function civilDate(day: number): { year: number; month: number; dayOfMonth: number } {
  const shifted = day + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfMonth };
}
