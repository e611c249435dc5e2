/**
 * What is asked of a device in one go, how often, and into which figures it goes: NVML's units in, base units out.
 *
 * @module
 */
import type { Cause, Reading } from "../base/cause.ts";
import type { GpuMetric } from "../gpu/metrics.ts";
import type { GpuValue } from "../gpu/types.ts";
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { metricCause, NVML } from "./codes.ts";
import * as device from "./device.ts";
import { readingOf, type Result } from "./device.ts";
import { ALL_LINKS, FIELD, type FieldNumber, fieldValues } from "./fields.ts";
import { GPM, type GpmReader } from "./gpm.ts";
import { computeProcesses } from "./processes.ts";
import { THROTTLE_REASONS } from "./throttle.ts";

/** What a group needs of a device. */
export interface AskedDevice {
  readonly nvml: NvmlFunctions;
  readonly handle: NvmlHandle;
  /** Handle of the whole GPU, where this is a MIG instance. */
  readonly parentHandle: NvmlHandle;
  readonly gpm: GpmReader;
  /** Processes that the last read showed, by pid: those that ended are told once. */
  readonly pids: Set<number>;
}

/**
 * How often: "fast" at every read (up to 10 a second make sense), "medium" at most once a second, "slow" every five. A call
 * that may hold the driver's lock for milliseconds is never fast.
 */
export type Tier = "fast" | "medium" | "slow";

/** Some figures that come from one call or belong together. */
export interface MetricGroup {
  readonly tier: Tier;
  read(from: AskedDevice, timeSeconds: number): Result<readonly GpuValue[]>;
  /** The group's figures as absent. */
  absent(cause: Cause): readonly GpuValue[];
}

function group(tier: Tier, metrics: readonly GpuMetric[], read: MetricGroup["read"]): MetricGroup {
  return { tier, read, absent: (cause) => metrics.map((metric) => ({ metric, reading: { absent: cause } })) };
}

function single<T>(
  tier: Tier,
  metric: GpuMetric,
  read: (from: AskedDevice) => Result<T>,
  convert: (value: T) => number,
): MetricGroup {
  return group(tier, [metric], (from) => map(read(from), (value) => [present(metric, convert(value))]));
}

function memoryValues({ total, used, free, reserved }: device.DeviceMemory): GpuValue[] {
  const values = [
    present("memoryTotal", Number(total)),
    present("memoryUsed", Number(used)),
    present("memoryFree", Number(free)),
  ];
  if (total > 0n) values.push(present("memoryUsage", Number(used) / Number(total)));
  if (reserved !== undefined) values.push(present("memoryReserved", Number(reserved)));
  return values;
}

function throttleGroup(): MetricGroup {
  const each = (readingFor: (bit: bigint) => Reading): GpuValue[] =>
    THROTTLE_REASONS.map(({ bit, reason }) => ({
      metric: "throttle",
      labels: { reason },
      reading: readingFor(bit),
    }));
  return {
    tier: "fast",
    read: ({ nvml, handle }) =>
      map(
        device.throttleReasons(nvml, handle),
        (mask) => each((bit) => ({ value: (mask & bit) === 0n ? 0 : 1 })),
      ),
    // Once without a reason for the facts, and every series by its reason, so that all of them end.
    absent: (
      cause,
    ) => [{ metric: "throttle", reading: { absent: cause } }, ...each(() => ({ absent: cause }))],
  };
}

/** One call, each field with its own code. */
const FIELDS: readonly {
  readonly metric: GpuMetric;
  readonly id: number;
  readonly scope?: number;
  readonly convert: (field: FieldNumber) => Reading;
}[] = [
  { metric: "memoryTemperature", id: FIELD.memoryTemperature, convert: ({ value }) => ({ value }) },
  {
    metric: "nvlinkSent",
    id: FIELD.nvlinkSentKib,
    scope: ALL_LINKS,
    convert: ({ value }) => ({ value: value * 1024 }),
  },
  {
    metric: "nvlinkReceived",
    id: FIELD.nvlinkReceivedKib,
    scope: ALL_LINKS,
    convert: ({ value }) => ({ value: value * 1024 }),
  },
  { metric: "remappedCorrectable", id: FIELD.remappedCorrectable, convert: ({ value }) => ({ value }) },
  { metric: "remappedUncorrectable", id: FIELD.remappedUncorrectable, convert: ({ value }) => ({ value }) },
  { metric: "pcieSent", id: FIELD.pcieSentBytes, convert: unlessWrapping },
  { metric: "pcieReceived", id: FIELD.pcieReceivedBytes, convert: unlessWrapping },
];

/** 32 bits of bytes are through in 70 ms at 64 GB/s: such a counter says nothing between two reads. */
function unlessWrapping({ value, bits }: FieldNumber): Reading {
  return bits === 64
    ? { value }
    : { absent: { code: "gpu_not_supported", params: { detail: "32-bit counter" } } };
}

function fieldGroup(): MetricGroup {
  return group(
    "medium",
    FIELDS.map(({ metric }) => metric),
    ({ nvml, handle }) =>
      map(fieldValues(nvml, handle, FIELDS), (results) =>
        FIELDS.map(({ metric, convert }, index) => {
          const result = results[index]!;
          return {
            metric,
            reading: "ok" in result ? convert(result.ok) : { absent: metricCause(result.code) },
          };
        })),
  );
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
  return group(
    "medium",
    GPM_METRICS.map(({ metric }) => metric),
    ({ gpm, parentHandle }, timeSeconds) =>
      map(
        gpm.read(parentHandle, ids, timeSeconds),
        (results) =>
          GPM_METRICS.map(({ metric, factor }, index) => ({
            metric,
            reading: readingOf(results[index]!, (value) => value * factor),
          })),
      ),
  );
}

function processGroup(): MetricGroup {
  return {
    tier: "slow",
    read({ nvml, handle, pids }) {
      return map(computeProcesses(nvml, handle), (processes) => {
        const values: GpuValue[] = processes.map(({ pid, usedBytes }) => ({
          metric: "processMemory",
          labels: { pid: String(pid) },
          reading: usedBytes === undefined
            ? { absent: metricCause(NVML.notSupported) }
            : { value: usedBytes },
        }));
        for (const pid of pids) {
          if (!processes.some((process) => process.pid === pid)) values.push(ended(pid));
        }
        pids.clear();
        for (const { pid } of processes) pids.add(pid);
        return values;
      });
    },
    absent: (cause) => [{ metric: "processMemory", reading: { absent: cause } }],
  };
}

function ended(pid: number): GpuValue {
  return { metric: "processMemory", labels: { pid: String(pid) }, reading: { absent: { code: "no_data" } } };
}

function map<T, U>(result: Result<T>, convert: (value: T) => U): Result<U> {
  return "ok" in result ? { ok: convert(result.ok) } : result;
}

function present(metric: GpuMetric, value: number): GpuValue {
  return { metric, reading: { value } };
}

function megahertz(clock: number): number {
  return clock * 1e6;
}

// At the end: the tables above must be there when this one is built.
const GROUPS: readonly MetricGroup[] = [
  group(
    "fast",
    ["utilization", "memoryUtilization"],
    ({ nvml, handle }) =>
      map(device.utilization(nvml, handle), (use) => [
        present("utilization", use.gpu / 100),
        present("memoryUtilization", use.memory / 100),
      ]),
  ),
  group(
    "fast",
    ["memoryTotal", "memoryUsed", "memoryFree", "memoryUsage"],
    ({ nvml, handle }) => map(device.memory(nvml, handle), memoryValues),
  ),
  single(
    "fast",
    "power",
    ({ nvml, handle }) => device.power(nvml, handle),
    (milliwatts) => milliwatts / 1000,
  ),
  single("fast", "smClock", ({ nvml, handle }) => device.clock(nvml, handle, device.CLOCK.sm), megahertz),
  throttleGroup(),
  single(
    "medium",
    "energy",
    ({ nvml, handle }) => device.energy(nvml, handle),
    (millijoules) => Number(millijoules) / 1000,
  ),
  single("medium", "temperature", ({ nvml, handle }) => device.temperature(nvml, handle, 0), Number),
  single("medium", "hotspotTemperature", ({ nvml, handle }) => device.temperature(nvml, handle, 1), Number),
  single(
    "medium",
    "memoryClock",
    ({ nvml, handle }) => device.clock(nvml, handle, device.CLOCK.memory),
    megahertz,
  ),
  single("medium", "performanceState", ({ nvml, handle }) => device.performanceState(nvml, handle), Number),
  single("medium", "eccCorrected", ({ nvml, handle }) => device.eccErrors(nvml, handle, "corrected"), Number),
  single(
    "medium",
    "eccUncorrected",
    ({ nvml, handle }) => device.eccErrors(nvml, handle, "uncorrected"),
    Number,
  ),
  fieldGroup(),
  gpmGroup(),
  single("slow", "fan", ({ nvml, handle }) => device.fan(nvml, handle), (percent) => percent / 100),
  single(
    "slow",
    "powerLimit",
    ({ nvml, handle }) => device.powerLimit(nvml, handle),
    (milliwatts) => milliwatts / 1000,
  ),
  single(
    "slow",
    "smClockLimit",
    ({ nvml, handle }) => device.clockLimit(nvml, handle, device.CLOCK.sm),
    megahertz,
  ),
  processGroup(),
];

const BY_TIER: Readonly<Record<Tier, readonly MetricGroup[]>> = {
  fast: GROUPS.filter(({ tier }) => tier === "fast"),
  medium: GROUPS.filter(({ tier }) => tier === "medium"),
  slow: GROUPS.filter(({ tier }) => tier === "slow"),
};

/** The groups of a tier, in the order in which they are asked. */
export function groupsOf(tier: Tier): readonly MetricGroup[] {
  return BY_TIER[tier];
}
