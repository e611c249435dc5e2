/**
 * Where ticks stand. Own lists, because a tick at the domain's end would hang over the panel, d3's log filter drops
 * labels, and a count has no halves.
 *
 * @module
 */
import type { DisplayUnit } from "./units.ts";

/** A value axis: its domain and the ticks on it. */
export interface ValueAxis {
  readonly scale: "linear" | "log";
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/** What an axis has to hold. */
export interface ValueAxisOptions {
  readonly unit: DisplayUnit;
  /** Lowest and highest value drawn; NaN when there is none. */
  readonly minimum: number;
  readonly maximum: number;
  /** About how many steps. Default 4. */
  readonly steps?: number;
}

/** A linear axis from 0 (or from the lowest value below 0); ratios reach 100 % unless all values are below 1 %. */
export function linearAxis(options: ValueAxisOptions): ValueAxis {
  const { unit, steps = 4 } = options;
  const lowest = Math.min(0, finiteOr(options.minimum, 0));
  let highest = Math.max(0, finiteOr(options.maximum, 0));
  if (unit === "ratio") highest = highest > 0.01 || highest === 0 ? Math.max(1, highest) : highest;
  if (highest === lowest) highest = lowest + (unit === "seconds" ? 0.1 : unit === "bytes" ? 1024 : 1);
  const step = niceStep((highest - lowest) / steps, unit);
  const last = Math.ceil(highest / step - 1e-9) * step;
  const first = Math.floor(lowest / step + 1e-9) * step;
  const ticks: number[] = [];
  // A multiplication each time, so that no error adds up.
  for (let k = Math.round(first / step); k <= Math.round(last / step); k++) {
    ticks.push(cleanMultiple(k, step));
  }
  // A line on the frame looks cut, and its words have no room: the highest value stays below the top.
  const above = (highest - lowest) * HEADROOM;
  const below = lowest < 0 ? above : 0;
  const top = Math.max(last, finiteOr(options.maximum, 0) + above);
  return { scale: "linear", domain: [Math.min(first, lowest - below), top], ticks };
}

/** Share of what is drawn that stays free above the highest value, at least. */
const HEADROOM = 0.05;

function finiteOr(value: number, fallback: number): number {
  return Number.isFinite(value) ? value : fallback;
}

/** `k * step` without the last digits' noise (3 * 0.1 is 0.3). */
function cleanMultiple(k: number, step: number): number {
  return Number((k * step).toPrecision(12));
}

const WHOLE_UNITS: ReadonlySet<DisplayUnit> = new Set(["requests", "count", "tokens"]);

/** The next step up that people count in: 1-2-5, powers of two for bytes, sixties for minutes. */
export function niceStep(rough: number, unit: DisplayUnit): number {
  if (!(rough > 0)) return 1;
  if (unit === "bytes") return niceBytes(rough);
  if (unit === "seconds" && rough > 30) return niceSeconds(rough);
  if (unit === "ratio" && rough > 0.1 && rough <= 0.25) return 0.25;
  const power = 10 ** Math.floor(Math.log10(rough) + 1e-9);
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10;
  const step = Number((factor * power).toPrecision(3));
  return WHOLE_UNITS.has(unit) ? Math.max(1, step) : step;
}

function niceBytes(rough: number): number {
  const power = 1024 ** Math.floor(Math.log2(rough) / 10 + 1e-9);
  const factor = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 512, 1024].find((each) =>
    each * power >= rough
  );
  return (factor ?? 1024) * power;
}

function niceSeconds(rough: number): number {
  const steps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  return steps.find((each) => each >= rough) ?? 86400 * niceStep(rough / 86400, "count");
}

/** A logarithmic axis over positive values: ticks 1-2-5 within three decades, one a decade beyond. */
export function logAxis(options: ValueAxisOptions): ValueAxis {
  const high = options.maximum > 0 && Number.isFinite(options.maximum) ? options.maximum : 1;
  const low = options.minimum > 0 && options.minimum <= high ? options.minimum : high / 10;
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.ceil(Math.log10(high) - 1e-9);
  const factors = last - first <= 2 ? [1, 2, 5] : [1];
  const skip = Math.max(1, Math.ceil((last - first) / 6));
  const all: number[] = [];
  for (let power = first; power <= last; power += factors.length > 1 ? 1 : skip) {
    for (const factor of factors) all.push(Number((factor * 10 ** power).toPrecision(6)));
  }
  const from = all.findLast((tick) => tick <= low * (1 + 1e-9)) ?? low;
  const to = all.find((tick) => tick >= high * (1 - 1e-9)) ?? high;
  const free = (high / low) ** HEADROOM;
  const domain: [number, number] = from < to ? [from, Math.max(to, high * free)] : [from / 2, to * 2];
  return {
    scale: "log",
    domain,
    ticks: all.filter((tick) => tick >= domain[0] * 0.999 && tick <= domain[1] * 1.001),
  };
}
