/**
 * The collector: samplers on one clock, into one store.
 *
 * @module
 */
import { ANY_TEXT, checkArgument, checkOptions, TEXT } from "../base/arguments.ts";
import { checkMetricName } from "../catalog/metric_name.ts";
import { checkCollectorOptions, LATEST_CHECKS, SAMPLER } from "./collector_checks.ts";
import { type Clock, drive } from "../base/clock.ts";
import { isQuantityName } from "../catalog/quantities.ts";
import type { QuantityName } from "../catalog/types.ts";
import type { GpuSource } from "../gpu/types.ts";
import type { Labels, MetricMeta } from "../parser/types.ts";
import { MemorySource } from "../series/memory_source.ts";
import type { SeriesStore } from "../series/store.ts";
import type {
  Grid,
  LabEvent,
  MetricSource,
  RequestRecord,
  Sampler,
  Selector,
  Series,
  SeriesDefinition,
  TargetFacts,
  TimeSpan,
  WindowQuery,
} from "../series/types.ts";
import { realClock } from "./clock.ts";
import { latestSeries } from "./latest.ts";
import { type BatchSink, Recorder } from "./recorder.ts";
import { type SamplerHealth, SamplerRunner, type TickResult } from "./runner.ts";
import { samplersOf, type SamplersOptions } from "./samplers.ts";
import { type SeriesSummary, summarize } from "./summary.ts";
import type { TargetOptions } from "./targets.ts";
import { WallClockWatch } from "./wall_clock.ts";

/** What is collected, how often, and how much is kept. */
export interface CollectorOptions {
  /** Servers: addresses, or addresses with names and headers. Empty only beside `system`, `gpu` or `samplers`. */
  readonly targets: readonly (string | TargetOptions)[];
  /** Between the ticks of each sampler, default 2. Samplers of your own bring theirs. */
  readonly intervalSeconds?: number;
  /** Points kept for each series, default 1000. */
  readonly maxDataPoints?: number;
  /** Time kept for each series, instead of a number of points. */
  readonly retentionSeconds?: number;
  /** Besides: bytes of points of all series together; beyond them the oldest go. Default: no bound. */
  readonly maxBytes?: number;
  /** Keep these quantities of the servers only; default: everything that they show. */
  readonly quantities?: readonly QuantityName[];
  /** GPUs: a source of your own, or false for none. Default: NVML where there is one, else the facts say why not. */
  readonly gpu?: GpuSource | boolean;
  /** The machine: a sampler of your own, or false for none. Default: this machine. */
  readonly system?: Sampler | boolean;
  /** Gets everything that the store gets, as it comes. */
  readonly recording?: BatchSink;
  /** Further samplers: a workload, a simulation. */
  readonly samplers?: readonly Sampler[];
  /** Default: the machine's. Ticks, time stamps and time limits follow it. */
  readonly clock?: Clock;
  /** Reaches the servers; default the global one. */
  readonly fetch?: typeof fetch;
}

/** Whether it ticks. */
export type CollectorState = "idle" | "running" | "stopped";

/** How the collection stands, and the last five minutes of every series. */
export interface SummaryStats {
  /** `idle` before {@link RealTimeMetricsCollector.start}, `stopped` for good. */
  readonly state: CollectorState;
  /** From the start until now or the stop; 0 before the start. */
  readonly durationSeconds: number;
  /** As the collector was given it; a sampler's own is in `health`. */
  readonly intervalSeconds: number;
  /** Reads of all samplers, failed ones included. */
  readonly scrapes: number;
  /** Those of the reads that failed. */
  readonly failures: number;
  /** One entry a sampler, in the order in which they were added. */
  readonly health: readonly SamplerHealth[];
  /** Every series of every quantity that is there; empty before the first good read. */
  readonly series: readonly SeriesSummary[];
}

/** Which points {@link RealTimeMetricsCollector.getLatestData} gives. */
export interface LatestOptions {
  /** The newest so many of each series. */
  readonly points?: number;
  /** Those of the last so many seconds. */
  readonly seconds?: number;
  /** Labels that a series must have. */
  readonly labels?: Labels;
}

/** How long {@link RealTimeMetricsCollector.stop} waits for reads under way, in seconds. */
const STOP_GRACE_SECONDS = 5;

/**
 * Reads servers, this machine and its GPUs in the background, and keeps their series. Every sampler on a grid of its
 * own, so that a slow one delays no other. It never throws or prints in the background; what goes wrong is an event, a
 * gap and a line in {@link health}.
 *
 * @example
 * ```ts
 * import { RealTimeMetricsCollector } from "#lab";
 *
 * await using collector = new RealTimeMetricsCollector({ targets: ["http://127.0.0.1:8000"] });
 * await collector.collectOnce();
 * console.log(collector.getSummaryStats().scrapes);
 * ```
 */
export class RealTimeMetricsCollector implements MetricSource, AsyncDisposable {
  readonly #clock: Clock;
  readonly #source: MemorySource;
  readonly #recorder: Recorder;
  readonly #wall: WallClockWatch;
  readonly #runners: SamplerRunner[] = [];
  readonly #loops: Promise<void>[] = [];
  readonly #stop = new AbortController();
  readonly #intervalSeconds: number;
  readonly #quantities: readonly QuantityName[] | undefined;
  #startedSeconds: number | undefined;
  #stoppedSeconds: number | undefined;
  #stopping: Promise<void> | undefined;

  /**
   * Opens nothing yet: the first read is at the start, or at `collectOnce`.
   *
   * @throws TypeError when a target is not an address
   * @throws RangeError when two samplers have one name, or an interval or a retention is not more than 0
   */
  constructor(options: CollectorOptions) {
    checkCollectorOptions(options);
    const { intervalSeconds = 2, maxDataPoints, retentionSeconds, maxBytes } = options;
    if (maxDataPoints !== undefined && retentionSeconds !== undefined) {
      throw new RangeError("Cannot keep both: maxDataPoints and retentionSeconds are given, wanted one");
    }
    this.#clock = options.clock ?? realClock();
    this.#wall = new WallClockWatch(this.#clock);
    this.#intervalSeconds = intervalSeconds;
    this.#quantities = options.quantities;
    this.#source = new MemorySource({
      ...(retentionSeconds === undefined ? { maxPoints: maxDataPoints ?? 1000 } : { retentionSeconds }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    this.#recorder = new Recorder(this.#source, options.recording);
    const samplersOptions: SamplersOptions = { ...options, intervalSeconds, clock: this.#clock };
    for (const sampler of samplersOf(samplersOptions)) this.addSampler(sampler);
  }

  /** The store behind it. */
  get series(): SeriesStore {
    return this.#source.store;
  }

  /** How each sampler has been doing. */
  get health(): readonly SamplerHealth[] {
    return this.#runners.map((runner) => runner.health);
  }

  /** Whether it ticks. */
  get state(): CollectorState {
    if (this.#stopping !== undefined) return "stopped";
    return this.#startedSeconds === undefined ? "idle" : "running";
  }

  /**
   * Begins to tick in the background; the first tick is now. A second call does nothing.
   *
   * @throws Error when it was stopped: its samplers are gone, wanted a new collector
   */
  start(): void {
    if (this.state === "running") return;
    if (this.state === "stopped") {
      throw new Error("Cannot start the collector: it was stopped, wanted a new one");
    }
    this.#startedSeconds = this.#clock.nowSeconds();
    this.#recorder.event({ kind: "collector", timeSeconds: this.#startedSeconds, state: "started" });
    for (const runner of this.#runners) this.#run(runner);
  }

  /** Stops ticking, waits for reads under way, frees the samplers. The data stays. A second call waits for the first. */
  stop(): Promise<void> {
    this.#stopping ??= drive(this.#clock, async () => {
      this.#stop.abort();
      await Promise.all(this.#runners.map((runner) => runner.end(STOP_GRACE_SECONDS)));
      await Promise.all(this.#loops);
      this.#stoppedSeconds = this.#clock.nowSeconds();
      if (this.#startedSeconds === undefined) return;
      this.#recorder.event({ kind: "collector", timeSeconds: this.#stoppedSeconds, state: "stopped" });
    });
    return this.#stopping;
  }

  /** As {@link stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Reads every sampler once, now, whether it ticks or not. A failed read is a result, not a rejection.
   *
   * @throws Error when it was stopped
   */
  // deno-lint-ignore require-await -- a throw becomes a rejection
  async collectOnce(): Promise<readonly TickResult[]> {
    if (this.state === "stopped") {
      throw new Error("Cannot collect: the collector was stopped, wanted a new one");
    }
    return drive(this.#clock, () => Promise.all(this.#runners.map((runner) => runner.tick())));
  }

  /**
   * Adds a sampler, at any time before the stop. While running it ticks from now on; before the start a workload is read
   * once, so that what it sends before the start counts.
   *
   * @throws RangeError when a sampler of that name is there, or its interval is not more than 0
   */
  addSampler(sampler: Sampler): void {
    checkArgument("collector.addSampler(workload.sampler)", { sampler }, SAMPLER);
    if (this.state === "stopped") throw new Error("Cannot add a sampler: the collector was stopped");
    if (this.#runners.some((runner) => runner.sampler.id === sampler.id)) {
      throw new RangeError(
        `Cannot add the sampler "${sampler.id}": there is one of that name, wanted a new collector (run its cell again first)`,
      );
    }
    const runner = new SamplerRunner(sampler, { clock: this.#clock, sink: this.#recorder, wall: this.#wall });
    this.#runners.push(runner);
    this.#recorder.watch(runner, this.#clock.nowSeconds());
    if (this.state === "running") this.#run(runner);
    // Counts of what happens between now and the start begin at what is read now; of others they begin at the start.
    else if (sampler.wantsLastRead === true) void runner.tick();
  }

  /** Puts a note on the time line, now. */
  note(text: string): void {
    checkArgument('collector.note("warm")', { text }, ANY_TEXT);
    this.#recorder.event({ kind: "note", timeSeconds: this.#clock.nowSeconds(), text });
  }

  /**
   * The newest points of a quantity or of a series by its name on the server (of a histogram all its parts).
   * Without options: all that is kept. What this server does not have, or has not shown yet, gives nothing.
   *
   * @throws RangeError for a name that is neither a quantity nor one that a server has, with those that come near
   */
  getLatestData(name: string, options: LatestOptions = {}): Series[] {
    const call = 'collector.getLatestData("running", { points: 10 })';
    checkArgument(call, { name }, TEXT);
    checkOptions<LatestOptions>(call, options, LATEST_CHECKS);
    const endSeconds = this.#endSeconds();
    const found = latestSeries(this.series, isQuantityName(name) ? { quantity: name } : { name }, {
      ...options,
      endSeconds,
    });
    if (found.length === 0) checkMetricName(call, name, this.#namesIfAllAnswered());
    return found;
  }

  /** How the collection stands and the last 300 s of every quantity: gauges as they are, counters as rates, histograms as means. */
  getSummaryStats(): SummaryStats {
    const health = this.health;
    const endSeconds = this.#endSeconds();
    const total = (pick: (each: SamplerHealth) => number) =>
      health.reduce((sum, each) => sum + pick(each), 0);
    return {
      state: this.state,
      durationSeconds: this.#startedSeconds === undefined ? 0 : endSeconds - this.#startedSeconds,
      intervalSeconds: this.#intervalSeconds,
      scrapes: total(({ scrapes }) => scrapes),
      failures: total(({ failures }) => failures),
      health,
      series: summarize(this.series, {
        endSeconds,
        intervalSeconds: (id) =>
          health.find((each) => each.id === id)?.intervalSeconds ?? this.#intervalSeconds,
        ...(this.#quantities === undefined ? {} : { quantities: this.#quantities }),
      }),
    };
  }

  /** From the first tick kept to the last, failed ones included; undefined before any tick. */
  span(): Promise<TimeSpan | undefined> {
    return this.#source.span();
  }

  /** Every metric that any sampler has shown so far. */
  describe(): Promise<readonly MetricMeta[]> {
    return this.#source.describe();
  }

  /**
   * What is known of each target, the newest facts of each. Of one whose last read failed `answer` is absent, with the
   * cause.
   */
  async facts(): Promise<readonly TargetFacts[]> {
    const health = new Map(this.health.map((each) => [each.id, each]));
    return (await this.#source.facts()).map((facts) => {
      const { state, lastError } = health.get(facts.target) ?? {};
      return state !== "failing" || lastError === undefined
        ? facts
        : { ...facts, absent: { ...facts.absent, answer: lastError.cause } };
    });
  }

  /** Raw points kept of each series that matches. */
  select(selector: Selector, span: TimeSpan): Promise<readonly Series[]> {
    return this.#source.select(selector, span);
  }

  /** Window statistics of what is kept; a time without a result has no point. */
  evaluate(query: WindowQuery, grid: Grid): Promise<readonly Series[]> {
    return this.#source.evaluate(query, grid);
  }

  /** Request rows that were due in the span, by due time; none where no workload is among the samplers. */
  requests(span: TimeSpan): Promise<readonly RequestRecord[]> {
    return this.#source.requests(span);
  }

  /** What happened in the span: failed reads, resets, skipped ticks, incidents. */
  events(span: TimeSpan): Promise<readonly LabEvent[]> {
    return this.#source.events(span);
  }

  #run(runner: SamplerRunner): void {
    this.#loops.push(runner.run(this.#clock.nowSeconds(), this.#stop.signal));
  }

  /** What is there; nothing while a sampler has never answered, because its names may still come. */
  #namesIfAllAnswered(): readonly SeriesDefinition[] {
    const silent = this.health.some(({ lastSuccessSeconds }) => lastSuccessSeconds === undefined);
    return silent ? [] : this.series.definitions();
  }

  /** Where "the last seconds" end: now, or where it was stopped. */
  #endSeconds(): number {
    return this.#stoppedSeconds ?? this.#clock.nowSeconds();
  }
}
