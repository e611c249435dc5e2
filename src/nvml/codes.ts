/**
 * NVML's return codes, and what each means to someone who watches.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";

/** `nvmlReturn_t` as far as a monitor tells codes apart. Source: nvml.h. */
export const NVML = {
  success: 0,
  uninitialized: 1,
  invalidArgument: 2,
  notSupported: 3,
  noPermission: 4,
  notFound: 6,
  insufficientSize: 7,
  insufficientPower: 8,
  driverNotLoaded: 9,
  timeout: 10,
  irqIssue: 11,
  libraryNotFound: 12,
  functionNotFound: 13,
  gpuIsLost: 15,
  resetRequired: 16,
  operatingSystem: 17,
  libRmVersionMismatch: 18,
  noData: 21,
  argumentVersionMismatch: 25,
  deprecated: 26,
  notReady: 27,
  gpuNotFound: 28,
  unknown: 999,
} as const;

/** How far a failed call reaches. */
export type NvmlScope =
  /** This figure does not exist on this chip or driver: it is not asked again until the library is opened anew. */
  | "metric"
  /** Nothing now: a gap, asked again on the next tick. */
  | "tick"
  /** This GPU is gone; the others go on. */
  | "gpu"
  /** The driver is gone: everything must be opened anew. */
  | "library";

/** How far a code reaches. */
export function scopeOf(code: number): NvmlScope {
  switch (code) {
    case NVML.notSupported:
    case NVML.functionNotFound:
    case NVML.deprecated:
    case NVML.argumentVersionMismatch:
    case NVML.invalidArgument:
    case NVML.noPermission:
      return "metric";
    case NVML.gpuIsLost:
    case NVML.resetRequired:
    case NVML.insufficientPower:
    case NVML.irqIssue:
    case NVML.gpuNotFound:
      return "gpu";
    case NVML.uninitialized:
    case NVML.driverNotLoaded:
    case NVML.libRmVersionMismatch:
    case NVML.operatingSystem:
      return "library";
    default:
      return "tick";
  }
}

/** The cause that a figure carries. */
export function metricCause(code: number): Cause {
  if (code === NVML.noPermission) return { code: "gpu_no_permission", params: { nvml: code } };
  if (scopeOf(code) === "metric") return { code: "gpu_not_supported", params: { nvml: code } };
  if (scopeOf(code) === "gpu") return { code: "gpu_lost", params: { nvml: code } };
  return { code: "no_data", params: { nvml: code } };
}

/** The cause for which there is no GPU at all, after `nvmlInit` or a call that found the driver gone. */
export function libraryCause(code: number): Cause {
  if (code === NVML.noPermission) return { code: "gpu_no_permission", params: { nvml: code } };
  // The toolkit's stub for the linker answers this to everything.
  if (code === NVML.libraryNotFound) {
    return { code: "gpu_library_not_found", params: { library: "libnvidia-ml.so.1", nvml: code } };
  }
  return { code: "gpu_driver_not_loaded", params: { nvml: code } };
}
