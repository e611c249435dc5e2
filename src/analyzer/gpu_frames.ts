/**
 * What the GPUs under a server said, window by window.
 *
 * @module
 */
import type { QuantityName } from "../catalog/types.ts";
import type { Labels } from "../parser/types.ts";
import type { Grid, MetricSource, Series } from "../series/types.ts";
import { mean } from "./statistics.ts";

/** What GPUs said in a window. Only GPUs that work are looked at, where it is told which do. */
export interface GpuView {
  /** Mean over GPUs. */
  readonly powerWatts?: number;
  readonly powerLimitWatts?: number;
  readonly utilizationRatio?: number;
  /** Of the slowest GPU: where several share a model the others wait for it. */
  readonly smClockHertz?: number;
  readonly dramActiveRatio?: number;
  /** Sums over GPUs. */
  readonly memoryUsedBytes?: number;
  readonly memoryTotalBytes?: number;
  /** Share of samples in which clocks were held down, by reason; of the GPU that is worst off. */
  readonly throttleShares?: Readonly<Record<string, number>>;
}

type Column = (readonly (number | undefined)[])[];

/** Share of time from which a GPU counts as working. */
const WORKING = 0.1;

/** Measures all GPUs of a source. A window in which nothing was said has an empty view. */
export async function measureGpus(source: MetricSource, plan: Grid): Promise<GpuView[]> {
  const read = async (quantity: QuantityName) => {
    const query = { selector: { quantity }, fn: { kind: "avg" }, combine: "none" } as const;
    return await source.evaluate(query, plan);
  };
  const utilization = await read("gpu_utilization");
  const working = new Set(utilization.filter((one) => mean(Array.from(one.values)) >= WORKING).map(nameOf));
  const columnsOf = (series: readonly Series[]): Column =>
    series.filter((one) => working.size === 0 || working.has(nameOf(one))).map((one) => columnOf(one, plan));
  const columns = {
    utilizationRatio: columnsOf(utilization),
    powerWatts: columnsOf(await read("gpu_power")),
    powerLimitWatts: columnsOf(await read("gpu_power_limit")),
    smClockHertz: columnsOf(await read("gpu_sm_clock")),
    dramActiveRatio: columnsOf(await read("gpu_dram_active")),
    memoryUsedBytes: columnsOf(await read("gpu_memory_used")),
    memoryTotalBytes: columnsOf(await read("gpu_memory_total")),
  };
  const throttle = (await read("gpu_throttle")).filter((one) =>
    working.size === 0 || working.has(nameOf(one))
  ).map((one) => ({ reason: one.labels.reason ?? "", column: columnOf(one, plan) }));
  return Array.from({ length: plan.count }, (_, index) => {
    const at = (column: Column, how: (values: readonly number[]) => number) => {
      const values = column.map((one) => one[index]).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : how(values);
    };
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return present({
      utilizationRatio: at(columns.utilizationRatio, mean),
      powerWatts: at(columns.powerWatts, mean),
      powerLimitWatts: at(columns.powerLimitWatts, mean),
      smClockHertz: at(columns.smClockHertz, (values) => Math.min(...values)),
      dramActiveRatio: at(columns.dramActiveRatio, mean),
      memoryUsedBytes: at(columns.memoryUsedBytes, sum),
      memoryTotalBytes: at(columns.memoryTotalBytes, sum),
      throttleShares: sharesAt(throttle, index),
    });
  });
}

function sharesAt(
  throttle: readonly { readonly reason: string; readonly column: readonly (number | undefined)[] }[],
  index: number,
): Readonly<Record<string, number>> | undefined {
  const shares: Record<string, number> = {};
  for (const { reason, column } of throttle) {
    const share = column[index];
    if (share !== undefined) shares[reason] = Math.max(shares[reason] ?? 0, share);
  }
  return Object.keys(shares).length === 0 ? undefined : shares;
}

/** Exporters spell it in capitals. */
function nameOf({ labels }: { readonly labels: Labels }): string {
  return labels.uuid ?? labels.UUID ?? labels.gpu ?? labels.gpu_uuid ?? "";
}

function columnOf(series: Series, plan: Grid): (number | undefined)[] {
  const column = new Array<number | undefined>(plan.count).fill(undefined);
  for (let i = 0; i < series.values.length; i++) {
    const value = series.values[i]!;
    const index = Math.round((series.timesSeconds[i]! - plan.startSeconds) / plan.stepSeconds);
    if (!Number.isNaN(value) && index >= 0 && index < plan.count) column[index] = value;
  }
  return column;
}

function present(view: { readonly [K in keyof GpuView]: GpuView[K] | undefined }): GpuView {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}
