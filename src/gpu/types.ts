/**
 * What any source of GPU readings yields, keyed by UUID: NVML, nvidia-smi, a script.
 *
 * @module
 */
import type { Cause, Reading } from "../base/cause.ts";
import type { Labels } from "../parser/types.ts";
import type { GpuMetric } from "./metrics.ts";

/** A GPU, or a MIG instance of one. The index is the driver's and may change; the UUID does not. */
export interface GpuIdentity {
  /** The driver's, stable over restarts: `GPU-…`, of an instance `MIG-…`. */
  readonly uuid: string;
  /** The driver's index; of a MIG instance `parent:instance`. */
  readonly index: string;
  /** The product's name, as the driver tells it. */
  readonly name: string;
  /** Of a MIG instance: the GPU that it is a part of. */
  readonly parentUuid?: string;
}

/** One figure, in the base unit of its metric, or why it is absent. */
export interface GpuValue {
  /** Which figure. */
  readonly metric: GpuMetric;
  /** The figure, or why this GPU does not tell it. */
  readonly reading: Reading;
  /** Labels beside the GPU's own: a throttle reason, a process. */
  readonly labels?: Labels;
}

/**
 * One GPU at one time. A GPU that is gone has no values: the others go on. A figure that is left out was not read this
 * time (slow ones are read less often); one that has ended is absent with its cause.
 */
export interface GpuReading extends GpuIdentity {
  /** What was read this time, in no particular order; empty when it is lost. */
  readonly values: readonly GpuValue[];
  /** Why it cannot be read any more; absent while it answers. */
  readonly lost?: Cause;
}

/** A fault that the driver reported since the sample before. */
export interface GpuFault {
  /** The GPU's, or `unknown` where the driver names one that is not among those read. */
  readonly uuid: string;
  /** NVIDIA's number of the fault (79: fallen off the bus). */
  readonly xid: number;
  /** When it was noticed, Unix seconds. */
  readonly timeSeconds?: number;
}

/** All GPUs at one time. */
export interface GpuSample {
  /** In the source's order, lost ones included; empty when there are none or none can be read. */
  readonly gpus: readonly GpuReading[];
  /** Why there is nothing at all: no library, no driver, no permission, no GPU. */
  readonly absent?: Cause;
  /** New ones only; absent where the source does not watch for faults. */
  readonly faults?: readonly GpuFault[];
  /** Counts driver reloads: energy and byte counters start anew with each. */
  readonly epoch?: number;
  /** Versions and the like, told once or when they change. */
  readonly details?: Readonly<Record<string, string | number>>;
  /** The same numbers as a column, where the source can tell what repeats: whoever follows it is spared the objects. */
  readonly column?: GpuColumn;
}

/** The numbers of a sample: every figure that has one, GPU by GPU in the order of `values`, the absent ones left out. */
export interface GpuColumn {
  /** Stands for everything but the numbers: samples with the same object here differ in nothing else. */
  readonly form: GpuForm;
  /** This sample's own. */
  readonly values: Float64Array;
}

/** What two samples may have in common. */
export interface GpuForm {
  /** Forms of one state tell of the same GPUs, and where they tell of the same figure, it is present or absent in both. */
  readonly state: number;
}

/** Yields readings of all GPUs. */
export interface GpuSource {
  /** True when no real GPU is behind it. */
  readonly simulated: boolean;
  /** True where `read` ends within a limit of its own, and at once when the signal fires. */
  readonly limitsItself?: boolean;
  /**
   * Reads every GPU once. Absence is a result, not a rejection.
   *
   * @throws SampleError when the read itself broke (no answer in time)
   */
  read(timeSeconds: number, signal: AbortSignal): Promise<GpuSample>;
  /** Frees the library or the program behind it. */
  [Symbol.asyncDispose]?(): Promise<void>;
}
