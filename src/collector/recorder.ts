/**
 * Where samplers' batches go: into the store, and into a recording where there is one.
 *
 * @module
 */
import type { LabEvent, SampleBatch, Sampler, TargetFacts } from "../series/types.ts";
import { causeOf, type RunnerSink, type SamplerRunner } from "./runner.ts";

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
  /** Something that happened outside of a tick, or beside its values. */
  addEvent(event: LabEvent): void;
  /** What is known before the first tick; later facts come with batches. */
  addFacts(facts: TargetFacts): void;
  /** Tells what happens to the sink itself: a recording that cannot be written for now, and can again. */
  listen?(listener: (event: LabEvent) => void): void;
}

/** The name under which a recording that cannot be written shows in the events. */
const RECORDING = "recording";

/**
 * Passes everything on to both. A recording that cannot be written (a full disk) does not cost the store a point: the first
 * such failure is an event of its own, and so is the first success after it.
 */
export class Recorder implements RunnerSink {
  readonly #store: BatchSink;
  readonly #recording: BatchSink | undefined;
  readonly #runners = new Map<string, SamplerRunner>();
  #failedSinceSeconds: number | undefined;
  #failedCount = 0;

  constructor(store: BatchSink, recording: BatchSink | undefined) {
    this.#store = store;
    this.#recording = recording;
    // Kept in memory too: a full disk is told while it lasts, not found in the file afterwards.
    recording?.listen?.((event) => store.addEvent(event));
  }

  /** Takes over what a sampler knows beforehand, and tells its runner of resets from now on. */
  watch(runner: SamplerRunner, timeSeconds: number): void {
    const { id, facts } = runner.sampler;
    this.#runners.set(id, runner);
    if (facts === undefined) return;
    this.#store.addFacts(facts);
    this.#record(timeSeconds, (recording) => recording.addFacts(facts));
  }

  /** @inheritdoc */
  batch(sampler: Sampler, timeSeconds: number, batch: SampleBatch): void {
    const found = this.#store.append(sampler.id, timeSeconds, batch);
    this.#record(timeSeconds, (recording) => recording.append(sampler.id, timeSeconds, batch));
    for (const event of found?.events ?? []) {
      if (event.kind === "counter_reset") this.#runners.get(sampler.id)?.countReset();
    }
  }

  /** @inheritdoc */
  failure(sampler: Sampler, timeSeconds: number, event: LabEvent): void {
    this.#store.fail(sampler.id, timeSeconds, event);
    this.#record(timeSeconds, (recording) => recording.fail(sampler.id, timeSeconds, event));
  }

  /** @inheritdoc */
  event(event: LabEvent): void {
    this.#store.addEvent(event);
    this.#record(event.timeSeconds, (recording) => recording.addEvent(event));
  }

  #record(timeSeconds: number, write: (recording: BatchSink) => unknown): void {
    if (this.#recording === undefined) return;
    try {
      write(this.#recording);
    } catch (error) {
      this.#recordingFailed(timeSeconds, error);
      return;
    }
    if (this.#failedSinceSeconds === undefined) return;
    const gapSeconds = timeSeconds - this.#failedSinceSeconds;
    const failedCount = this.#failedCount;
    this.#failedSinceSeconds = undefined;
    this.#failedCount = 0;
    this.#store.addEvent({
      kind: "scrape_recovered",
      timeSeconds,
      target: RECORDING,
      failedCount,
      gapSeconds,
    });
  }

  #recordingFailed(timeSeconds: number, error: unknown): void {
    this.#failedCount++;
    if (this.#failedSinceSeconds !== undefined) return;
    this.#failedSinceSeconds = timeSeconds;
    const cause = causeOf(error);
    this.#store.addEvent({
      kind: "scrape_failed",
      timeSeconds,
      target: RECORDING,
      cause,
      durationSeconds: 0,
    });
  }
}
