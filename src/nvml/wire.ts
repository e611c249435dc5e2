/**
 * Samples between two threads: what repeats is sent once, then only numbers. A sample of eight GPUs is some 300 objects,
 * and copying them from one thread to the other costs more than reading the GPUs.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { GpuMetric } from "../gpu/metrics.ts";
import type { GpuIdentity, GpuReading, GpuSample, GpuValue } from "../gpu/types.ts";
import type { Labels } from "../parser/types.ts";

/** A sample without its numbers. Samples of one form differ in nothing but these. */
export interface WireForm {
  readonly gpus: readonly WireGpu[];
  readonly absent?: Cause;
  readonly epoch?: number;
  readonly details?: Readonly<Record<string, string | number>>;
}

/** A GPU without its numbers. */
interface WireGpu extends GpuIdentity {
  readonly lost?: Cause;
  readonly figures: readonly WireFigure[];
}

/** A figure without its number; one that is absent whole, which is the same object in every sample of the form. */
interface WireFigure {
  readonly metric: GpuMetric;
  readonly labels?: Labels;
  readonly absentValue?: GpuValue;
}

/** What is sent: the form's number, the form itself when it is new, and the numbers in the form's order. */
export interface WireSample {
  readonly form: number;
  readonly newForm?: WireForm;
  readonly values: Float64Array;
  readonly faults?: GpuSample["faults"];
}

/** Most forms that are remembered: a few combinations of tiers, times what processes and causes come and go. */
const MOST_FORMS = 32;

/** The sending side. */
export class WireWriter {
  readonly #forms = new Map<string, number>();
  #next = 0;

  /** Packs a sample. */
  pack(sample: GpuSample): WireSample {
    const values: number[] = [];
    const key = keyOf(sample, values);
    const known = this.#forms.get(key);
    const form = known ?? this.#next++;
    if (known === undefined) {
      if (this.#forms.size >= MOST_FORMS) this.#forms.clear();
      this.#forms.set(key, form);
    }
    return {
      form,
      ...(known === undefined ? { newForm: formOf(sample) } : {}),
      values: Float64Array.from(values),
      ...(sample.faults === undefined || sample.faults.length === 0 ? {} : { faults: sample.faults }),
    };
  }
}

/** Gives numbers in their order. */
class Numbers {
  readonly #values: Float64Array;
  #at = 0;

  constructor(values: Float64Array) {
    this.#values = values;
  }

  next(): number {
    return this.#values[this.#at++]!;
  }
}

function readingOf({ uuid, index, name, parentUuid, lost, figures }: WireGpu, numbers: Numbers): GpuReading {
  const values: GpuValue[] = [];
  for (const figure of figures) {
    const { metric, labels, absentValue } = figure;
    if (absentValue !== undefined) values.push(absentValue);
    else {
      const reading = { value: numbers.next() };
      values.push(labels === undefined ? { metric, reading } : { metric, labels, reading });
    }
  }
  return {
    uuid,
    index,
    name,
    ...(parentUuid === undefined ? {} : { parentUuid }),
    values,
    ...(lost === undefined ? {} : { lost }),
  };
}

/** The receiving side. Labels of one form are the same objects each time. */
export class WireReader {
  readonly #forms = new Map<number, WireForm>();

  /**
   * Unpacks a sample.
   *
   * @throws RangeError for a form that was never sent
   */
  unpack(sample: WireSample): GpuSample {
    if (sample.newForm !== undefined) this.#remember(sample.form, sample.newForm);
    const form = this.#forms.get(sample.form);
    if (form === undefined) {
      throw new RangeError(`Cannot unpack a sample: form ${sample.form} was never sent`);
    }
    const { absent, epoch, details } = form;
    const numbers = new Numbers(sample.values);
    const gpus = form.gpus.map((gpu) => readingOf(gpu, numbers));
    return {
      gpus,
      ...(absent === undefined ? {} : { absent }),
      ...(epoch === undefined ? {} : { epoch }),
      ...(details === undefined ? {} : { details }),
      faults: sample.faults ?? [],
    };
  }

  #remember(number: number, form: WireForm): void {
    // The writer forgets all at once and counts on; what it may still mean are the newest.
    for (const old of this.#forms.keys()) if (old <= number - 2 * MOST_FORMS) this.#forms.delete(old);
    this.#forms.set(number, form);
  }
}

/** Everything but the numbers, as a text, while the numbers are collected. */
function keyOf(sample: GpuSample, values: number[]): string {
  let key = `${sample.epoch} ${sample.absent === undefined ? "" : JSON.stringify(sample.absent)}`;
  for (const { uuid, index, lost, values: figures } of sample.gpus) {
    key += `\n${uuid} ${index} ${lost === undefined ? "" : JSON.stringify(lost)}`;
    for (const { metric, labels, reading } of figures) {
      key += ` ${metric}`;
      for (const label in labels) key += `,${labels[label]}`;
      if ("value" in reading) values.push(reading.value);
      else key += `!${reading.absent.code}${reading.absent.params?.nvml ?? ""}`;
    }
  }
  return key;
}

function formOf({ gpus, absent, epoch, details }: GpuSample): WireForm {
  return {
    gpus: gpus.map(({ values, ...gpu }) => ({
      ...gpu,
      figures: values.map((value) => ({
        metric: value.metric,
        ...(value.labels === undefined ? {} : { labels: value.labels }),
        ...("value" in value.reading ? {} : { absentValue: value }),
      })),
    })),
    ...(absent === undefined ? {} : { absent }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(details === undefined ? {} : { details }),
  };
}
