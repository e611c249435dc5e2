/**
 * The library's life: initialise, enumerate, read, and begin anew when the driver goes and comes.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { GpuFault, GpuReading, GpuSample } from "../gpu/types.ts";
import type { NvmlFunctions } from "./abi.ts";
import { libraryCause, NVML } from "./codes.ts";
import { Gpu } from "./gpu.ts";
import { FaultEvents } from "./events.ts";
import * as device from "./device.ts";
import { RetryTimer } from "./retry.ts";

/**
 * Time between two reads of figures that change slowly: 1 s and 5 s, less what a tick may come early. Ticks come a millisecond early or
 * late, and a tick of every second that came early must not lose its turn.
 */
const TIER_SECONDS = { medium: 0.95, slow: 4.95 } as const;

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
  #opened: Opened | undefined;
  #absent: Cause = libraryCause(NVML.uninitialized);
  #epoch = 0;
  #mediumSeconds = -Infinity;
  #slowSeconds = -Infinity;

  constructor(nvml: NvmlFunctions) {
    this.#nvml = nvml;
  }

  /** Reads all GPUs now. */
  read(timeSeconds: number): GpuSample {
    if (this.#opened === undefined && this.#retry.isDue(timeSeconds)) this.#open(timeSeconds);
    const opened = this.#opened;
    if (opened === undefined) return { gpus: [], absent: this.#absent };
    const tiers = this.#tiers(timeSeconds);
    const gpus: GpuReading[] = [];
    const states: string[] = [];
    for (const gpu of opened.gpus) {
      const outcome = gpu.read(timeSeconds, tiers);
      if ("libraryCode" in outcome) return this.#lose(outcome.libraryCode, timeSeconds);
      states.push(outcome.state);
      gpus.push(...outcome.readings);
    }
    // "Unknown error" from every call of every GPU that is there: the driver was reloaded underneath, or the container lost its devices.
    if (states.includes("silent") && !states.includes("ok")) return this.#lose(NVML.unknown, timeSeconds);
    return { gpus, faults: this.#faults(opened, timeSeconds), epoch: this.#epoch, details: opened.details };
  }

  /** Gives everything back to the driver. The library stays mapped. */
  close(): void {
    if (this.#opened === undefined) return;
    for (const gpu of this.#opened.gpus) gpu.free();
    this.#opened.faults.free();
    this.#opened = undefined;
    this.#nvml.nvmlShutdown();
  }

  #tiers(timeSeconds: number) {
    const medium = timeSeconds - this.#mediumSeconds >= TIER_SECONDS.medium;
    const slow = timeSeconds - this.#slowSeconds >= TIER_SECONDS.slow;
    if (medium) this.#mediumSeconds = timeSeconds;
    if (slow) this.#slowSeconds = timeSeconds;
    return { medium, slow };
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
    this.#mediumSeconds = this.#slowSeconds = -Infinity;
    const gpus = Array.from({ length: count.ok }, (_, index) => new Gpu(this.#nvml, index));
    this.#opened = { gpus, faults: new FaultEvents(this.#nvml), details: device.versions(this.#nvml) };
  }

  #fail(cause: Cause, timeSeconds: number): void {
    this.#absent = cause;
    this.#retry.fail(timeSeconds);
  }

  #lose(code: number, timeSeconds: number): GpuSample {
    this.close();
    this.#fail(libraryCause(code), timeSeconds);
    return { gpus: [], absent: this.#absent, epoch: this.#epoch };
  }

  #faults({ gpus, faults }: Opened, timeSeconds: number): GpuFault[] {
    for (const gpu of gpus) if (gpu.handle !== undefined) faults.register(gpu.handle, gpu.uuid);
    return faults.take(timeSeconds);
  }
}
