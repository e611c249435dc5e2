/**
 * Why clocks are held down: bits of `nvmlClocksEventReasons`. Source: nvml.h.
 *
 * @module
 */

/** Bits that mean the work is slowed down or the GPU rests; the names are the label's values. All are in the lower half. */
export const THROTTLE_REASONS = [
  { bit: 0x1, reason: "gpu_idle" },
  { bit: 0x2, reason: "applications_clocks_setting" },
  { bit: 0x4, reason: "sw_power_cap" },
  { bit: 0x8, reason: "hw_slowdown" },
  { bit: 0x10, reason: "sync_boost" },
  { bit: 0x20, reason: "sw_thermal_slowdown" },
  { bit: 0x40, reason: "hw_thermal_slowdown" },
  { bit: 0x80, reason: "hw_power_brake_slowdown" },
  { bit: 0x100, reason: "display_clock_setting" },
] as const;
