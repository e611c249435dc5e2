/**
 * Faults that the driver reports (XID), with the GPU they belong to.
 *
 * @module
 */
import type { GpuFault } from "../gpu/types.ts";
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { bytes, pointerAnswer } from "./answers.ts";
import { NVML, scopeOf } from "./codes.ts";

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
  #set: NvmlHandle;
  /** UUID by the handle's address. */
  readonly #uuids = new Map<bigint, string>();
  #registered = new WeakSet<Deno.PointerObject>();

  constructor(nvml: NvmlFunctions) {
    this.#nvml = nvml;
    this.#set = this.#create();
  }

  #create(): NvmlHandle {
    const code = this.#nvml.nvmlEventSetCreate?.(bytes) ?? NVML.functionNotFound;
    return code === NVML.success ? pointerAnswer() : null;
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
    const code = wait(this.#set, buffer, 0);
    if (scopeOf(code) === "gpu") this.#renew();
    if (code !== NVML.success) return NO_FAULTS;
    const faults: GpuFault[] = [];
    do {
      const uuid = this.#uuids.get(view.getBigUint64(0, true)) ?? "unknown";
      const isXid = (view.getBigUint64(8, true) & XID) !== 0n;
      if (isXid) faults.push({ uuid, xid: Number(view.getBigUint64(16, true)), timeSeconds });
    } while (faults.length < MOST_AT_ONCE && wait(this.#set, buffer, 0) === NVML.success);
    return faults;
  }

  /** A set with a lost GPU in it tells nothing of the others either: they are registered with another, the lost one is not. */
  #renew(): void {
    this.free();
    this.#set = this.#create();
    this.#registered = new WeakSet();
    this.#uuids.clear();
  }

  /** Gives the set back; before the library is shut down. */
  free(): void {
    if (this.#set !== null) this.#nvml.nvmlEventSetFree?.(this.#set);
  }
}
