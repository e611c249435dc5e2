/**
 * Why clocks are held down: bits of `nvmlClocksEventReasons`. Source: nvml.h.
 *
 * @module
 */

/** Bits that mean the work is slowed down or the GPU rests; the names are the label's values. */
export const THROTTLE_REASONS = [
  { bit: 0x1n, reason: "gpu_idle" },
  { bit: 0x2n, reason: "applications_clocks_setting" },
  { bit: 0x4n, reason: "sw_power_cap" },
  { bit: 0x8n, reason: "hw_slowdown" },
  { bit: 0x10n, reason: "sync_boost" },
  { bit: 0x20n, reason: "sw_thermal_slowdown" },
  { bit: 0x40n, reason: "hw_thermal_slowdown" },
  { bit: 0x80n, reason: "hw_power_brake_slowdown" },
  { bit: 0x100n, reason: "display_clock_setting" },
] as const;
