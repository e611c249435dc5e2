/**
 * The figures of one device as numbers, each with the code of its last answer: no object is made for a figure at a read.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { GpuMetric } from "../gpu/metrics.ts";
import type { GpuValue } from "../gpu/types.ts";
import type { Labels } from "../parser/types.ts";
import { metricCause, NVML } from "./codes.ts";
import { THROTTLE_REASONS } from "./throttle.ts";

/**
 * How often: "fast" at every read (up to 10 a second make sense), "medium" at most once a second, "slow" every five. A call
 * that may hold the driver's lock for milliseconds is never fast.
 */
export type Tier = "fast" | "medium" | "slow";

/** Tiers as bits, so that those of one read are one number. */
export const TIER_BIT: Readonly<Record<Tier, number>> = { fast: 1, medium: 2, slow: 4 };

/** One number of a device. */
export interface Slot {
  readonly metric: GpuMetric;
  readonly tier: Tier;
  /** A throttle reason. */
  readonly labels?: Labels;
}

const METRICS: Readonly<Record<Tier, readonly GpuMetric[]>> = {
  fast: [
    "utilization",
    "memoryUtilization",
    "memoryTotal",
    "memoryUsed",
    "memoryFree",
    "memoryUsage",
    "memoryReserved",
    "power",
    "smClock",
  ],
  medium: [
    "energy",
    "temperature",
    "hotspotTemperature",
    "memoryTemperature",
    "nvlinkSent",
    "nvlinkReceived",
    "remappedCorrectable",
    "remappedUncorrectable",
    "pcieSent",
    "pcieReceived",
    "smActive",
    "smOccupancy",
    "tensorActive",
    "dramActive",
    "pcieSentRate",
    "pcieReceivedRate",
  ],
  slow: [
    "memoryClock",
    "performanceState",
    "fan",
    "powerLimit",
    "smClockLimit",
    "eccCorrected",
    "eccUncorrected",
  ],
};

/** Every number of a device but its processes'. Throttle reasons take one each, at the end. */
export const SLOTS: readonly Slot[] = [
  ...(["fast", "medium", "slow"] as const).flatMap((tier) =>
    METRICS[tier].map((metric): Slot => ({ metric, tier }))
  ),
  ...THROTTLE_REASONS.map(({ reason }): Slot => ({ metric: "throttle", tier: "fast", labels: { reason } })),
];

/** Where the throttle reasons begin. */
export const FIRST_THROTTLE_SLOT: number = SLOTS.length - THROTTLE_REASONS.length;

/** The place of a metric. */
export function slotOf(metric: GpuMetric): number {
  const at = SLOTS.findIndex((slot) => slot.metric === metric);
  if (at < 0) throw new RangeError(`Cannot keep ${metric}: it has no place`);
  return at;
}

/** Codes of our own beside NVML's: never answered, and a byte counter that wraps between two reads. */
const NEVER = -1;
export const WRAPPING = -2;

/** Counts whatever changes but numbers: as long as it stands still, two reads differ in nothing else. */
export interface Changes {
  count: number;
}

/** A process on a device. */
export interface ProcessFigure {
  readonly pid: number;
  readonly labels: Labels;
  /** NaN where the driver does not tell. */
  usedBytes: number;
}

/** The numbers of one device. */
export class Figures {
  readonly values = new Float64Array(SLOTS.length);
  readonly codes = new Int32Array(SLOTS.length).fill(NEVER);
  readonly #changes: Changes;
  #processes: readonly ProcessFigure[] = [];
  #ended: readonly ProcessFigure[] = [];
  /** Code of the last list of processes. */
  #processCode = NEVER;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** A number as it is now. */
  set(slot: number, value: number): void {
    this.values[slot] = value;
    if (this.codes[slot] === NVML.success) return;
    this.codes[slot] = NVML.success;
    this.#changes.count++;
  }

  /** There is none, for this reason. */
  fail(slot: number, code: number): void {
    if (this.codes[slot] === code) return;
    this.codes[slot] = code;
    this.#changes.count++;
  }

  /** Processes that have memory here, in the order in which the driver tells them. */
  get processes(): readonly ProcessFigure[] {
    return this.#processes;
  }

  /** Takes the list of processes. Those that were on the last one and are gone are told at this read only. */
  setProcesses(found: readonly { readonly pid: number; readonly usedBytes?: number }[]): void {
    const before = this.#processes;
    const isSame = found.length === before.length && found.every(({ pid, usedBytes = NaN }, index) => {
      const { pid: known, usedBytes: used } = before[index]!;
      return pid === known && Number.isNaN(usedBytes) === Number.isNaN(used);
    });
    if (isSame) found.forEach(({ usedBytes = NaN }, index) => before[index]!.usedBytes = usedBytes);
    else {
      const labels = new Map(before.map((process) => [process.pid, process.labels]));
      this.#processes = found.map(({ pid, usedBytes = NaN }) => {
        return { pid, labels: labels.get(pid) ?? { pid: String(pid) }, usedBytes };
      });
    }
    const ended = isSame ? [] : before.filter(({ pid }) => !found.some((process) => process.pid === pid));
    if (!isSame || this.#ended.length > 0 || this.#processCode !== NVML.success) this.#changes.count++;
    this.#ended = ended;
    this.#processCode = NVML.success;
  }

  /** The list could not be had. */
  failProcesses(code: number): void {
    if (this.#processCode !== code || this.#ended.length > 0) this.#changes.count++;
    this.#ended = [];
    this.#processCode = code;
  }

  /** What is absent among the figures of these tiers, with its cause. The same as long as the changes stand still. */
  absences(tiers: number): GpuValue[] {
    const absent: GpuValue[] = [];
    SLOTS.forEach(({ metric, tier, labels }, slot) => {
      const code = this.codes[slot]!;
      if ((tiers & TIER_BIT[tier]) === 0 || code === NVML.success || code === NEVER) return;
      const reading = { absent: causeOf(code) };
      // Once without a reason for the facts, and every series by its reason, so that all of them end.
      if (slot === FIRST_THROTTLE_SLOT) absent.push({ metric, reading });
      absent.push(labels === undefined ? { metric, reading } : { metric, labels, reading });
    });
    if ((tiers & TIER_BIT.slow) !== 0) absent.push(...this.#absentProcesses());
    return absent;
  }

  #absentProcesses(): GpuValue[] {
    const metric = "processMemory";
    if (this.#processCode === NEVER) return [];
    if (this.#processCode !== NVML.success) {
      return [{ metric, reading: { absent: metricCause(this.#processCode) } }];
    }
    const untold = this.#processes.filter(({ usedBytes }) => Number.isNaN(usedBytes));
    return [
      ...untold.map(({ labels }): GpuValue => ({
        metric,
        labels,
        reading: { absent: metricCause(NVML.notSupported) },
      })),
      ...this.#ended.map(({ labels }): GpuValue => ({
        metric,
        labels,
        reading: { absent: { code: "no_data" } },
      })),
    ];
  }
}

function causeOf(code: number): Cause {
  if (code === WRAPPING) return { code: "gpu_not_supported", params: { detail: "32-bit counter" } };
  return metricCause(code);
}
