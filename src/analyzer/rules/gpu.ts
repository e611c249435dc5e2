/**
 * Rules about the GPU itself: clocks held down, memory taken by another program.
 *
 * @module
 */
import { type ThrottleReason, worstThrottle } from "../evidence.ts";
import type { Advice } from "../findings.ts";
import { exceeds, type Judgement, type Moment, type Rule } from "./rule.ts";
import { isSlow, slowLoss } from "./speed.ts";

/** A clock below this share of what was usual is throttled. */
const CLOCK_LOW = 0.9;
/** A reason that holds in this share of samples is no blip. */
const REASON_HOLDS = 0.5;
const REASON_SEEN = 0.1;

const ADVICE: Readonly<Record<ThrottleReason | "unknown", readonly Advice[]>> = {
  hw_power_brake_slowdown: [{ code: "check_power_supply" }],
  hw_thermal_slowdown: [{ code: "check_gpu_cooling" }],
  sw_thermal_slowdown: [{ code: "check_gpu_cooling" }],
  hw_slowdown: [{ code: "check_gpu_cooling" }, { code: "check_power_supply" }],
  sw_power_cap: [{ code: "raise_power_limit" }],
  unknown: [{ code: "check_gpu_cooling_and_power" }],
};

/** Clocks are held down: the GPU says so itself, or its clock fell while it was busy and steps became slower. */
export const gpuThrottled: Rule = {
  code: "gpu_throttled",
  severity: "critical",
  scope: "server",
  needs: [["gpu"]],
  falsifiedBy: ["clock_and_power_normal", "batch_or_prefill_grew"],
  advice: ADVICE.unknown,
  next: "gpu_clock_and_power",
  judge(moment: Moment): Judgement | undefined {
    const { numbers, baseline } = moment;
    const worst = worstThrottle(moment.frame.gpu);
    const held = worst !== undefined && worst.share >= REASON_HOLDS ? worst.reason : undefined;
    // A clock that is low already has the reason that was told for part of the window.
    const reason = held ?? (worst !== undefined && worst.share >= REASON_SEEN ? worst.reason : "unknown");
    const clockFell = clockIsLow(moment);
    const slow = isSlow(moment) || exceeds(numbers.itl_mean, baseline?.itl_mean, 1.05);
    // Many cards stand at their power limit at full load: that alone is how they are meant to work.
    const told = held !== undefined && held !== "sw_power_cap" && (numbers.running_max ?? 0) > 0;
    if (!told && !(clockFell && slow)) return undefined;
    const usual = baseline?.gpu_sm_clock_mean;
    const clock = numbers.gpu_sm_clock_mean;
    const clockShare = clock === undefined || usual === undefined ? undefined : clock / usual;
    return {
      severity: slow || usual === undefined ? "critical" : "warning",
      confidence: (told ? clockFell || slow : isSlow(moment)) && !moment.disturbed ? "high" : "medium",
      witnesses: [
        { quantity: "gpu_throttled_share", limit: REASON_HOLDS },
        {
          quantity: "gpu_sm_clock_mean",
          baseline: usual,
          ...(usual === undefined ? {} : { limit: CLOCK_LOW * usual }),
        },
        { quantity: "slow_factor", limit: moment.slowTolerance },
        { quantity: "itl_mean", baseline: baseline?.itl_mean },
        { quantity: "batch_mean", baseline: baseline?.batch_mean },
        { quantity: "gpu_power_mean", baseline: baseline?.gpu_power_mean },
        { quantity: "gpu_power_limit" },
      ],
      params: { ...(clockShare === undefined ? {} : { clockShare }), reason },
      advice: ADVICE[reason],
      lossSeconds: slowLoss(moment),
    };
  },
};

/** Below what was usual while the GPU is as busy as before: an idle one lowers its clock by itself. */
function clockIsLow({ numbers, baseline }: Moment): boolean {
  const clock = numbers.gpu_sm_clock_mean;
  const usual = baseline?.gpu_sm_clock_mean;
  if (clock === undefined || usual === undefined || clock >= CLOCK_LOW * usual) return false;
  const { gpu_utilization_mean: busy, running_min: least } = numbers;
  const usualBusy = baseline?.gpu_utilization_mean;
  return busy === undefined || usualBusy === undefined ? (least ?? 0) > 0 : busy >= 0.97 * usualBusy;
}

/** More than this is no buffer of the server's own that grew. */
const TAKEN_BYTES = 2 ** 30;

/**
 * The used memory of the GPUs grew while the server ran. vLLM takes its memory at the start and keeps it (but for sleep
 * mode), so somebody else came.
 */
export const gpuMemoryTaken: Rule = {
  code: "gpu_memory_taken",
  severity: "warning",
  scope: "server",
  needs: [["gpu"]],
  falsifiedBy: ["memory_is_the_servers_own"],
  advice: [
    { code: "separate_gpu_programs" },
    { code: "reserve_kv_memory", flag: "--kv-cache-memory-bytes" },
  ],
  next: "gpu_memory_by_process",
  judge(moment: Moment): Judgement | undefined {
    const used = moment.numbers.gpu_memory_used_mean;
    const usual = moment.baseline?.gpu_memory_used_mean;
    if (used === undefined || usual === undefined) return undefined;
    const grown = used - usual;
    if (grown <= Math.max(TAKEN_BYTES, 0.01 * (moment.numbers.gpu_memory_total ?? 0))) return undefined;
    return {
      confidence: moment.disturbed ? "medium" : "high",
      witnesses: [
        { quantity: "gpu_memory_used_mean", baseline: usual, limit: usual + TAKEN_BYTES },
        { quantity: "gpu_memory_total" },
        { quantity: "gpu_utilization_mean", baseline: moment.baseline?.gpu_utilization_mean },
        { quantity: "itl_mean", baseline: moment.baseline?.itl_mean },
      ],
      params: { grownBytes: grown },
    };
  },
};
