/**
 * Counters per model, with the records that ended since the last tick: what the sampler reads.
 *
 * @module
 */
import type { LabEvent, RequestRecord, SampleBatch, Sampler, SeriesDefinition } from "../../series/types.ts";
import type { Unit } from "../../catalog/types.ts";
import type { MetricType } from "../../parser/types.ts";
import { BUCKET_BOUNDS, ClientCounters, type HistogramName, HISTOGRAMS, readSnapshot } from "./counters.ts";
import { OUTCOMES } from "./summary.ts";

/** Families of the histograms. */
const HISTOGRAM_FAMILIES: Readonly<Record<HistogramName, { readonly name: string; readonly help: string }>> =
  {
    ttft: {
      name: "lab_client_time_to_first_token_seconds",
      help: "Time to first token as the client saw it",
    },
    itl: {
      name: "lab_client_inter_token_latency_seconds",
      help: "Gap between consecutive token chunks as the client saw it",
    },
    tpot: {
      name: "lab_client_time_per_output_token_seconds",
      help: "Time per output token after the first, of requests that ended well",
    },
    e2e: {
      name: "lab_client_e2e_latency_seconds",
      help: "From send to last token, of requests that ended well",
    },
  };

/** Counters that another thread keeps: their newest snapshot stands beside the counters of this one. */
export interface LiveCounters {
  update(cells: Float64Array): void;
  /** The last snapshot is final: from now on it counts among this thread's own. */
  end(): void;
}

/** All counters of a workload, over all its runs. */
export class CounterRegistry {
  readonly #own = new Map<string, ClientCounters>();
  readonly #live = new Map<string, Set<{ cells: Float64Array }>>();
  #records: RequestRecord[] = [];
  #events: LabEvent[] = [];
  #watched = false;
  readonly #runs = new Set<{ readonly ended: Promise<unknown>; readonly signal: AbortSignal | undefined }>();

  /** Counters for an engine in this thread; the same model continues the same counters. */
  counters(model: string): ClientCounters {
    let counters = this.#own.get(model);
    if (counters === undefined) {
      counters = new ClientCounters();
      this.#own.set(model, counters);
    }
    return counters;
  }

  /** Adds a model's counters that another thread keeps. */
  addLive(model: string): LiveCounters {
    const own = this.counters(model);
    const live = this.#live.get(model) ?? new Set();
    this.#live.set(model, live);
    const latest: { cells: Float64Array } = { cells: new Float64Array(0) };
    live.add(latest);
    return {
      update: (cells) => latest.cells = cells,
      end: () => {
        if (live.delete(latest)) own.absorb(latest.cells);
      },
    };
  }

  /** Somebody reads: from now on records and events are kept for them. */
  watch(): void {
    this.#watched = true;
  }

  /** Keeps a record for the next tick. */
  addRecord(record: RequestRecord): void {
    if (this.#watched) this.#records.push(record);
  }

  /** Keeps an event for the next tick. */
  addEvent(event: LabEvent): void {
    if (this.#watched) this.#events.push(event);
  }

  /** Records and events since the last call. */
  take(): { readonly records: readonly RequestRecord[]; readonly events: readonly LabEvent[] } {
    const taken = { records: this.#records, events: this.#events };
    this.#records = [];
    this.#events = [];
    return taken;
  }

  /** Remembers a run while it lasts; gives it back. */
  during<T>(run: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const noted = { ended: run.catch(() => undefined), signal };
    this.#runs.add(noted);
    void noted.ended.then(() => this.#runs.delete(noted));
    return run;
  }

  /** Resolves when the runs that were told to stop have ended: their open requests are records then. */
  async settle(): Promise<void> {
    const stopping = [...this.#runs].filter(({ signal }) => signal?.aborted === true);
    await Promise.all(stopping.map(({ ended }) => ended));
  }

  /** Requests of a model that are sent and not ended. */
  inFlight(model: string): number {
    const cells = this.snapshots().get(model);
    return cells === undefined ? 0 : readSnapshot(cells).inFlight;
  }

  /** All numbers per model. */
  snapshots(): ReadonlyMap<string, Float64Array> {
    const sums = new Map<string, Float64Array>();
    for (const [model, counters] of this.#own) {
      const sum = counters.snapshot();
      for (const { cells } of this.#live.get(model) ?? []) {
        for (const [i, value] of cells.entries()) sum[i] = (sum[i] ?? 0) + value;
      }
      sums.set(model, sum);
    }
    return sums;
  }
}

/** Options of {@link workloadSampler}. */
export interface WorkloadSamplerOptions {
  readonly id: string;
  readonly intervalSeconds: number;
  readonly apiBase: string;
  readonly simulated: boolean;
}

/** The workload as one of the collector's samplers: `lab_client_*` series, the requests that ended, the phases. */
export function workloadSampler(registry: CounterRegistry, options: WorkloadSamplerOptions): Sampler {
  const ids = new SeriesIds();
  // What an earlier load counted is no part of what is watched; a model that comes later began at 0.
  const told = new Set(registry.snapshots().keys());
  registry.watch();
  return {
    id: options.id,
    intervalSeconds: options.intervalSeconds,
    // Requests that ended since the last tick are rows of their own: nobody else has them.
    wantsLastRead: true,
    settle: () => registry.settle(),
    sample() {
      const values: number[] = [];
      const used: number[] = [];
      const defined: SeriesDefinition[] = [];
      const begun: number[] = [];
      const snapshots = registry.snapshots();
      for (const [model, cells] of snapshots) {
        for (const point of points(model, cells)) {
          const id = ids.idOf(point, defined);
          if (!told.has(model)) begun.push(id);
          used.push(id);
          values.push(point.value);
        }
        told.add(model);
      }
      const { records, events } = registry.take();
      const batch: SampleBatch = {
        ids: used,
        values,
        defined,
        vanishedIds: [],
        ...(begun.length === 0 ? {} : { begunIds: begun }),
        events,
        facts: {
          target: options.id,
          kind: "workload",
          simulated: options.simulated,
          address: options.apiBase,
          models: [...snapshots.keys()],
        },
        ...(records.length === 0 ? {} : { requests: records }),
      };
      return Promise.resolve(batch);
    },
  };
}

interface Point {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: Unit;
  readonly value: number;
}

class SeriesIds {
  readonly #ids = new Map<string, number>();

  idOf(point: Point, defined: SeriesDefinition[]): number {
    const key = `${point.name} ${JSON.stringify(point.labels)}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(key, id);
      const { name, labels, type, help, unit } = point;
      defined.push({ id, name, labels, type, help, unit });
    }
    return id;
  }
}

function* points(model: string, cells: Float64Array): Generator<Point> {
  const reading = readSnapshot(cells);
  for (const outcome of OUTCOMES) {
    yield {
      name: "lab_client_requests_total",
      labels: { model, outcome },
      type: "counter",
      help: "Requests of the workload by how they ended",
      unit: "requests",
      value: reading.byOutcome[outcome],
    };
  }
  yield {
    name: "lab_client_in_flight_requests",
    labels: { model },
    type: "gauge",
    help: "Requests of the workload that are sent and not ended",
    unit: "requests",
    value: reading.inFlight,
  };
  const tokens = { labels: { model }, type: "counter", unit: "tokens" } as const;
  yield {
    name: "lab_client_prompt_tokens_total",
    ...tokens,
    help: "Prompt tokens of ended requests, as the server counted them",
    value: reading.promptTokens,
  };
  yield {
    name: "lab_client_generation_tokens_total",
    ...tokens,
    help: "Output tokens that came, a chunk as one until the server says more",
    value: reading.generationTokens,
  };
  for (const name of HISTOGRAMS) yield* histogramPoints(model, name, reading.histograms[name]);
}

function* histogramPoints(
  model: string,
  histogram: HistogramName,
  { cumulative, sum }: { readonly cumulative: readonly number[]; readonly sum: number },
): Generator<Point> {
  const { name, help } = HISTOGRAM_FAMILIES[histogram];
  const common = { type: "histogram", help, unit: "seconds" } as const;
  for (const [i, value] of cumulative.entries()) {
    const bound = BUCKET_BOUNDS[i];
    yield {
      name: `${name}_bucket`,
      labels: { le: bound === undefined ? "+Inf" : formatBound(bound), model },
      ...common,
      value,
    };
  }
  yield { name: `${name}_sum`, labels: { model }, ...common, value: sum };
  yield { name: `${name}_count`, labels: { model }, ...common, value: cumulative.at(-1) ?? 0 };
}

/** As Prometheus clients write it: whole numbers with ".0". */
function formatBound(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}
