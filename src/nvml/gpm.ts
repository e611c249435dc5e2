/**
 * GPU performance monitoring (Hopper and newer): what the units of a chip did between two samples.
 *
 * @module
 */
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { NVML } from "./codes.ts";
import { bytes, halves, pointerAnswer } from "./answers.ts";

/** Metric ids of nvml.h. Percent, but for the last two: MiB/s. */
export const GPM = {
  smActive: 2,
  smOccupancy: 3,
  anyTensor: 5,
  dramBandwidth: 10,
  pcieSentMibPerSecond: 20,
  pcieReceivedMibPerSecond: 21,
} as const;

/** Two samples closer than this have nothing to tell. */
const SHORTEST_SECONDS = 0.1;

/** `nvmlGpmMetric_t`: u32 id, i32 return @4, f64 value @8, three pointers. */
const METRIC_BYTES = 40;
/** Before the metrics: u32 version, u32 count, two pointers. */
const HEAD_BYTES = 24;

/** Length of the struct's last array in 13.4; it only ever grows, and drivers read as many as the count says. */
const METRICS_IN_STRUCT = 477;

/** The question and its answer; the calls are synchronous, so all readers share them. */
const query = new Uint8Array(HEAD_BYTES + METRIC_BYTES * METRICS_IN_STRUCT);
const view = new DataView(query.buffer);

/** The n-th answer's own code. */
export function gpmCode(index: number): number {
  return view.getInt32(HEAD_BYTES + index * METRIC_BYTES + 4, true);
}

/** The n-th answer, where its code is 0. */
export function gpmValue(index: number): number {
  return view.getFloat64(HEAD_BYTES + index * METRIC_BYTES + 8, true);
}

/**
 * Whose figures: the whole GPU's, those of a MIG instance by its number there, or those of an instance whose number is not to
 * be had. That one has none: the GPU's would be taken for its own.
 */
export type GpmSubject = "gpu" | "unknown" | number;

/** Two samples of one device, in turn. One reader a GPU: samples must not be shared. */
export class GpmReader {
  readonly #nvml: NvmlFunctions;
  readonly #of: GpmSubject;
  #older: Sample | undefined;
  #newer: Sample | undefined;
  #takenSeconds: number | undefined;

  constructor(nvml: NvmlFunctions, of: GpmSubject) {
    this.#nvml = nvml;
    this.#of = of;
  }

  /**
   * What happened since the read before: answers with `gpmCode` and `gpmValue`, which stand until the next read of any
   * reader. The first read has nothing to compare: "no data".
   */
  read(device: NvmlHandle, ids: readonly number[], timeSeconds: number): number {
    const code = this.#newer === undefined ? this.#allocate(device) : NVML.success;
    if (code !== NVML.success) return code;
    if (this.#takenSeconds !== undefined && timeSeconds - this.#takenSeconds < SHORTEST_SECONDS) {
      return NVML.noData;
    }
    [this.#older, this.#newer] = [this.#newer, this.#older];
    const first = this.#takenSeconds === undefined;
    const taken = this.#take(device);
    if (taken !== NVML.success) {
      this.#takenSeconds = undefined;
      return taken;
    }
    this.#takenSeconds = timeSeconds;
    return first ? NVML.noData : this.#metrics(ids);
  }

  /** Gives the samples back; before the library is shut down. */
  free(): void {
    const { nvmlGpmSampleFree: free } = this.#nvml;
    for (const sample of [this.#older, this.#newer]) if (sample !== undefined) free?.(sample.handle);
    this.#older = this.#newer = undefined;
    this.#takenSeconds = undefined;
  }

  #allocate(device: NvmlHandle): number {
    const { nvmlGpmQueryDeviceSupport: ask, nvmlGpmSampleAlloc: allocate } = this.#nvml;
    if (ask === null || allocate === null || this.#of === "unknown") return NVML.functionNotFound;
    if (this.#of === "gpu") {
      halves[0] = 1;
      halves[1] = 0;
      const asked = ask(device, bytes);
      if (asked !== NVML.success) return asked;
      if (halves[1] !== 1) return NVML.notSupported;
    }
    this.#older = undefined;
    for (let i = 0; i < 2; i++) {
      const code = allocate(bytes);
      if (code !== NVML.success) {
        this.free(); // Of two the first may be there.
        return code;
      }
      const handle = pointerAnswer();
      [this.#older, this.#newer] = [this.#newer, { handle, address: Deno.UnsafePointer.value(handle) }];
    }
    return NVML.success;
  }

  #take(device: NvmlHandle): number {
    const { nvmlGpmSampleGet: get, nvmlGpmMigSampleGet: getOfInstance } = this.#nvml;
    const sample = this.#newer!.handle;
    if (typeof this.#of !== "number") return get?.(device, sample) ?? NVML.functionNotFound;
    return getOfInstance?.(device, this.#of, sample) ?? NVML.functionNotFound;
  }

  #metrics(ids: readonly number[]): number {
    const { nvmlGpmMetricsGet: get } = this.#nvml;
    if (get === null) return NVML.functionNotFound;
    view.setUint32(0, 1, true);
    view.setUint32(4, ids.length, true);
    view.setBigUint64(8, this.#older!.address, true);
    view.setBigUint64(16, this.#newer!.address, true);
    for (let index = 0; index < ids.length; index++) {
      const at = HEAD_BYTES + index * METRIC_BYTES;
      view.setUint32(at, ids[index]!, true);
      view.setInt32(at + 4, NVML.noData, true); // What a driver leaves untouched is no answer.
    }
    return get(query);
  }
}

/** A sample with its address as the question wants it. */
interface Sample {
  readonly handle: NvmlHandle;
  readonly address: bigint;
}
