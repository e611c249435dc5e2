/**
 * Made-up series like a vLLM server's: counters of whole numbers that mostly rest, sums of seconds, gauges; load comes and goes.
 *
 * @module
 */
import { type Random, seededRandom } from "../src/base/random.ts";
import type { SampleBatch, SeriesDefinition } from "../src/series/types.ts";

/** Of ten series seven are whole-number counters (a third of those never move), one a sum, one a gauge, one a ratio. */
const KINDS = [
  "still",
  "counter",
  "counter",
  "still",
  "counter",
  "counter",
  "still",
  "sum",
  "gauge",
  "ratio",
] as const;
type Kind = typeof KINDS[number];

/** Ticks of such a target, one after the other; the same for the same seed. */
export class MadeTarget {
  readonly definitions: readonly SeriesDefinition[];
  readonly ids: Uint32Array;
  readonly values: Float64Array;
  readonly #kinds: readonly Kind[];
  readonly #random: Random;
  #load = 0;
  #tick = 0;

  constructor(seriesCount: number, seed = 1) {
    this.#random = seededRandom(seed);
    this.#kinds = Array.from({ length: seriesCount }, (_, id) => KINDS[id % KINDS.length]!);
    this.ids = Uint32Array.from({ length: seriesCount }, (_, id) => id);
    this.values = new Float64Array(seriesCount);
    this.definitions = this.#kinds.map((kind, id) => ({
      id,
      name: `lab_bench_${kind}${kind === "counter" || kind === "still" || kind === "sum" ? "_total" : ""}`,
      labels: { id: String(id) },
      type: kind === "gauge" || kind === "ratio" ? "gauge" : "counter",
    }));
  }

  /** The next tick, a second after the one before, a few milliseconds late as ticks are. */
  next(): { timeSeconds: number; batch: SampleBatch } {
    if (this.#tick % 300 === 0) this.#load = 5 * this.#random.next();
    for (let id = 0; id < this.values.length; id++) this.#move(id);
    const timeSeconds = 1.79e9 + this.#tick + Math.floor(4000 * this.#random.next()) / 1e6;
    const defined = this.#tick++ === 0 ? this.definitions : [];
    return {
      timeSeconds,
      batch: { ids: this.ids, values: this.values, defined, vanishedIds: [], events: [] },
    };
  }

  #move(id: number): void {
    const random = this.#random.next();
    switch (this.#kinds[id]) {
      case "counter": {
        const rate = this.#load * (id % 13) / 13;
        if (random < rate) this.values[id]! += 1 + Math.floor(rate * random);
        return;
      }
      case "sum":
        if (random < this.#load / 8) this.values[id]! += 0.3 * this.#random.next();
        return;
      case "gauge":
        if (random < 0.3) this.values[id] = Math.floor(4 * this.#load * this.#random.next());
        return;
      case "ratio":
        if (random < 0.5) this.values[id] = Math.floor(400 * this.#load * this.#random.next()) / 2048;
    }
  }
}
