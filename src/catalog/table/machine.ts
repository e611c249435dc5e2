/**
 * The machine and its GPUs: the lab's own readings, DCGM exporter, nvidia_gpu_exporter, node exporter, Triton.
 *
 * @module
 */
import type { Bias, QuantityTable, Term } from "../entry.ts";

const MEBIBYTE = 1048576;
const BLANKS: readonly Bias[] = [{ code: "blank_values" }];

/** DCGM has a number for "no value". */
const DCGM_BLANK = 2 ** 47;

/** Used first. */
const DCGM_MEMORY: readonly Term[] = [
  { name: "DCGM_FI_DEV_FB_USED", blankFrom: DCGM_BLANK },
  { name: "DCGM_FI_DEV_FB_FREE", blankFrom: DCGM_BLANK },
];

/** Quantities of the machine. Several GPUs are several series: `gpu` is in their labels. */
export const MACHINE: QuantityTable<
  | "cpu_usage"
  | "memory_usage"
  | "memory_used"
  | "memory_total"
  | "container_memory_used"
  | "container_memory_limit"
  | "gpu_utilization"
  | "gpu_memory_used"
  | "gpu_memory_total"
  | "gpu_memory_usage"
  | "gpu_power"
  | "gpu_energy"
  | "gpu_temperature"
  | "gpu_sm_clock"
> = {
  cpu_usage: {
    type: "gauge",
    unit: "ratio",
    combine: "max",
    candidates: [{ server: "lab", name: "lab_cpu_usage_ratio" }],
    derivations: [{
      formula: '1 - d(node_cpu_seconds_total{mode=~"idle|iowait"}) / d(node_cpu_seconds_total)',
      names: ["node_cpu_seconds_total"],
      computation: {
        part: [{
          name: "node_cpu_seconds_total",
          where: { label: "mode", values: ["idle", "iowait"] },
        }],
        whole: [{ name: "node_cpu_seconds_total" }],
        isRest: true,
        ofGrowth: true,
        over: ["cpu", "mode"],
      },
    }],
  },
  memory_usage: {
    type: "gauge",
    unit: "ratio",
    combine: "max",
    candidates: [{ server: "lab", name: "lab_memory_usage_ratio" }],
    derivations: [{
      formula: "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
      names: ["node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes"],
      computation: {
        part: [{ name: "node_memory_MemAvailable_bytes" }],
        whole: [{ name: "node_memory_MemTotal_bytes" }],
        isRest: true,
      },
    }],
  },
  memory_used: {
    type: "gauge",
    unit: "bytes",
    combine: "sum",
    candidates: [{ server: "lab", name: "lab_memory_used_bytes" }],
    derivations: [{
      formula: "node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes",
      names: ["node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes"],
      computation: {
        part: [{ name: "node_memory_MemTotal_bytes" }, {
          name: "node_memory_MemAvailable_bytes",
          isMinus: true,
        }],
      },
    }],
  },
  memory_total: {
    type: "gauge",
    unit: "bytes",
    combine: "sum",
    candidates: [
      { server: "lab", name: "lab_memory_total_bytes" },
      { server: "node_exporter", name: "node_memory_MemTotal_bytes" },
    ],
  },
  container_memory_used: {
    type: "gauge",
    unit: "bytes",
    combine: "sum",
    candidates: [
      { server: "lab", name: "lab_cgroup_memory_used_bytes" },
      { server: "cadvisor", name: "container_memory_working_set_bytes" },
    ],
  },
  container_memory_limit: {
    type: "gauge",
    unit: "bytes",
    combine: "sum",
    candidates: [
      { server: "lab", name: "lab_cgroup_memory_limit_bytes" },
      { server: "cadvisor", name: "container_spec_memory_limit_bytes" },
    ],
  },
  gpu_utilization: {
    type: "gauge",
    unit: "ratio",
    combine: "max",
    candidates: [
      { server: "lab", name: "lab_gpu_utilization_ratio" },
      { server: "dcgm_exporter", name: "DCGM_FI_DEV_GPU_UTIL", unitFactor: 0.01, biases: BLANKS },
      { server: "nvidia_gpu_exporter", name: "nvidia_smi_utilization_gpu_ratio" },
      { server: "triton", name: "nv_gpu_utilization" },
    ],
  },
  gpu_memory_used: {
    type: "gauge",
    unit: "bytes",
    combine: "sum",
    candidates: [
      { server: "lab", name: "lab_gpu_memory_used_bytes" },
      { server: "dcgm_exporter", name: "DCGM_FI_DEV_FB_USED", unitFactor: MEBIBYTE, biases: BLANKS },
      { server: "nvidia_gpu_exporter", name: "nvidia_smi_memory_used_bytes" },
      { server: "triton", name: "nv_gpu_memory_used_bytes" },
    ],
  },
  gpu_memory_total: {
    type: "gauge",
    unit: "bytes",
    combine: "sum",
    candidates: [
      { server: "lab", name: "lab_gpu_memory_total_bytes" },
      { server: "dcgm_exporter", name: "DCGM_FI_DEV_FB_TOTAL", unitFactor: MEBIBYTE, biases: BLANKS },
      { server: "nvidia_gpu_exporter", name: "nvidia_smi_memory_total_bytes" },
      { server: "triton", name: "nv_gpu_memory_total_bytes" },
    ],
    derivations: [{
      formula: "DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE",
      names: ["DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"],
      computation: { part: DCGM_MEMORY, unitFactor: MEBIBYTE },
    }],
  },
  gpu_memory_usage: {
    type: "gauge",
    unit: "ratio",
    combine: "max",
    candidates: [{ server: "lab", name: "lab_gpu_memory_usage_ratio" }],
    derivations: [
      {
        formula: "DCGM_FI_DEV_FB_USED / (DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE)",
        names: ["DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"],
        computation: { part: DCGM_MEMORY.slice(0, 1), whole: DCGM_MEMORY },
      },
      {
        formula: "nvidia_smi_memory_used_bytes / nvidia_smi_memory_total_bytes",
        names: ["nvidia_smi_memory_used_bytes", "nvidia_smi_memory_total_bytes"],
        computation: {
          part: [{ name: "nvidia_smi_memory_used_bytes" }],
          whole: [{ name: "nvidia_smi_memory_total_bytes" }],
        },
      },
      {
        formula: "nv_gpu_memory_used_bytes / nv_gpu_memory_total_bytes",
        names: ["nv_gpu_memory_used_bytes", "nv_gpu_memory_total_bytes"],
        computation: {
          part: [{ name: "nv_gpu_memory_used_bytes" }],
          whole: [{ name: "nv_gpu_memory_total_bytes" }],
        },
      },
    ],
  },
  gpu_power: {
    type: "gauge",
    unit: "watts",
    combine: "sum",
    candidates: [
      { server: "lab", name: "lab_gpu_power_watts" },
      { server: "dcgm_exporter", name: "DCGM_FI_DEV_POWER_USAGE", biases: BLANKS },
      { server: "nvidia_gpu_exporter", name: "nvidia_smi_power_draw_watts" },
      { server: "triton", name: "nv_gpu_power_usage" },
    ],
  },
  gpu_energy: {
    type: "counter",
    unit: "joules",
    combine: "sum",
    candidates: [
      { server: "lab", name: "lab_gpu_energy_joules_total" },
      {
        server: "dcgm_exporter",
        name: "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        unitFactor: 1e-3,
        biases: BLANKS,
      },
      { server: "triton", name: "nv_energy_consumption" },
    ],
  },
  gpu_temperature: {
    type: "gauge",
    unit: "celsius",
    combine: "max",
    candidates: [
      { server: "lab", name: "lab_gpu_temperature_celsius" },
      { server: "dcgm_exporter", name: "DCGM_FI_DEV_GPU_TEMP", biases: BLANKS },
      { server: "nvidia_gpu_exporter", name: "nvidia_smi_temperature_gpu" },
    ],
  },
  gpu_sm_clock: {
    type: "gauge",
    unit: "hertz",
    combine: "none",
    candidates: [
      { server: "lab", name: "lab_gpu_sm_clock_hertz" },
      { server: "dcgm_exporter", name: "DCGM_FI_DEV_SM_CLOCK", unitFactor: 1e6, biases: BLANKS },
      { server: "nvidia_gpu_exporter", name: "nvidia_smi_clocks_current_sm_clock_hz" },
    ],
  },
};
