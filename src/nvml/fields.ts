/**
 * `nvmlDeviceGetFieldValues`: several figures in one call, each with a return code of its own.
 *
 * @module
 */
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { NVML } from "./codes.ts";
import type { Result } from "./device.ts";

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

/** A field's number. `bits` tells when it wraps. */
export interface FieldNumber {
  readonly value: number;
  readonly bits: 16 | 32 | 64;
}

/** `nvmlFieldValue_t`: u32 id, u32 scope @4, i64 time @8, i64 latency @16, u32 type @24, i32 return @28, value @32. */
const ENTRY_BYTES = 40;

/**
 * Asks for fields, in order. The call itself succeeds although entries failed: each has its own code. One spare entry with a
 * failed code stands behind the last, since some drivers touch it in queries about NVLink.
 */
export function fieldValues(
  nvml: NvmlFunctions,
  device: NvmlHandle,
  fields: readonly { readonly id: number; readonly scope?: number }[],
): Result<readonly Result<FieldNumber>[]> {
  const { nvmlDeviceGetFieldValues: get } = nvml;
  if (get === null) return { code: NVML.functionNotFound };
  const buffer = new ArrayBuffer(ENTRY_BYTES * (fields.length + 1));
  const view = new DataView(buffer);
  fields.forEach(({ id, scope = 0 }, index) => {
    view.setUint32(index * ENTRY_BYTES, id, true);
    view.setUint32(index * ENTRY_BYTES + 4, scope, true);
  });
  view.setInt32(fields.length * ENTRY_BYTES + 28, NVML.invalidArgument, true);
  const code = get(device, fields.length, new Uint8Array(buffer));
  if (code !== NVML.success) return { code };
  return { ok: fields.map((_, index) => entry(view, index * ENTRY_BYTES)) };
}

function entry(view: DataView, at: number): Result<FieldNumber> {
  const code = view.getInt32(at + 28, true);
  if (code !== NVML.success) return { code };
  switch (view.getUint32(at + 24, true)) {
    case 0:
      return { ok: { value: view.getFloat64(at + 32, true), bits: 64 } };
    case 1:
      return { ok: { value: view.getUint32(at + 32, true), bits: 32 } };
    case 2: // unsigned long: 64 bits on Linux, 32 on Windows, where the upper half is zero in our buffer
    case 3:
      return { ok: { value: Number(view.getBigUint64(at + 32, true)), bits: 64 } };
    case 4:
      return { ok: { value: Number(view.getBigInt64(at + 32, true)), bits: 64 } };
    case 5:
      return { ok: { value: view.getInt32(at + 32, true), bits: 32 } };
    case 6:
      return { ok: { value: view.getUint16(at + 32, true), bits: 16 } };
    default:
      return { code: NVML.notSupported };
  }
}
