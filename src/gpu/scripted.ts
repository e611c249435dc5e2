/**
 * GPUs from a script: for tests, and for a lab without a GPU. Always marked as simulated.
 *
 * @module
 */
import { checkOptions, type Checks, FUNCTION, listOf, needed, OBJECT, shape } from "../base/arguments.ts";
import type { Cause, Reading } from "../base/cause.ts";
import type { GpuMetric } from "./metrics.ts";
import type { GpuFault, GpuIdentity, GpuSample, GpuSource } from "./types.ts";

/** What a scripted GPU says at a time: numbers in base units, a cause for what is absent; `lost` for a GPU that is gone. */
export type ScriptedValues =
  | Readonly<Partial<Record<GpuMetric, number | Cause>>>
  | { readonly lost: Cause };

/** The script. */
export interface ScriptedGpusOptions {
  /** Those that every reading tells of, in this order. */
  readonly gpus: readonly GpuIdentity[];
  /** Values of one GPU at a time. */
  values(gpu: GpuIdentity, timeSeconds: number): ScriptedValues;
  /** Faults to report at a time. */
  faults?(timeSeconds: number): readonly GpuFault[];
  /** Versions and the like, told with every reading. */
  readonly details?: Readonly<Record<string, string | number>>;
}

const CHECKS: Checks<ScriptedGpusOptions> = {
  gpus: needed(listOf(shape("", ["index", "uuid", "name"]), "a list of { index, uuid, name }")),
  values: needed(FUNCTION),
  faults: FUNCTION,
  details: OBJECT,
};

/** GPUs made up of functions of time, for tests and lessons without hardware. Used share and free memory are derived where used and total are given. */
export function scriptedGpus(options: ScriptedGpusOptions): GpuSource {
  checkOptions<ScriptedGpusOptions>(
    "scriptedGpus({ gpus: [{ index, uuid, name }], values })",
    options,
    CHECKS,
  );
  return {
    simulated: true,
    read(timeSeconds): Promise<GpuSample> {
      const gpus = options.gpus.map((gpu) => {
        const said = options.values(gpu, timeSeconds);
        if (isLost(said)) return { ...gpu, values: [], lost: said.lost };
        return { ...gpu, values: valuesOf(said) };
      });
      return Promise.resolve({
        gpus,
        ...(options.faults === undefined ? {} : { faults: options.faults(timeSeconds) }),
        ...(options.details === undefined ? {} : { details: options.details }),
      });
    },
  };
}

function isLost(said: ScriptedValues): said is { readonly lost: Cause } {
  return "lost" in said;
}

function valuesOf(said: Readonly<Partial<Record<GpuMetric, number | Cause>>>) {
  const { memoryUsed, memoryTotal } = said;
  const all = { ...said };
  if (typeof memoryUsed === "number" && typeof memoryTotal === "number" && memoryTotal > 0) {
    all.memoryUsage ??= memoryUsed / memoryTotal;
    all.memoryFree ??= memoryTotal - memoryUsed;
  }
  return entriesOf(all).map(([metric, given]) => {
    const reading: Reading = typeof given === "number" ? { value: given } : { absent: given };
    return { metric, reading };
  });
}

/** `Object.entries` with the keys' own type: the objects are built above and have no other keys. */
function entriesOf(values: Partial<Record<GpuMetric, number | Cause>>): [GpuMetric, number | Cause][] {
  return Object.entries(values) as [GpuMetric, number | Cause][];
}
