/**
 * Checks of what charts are asked with, for cells that no compiler has seen.
 *
 * @module
 */
import {
  type Check,
  checkArgument,
  checkOptions,
  type Checks,
  listOf,
  OBJECT,
  oneOf,
  POSITIVE,
  SHARE,
  TEXT,
} from "../base/arguments.ts";
import { SOURCE, SPAN } from "../series/arguments.ts";
import type { MetricSource } from "../series/types.ts";
import { chartsText } from "../text/charts.ts";
import { LANGUAGE } from "../text/language.ts";
import type { ChartOptions, LatencyObjectives } from "./context.ts";
import type { PictureOptions } from "./picture.ts";

/** Options of every picture. */
export const PICTURE_CHECKS: Checks<PictureOptions> = {
  id: TEXT,
  width: POSITIVE,
  height: POSITIVE,
  theme: oneOf(["auto", "light", "dark"]),
};

/** An IANA name. */
export const TIME_ZONE: Check = {
  type: "string",
  wanted: "an IANA name, such as Asia/Taipei",
  accepts: (value) => typeof value === "string" && isZone(value),
};

const OBJECTIVE_NAMES: ReadonlySet<string> = new Set<keyof LatencyObjectives>([
  "ttftSeconds",
  "itlSeconds",
  "tpotSeconds",
  "e2eSeconds",
]);

/** Levels of latencies. */
const OBJECTIVES: Check = {
  wanted: "seconds by latency, such as { ttftSeconds: 2 }",
  accepts: (value) =>
    OBJECT.accepts(value) &&
    Object.entries(value as object).every(([name, seconds]) =>
      seconds === undefined || OBJECTIVE_NAMES.has(name) && POSITIVE.accepts(seconds)
    ),
};

/** Options of every chart of a source. */
export const CHART_CHECKS: Checks<ChartOptions> = {
  ...PICTURE_CHECKS,
  language: LANGUAGE,
  timeZone: TIME_ZONE,
  span: SPAN,
  rangeSeconds: POSITIVE,
  target: TEXT,
  objectives: OBJECTIVES,
};

/** Quantiles of a chart. */
export const QUANTILES: Check = listOf(SHARE, "a list of numbers from 0 to 1");

/** What values are measured in. */
export const DISPLAY_UNIT: Check = {
  type: "string",
  wanted: "a unit, such as seconds or tokens_per_second",
  accepts: (value) => typeof value === "string" && Object.hasOwn(chartsText("en").axis, value),
  names: () => Object.keys(chartsText("en").axis),
};

/** `lab.viewOptions` holds these for every view; not every one needs them. */
const VIEW = { also: ["language", "timeZone", "clock"] } as const;

/**
 * Refuses a source or options that are none.
 *
 * @param call an example: `kvCacheChart(collector)`
 * @throws TypeError, or RangeError where a value is of the right kind but no such name or number
 */
export function checkChart(
  call: string,
  source: MetricSource,
  options: ChartOptions,
  checks: Checks<ChartOptions> = CHART_CHECKS,
): void {
  checkArgument(call, { source }, SOURCE);
  checkOptions<ChartOptions>(call, options, checks, VIEW);
}

/**
 * Refuses options of a view that are none; what `lab.viewOptions` holds besides does no harm.
 *
 * @throws TypeError, or RangeError where a value is of the right kind but no such name or number
 */
export function checkView<Options extends object>(
  call: string,
  options: unknown,
  checks: Checks<Options>,
): void {
  checkOptions<Options>(call, options, checks, VIEW);
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
