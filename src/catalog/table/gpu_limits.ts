/**
 * What holds a GPU back: throttle reasons, the power limit, the memory's bandwidth.
 *
 * @module
 */
import type { Bias, QuantityTable } from "../entry.ts";

const BLANKS: readonly Bias[] = [{ code: "blank_values" }];

/** Several GPUs are several series: `gpu` is in their labels; a throttle reason is in `reason`. */
export const GPU_LIMITS: QuantityTable<"gpu_throttle" | "gpu_power_limit" | "gpu_dram_active"> = {
  gpu_throttle: {
    type: "gauge",
    unit: "count",
    combine: "none",
    candidates: [{ server: "lab", name: "lab_gpu_throttle_active" }],
  },
  gpu_power_limit: {
    type: "gauge",
    unit: "watts",
    combine: "sum",
    candidates: [
      { server: "lab", name: "lab_gpu_power_limit_watts" },
      { server: "dcgm_exporter", name: "DCGM_FI_DEV_POWER_MGMT_LIMIT", biases: BLANKS },
      { server: "nvidia_gpu_exporter", name: "nvidia_smi_enforced_power_limit_watts" },
      { server: "triton", name: "nv_gpu_power_limit" },
    ],
  },
  gpu_dram_active: {
    type: "gauge",
    unit: "ratio",
    combine: "none",
    candidates: [
      { server: "lab", name: "lab_gpu_dram_active_ratio" },
      { server: "dcgm_exporter", name: "DCGM_FI_PROF_DRAM_ACTIVE", biases: BLANKS },
    ],
  },
};
