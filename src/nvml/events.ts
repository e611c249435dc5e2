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
const buffer = new Uint8Array(32);
const view = new DataView(buffer.buffer);
const NO_FAULTS: readonly GpuFault[] = [];

/** One event set for all GPUs. Only what happens after the registration is seen; nothing is waited for. */
export class FaultEvents {
  readonly #nvml: NvmlFunctions;
  readonly #set: NvmlHandle;
  /** UUID by the handle's address. */
  readonly #uuids = new Map<bigint, string>();
  readonly #registered = new WeakSet<Deno.PointerObject>();

  constructor(nvml: NvmlFunctions) {
    this.#nvml = nvml;
    const pointer = new BigUint64Array(1);
    const code = nvml.nvmlEventSetCreate?.(new Uint8Array(pointer.buffer)) ?? NVML.functionNotFound;
    this.#set = code === NVML.success ? Deno.UnsafePointer.create(pointer[0]!) : null;
  }

  /** Watches a GPU from now on; once for each handle. A chip without such events is simply never heard of. */
  register(device: NvmlHandle, uuid: string): void {
    if (this.#set === null || device === null || this.#registered.has(device)) return;
    this.#registered.add(device);
    const address = Deno.UnsafePointer.value(device);
    this.#nvml.nvmlDeviceRegisterEvents?.(device, XID, this.#set);
    this.#uuids.set(address, uuid);
  }

  /** What happened since the last call. */
  take(timeSeconds: number): readonly GpuFault[] {
    const { nvmlEventSetWait_v2: wait } = this.#nvml;
    if (this.#set === null || wait === null || this.#uuids.size === 0) return NO_FAULTS;
    if (wait(this.#set, buffer, 0) !== NVML.success) return NO_FAULTS;
    const faults: GpuFault[] = [];
    do {
      const uuid = this.#uuids.get(view.getBigUint64(0, true)) ?? "unknown";
      const isXid = (view.getBigUint64(8, true) & XID) !== 0n;
      if (isXid) faults.push({ uuid, xid: Number(view.getBigUint64(16, true)), timeSeconds });
    } while (faults.length < MOST_AT_ONCE && wait(this.#set, buffer, 0) === NVML.success);
    return faults;
  }

  /** Gives the set back; before the library is shut down. */
  free(): void {
    if (this.#set !== null) this.#nvml.nvmlEventSetFree?.(this.#set);
  }
}
