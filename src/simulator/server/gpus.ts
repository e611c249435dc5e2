/**
 * The GPUs under a simulated server, as readings of a {@link GpuSource}.
 *
 * @module
 */
import type { GpuMetric } from "../../gpu/metrics.ts";
import type { GpuFault, GpuReading, GpuSample, GpuValue } from "../../gpu/types.ts";
import { GpuModel, type GpuState } from "../engine/gpu_model.ts";
import type { StepPlan } from "../engine/types.ts";
import type { SimulatedServer } from "./simulated_server.ts";

/** NVIDIA's number for a GPU that has fallen off the bus. */
const FALLEN_OFF_THE_BUS = 79;
/** Reasons for held-down clocks that are told, as NVML names them. */
const REASONS = [
  "gpu_idle",
  "applications_clocks_setting",
  "sw_power_cap",
  "hw_slowdown",
  "sync_boost",
  "sw_thermal_slowdown",
  "hw_thermal_slowdown",
  "hw_power_brake_slowdown",
  "display_clock_setting",
] as const;

/** Memory that a process has before it loads anything: the CUDA context. */
const CONTEXT_BYTES = 0.5e9;
/** What a loading server holds on average: half of its weights. */
const LOADING_RATIO = 0.5;

/** Figures that go straight from the state into a reading. */
const PLAIN = [
  "utilization",
  "memoryUtilization",
  "memoryTotal",
  "memoryUsed",
  "memoryReserved",
  "power",
  "powerLimit",
  "energy",
  "temperature",
  "memoryTemperature",
  "smClock",
  "smClockLimit",
  "memoryClock",
  "performanceState",
  "tensorActive",
] as const satisfies readonly (keyof GpuState & GpuMetric)[];

/** All GPUs of one simulated machine: they stay when the server restarts. */
export class SimulatedGpus {
  readonly #server: SimulatedServer;
  /** Per engine, per GPU of its group. */
  readonly #models: readonly (readonly GpuModel[])[];
  #faults: GpuFault[] = [];
  #isLost = false;

  constructor(server: SimulatedServer, engineCount: number) {
    this.#server = server;
    const { gpu, stepTime } = server.profile;
    this.#models = gpu === undefined
      ? []
      : Array.from({ length: engineCount }, () =>
        Array.from({ length: gpu.count }, () =>
          new GpuModel({
            hardware: gpu.hardware,
            stepTime,
            count: gpu.count,
            usedBytes: CONTEXT_BYTES,
            startSeconds: server.clock.nowSeconds(),
          })));
  }

  /** A step of an engine has ended. */
  addStep(engineIndex: number, plan: StepPlan, endSeconds: number): void {
    const { conditions } = this.#server.life.runners[engineIndex]!.engine;
    for (const model of this.#models[engineIndex] ?? []) model.addStep(plan, endSeconds, conditions);
  }

  /** Clocks held down by heat, on all of them; 1 lets them go. */
  setClockRatio(ratio: number): void {
    for (const model of this.#models.flat()) model.clockRatio = ratio;
  }

  /** Share of the memory that other programs take. */
  setOthersRatio(ratio: number): void {
    for (const model of this.#models.flat()) {
      model.otherBytes = ratio * (this.#server.profile.gpu?.hardware.memoryBytes ?? 0);
    }
  }

  /** The first GPU falls off the bus, or is back. */
  setLost(isLost: boolean): void {
    if (isLost && !this.#isLost && this.#models.length > 0) {
      const timeSeconds = this.#server.clock.nowSeconds();
      this.#faults.push({ uuid: uuidOf(0), xid: FALLEN_OFF_THE_BUS, timeSeconds });
    }
    this.#isLost = isLost;
  }

  /** All GPUs now. Faults are told once. */
  read(timeSeconds: number): GpuSample {
    const faults = this.#faults;
    this.#faults = [];
    if (this.#models.length === 0) return { gpus: [], absent: { code: "gpu_none" } };
    const gpus = this.#models.flatMap((group, engineIndex) =>
      group.map((model, index) =>
        this.#reading(model, { engineIndex, index: engineIndex * group.length + index, timeSeconds })
      )
    );
    const details = { driver_version: "simulated", profile: this.#server.profile.name };
    return { gpus, details, ...(faults.length === 0 ? {} : { faults }) };
  }

  #reading(
    model: GpuModel,
    at: { readonly engineIndex: number; readonly index: number; readonly timeSeconds: number },
  ): GpuReading {
    const { gpu } = this.#server.profile;
    const identity = { uuid: uuidOf(at.index), index: String(at.index), name: gpu?.hardware.name ?? "" };
    if (this.#isLost && at.index === 0) {
      return { ...identity, values: [], lost: { code: "gpu_lost", params: { gpu: identity.index } } };
    }
    model.usedBytes = this.#serverBytes();
    const engine = this.#server.life.runners[at.engineIndex]?.engine;
    const plan = this.#server.state === "up" && !this.#server.life.dead ? engine?.stepUnderWay : undefined;
    const state = model.read(
      at.timeSeconds,
      plan === undefined || engine === undefined ? undefined : { plan, conditions: engine.conditions },
    );
    return { ...identity, values: valuesOf(state) };
  }

  /** What the server's process holds: flat from its start to its end, but for loading and sleep. */
  #serverBytes(): number {
    const { profile, state, life } = this.#server;
    const { hardware, count } = profile.gpu!;
    if (state === "down") return 0;
    if (state === "loading") return CONTEXT_BYTES + LOADING_RATIO * profile.weightBytes / count;
    if (life.sleepLevel > 0) return CONTEXT_BYTES;
    return CONTEXT_BYTES + profile.gpuMemoryUtilization * hardware.memoryBytes;
  }
}

function valuesOf(state: GpuState): GpuValue[] {
  const values: GpuValue[] = PLAIN.map((metric) => ({ metric, reading: { value: state[metric] } }));
  values.push({ metric: "memoryFree", reading: { value: state.memoryTotal - state.memoryUsed } });
  values.push({ metric: "memoryUsage", reading: { value: state.memoryUsed / state.memoryTotal } });
  for (const reason of REASONS) {
    values.push({
      metric: "throttle",
      reading: { value: state.throttle.includes(reason) ? 1 : 0 },
      labels: { reason },
    });
  }
  return values;
}

function uuidOf(index: number): string {
  return `GPU-51517ed0-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;
}
