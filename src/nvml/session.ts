/**
 * The library's life: initialise, enumerate, read, and begin anew when the driver goes and comes.
 *
 * @module
 */
import type { GpuIdentity, GpuReading, GpuSample, GpuValue } from "../gpu/types.ts";
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { libraryCause, NVML } from "./codes.ts";
import * as device from "./device.ts";
import { fastValues, mediumValues } from "./readings.ts";

/** Shortest and longest time between two tries to begin anew, in seconds. */
const RETRY_SECONDS = { first: 1, last: 60 } as const;

/** Time between two reads of figures that change slowly. */
const MEDIUM_SECONDS = 1;

interface Device extends GpuIdentity {
  readonly handle: NvmlHandle;
}

/** Reads every GPU of the machine. Synchronous throughout; keep it off a thread that must not wait. */
export class NvmlSession {
  readonly #nvml: NvmlFunctions;
  #state: { readonly devices: readonly Device[]; readonly details: Record<string, string> } | undefined;
  #absent: GpuSample["absent"];
  #epoch = 0;
  #retryAtSeconds = -Infinity;
  #retryAfterSeconds: number = RETRY_SECONDS.first;
  #mediumAtSeconds = -Infinity;

  constructor(nvml: NvmlFunctions) {
    this.#nvml = nvml;
  }

  /** Reads all GPUs now. */
  read(timeSeconds: number): GpuSample {
    if (this.#state === undefined && timeSeconds >= this.#retryAtSeconds) this.#begin(timeSeconds);
    const state = this.#state;
    if (state === undefined) return { gpus: [], absent: this.#absent ?? libraryCause(NVML.uninitialized) };
    const medium = timeSeconds - this.#mediumAtSeconds >= MEDIUM_SECONDS;
    if (medium) this.#mediumAtSeconds = timeSeconds;
    const gpus = state.devices.map((each) => this.#readDevice(each, medium));
    return { gpus, epoch: this.#epoch, details: state.details };
  }

  #readDevice({ handle, ...identity }: Device, medium: boolean): GpuReading {
    const values: GpuValue[] = fastValues(this.#nvml, handle);
    if (medium) values.push(...mediumValues(this.#nvml, handle));
    return { ...identity, values };
  }

  #begin(timeSeconds: number): void {
    const code = this.#nvml.nvmlInit_v2();
    const count = code === NVML.success ? device.deviceCount(this.#nvml) : { code };
    if (!("ok" in count)) {
      this.#absent = libraryCause(count.code);
      this.#retryAtSeconds = timeSeconds + this.#retryAfterSeconds;
      this.#retryAfterSeconds = Math.min(2 * this.#retryAfterSeconds, RETRY_SECONDS.last);
      return;
    }
    this.#epoch++;
    this.#retryAfterSeconds = RETRY_SECONDS.first;
    const devices = Array.from({ length: count.ok }, (_, index) => this.#find(index)).filter((d) =>
      d !== undefined
    );
    if (devices.length === 0) this.#absent = { code: "gpu_none" };
    else this.#state = { devices, details: device.versions(this.#nvml) };
  }

  #find(index: number): Device | undefined {
    const handle = device.deviceHandle(this.#nvml, index);
    if (!("ok" in handle)) return undefined;
    const uuid = device.deviceUuid(this.#nvml, handle.ok);
    const name = device.deviceName(this.#nvml, handle.ok);
    if (!("ok" in uuid)) return undefined;
    return {
      handle: handle.ok,
      uuid: uuid.ok,
      index: String(index),
      name: "ok" in name ? name.ok : "unknown",
    };
  }
}
