/**
 * GPUs as their data sheets and measurements of power describe them.
 *
 * @module
 */

/** A GPU as its data sheet and measurements describe it. */
export interface GpuHardware {
  /** As NVML tells it. */
  readonly name: string;
  /** As NVML tells it: a little less than the data sheet says. */
  readonly memoryBytes: number;
  /** Data sheet, bytes per second. */
  readonly bandwidthBytesPerSecond: number;
  /** Data sheet, dense 16-bit operations per second. */
  readonly flopsPerSecond: number;
  /** Share of the arithmetic that prefill reaches. */
  readonly prefillEfficiency: number;
  /** With a CUDA context and nothing to do. */
  readonly idleWatts: number;
  /** Decoding one request at full clock. */
  readonly lightWatts: number;
  /** In a step with a large batch or with many prompt tokens, at full clock. */
  readonly busyWatts: number;
  /** Power never goes above it; close below it the clocks are held down. */
  readonly limitWatts: number;
  /** Of the streaming multiprocessors, with nothing to do. */
  readonly idleClockHertz: number;
  /** Of the streaming multiprocessors, in every step unless an incident holds them down. */
  readonly maxClockHertz: number;
  /** The same idle and busy. */
  readonly memoryClockHertz: number;
}

const TERA = 1e12;
const MHZ = 1e6;

/** H100 SXM. */
export const H100: GpuHardware = {
  name: "NVIDIA H100 80GB HBM3",
  memoryBytes: 81559 * 1024 ** 2,
  bandwidthBytesPerSecond: 3.35 * TERA,
  flopsPerSecond: 989 * TERA,
  prefillEfficiency: 0.45,
  idleWatts: 115,
  lightWatts: 270,
  busyWatts: 680,
  limitWatts: 700,
  idleClockHertz: 345 * MHZ,
  maxClockHertz: 1980 * MHZ,
  memoryClockHertz: 2619 * MHZ,
};
/** A100 SXM with 80 GB. */
export const A100_80: GpuHardware = {
  name: "NVIDIA A100-SXM4-80GB",
  memoryBytes: 81920 * 1024 ** 2,
  bandwidthBytesPerSecond: 2.04 * TERA,
  flopsPerSecond: 312 * TERA,
  prefillEfficiency: 0.38,
  idleWatts: 90,
  lightWatts: 200,
  busyWatts: 390,
  limitWatts: 400,
  idleClockHertz: 210 * MHZ,
  maxClockHertz: 1410 * MHZ,
  memoryClockHertz: 1593 * MHZ,
};
/** A100 SXM with 40 GB. */
export const A100_40: GpuHardware = {
  ...A100_80,
  name: "NVIDIA A100-SXM4-40GB",
  memoryBytes: 40960 * 1024 ** 2,
  bandwidthBytesPerSecond: 1.555 * TERA,
  idleWatts: 80,
  memoryClockHertz: 1215 * MHZ,
};
/** L40S. */
export const L40S: GpuHardware = {
  name: "NVIDIA L40S",
  memoryBytes: 46068 * 1024 ** 2,
  bandwidthBytesPerSecond: 0.864 * TERA,
  flopsPerSecond: 362 * TERA,
  prefillEfficiency: 0.32,
  idleWatts: 100,
  lightWatts: 200,
  busyWatts: 340,
  limitWatts: 350,
  idleClockHertz: 210 * MHZ,
  maxClockHertz: 2520 * MHZ,
  memoryClockHertz: 9001 * MHZ,
};
/** L4. */
export const L4: GpuHardware = {
  name: "NVIDIA L4",
  memoryBytes: 23034 * 1024 ** 2,
  bandwidthBytesPerSecond: 0.3 * TERA,
  flopsPerSecond: 121 * TERA,
  prefillEfficiency: 0.345,
  idleWatts: 30,
  lightWatts: 60,
  busyWatts: 72,
  limitWatts: 72,
  idleClockHertz: 210 * MHZ,
  maxClockHertz: 2040 * MHZ,
  memoryClockHertz: 6251 * MHZ,
};
/** GeForce RTX 4090. */
export const RTX_4090: GpuHardware = {
  name: "NVIDIA GeForce RTX 4090",
  memoryBytes: 24564 * 1024 ** 2,
  bandwidthBytesPerSecond: 1.01 * TERA,
  flopsPerSecond: 165 * TERA,
  prefillEfficiency: 0.35,
  idleWatts: 25,
  lightWatts: 250,
  busyWatts: 440,
  limitWatts: 450,
  idleClockHertz: 210 * MHZ,
  maxClockHertz: 2520 * MHZ,
  memoryClockHertz: 10501 * MHZ,
};
