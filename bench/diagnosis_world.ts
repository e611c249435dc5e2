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
import type { Profile } from "../src/simulator/engine/profiles.ts";
import { HEALTHY, type StepConditions } from "../src/simulator/engine/step_time.ts";
import type { EngineLimits, EngineRequest } from "../src/simulator/engine/types.ts";
import { bucketBounds, SeriesWriter, writeEngine, writeFrontEnd, writeGpu } from "./diagnosis_metrics.ts";

/** What users send. */
export interface Workload {
  readonly requestsPerSecond: number;
  readonly promptTokens: number;
  readonly sharedTokens: number;
  readonly outputTokens: number;
}

/** What is different while an incident lasts. Factors of 1 and 0 of delays are healthy. */
export interface Disturbance {
  readonly arrivalFactor?: number;
  readonly outputFactor?: number;
  /** Share of prompts that begin like no other. */
  readonly coldShare?: number;
  readonly hugePrompts?: { readonly perMinute: number; readonly tokens: number };
  readonly cutShare?: number;
  readonly frontEndSeconds?: number;
  readonly networkSeconds?: number;
  readonly conditions?: StepConditions;
  readonly limits?: Partial<EngineLimits>;
  readonly maxUnfinished?: number;
  readonly hungEngines?: readonly number[];
  /** The process is down for so long from the incident's start. */
  readonly downSeconds?: number;
}

/** One world. */
export interface WorldPlan {
  readonly profile: Profile;
  readonly workload: Workload;
  readonly seed: number;
  readonly seconds: number;
  readonly engines?: number;
  readonly incident?: {
    readonly startSeconds: number;
    readonly endSeconds: number;
    readonly change: Disturbance;
  };
  /** Healthy changes of demand: factor of the arrival rate at a time. */
  readonly demand?: (timeSeconds: number) => number;
  /** The witness. */
  readonly intervalSeconds?: number;
  readonly lostScrapes?: number;
  readonly client?: boolean;
  readonly gpu?: boolean;
  readonly limits?: Partial<EngineLimits>;
}

/** The first instant of every world. */
export const WORLD_START = 1_795_000_000;

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

class World {
  readonly #plan: WorldPlan;
  readonly #random: Random;
  readonly #source = new MemorySource();
  readonly #writer = new SeriesWriter();
  readonly #gpuWriter = new SeriesWriter();
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

  constructor(plan: WorldPlan) {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
    this.#boot();
  }

  run(): MemorySource {
    const { seconds, intervalSeconds = 1 } = this.#plan;
    const end = WORLD_START + seconds;
    let arrival = WORLD_START + this.#gap();
    let huge = this.#nextHuge(WORLD_START);
    let scrape = WORLD_START + 0.013;
    while (true) {
      const step = Math.min(...this.#stepEnds);
      this.#now = Math.min(arrival, huge, step, scrape);
      if (this.#now > end) return this.#source;
      this.#applyIncident();
      if (this.#now === scrape) {
        this.#scrape();
        scrape += intervalSeconds;
      } else if (this.#now === arrival) {
        this.#arrive();
        arrival = this.#now + this.#gap();
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
        limits: { ...profile.limits, ...limits },
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

  get #down(): boolean {
    return this.#now < this.#downUntil;
  }

  #gap(): number {
    const { workload, demand } = this.#plan;
    const factor = (this.#change.arrivalFactor ?? 1) * (demand?.(this.#now - WORLD_START) ?? 1);
    return exponential(this.#random, 1 / (workload.requestsPerSecond * factor));
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
    const prompt = promptIds(workload, group, this.#serial);
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
    if (this.#plan.client === false) return;
    this.#source.addRequest({ ...life.record, chunkTimesSeconds: Float64Array.from(life.chunks) });
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
    if (engine.stepUnderWay === undefined) return;
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
    const { intervalSeconds = 1, lostScrapes = 0, profile, gpu = true } = this.#plan;
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
    this.#engines.forEach((engine, i) => writeEngine(this.#writer, engine.statistics, String(i)));
    writeFrontEnd(this.#writer, this.#figures);
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

  /** Clock, power and utilisation as the conditions make them: a host that is slow leaves the GPU waiting. */
  #sampleGpu(): void {
    const hardware = this.#plan.profile.gpu?.hardware;
    if (hardware === undefined) return;
    const { arithmeticRatio, overheadFactor } = this.#change.conditions ?? HEALTHY;
    const busy = this.#engines.some((engine) => engine.stepUnderWay !== undefined) ? 1 : 0;
    const { stepTime } = this.#plan.profile;
    const overhead = stepTime.kind === "roofline" ? stepTime.overheadSeconds : 0;
    const work = this.#engines[0]?.stepUnderWay?.durationSeconds ?? 0;
    const waits = work > 0 ? Math.min(0.95, overhead * overheadFactor / work) : 0;
    const running = this.#engines.reduce((sum, engine) => sum + engine.running, 0);
    const load = Math.min(1, running / 64) * (1 - waits) * arithmeticRatio;
    const noise = 1 + 0.02 * standardNormal(this.#random);
    writeGpu(this.#gpuWriter, {
      smClockHertz: (busy ? hardware.maxClockHertz : hardware.idleClockHertz) * arithmeticRatio * noise,
      powerWatts: (hardware.idleWatts + busy * (hardware.lightWatts - hardware.idleWatts) * (1 - waits) +
        busy * load * (hardware.busyWatts - hardware.lightWatts)) * noise,
      utilizationRatio: Math.min(1, busy * (1 - waits) * noise),
    });
    const facts = {
      target: "gpu",
      kind: "gpu" as const,
      simulated: true,
      intervalSeconds: this.#plan.intervalSeconds ?? 1,
    };
    this.#source.append("gpu", this.#now, this.#gpuWriter.take(facts));
  }
}

/** A shared beginning by group, then tokens of its own. */
function promptIds(workload: Workload, group: number, serial: number): Int32Array {
  const ids = new Int32Array(Math.max(1, workload.promptTokens));
  for (let i = 0; i < ids.length; i++) {
    ids[i] = i < workload.sharedTokens
      ? 1000 + (group * 7919 + i * 31) % 100_000
      : 200_000 + (serial * 104_729 + i * 17) % 900_000;
  }
  return ids;
}
