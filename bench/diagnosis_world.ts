/**
 * A server with its users in virtual time: engines of the model, Poisson arrivals, one incident, and a witness that
 * scrapes. Two runs with one plan are equal.
 *
 * @module
 */
import { exponential, type Random, seededRandom, standardNormal } from "../src/base/random.ts";
import type { LabEvent, RequestRecord } from "../src/series/types.ts";
import { MemorySource } from "../src/series/memory_source.ts";
import { Engine } from "../src/simulator/engine/engine.ts";
import { HEALTHY } from "../src/simulator/engine/step_time.ts";
import type { EngineRequest } from "../src/simulator/engine/types.ts";
import { WorldGpus } from "./diagnosis_gpu.ts";
import { type Disturbance, promptIds, WORLD_START, type WorldPlan } from "./diagnosis_plan.ts";
import { bucketBounds, SeriesWriter, writeEngine, writeFrontEnd } from "./diagnosis_metrics.ts";

interface Life {
  readonly request: EngineRequest;
  readonly record: { -readonly [K in keyof RequestRecord]: RequestRecord[K] };
  readonly chunks: number[];
  readonly cutAfter: number;
  readonly engine: number;
}

/** Runs a world to its end and gives what the witness collected. */
export function runWorld(plan: WorldPlan): MemorySource {
  return new World(plan).run();
}

/** The same, with the rows of all requests, whatever the witness sees of them. */
export function watchWorld(
  plan: WorldPlan,
): { readonly source: MemorySource; readonly rows: readonly RequestRecord[] } {
  const world = new World(plan);
  return { source: world.run(), rows: world.truth };
}

/** Between two looks at the demand, seconds. */
const LONGEST_GAP = 5;

class World {
  readonly #plan: WorldPlan;
  readonly #random: Random;
  readonly #source = new MemorySource();
  readonly #writer = new SeriesWriter();
  readonly #gpuWriter = new SeriesWriter();
  readonly #gpus: WorldGpus;
  /** Every request that ended. */
  readonly truth: RequestRecord[] = [];
  #engines: Engine[] = [];
  /** End of each engine's step; Infinity where none is under way. */
  #stepEnds: number[] = [];
  readonly #lives = new Map<string, Life>();
  #now = WORLD_START;
  #serial = 0;
  #nextEngine = 0;
  #figures = { rejections: 0, answered: 0, serverErrors: 0, processStartSeconds: WORLD_START - 300 };
  #downUntil = -Infinity;
  #restarted = false;
  #failures = 0;
  #arrival = Infinity;
  #blockRatio = 1;

  constructor(plan: WorldPlan) {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
    this.#gpus = new WorldGpus(plan.profile, {
      engines: plan.engines ?? 1,
      startSeconds: WORLD_START,
      random: seededRandom(plan.seed + 1_000_003),
    });
    this.#boot();
  }

  run(): MemorySource {
    const { seconds, intervalSeconds = 1 } = this.#plan;
    const end = WORLD_START + seconds;
    this.#arrival = WORLD_START + (this.#plan.concurrency === undefined ? this.#gap() : 1e-3);
    let huge = this.#nextHuge(WORLD_START);
    let scrape = WORLD_START + 0.013;
    while (true) {
      const step = Math.min(...this.#stepEnds);
      this.#now = Math.min(this.#arrival, huge, step, scrape);
      if (this.#now > end) return this.#source;
      this.#applyIncident();
      if (this.#now === scrape) {
        this.#scrape();
        scrape += intervalSeconds;
      } else if (this.#now === this.#arrival) {
        this.#arrive();
        this.#arrival = this.#nextArrival();
      } else if (this.#now === huge) {
        this.#arriveHuge();
        huge = this.#nextHuge(this.#now + 1e-6);
      } else {
        // A crash just now has taken the step with it.
        const engine = this.#stepEnds.indexOf(step);
        if (engine >= 0) this.#endStep(engine);
      }
      this.#beginSteps();
    }
  }

  get #change(): Disturbance {
    const { incident } = this.#plan;
    const time = this.#now - WORLD_START;
    return incident !== undefined && time >= incident.startSeconds && time < incident.endSeconds
      ? incident.change
      : {};
  }

  #boot(): void {
    const { profile, engines = 1, limits } = this.#plan;
    this.#engines = Array.from({ length: engines }, () =>
      new Engine({
        limits: {
          ...profile.limits,
          ...limits,
          blockCount: Math.floor(
            this.#blockRatio * (limits?.blockCount ?? profile.limits.blockCount),
          ),
        },
        stepTime: profile.stepTime,
        jitter: profile.jitter,
        random: this.#random,
        boundsOf: (name) => bucketBounds(name, profile.limits.maxModelLength),
      }));
    this.#stepEnds = this.#engines.map(() => Infinity);
  }

  #applyIncident(): void {
    const change = this.#change;
    const own = { ...this.#plan.profile.limits, ...this.#plan.limits };
    for (const engine of this.#engines) {
      engine.conditions = change.conditions ?? HEALTHY;
      const wanted = change.limits?.maxNumSequences ?? own.maxNumSequences;
      if (engine.limits.maxNumSequences !== wanted) engine.changeLimits({ maxNumSequences: wanted });
    }
    if (change.downSeconds !== undefined && this.#downUntil === -Infinity) {
      this.#downUntil = this.#now + change.downSeconds;
      for (const id of [...this.#lives.keys()]) this.#fail(id, "connection_error");
      this.#blockRatio = change.blockRatio ?? 1;
      this.#boot();
      this.#figures = {
        rejections: 0,
        answered: 0,
        serverErrors: 0,
        processStartSeconds: this.#downUntil - 20,
      };
    }
    if (!this.#restarted && this.#now >= this.#downUntil && this.#downUntil > 0) this.#restarted = true;
  }

  /** A closed loop sends while a client is free; the end of a request frees one. */
  #nextArrival(): number {
    const { concurrency } = this.#plan;
    if (concurrency === undefined) return this.#now + this.#gap();
    return this.#lives.size < concurrency ? this.#now + 1e-3 : Infinity;
  }

  get #down(): boolean {
    return this.#now < this.#downUntil;
  }

  #gap(): number {
    const { workload, demand } = this.#plan;
    // Demand changes meanwhile: a long gap is drawn piece by piece.
    for (let ahead = 0;; ahead += LONGEST_GAP) {
      const factor = (this.#change.arrivalFactor ?? 1) * (demand?.(this.#now + ahead - WORLD_START) ?? 1);
      const gap = exponential(this.#random, 1 / (workload.requestsPerSecond * factor));
      if (gap <= LONGEST_GAP) return ahead + gap;
    }
  }

  #nextHuge(from: number): number {
    const { incident } = this.#plan;
    const huge = incident?.change.hugePrompts;
    if (huge === undefined) return Infinity;
    const start = Math.max(from, WORLD_START + incident!.startSeconds);
    const next = start + exponential(this.#random, 60 / huge.perMinute);
    return next < WORLD_START + incident!.endSeconds ? next : Infinity;
  }

  #arrive(): void {
    const { workload } = this.#plan;
    const change = this.#change;
    const spread = Math.exp(0.3 * standardNormal(this.#random) - 0.045);
    const outputs = Math.max(2, Math.round(workload.outputTokens * spread * (change.outputFactor ?? 1)));
    const cold = this.#random.next() < (change.coldShare ?? 0);
    const group = cold ? 1000 + this.#serial : Math.floor(8 * this.#random.next());
    const promptTokens = workload.promptTokens + (change.extraPromptTokens ?? 0);
    const prompt = promptIds({ ...workload, promptTokens }, group, this.#serial);
    const cut = this.#random.next() < (change.cutShare ?? 0) ? Math.min(20, outputs - 1) : Infinity;
    this.#send(prompt, { outputs, cutAfter: cut });
  }

  #arriveHuge(): void {
    const tokens = this.#plan.incident!.change.hugePrompts!.tokens;
    const workload = { ...this.#plan.workload, promptTokens: tokens, sharedTokens: 0 };
    this.#send(promptIds(workload, 0, this.#serial), { outputs: 20, cutAfter: Infinity });
  }

  #send(promptTokenIds: Int32Array, options: { outputs: number; cutAfter: number }): void {
    const id = `r${this.#serial++}`;
    const record = {
      id,
      target: "load",
      model: "model",
      endpoint: "completions" as const,
      phase: "steady",
      outcome: "unfinished" as RequestRecord["outcome"],
      dueSeconds: this.#now,
      sentSeconds: this.#now,
      chunkTimesSeconds: new Float64Array(),
      promptTokens: promptTokenIds.length,
      maxTokens: options.outputs,
      engine: "model",
      trust: "good" as const,
    };
    const engine = this.#nextEngine++ % this.#engines.length;
    const change = this.#change;
    const life: Life = {
      record,
      chunks: [],
      cutAfter: options.cutAfter,
      engine,
      request: {
        id,
        promptTokenIds,
        maxTokens: options.outputs,
        arrivalSeconds: this.#now,
        outputTokenId: (index) => 7 * index + 13,
        group: { n: 1, remaining: 1, longestOutputTokens: 0 },
      },
    };
    this.#lives.set(id, life);
    if (this.#down) return this.#fail(id, "connection_error");
    const unfinished = this.#engines.reduce((sum, one) => sum + one.unfinished, 0);
    if (unfinished >= (change.maxUnfinished ?? Infinity)) {
      this.#figures.rejections++;
      this.#figures.serverErrors++;
      return this.#fail(id, "error");
    }
    // Tokenising and hand-over take a few milliseconds, with a tail.
    const frontEnd = 0.002 + exponential(this.#random, 0.002) + (change.frontEndSeconds ?? 0);
    this.#engines[engine]!.submit(life.request, this.#now + frontEnd);
  }

  #fail(id: string, outcome: "error" | "connection_error"): void {
    const life = this.#lives.get(id)!;
    this.#lives.delete(id);
    this.#keep({ ...life, record: { ...life.record, outcome, endSeconds: this.#now } });
  }

  #keep(life: Life): void {
    const record = { ...life.record, chunkTimesSeconds: Float64Array.from(life.chunks) };
    this.truth.push(record);
    if (this.#plan.client !== false) this.#source.addRequest(record);
    if (this.#plan.concurrency !== undefined && this.#arrival === Infinity) this.#arrival = this.#now + 1e-3;
  }

  #beginSteps(): void {
    if (this.#down) return;
    this.#engines.forEach((engine, i) => {
      if (this.#stepEnds[i] !== Infinity || !engine.hasWork) return;
      const plan = engine.begin(this.#now);
      if (plan !== undefined) this.#stepEnds[i] = this.#now + plan.durationSeconds;
      // Nothing to compute yet: look again when the next request reaches the engine.
      else if (engine.nextArrivalSeconds !== undefined) this.#stepEnds[i] = engine.nextArrivalSeconds;
    });
  }

  #endStep(index: number): void {
    const engine = this.#engines[index]!;
    const hung = this.#change.hungEngines?.includes(index) === true;
    if (hung) {
      this.#stepEnds[index] = WORLD_START + this.#plan.incident!.endSeconds + 1e-3;
      return;
    }
    this.#stepEnds[index] = Infinity;
    const plan = engine.stepUnderWay;
    if (plan === undefined) return;
    this.#gpus.addStep(index, { plan, engine, endSeconds: this.#now });
    for (const output of engine.complete(this.#now)) {
      const life = this.#lives.get(output.request.id);
      if (life === undefined) continue;
      const delay = 0.001 + (this.#change.networkSeconds ?? 0) * (0.7 + 0.6 * this.#random.next());
      life.chunks.push(Math.max(this.#now + delay, life.chunks.at(-1) ?? 0));
      const done = output.finishReason !== undefined;
      const cut = !done && output.firstIndex + output.tokens >= life.cutAfter;
      if (cut) engine.abort(output.request.id);
      if (!done && !cut) continue;
      this.#figures.answered++;
      this.#lives.delete(output.request.id);
      this.#keep({
        ...life,
        record: { ...life.record, outcome: done ? "ok" : "aborted", endSeconds: this.#now + delay },
      });
    }
  }

  #scrape(): void {
    const { intervalSeconds = 1, lostScrapes = 0, profile, gpu = true, apiServers = 1 } = this.#plan;
    const target = "vllm";
    if (gpu) this.#sampleGpu();
    if (this.#down || this.#random.next() < lostScrapes) {
      this.#failures++;
      const cause = { code: this.#down ? "connection_refused" : "timeout" } as const;
      const event: LabEvent = {
        kind: "scrape_failed",
        timeSeconds: this.#now,
        target,
        cause,
        durationSeconds: 0.01,
      };
      this.#source.fail(target, this.#now, event);
      return;
    }
    this.#engines.forEach((engine, i) => {
      writeEngine(this.#writer, engine.statistics, { engine: String(i), limits: engine.limits, apiServers });
    });
    writeFrontEnd(this.#writer, { ...this.#figures, apiServers });
    const facts = {
      target,
      kind: "vllm" as const,
      simulated: true,
      version: "0.32.0",
      intervalSeconds,
      engines: this.#engines.map((_, i) => String(i)),
      details: { profile: profile.name },
    };
    this.#source.append(target, this.#now, this.#writer.take(facts));
    if (this.#failures > 0) {
      const recovered = { kind: "scrape_recovered", timeSeconds: this.#now, target } as const;
      this.#source.addEvent({
        ...recovered,
        failedCount: this.#failures,
        gapSeconds: this.#failures * intervalSeconds,
      });
      this.#failures = 0;
    }
  }

  #sampleGpu(): void {
    const { conditions, otherBytes = 0 } = this.#change;
    const written = this.#gpus.write(this.#gpuWriter, {
      timeSeconds: this.#now,
      engines: this.#engines,
      trouble: { clockRatio: conditions?.arithmeticRatio ?? 1, otherBytes, serverDown: this.#down },
    });
    if (!written) return;
    const facts = {
      target: "gpu",
      kind: "gpu" as const,
      simulated: true,
      intervalSeconds: this.#plan.intervalSeconds ?? 1,
    };
    this.#source.append("gpu", this.#now, this.#gpuWriter.take(facts));
  }
}
