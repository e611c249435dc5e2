/**
 * Faults that the driver reports (XID), with the GPU they belong to.
 *
 * @module
 */
import type { GpuFault } from "../gpu/types.ts";
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { NVML } from "./codes.ts";

/** `nvmlEventTypeXidCriticalError`. */
const XID = 8n;

/** Most events taken at one read: a GPU in trouble may report without end. */
const MOST_AT_ONCE = 64;

/** `nvmlEventData_t`: handle, u64 type @8, u64 data @16, u32 instances. */
const EVENT_BYTES = 32;

/** One event set for all GPUs. Only what happens after the registration is seen; nothing is waited for. */
export class FaultEvents {
  readonly #nvml: NvmlFunctions;
  readonly #set: NvmlHandle;
  /** UUID by the handle's address; an undefined UUID: registering was refused. */
  readonly #uuids = new Map<bigint, string>();

  constructor(nvml: NvmlFunctions) {
    this.#nvml = nvml;
    const pointer = new BigUint64Array(1);
    const code = nvml.nvmlEventSetCreate?.(new Uint8Array(pointer.buffer)) ?? NVML.functionNotFound;
    this.#set = code === NVML.success ? Deno.UnsafePointer.create(pointer[0]!) : null;
  }

  /** Watches a GPU from now on; once for each handle. A chip without such events is simply never heard of. */
  register(device: NvmlHandle, uuid: string): void {
    const address = Deno.UnsafePointer.value(device);
    if (this.#set === null || this.#uuids.has(address)) return;
    this.#nvml.nvmlDeviceRegisterEvents?.(device, XID, this.#set);
    this.#uuids.set(address, uuid);
  }

  /** What happened since the last call. */
  take(timeSeconds: number): GpuFault[] {
    const { nvmlEventSetWait_v2: wait } = this.#nvml;
    if (this.#set === null || wait === null || this.#uuids.size === 0) return [];
    const buffer = new Uint8Array(EVENT_BYTES);
    const view = new DataView(buffer.buffer);
    const faults: GpuFault[] = [];
    while (faults.length < MOST_AT_ONCE && wait(this.#set, buffer, 0) === NVML.success) {
      const uuid = this.#uuids.get(view.getBigUint64(0, true)) ?? "unknown";
      const isXid = (view.getBigUint64(8, true) & XID) !== 0n;
      if (isXid) faults.push({ uuid, xid: Number(view.getBigUint64(16, true)), timeSeconds });
    }
    return faults;
  }

  /** Gives the set back; before the library is shut down. */
  free(): void {
    if (this.#set !== null) this.#nvml.nvmlEventSetFree?.(this.#set);
  }
}
