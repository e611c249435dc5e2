/**
 * `nvmlDeviceGetFieldValues`: several figures in one call, each with a return code of its own.
 *
 * @module
 */
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { NVML } from "./codes.ts";

/** Field ids of nvml.h. */
export const FIELD = {
  memoryTemperature: 82,
  nvlinkSentKib: 138,
  nvlinkReceivedKib: 139,
  remappedCorrectable: 142,
  remappedUncorrectable: 143,
  pcieSentBytes: 197,
  pcieReceivedBytes: 198,
} as const;

/** `scopeId` that means the sum over all links. */
export const ALL_LINKS = 0xffff_ffff;

/** `nvmlFieldValue_t`: u32 id, u32 scope @4, i64 time @8, i64 latency @16, u32 type @24, i32 return @28, value @32. */
const ENTRY_BYTES = 40;

/** A question about some fields, written once and asked of one device after the other. */
export class FieldQuery {
  readonly #count: number;
  readonly #view: DataView;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  /** @param fields in the order of the answers */
  constructor(fields: readonly { readonly id: number; readonly scope?: number }[]) {
    this.#count = fields.length;
    // One spare entry stands behind the last, since some drivers touch it in queries about NVLink.
    const buffer = new ArrayBuffer(ENTRY_BYTES * (fields.length + 1));
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    fields.forEach(({ id, scope = 0 }, index) => {
      this.#view.setUint32(index * ENTRY_BYTES, id, true);
      this.#view.setUint32(index * ENTRY_BYTES + 4, scope, true);
    });
  }

  /** Asks; the answers stand until the next time. The call succeeds although entries failed: each has its own code. */
  ask(nvml: NvmlFunctions, device: NvmlHandle): number {
    const { nvmlDeviceGetFieldValues: get } = nvml;
    if (get === null) return NVML.functionNotFound;
    for (let index = 0; index <= this.#count; index++) {
      const at = index * ENTRY_BYTES;
      this.#view.setInt32(at + 28, NVML.invalidArgument, true); // What a driver leaves untouched is no answer.
      this.#view.setUint32(at + 36, 0, true); // The upper half, where a driver writes the lower only.
    }
    return get(device, this.#count, this.#bytes);
  }

  /** An answer's own code. */
  code(index: number): number {
    const code = this.#view.getInt32(index * ENTRY_BYTES + 28, true);
    return code === NVML.success && this.#type(index) > 6 ? NVML.notSupported : code;
  }

  /** How many bits an answer's number has: it tells when it wraps. */
  bits(index: number): 16 | 32 | 64 {
    const type = this.#type(index);
    return type === 6 ? 16 : type === 1 || type === 5 ? 32 : 64;
  }

  /** An answer whose code is 0. */
  value(index: number): number {
    const at = index * ENTRY_BYTES + 32;
    switch (this.#type(index)) {
      case 0:
        return this.#view.getFloat64(at, true);
      case 1:
        return this.#view.getUint32(at, true);
      case 4:
        return Number(this.#view.getBigInt64(at, true));
      case 5:
        return this.#view.getInt32(at, true);
      case 6:
        return this.#view.getUint16(at, true);
      default: // 2, unsigned long: 64 bits on Linux, 32 on Windows, where the upper half is zero; and 3.
        return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
    }
  }

  #type(index: number): number {
    return this.#view.getUint32(index * ENTRY_BYTES + 24, true);
  }
}
