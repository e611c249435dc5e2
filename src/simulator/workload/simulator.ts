/**
 * The users of a server: sends completions, holds a concurrency, keeps a rate, and sees what users see.
 *
 * @module
 */
import {
  checkAvailabilityOptions,
  checkCompletion,
  checkConcurrentLoad,
  checkForecast,
  checkProfile,
  checkSteadyLoad,
  checkWorkloadOptions,
} from "./load_checks.ts";
import { type Clock, drive } from "../../base/clock.ts";
import { integerBetween, type Random, seededRandom } from "../../base/random.ts";
import { realClock } from "../../collector/clock.ts";
import { hasKey } from "../../collector/connection_cause.ts";
import type { RequestRecord, Sampler } from "../../series/types.ts";
import { attempt } from "./attempt.ts";
import { type Availability, checkAvailability } from "./availability.ts";
import { calibrate, needsMeasure } from "./calibrate.ts";
import { CounterRegistry, workloadSampler } from "./counter_registry.ts";
import { type LoadEngine, localEngine } from "./engine.ts";
import { canReachByEpoll, epollTransport } from "./epoll_transport.ts";
import { fetchTransport } from "./fetch_transport.ts";
import {
  type ConcurrentLoadOptions,
  concurrentPhase,
  type LoadOptions,
  planPhase,
  type SteadyLoadOptions,
  steadyPhase,
  type WorkloadPhase,
  type WorkloadProfile,
} from "./load_options.ts";
import { runPlans } from "./load_run.ts";
import { checkPlan, type Endpoint, type PhasePlan } from "./plan.ts";
import { waitPrecisely } from "./precise_wait.ts";
import { drawLength, promptSource, type TextMeasure } from "./prompts.ts";
import { isBehindProxy, readableVariables } from "./proxy.ts";
import { rawTransport } from "./raw_transport.ts";
import type { WorkloadResult } from "./results.ts";
import { forecast, type LoadForecast, type TokenPrices } from "./safety.ts";
import { type CompletionOptions, WorkloadError, type WorkloadSimulatorOptions } from "./simulator_options.ts";
import { canStartWorker, workerEngine } from "./worker_engine.ts";
import { isReadLate } from "./trust.ts";
import { basicAuthorization, normaliseBase, type Transport } from "./transport.ts";

const AVAILABILITY_TIMEOUT_SECONDS = 5;
const COMPLETION_TIMEOUT_SECONDS = 30;

/**
 * Plays the users of one API: streaming requests so many at once or on a schedule, each timed token by token.
 *
 * On a virtual clock with a fetch of the same process every method runs without waiting, and twice alike.
 *
 * @example
 * ```ts
 * import { openLab, VllmWorkloadSimulator } from "#lab";
 *
 * await using lab = await openLab();
 * const users = new VllmWorkloadSimulator(lab.workloadOptions);
 * const result = await users.simulateConcurrentLoad({ requests: 4, concurrency: 2, maxTokens: 8 });
 * console.log(result.summary.byOutcome.ok, result.summary.ttft?.p50); // seconds
 * ```
 */
export class VllmWorkloadSimulator {
  /** The collector's sampler: `lab_client_*` series, ended requests, begin and end of phases. */
  readonly sampler: Sampler;
  readonly #options: WorkloadSimulatorOptions;
  readonly #apiBase: string;
  readonly #clock: Clock;
  readonly #random: Random;
  #transport: Promise<Transport> | undefined;
  readonly #registry = new CounterRegistry();
  readonly #target: string;
  #model: string | undefined;
  #completions = 0;
  readonly #measures = new Map<string, Promise<TextMeasure>>();

  /**
   * Sends nothing yet.
   *
   * @throws TypeError when `apiBase` is not an http(s) URL or a header cannot be sent
   */
  constructor(options: WorkloadSimulatorOptions) {
    checkWorkloadOptions(options);
    this.#options = options;
    this.#apiBase = normaliseBase(options.apiBase);
    this.#clock = options.clock ?? realClock();
    this.#target = options.target ?? "workload";
    this.#model = options.model;
    this.#random = options.random ?? defaultRandom(this.#clock, options.seed ?? 1);
    // Options that cannot be meant are refused here, not at the first request.
    makeTransport(this.#apiBase, this.#clock, options).close();
    this.sampler = workloadSampler(this.#registry, {
      id: this.#target,
      intervalSeconds: options.samplerIntervalSeconds ?? 1,
      apiBase: this.#apiBase,
      simulated: options.simulated ?? false,
    });
  }

  /** Asks for the list of models; never rejects. */
  checkAvailability(
    options: { readonly timeoutSeconds?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Availability> {
    checkAvailabilityOptions(options);
    return drive(this.#clock, async () =>
      await checkAvailability(await this.#single(), {
        clock: this.#clock,
        apiBase: this.#apiBase,
        hasKey: hasKey(ownHeaders(this.#options)),
        timeoutSeconds: options.timeoutSeconds ?? AVAILABILITY_TIMEOUT_SECONDS,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }));
  }

  /**
   * Sends one completion. A request that fails is a record with its outcome, not a rejection.
   *
   * @throws WorkloadError when no model is known and the server names none
   */
  sendCompletion(options: CompletionOptions = {}): Promise<RequestRecord> {
    checkCompletion(options);
    return drive(this.#clock, () => this.#completion(options));
  }

  /**
   * Keeps `concurrency` requests in flight until `requests` were sent or the time is up.
   *
   * @throws RangeError for numbers that cannot be meant; WorkloadError when no model is known
   */
  simulateConcurrentLoad(options: ConcurrentLoadOptions): Promise<WorkloadResult> {
    checkConcurrentLoad(options);
    return this.#load("concurrent", [concurrentPhase(options)], options);
  }

  /**
   * Sends on schedule, whatever the server does.
   *
   * @throws RangeError for numbers that cannot be meant; WorkloadError when no model is known
   */
  simulateSteadyLoad(options: SteadyLoadOptions): Promise<WorkloadResult> {
    checkSteadyLoad(options);
    return this.#load("steady", [steadyPhase(options)], options);
  }

  /**
   * Runs a profile, phase by phase.
   *
   * @throws RangeError for numbers that cannot be meant; WorkloadError when no model is known
   */
  run(
    profile: WorkloadProfile,
    options: Pick<LoadOptions, "signal" | "onProgress"> = {},
  ): Promise<WorkloadResult> {
    checkProfile(profile, options);
    return this.#load(profile.name, profile.phases, options);
  }

  /**
   * What phases would do at most, before anything is sent.
   *
   * @throws WorkloadError when no model is known and the server names none
   */
  forecast(
    phases: readonly WorkloadPhase[],
    options: { readonly prices?: TokenPrices; readonly signal?: AbortSignal } = {},
  ): Promise<LoadForecast> {
    checkForecast(phases, options);
    const { signal, ...prices } = options;
    return drive(this.#clock, async () => {
      const plans: PhasePlan[] = [];
      for (const phase of phases) plans.push(await this.#plan(phase, { salt: "", signal }));
      for (const plan of plans) checkPlan(plan);
      return forecast(plans, {
        apiBase: this.#apiBase,
        hostname: new URL(this.#apiBase).hostname,
        ...prices,
      });
    });
  }

  /** Closes kept connections. The simulator can be used again afterwards. */
  close(): void {
    void this.#transport?.then((transport) => transport.close());
    this.#transport = undefined;
  }

  /** See {@link VllmWorkloadSimulator.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #completion(options: CompletionOptions): Promise<RequestRecord> {
    const signal = this.#signalOf(options) ?? new AbortController().signal;
    const timeoutSeconds = options.timeoutSeconds ?? COMPLETION_TIMEOUT_SECONDS;
    const limits = {
      firstTokenSeconds: timeoutSeconds,
      idleSeconds: timeoutSeconds,
      totalSeconds: timeoutSeconds,
    };
    const phase: WorkloadPhase = {
      ...options,
      ...(options.prompt === undefined ? {} : { prompts: [options.prompt] }),
      timeouts: { ...limits, ...options.timeouts },
      name: "single",
      mode: { kind: "closed", users: 1 },
      requests: 1,
    };
    const plan = await this.#plan(phase, { salt: this.#salt(), signal });
    // Each call takes the next prompt and length, so that repeated calls are not the same request again.
    const nth = this.#completions++;
    const random = seededRandom(plan.seed + nth);
    const source = promptSource(plan.prompts, { seed: plan.seed, salt: plan.salt });
    let prompt = source.next(0);
    for (let i = 0; options.prompt === undefined && i < nth % 1000; i++) prompt = source.next(0);
    const counters = this.#registry.counters(plan.shape.model);
    const record = await attempt({
      id: `${plan.idPrefix}-0`,
      phase: plan.name,
      target: this.#target,
      dueSeconds: this.#clock.nowSeconds(),
      shape: plan.shape,
      prompt,
      maxTokens: drawLength(plan.shape.maxTokens, random),
      timeouts: plan.timeouts,
    }, { clock: this.#clock, transport: await this.#single(), signal, trust: () => "not_measured" });
    counters.add(record);
    this.#registry.addRecord(record);
    return record;
  }

  /** Asks for the common signal also where the load brings its own: who gives it learns that a load begins. */
  #signalOf({ signal }: { readonly signal?: AbortSignal }): AbortSignal | undefined {
    const common = this.#options.stopSignal?.();
    return signal ?? common;
  }

  #load(
    name: string,
    phases: readonly WorkloadPhase[],
    options: Pick<LoadOptions, "signal" | "onProgress">,
  ): Promise<WorkloadResult> {
    const signal = this.#signalOf(options);
    const run = async () => {
      const salt = this.#salt();
      const plans: PhasePlan[] = [];
      for (const phase of phases) plans.push(await this.#plan(phase, { salt, signal }));
      const onProgress = options.onProgress ?? this.#options.onProgress;
      const engine = await this.#makeEngine();
      try {
        const result = await runPlans(plans, {
          name,
          apiBase: this.#apiBase,
          target: this.#target,
          clock: this.#clock,
          engine,
          registry: this.#registry,
          ...(signal === undefined ? {} : { signal }),
          ...(onProgress === undefined ? {} : { onProgress }),
        });
        const epoll = result.engine === "raw" && isReadLate(result.trust) && canReachByEpoll(this.#apiBase);
        return epoll ? { ...result, betterEngine: "epoll" as const } : result;
      } finally {
        engine.close();
      }
    };
    return this.#registry.during(drive(this.#clock, run), signal);
  }

  /** A thread of its own where time is real, nothing was injected and the process may start one. */
  async #makeEngine(): Promise<LoadEngine> {
    const { clock, fetch: injected, ownThread = true, caCertificates, engine = "raw", threads = "auto" } =
      this.#options;
    const proxied = await this.#isProxied();
    if (ownThread && clock === undefined && injected === undefined && !proxied && await canStartWorker()) {
      const headers = ownHeaders(this.#options);
      return workerEngine({
        address: {
          apiBase: this.#apiBase,
          headers,
          engine,
          ...(caCertificates === undefined ? {} : { caCertificates }),
        },
        clock: this.#clock,
        registry: this.#registry,
        threads,
      });
    }
    return localEngine(await this.#makeTransport(), {
      clock: this.#clock,
      waitUntil: clock === undefined
        ? (timeSeconds, signal) => waitPrecisely(this.#clock, timeSeconds, signal)
        : (timeSeconds, signal) => clock.sleepUntil(timeSeconds, signal),
      countersOf: (model) => this.#registry.counters(model),
      ...(threads === "auto" || threads === 1 ? {} : { threadsLimit: "own_thread" as const }),
    });
  }

  /** The connection for single requests, kept between them. */
  #single(): Promise<Transport> {
    this.#transport ??= this.#makeTransport();
    return this.#transport;
  }

  async #makeTransport(): Promise<Transport> {
    const options = await this.#isProxied() ? { ...this.#options, fetch } : this.#options;
    return makeTransport(this.#apiBase, this.#clock, options);
  }

  async #isProxied(): Promise<boolean> {
    if (this.#options.fetch !== undefined || this.#options.clock !== undefined) return false;
    return isBehindProxy(new URL(this.#apiBase), await readableVariables());
  }

  async #plan(
    phase: WorkloadPhase,
    { salt, signal }: { readonly salt: string; readonly signal: AbortSignal | undefined },
  ): Promise<PhasePlan> {
    const plan = planPhase(phase, {
      model: this.#model ?? await this.#findModel(signal),
      endpoint: this.#options.endpoint ?? "completions",
      prompts: this.#options.prompts,
      seed: this.#options.seed ?? 1,
      salt,
    });
    if (!needsMeasure(plan.prompts)) return plan;
    return {
      ...plan,
      prompts: { ...plan.prompts, ...await this.#measure(plan.shape.model, plan.shape.endpoint) },
    };
  }

  /** How long made-up words are for this model; asked once. */
  #measure(model: string, endpoint: Endpoint): Promise<TextMeasure> {
    const key = `${endpoint} ${model}`;
    let measure = this.#measures.get(key);
    if (measure === undefined) {
      const asked = { clock: this.#clock, apiBase: this.#apiBase, model, endpoint };
      measure = this.#single().then((transport) => calibrate({ ...asked, transport }));
      this.#measures.set(key, measure);
    }
    return measure;
  }

  async #findModel(signal: AbortSignal | undefined): Promise<string> {
    const found = await this.checkAvailability(signal === undefined ? {} : { signal });
    if (!found.available) throw new WorkloadError(found.cause, this.#apiBase);
    const model = found.models[0];
    if (model === undefined) throw new WorkloadError({ code: "no_models", params: { url: this.#apiBase } });
    this.#model = model;
    return model;
  }

  /** Eight hex digits: always as many, so that a salt changes no length. */
  #salt(): string {
    let salt = "";
    for (let i = 0; i < 8; i++) salt += integerBetween(this.#random, 0, 15).toString(16);
    return salt;
  }
}

function makeTransport(apiBase: string, clock: Clock, options: WorkloadSimulatorOptions): Transport {
  const headers = ownHeaders(options);
  if (options.fetch !== undefined || clock.drive !== undefined) {
    return fetchTransport(apiBase, { fetch: options.fetch ?? fetch, clock, headers });
  }
  const { caCertificates } = options;
  if (options.engine === "epoll") return epollTransport(apiBase, { clock, headers });
  return rawTransport(apiBase, {
    clock,
    headers,
    ...(caCertificates === undefined ? {} : { caCertificates }),
  });
}

function ownHeaders(options: WorkloadSimulatorOptions): Record<string, string> {
  const authorization = basicAuthorization(options.apiBase);
  return { ...(authorization === undefined ? {} : { authorization }), ...options.headers };
}

/** Two runs on a virtual clock must be alike; two runs against a real server must not share their salts. */
function defaultRandom(clock: Clock, seed: number): Random {
  if (clock.drive !== undefined) return seededRandom(seed);
  return { next: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32 };
}
