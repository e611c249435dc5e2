/**
 * The figures of one device in base units, in tiers: what is cheap and changes fast, what changes slowly.
 *
 * @module
 */
import type { Reading } from "../base/cause.ts";
import type { GpuMetric } from "../gpu/metrics.ts";
import type { GpuValue } from "../gpu/types.ts";
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import * as device from "./device.ts";
import { readingOf } from "./device.ts";
import { THROTTLE_REASONS } from "./throttle.ts";

/** Figures for which up to 10 reads a second make sense. */
export function fastValues(nvml: NvmlFunctions, handle: NvmlHandle): GpuValue[] {
  const use = device.utilization(nvml, handle);
  return [
    value("utilization", readingOf(use, ({ gpu }) => gpu / 100)),
    value("memoryUtilization", readingOf(use, ({ memory }) => memory / 100)),
    ...memoryValues(nvml, handle),
    value("power", readingOf(device.power(nvml, handle), (milliwatts) => milliwatts / 1000)),
    value("smClock", readingOf(device.clock(nvml, handle, device.CLOCK.sm), megahertz)),
    ...throttleValues(nvml, handle),
  ];
}

/** Figures that change in seconds. */
export function mediumValues(nvml: NvmlFunctions, handle: NvmlHandle): GpuValue[] {
  return [
    value("energy", readingOf(device.energy(nvml, handle), (millijoules) => Number(millijoules) / 1000)),
    value("temperature", readingOf(device.temperature(nvml, handle, 0), Number)),
    value("hotspotTemperature", readingOf(device.temperature(nvml, handle, 1), Number)),
    value("memoryClock", readingOf(device.clock(nvml, handle, device.CLOCK.memory), megahertz)),
    value("powerLimit", readingOf(device.powerLimit(nvml, handle), (milliwatts) => milliwatts / 1000)),
    value("performanceState", readingOf(device.performanceState(nvml, handle), Number)),
    value("fan", readingOf(device.fan(nvml, handle), (percent) => percent / 100)),
    value("eccCorrected", readingOf(device.eccErrors(nvml, handle, "corrected"), Number)),
    value("eccUncorrected", readingOf(device.eccErrors(nvml, handle, "uncorrected"), Number)),
    value("smClockLimit", readingOf(device.clockLimit(nvml, handle, device.CLOCK.sm), megahertz)),
  ];
}

function memoryValues(nvml: NvmlFunctions, handle: NvmlHandle): GpuValue[] {
  const memory = device.memory(nvml, handle);
  const values = [
    value("memoryTotal", readingOf(memory, ({ total }) => Number(total))),
    value("memoryUsed", readingOf(memory, ({ used }) => Number(used))),
    value("memoryFree", readingOf(memory, ({ free }) => Number(free))),
    value(
      "memoryUsage",
      readingOf(memory, ({ used, total }) => total === 0n ? 0 : Number(used) / Number(total)),
    ),
  ];
  if ("ok" in memory && memory.ok.reserved !== undefined) {
    values.push(value("memoryReserved", { value: Number(memory.ok.reserved) }));
  }
  return values;
}

function throttleValues(nvml: NvmlFunctions, handle: NvmlHandle): GpuValue[] {
  const mask = device.throttleReasons(nvml, handle);
  return THROTTLE_REASONS.map(({ bit, reason }) => ({
    metric: "throttle",
    labels: { reason },
    reading: readingOf(mask, (bits) => (bits & bit) === 0n ? 0 : 1),
  }));
}

function value(metric: GpuMetric, reading: Reading): GpuValue {
  return { metric, reading };
}

function megahertz(clock: number): number {
  return clock * 1e6;
}
