/**
 * The simulated vLLM as a function from Request to Response, on any clock: in a process of its own behind a port, or in
 * the same one behind an injected `fetch`.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { answerPieces, type OutputLength } from "../engine/answer.ts";
import { type Profile, profileNamed } from "../engine/profiles.ts";
import { Vocabulary } from "../engine/tokenizer.ts";
import type { EngineLimits } from "../engine/types.ts";
import type { AnswerHead } from "./api_answer.ts";
import type { ApiRequest } from "./api_request.ts";
import type { SleepLevel } from "./bindings.ts";
import type { RunnerEvents } from "./engine_runner.ts";
import { admit, type GenerationOptions } from "./generation.ts";
import type { IncidentDirector } from "./incident_director.ts";
import { SimulatedGpus } from "./gpus.ts";
import type { HttpAnswer, HttpRequest } from "./http_message.ts";
import { route } from "./routes.ts";
import { ServerLife } from "./server_life.ts";
import { ServerLog, type ServerLogOptions } from "./server_log.ts";
import { withSeveralServers } from "./several_servers.ts";
import { loadShape, type MetricsShape } from "./shape.ts";
import type { Network } from "./streaming.ts";

/** How a simulated server is made. */
export interface SimulatorOptions {
  /** Steps, delays and time stamps follow it; a virtual clock needs no waiting. */
  readonly clock: Clock;
  /** Name of a profile, or one of one's own. Default: the lab's. */
  readonly profile?: string | Profile;
  /** Default 1. The same seed and the same requests give the same answers. */
  readonly seed?: number;
  /** What `/v1/models` says; default the profile's. */
  readonly model?: string;
  /** Default 0.32.0. */
  readonly vllmVersion?: string;
  /** Data parallel engines; default 1. */
  readonly engines?: number;
  /** `--api-server-count`; default 1. With more, `/metrics` takes the form of several processes. */
  readonly apiServers?: number;
  /** Options of vLLM that change the profile's limits. */
  readonly limits?: Partial<EngineLimits>;
  /** `--max-num-queued-reqs` and `--max-num-queued-tokens`; default without limit. */
  readonly maxQueuedRequests?: number;
  /** Prompt tokens of requests without output yet, the new one's included; beyond it calls get 503. */
  readonly maxQueuedTokens?: number;
  /** How long answers are that nothing cuts. Default: median 220 tokens, sigma 0.6. */
  readonly outputLength?: OutputLength;
  /** Time that a restart takes; default the profile's. */
  readonly loadSeconds?: number;
  /** Told of steps and of lost pace, for every engine. */
  readonly events?: RunnerEvents;
  /**
   * Whether `/metrics` ends with `lab_target_info{simulated="true"} 1`, so that a Prometheus that scrapes it knows what it
   * stores. Default false: the text is vLLM's own, and only the header tells.
   */
  readonly targetInfo?: boolean;
  /** A log like vLLM's own; default none. */
  readonly log?: ServerLogOptions;
}

/** What incidents change outside the engine. */
export interface Disturbance {
  /** Front end starved: added before the engine, and to the answers of `/metrics`. */
  frontEndDelaySeconds: number;
  /** Slow network: added to everything on its way to the client. */
  networkDelaySeconds: number;
  /** What goes out leaves only at multiples of this. 0: at once. */
  networkBurstSeconds: number;
  /** Absent: as configured. */
  maxQueuedRequests: number | undefined;
  /** Every request gets a prefix of its own. */
  coldPrompts: boolean;
}

/** Up, down (connections are refused), or coming up (refused too). */
export type ServerState = "up" | "down" | "loading";

/** Front end of a healthy server: parsing and handing over, and per prompt token. */
const FRONT_END_SECONDS = 0.8e-3;
const TOKENIZE_SECONDS = 1e-6;

/** A simulated vLLM server without a port. */
export class SimulatedServer {
  readonly clock: Clock;
  readonly seed: number;
  readonly disturbance: Disturbance;
  profile: Profile;
  shape: MetricsShape;
  modelName: string;
  limits: EngineLimits;
  /** Told when it goes up or down. */
  onState: (state: ServerState) => void = () => {};
  /** The GPUs under it; none on a CPU profile. */
  readonly gpus: SimulatedGpus;
  /** What its tokenizer has seen, for the way back from ids to text. */
  readonly vocabulary = new Vocabulary(answerPieces());
  /** Its incidents, when somebody directs them. */
  director: IncidentDirector | undefined;
  /** How to break each answer under way, as a crash does. */
  readonly openAnswers = new Set<(error: Error) => void>();
  readonly #options: SimulatorOptions;
  readonly #log: ServerLog | undefined;
  #life: ServerLife;
  #lives = 0;
  #state: ServerState = "up";
  #salts = 0;
  #delayedUntil = 0;
  readonly #network: Network;

  /** @throws RangeError for an unknown profile or version */
  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.seed = options.seed ?? 1;
    this.profile = typeof options.profile === "object" ? options.profile : profileNamed(options.profile);
    this.limits = { ...this.profile.limits, ...options.limits };
    this.shape = this.shapeOf(options.vllmVersion ?? "0.32.0");
    this.modelName = options.model ?? this.profile.model;
    this.disturbance = {
      frontEndDelaySeconds: 0,
      networkDelaySeconds: 0,
      networkBurstSeconds: 0,
      maxQueuedRequests: undefined,
      coldPrompts: false,
    };
    const { disturbance } = this;
    this.#network = {
      get isSlow() {
        return disturbance.networkDelaySeconds > 0 || disturbance.networkBurstSeconds > 0;
      },
      delay: (send) => this.#delaySend(send),
    };
    this.#log = options.log === undefined ? undefined : new ServerLog(this, options.log);
    this.#life = this.#newLife(0);
    this.#log?.started(this.#life);
    this.gpus = new SimulatedGpus(this, options.engines ?? 1);
  }

  /**
   * The shape of a version for this server's processes.
   *
   * @throws RangeError for a version that was not recorded
   */
  shapeOf(version: string): MetricsShape {
    const shape = loadShape(version, { draftTokens: this.limits.speculation?.draftTokens ?? 0 });
    return (this.#options.apiServers ?? 1) > 1 ? withSeveralServers(shape) : shape;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** The life under way (the last one while the server is down). */
  get life(): ServerLife {
    return this.#life;
  }

  /** The processes are gone at once: connections break and new ones are refused. */
  crash(): void {
    if (this.#state !== "up") return;
    this.#setState("down");
    this.#life.stop();
    for (const breakOff of [...this.openAnswers]) {
      breakOff(new TypeError("error reading a body from connection"));
    }
  }

  /** Brings a server that is down up again after its load time; everything counted is lost. */
  async restart(
    options: { readonly loadSeconds?: number; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    if (this.#state === "up") this.crash();
    const loadSeconds = options.loadSeconds ?? this.#options.loadSeconds ?? this.profile.loadSeconds;
    this.#setState("loading");
    await this.clock.sleepUntil(this.clock.nowSeconds() + loadSeconds, options.signal);
    this.#life = this.#newLife(loadSeconds);
    this.#setState("up");
    this.#log?.started(this.#life);
    this.director?.apply();
  }

  /** Ends everything; the server stays down. */
  stop(): void {
    this.crash();
    this.#setState("down");
    this.director?.stop();
  }

  #setState(state: ServerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.onState(state);
  }

  /**
   * Answers a request.
   *
   * @throws TypeError while the server is down, as a refused connection does in fetch
   */
  async handle(request: HttpRequest): Promise<HttpAnswer> {
    if (this.#state !== "up") throw new TypeError("error sending request: Connection refused");
    const answer = await route(this, request);
    this.#log?.answered(request, answer.status);
    return answer;
  }

  /** The engines die: streams end without a finish, new requests get 500, `/health` 503. */
  loseEngines(): void {
    const life = this.#life;
    life.dead = true;
    for (const runner of life.runners) runner.die(this.clock.nowSeconds());
  }

  /** Puts it to sleep or wakes it: asleep, nothing is computed and the prefix cache is lost. */
  sleep(level: SleepLevel): void {
    this.#life.sleepLevel = level;
    for (const { engine } of this.#life.runners) engine.resetPrefixCache();
    this.director?.apply();
  }

  /**
   * Admission, and what the engine gets with the call.
   *
   * @throws ApiError (503) when a limit of the queue is reached
   */
  admit(call: ApiRequest, arrivalSeconds: number): GenerationOptions {
    const { maxQueuedRequests, frontEndDelaySeconds, coldPrompts } = this.disturbance;
    admit(this.#life, call, {
      maxQueuedRequests: maxQueuedRequests ?? this.#options.maxQueuedRequests ?? Infinity,
      maxQueuedTokens: this.#options.maxQueuedTokens ?? Infinity,
    });
    const promptTokens = call.prompts.reduce((sum, prompt) => sum + prompt.length, 0);
    return {
      head: this.#head(call, arrivalSeconds),
      arrivalSeconds,
      frontEndSeconds: FRONT_END_SECONDS + TOKENIZE_SECONDS * promptTokens + frontEndDelaySeconds,
      outputLength: this.#options.outputLength ?? { medianTokens: 220, sigma: 0.6 },
      seed: this.seed,
      cacheSalt: coldPrompts ? ++this.#salts : 0,
    };
  }

  /** The way to its clients, which an incident can hold up. */
  get network(): Network {
    return this.#network;
  }

  /** Sends now, or later and in order while the network is slow. */
  #delaySend(send: () => void): void {
    const now = this.clock.nowSeconds();
    const { networkDelaySeconds, networkBurstSeconds } = this.disturbance;
    const ready = now + networkDelaySeconds;
    const leaves = networkBurstSeconds > 0
      ? Math.ceil(ready / networkBurstSeconds) * networkBurstSeconds
      : ready;
    const due = Math.max(this.#delayedUntil, leaves);
    if (due <= now) return send();
    this.#delayedUntil = due;
    void this.clock.sleepUntil(due).then(send);
  }

  #head({ endpoint, requestId }: ApiRequest, createdSeconds: number): AnswerHead {
    const prefix = endpoint === "chat" ? "chatcmpl" : "cmpl";
    const fingerprint = `vllm-${this.shape.version}-${(this.seed >>> 0).toString(16).padStart(8, "0")}`;
    return {
      endpoint,
      id: `${prefix}-${requestId ?? this.#life.nextId()}`,
      createdSeconds,
      model: this.modelName,
      fingerprint,
    };
  }

  #newLife(loadSeconds: number): ServerLife {
    const { engines = 1, events } = this.#options;
    const { countsEveryLookup, countsBlockZero, countsAsV0 } = this.shape.quirks;
    return new ServerLife({
      clock: this.clock,
      profile: this.profile,
      limits: { ...this.limits, countsEveryLookup, countsBlockZero, countsAsV0 },
      shape: this.shape,
      modelName: this.modelName,
      engineCount: engines,
      targetInfo: this.#options.targetInfo ?? false,
      seed: this.seed + 1_000_003 * this.#lives++,
      loadSeconds,
      events: {
        ...events,
        onStep: (plan, timeSeconds, engineIndex) => {
          this.gpus.addStep(engineIndex, plan, timeSeconds);
          this.#log?.stepped(plan, timeSeconds, engineIndex);
          events?.onStep?.(plan, timeSeconds, engineIndex);
        },
      },
    });
  }
}
