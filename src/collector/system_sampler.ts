/**
 * The machine that the lab runs on as a sampler: processor, memory, swap, load, the container's limits, this process.
 *
 * @module
 */
import {
  checkOptions,
  type Checks,
  either,
  FLAG,
  FUNCTION,
  needed,
  OBJECT,
  POSITIVE,
  TEXT,
} from "../base/arguments.ts";
import type { Cause } from "../base/cause.ts";
import type { SampleBatch, Sampler, TargetFacts } from "../series/types.ts";
import { BatchBuilder, type SeriesShape } from "./batch_builder.ts";
import {
  defaultHostReader,
  type HostExtent,
  type HostReader,
  type HostReading,
  procHostReader,
} from "./host_reader.ts";
import type { CpuTimes, DeviceBytes, MemoryReading, ReadFile } from "./proc_files.ts";
import * as SHAPES from "./system_series.ts";
import { SystemSlots } from "./system_slots.ts";

/** Least time between two reads of what moves slower than a tick: 1 s and 5 s, less what a tick may come early. */
const SECOND_SECONDS = 0.95;
const ALL_SECONDS = 4.95;

/** How the machine is sampled. */
export interface SystemSamplerOptions {
  readonly intervalSeconds: number;
  /** The sampler's name, default "system". */
  readonly id?: string;
  /** Reads a file under /proc or /sys; default: the machine's own. Its bytes are used before the next is read. */
  readonly readFile?: ReadFile;
  /** Instead of /proc: whatever reads a machine. */
  readonly reader?: HostReader;
  /** A series for each core as well, default false. */
  readonly perCore?: boolean;
  /** Also network, disks, pressure and the processes of a vLLM server on this machine, default true. */
  readonly devices?: boolean;
  /** One-time facts of the machine (model of the processor, its cores); default: none. Not waited for. */
  readonly describe?: () => Promise<Readonly<Record<string, string | number>>>;
}

const READER = either("a reader of the machine", FUNCTION, OBJECT);

const CHECKS: Checks<SystemSamplerOptions> = {
  intervalSeconds: needed(POSITIVE),
  id: TEXT,
  readFile: FUNCTION,
  reader: READER,
  perCore: FLAG,
  devices: FLAG,
  describe: FUNCTION,
};

/**
 * Reads processor, memory, disks and network of this machine on each tick. A use ratio of the processor needs two readings, so the first tick has none. No program is
 * started and nothing is waited for: a tick costs well under a millisecond.
 */
export class SystemSampler implements Sampler {
  readonly id: string;
  readonly intervalSeconds: number;
  /** Nothing is waited for. */
  readonly limitsItself = true;
  readonly #read: HostReader;
  readonly #options: SystemSamplerOptions;
  readonly #builder = new BatchBuilder({ untouched: "stay" });
  readonly #slots = new SystemSlots(this.#builder);
  #secondSeconds = -Infinity;
  #allSeconds = -Infinity;
  #before: HostReading["cpu"];
  #lastFacts: FactsSigns | undefined;
  /** What was absent among the parts that are read every five seconds. */
  #slowAbsent: Readonly<Record<string, Cause>> = {};
  #details: Readonly<Record<string, string | number>> | undefined;
  #absentDetails: Cause | undefined;

  /** Reads nothing yet but the one-time facts. */
  constructor(options: SystemSamplerOptions) {
    checkOptions<SystemSamplerOptions>("new SystemSampler({ intervalSeconds: 2 })", options, CHECKS);
    this.id = options.id ?? "system";
    this.intervalSeconds = options.intervalSeconds;
    this.#options = options;
    const { readFile, perCore = false } = options;
    this.#read = options.reader ??
      (readFile === undefined ? defaultHostReader({ perCore }) : procHostReader({ readFile, perCore }));
    options.describe?.().then(
      (details) => this.#details = details,
      (error) =>
        this.#absentDetails = { code: "sampler_error", params: { detail: String(error).slice(0, 200) } },
    );
  }

  /**
   * Reads the machine once; what it does not tell has no point and its cause among the facts. Processor and memory are read
   * at every tick, limits and devices at most once a second, load, pressure and this process every five: between two such
   * reads their series go on. A device that is gone ends with the next of the last.
   */
  sample(timeSeconds: number, _signal: AbortSignal): Promise<SampleBatch> {
    const extent = this.#extent(timeSeconds);
    const reading = this.#read(extent);
    this.#setCpu(reading.cpu);
    this.#setMemory(reading.memory);
    if (extent === "fast") return Promise.resolve(this.#builder.build());
    this.#setCgroup(reading.cgroup);
    if (this.#options.devices ?? true) this.#setDevices(reading);
    if (extent === "second") return Promise.resolve(this.#builder.build({ facts: this.#facts(reading) }));
    this.#setSlow(reading);
    const { load, process, pressure } = reading.absent;
    this.#slowAbsent = {
      ...(load === undefined ? {} : { load }),
      ...(process === undefined ? {} : { process }),
      ...(pressure === undefined ? {} : { pressure }),
    };
    return Promise.resolve(this.#builder.build({ untouched: "end", facts: this.#facts(reading) }));
  }

  /** Frees what is kept open between ticks. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#read.close?.();
    return Promise.resolve();
  }

  #extent(timeSeconds: number): HostExtent {
    // The distance, not the difference: a recorder's clock may begin anew.
    if (Math.abs(timeSeconds - this.#allSeconds) >= ALL_SECONDS) {
      this.#allSeconds = this.#secondSeconds = timeSeconds;
      return "all";
    }
    if (Math.abs(timeSeconds - this.#secondSeconds) < SECOND_SECONDS) return "fast";
    this.#secondSeconds = timeSeconds;
    return "second";
  }

  #setCpu(now: HostReading["cpu"]): void {
    const before = this.#before;
    this.#before = now;
    const use = now && before && useBetween(before.all, now.all);
    const { usage, iowait, steal } = this.#slots.cpu;
    this.#builder.put(usage, use?.busy);
    this.#builder.put(iowait, use?.iowait);
    this.#builder.put(steal, use?.steal);
    if (this.#options.perCore !== true || now === undefined) return;
    now.cores.forEach((core, index) => {
      const coreBefore = before?.cores.length === now.cores.length ? before.cores[index] : undefined;
      const coreUse = coreBefore && useBetween(coreBefore, core);
      this.#builder.put(this.#slots.of(SHAPES.CPU_CORE_USAGE, "core", String(index)), coreUse?.busy);
    });
  }

  #setMemory(memory: MemoryReading | undefined): void {
    const { totalBytes, availableBytes, swapTotalBytes, swapFreeBytes } = memory ?? {};
    const usedBytes = memory && memory.totalBytes - memory.availableBytes;
    const slots = this.#slots.memory;
    this.#builder.put(slots.total, totalBytes);
    this.#builder.put(slots.available, availableBytes);
    this.#builder.put(slots.used, usedBytes);
    this.#builder.put(slots.usage, memory && (memory.totalBytes - memory.availableBytes) / memory.totalBytes);
    this.#builder.put(slots.swapTotal, swapTotalBytes);
    const hasSwap = swapTotalBytes !== undefined && swapFreeBytes !== undefined;
    this.#builder.put(slots.swapUsed, hasSwap ? swapTotalBytes - swapFreeBytes : undefined);
  }

  #setCgroup(cgroup: HostReading["cgroup"]): void {
    const slots = this.#slots.cgroup;
    this.#builder.put(slots.memoryLimit, cgroup?.memoryLimitBytes);
    this.#builder.put(slots.memoryUsed, cgroup?.memoryUsedBytes);
    this.#builder.put(slots.cpuLimit, cgroup?.cpuLimitCores);
  }

  #setSlow({ load, process, pressure }: HostReading): void {
    const slots = this.#slots.slow;
    this.#builder.put(slots.load1, load?.[0]);
    this.#builder.put(slots.load5, load?.[1]);
    this.#builder.put(slots.load15, load?.[2]);
    this.#builder.put(slots.processMemory, process?.residentBytes);
    this.#builder.put(slots.processCpu, process?.cpuSeconds);
    if (this.#options.devices === false) return;
    for (const [resource, { someSeconds, fullSeconds }] of pressure ?? []) {
      this.#builder.put(this.#slots.of(SHAPES.PRESSURE_SOME, "resource", resource), someSeconds);
      this.#builder.put(this.#slots.of(SHAPES.PRESSURE_FULL, "resource", resource), fullSeconds);
    }
  }

  #setDevices({ network, disks, servers }: HostReading): void {
    for (const { pid, name, cpuSeconds, residentBytes } of servers ?? []) {
      const labels = { pid: String(pid), process: name };
      this.#builder.set(SHAPES.SERVER_MEMORY, labels, residentBytes);
      this.#builder.set(SHAPES.SERVER_CPU, labels, cpuSeconds);
    }
    this.#setBytes(network, SHAPES.NETWORK_RECEIVED, SHAPES.NETWORK_SENT);
    this.#setBytes(disks, SHAPES.DISK_READ, SHAPES.DISK_WRITTEN);
  }

  #setBytes(devices: readonly DeviceBytes[] | undefined, into: SeriesShape, outOf: SeriesShape): void {
    for (const { device, inBytes, outBytes } of devices ?? []) {
      this.#builder.put(this.#slots.of(into, "device", device), inBytes);
      this.#builder.put(this.#slots.of(outOf, "device", device), outBytes);
    }
  }

  /** Facts when they changed: at first, when something becomes absent, when the one-time facts arrive. */
  #facts(reading: HostReading): TargetFacts | undefined {
    const absent = { ...this.#slowAbsent, ...reading.absent };
    const signs: FactsSigns = {
      details: this.#details,
      absentDetails: this.#absentDetails,
      coreCount: reading.cpu?.coreCount,
      absent,
    };
    if (this.#lastFacts !== undefined && areSame(this.#lastFacts, signs)) return undefined;
    this.#lastFacts = signs;
    return {
      target: this.id,
      kind: "host",
      simulated: false,
      intervalSeconds: this.intervalSeconds,
      details: {
        ...this.#details,
        ...(reading.cpu === undefined ? {} : { cores: reading.cpu.coreCount }),
      },
      absent: {
        ...absent,
        ...(this.#absentDetails === undefined ? {} : { details: this.#absentDetails }),
      },
    };
  }
}

/** Of what the facts are made. */
interface FactsSigns {
  readonly details: Readonly<Record<string, string | number>> | undefined;
  readonly absentDetails: Cause | undefined;
  readonly coreCount: number | undefined;
  readonly absent: Readonly<Record<string, Cause>>;
}

function areSame(a: FactsSigns, b: FactsSigns): boolean {
  return a.details === b.details && a.absentDetails === b.absentDetails && a.coreCount === b.coreCount &&
    JSON.stringify(a.absent) === JSON.stringify(b.absent);
}

/** Shares of the time between two readings; undefined when no time passed or a counter ran backwards (a core went away). */
export function useBetween(
  before: CpuTimes,
  now: CpuTimes,
): { readonly busy: number; readonly iowait: number; readonly steal: number } | undefined {
  const total = now.total - before.total;
  const busy = now.busy - before.busy;
  if (!(total > 0) || busy < 0 || busy > total) return undefined;
  // The kernel's iowait may run backwards by its own account (proc(5)); it is not below 0 for that.
  return {
    busy: busy / total,
    iowait: Math.max(0, now.iowait - before.iowait) / total,
    steal: Math.max(0, now.steal - before.steal) / total,
  };
}
