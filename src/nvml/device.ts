/**
 * What devices there are and who they are. Asked seldom: at the beginning, and whenever instances may have changed.
 *
 * @module
 */
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { bytes, halves, pointerAnswer } from "./answers.ts";
import { NVML } from "./codes.ts";

/** A call's result or its code. */
export type Result<T> = { readonly ok: T } | { readonly code: number };

const text = new Uint8Array(96);
const current = new Uint32Array(1);
const pending = new Uint32Array(1);
const currentBytes = new Uint8Array(current.buffer);
const pendingBytes = new Uint8Array(pending.buffer);

/** Number of an optional symbol's call: a missing one is "function not found". */
function call(fn: (() => number) | null): number {
  return fn === null ? NVML.functionNotFound : fn();
}

function u32(code: number): Result<number> {
  return code === NVML.success ? { ok: halves[0]! } : { code };
}

function handle(code: number): Result<NvmlHandle> {
  return code === NVML.success ? { ok: pointerAnswer() } : { code };
}

function string(fill: (buffer: Uint8Array<ArrayBuffer>, length: number) => number): Result<string> {
  const code = fill(text, text.length);
  if (code !== NVML.success) return { code };
  const end = text.indexOf(0);
  return { ok: new TextDecoder().decode(text.subarray(0, end < 0 ? text.length : end)) };
}

/** Versions of the driver and the library. Absent ones are left out. */
export function versions(nvml: NvmlFunctions): Record<string, string> {
  const driver = string((buffer, length) => nvml.nvmlSystemGetDriverVersion(buffer, length));
  const library = string((buffer, length) => nvml.nvmlSystemGetNVMLVersion(buffer, length));
  const { nvmlSystemGetCudaDriverVersion_v2: cudaVersion } = nvml;
  const cuda = u32(call(cudaVersion && (() => cudaVersion(bytes))));
  return {
    ...("ok" in driver ? { driver: driver.ok } : {}),
    ...("ok" in library ? { nvml: library.ok } : {}),
    // 13020 is 13.2.
    ...("ok" in cuda ? { cuda: `${Math.floor(cuda.ok / 1000)}.${Math.floor(cuda.ok % 1000 / 10)}` } : {}),
  };
}

/** How many GPUs there are. */
export function deviceCount(nvml: NvmlFunctions): Result<number> {
  return u32(nvml.nvmlDeviceGetCount_v2(bytes));
}

/** The handle of a GPU. It dies with a driver reload. */
export function deviceHandle(nvml: NvmlFunctions, index: number): Result<NvmlHandle> {
  return handle(nvml.nvmlDeviceGetHandleByIndex_v2(index, bytes));
}

/**
 * Whether the GPU is cut into MIG instances; false where the driver does not know of any such thing. A container that was
 * given an instance only may not be told of the whole GPU: then the instances themselves are looked for.
 */
export function isMigEnabled(nvml: NvmlFunctions, device: NvmlHandle): boolean {
  const { nvmlDeviceGetMigMode: mode } = nvml;
  if (mode === null) return false;
  const code = mode(device, currentBytes, pendingBytes);
  if (code === NVML.noPermission) return migHandles(nvml, device).length > 0;
  return code === NVML.success && current[0] === 1;
}

/** A GPU's MIG instances, empty slots left out. */
export function migHandles(
  nvml: NvmlFunctions,
  device: NvmlHandle,
): readonly { readonly slot: number; readonly handle: NvmlHandle }[] {
  const { nvmlDeviceGetMaxMigDeviceCount: most, nvmlDeviceGetMigDeviceHandleByIndex: byIndex } = nvml;
  const count = u32(call(most && (() => most(device, bytes))));
  if (!("ok" in count) || byIndex === null) return [];
  const found: { slot: number; handle: NvmlHandle }[] = [];
  for (let slot = 0; slot < count.ok; slot++) {
    const instance = handle(byIndex(device, slot, bytes));
    if ("ok" in instance) found.push({ slot, handle: instance.ok });
  }
  return found;
}

/** The number by which the GPU's performance monitoring knows a MIG instance. */
export function gpuInstanceId(nvml: NvmlFunctions, device: NvmlHandle): Result<number> {
  const { nvmlDeviceGetGpuInstanceId: get } = nvml;
  return u32(call(get && (() => get(device, bytes))));
}

/** Name of the chip. */
export function deviceName(nvml: NvmlFunctions, device: NvmlHandle): Result<string> {
  return string((buffer, length) => nvml.nvmlDeviceGetName(device, buffer, length));
}

/** The one identity that lasts. */
export function deviceUuid(nvml: NvmlFunctions, device: NvmlHandle): Result<string> {
  return string((buffer, length) => nvml.nvmlDeviceGetUUID(device, buffer, length));
}
