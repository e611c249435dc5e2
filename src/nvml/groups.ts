/**
 * What is asked of a device in one go, how often, and into which figures it goes: NVML's units in, base units out.
 *
 * @module
 */
import type { GpuMetric } from "../gpu/metrics.ts";
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { bytes, halves, isNotAvailable, signed, u64Answer } from "./answers.ts";
import { NVML } from "./codes.ts";
import { ALL_LINKS, FIELD, FieldQuery } from "./fields.ts";
import { type Figures, FIRST_THROTTLE_SLOT, slotOf, type Tier, WRAPPING } from "./figures.ts";
import { GPM, gpmCode, type GpmReader, gpmValue } from "./gpm.ts";
import { computeProcesses } from "./processes.ts";
import { THROTTLE_REASONS } from "./throttle.ts";

/** What a group needs of a device. */
export interface AskedDevice {
  readonly handle: NvmlHandle;
  /** Handle of the whole GPU, where this is a MIG instance. */
  readonly parentHandle: NvmlHandle;
  readonly gpm: GpmReader;
  readonly figures: Figures;
}

/** Some figures that come from one call or belong together. */
export interface MetricGroup {
  readonly tier: Tier;
  /** Asks, and writes what was answered. A code other than 0: nothing was written. */
  read(nvml: NvmlFunctions, device: AskedDevice, timeSeconds: number): number;
  /** Writes that there is nothing, and why. */
  fail(figures: Figures, code: number): void;
}

function group(tier: Tier, slots: readonly number[], read: MetricGroup["read"]): MetricGroup {
  return {
    tier,
    read,
    fail(figures, code) {
      for (const slot of slots) figures.fail(slot, code);
    },
  };
}

type Call = (nvml: NvmlFunctions, handle: NvmlHandle) => number;

/** One call, one figure. */
function single(tier: Tier, metric: GpuMetric, call: Call, value: () => number): MetricGroup {
  const slot = slotOf(metric);
  return group(tier, [slot], (nvml, { handle, figures }) => {
    const code = call(nvml, handle);
    if (code === NVML.success) figures.set(slot, value());
    return code;
  });
}

function u32Answer(): number {
  return halves[0]!;
}

function thousandth(): number {
  return halves[0]! / 1000;
}

function megahertz(): number {
  return halves[0]! * 1e6;
}

function percent(): number {
  return halves[0]! / 100;
}

function utilizationGroup(): MetricGroup {
  const chip = slotOf("utilization");
  const memory = slotOf("memoryUtilization");
  return group("fast", [chip, memory], (nvml, { handle, figures }) => {
    const code = nvml.nvmlDeviceGetUtilizationRates(handle, bytes);
    if (code !== NVML.success) return code;
    figures.set(chip, halves[0]! / 100);
    figures.set(memory, halves[1]! / 100);
    return code;
  });
}

/** `sizeof(nvmlMemory_v2_t) | 2 << 24`, which the call wants to find in the struct. */
const MEMORY_V2 = 0x0200_0028;

/**
 * Memory by the newer call where there is one, else by the older: that one counts what the driver reserves as used, and does
 * not tell how much it is.
 */
function memoryGroup(): MetricGroup {
  const total = slotOf("memoryTotal");
  const used = slotOf("memoryUsed");
  const free = slotOf("memoryFree");
  const usage = slotOf("memoryUsage");
  const reserved = slotOf("memoryReserved");
  const write = (figures: Figures, answer: { readonly total: number; free: number; used: number }) => {
    figures.set(total, u64Answer(answer.total));
    figures.set(used, u64Answer(answer.used));
    figures.set(free, u64Answer(answer.free));
    if (figures.values[total]! > 0) figures.set(usage, figures.values[used]! / figures.values[total]!);
    else figures.fail(usage, NVML.noData);
  };
  return group("fast", [total, used, free, usage], (nvml, { handle, figures }) => {
    const { nvmlDeviceGetMemoryInfo_v2: newer } = nvml;
    if (newer !== null) {
      halves[0] = MEMORY_V2;
      const code = newer(handle, bytes);
      if (code === NVML.success) {
        write(figures, NEWER_MEMORY);
        figures.set(reserved, u64Answer(2));
        return code;
      }
      if (code !== NVML.argumentVersionMismatch && code !== NVML.functionNotFound) return code;
    }
    const code = nvml.nvmlDeviceGetMemoryInfo(handle, bytes);
    if (code === NVML.success) {
      write(figures, OLDER_MEMORY);
      if (newer !== null) figures.fail(reserved, NVML.notSupported);
    }
    return code;
  });
}

/** The 64-bit words in which each stands: {u32 version; total, reserved, free, used} and {total, free, used}. */
const NEWER_MEMORY = { total: 1, free: 3, used: 4 } as const;
const OLDER_MEMORY = { total: 0, free: 1, used: 2 } as const;

/** The mask of reasons that hold the clocks down, by the newer name of the call or the older. */
function throttleGroup(): MetricGroup {
  const slots = THROTTLE_REASONS.map((_, index) => FIRST_THROTTLE_SLOT + index);
  return group("fast", slots, (nvml, { handle, figures }) => {
    const get = nvml.nvmlDeviceGetCurrentClocksEventReasons ?? nvml.nvmlDeviceGetCurrentClocksThrottleReasons;
    const code = get === null ? NVML.functionNotFound : get(handle, bytes);
    if (code !== NVML.success) return code;
    if (isNotAvailable()) return NVML.noData;
    const mask = halves[0]!;
    for (let i = 0; i < THROTTLE_REASONS.length; i++) {
      figures.set(FIRST_THROTTLE_SLOT + i, (mask & THROTTLE_REASONS[i]!.bit) === 0 ? 0 : 1);
    }
    return code;
  });
}

/** `nvmlTemperature_v1_t`: `sizeof | 1 << 24`. */
const TEMPERATURE_V1 = 0x0100_000c;

/** Degrees Celsius of sensor 0 (the chip) or 1 (its hottest spot; newer drivers only). */
function temperature(nvml: NvmlFunctions, handle: NvmlHandle, sensor: 0 | 1): number {
  const { nvmlDeviceGetTemperatureV: newer, nvmlDeviceGetTemperature: older } = nvml;
  if (newer !== null) {
    halves[0] = TEMPERATURE_V1;
    halves[1] = sensor;
    halves[2] = 0;
    const code = newer(handle, bytes);
    if (sensor === 1 || code !== NVML.argumentVersionMismatch) return code;
  }
  if (sensor === 1 || older === null) return NVML.functionNotFound;
  const code = older(handle, 0, bytes);
  halves[2] = halves[0]!; // Where the newer call answers.
  return code;
}

function temperatureAnswer(): number {
  return signed[2]!;
}

/** A 64-bit answer that may say "not available". */
function u64Call(code: number): number {
  return code === NVML.success && isNotAvailable() ? NVML.noData : code;
}

/** P-state 0 to 15; 32 is NVML's "unknown". */
function performanceState(nvml: NvmlFunctions, handle: NvmlHandle): number {
  const code = nvml.nvmlDeviceGetPerformanceState(handle, bytes);
  return code === NVML.success && halves[0]! > 15 ? NVML.noData : code;
}

/** One call, each field with its own code. */
const FIELDS: readonly {
  readonly metric: GpuMetric;
  readonly id: number;
  readonly scope?: number;
  readonly factor: number;
  /** 32 bits of bytes are through in 70 ms at 64 GB/s: such a counter says nothing between two reads. */
  readonly needs64Bits?: boolean;
}[] = [
  { metric: "memoryTemperature", id: FIELD.memoryTemperature, factor: 1 },
  { metric: "nvlinkSent", id: FIELD.nvlinkSentKib, scope: ALL_LINKS, factor: 1024 },
  { metric: "nvlinkReceived", id: FIELD.nvlinkReceivedKib, scope: ALL_LINKS, factor: 1024 },
  { metric: "remappedCorrectable", id: FIELD.remappedCorrectable, factor: 1 },
  { metric: "remappedUncorrectable", id: FIELD.remappedUncorrectable, factor: 1 },
  { metric: "pcieSent", id: FIELD.pcieSentBytes, factor: 1, needs64Bits: true },
  { metric: "pcieReceived", id: FIELD.pcieReceivedBytes, factor: 1, needs64Bits: true },
];

function fieldGroup(): MetricGroup {
  const query = new FieldQuery(FIELDS);
  const places = FIELDS.map(({ metric, factor, needs64Bits = false }) => {
    return { slot: slotOf(metric), factor, needs64Bits };
  });
  return group("medium", places.map(({ slot }) => slot), (nvml, { handle, figures }) => {
    const code = query.ask(nvml, handle);
    if (code !== NVML.success) return code;
    for (let i = 0; i < places.length; i++) {
      const { slot, factor, needs64Bits } = places[i]!;
      const own = query.code(i);
      if (own !== NVML.success) figures.fail(slot, own);
      else if (needs64Bits && query.bits(i) !== 64) figures.fail(slot, WRAPPING);
      else figures.set(slot, query.value(i) * factor);
    }
    return code;
  });
}

const GPM_METRICS: readonly { readonly metric: GpuMetric; readonly id: number; readonly factor: number }[] = [
  { metric: "smActive", id: GPM.smActive, factor: 0.01 },
  { metric: "smOccupancy", id: GPM.smOccupancy, factor: 0.01 },
  { metric: "tensorActive", id: GPM.anyTensor, factor: 0.01 },
  { metric: "dramActive", id: GPM.dramBandwidth, factor: 0.01 },
  { metric: "pcieSentRate", id: GPM.pcieSentMibPerSecond, factor: 2 ** 20 },
  { metric: "pcieReceivedRate", id: GPM.pcieReceivedMibPerSecond, factor: 2 ** 20 },
];

function gpmGroup(): MetricGroup {
  const ids = GPM_METRICS.map(({ id }) => id);
  const places = GPM_METRICS.map(({ metric, factor }) => ({ slot: slotOf(metric), factor }));
  return group(
    "medium",
    places.map(({ slot }) => slot),
    (_nvml, { gpm, parentHandle, figures }, timeSeconds) => {
      const code = gpm.read(parentHandle, ids, timeSeconds);
      if (code !== NVML.success) return code;
      for (let i = 0; i < places.length; i++) {
        const { slot, factor } = places[i]!;
        const own = gpmCode(i);
        if (own === NVML.success) figures.set(slot, gpmValue(i) * factor);
        else figures.fail(slot, own);
      }
      return code;
    },
  );
}

function processGroup(): MetricGroup {
  return {
    tier: "slow",
    read(nvml, { handle, figures }) {
      const result = computeProcesses(nvml, handle);
      if (!("ok" in result)) return result.code;
      figures.setProcesses(result.ok);
      return NVML.success;
    },
    fail: (figures, code) => figures.failProcesses(code),
  };
}

const CLOCK_SM = 1;
const CLOCK_MEMORY = 2;
/** Errors that were corrected and that were not; of either since the driver was loaded ("volatile"). */
const CORRECTED = 0;
const UNCORRECTED = 1;
const VOLATILE = 0;

/** All groups, in the order in which they are asked. At the end: the tables above must be there when this is built. */
export const GROUPS: readonly MetricGroup[] = [
  utilizationGroup(),
  memoryGroup(),
  single("fast", "power", (nvml, handle) => nvml.nvmlDeviceGetPowerUsage(handle, bytes), thousandth),
  single(
    "fast",
    "smClock",
    (nvml, handle) => nvml.nvmlDeviceGetClockInfo(handle, CLOCK_SM, bytes),
    megahertz,
  ),
  throttleGroup(),
  single(
    "medium",
    "energy",
    (nvml, handle) =>
      u64Call(nvml.nvmlDeviceGetTotalEnergyConsumption?.(handle, bytes) ?? NVML.functionNotFound),
    () => u64Answer() / 1000,
  ),
  single("medium", "temperature", (nvml, handle) => temperature(nvml, handle, 0), temperatureAnswer),
  single("medium", "hotspotTemperature", (nvml, handle) => temperature(nvml, handle, 1), temperatureAnswer),
  fieldGroup(),
  gpmGroup(),
  single(
    "slow",
    "eccCorrected",
    (nvml, handle) => u64Call(nvml.nvmlDeviceGetTotalEccErrors(handle, CORRECTED, VOLATILE, bytes)),
    u64Answer,
  ),
  single(
    "slow",
    "eccUncorrected",
    (nvml, handle) => u64Call(nvml.nvmlDeviceGetTotalEccErrors(handle, UNCORRECTED, VOLATILE, bytes)),
    u64Answer,
  ),
  single(
    "slow",
    "memoryClock",
    (nvml, handle) => nvml.nvmlDeviceGetClockInfo(handle, CLOCK_MEMORY, bytes),
    megahertz,
  ),
  single("slow", "performanceState", performanceState, u32Answer),
  single("slow", "fan", (nvml, handle) => nvml.nvmlDeviceGetFanSpeed(handle, bytes), percent),
  single(
    "slow",
    "powerLimit",
    (nvml, handle) => nvml.nvmlDeviceGetEnforcedPowerLimit(handle, bytes),
    thousandth,
  ),
  single(
    "slow",
    "smClockLimit",
    (nvml, handle) => nvml.nvmlDeviceGetMaxClockInfo(handle, CLOCK_SM, bytes),
    megahertz,
  ),
  processGroup(),
];
