/**
 * Samples between two threads: what repeats is sent once, then only numbers, as one column. A sample of eight GPUs is some
 * 300 figures, and copying them as objects costs more than reading the GPUs.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { GpuMetric } from "../gpu/metrics.ts";
import type {
  GpuColumn,
  GpuFault,
  GpuForm,
  GpuIdentity,
  GpuReading,
  GpuSample,
  GpuValue,
} from "../gpu/types.ts";
import type { Labels } from "../parser/types.ts";
import { NVML } from "./codes.ts";
import { type ProcessFigure, SLOTS, TIER_BIT } from "./figures.ts";
import type { DeviceReading } from "./gpu.ts";
import type { SessionReading } from "./session.ts";

/** A sample without its numbers. Samples of one form differ in nothing but these. */
export interface WireForm {
  readonly number: number;
  readonly state: number;
  readonly gpus: readonly WireGpu[];
  readonly absent?: Cause;
  readonly epoch?: number;
  readonly details?: Readonly<Record<string, string | number>>;
}

/** A GPU without its numbers. */
interface WireGpu extends GpuIdentity {
  readonly lost?: Cause;
  /** Those that have a number, in the column's order. */
  readonly figures: readonly WireFigure[];
  readonly absent: readonly GpuValue[];
}

interface WireFigure {
  readonly metric: GpuMetric;
  readonly labels?: Labels;
}

/** What is sent beside the numbers: the form's number, the form itself when it is new, faults. */
export interface WireSample {
  readonly form: number;
  /** How many numbers. */
  readonly size: number;
  readonly newForm?: WireForm;
  readonly faults?: readonly GpuFault[];
}

/** Where the numbers of one device come from. */
interface Source {
  readonly values: Float64Array;
  readonly slots: readonly number[];
  readonly processes: readonly ProcessFigure[];
}

interface Plan {
  readonly form: number;
  readonly size: number;
  readonly sources: readonly Source[];
}

/** The sending side. */
export class WireWriter {
  /** Of the present state, by tiers. */
  readonly #plans = new Map<number, Plan>();
  #changes = -1;
  #next = 0;

  /** Describes a reading. Its numbers are got by {@link write}. */
  pack(reading: SessionReading): WireSample {
    if (reading.changes !== this.#changes) this.#plans.clear();
    this.#changes = reading.changes;
    const known = this.#plans.get(reading.tiers);
    const plan = known ?? planOf(reading, this.#next++);
    if (known !== undefined && reading.faults.length === 0) return plan; // It has nothing more to tell than that.
    this.#plans.set(reading.tiers, plan);
    return {
      form: plan.form,
      size: plan.size,
      ...(known === undefined ? { newForm: formOf(reading, plan) } : {}),
      ...(reading.faults.length === 0 ? {} : { faults: reading.faults }),
    };
  }

  /**
   * Writes the numbers of the reading that was packed last.
   *
   * @throws RangeError for a form that is not of the present state
   */
  write(form: number, into: Float64Array): void {
    let at = 0;
    for (const { values, slots, processes } of this.#plan(form).sources) {
      for (let i = 0; i < slots.length; i++) into[at++] = values[slots[i]!]!;
      for (let i = 0; i < processes.length; i++) into[at++] = processes[i]!.usedBytes;
    }
  }

  #plan(form: number): Plan {
    for (const plan of this.#plans.values()) if (plan.form === form) return plan;
    throw new RangeError(`Cannot write the numbers of form ${form}: it is not of the present state`);
  }
}

function planOf({ devices, tiers }: SessionReading, form: number): Plan {
  const sources = devices.map(({ figures }): Source => {
    if (figures === undefined) return { values: new Float64Array(), slots: [], processes: [] };
    const isTold = (slot: number) =>
      (tiers & TIER_BIT[SLOTS[slot]!.tier]) !== 0 && figures.codes[slot] === NVML.success;
    return {
      values: figures.values,
      slots: SLOTS.map((_, slot) => slot).filter(isTold),
      processes: (tiers & TIER_BIT.slow) === 0
        ? []
        : figures.processes.filter(({ usedBytes }) => !Number.isNaN(usedBytes)),
    };
  });
  const size = sources.reduce((sum, { slots, processes }) => sum + slots.length + processes.length, 0);
  return { form, size, sources };
}

function formOf(reading: SessionReading, { form, sources }: Plan): WireForm {
  const { devices, tiers, changes, absent, epoch, details } = reading;
  return {
    number: form,
    state: changes,
    gpus: devices.map((device, index) => gpuOf(device, tiers, sources[index]!)),
    ...(absent === undefined ? {} : { absent }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(details === undefined ? {} : { details }),
  };
}

function gpuOf(
  { identity, figures, lost }: DeviceReading,
  tiers: number,
  { slots, processes }: Source,
): WireGpu {
  const told = slots.map((slot): WireFigure => {
    const { metric, labels } = SLOTS[slot]!;
    return labels === undefined ? { metric } : { metric, labels };
  });
  const used = processes.map(({ labels }): WireFigure => ({ metric: "processMemory", labels }));
  return {
    ...identity,
    ...(lost === undefined ? {} : { lost }),
    figures: [...told, ...used],
    absent: figures?.absences(tiers) ?? [],
  };
}

/** A form as it was received: the one object that stands for it. */
interface KnownForm extends GpuForm {
  readonly wire: WireForm;
}

/** Most forms that are remembered; the writer means one of the newest few. */
const MOST_FORMS = 32;

/** The receiving side. Labels of one form are the same objects each time. */
export class WireReader {
  readonly #forms = new Map<number, KnownForm>();

  /** Whether a form was received. */
  knows(form: number): boolean {
    return this.#forms.has(form);
  }

  /**
   * Unpacks a sample.
   *
   * @param values its numbers, which become the sample's own
   * @throws RangeError for a form that was never sent
   */
  unpack({ form: number, newForm, faults = [] }: WireSample, values: Float64Array): GpuSample {
    if (newForm !== undefined) this.#remember(newForm);
    const form = this.#forms.get(number);
    if (form === undefined) throw new RangeError(`Cannot unpack a sample: form ${number} was never sent`);
    return new UnpackedSample(form, { form, values }, faults);
  }

  #remember(wire: WireForm): void {
    this.#forms.set(wire.number, { state: wire.state, wire });
    for (const old of this.#forms.keys()) if (old <= wire.number - MOST_FORMS) this.#forms.delete(old);
  }
}

/** A sample whose objects are made only for who looks at them. */
class UnpackedSample implements GpuSample {
  readonly absent?: Cause;
  readonly epoch?: number;
  readonly details?: Readonly<Record<string, string | number>>;
  readonly #form: WireForm;
  #gpus: readonly GpuReading[] | undefined;

  constructor({ wire }: KnownForm, readonly column: GpuColumn, readonly faults: readonly GpuFault[]) {
    this.#form = wire;
    if (wire.absent !== undefined) this.absent = wire.absent;
    if (wire.epoch !== undefined) this.epoch = wire.epoch;
    if (wire.details !== undefined) this.details = wire.details;
  }

  get gpus(): readonly GpuReading[] {
    let at = 0;
    return this.#gpus ??= this.#form.gpus.map(({ figures, absent, ...gpu }) => {
      const values = figures.map((figure): GpuValue => {
        return { ...figure, reading: { value: this.column.values[at++]! } };
      });
      return { ...gpu, values: [...values, ...absent] };
    });
  }
}
