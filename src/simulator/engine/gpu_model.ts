/**
 * A GPU as its engine's steps leave it: how busy, how hot, how much power. Shapes and inertia are those of real GPUs;
 * where a number is measured and where it is inferred, the profiles say.
 *
 * @module
 */
import type { GpuHardware } from "./hardware.ts";
import { type StepConditions, stepParts, type StepTime } from "./step_time.ts";
import type { StepPlan } from "./types.ts";

/** Figures are means of this long, as NVML's are. */
const WINDOW_SECONDS = 1;
/** The clock falls to its idle value after so long without work. */
const IDLE_CLOCK_SECONDS = 3;
/** Room temperature in the case, and how the chip follows its power: a first-order lag. */
const AMBIENT_CELSIUS = 30;
const BUSY_CELSIUS = 70;
const TEMPERATURE_SECONDS = 25;
/** Without cooling it goes faster. */
const OVERHEATING_SECONDS = 10;
/** Where a chip that overheats stands, and where the memory stands above the chip. */
const OVERHEATED_CELSIUS = 89;
const MEMORY_ABOVE_CELSIUS = 9;
/** A batch of this size draws full power. */
const FULL_POWER_SEQUENCES = 128;
/** Share of power that does not follow the clock. */
const STATIC_POWER_RATIO = 0.35;

/** Work on the GPU over a span of time. */
interface Activity {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Share of the span in which kernels ran. */
  readonly busyRatio: number;
  readonly tensorRatio: number;
  readonly memoryRatio: number;
  readonly watts: number;
}

/** What a GPU shows. Base units. */
export interface GpuState {
  readonly utilization: number;
  readonly memoryUtilization: number;
  readonly tensorActive: number;
  readonly memoryUsed: number;
  readonly memoryTotal: number;
  readonly memoryReserved: number;
  readonly power: number;
  readonly powerLimit: number;
  readonly energy: number;
  readonly temperature: number;
  readonly memoryTemperature: number;
  readonly smClock: number;
  readonly smClockLimit: number;
  readonly memoryClock: number;
  readonly performanceState: number;
  /** Reasons for which clocks are held down, in NVML's order of bits. */
  readonly throttle: readonly string[];
  readonly overheating: boolean;
}

/** What a model of a GPU is made of. */
export interface GpuModelOptions {
  readonly hardware: GpuHardware;
  readonly stepTime: StepTime;
  /** GPUs that share the model's work. */
  readonly count: number;
  /** Bytes that the server holds from its start on: weights, cache and buffers. */
  readonly usedBytes: number;
  readonly startSeconds: number;
}

/** One GPU. Times must not go back. */
export class GpuModel {
  /** Clocks as a share of the highest; below 1 the chip is overheated and held down. */
  clockRatio = 1;
  usedBytes: number;
  /** Bytes of programs that are not the server. */
  otherBytes = 0;
  readonly #options: GpuModelOptions;
  #recent: Activity[] = [];
  #temperature: number;
  #energyJoules = 0;
  #timeSeconds: number;
  #lastBusySeconds: number;

  constructor(options: GpuModelOptions) {
    this.#options = options;
    this.usedBytes = options.usedBytes;
    this.#timeSeconds = options.startSeconds;
    this.#lastBusySeconds = -Infinity;
    this.#temperature = this.#warmthOf(options.hardware.idleWatts);
  }

  /** A step has ended. */
  addStep(plan: StepPlan, endSeconds: number, conditions: StepConditions): void {
    this.#restUntil(plan.startSeconds);
    const activity = this.#activityOf(plan, endSeconds, conditions);
    this.#pass(activity);
    this.#recent.push(activity);
    this.#lastBusySeconds = endSeconds;
    const oldest = endSeconds - 2 * WINDOW_SECONDS;
    while (this.#recent.length > 0 && this.#recent[0]!.endSeconds < oldest) this.#recent.shift();
  }

  /** The state now. `underWay` is the step that has begun and not ended. */
  read(
    timeSeconds: number,
    underWay?: { readonly plan: StepPlan; readonly conditions: StepConditions },
  ): GpuState {
    const { hardware } = this.#options;
    const running = underWay === undefined ? [] : [
      this.#activityOf(
        underWay.plan,
        Math.max(timeSeconds, underWay.plan.startSeconds),
        underWay.conditions,
      ),
    ];
    if (underWay === undefined) this.#restUntil(timeSeconds);
    const seen = [...this.#recent, ...running];
    const from = timeSeconds - WINDOW_SECONDS;
    const mean = (of: (activity: Activity) => number, idle: number) => {
      let sum = 0;
      let covered = 0;
      for (const activity of seen) {
        const overlap = Math.min(activity.endSeconds, timeSeconds) - Math.max(activity.startSeconds, from);
        if (overlap <= 0) continue;
        sum += overlap * of(activity);
        covered += overlap;
      }
      return (sum + Math.max(0, WINDOW_SECONDS - covered) * idle) / WINDOW_SECONDS;
    };
    const isBusy = underWay !== undefined || timeSeconds - this.#lastBusySeconds < IDLE_CLOCK_SECONDS;
    const utilization = Math.min(1, mean(({ busyRatio }) => busyRatio, 0));
    const power = mean(({ watts }) => watts, hardware.idleWatts);
    return {
      utilization,
      memoryUtilization: Math.min(1, mean(({ memoryRatio }) => memoryRatio, 0)),
      tensorActive: Math.min(1, mean(({ tensorRatio }) => tensorRatio, 0)),
      memoryUsed: Math.min(hardware.memoryBytes, this.usedBytes + this.otherBytes),
      memoryTotal: hardware.memoryBytes,
      memoryReserved: Math.round(hardware.memoryBytes * 0.007),
      power,
      powerLimit: hardware.limitWatts,
      energy: this.#energyJoules,
      temperature: this.#temperature,
      memoryTemperature: this.#temperature + MEMORY_ABOVE_CELSIUS,
      smClock: isBusy ? hardware.maxClockHertz * this.clockRatio : hardware.idleClockHertz,
      smClockLimit: hardware.maxClockHertz,
      memoryClock: hardware.memoryClockHertz,
      performanceState: isBusy ? 0 : 8,
      throttle: this.#throttle(isBusy, power),
      overheating: this.clockRatio < 1,
    };
  }

  #throttle(isBusy: boolean, power: number): string[] {
    if (!isBusy) return ["gpu_idle"];
    if (this.clockRatio < 1) return ["sw_thermal_slowdown", "hw_thermal_slowdown"];
    return power > 0.985 * this.#options.hardware.limitWatts ? ["sw_power_cap"] : [];
  }

  #activityOf(plan: StepPlan, endSeconds: number, conditions: StepConditions): Activity {
    const { stepTime, hardware, count } = this.#options;
    const elapsed = Math.max(endSeconds - plan.startSeconds, 1e-9);
    const parts = stepParts(stepTime, plan.work, conditions);
    // A step that hangs keeps a kernel waiting: busy by NVML's word, and nearly idle by its power.
    const isHung = elapsed > 20 * plan.durationSeconds;
    const planned = Math.min(elapsed, plan.durationSeconds);
    const busyRatio = isHung ? 1 : parts.deviceRatio;
    const worked = planned / elapsed;
    const tensorRatio = worked * parts.operations / elapsed / (hardware.flopsPerSecond * count);
    const memoryRatio = worked * parts.bytes / elapsed / (hardware.bandwidthBytesPerSecond * count);
    const watts = this.#watts({ busyRatio, worked, plan });
    return { startSeconds: plan.startSeconds, endSeconds, busyRatio, tensorRatio, memoryRatio, watts };
  }

  /** From idle over a single request's power to that of a large batch; prompts draw full power. */
  #watts(of: { readonly busyRatio: number; readonly worked: number; readonly plan: StepPlan }): number {
    const { hardware } = this.#options;
    const { work } = of.plan;
    const byBatch = Math.min(1, Math.log2(1 + work.sequences) / Math.log2(1 + FULL_POWER_SEQUENCES));
    const intensity = Math.max(byBatch, Math.min(1, work.prefillTokens / 512));
    const full = hardware.lightWatts + (hardware.busyWatts - hardware.lightWatts) * intensity;
    const dynamic = (full - hardware.idleWatts) * of.busyRatio * of.worked;
    const byClock = STATIC_POWER_RATIO + (1 - STATIC_POWER_RATIO) * this.clockRatio ** 2;
    return Math.min(hardware.limitWatts, hardware.idleWatts + dynamic * byClock);
  }

  #restUntil(timeSeconds: number): void {
    if (timeSeconds <= this.#timeSeconds) return;
    const { idleWatts } = this.#options.hardware;
    this.#pass({ startSeconds: this.#timeSeconds, endSeconds: timeSeconds, watts: idleWatts });
  }

  /** Energy and warmth of a span. */
  #pass({ startSeconds, endSeconds, watts }: Pick<Activity, "startSeconds" | "endSeconds" | "watts">): void {
    const span = endSeconds - Math.max(startSeconds, this.#timeSeconds);
    if (span <= 0) return;
    this.#energyJoules += watts * span;
    const overheats = this.clockRatio < 1;
    const goal = overheats ? OVERHEATED_CELSIUS : this.#warmthOf(watts);
    const lag = overheats ? OVERHEATING_SECONDS : TEMPERATURE_SECONDS;
    this.#temperature = goal + (this.#temperature - goal) * Math.exp(-span / lag);
    this.#timeSeconds = endSeconds;
  }

  #warmthOf(watts: number): number {
    return AMBIENT_CELSIUS + (BUSY_CELSIUS - AMBIENT_CELSIUS) * watts / this.#options.hardware.limitWatts;
  }
}
