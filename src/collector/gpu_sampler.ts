/**
 * All GPUs as one sampler.
 *
 * @module
 */
import { checkOptions, type Checks, needed, POSITIVE, shape, TEXT } from "../base/arguments.ts";
import { type Cause, isPresent, type Reading } from "../base/cause.ts";
import { GPU_METRICS, type GpuMetric } from "../gpu/metrics.ts";
import type { GpuColumn, GpuForm, GpuReading, GpuSample, GpuSource } from "../gpu/types.ts";
import type { Labels } from "../parser/types.ts";
import type { LabEvent, SampleBatch, Sampler, TargetFacts } from "../series/types.ts";
import { BatchBuilder, type SeriesSlot } from "./batch_builder.ts";

/** How GPUs are sampled. */
export interface GpuSamplerOptions {
  readonly source: GpuSource;
  readonly intervalSeconds: number;
  /** The sampler's name, default "gpu". */
  readonly id?: string;
}

const CHECKS: Checks<GpuSamplerOptions> = {
  source: needed(shape("a source of GPUs, such as openNvml()", ["read"])),
  intervalSeconds: needed(POSITIVE),
  id: TEXT,
};

/**
 * Reads the figures of every GPU of a {@link GpuSource} on each tick. Without any GPU it yields no series, and the facts say why: that is a state, not a failed
 * read. A GPU that gets lost is an event and a gap of its own series. A figure that a sample leaves out was not read this
 * time: its series goes on.
 */
export class GpuSampler implements Sampler {
  readonly id: string;
  readonly intervalSeconds: number;
  readonly limitsItself: boolean;
  /** That it reads GPUs, and whether they are simulated: a source that never answers is not nameless. */
  readonly facts: TargetFacts;
  readonly #source: GpuSource;
  readonly #builder = new BatchBuilder({ untouched: "stay" });
  readonly #labels = new Map<string, Labels>();
  readonly #lost = new Set<string>();
  readonly #together = new WeakMap<Labels, WeakMap<Labels, Labels>>();
  readonly #slots = new WeakMap<Labels, Map<GpuMetric, SeriesSlot>>();
  /** Where the numbers of a form go, in the column's order; good as long as the state of the last sample is the form's. */
  readonly #plans = new WeakMap<GpuForm, readonly SeriesSlot[]>();
  #state: number | undefined;
  /** What each GPU does not tell, by UUID and figure. */
  readonly #absent = new Map<string, Map<GpuMetric, Cause>>();
  #details: GpuSample["details"];
  #absentChanged = false;
  #lastSignature = "";
  #lastFacts = "";

  /** Takes the source over: it is freed with the sampler. */
  constructor(options: GpuSamplerOptions) {
    checkOptions<GpuSamplerOptions>(
      "new GpuSampler({ source: openNvml(), intervalSeconds: 2 })",
      options,
      CHECKS,
    );
    this.id = options.id ?? "gpu";
    this.intervalSeconds = options.intervalSeconds;
    this.#source = options.source;
    this.limitsItself = options.source.limitsItself === true;
    this.facts = {
      target: this.id,
      kind: "gpu",
      simulated: options.source.simulated === true,
      intervalSeconds: this.intervalSeconds,
    };
  }

  /** Reads every GPU once; a GPU that is gone ends its series, the others go on. */
  async sample(timeSeconds: number, signal: AbortSignal): Promise<SampleBatch> {
    const sample = await this.#source.read(timeSeconds, signal);
    const { column, faults = [] } = sample;
    const plan = column !== undefined && column.form.state === this.#state && faults.length === 0
      ? this.#plans.get(column.form)
      : undefined;
    if (column === undefined || plan === undefined) return this.#whole(sample, timeSeconds);
    return this.#numbers(column, plan);
  }

  /** A sample that differs from an earlier one in numbers only. */
  #numbers({ values }: GpuColumn, plan: readonly SeriesSlot[]): SampleBatch {
    for (let i = 0; i < plan.length; i++) this.#builder.put(plan[i]!, values[i]!);
    return this.#builder.build();
  }

  #whole(sample: GpuSample, timeSeconds: number): SampleBatch {
    const events = this.#faults(sample, timeSeconds);
    const there = new Set<string>();
    const placed: SeriesSlot[] = [];
    for (const gpu of sample.gpus) {
      events.push(...this.#losses(gpu, timeSeconds));
      if (gpu.lost === undefined) there.add(gpu.uuid);
      this.#set(gpu, placed);
    }
    this.#builder.end(({ uuid }) => uuid === undefined || !there.has(uuid));
    const { column } = sample;
    this.#state = column?.form.state;
    if (column !== undefined) this.#plans.set(column.form, placed);
    return this.#builder.build({ events, facts: this.#facts(sample) });
  }

  /** Frees the source. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]?.();
  }

  #set(gpu: GpuReading, placed: SeriesSlot[]): void {
    const own = this.#labelsOf(gpu);
    const absent = this.#absent.get(gpu.uuid) ?? new Map<GpuMetric, Cause>();
    this.#absent.set(gpu.uuid, absent);
    for (const { metric, reading, labels } of gpu.values) {
      const value = isPresent(reading) ? reading.value : undefined;
      if (labels === undefined && note(absent, metric, reading)) this.#absentChanged = true;
      const slot = this.#slot(metric, labels === undefined ? own : this.#with(own, labels));
      this.#builder.put(slot, value);
      if (value !== undefined) placed.push(slot);
    }
  }

  /** A series' place, found by the identity of its labels. */
  #slot(metric: GpuMetric, labels: Labels): SeriesSlot {
    let byMetric = this.#slots.get(labels);
    if (byMetric === undefined) this.#slots.set(labels, byMetric = new Map());
    let slot = byMetric.get(metric);
    if (slot === undefined) byMetric.set(metric, slot = this.#builder.slot(GPU_METRICS[metric], labels));
    return slot;
  }

  /** The same object for the same GPU, as long as its index stays. */
  #labelsOf({ index, uuid, name }: GpuReading): Labels {
    let labels = this.#labels.get(uuid);
    if (labels?.gpu !== index || labels.name !== name) {
      labels = { gpu: index, uuid, name };
      this.#labels.set(uuid, labels);
    }
    return labels;
  }

  /** Both together, and the same object for the same two. */
  #with(own: Labels, labels: Labels): Labels {
    let byLabels = this.#together.get(own);
    if (byLabels === undefined) this.#together.set(own, byLabels = new WeakMap());
    let together = byLabels.get(labels);
    if (together === undefined) byLabels.set(labels, together = { ...own, ...labels });
    return together;
  }

  #losses({ uuid, index, lost }: GpuReading, timeSeconds: number): LabEvent[] {
    if (lost === undefined) {
      this.#lost.delete(uuid);
      return [];
    }
    if (this.#lost.has(uuid)) return [];
    this.#lost.add(uuid);
    return [{ kind: "gpu_lost", timeSeconds, target: this.id, gpu: index, cause: lost }];
  }

  #faults(sample: GpuSample, timeSeconds: number): LabEvent[] {
    return (sample.faults ?? []).map((fault) => ({
      kind: "gpu_xid",
      timeSeconds: fault.timeSeconds ?? timeSeconds,
      target: this.id,
      gpu: sample.gpus.find(({ uuid }) => uuid === fault.uuid)?.index ?? fault.uuid,
      xid: fault.xid,
    }));
  }

  /** Facts when they changed. They are put together only when something that they tell may have. */
  #facts(sample: GpuSample): TargetFacts | undefined {
    const signature = signatureOf(sample);
    const same = !this.#absentChanged && signature === this.#lastSignature &&
      sample.details === this.#details;
    if (same) return undefined;
    this.#absentChanged = false;
    this.#lastSignature = signature;
    this.#details = sample.details;
    const facts: TargetFacts = {
      target: this.id,
      kind: "gpu",
      simulated: this.#source.simulated,
      intervalSeconds: this.intervalSeconds,
      details: { ...this.#details, gpus: sample.gpus.length, ...namesOf(sample.gpus) },
      absent: this.#absences(sample),
    };
    const text = JSON.stringify(facts);
    if (text === this.#lastFacts) return undefined;
    this.#lastFacts = text;
    return facts;
  }

  /** `gpu`: nothing at all. Else `gpuN` for a lost one, `gpuN.figure` for what it does not tell. */
  #absences(sample: GpuSample): Record<string, Cause> {
    if (sample.absent !== undefined) return { gpu: sample.absent };
    const all: Record<string, Cause> = {};
    for (const { index, uuid, lost } of sample.gpus) {
      if (lost !== undefined) all[`gpu${index}`] = lost;
      for (const [metric, cause] of this.#absent.get(uuid) ?? []) all[`gpu${index}.${metric}`] = cause;
    }
    return all;
  }
}

function namesOf(gpus: readonly GpuReading[]): Record<string, string> {
  return Object.fromEntries(gpus.map(({ index, name }) => [`gpu${index}`, name]));
}

/** Which GPUs there are, which of them are lost and why. */
function signatureOf({ gpus, absent }: GpuSample): string {
  let text = absent === undefined ? "" : JSON.stringify(absent);
  for (const { uuid, index, lost } of gpus) {
    text += ` ${index} ${uuid} ${lost === undefined ? "" : JSON.stringify(lost)}`;
  }
  return text;
}

/** Keeps a cause, and tells whether that is news. A figure that is only missing now (no data yet) is a gap, not an absence. */
function note(absent: Map<GpuMetric, Cause>, metric: GpuMetric, reading: Reading): boolean {
  if (isPresent(reading) || reading.absent.code === "no_data") return absent.delete(metric);
  const before = absent.get(metric);
  absent.set(metric, reading.absent);
  return before?.code !== reading.absent.code;
}
