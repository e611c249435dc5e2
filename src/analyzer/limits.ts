/**
 * Limits that a user sets on quantities, `ttft_p95>500ms over 1m for 10s`: how they are written and read.
 *
 * @module
 */
import { ANY_TEXT, checkArgument, NUMBER, shape } from "../base/arguments.ts";
import { SOURCE } from "../series/arguments.ts";
import type { Cause } from "../base/cause.ts";
import { nearNames } from "../base/near_names.ts";
import { isQuantityName, QUANTITIES } from "../catalog/quantities.ts";
import type { QuantityName, Unit } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import { isServer } from "../series/facts.ts";
import type { Grid, LabEvent, MetricSource, Series, WindowFunction } from "../series/types.ts";
import { absenceContext, absenceOf, sideOf } from "./absence.ts";
import { boundedQuantiles } from "./bounded_quantiles.ts";
import { SECONDS_PER, unitFactor, type WrittenValue } from "./limit_units.ts";

/** What of a quantity is held against the limit. `p95` and the like are of histograms, by quantile in percent. */
export type LimitStatistic = "newest" | "mean" | "max" | "min" | "rate" | "increase" | `p${number}`;

/** One limit. */
export interface Limit {
  /** As the user wrote it, without surplus blanks. */
  readonly text: string;
  /** `unreachable`: for how long a server has not answered, seconds; 0 while it does. */
  readonly quantity: QuantityName | "unreachable";
  /** What is held against it. */
  readonly statistic: LimitStatistic;
  /** True for `>=` and `<=`. */
  readonly orEqual: boolean;
  /** "above": `>`, more is bad. "below": `<`, less is. */
  readonly side: "above" | "below";
  /** In the quantity's base unit; of a rate this per second. */
  readonly value: number;
  /** Of {@link value}, of a rate without the "per second". */
  readonly unit: Unit;
  /** How far each look reaches back, seconds. */
  readonly windowSeconds: number;
  /** How long it must hold before it counts, seconds; 0: at once. */
  readonly holdSeconds: number;
}

/** A limit, as {@link parseLimit} gives it. */
export const LIMIT = shape('a limit, such as parseLimit("ttft_p95>500ms")', [
  "text",
  "quantity",
  "statistic",
  "value",
  "windowSeconds",
  "holdSeconds",
]);

/** What one server shows of a limit's quantity now. */
export type LimitReading =
  & {
    /** Label `target` of the server; "" where only one is watched. */
    readonly target: string;
  }
  & (
    | {
      /** Of a percentile an estimate. */
      readonly value: number;
      readonly labels: Labels;
      /** Surely on the bad side. */
      readonly beyond: boolean;
      /** Between which values a percentile surely lies; absent where the value is exact. */
      readonly bounds?: LimitBounds;
      /** The limit lies between the bounds: whether it is beyond cannot be told. */
      readonly unsure?: true;
    }
    | { readonly absent: Cause }
  );

/** Between which values a percentile surely lies, by the server's buckets, its sum and its count. */
export interface LimitBounds {
  /** At least. */
  readonly lower: number;
  /** At most; may be Infinity. */
  readonly upper: number;
  /** Borders of the bucket that holds it: a limit on one of them can always be judged. */
  readonly borders: readonly [number, number];
}

const DEFAULT_WINDOW_SECONDS = 30;

const SHAPE =
  /^([a-z][a-z0-9_.]*?)\s*(>=|<=|>|<)\s*([+-]?[\d.]+(?:e[+-]?\d+)?)\s*([%a-zµ°]*?)(?:\s+over\s+(\S+))?(?:\s+for\s+(\S+))?$/i;

/**
 * Reads a limit: `NAME OPERATOR VALUE[UNIT] [over WINDOW] [for TIME]`.
 *
 * NAME is a quantity of the catalog. A gauge counts as it stands, or `_mean`, `_max`, `_min` over the window; a counter
 * as `_rate` (per second, what its bare name means) or `_increase`; a histogram needs `_mean` or a percentile, `_p95`.
 * `unreachable` is for how long a server has not answered. The base unit may end the name (`ttft_p95_seconds>0.5`).
 * A value needs its unit (`500ms`, `16GiB`) unless the name says it, it is 0, or there is none: counts, tokens, and ratios
 * up to 1 (`0.9` is `90%`). `over 1m`: window, default 30 s. `for 10s`: how long it must hold, default at once.
 *
 * @throws SyntaxError that says what is wrong and what was wanted
 */
export function parseLimit(text: string): Limit {
  checkArgument('parseLimit("ttft_p95>500ms")', { text }, ANY_TEXT);
  const written = text.trim().replace(/\s+/g, " ");
  const [, name, operator, number, unitText = "", over, hold] = SHAPE.exec(written) ?? [];
  const value = Number(number);
  if (name === undefined || Number.isNaN(value)) {
    throw refused(written, "it is not NAME>VALUE, wanted one such as ttft_p95>500ms or waiting>=10 for 30s");
  }
  const { quantity, statistic, unit, isNamed = false } = meaningOf(name.toLowerCase(), written);
  return {
    text: written,
    quantity,
    statistic,
    unit,
    value: value * factorOf({ value, unitText, unit, isNamed }, written),
    side: operator!.startsWith(">") ? "above" : "below",
    orEqual: operator!.endsWith("="),
    windowSeconds: over === undefined ? DEFAULT_WINDOW_SECONDS : durationOf(over, written),
    holdSeconds: hold === undefined ? 0 : durationOf(hold, written),
  };
}

function refused(text: string, why: string): SyntaxError {
  return new SyntaxError(`Cannot read the limit ${JSON.stringify(text)}: ${why}`);
}

function factorOf(value: WrittenValue, written: string): number {
  const factor = unitFactor(value);
  if (typeof factor === "number") return factor;
  throw refused(written, factor.wrong);
}

function durationOf(text: string, written: string): number {
  const [, count, unit] = /^([\d.]+)(ms|s|min|m|h)$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS_PER[unit ?? ""] ?? NaN);
  if (!(seconds > 0)) throw refused(written, `${text} is no duration, wanted one such as 30s or 5m`);
  return seconds;
}

interface Meaning {
  readonly quantity: Limit["quantity"];
  readonly statistic: LimitStatistic;
  readonly unit: Unit;
  /** Whether the name ends with its base unit. */
  readonly isNamed?: boolean;
}

function meaningOf(name: string, written: string): Meaning {
  if (name === "unreachable") return { quantity: name, statistic: "newest", unit: "seconds" };
  const unnamed = name.replace(/_(seconds|bytes|ratio|watts|celsius|per_second)$/, "");
  for (const bare of [name, unnamed]) {
    const [, stem = bare, suffix] = isQuantityName(bare)
      ? []
      : /^(.+)_(mean|max|min|rate|increase|p\d+(?:\.\d+)?)$/.exec(bare) ?? [];
    if (!isQuantityName(stem)) continue;
    const { unit } = QUANTITIES[stem];
    const isNamed = [name, stem].some((one) => one.endsWith(`_${unit}`));
    return { quantity: stem, statistic: statisticOf(stem, suffix, written), unit, isNamed };
  }
  const stem = name.replace(/_(mean|max|min|rate|increase|p\d+(?:\.\d+)?)(_\w+)?$/, "");
  const near = nearNames(stem, [...Object.keys(QUANTITIES), "unreachable"]);
  throw refused(
    written,
    `there is no ${stem}, wanted ${
      near.length === 0 ? "a quantity of the catalog" : `perhaps ${near.join(", ")}`
    }`,
  );
}

/** What a quantity's name may end with, by type; of histograms these percentiles are examples. */
const ENDINGS = {
  gauge: ["mean", "max", "min"],
  counter: ["rate", "increase"],
  histogram: ["mean", "p50", "p95", "p99"],
} as const;

function kindOf(quantity: QuantityName): keyof typeof ENDINGS {
  const { type } = QUANTITIES[quantity];
  return type === "counter" || type === "histogram" ? type : "gauge";
}

/** What may be put behind a quantity's name: `_mean`, `_p95`; of a histogram one of them must. */
export function limitEndings(quantity: QuantityName): readonly string[] {
  return ENDINGS[kindOf(quantity)].map((ending) => `_${ending}`);
}

function statisticOf(quantity: QuantityName, suffix: string | undefined, written: string): LimitStatistic {
  const kind = kindOf(quantity);
  if (suffix === undefined && kind !== "histogram") return kind === "counter" ? "rate" : "newest";
  if (suffix !== undefined && kind === "histogram" && isPercentile(suffix)) return suffix;
  const statistic = ENDINGS[kind].find((one) => one === suffix);
  if (statistic !== undefined) return statistic;
  throw refused(
    written,
    `${quantity} is a ${kind}, wanted ${ENDINGS[kind].map((one) => `${quantity}_${one}`).join(", ")}` +
      (kind === "histogram" ? "" : `, or ${quantity} alone`),
  );
}

function isPercentile(suffix: string): suffix is `p${number}` {
  const percent = Number(suffix.slice(1));
  return suffix.startsWith("p") && percent > 0 && percent < 100;
}

/** Whether a value is on the bad side. */
export function isBeyond(limit: Limit, value: number): boolean {
  if (limit.orEqual && value === limit.value) return true;
  return limit.side === "above" ? value > limit.value : value < limit.value;
}

/**
 * What is held against a limit now, one reading a server: of several series of one server the worst. A percentile is beyond
 * it only where the whole of what it may be is: an estimate inside a wide bucket proves nothing.
 */
export async function readLimit(
  source: MetricSource,
  limit: Limit,
  nowSeconds: number,
): Promise<readonly LimitReading[]> {
  const call = 'readLimit(collector, parseLimit("ttft_p95>500ms"), lab.clock.nowSeconds())';
  checkArgument(call, { source }, SOURCE);
  checkArgument(call, { limit }, LIMIT);
  checkArgument(call, { nowSeconds }, NUMBER);
  const values = limit.quantity === "unreachable"
    ? await silences(source, nowSeconds)
    : await valuesOf(source, { ...limit, quantity: limit.quantity }, nowSeconds);
  if (values.length === 0) return [{ target: "", absent: await absence(source, limit, nowSeconds) }];
  const byTarget = Map.groupBy(values, ({ labels }) => labels.target ?? "");
  return [...byTarget].map(([target, own]) => {
    const worst = own.reduce((a, b) =>
      (limit.side === "above" ? b.value > a.value : b.value < a.value) ? b : a
    );
    return { target, value: worst.value, labels: worst.labels, ...judged(limit, worst) };
  });
}

interface LabelledValue {
  readonly labels: Labels;
  readonly value: number;
  readonly bounds?: LimitBounds;
}

function judged(
  limit: Limit,
  { value, bounds }: LabelledValue,
): { readonly beyond: boolean; readonly bounds?: LimitBounds; readonly unsure?: true } {
  if (bounds === undefined) return { beyond: isBeyond(limit, value) };
  const [best, worst] = limit.side === "above" ? [bounds.lower, bounds.upper] : [bounds.upper, bounds.lower];
  const beyond = isBeyond(limit, best) || (best === limit.value && isOpen(limit, bounds));
  return { beyond, bounds, ...(!beyond && isBeyond(limit, worst) ? { unsure: true } : {}) };
}

/** A bucket begins above its lower border, but for the first: what lies in it is above a limit on that border. */
function isOpen(limit: Limit, { lower, borders }: LimitBounds): boolean {
  return limit.side === "above" && lower > 0 && lower === borders[0];
}

async function valuesOf(
  source: MetricSource,
  limit: Limit & { readonly quantity: QuantityName },
  nowSeconds: number,
): Promise<readonly LabelledValue[]> {
  const { quantity, windowSeconds } = limit;
  if (limit.statistic === "newest") {
    const span = { startSeconds: nowSeconds - windowSeconds, endSeconds: nowSeconds };
    return (await source.select({ quantity }, span)).flatMap(newestOf);
  }
  const { statistic } = limit;
  if (isPercentile(statistic)) {
    const span = { startSeconds: nowSeconds - windowSeconds, endSeconds: nowSeconds };
    const found = await boundedQuantiles(source, quantity, { q: shareOf(statistic), span, by: ["target"] });
    return found.map(({ labels, quantile: { value, lower, upper, bucketLower, bucketUpper } }) => ({
      labels,
      value,
      bounds: { lower, upper, borders: [bucketLower, bucketUpper] },
    }));
  }
  const grid: Grid = { startSeconds: nowSeconds, stepSeconds: 1, count: 1, rangeSeconds: windowSeconds };
  const fn = functionOf(statistic, QUANTITIES[quantity].type === "histogram");
  const series = await source.evaluate({ selector: { quantity }, fn, by: ["target"] }, grid);
  return series.flatMap(({ labels, values }) => {
    const value = values.at(-1);
    return value === undefined || Number.isNaN(value) ? [] : [{ labels, value }];
  });
}

/** The newest point, unless its series has been marked absent since. */
function newestOf({ labels, timesSeconds, values, staleSeconds }: Series): LabelledValue[] {
  const value = values.at(-1);
  const gone = (staleSeconds.at(-1) ?? -Infinity) >= (timesSeconds.at(-1) ?? -Infinity);
  return value === undefined || Number.isNaN(value) || gone ? [] : [{ labels, value }];
}

/** Of `p95` 0.95: the shortest decimal that is meant. */
function shareOf(statistic: `p${number}`): number {
  return Number((Number(statistic.slice(1)) / 100).toPrecision(12));
}

/** What is not a percentile. */
type PlainStatistic = Exclude<LimitStatistic, "newest" | `p${number}`>;

function functionOf(statistic: PlainStatistic, histogram: boolean): WindowFunction {
  switch (statistic) {
    case "mean":
      return histogram ? { kind: "histogram_mean" } : { kind: "avg" };
    case "max":
    case "min":
      return { kind: statistic };
    case "rate":
    case "increase":
      // What was counted, not what it might be at the window's edges: 0 stays 0, and nothing is made up after a gap.
      return { kind: statistic, extrapolate: false };
  }
}

/** Per target: seconds since the first failed read of those that go on; 0 while reads succeed. */
async function silences(source: MetricSource, nowSeconds: number): Promise<readonly LabelledValue[]> {
  const failing = new Map<string, number | undefined>();
  for (const facts of await source.facts()) if (isServer(facts)) failing.set(facts.target, undefined);
  const events = await source.events({ startSeconds: 0, endSeconds: nowSeconds });
  for (const event of events) noteSilence(failing, event);
  return [...failing].map(([target, since]) => ({
    labels: { target },
    value: since === undefined ? 0 : Math.max(0, nowSeconds - since),
  }));
}

function noteSilence(failing: Map<string, number | undefined>, event: LabEvent): void {
  if (event.kind === "scrape_failed" && failing.has(event.target)) {
    failing.set(event.target, failing.get(event.target) ?? event.timeSeconds);
  } else if (event.kind === "scrape_recovered" && failing.has(event.target)) {
    failing.set(event.target, undefined);
  }
}

/** Of servers that all cannot be read now that is the reason, and not that nothing happened there. */
async function absence(source: MetricSource, { quantity }: Limit, nowSeconds: number): Promise<Cause> {
  if (quantity === "unreachable") return { code: "no_data" };
  const cause = sideOf(quantity) === "server" ? await unreadable(source, nowSeconds) : undefined;
  return cause ?? absenceOf(quantity, await absenceContext(source));
}

async function unreadable(source: MetricSource, nowSeconds: number): Promise<Cause | undefined> {
  const failing = new Map<string, Cause | undefined>();
  for (const facts of await source.facts()) if (isServer(facts)) failing.set(facts.target, undefined);
  for (const event of await source.events({ startSeconds: 0, endSeconds: nowSeconds })) {
    if (event.kind === "scrape_failed" && failing.has(event.target)) failing.set(event.target, event.cause);
    else if (event.kind === "scrape_recovered" && failing.has(event.target)) {
      failing.set(event.target, undefined);
    }
  }
  const causes = [...failing.values()];
  return causes.includes(undefined) ? undefined : causes.at(-1);
}
