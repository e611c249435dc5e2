/**
 * Starts, ramps and ends incidents on a simulated server, and keeps the truth about them.
 *
 * @module
 */
import {
  type ActiveIncident,
  checkIncident,
  effectsOf,
  type IncidentDefinition,
  type IncidentName,
  type IncidentParameters,
  type ScheduledIncident,
} from "../engine/incidents.ts";
import { sendAsUser } from "./answer_call.ts";
import type { SimulatedServer } from "./simulated_server.ts";
import { ExtraUsers } from "./traffic.ts";

/** Share of a GPU's memory that an intruder holds: what the server had left free. */
const OTHERS_RATIO = 0.07;

/** How strength is brought up to date while it ramps. */
const RAMP_STEP_SECONDS = 0.5;

/** What really happened: given to tests and courses, never shown in `/metrics`. */
export interface IncidentRecord {
  /** Which incident. */
  readonly name: IncidentName;
  /** Unix seconds of the server's clock. */
  readonly startSeconds: number;
  /** Absent while it lasts. */
  readonly endSeconds?: number;
  /** From the start to full strength, as it was asked for or the incident's own. */
  readonly rampSeconds: number;
  /** All of them, the incident's defaults included. */
  readonly parameters: IncidentParameters;
  /** The server's: with the parameters it repeats the incident. */
  readonly seed: number;
}

/** How an incident is started. */
export interface StartIncidentOptions {
  /** From the start to full strength; default the incident's own. */
  readonly rampSeconds?: number;
  /** It ends by itself after this; default: when it is ended. */
  readonly durationSeconds?: number;
}

/** The incidents of one server. */
export class IncidentDirector {
  readonly users: ExtraUsers;
  readonly #server: SimulatedServer;
  readonly #records: IncidentRecord[] = [];
  #ramping = false;
  #stopped = false;

  constructor(server: SimulatedServer) {
    this.#server = server;
    this.users = new ExtraUsers({
      clock: server.clock,
      get maxModelLength() {
        return server.limits.maxModelLength;
      },
      send: (call, onToken) => sendAsUser(server, call, onToken),
    }, server.seed ^ 0x2545f491);
    server.director = this;
  }

  /** All incidents so far, in the order of their starts. */
  get records(): readonly IncidentRecord[] {
    return this.#records;
  }

  /**
   * Starts an incident. Resolves once it acts; one that takes the server down resolves at once, too.
   *
   * @throws RangeError for an unknown name or parameter, an incident under way, or too few engines
   */
  start(name: string, parameters: IncidentParameters = {}, options: StartIncidentOptions = {}): void {
    const definition = checkIncident(name, parameters);
    if (this.#active(definition.name) !== undefined) {
      throw new RangeError(`Cannot start incident ${name}: it is under way, wanted it ended first`);
    }
    const engines = this.#server.life.runners.length;
    if (engines < definition.engines) {
      throw new RangeError(
        `Cannot start incident ${name}: ${engines} engines, wanted at least ${definition.engines}`,
      );
    }
    const now = this.#server.clock.nowSeconds();
    const { rampSeconds = definition.rampSeconds, durationSeconds } = options;
    const all = { ...definition.parameters, ...parameters };
    // Refused here, where the caller hears of it, and not when the server is down already.
    if (definition.name === "upgrade") this.#server.shapeOf(String(all.version));
    this.#records.push({
      name: definition.name,
      startSeconds: now,
      rampSeconds,
      parameters: all,
      seed: this.#server.seed,
    });
    if (definition.takesDown) void this.#takeDown(definition, all);
    this.apply();
    void this.#ramp();
    if (durationSeconds !== undefined) void this.#endAt(definition.name, now + durationSeconds);
  }

  /** Ends an incident: what it changed goes back, and a server that it took down is started again. Unknown: nothing. */
  end(name: string): void {
    const { name: known } = checkIncident(name);
    const index = this.#records.findIndex((record) =>
      record.name === known && record.endSeconds === undefined
    );
    if (index < 0) return;
    this.#records[index] = { ...this.#records[index]!, endSeconds: this.#server.clock.nowSeconds() };
    this.apply();
    if (known === "gpu-lost" && !this.#stopped) void this.#server.restart();
  }

  /** Follows a plan; times count from now. */
  async follow(plan: readonly ScheduledIncident[], signal?: AbortSignal): Promise<void> {
    const begin = this.#server.clock.nowSeconds();
    const ordered = [...plan].sort((a, b) => a.atSeconds - b.atSeconds);
    for (const { name, atSeconds, durationSeconds, rampSeconds, parameters } of ordered) {
      await this.#server.clock.sleepUntil(begin + atSeconds, signal);
      this.start(name, parameters, {
        ...(durationSeconds === undefined ? {} : { durationSeconds }),
        ...(rampSeconds === undefined ? {} : { rampSeconds }),
      });
    }
  }

  /** Ends everything. */
  stop(): void {
    this.#stopped = true;
    this.users.stop();
  }

  /** Brings the model in line with the incidents under way, at their present strength. */
  apply(): void {
    const server = this.#server;
    const active = this.#records.filter((record) => record.endSeconds === undefined);
    const effects = effectsOf(active.map((record) => this.#strengthOf(record)), server.limits);
    const { disturbance } = server;
    const names = new Set(active.map(({ name }) => name));
    const throttled = active.find(({ name }) => name === "gpu-throttled");
    server.gpus.setClockRatio(throttled === undefined ? 1 : effects.conditions.arithmeticRatio);
    server.gpus.setLost(names.has("gpu-lost"));
    if (effects.coldPrompts && !disturbance.coldPrompts) {
      for (const { engine } of server.life.runners) engine.resetPrefixCache();
    }
    disturbance.frontEndDelaySeconds = effects.frontEndDelaySeconds;
    disturbance.networkDelaySeconds = effects.networkDelaySeconds;
    disturbance.networkBurstSeconds = effects.networkBurstSeconds;
    disturbance.coldPrompts = effects.coldPrompts;
    disturbance.maxQueuedRequests = effects.maxQueuedRequests;
    for (const [index, runner] of server.life.runners.entries()) {
      runner.engine.conditions = effects.conditions;
      runner.engine.changeLimits({
        maxNumSequences: effects.maxNumSequences ?? server.limits.maxNumSequences,
      });
      const hangs = effects.hungEngines === "all" || effects.hungEngines.includes(index) ||
        server.life.sleepLevel > 0;
      if (hangs) runner.hang();
      else runner.unhang();
    }
    this.users.set(effects.traffic);
  }

  #active(name: IncidentName): IncidentRecord | undefined {
    return this.#records.find((record) => record.name === name && record.endSeconds === undefined);
  }

  #strengthOf(record: IncidentRecord): ActiveIncident {
    const since = this.#server.clock.nowSeconds() - record.startSeconds;
    const strength = record.rampSeconds <= 0 ? 1 : Math.min(1, since / record.rampSeconds);
    return { name: record.name, parameters: record.parameters, strength };
  }

  async #ramp(): Promise<void> {
    if (this.#ramping) return;
    this.#ramping = true;
    const { clock } = this.#server;
    const isRamping = () =>
      this.#records.some((record) =>
        record.endSeconds === undefined && this.#strengthOf(record).strength < 1
      );
    while (!this.#stopped && isRamping()) {
      await clock.sleepUntil(clock.nowSeconds() + RAMP_STEP_SECONDS);
      this.apply();
    }
    this.#ramping = false;
  }

  async #endAt(name: IncidentName, timeSeconds: number): Promise<void> {
    await this.#server.clock.sleepUntil(timeSeconds);
    if (!this.#stopped) this.end(name);
  }

  /** Incidents of the processes: down, changed, and up again after the load time. */
  async #takeDown(definition: IncidentDefinition, parameters: IncidentParameters): Promise<void> {
    const server = this.#server;
    const loadSeconds = Number(parameters.loadSeconds ?? -1);
    switch (definition.name) {
      case "gpu-lost":
        server.loseEngines();
        await server.clock.sleepUntil(server.clock.nowSeconds() + Number(parameters.exitSeconds));
        break;
      case "upgrade":
        server.shape = server.shapeOf(String(parameters.version));
        if (parameters.model !== "") server.modelName = String(parameters.model);
        break;
      case "memory-taken": {
        const { blockSizeTokens, maxModelLength, blockCount } = server.limits;
        const least = Math.ceil(maxModelLength / blockSizeTokens) + 1;
        const blocks = Math.floor(blockCount * Number(parameters.blockRatio));
        server.limits = { ...server.limits, blockCount: Math.max(least, blocks) };
        server.gpus.setOthersRatio(OTHERS_RATIO);
        break;
      }
      default:
        break;
    }
    server.crash();
    if (definition.name === "gpu-lost") return;
    await server.restart(loadSeconds >= 0 ? { loadSeconds } : {});
    this.end(definition.name);
  }
}
