/**
 * The series of the machine.
 *
 * @module
 */
import type { Unit } from "../catalog/types.ts";
import type { SeriesShape } from "./batch_builder.ts";

function gauge(name: string, unit: Unit, help: string): SeriesShape {
  return { name, type: "gauge", unit, help };
}

function counter(name: string, unit: Unit, help: string): SeriesShape {
  return { name, type: "counter", unit, help };
}

/** Share of all cores' time since the tick before. */
export const CPU_USAGE = gauge(
  "lab_cpu_usage_ratio",
  "ratio",
  "Busy share of all cores since the tick before",
);
export const CPU_IOWAIT = gauge(
  "lab_cpu_iowait_ratio",
  "ratio",
  "Share of time idle while a disk was waited for",
);
export const CPU_STEAL = gauge(
  "lab_cpu_steal_ratio",
  "ratio",
  "Share of time taken by other virtual machines",
);
export const CPU_CORE_USAGE = gauge(
  "lab_cpu_core_usage_ratio",
  "ratio",
  "Busy share of one core since the tick before",
);

export const LOAD_1 = gauge("lab_load1", "count", "Tasks running or waiting to run, mean of a minute");
export const LOAD_5 = gauge("lab_load5", "count", "Tasks running or waiting to run, mean of 5 minutes");
export const LOAD_15 = gauge("lab_load15", "count", "Tasks running or waiting to run, mean of 15 minutes");

export const MEMORY_TOTAL = gauge("lab_memory_total_bytes", "bytes", "Memory of the machine");
export const MEMORY_AVAILABLE = gauge(
  "lab_memory_available_bytes",
  "bytes",
  "Memory that programs can still get without swapping",
);
export const MEMORY_USED = gauge("lab_memory_used_bytes", "bytes", "Total less available memory");
export const MEMORY_USAGE = gauge("lab_memory_usage_ratio", "ratio", "Used share of the machine's memory");
export const SWAP_TOTAL = gauge("lab_swap_total_bytes", "bytes", "Swap space");
export const SWAP_USED = gauge("lab_swap_used_bytes", "bytes", "Swap space in use");

export const CGROUP_MEMORY_LIMIT = gauge(
  "lab_cgroup_memory_limit_bytes",
  "bytes",
  "Memory limit of the control group",
);
export const CGROUP_MEMORY_USED = gauge(
  "lab_cgroup_memory_used_bytes",
  "bytes",
  "Memory of the control group without inactive page cache",
);
export const CGROUP_CPU_LIMIT = gauge(
  "lab_cgroup_cpu_limit_cores",
  "count",
  "Processor quota of the control group, in cores",
);

export const PROCESS_MEMORY = gauge(
  "lab_process_resident_memory_bytes",
  "bytes",
  "Resident memory of the lab's own process",
);
export const PROCESS_CPU = counter(
  "lab_process_cpu_seconds_total",
  "seconds",
  "Processor time of the lab's own process",
);

export const SERVER_MEMORY = gauge(
  "lab_server_process_resident_memory_bytes",
  "bytes",
  "Resident memory of a process of the vLLM server on this machine",
);
export const SERVER_CPU = counter(
  "lab_server_process_cpu_seconds_total",
  "seconds",
  "Processor time of a process of the vLLM server on this machine",
);

export const NETWORK_RECEIVED = counter(
  "lab_network_receive_bytes_total",
  "bytes",
  "Bytes received by a device",
);
export const NETWORK_SENT = counter("lab_network_transmit_bytes_total", "bytes", "Bytes sent by a device");
export const DISK_READ = counter("lab_disk_read_bytes_total", "bytes", "Bytes read from a disk");
export const DISK_WRITTEN = counter("lab_disk_written_bytes_total", "bytes", "Bytes written to a disk");
export const PRESSURE_SOME = counter(
  "lab_pressure_some_seconds_total",
  "seconds",
  "Time in which some task waited for the resource",
);
export const PRESSURE_FULL = counter(
  "lab_pressure_full_seconds_total",
  "seconds",
  "Time in which all tasks waited for the resource",
);
