/**
 * The GPUs of an evaluated world: the simulator's model of a GPU under each engine, read like NVML would.
 *
 * @module
 */
import { type Random, standardNormal } from "../src/base/random.ts";
import type { Engine } from "../src/simulator/engine/engine.ts";
import { GpuModel, type GpuState } from "../src/simulator/engine/gpu_model.ts";
import type { Profile } from "../src/simulator/engine/profiles.ts";
import type { StepPlan } from "../src/simulator/engine/types.ts";
import type { SeriesWriter } from "./diagnosis_metrics.ts";

/** Memory that a process has before it loads anything. */
const CONTEXT_BYTES = 0.5e9;
const REASONS = [
  "gpu_idle",
  "sw_power_cap",
  "hw_slowdown",
  "sw_thermal_slowdown",
  "hw_thermal_slowdown",
  "hw_power_brake_slowdown",
] as const;

/** What is wrong with the GPUs just now. */
export interface GpuTrouble {
  /** Clocks as a share of the highest. */
  readonly clockRatio: number;
  /** Of programs that are not the server. */
  readonly otherBytes: number;
  readonly serverDown: boolean;
}

/** One GPU for each engine; none where the profile has none. */
export class WorldGpus {
  readonly #models: readonly GpuModel[];
  readonly #usedBytes: number;
  readonly #random: Random;

  constructor(profile: Profile, options: { engines: number; startSeconds: number; random: Random }) {
    const hardware = profile.gpu?.hardware;
    this.#random = options.random;
    this.#usedBytes = CONTEXT_BYTES + profile.gpuMemoryUtilization * (hardware?.memoryBytes ?? 0);
    this.#models = hardware === undefined ? [] : Array.from({ length: options.engines }, () =>
      new GpuModel({
        hardware,
        stepTime: profile.stepTime,
        count: profile.gpu?.count ?? 1,
        usedBytes: this.#usedBytes,
        startSeconds: options.startSeconds,
      }));
  }

  /** A step of an engine has ended. */
  addStep(index: number, of: { plan: StepPlan; engine: Engine; endSeconds: number }): void {
    this.#models[index]?.addStep(of.plan, of.endSeconds, of.engine.conditions);
  }

  /** Writes what every GPU shows; false where there is none. */
  write(
    writer: SeriesWriter,
    now: { timeSeconds: number; engines: readonly Engine[]; trouble: GpuTrouble },
  ): boolean {
    const { trouble, engines } = now;
    this.#models.forEach((model, index) => {
      model.clockRatio = trouble.clockRatio;
      model.otherBytes = trouble.otherBytes;
      model.usedBytes = trouble.serverDown ? 0 : this.#usedBytes;
      const engine = engines[index];
      const plan = trouble.serverDown ? undefined : engine?.stepUnderWay;
      const underWay = plan === undefined || engine === undefined
        ? undefined
        : { plan, conditions: engine.conditions };
      this.#writeState(writer, { index, state: model.read(now.timeSeconds, underWay) });
    });
    return this.#models.length > 0;
  }

  #writeState(writer: SeriesWriter, { index, state }: { index: number; state: GpuState }): void {
    const labels = { gpu: String(index) };
    const gauge = (name: string, value: number) => writer.set(`lab_gpu_${name}`, "gauge", labels, value);
    const noise = () => 1 + 0.02 * standardNormal(this.#random);
    gauge("sm_clock_hertz", state.smClock * noise());
    gauge("power_watts", state.power * noise());
    gauge("power_limit_watts", state.powerLimit);
    gauge("utilization_ratio", Math.min(1, state.utilization * noise()));
    gauge("memory_used_bytes", state.memoryUsed);
    gauge("memory_total_bytes", state.memoryTotal);
    gauge("dram_active_ratio", Math.min(1, state.memoryUtilization * noise()));
    for (const reason of REASONS) {
      const active = state.throttle.includes(reason) ? 1 : 0;
      writer.set("lab_gpu_throttle_active", "gauge", { ...labels, reason }, active);
    }
  }
}
