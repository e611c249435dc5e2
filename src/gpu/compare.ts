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
  /** `moving`: both have a value that changes by itself, so a difference proves nothing. */
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

/** Compares every figure that either source has, GPU by GPU by UUID. Figures with labels of their own are left out. */
export function compareGpuSamples(first: GpuSample, second: GpuSample): GpuComparison[] {
  const others = new Map(second.gpus.map((gpu) => [gpu.uuid, gpu]));
  return first.gpus.flatMap((gpu) => {
    const other = others.get(gpu.uuid);
    return metricsOf(gpu, other).map((metric) => compare(gpu, other, metric));
  });
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
  const tolerance = STEADY[metric];
  if (tolerance === undefined) return a === b ? "same" : "moving";
  return Math.abs(a - b) <= tolerance ? "same" : "different";
}
