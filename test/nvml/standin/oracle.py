"""What nvidia-ml-py reads from the stand-in, in the lab's names and base units: uuid -> figure -> value or null."""
import json, sys
import pynvml as n


def get(f, convert=lambda v: v):
    try:
        return convert(f())
    except n.NVMLError:
        return None


def field(h, fid, scope=0, factor=1):
    v = n.nvmlDeviceGetFieldValues(h, [(fid, scope)])[0]
    if v.nvmlReturn != 0:
        return None
    kind = {0: "dVal", 1: "uiVal", 2: "ulVal", 3: "ullVal", 4: "sllVal"}[v.valueType]
    return getattr(v.value, kind) * factor


def gpm(h, ids):
    try:
        a, b = n.nvmlGpmSampleAlloc(), n.nvmlGpmSampleAlloc()
        n.nvmlGpmSampleGet(h, a)
        n.nvmlGpmSampleGet(h, b)
        q = n.c_nvmlGpmMetricsGet_t()
        q.version, q.numMetrics, q.sample1, q.sample2 = 1, len(ids), a, b
        for i, (_, mid, _) in enumerate(ids):
            q.metrics[i].metricId = mid
        n.nvmlGpmMetricsGet(q)
        return {name: (q.metrics[i].value * f if q.metrics[i].nvmlReturn == 0 else None) for i, (name, _, f) in enumerate(ids)}
    except n.NVMLError:
        return {name: None for name, _, _ in ids}


def gpu(h, parent=None):
    mem = get(lambda: n.nvmlDeviceGetMemoryInfo(h, version=n.nvmlMemory_v2))
    util = get(lambda: n.nvmlDeviceGetUtilizationRates(h))
    reasons = get(lambda: n.nvmlDeviceGetCurrentClocksEventReasons(h))
    out = {
        "name": n.nvmlDeviceGetName(h),
        "utilization": util and util.gpu / 100, "memoryUtilization": util and util.memory / 100,
        "memoryTotal": mem.total, "memoryUsed": mem.used, "memoryFree": mem.free, "memoryReserved": mem.reserved,
        "memoryUsage": mem.used / mem.total,
        "power": get(lambda: n.nvmlDeviceGetPowerUsage(h), lambda v: v / 1000),
        "powerLimit": get(lambda: n.nvmlDeviceGetEnforcedPowerLimit(h), lambda v: v / 1000),
        "energy": get(lambda: n.nvmlDeviceGetTotalEnergyConsumption(h), lambda v: v / 1000),
        "temperature": get(lambda: n.nvmlDeviceGetTemperature(h, 0)),
        "smClock": get(lambda: n.nvmlDeviceGetClockInfo(h, 1), lambda v: v * 1000000),
        "memoryClock": get(lambda: n.nvmlDeviceGetClockInfo(h, 2), lambda v: v * 1000000),
        "smClockLimit": get(lambda: n.nvmlDeviceGetMaxClockInfo(h, 1), lambda v: v * 1000000),
        "fan": get(lambda: n.nvmlDeviceGetFanSpeed(h), lambda v: v / 100),
        "performanceState": get(lambda: n.nvmlDeviceGetPerformanceState(h)),
        "eccCorrected": get(lambda: n.nvmlDeviceGetTotalEccErrors(h, 0, 0)),
        "eccUncorrected": get(lambda: n.nvmlDeviceGetTotalEccErrors(h, 1, 0)),
        "memoryTemperature": field(h, n.NVML_FI_DEV_MEMORY_TEMP),
        "nvlinkSent": field(h, n.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, 0xFFFFFFFF, 1024),
        "nvlinkReceived": field(h, n.NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX, 0xFFFFFFFF, 1024),
        "remappedCorrectable": field(h, n.NVML_FI_DEV_REMAPPED_COR),
        "remappedUncorrectable": field(h, n.NVML_FI_DEV_REMAPPED_UNC),
        "throttle": None if reasons is None else {
            "gpu_idle": reasons & n.nvmlClocksEventReasonGpuIdle != 0,
            "applications_clocks_setting": reasons & n.nvmlClocksEventReasonApplicationsClocksSetting != 0,
            "sw_power_cap": reasons & n.nvmlClocksEventReasonSwPowerCap != 0,
            "hw_slowdown": reasons & n.nvmlClocksThrottleReasonHwSlowdown != 0,
            "sync_boost": reasons & n.nvmlClocksEventReasonSyncBoost != 0,
            "sw_thermal_slowdown": reasons & n.nvmlClocksEventReasonSwThermalSlowdown != 0,
            "hw_thermal_slowdown": reasons & n.nvmlClocksThrottleReasonHwThermalSlowdown != 0,
            "hw_power_brake_slowdown": reasons & n.nvmlClocksThrottleReasonHwPowerBrakeSlowdown != 0,
            "display_clock_setting": reasons & n.nvmlClocksEventReasonDisplayClockSetting != 0,
        },
        "processMemory": {str(p.pid): p.usedGpuMemory for p in n.nvmlDeviceGetComputeRunningProcesses(h)},
    }
    if parent is None:
        out |= gpm(h, [("smActive", 2, 0.01), ("smOccupancy", 3, 0.01), ("tensorActive", 5, 0.01), ("dramActive", 10, 0.01),
                       ("pcieSentRate", 20, 2**20), ("pcieReceivedRate", 21, 2**20)])
    return out


n.nvmlInit()
result = {"details": {"driver": n.nvmlSystemGetDriverVersion(), "nvml": n.nvmlSystemGetNVMLVersion()}, "gpus": {}}
for i in range(n.nvmlDeviceGetCount()):
    h = n.nvmlDeviceGetHandleByIndex(i)
    result["gpus"][n.nvmlDeviceGetUUID(h)] = gpu(h)
    for j in range(7):
        try:
            m = n.nvmlDeviceGetMigDeviceHandleByIndex(h, j)
        except n.NVMLError:
            continue
        result["gpus"][n.nvmlDeviceGetUUID(m)] = gpu(m, h)
n.nvmlShutdown()
json.dump(result, sys.stdout, indent=1)
print()
