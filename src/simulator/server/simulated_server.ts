/**
 * The simulated vLLM as a function from Request to Response, on any clock: in a process of its own behind a port, or in
 * the same one behind an injected `fetch`.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { OutputLength } from "../engine/answer.ts";
import { type Profile, profileNamed } from "../engine/profiles.ts";
import type { StepConditions } from "../engine/step_time.ts";
import type { EngineLimits } from "../engine/types.ts";
import { type AnswerHead, wholeAnswer } from "./api_answer.ts";
import { ApiError } from "./api_error.ts";
import { type ApiRequest, type Endpoint, readApiRequest, readTokenizeRequest } from "./api_request.ts";
import type { RunnerEvents } from "./engine_runner.ts";
import { admit, Generation, type GenerationOptions } from "./generation.ts";
import { metricsText } from "./metrics_text.ts";
import { ServerLife } from "./server_life.ts";
import { loadShape, type MetricsShape } from "./shape.ts";
import { answerStream } from "./streaming.ts";

/** How a simulated server is made. */
export interface SimulatorOptions {
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
  /** Options of vLLM that change the profile's limits. */
  readonly limits?: Partial<EngineLimits>;
  /** `--max-num-queued-reqs` and `--max-num-queued-tokens`; default without limit. */
  readonly maxQueuedRequests?: number;
  readonly maxQueuedTokens?: number;
  /** How long answers are that nothing cuts. Default: median 220 tokens, sigma 0.6. */
  readonly outputLength?: OutputLength;
  /** Time that a restart takes; default the profile's. */
  readonly loadSeconds?: number;
  readonly events?: RunnerEvents;
}

/** What incidents change outside the engine. */
export interface Disturbance {
  /** Front end starved: added before the engine, and to the answers of `/metrics`. */
  frontEndDelaySeconds: number;
  /** Slow network: added to everything on its way to the client. */
  networkDelaySeconds: number;
  maxQueuedRequests: number;
  /** Every request gets a prefix of its own. */
  coldPrompts: boolean;
}

/** Up, down (connections are refused), or coming up (refused too). */
export type ServerState = "up" | "down" | "loading";

/** Front end of a healthy server: parsing and handing over, and per prompt token. */
const FRONT_END_SECONDS = 0.8e-3;
const TOKENIZE_SECONDS = 1e-6;

const TEXT = "text/plain; charset=utf-8";
const METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8";
const OLD_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Routes with the methods they take; `/metrics` has its own rules. */
const ROUTES: Readonly<Record<string, readonly string[]>> = {
  "/health": ["GET"],
  "/ping": ["GET", "POST"],
  "/version": ["GET"],
  "/load": ["GET"],
  "/v1/models": ["GET"],
  "/tokenize": ["POST"],
  "/v1/completions": ["POST"],
  "/v1/chat/completions": ["POST"],
  "/sleep": ["POST"],
  "/wake_up": ["POST"],
  "/is_sleeping": ["GET"],
  "/reset_prefix_cache": ["POST"],
  "/start_profile": ["POST"],
  "/stop_profile": ["POST"],
};

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
  readonly #options: SimulatorOptions;
  readonly #open = new Set<(error: Error) => void>();
  #life: ServerLife;
  #lives = 0;
  #state: ServerState = "up";
  #salts = 0;
  #delayedUntil = 0;

  /** @throws RangeError for an unknown profile or version */
  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.seed = options.seed ?? 1;
    this.profile = typeof options.profile === "object" ? options.profile : profileNamed(options.profile);
    this.shape = loadShape(options.vllmVersion ?? "0.32.0");
    this.modelName = options.model ?? this.profile.model;
    this.limits = { ...this.profile.limits, ...options.limits };
    this.disturbance = {
      frontEndDelaySeconds: 0,
      networkDelaySeconds: 0,
      maxQueuedRequests: options.maxQueuedRequests ?? Infinity,
      coldPrompts: false,
    };
    this.#life = this.#newLife(0);
  }

  get state(): ServerState {
    return this.#state;
  }

  /** The life under way (the last one while the server is down). */
  get life(): ServerLife {
    return this.#life;
  }

  /** What the hardware suffers, on all engines or one. */
  setConditions(conditions: StepConditions, engineIndex?: number): void {
    for (const [index, { engine }] of this.#life.runners.entries()) {
      if (engineIndex === undefined || engineIndex === index) engine.conditions = conditions;
    }
  }

  /** The processes are gone at once: connections break and new ones are refused. */
  crash(): void {
    if (this.#state !== "up") return;
    this.#setState("down");
    this.#life.stop();
    for (const breakOff of [...this.#open]) breakOff(new TypeError("error reading a body from connection"));
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
  }

  /** Ends everything; the server stays down. */
  stop(): void {
    this.crash();
    this.#setState("down");
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
  async handle(request: Request): Promise<Response> {
    if (this.#state !== "up") throw new TypeError("error sending request: Connection refused");
    const { pathname } = new URL(request.url);
    const arrivalSeconds = this.clock.nowSeconds();
    const life = this.#life;
    life.httpRequests++;
    const requestBytes = Number(request.headers.get("content-length") ?? 0);
    const closed = (status: number, responseBytes: number) => {
      const handler = pathname in ROUTES ? pathname : "none";
      const now = this.clock.nowSeconds();
      const seen = { path: pathname, handler, method: request.method, status, requestBytes, responseBytes };
      life.http.observe({ ...seen, durationSeconds: now - arrivalSeconds }, now);
    };
    const response = await this.#route(request, { pathname, life, arrivalSeconds, closed });
    for (const [name, value] of [["server", "uvicorn"], ["x-lab-simulated", "1"]] as const) {
      response.headers.set(name, value);
    }
    if (!response.headers.has("vary")) response.headers.set("vary", "Origin");
    return response;
  }

  async #route(request: Request, context: RouteContext): Promise<Response> {
    const { pathname } = context;
    if (pathname === "/metrics" || pathname.startsWith("/metrics/")) {
      return await this.#metrics(request, pathname);
    }
    const plain = (
      text: string,
      init: { status?: number; type?: string; headers?: Record<string, string> } = {},
    ) => {
      const { status = 200, type = "application/json", headers = {} } = init;
      context.closed(status, text.length);
      return fixedAnswer(text, { status, type, headers });
    };
    const methods = ROUTES[pathname];
    if (methods === undefined) return plain(`{"detail":"Not Found"}`, { status: 404 });
    if (!methods.includes(request.method)) {
      return plain(`{"detail":"Method Not Allowed"}`, {
        status: 405,
        headers: { allow: methods.join(", ") },
      });
    }
    try {
      switch (pathname) {
        case "/v1/completions":
          return await this.#generate(request, "completions", context);
        case "/v1/chat/completions":
          return await this.#generate(request, "chat", context);
        default:
          return plain(await this.#simple(request, context), {
            status: pathname === "/health" && context.life.dead ? 503 : 200,
            ...(EMPTY_ANSWERS.has(pathname) ? { type: "" } : {}),
          });
      }
    } catch (error) {
      if (error instanceof ApiError) return plain(error.body, { status: error.status });
      throw error;
    }
  }

  /** The answers that are a short text. */
  async #simple(request: Request, { pathname, life }: RouteContext): Promise<string> {
    switch (pathname) {
      case "/version":
        return JSON.stringify({ version: this.shape.version });
      case "/load":
        return JSON.stringify({ server_load: 0 });
      case "/v1/models":
        return this.#models();
      case "/tokenize": {
        const tokens = readTokenizeRequest(await jsonText(request), this.#rules());
        const { maxModelLength } = this.limits;
        return JSON.stringify({
          count: tokens.length,
          max_model_len: maxModelLength,
          tokens,
          token_strs: null,
        });
      }
      case "/sleep":
        life.sleepLevel = new URL(request.url).searchParams.get("level") === "2" ? 2 : 1;
        for (const { engine } of life.runners) engine.resetPrefixCache();
        return "";
      case "/wake_up":
        life.sleepLevel = 0;
        return "";
      case "/is_sleeping":
        return JSON.stringify({ is_sleeping: life.sleepLevel > 0 });
      case "/reset_prefix_cache":
        for (const { engine } of life.runners) engine.resetPrefixCache();
        return "";
      default:
        return "";
    }
  }

  #models(): string {
    const created = Math.floor(this.clock.nowSeconds());
    const permission = {
      id: `modelperm-${this.#life.nextId()}`,
      object: "model_permission",
      created,
      allow_create_engine: false,
      allow_sampling: true,
      allow_logprobs: true,
      allow_search_indices: false,
      allow_view: true,
      allow_fine_tuning: false,
      organization: "*",
      group: null,
      is_blocking: false,
    };
    const model = {
      id: this.modelName,
      object: "model",
      created,
      owned_by: "vllm",
      root: this.profile.model,
      parent: null,
      max_model_len: this.limits.maxModelLength,
      permission: [permission],
    };
    return JSON.stringify({ object: "list", data: [model] });
  }

  async #metrics(request: Request, pathname: string): Promise<Response> {
    if (request.method === "OPTIONS") return preflight();
    const isPlain = pathname === "/metrics" && request.method === "GET";
    const { frontEndDelaySeconds } = this.disturbance;
    if (frontEndDelaySeconds > 0) await this.clock.sleepUntil(this.clock.nowSeconds() + frontEndDelaySeconds);
    const headers = { "content-type": isPlain ? METRICS_TYPE : OLD_METRICS_TYPE };
    if (request.method === "HEAD") return new Response(null, { headers });
    const text = metricsText(this.#life.metricsState());
    return isPlain ? fixedAnswer(text, { type: METRICS_TYPE }) : new Response(streamOf(text), { headers });
  }

  async #generate(request: Request, endpoint: Endpoint, context: RouteContext): Promise<Response> {
    const { life, arrivalSeconds } = context;
    const call = readApiRequest(await jsonText(request), endpoint, this.#rules());
    if (life.dead) throw engineDead();
    const { maxQueuedRequests } = this.disturbance;
    const { maxQueuedTokens = Infinity } = this.#options;
    admit(life, call, { maxQueuedRequests, maxQueuedTokens });
    const head = this.#head(endpoint, arrivalSeconds);
    const promptTokens = call.prompts.reduce((sum, prompt) => sum + prompt.length, 0);
    const options: GenerationOptions = {
      head,
      arrivalSeconds,
      frontEndSeconds: FRONT_END_SECONDS + TOKENIZE_SECONDS * promptTokens +
        this.disturbance.frontEndDelaySeconds,
      outputLength: this.#options.outputLength ?? { medianTokens: 220, sigma: 0.6 },
      seed: this.seed,
      cacheSalt: this.disturbance.coldPrompts ? ++this.#salts : 0,
    };
    const generation = new Generation(life, call, options);
    life.used = true;
    return call.stream
      ? this.#stream({ call, generation, options }, context)
      : await this.#whole(request, { call, generation, options }, context);
  }

  #stream(started: Started, { life, closed }: RouteContext): Response {
    const { call, generation, options } = started;
    life.openAnswers++;
    const delay = (send: () => void) => this.#delay(send);
    const stream = answerStream({ head: options.head, call, generation, delay }, () => {
      life.openAnswers--;
      this.#open.delete(stream.break);
      closed(200, 0);
    });
    this.#open.add(stream.break);
    generation.start(options, stream.events);
    return new Response(stream.body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
  }

  async #whole(request: Request, started: Started, context: RouteContext): Promise<Response> {
    const { generation, options } = started;
    const { life } = context;
    life.openAnswers++;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      generation.abort();
      reject(request.signal.reason);
    };
    const breakOff = (error: Error) => {
      generation.abort();
      reject(error);
    };
    request.signal.addEventListener("abort", leave, { once: true });
    this.#open.add(breakOff);
    try {
      const events = {
        onText: () => {},
        onEnd: () => this.#delay(resolve),
        onDeath: () => reject(engineDead()),
      };
      generation.start(options, events);
      await promise;
    } finally {
      life.openAnswers--;
      this.#open.delete(breakOff);
      request.signal.removeEventListener("abort", leave);
    }
    const text = wholeAnswer(options.head, generation.choices, generation.usage);
    context.closed(200, text.length);
    return fixedAnswer(text, { type: "application/json" });
  }

  /** Sends now, or later and in order while the network is slow. */
  #delay(send: () => void): void {
    const now = this.clock.nowSeconds();
    const due = Math.max(this.#delayedUntil, now + this.disturbance.networkDelaySeconds);
    if (due <= now) return send();
    this.#delayedUntil = due;
    void this.clock.sleepUntil(due).then(send);
  }

  #head(endpoint: Endpoint, createdSeconds: number): AnswerHead {
    const prefix = endpoint === "chat" ? "chatcmpl" : "cmpl";
    const fingerprint = `vllm-${this.shape.version}-${(this.seed >>> 0).toString(16).padStart(8, "0")}`;
    return {
      endpoint,
      id: `${prefix}-${this.#life.nextId()}`,
      createdSeconds,
      model: this.modelName,
      fingerprint,
    };
  }

  #rules() {
    return { models: [this.modelName], maxModelLength: this.limits.maxModelLength };
  }

  #newLife(loadSeconds: number): ServerLife {
    const { engines = 1, events } = this.#options;
    return new ServerLife({
      clock: this.clock,
      profile: this.profile,
      limits: this.limits,
      shape: this.shape,
      modelName: this.modelName,
      engineCount: engines,
      seed: this.seed + 1_000_003 * this.#lives++,
      loadSeconds,
      ...(events === undefined ? {} : { events }),
    });
  }
}

interface RouteContext {
  readonly pathname: string;
  readonly life: ServerLife;
  readonly arrivalSeconds: number;
  readonly closed: (status: number, responseBytes: number) => void;
}

interface Started {
  readonly call: ApiRequest;
  readonly generation: Generation;
  readonly options: GenerationOptions;
}

const EMPTY_ANSWERS = new Set([
  "/health",
  "/ping",
  "/sleep",
  "/wake_up",
  "/reset_prefix_cache",
  "/start_profile",
  "/stop_profile",
]);

function engineDead(): ApiError {
  const message = "EngineCore encountered an issue. See stack trace (above) for the root cause.";
  return new ApiError(500, message, "InternalServerError");
}

/** The body, refused unless it says that it is JSON. */
async function jsonText(request: Request): Promise<string> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(.+\+)?json\b/i.test(type)) {
    const message = "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed";
    throw new ApiError(400, message, "Bad Request");
  }
  return await request.text();
}

function fixedAnswer(
  text: string,
  options: { readonly status?: number; readonly type: string; readonly headers?: Record<string, string> },
): Response {
  const bytes = new TextEncoder().encode(text);
  const headers = new Headers(options.headers);
  headers.set("content-length", String(bytes.length));
  if (options.type !== "") headers.set("content-type", options.type);
  return new Response(bytes, { status: options.status ?? 200, headers });
}

function streamOf(text: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}

/** What the server says to a browser that asks for leave: no origin is allowed by default. */
function preflight(): Response {
  return fixedAnswer("Disallowed CORS origin", {
    status: 400,
    type: TEXT,
    headers: {
      vary:
        "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
      "access-control-allow-methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY",
      "access-control-max-age": "600",
    },
  });
}
