/**
 * NVML's functions as Deno calls them. Source: nvml.h of NVIDIA's GPU deployment kit (13.4.92), checked against the
 * exports of drivers 590.48.01 and 610.57.04. Everything newer than R470 is optional: then the symbol is null.
 *
 * @module
 */

/** `nvmlDevice_t` and other opaque handles. */
const HANDLE = "pointer";
/** A pointer to where the answer goes. */
const OUT = "buffer";

/** Functions by exported name, with the C parameters beside each. Every one returns `nvmlReturn_t`, a 32-bit integer. */
export const NVML_SYMBOLS = {
  nvmlInit_v2: { parameters: [], result: "i32" },
  nvmlShutdown: { parameters: [], result: "i32" },
  // char *version, unsigned int length
  nvmlSystemGetDriverVersion: { parameters: [OUT, "u32"], result: "i32" },
  nvmlSystemGetNVMLVersion: { parameters: [OUT, "u32"], result: "i32" },
  // int *cudaDriverVersion
  nvmlSystemGetCudaDriverVersion_v2: { parameters: [OUT], result: "i32", optional: true },
  // unsigned int *deviceCount
  nvmlDeviceGetCount_v2: { parameters: [OUT], result: "i32" },
  // unsigned int index, nvmlDevice_t *device
  nvmlDeviceGetHandleByIndex_v2: { parameters: ["u32", OUT], result: "i32" },
  // nvmlDevice_t device, char *name, unsigned int length
  nvmlDeviceGetName: { parameters: [HANDLE, OUT, "u32"], result: "i32" },
  nvmlDeviceGetUUID: { parameters: [HANDLE, OUT, "u32"], result: "i32" },
  // nvmlDevice_t device, nvmlMemory_t *memory {u64 total, free, used}
  nvmlDeviceGetMemoryInfo: { parameters: [HANDLE, OUT], result: "i32" },
  // nvmlDevice_t device, nvmlMemory_v2_t *memory {u32 version; u64 total @8, reserved @16, free @24, used @32}
  nvmlDeviceGetMemoryInfo_v2: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  // nvmlDevice_t device, nvmlUtilization_t *utilization {u32 gpu, memory}
  nvmlDeviceGetUtilizationRates: { parameters: [HANDLE, OUT], result: "i32" },
  // nvmlDevice_t device, nvmlTemperatureSensors_t sensorType, unsigned int *temp
  nvmlDeviceGetTemperature: { parameters: [HANDLE, "u32", OUT], result: "i32", optional: true },
  // nvmlDevice_t device, nvmlTemperature_t *temperature {u32 version, u32 sensor, i32 temperature @8}
  nvmlDeviceGetTemperatureV: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  // nvmlDevice_t device, unsigned int *milliwatts
  nvmlDeviceGetPowerUsage: { parameters: [HANDLE, OUT], result: "i32" },
  nvmlDeviceGetEnforcedPowerLimit: { parameters: [HANDLE, OUT], result: "i32" },
  // nvmlDevice_t device, unsigned long long *millijoules
  nvmlDeviceGetTotalEnergyConsumption: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  // nvmlDevice_t device, nvmlClockType_t type, unsigned int *megahertz
  nvmlDeviceGetClockInfo: { parameters: [HANDLE, "u32", OUT], result: "i32" },
  nvmlDeviceGetMaxClockInfo: { parameters: [HANDLE, "u32", OUT], result: "i32" },
  // nvmlDevice_t device, unsigned int *percent
  nvmlDeviceGetFanSpeed: { parameters: [HANDLE, OUT], result: "i32" },
  // nvmlDevice_t device, unsigned long long *reasons; the second is the older name of the first
  nvmlDeviceGetCurrentClocksEventReasons: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  nvmlDeviceGetCurrentClocksThrottleReasons: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  // nvmlDevice_t device, nvmlPstates_t *state
  nvmlDeviceGetPerformanceState: { parameters: [HANDLE, OUT], result: "i32" },
  // nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos {u32 pid; u64 used @8; u32 gi @16, ci @20}
  nvmlDeviceGetComputeRunningProcesses_v3: { parameters: [HANDLE, OUT, OUT], result: "i32", optional: true },
  nvmlDeviceGetComputeRunningProcesses_v2: { parameters: [HANDLE, OUT, OUT], result: "i32", optional: true },
  // Never called: their presence tells which record the call before writes.
  nvmlDeviceGetConfComputeMemSizeInfo: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  nvmlDeviceGetRunningProcessDetailList: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  // nvmlDevice_t device, unsigned int *currentMode, unsigned int *pendingMode
  nvmlDeviceGetMigMode: { parameters: [HANDLE, OUT, OUT], result: "i32", optional: true },
  // nvmlDevice_t device, unsigned int *count
  nvmlDeviceGetMaxMigDeviceCount: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  // nvmlDevice_t device, unsigned int index, nvmlDevice_t *migDevice
  nvmlDeviceGetMigDeviceHandleByIndex: { parameters: [HANDLE, "u32", OUT], result: "i32", optional: true },
  // nvmlDevice_t device, nvmlMemoryErrorType_t errorType, nvmlEccCounterType_t counterType, unsigned long long *count
  nvmlDeviceGetTotalEccErrors: { parameters: [HANDLE, "u32", "u32", OUT], result: "i32" },
  // nvmlDevice_t device, int valuesCount, nvmlFieldValue_t *values (40 bytes each, see fields.ts)
  nvmlDeviceGetFieldValues: { parameters: [HANDLE, "i32", OUT], result: "i32", optional: true },
  // nvmlDevice_t device, nvmlGpmSupport_t *support {u32 version, u32 supported}
  nvmlGpmQueryDeviceSupport: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  // nvmlGpmSample_t *sample; nvmlGpmSample_t sample; nvmlDevice_t device, nvmlGpmSample_t sample
  nvmlGpmSampleAlloc: { parameters: [OUT], result: "i32", optional: true },
  nvmlGpmSampleFree: { parameters: [HANDLE], result: "i32", optional: true },
  nvmlGpmSampleGet: { parameters: [HANDLE, HANDLE], result: "i32", optional: true },
  // nvmlDevice_t device, unsigned int gpuInstanceId, nvmlGpmSample_t sample
  nvmlGpmMigSampleGet: { parameters: [HANDLE, "u32", HANDLE], result: "i32", optional: true },
  // nvmlGpmMetricsGet_t *metricsGet (see gpm.ts)
  nvmlGpmMetricsGet: { parameters: [OUT], result: "i32", optional: true },
  // nvmlDevice_t device, unsigned int *id
  nvmlDeviceGetGpuInstanceId: { parameters: [HANDLE, OUT], result: "i32", optional: true },
  // nvmlEventSet_t *set; nvmlDevice_t device, unsigned long long eventTypes, nvmlEventSet_t set
  nvmlEventSetCreate: { parameters: [OUT], result: "i32", optional: true },
  nvmlDeviceRegisterEvents: { parameters: [HANDLE, "u64", HANDLE], result: "i32", optional: true },
  // nvmlEventSet_t set, nvmlEventData_t *data {handle; u64 type @8, data @16; u32 gi @24, ci @28}, unsigned int milliseconds
  nvmlEventSetWait_v2: { parameters: [HANDLE, OUT, "u32"], result: "i32", optional: true },
  nvmlEventSetFree: { parameters: [HANDLE], result: "i32", optional: true },
} as const satisfies Deno.ForeignLibraryInterface;

/** The opened library's functions. */
export type NvmlFunctions = Deno.DynamicLibrary<typeof NVML_SYMBOLS>["symbols"];

/** A device, a sample, an event set. */
export type NvmlHandle = Deno.PointerValue;
