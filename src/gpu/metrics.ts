/**
 * The figures of a GPU: series name, unit and meaning of each. Values are in base units; sources convert once.
 *
 * @module
 */
import type { Unit } from "../catalog/types.ts";
import type { MetricType } from "../parser/types.ts";

/** How a figure is called, counted and explained. */
export interface GpuMetricInfo {
  readonly name: string;
  readonly type: MetricType;
  readonly unit: Unit;
  readonly help: string;
}

function gauge(name: string, unit: Unit, help: string): GpuMetricInfo {
  return { name: `lab_gpu_${name}`, type: "gauge", unit, help };
}

function counter(name: string, unit: Unit, help: string): GpuMetricInfo {
  return { name: `lab_gpu_${name}`, type: "counter", unit, help };
}

/** Every figure of a GPU by its short name: the name of its series, type, unit, and what it is. */
export const GPU_METRICS = {
  utilization: gauge(
    "utilization_ratio",
    "ratio",
    "Share of time in which some kernel ran; one request can make it 1",
  ),
  memoryUtilization: gauge(
    "memory_utilization_ratio",
    "ratio",
    "Share of time in which memory was read or written",
  ),
  memoryTotal: gauge("memory_total_bytes", "bytes", "Memory of the GPU"),
  memoryUsed: gauge(
    "memory_used_bytes",
    "bytes",
    "Memory in use by programs, without what the driver reserves where it tells",
  ),
  memoryFree: gauge("memory_free_bytes", "bytes", "Memory that programs can still get"),
  memoryReserved: gauge("memory_reserved_bytes", "bytes", "Memory that the driver keeps for itself"),
  memoryUsage: gauge("memory_usage_ratio", "ratio", "Used share of the memory"),
  power: gauge("power_watts", "watts", "Power drawn; a mean of a second on most chips"),
  powerLimit: gauge("power_limit_watts", "watts", "Power limit in force"),
  energy: counter("energy_joules_total", "joules", "Energy since the driver was loaded"),
  temperature: gauge("temperature_celsius", "celsius", "Temperature of the chip"),
  hotspotTemperature: gauge(
    "hotspot_temperature_celsius",
    "celsius",
    "Temperature of the chip's hottest spot",
  ),
  memoryTemperature: gauge("memory_temperature_celsius", "celsius", "Temperature of the memory"),
  smClock: gauge("sm_clock_hertz", "hertz", "Clock of the multiprocessors"),
  memoryClock: gauge("memory_clock_hertz", "hertz", "Clock of the memory"),
  smClockLimit: gauge("sm_clock_limit_hertz", "hertz", "Highest clock of the multiprocessors"),
  fan: gauge("fan_speed_ratio", "ratio", "Fan speed as a share of the highest"),
  performanceState: gauge("performance_state", "count", "P-state: 0 is the fastest, 15 the slowest"),
  throttle: gauge("throttle_active", "count", "1 while clocks are held down for the reason"),
  pcieReceived: counter("pcie_receive_bytes_total", "bytes", "Bytes received over PCI Express"),
  pcieSent: counter("pcie_transmit_bytes_total", "bytes", "Bytes sent over PCI Express"),
  pcieReceivedRate: gauge(
    "pcie_receive_bytes_per_second",
    "bytes",
    "Bytes received over PCI Express in a second (GPM)",
  ),
  pcieSentRate: gauge(
    "pcie_transmit_bytes_per_second",
    "bytes",
    "Bytes sent over PCI Express in a second (GPM)",
  ),
  nvlinkReceived: counter("nvlink_receive_bytes_total", "bytes", "Bytes received over all NVLinks"),
  nvlinkSent: counter("nvlink_transmit_bytes_total", "bytes", "Bytes sent over all NVLinks"),
  eccCorrected: counter(
    "ecc_corrected_errors_total",
    "count",
    "Corrected memory errors since the driver was loaded",
  ),
  eccUncorrected: counter(
    "ecc_uncorrected_errors_total",
    "count",
    "Uncorrected memory errors since the driver was loaded",
  ),
  remappedCorrectable: counter(
    "remapped_rows_correctable_total",
    "count",
    "Memory rows replaced after corrected errors",
  ),
  remappedUncorrectable: counter(
    "remapped_rows_uncorrectable_total",
    "count",
    "Memory rows replaced after uncorrected errors",
  ),
  smActive: gauge(
    "sm_active_ratio",
    "ratio",
    "Share of time in which a multiprocessor had work, mean over them (GPM)",
  ),
  smOccupancy: gauge("sm_occupancy_ratio", "ratio", "Resident warps as a share of the most possible (GPM)"),
  tensorActive: gauge("tensor_active_ratio", "ratio", "Share of time in which tensor cores worked (GPM)"),
  dramActive: gauge("dram_active_ratio", "ratio", "Share of the memory's bandwidth in use (GPM)"),
  processMemory: gauge(
    "process_memory_used_bytes",
    "bytes",
    "GPU memory of one process; pids are the host's",
  ),
} as const satisfies Readonly<Record<string, GpuMetricInfo>>;

/** Name of a figure. */
export type GpuMetric = keyof typeof GPU_METRICS;
