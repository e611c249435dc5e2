/**
 * The texts of nvidia-smi.
 *
 * @module
 */
import type { Cause, Reading } from "../base/cause.ts";
import type { GpuMetric } from "../gpu/metrics.ts";
import type { GpuReading, GpuValue } from "../gpu/types.ts";
import { THROTTLE_REASONS } from "./throttle.ts";

const MIB = 2 ** 20;

/** Field, the figure it gives, and what one of its units is in ours. */
const FIGURES: readonly { readonly field: string; readonly metric: GpuMetric; readonly factor: number }[] = [
  { field: "utilization.gpu", metric: "utilization", factor: 0.01 },
  { field: "utilization.memory", metric: "memoryUtilization", factor: 0.01 },
  { field: "memory.total", metric: "memoryTotal", factor: MIB },
  { field: "memory.used", metric: "memoryUsed", factor: MIB },
  { field: "memory.free", metric: "memoryFree", factor: MIB },
  { field: "memory.reserved", metric: "memoryReserved", factor: MIB },
  { field: "power.draw", metric: "power", factor: 1 },
  { field: "enforced.power.limit", metric: "powerLimit", factor: 1 },
  { field: "temperature.gpu", metric: "temperature", factor: 1 },
  { field: "temperature.memory", metric: "memoryTemperature", factor: 1 },
  { field: "clocks.current.sm", metric: "smClock", factor: 1e6 },
  { field: "clocks.current.memory", metric: "memoryClock", factor: 1e6 },
  { field: "clocks.max.sm", metric: "smClockLimit", factor: 1e6 },
  { field: "fan.speed", metric: "fan", factor: 0.01 },
  { field: "ecc.errors.corrected.volatile.total", metric: "eccCorrected", factor: 1 },
  { field: "ecc.errors.uncorrected.volatile.total", metric: "eccUncorrected", factor: 1 },
];

/** The mask of throttle reasons, by its newer name and its older. */
const MASKS = ["clocks_event_reasons.active", "clocks_throttle_reasons.active"];

/** Who the GPU is; every version has these. */
const IDENTITY = ["uuid", "index", "name"];

/** The fields worth asking for that `--help-query-gpu` lists: each stands there in quotes. */
export function fieldsOf(help: string): readonly string[] {
  const known = new Set([...help.matchAll(/"([a-z0-9_.]+)"/g)].map(([, field]) => field!));
  const mask = MASKS.find((field) => known.has(field));
  const wanted = [...FIGURES.map(({ field }) => field), "pstate"].filter((field) => known.has(field));
  return [...IDENTITY, ...wanted, ...(mask === undefined ? [] : [mask])];
}

/** The answer of `--query-gpu=FIELDS --format=csv,noheader,nounits`: a line a GPU. */
export function parseQuery(text: string, fields: readonly string[]): GpuReading[] {
  const gpus: GpuReading[] = [];
  for (const line of text.split("\n")) {
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length !== fields.length) continue; // An empty line, or a name with a comma: not read wrongly.
    const cell = (field: string) => cells[fields.indexOf(field)];
    const uuid = cell("uuid") ?? "";
    if (!/^GPU-/.test(uuid)) continue;
    gpus.push({ uuid, index: cell("index") ?? "", name: cell("name") ?? "unknown", values: valuesOf(cell) });
  }
  return gpus;
}

function valuesOf(cell: (field: string) => string | undefined): GpuValue[] {
  const values: GpuValue[] = [];
  for (const { field, metric, factor } of FIGURES) {
    const text = cell(field);
    if (text !== undefined) values.push({ metric, reading: readingOf(text, factor) });
  }
  const state = cell("pstate");
  if (state !== undefined) {
    values.push({ metric: "performanceState", reading: readingOf(state.replace(/^P/, ""), 1) });
  }
  const total = valueOf(values, "memoryTotal");
  const used = valueOf(values, "memoryUsed");
  if (total !== undefined && used !== undefined && total > 0) {
    values.push({ metric: "memoryUsage", reading: { value: used / total } });
  }
  const mask = MASKS.map(cell).find((text) => text !== undefined);
  return mask === undefined ? values : [...values, ...throttleValues(mask)];
}

function valueOf(values: readonly GpuValue[], metric: GpuMetric): number | undefined {
  const reading = values.find((value) => value.metric === metric)?.reading;
  return reading !== undefined && "value" in reading ? reading.value : undefined;
}

/** Units do not always obey `nounits`, so what follows the number is let go. */
function readingOf(text: string, factor: number): Reading {
  const number = /^-?\d+(\.\d+)?(?=\s|%|$)/.exec(text)?.[0];
  return number === undefined ? { absent: absenceOf(text) } : { value: Number(number) * factor };
}

/** `N/A`, `[N/A]`, `[Not Supported]`, `[Insufficient Permissions]`, `[Unknown Error]`, `[GPU is lost]`, … */
function absenceOf(text: string): Cause {
  if (/permission/i.test(text)) return { code: "gpu_no_permission" };
  if (/lost|reset/i.test(text)) return { code: "gpu_lost" };
  if (/n\/a|not supported|deprecated|not found/i.test(text)) return { code: "gpu_not_supported" };
  return { code: "no_data", params: { detail: text.slice(0, 60) } };
}

function throttleValues(text: string): GpuValue[] {
  const mask = /^0x[0-9a-f]+$/i.test(text) ? Number(BigInt.asUintN(32, BigInt(text))) : undefined;
  return THROTTLE_REASONS.map(({ bit, reason }) => ({
    metric: "throttle",
    labels: { reason },
    reading: mask === undefined ? { absent: absenceOf(text) } : { value: (mask & bit) === 0 ? 0 : 1 },
  }));
}
