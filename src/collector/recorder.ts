/**
 * Where samplers' batches go: into the store, and into a recording where there is one.
 *
 * @module
 */
import type { LabEvent, SampleBatch, Sampler, TargetFacts } from "../series/types.ts";
import type { RunnerSink, SamplerRunner } from "./runner.ts";

/** Takes what a collector collects. The store does, and a recording. */
export interface BatchSink {
  /** A tick's values. What it learnt from them (a reset) it may answer with. */
  append(
    samplerId: string,
    timeSeconds: number,
    batch: SampleBatch,
  ): { readonly events: readonly LabEvent[] } | void;
  /** A tick on which nothing could be read, with its event: the sampler's series are absent from here on. */
  fail(samplerId: string, timeSeconds: number, event: LabEvent): unknown;
  addEvent(event: LabEvent): void;
  /** What is known before the first tick; later facts come with batches. */
  addFacts(facts: TargetFacts): void;
}

/** Passes everything on to both. A recording that fails does not cost the store a point: it is an event of its own. */
export class Recorder implements RunnerSink {
  readonly #store: BatchSink;
  readonly #recording: BatchSink | undefined;
  readonly #runners = new Map<string, SamplerRunner>();

  constructor(store: BatchSink, recording: BatchSink | undefined) {
    this.#store = store;
    this.#recording = recording;
  }

  /** Takes over what a sampler knows beforehand, and tells its runner of resets from now on. */
  watch(runner: SamplerRunner): void {
    const { id, facts } = runner.sampler;
    this.#runners.set(id, runner);
    if (facts === undefined) return;
    this.#store.addFacts(facts);
    this.#recording?.addFacts(facts);
  }

  /** @inheritdoc */
  batch(sampler: Sampler, timeSeconds: number, batch: SampleBatch): void {
    const found = this.#store.append(sampler.id, timeSeconds, batch);
    this.#recording?.append(sampler.id, timeSeconds, batch);
    for (const event of found?.events ?? []) {
      if (event.kind === "counter_reset") this.#runners.get(sampler.id)?.countReset();
    }
  }

  /** @inheritdoc */
  failure(sampler: Sampler, timeSeconds: number, event: LabEvent): void {
    this.#store.fail(sampler.id, timeSeconds, event);
    this.#recording?.fail(sampler.id, timeSeconds, event);
  }

  /** @inheritdoc */
  event(event: LabEvent): void {
    this.#store.addEvent(event);
    this.#recording?.addEvent(event);
  }
}
