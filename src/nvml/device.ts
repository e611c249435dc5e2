/**
 * Calls on one device, decoded: NVML's units in, base units out. Synchronous, 20 to 500 ns each on this side.
 *
 * @module
 */
import type { Reading } from "../base/cause.ts";
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { metricCause, NVML } from "./codes.ts";

/** A call's result or its code. */
export type Result<T> = { readonly ok: T } | { readonly code: number };

/** Calls whose answer fits 40 bytes share these; the calls are synchronous, so nobody else looks between. */
const words = new BigUint64Array(8);
const halves = new Uint32Array(words.buffer);
const bytes = new Uint8Array(words.buffer);
const view = new DataView(words.buffer);
const text = new Uint8Array(96);

/** NVML answers this for figures that do not exist, in u64 fields. */
const NOT_AVAILABLE = 0xffff_ffff_ffff_ffffn;

/** The code as an absent reading, the value through a conversion as a present one. */
export function readingOf<T>(result: Result<T>, convert: (value: T) => number): Reading {
  return "ok" in result ? { value: convert(result.ok) } : { absent: metricCause(result.code) };
}

/** Number of an optional symbol's call: a missing one is "function not found". */
function call(fn: (() => number) | null): number {
  return fn === null ? NVML.functionNotFound : fn();
}

function u32(code: number): Result<number> {
  return code === NVML.success ? { ok: halves[0]! } : { code };
}

function u64(code: number): Result<bigint> {
  if (code !== NVML.success) return { code };
  return words[0] === NOT_AVAILABLE ? { code: NVML.noData } : { ok: words[0]! };
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

function handle(code: number): Result<NvmlHandle> {
  return code === NVML.success ? { ok: Deno.UnsafePointer.create(words[0]!) } : { code };
}

/** Whether the GPU is cut into MIG instances; false where the driver does not know of any such thing. */
export function isMigEnabled(nvml: NvmlFunctions, device: NvmlHandle): boolean {
  const { nvmlDeviceGetMigMode: mode } = nvml;
  const current = new Uint32Array(1);
  const pending = new Uint32Array(1);
  const code = call(mode && (() => mode(device, asBytes(current), asBytes(pending))));
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

function asBytes(array: Uint32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer);
}

/** Name of the chip. */
export function deviceName(nvml: NvmlFunctions, device: NvmlHandle): Result<string> {
  return string((buffer, length) => nvml.nvmlDeviceGetName(device, buffer, length));
}

/** The one identity that lasts. */
export function deviceUuid(nvml: NvmlFunctions, device: NvmlHandle): Result<string> {
  return string((buffer, length) => nvml.nvmlDeviceGetUUID(device, buffer, length));
}

/** Memory in bytes. `reserved` only where the driver tells it; then `used` is without it, else it is in `used`. */
export interface DeviceMemory {
  readonly total: bigint;
  readonly free: bigint;
  readonly used: bigint;
  readonly reserved?: bigint;
}

/** `sizeof(nvmlMemory_v2_t) | 2 << 24`, which the call wants to find in the struct. */
const MEMORY_V2 = 0x0200_0028;

/** The newer call where there is one, else the older. */
export function memory(nvml: NvmlFunctions, device: NvmlHandle): Result<DeviceMemory> {
  const { nvmlDeviceGetMemoryInfo_v2: newer } = nvml;
  if (newer !== null) {
    halves[0] = MEMORY_V2;
    const code = newer(device, bytes);
    if (code === NVML.success) {
      return { ok: { total: words[1]!, reserved: words[2]!, free: words[3]!, used: words[4]! } };
    }
    if (code !== NVML.argumentVersionMismatch && code !== NVML.functionNotFound) return { code };
  }
  const code = nvml.nvmlDeviceGetMemoryInfo(device, bytes);
  return code === NVML.success ? { ok: { total: words[0]!, free: words[1]!, used: words[2]! } } : { code };
}

/** Percent of time busy: some kernel ran, memory was touched. */
export function utilization(
  nvml: NvmlFunctions,
  device: NvmlHandle,
): Result<{ readonly gpu: number; readonly memory: number }> {
  const code = nvml.nvmlDeviceGetUtilizationRates(device, bytes);
  return code === NVML.success ? { ok: { gpu: halves[0]!, memory: halves[1]! } } : { code };
}

/** `nvmlTemperature_v1_t`: `sizeof | 1 << 24`. */
const TEMPERATURE_V1 = 0x0100_000c;

/** Degrees Celsius of sensor 0 (the chip) or 1 (its hottest spot; newer drivers only). */
export function temperature(nvml: NvmlFunctions, device: NvmlHandle, sensor: 0 | 1): Result<number> {
  const { nvmlDeviceGetTemperatureV: newer, nvmlDeviceGetTemperature: older } = nvml;
  if (newer !== null) {
    halves[0] = TEMPERATURE_V1;
    halves[1] = sensor;
    halves[2] = 0;
    const code = newer(device, bytes);
    if (code === NVML.success) return { ok: view.getInt32(8, true) };
    if (sensor === 1 || code !== NVML.argumentVersionMismatch) return { code };
  }
  if (sensor === 1 || older === null) return { code: NVML.functionNotFound };
  return u32(older(device, 0, bytes));
}

/** Milliwatts drawn. */
export function power(nvml: NvmlFunctions, device: NvmlHandle): Result<number> {
  return u32(nvml.nvmlDeviceGetPowerUsage(device, bytes));
}

/** Milliwatts allowed by the limit in force. */
export function powerLimit(nvml: NvmlFunctions, device: NvmlHandle): Result<number> {
  return u32(nvml.nvmlDeviceGetEnforcedPowerLimit(device, bytes));
}

/** Millijoules since the driver was loaded. */
export function energy(nvml: NvmlFunctions, device: NvmlHandle): Result<bigint> {
  const { nvmlDeviceGetTotalEnergyConsumption: get } = nvml;
  return u64(call(get && (() => get(device, bytes))));
}

/** `nvmlClockType_t`. */
export const CLOCK = { graphics: 0, sm: 1, memory: 2, video: 3 } as const;

/** Megahertz now. */
export function clock(nvml: NvmlFunctions, device: NvmlHandle, type: number): Result<number> {
  return u32(nvml.nvmlDeviceGetClockInfo(device, type, bytes));
}

/** Megahertz at most. */
export function clockLimit(nvml: NvmlFunctions, device: NvmlHandle, type: number): Result<number> {
  return u32(nvml.nvmlDeviceGetMaxClockInfo(device, type, bytes));
}

/** Percent of the highest speed. */
export function fan(nvml: NvmlFunctions, device: NvmlHandle): Result<number> {
  return u32(nvml.nvmlDeviceGetFanSpeed(device, bytes));
}

/** P-state 0 to 15; 32 is NVML's "unknown". */
export function performanceState(nvml: NvmlFunctions, device: NvmlHandle): Result<number> {
  const state = u32(nvml.nvmlDeviceGetPerformanceState(device, bytes));
  return "ok" in state && state.ok > 15 ? { code: NVML.noData } : state;
}

/** The mask of reasons that hold the clocks down, by the newer name of the call or the older. */
export function throttleReasons(nvml: NvmlFunctions, device: NvmlHandle): Result<bigint> {
  const get = nvml.nvmlDeviceGetCurrentClocksEventReasons ?? nvml.nvmlDeviceGetCurrentClocksThrottleReasons;
  return u64(call(get && (() => get(device, bytes))));
}

/** Memory errors since the driver was loaded (counter type 0 is "volatile"). */
export function eccErrors(
  nvml: NvmlFunctions,
  device: NvmlHandle,
  kind: "corrected" | "uncorrected",
): Result<bigint> {
  return u64(nvml.nvmlDeviceGetTotalEccErrors(device, kind === "corrected" ? 0 : 1, 0, bytes));
}
