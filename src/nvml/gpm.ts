/**
 * GPU performance monitoring (Hopper and newer): what the units of a chip did between two samples.
 *
 * @module
 */
import type { NvmlFunctions, NvmlHandle } from "./abi.ts";
import { NVML } from "./codes.ts";
import type { Result } from "./device.ts";

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

/** The question and its answer; the call is synchronous, so all readers share it. */
const query = new Uint8Array(HEAD_BYTES + METRIC_BYTES * METRICS_IN_STRUCT);

/** Two samples of one device, in turn. One reader a GPU: samples must not be shared. */
export class GpmReader {
  readonly #nvml: NvmlFunctions;
  /** Of a MIG instance: the GPU that is asked, and the instance's number there. */
  readonly #instance: number | undefined;
  #older: NvmlHandle = null;
  #newer: NvmlHandle = null;
  #takenSeconds: number | undefined;

  constructor(nvml: NvmlFunctions, instance?: number) {
    this.#nvml = nvml;
    this.#instance = instance;
  }

  /** What happened since the read before, metric by metric. The first read has nothing to compare: "no data". */
  read(device: NvmlHandle, ids: readonly number[], timeSeconds: number): Result<readonly Result<number>[]> {
    const code = this.#newer === null ? this.#allocate(device) : NVML.success;
    if (code !== NVML.success) return { code };
    if (this.#takenSeconds !== undefined && timeSeconds - this.#takenSeconds < SHORTEST_SECONDS) {
      return { code: NVML.noData };
    }
    [this.#older, this.#newer] = [this.#newer, this.#older];
    const first = this.#takenSeconds === undefined;
    const taken = this.#take(device);
    if (taken !== NVML.success) {
      this.#takenSeconds = undefined;
      return { code: taken };
    }
    this.#takenSeconds = timeSeconds;
    return first ? { code: NVML.noData } : this.#metrics(ids);
  }

  /** Gives the samples back; before the library is shut down. */
  free(): void {
    const { nvmlGpmSampleFree: free } = this.#nvml;
    for (const sample of [this.#older, this.#newer]) if (sample !== null) free?.(sample);
    this.#older = this.#newer = null;
    this.#takenSeconds = undefined;
  }

  #allocate(device: NvmlHandle): number {
    const { nvmlGpmQueryDeviceSupport: ask, nvmlGpmSampleAlloc: allocate } = this.#nvml;
    if (ask === null || allocate === null) return NVML.functionNotFound;
    const support = new Uint32Array([1, 0]);
    const asked = this.#instance === undefined ? ask(device, new Uint8Array(support.buffer)) : NVML.success;
    if (asked !== NVML.success) return asked;
    if (this.#instance === undefined && support[1] !== 1) return NVML.notSupported;
    const samples: NvmlHandle[] = [];
    for (let i = 0; i < 2; i++) {
      const pointer = new BigUint64Array(1);
      const code = allocate(new Uint8Array(pointer.buffer));
      if (code !== NVML.success) return code;
      samples.push(Deno.UnsafePointer.create(pointer[0]!));
    }
    [this.#older, this.#newer] = samples as [NvmlHandle, NvmlHandle];
    return NVML.success;
  }

  #take(device: NvmlHandle): number {
    const { nvmlGpmSampleGet: get, nvmlGpmMigSampleGet: getOfInstance } = this.#nvml;
    if (this.#instance === undefined) return get?.(device, this.#newer) ?? NVML.functionNotFound;
    return getOfInstance?.(device, this.#instance, this.#newer) ?? NVML.functionNotFound;
  }

  #metrics(ids: readonly number[]): Result<readonly Result<number>[]> {
    const { nvmlGpmMetricsGet: get } = this.#nvml;
    if (get === null) return { code: NVML.functionNotFound };
    const view = new DataView(query.buffer);
    view.setUint32(0, 1, true);
    view.setUint32(4, ids.length, true);
    view.setBigUint64(8, Deno.UnsafePointer.value(this.#older), true);
    view.setBigUint64(16, Deno.UnsafePointer.value(this.#newer), true);
    ids.forEach((id, index) => view.setUint32(HEAD_BYTES + index * METRIC_BYTES, id, true));
    const code = get(query);
    if (code !== NVML.success) return { code };
    return {
      ok: ids.map((_, index) => {
        const at = HEAD_BYTES + index * METRIC_BYTES;
        const own = view.getInt32(at + 4, true);
        return own === NVML.success ? { ok: view.getFloat64(at + 8, true) } : { code: own };
      }),
    };
  }
}
