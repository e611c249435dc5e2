/**
 * The library's life: initialise, enumerate, read, and begin anew when the driver goes and comes.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { GpuFault } from "../gpu/types.ts";
import type { NvmlFunctions } from "./abi.ts";
import { libraryCause, NVML } from "./codes.ts";
import { type Changes, TIER_BIT } from "./figures.ts";
import { type DeviceReading, Gpu, type GpuState, type ReadRequest } from "./gpu.ts";
import { FaultEvents } from "./events.ts";
import * as device from "./device.ts";
import { RetryTimer } from "./retry.ts";

/**
 * Time between two reads of figures that change slowly: 1 s and 5 s, less what a tick may come early. Ticks come a millisecond early or
 * late, and a tick of every second that came early must not lose its turn.
 */
const TIER_SECONDS = { medium: 0.95, slow: 4.95 } as const;

/** Time between two tries of what the driver refused: somebody may give the permission while the lab runs. */
const REFUSED_SECONDS = 59.95;

/** All devices at one time. */
export interface SessionReading {
  /** The GPUs in the driver's order, each followed by its instances. */
  readonly devices: readonly DeviceReading[];
  /** Which tiers were read, as bits: figures of the others are older. */
  readonly tiers: number;
  /** As long as it stands still, readings of the same tiers differ in numbers only. */
  readonly changes: number;
  /** Why there is nothing at all. */
  readonly absent?: Cause;
  readonly faults: readonly GpuFault[];
  readonly epoch?: number;
  readonly details?: Readonly<Record<string, string>>;
}

/** What lives from one initialisation to the next. */
interface Opened {
  readonly gpus: readonly Gpu[];
  readonly faults: FaultEvents;
  readonly details: Record<string, string>;
}

/**
 * Reads every GPU of the machine. All calls are synchronous: keep it off a thread that must not wait, and on one thread only.
 */
export class NvmlSession {
  readonly #nvml: NvmlFunctions;
  readonly #retry = new RetryTimer();
  readonly #changes: Changes = { count: 0 };
  #devices: { readonly at: number; readonly all: readonly DeviceReading[] } = { at: -1, all: [] };
  #opened: Opened | undefined;
  #absent: Cause = libraryCause(NVML.uninitialized);
  #epoch = 0;
  #mediumSeconds = -Infinity;
  #slowSeconds = -Infinity;
  #refusedSeconds = -Infinity;

  constructor(nvml: NvmlFunctions) {
    this.#nvml = nvml;
  }

  /** Reads all GPUs now. */
  read(timeSeconds: number): SessionReading {
    if (this.#opened === undefined && this.#retry.isDue(timeSeconds)) this.#open(timeSeconds);
    const opened = this.#opened;
    if (opened === undefined) return this.#nothing();
    const request = this.#request(timeSeconds);
    let silent = 0;
    let ok = 0;
    for (const gpu of opened.gpus) {
      const state: GpuState = gpu.read(request);
      if (typeof state === "object") return this.#lose(state.libraryCode, timeSeconds);
      if (state === "silent") silent++;
      else if (state === "ok") ok++;
    }
    // "Unknown error" from every call of every GPU that is there: the driver was reloaded underneath, or the container lost its devices.
    if (silent > 0 && ok === 0) return this.#lose(NVML.unknown, timeSeconds);
    return {
      devices: this.#allDevices(opened),
      tiers: request.tiers,
      changes: this.#changes.count,
      faults: this.#faults(opened, timeSeconds),
      epoch: this.#epoch,
      details: opened.details,
    };
  }

  /** Gives everything back to the driver. The library stays mapped. */
  close(): void {
    if (this.#opened === undefined) return;
    for (const gpu of this.#opened.gpus) gpu.free();
    this.#opened.faults.free();
    this.#opened = undefined;
    this.#nvml.nvmlShutdown();
  }

  #request(timeSeconds: number): ReadRequest {
    const medium = timeSeconds - this.#mediumSeconds >= TIER_SECONDS.medium;
    const slow = timeSeconds - this.#slowSeconds >= TIER_SECONDS.slow;
    const refused = timeSeconds - this.#refusedSeconds >= REFUSED_SECONDS;
    if (medium) this.#mediumSeconds = timeSeconds;
    if (slow) this.#slowSeconds = timeSeconds;
    if (refused) this.#refusedSeconds = timeSeconds;
    // What was refused may be of any tier, so all are due then.
    const tiers = refused
      ? TIER_BIT.fast | TIER_BIT.medium | TIER_BIT.slow
      : TIER_BIT.fast | (medium ? TIER_BIT.medium : 0) | (slow ? TIER_BIT.slow : 0);
    return { timeSeconds, tiers, refused };
  }

  /** The same list as long as nothing but numbers changes. */
  #allDevices({ gpus }: Opened): readonly DeviceReading[] {
    const at = this.#changes.count;
    if (this.#devices.at !== at) this.#devices = { at, all: gpus.flatMap(({ devices }) => devices) };
    return this.#devices.all;
  }

  #nothing(): SessionReading {
    return {
      devices: [],
      tiers: 0,
      changes: this.#changes.count,
      absent: this.#absent,
      faults: [],
      ...(this.#epoch === 0 ? {} : { epoch: this.#epoch }),
    };
  }

  #open(timeSeconds: number): void {
    const code = this.#nvml.nvmlInit_v2();
    if (code !== NVML.success) return this.#fail(libraryCause(code), timeSeconds);
    const count = device.deviceCount(this.#nvml);
    const failure = !("ok" in count)
      ? libraryCause(count.code)
      : count.ok === 0
      ? { code: "gpu_none" as const }
      : undefined;
    if (failure !== undefined || !("ok" in count)) {
      this.#nvml.nvmlShutdown();
      return this.#fail(failure ?? libraryCause(NVML.unknown), timeSeconds);
    }
    this.#retry.succeed();
    this.#epoch++;
    this.#changes.count++;
    this.#mediumSeconds = this.#slowSeconds = this.#refusedSeconds = -Infinity;
    const gpus = Array.from({ length: count.ok }, (_, index) => new Gpu(this.#nvml, index, this.#changes));
    this.#opened = { gpus, faults: new FaultEvents(this.#nvml), details: device.versions(this.#nvml) };
  }

  #fail(cause: Cause, timeSeconds: number): void {
    this.#absent = cause;
    this.#changes.count++;
    this.#retry.fail(timeSeconds);
  }

  #lose(code: number, timeSeconds: number): SessionReading {
    this.close();
    this.#fail(libraryCause(code), timeSeconds);
    return this.#nothing();
  }

  #faults({ gpus, faults }: Opened, timeSeconds: number): readonly GpuFault[] {
    for (const gpu of gpus) if (gpu.handle !== undefined) faults.register(gpu.handle, gpu.uuid);
    return faults.take(timeSeconds);
  }
}
