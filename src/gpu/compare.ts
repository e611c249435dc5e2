/**
 * Two sources of the same GPUs side by side: whether they say the same.
 *
 * @module
 */
import type { Reading } from "../base/cause.ts";
import type { GpuMetric } from "./metrics.ts";
import type { GpuReading, GpuSample } from "./types.ts";

/** One figure of one GPU by two sources. */
export interface GpuComparison {
  readonly gpu: string;
  readonly metric: GpuMetric;
  readonly first: Reading | undefined;
  readonly second: Reading | undefined;
  /** `moving`: both have a value that changes by itself, so a difference as small as this one proves nothing. */
  readonly verdict: "same" | "moving" | "different" | "only_first" | "only_second" | "neither";
}

/** Figures that do not move by themselves: these must agree, to the rounding of the coarser source. */
const STEADY: Readonly<Partial<Record<GpuMetric, number>>> = {
  memoryTotal: 2 ** 20, // nvidia-smi tells whole MiB
  memoryReserved: 2 ** 20,
  powerLimit: 0.01,
  smClockLimit: 0,
  eccCorrected: 0,
  eccUncorrected: 0,
};

/**
 * Figures that move, but not so far within the second that lies between two readings: how much a difference may be, or how
 * large a share of the larger one. Beyond that something else was read.
 */
const SLOW: Readonly<Partial<Record<GpuMetric, { readonly most: number; readonly share: number }>>> = {
  memoryUsed: { most: 2 ** 30, share: 0.05 },
  memoryFree: { most: 2 ** 30, share: 0.05 },
  memoryUsage: { most: 0.02, share: 0.05 },
  temperature: { most: 10, share: 0 },
  memoryTemperature: { most: 10, share: 0 },
};

/**
 * Compares every figure that either source has, GPU by GPU by UUID: those of the first source, then GPUs that only the second
 * has. Figures with labels of their own are left out.
 */
export function compareGpuSamples(first: GpuSample, second: GpuSample): GpuComparison[] {
  const others = new Map(second.gpus.map((gpu) => [gpu.uuid, gpu]));
  const known = new Set(first.gpus.map(({ uuid }) => uuid));
  const unknown = second.gpus.filter(({ uuid }) => !known.has(uuid));
  return [
    ...first.gpus.flatMap((gpu) => compareGpu(gpu, others.get(gpu.uuid))),
    ...unknown.flatMap((gpu) => compareGpu({ ...gpu, values: [] }, gpu)),
  ];
}

function compareGpu(gpu: GpuReading, other: GpuReading | undefined): GpuComparison[] {
  return metricsOf(gpu, other).map((metric) => compare(gpu, other, metric));
}

function metricsOf(first: GpuReading, second: GpuReading | undefined): readonly GpuMetric[] {
  const all = [...first.values, ...second?.values ?? []].filter(({ labels }) => labels === undefined);
  return [...new Set(all.map(({ metric }) => metric))];
}

function compare(gpu: GpuReading, other: GpuReading | undefined, metric: GpuMetric): GpuComparison {
  const first = readingOf(gpu, metric);
  const second = other === undefined ? undefined : readingOf(other, metric);
  return { gpu: gpu.index, metric, first, second, verdict: verdictOf(metric, first, second) };
}

function readingOf(gpu: GpuReading, metric: GpuMetric): Reading | undefined {
  return gpu.values.find((value) => value.metric === metric && value.labels === undefined)?.reading;
}

function verdictOf(
  metric: GpuMetric,
  first: Reading | undefined,
  second: Reading | undefined,
): GpuComparison["verdict"] {
  const a = first !== undefined && "value" in first ? first.value : undefined;
  const b = second !== undefined && "value" in second ? second.value : undefined;
  if (a === undefined) return b === undefined ? "neither" : "only_second";
  if (b === undefined) return "only_first";
  if (a === b) return "same";
  const tolerance = STEADY[metric];
  const slow = SLOW[metric];
  if (tolerance === undefined) {
    const far = slow !== undefined &&
      Math.abs(a - b) > Math.max(slow.most, slow.share * Math.max(Math.abs(a), Math.abs(b)));
    return far ? "different" : "moving";
  }
  return Math.abs(a - b) <= tolerance ? "same" : "different";
}
