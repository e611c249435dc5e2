/**
 * Which processes use a GPU's memory.
 *
 * @module
 */
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { NVML } from "./codes.ts";
import type { Result } from "./device.ts";

/** A process on a GPU. The pid is the host's, even when asked in a container. */
export interface GpuProcess {
  readonly pid: number;
  /** Absent where the driver does not tell (Windows, some containers). */
  readonly usedBytes?: number;
}

/** Records of the first 535 drivers are 32 bytes long, all others 24: {u32 pid; u64 used @8; u32 gi, ci; …}. */
const WIDE_BYTES = 32;
const NARROW_BYTES = 24;

/** "Not available" in a u64. */
const NOT_AVAILABLE = 0xffff_ffff_ffff_ffffn;

/** Processes that compute on the device; the list is asked again when it grew meanwhile. */
export function computeProcesses(nvml: NvmlFunctions, device: NvmlHandle): Result<readonly GpuProcess[]> {
  const get = nvml.nvmlDeviceGetComputeRunningProcesses_v3 ?? nvml.nvmlDeviceGetComputeRunningProcesses_v2;
  if (get === null) return { code: NVML.functionNotFound };
  const recordBytes = hasWideRecords(nvml) ? WIDE_BYTES : NARROW_BYTES;
  const count = new Uint32Array(1);
  let room = 16;
  for (let attempt = 0; attempt < 4; attempt++) {
    const records = new Uint8Array(room * WIDE_BYTES); // Room for the wide ones whichever are written.
    count[0] = room;
    const code = get(device, new Uint8Array(count.buffer), records);
    if (code === NVML.success) return { ok: decode(records, { count: count[0], recordBytes }) };
    if (code !== NVML.insufficientSize) return { code };
    room = count[0] * 2 + 8;
  }
  return { code: NVML.insufficientSize };
}

function decode(
  records: Uint8Array,
  of: { readonly count: number; readonly recordBytes: number },
): GpuProcess[] {
  const view = new DataView(records.buffer);
  return Array.from({ length: of.count }, (_, index) => {
    const at = index * of.recordBytes;
    const used = view.getBigUint64(at + 8, true);
    return { pid: view.getUint32(at, true), ...(used === NOT_AVAILABLE ? {} : { usedBytes: Number(used) }) };
  });
}

/**
 * The first 535 drivers broke the record's size and the next ones took it back; nothing but the set of exported functions
 * tells them apart: these have the one and lack the other.
 */
function hasWideRecords(nvml: NvmlFunctions): boolean {
  return nvml.nvmlDeviceGetComputeRunningProcesses_v3 !== null &&
    nvml.nvmlDeviceGetConfComputeMemSizeInfo !== null && nvml.nvmlDeviceGetRunningProcessDetailList === null;
}
