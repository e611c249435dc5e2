/**
 * Figures of a sample in the shapes that files want.
 *
 * @module
 */
import { describe, percentile, sorted } from "../simulator/workload/distribution.ts";
import type { RequestRecord } from "../series/types.ts";
import { latenessSeconds } from "../simulator/workload/request_times.ts";
import type { PhasePlan } from "../simulator/workload/plan.ts";
import type { WorkloadResult } from "../simulator/workload/results.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import type { FileDistribution } from "./benchmark_run.ts";

/** Values that are there, in the order of the records. */
export function present(
  records: readonly RequestRecord[],
  value: (record: RequestRecord) => number | undefined,
): readonly number[] {
  return records.map(value).filter((one) => one !== undefined);
}

/** Linear percentiles by percent; an empty sample has none. */
export function percentilesOf(
  values: ArrayLike<number>,
  percents: readonly number[],
): ReadonlyMap<number, number> {
  const ascending = sorted(values);
  const found = new Map<number, number>();
  for (const percent of percents) {
    const value = percentile(ascending, percent / 100);
    if (value !== undefined) found.set(percent, value);
  }
  return found;
}

/** Mean, population std, extremes and sum; undefined for an empty sample. */
export const figuresOf = describe;

/** The requests of a result that ended well, in the order of their sends. */
export function goodRecords(result: WorkloadResult): readonly RequestRecord[] {
  return bySend(result.records).filter((record) => record.outcome === "ok");
}

/** Records in the order of their sends; those never sent by when they were due. */
export function bySend(records: readonly RequestRecord[]): readonly RequestRecord[] {
  const at = (record: RequestRecord) => record.sentSeconds ?? record.dueSeconds;
  return [...records].sort((a, b) => at(a) - at(b));
}

/** How late each request was begun, 0 where it never was. */
export function lateness(record: RequestRecord): number {
  return latenessSeconds(record) ?? 0;
}

/** What a phase asks for: a rate or a number of users. No phase asks for nothing. */
export function loadOf(
  plan: PhasePlan | undefined,
): { readonly ratePerSecond?: number; readonly concurrency?: number } {
  const mode = plan?.mode;
  if (mode === undefined) return {};
  if (mode.kind === "closed") return { concurrency: mode.users };
  // A limit without a rate would be read as the users of a closed loop, by other tools too.
  if (!("ratePerSecond" in mode.arrivals)) return {};
  const { ratePerSecond } = mode.arrivals;
  return { ratePerSecond, ...(mode.maxInFlight === undefined ? {} : { concurrency: mode.maxInFlight }) };
}

/** A distribution out of a file's object: its keys for the figures, a scale to seconds, and how percentiles are called. */
export function readDistribution(
  value: Json | undefined,
  options: {
    readonly scale: number;
    readonly mean: string;
    readonly percentile: RegExp;
    readonly nested?: string;
  },
): FileDistribution | undefined {
  if (!isJsonObject(value)) return undefined;
  const number = (key: string) => numberIn(value, key, options.scale);
  const nested = options.nested === undefined ? value : value[options.nested];
  const percentiles: Record<number, number> = {};
  for (const [key, one] of isJsonObject(nested) ? Object.entries(nested) : []) {
    const percent = key.match(options.percentile)?.[1];
    if (percent !== undefined && typeof one === "number") {
      percentiles[percentOf(percent)] = one * options.scale;
    }
  }
  const count = numberIn(value, "count", 1);
  return {
    percentiles,
    ...named("count", count),
    ...named("mean", number(options.mean)),
    ...named("std", number("std") ?? number("std_dev")),
    ...named("min", number("min")),
    ...named("max", number("max")),
    ...named("sum", number("sum") ?? number("total_sum")),
  };
}

/** Tools write the 99.9th percentile as 999 and the 0.1th as 001. */
function percentOf(digits: string): number {
  return digits.length === 3 && !digits.includes(".") ? Number(digits) / 10 : Number(digits);
}

/** A number under a key, scaled; undefined where there is none or it is not finite. */
export function numberIn(value: JsonObject, key: string, scale: number): number | undefined {
  const found = value[key];
  return typeof found === "number" && Number.isFinite(found) ? found * scale : undefined;
}

/** An object with one field, or none where the value is missing. */
export function named<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  const result: { [key in K]?: V } = {};
  if (value !== undefined) result[name] = value;
  return result;
}

/** The list of numbers under a key; undefined where it is not one. */
export function numbersAt(value: JsonObject, key: string): readonly number[] | undefined {
  const found = value[key];
  return Array.isArray(found) && found.every((item) => typeof item === "number") ? found : undefined;
}
