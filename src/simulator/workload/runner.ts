/**
 * Runs a phase: sends what is due, keeps the closed loop's slots filled, counts what ends.
 *
 * @module
 */
import { exponential, type Random, seededRandom } from "../../base/random.ts";
import type { RequestRecord } from "../../series/types.ts";
import { attempt, type AttemptSpec, RunEnd } from "./attempt.ts";
import { Backoff, isConnectionFailure, isFailure } from "./backoff.ts";
import { before } from "./before.ts";
import { onAbort } from "./on_abort.ts";
import { Draws } from "./draws.ts";
import { dueTimes } from "./pacer.ts";
import { Places } from "./places.ts";
import { checkPlan, type LoadMode, type PhasePlan, type StopReason } from "./plan.ts";
import type { PhaseOutcome, RunContext, RunShare } from "./run_context.ts";
import { Tally } from "./tally.ts";
import { DEFAULT_MAX_IN_FLIGHT, shareOf } from "./threads.ts";
import { judgeRequest } from "./trust.ts";

/** How far back the lag is read for a single request, at least. */
const LEAST_LAG_WINDOW_SECONDS = 1;
/** Connections opened before an open loop starts, per request a second, and at most. */
const FIRST_CONNECTIONS = 64;
const DEFAULT_DROP_AFTER_SECONDS = 10;
/** The whole of a phase, as a share. */
const ALONE = { index: 0, count: 1 };

/**
 * Runs one phase to its end.
 *
 * @throws RangeError when the plan cannot be meant
 */
export async function runPhase(plan: PhasePlan, context: RunContext): Promise<PhaseOutcome> {
  checkPlan(plan);
  const run = new PhaseRun(plan, context);
  return await run.run();
}

/** A request on its way, with what it may cost at most. */
interface Planned {
  readonly spec: AttemptSpec;
  readonly user: number;
  readonly tokens: number;
  /** What the server said about the next try; 0 where it said nothing. */
  retryAfterSeconds: number;
}

/** Why running requests are cut. */
const CUT_BY_STOP = () => new RunEnd("stopped before its end");
const CUT_AT_END = () => new RunEnd("cut when the time was up");
const cutAfterDrain = (seconds: number) => new RunEnd(`still running ${seconds} s after the end of sending`);

class PhaseRun {
  readonly #plan: PhasePlan;
  readonly #context: RunContext;
  readonly #share: Pick<RunShare, "index" | "count">;
  readonly #tally: Tally;
  readonly #random: Random;
  /** Pauses are drawn when answers come: among threads from a source of their own, so that lengths stay each number's. */
  readonly #pauses: Random;
  readonly #draws: Draws;
  /** Aborted to stop sending. */
  readonly #sending = new AbortController();
  /** Aborted to cut what runs. */
  readonly #running = new AbortController();
  readonly #live = new Set<Promise<unknown>>();
  #stopped: StopReason | undefined;

  constructor(plan: PhasePlan, context: RunContext) {
    this.#plan = plan;
    this.#context = context;
    this.#share = context.share ?? ALONE;
    this.#tally = context.share?.tally ?? new Tally();
    this.#random = seededRandom(plan.seed);
    this.#pauses = this.#share.count === 1 ? this.#random : seededRandom(plan.seed + 1 + this.#share.index);
    this.#draws = new Draws(plan, this.#random);
  }

  async run(): Promise<PhaseOutcome> {
    const { signal, clock, transport } = this.#context;
    const cancel = () => this.#stop({ code: "cancelled" }, CUT_BY_STOP());
    const stopCancelling = onAbort(signal, cancel);
    const stopListening = this.#watchOthers();
    try {
      const { mode } = this.#plan;
      const planned = mode.kind === "open" ? this.#schedule(mode) : undefined;
      // A host that does not answer is met again, and recorded, by the requests.
      const untilSeconds = clock.nowSeconds() + this.#plan.timeouts.connectSeconds;
      const opening = transport.open(shareOf(firstConnections(mode, planned), this.#share));
      await before(opening, untilSeconds, { clock, signal: this.#sending.signal });
      const startSeconds = await this.#start();
      if (mode.kind === "open") await this.#openLoop(mode, startSeconds, planned ?? new Float64Array(0));
      else await this.#closedLoop(mode, startSeconds);
      await this.#drain(startSeconds);
      return {
        name: this.#plan.name,
        startSeconds,
        endSeconds: clock.nowSeconds(),
        ...(planned === undefined ? {} : { plannedSeconds: planned }),
        ...this.#counts(planned?.length ?? this.#plan.limit.requests),
        ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
      };
    } finally {
      stopCancelling();
      stopListening();
    }
  }

  #watchOthers(): () => void {
    const { share } = this.#context;
    if (share === undefined) return () => {};
    return onAbort(share.others, () => this.#stop(share.others.reason));
  }

  /** Now, or when all threads can begin. */
  async #start(): Promise<number> {
    const { share, clock } = this.#context;
    if (share === undefined) return clock.nowSeconds();
    const signal = this.#sending.signal;
    return await before(share.start(), Infinity, { clock, signal }) ?? clock.nowSeconds();
  }

  #counts(planned: number | undefined): Pick<PhaseOutcome, "planned" | "notSent"> {
    return planned === undefined ? { notSent: 0 } : { planned, notSent: planned - this.#tally.begun };
  }

  /** Waits for what runs: as long as it takes where all planned requests were sent, else no longer than the drain. */
  async #drain(startSeconds: number): Promise<void> {
    const { clock } = this.#context;
    const { atEnd, drainSeconds, limit } = this.#plan;
    const endSeconds = startSeconds + (limit.durationSeconds ?? Infinity);
    if (atEnd === "cut") this.#cutAll(CUT_AT_END());
    const early = this.#sending.signal.aborted;
    const untilSeconds = (early ? Math.min(endSeconds, clock.nowSeconds()) : endSeconds) + drainSeconds;
    const over = new AbortController();
    const ended = this.#allEnded().finally(() => over.abort());
    ended.catch(() => undefined); // met below, where it is waited for
    if (untilSeconds !== Infinity) {
      await clock.sleepUntil(untilSeconds, over.signal).then(
        () => this.#cutAll(cutAfterDrain(drainSeconds)),
        () => undefined, // all ended before
      );
    }
    await ended;
  }

  /** What runs may launch more: a request that waited for a place. */
  async #allEnded(): Promise<void> {
    while (this.#live.size > 0) await Promise.all(this.#live);
  }

  #cutAll(reason: RunEnd): void {
    this.#sending.abort();
    this.#running.abort(reason);
  }

  #schedule(mode: Extract<LoadMode, { kind: "open" }>): Float64Array {
    return dueTimes(mode.arrivals, this.#plan.limit, this.#random);
  }

  /** Everything is due at its own absolute time; being late for one moves none of the others. */
  async #openLoop(
    mode: Extract<LoadMode, { kind: "open" }>,
    startSeconds: number,
    planned: Float64Array,
  ): Promise<void> {
    const { index, count } = this.#share;
    const places = new Places(shareOf(mode.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT, this.#share));
    const dropAfter = mode.dropAfterSeconds ?? DEFAULT_DROP_AFTER_SECONDS;
    for (let number = index; number < planned.length; number += count) {
      const dueSeconds = startSeconds + planned[number]!;
      if (!await this.#reached(dueSeconds)) break;
      const next = this.#next(number, dueSeconds, number);
      if (next === undefined) break;
      if (places.take()) this.#launch(this.#inPlace(next, places));
      else this.#launch(this.#waitForPlace(next, { places, dropAfter }));
    }
    if (this.#plan.limit.durationSeconds !== undefined) {
      await this.#reached(startSeconds + this.#plan.limit.durationSeconds);
    }
  }

  async #inPlace(planned: Planned, places: Places): Promise<void> {
    try {
      await this.#send(planned);
    } finally {
      places.free();
    }
  }

  async #waitForPlace(
    planned: Planned,
    options: { readonly places: Places; readonly dropAfter: number },
  ): Promise<void> {
    const { clock } = this.#context;
    const untilSeconds = planned.spec.dueSeconds + options.dropAfter;
    if (await options.places.wait(clock, untilSeconds, this.#sending.signal)) {
      await this.#inPlace(planned, options.places);
    } else this.#dropped(planned);
  }

  async #closedLoop(mode: Extract<LoadMode, { kind: "closed" }>, startSeconds: number): Promise<void> {
    const spread = mode.spreadSeconds ?? 0;
    const endSeconds = startSeconds + (this.#plan.limit.durationSeconds ?? Infinity);
    const loops: Promise<void>[] = [];
    for (let user = this.#share.index; user < mode.users; user += this.#share.count) {
      const firstSeconds = startSeconds + spread * user / mode.users;
      loops.push(this.#user(user, { mode, firstSeconds, endSeconds }));
    }
    await Promise.all(loops);
  }

  async #user(
    user: number,
    options: {
      readonly mode: Extract<LoadMode, { kind: "closed" }>;
      readonly firstSeconds: number;
      readonly endSeconds: number;
    },
  ): Promise<void> {
    const { clock } = this.#context;
    const most = this.#plan.limit.requests ?? Infinity;
    const backoff = new Backoff();
    let dueSeconds = options.firstSeconds;
    while (this.#tally.isLeft(most) && dueSeconds < options.endSeconds) {
      if (dueSeconds > clock.nowSeconds() && !await this.#reached(dueSeconds)) return;
      if (this.#sending.signal.aborted) return;
      // Others may have taken the last request while this user slept.
      const number = this.#tally.take(most);
      const planned = number === undefined ? undefined : this.#next(number, dueSeconds, user);
      if (planned === undefined) return;
      const record = await this.#endedBefore(this.#send(planned), options.endSeconds);
      if (record === undefined) return;
      // Without a pause a dead server would be asked without end.
      dueSeconds = clock.nowSeconds() + Math.max(
        backoff.after(record, planned.retryAfterSeconds),
        this.#think(options.mode),
      );
    }
  }

  /**
   * Waits for a request; undefined when the time is up or sending is stopped before it ends: then it is left to the end of
   * the phase.
   */
  async #endedBefore(done: Promise<RequestRecord>, endSeconds: number): Promise<RequestRecord | undefined> {
    this.#launch(done);
    return await before(done, endSeconds, { clock: this.#context.clock, signal: this.#sending.signal });
  }

  #think(mode: Extract<LoadMode, { kind: "closed" }>): number {
    const mean = mode.thinkSeconds ?? 0;
    return mean === 0 || mode.regularThinking === true ? mean : exponential(this.#pauses, mean);
  }

  /** Sleeps until an instant; false when sending was stopped meanwhile. */
  async #reached(timeSeconds: number): Promise<boolean> {
    const { signal } = this.#sending;
    if (signal.aborted) return false;
    try {
      await this.#context.waitUntil(timeSeconds, signal);
      return !signal.aborted;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  /** Plans a request; undefined when nothing more may be sent. */
  #next(number: number, dueSeconds: number, user: number): Planned | undefined {
    if (this.#tally.isStopped) this.#sending.abort(); // by another thread, which says why
    if (this.#sending.signal.aborted) return undefined;
    const spec = this.#spec(number, dueSeconds, user);
    const tokens = mostTokens(spec);
    if (!this.#tally.reserve(tokens, this.#plan.tokenBudget ?? Infinity)) {
      this.#stop({ code: "token_budget", tokens: this.#tally.tokens });
      return undefined;
    }
    this.#tally.begin();
    return { spec, user, tokens, retryAfterSeconds: 0 };
  }

  #launch(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#live.delete(tracked));
    this.#live.add(tracked);
  }

  #spec(number: number, dueSeconds: number, user: number): AttemptSpec {
    const plan = this.#plan;
    return {
      id: `${plan.idPrefix}-${number}`,
      phase: plan.name,
      target: this.#context.target,
      dueSeconds,
      shape: this.#draws.needsAnswers ? { ...plan.shape, keepText: true } : plan.shape,
      ...this.#draws.of(number, user),
      timeouts: plan.timeouts,
    };
  }

  async #send(planned: Planned): Promise<RequestRecord> {
    const { counters, lag, clock } = this.#context;
    counters.begin();
    const record = await attempt(planned.spec, {
      clock,
      transport: this.#context.transport,
      signal: this.#running.signal,
      onToken: (timeSeconds, { sentSeconds, previousSeconds }) =>
        previousSeconds === undefined
          ? counters.firstToken(timeSeconds - sentSeconds)
          : counters.furtherToken(timeSeconds - previousSeconds),
      onRetryAfter: (seconds) => planned.retryAfterSeconds = seconds,
      trust: (due, begun) =>
        judgeRequest(
          lag.p99Since(Math.min(due, clock.nowSeconds() - LEAST_LAG_WINDOW_SECONDS)),
          // Where users wait for their answers every time counts from the real send.
          begun === undefined || this.#plan.mode.kind === "closed" ? undefined : begun - due,
          { engine: this.#context.transport.engine },
        ),
    });
    this.#tally.settle(planned.tokens, (record.promptTokens ?? 0) + (record.outputTokens ?? 0));
    counters.end(record, true);
    this.#draws.answered(planned.user, record.text ?? "");
    this.#watchFailures(record);
    this.#context.onRecord(record);
    return record;
  }

  #dropped({ spec, tokens }: Planned): void {
    this.#tally.settle(tokens, 0);
    const record: RequestRecord = {
      id: spec.id,
      target: spec.target,
      model: spec.shape.model,
      endpoint: spec.shape.endpoint,
      phase: spec.phase,
      outcome: "dropped",
      dueSeconds: spec.dueSeconds,
      chunkTimesSeconds: new Float64Array(0),
      maxTokens: spec.maxTokens,
      error: "no free place in time",
      engine: this.#context.transport.engine,
      trust: "not_measured",
    };
    this.#context.counters.end(record, false);
    this.#context.onRecord(record);
  }

  #watchFailures(record: RequestRecord): void {
    if (record.outcome === "ok") this.#tally.succeeded();
    if (!isFailure(record)) return;
    const { failures, connectionFailures } = this.#tally.failed(isConnectionFailure(record));
    const { stopAfterFailures, stopAfterConnectionFailures } = this.#plan;
    if (failures >= stopAfterFailures || connectionFailures >= stopAfterConnectionFailures) {
      this.#stop({ code: "failures_in_a_row", count: failures, error: record.error ?? "" });
    }
  }

  #stop(reason: StopReason, cut?: RunEnd): void {
    if (this.#stopped === undefined) {
      this.#stopped = reason;
      this.#tally.stop();
      this.#context.share?.stopped(reason);
    }
    this.#sending.abort();
    if (cut !== undefined) this.#running.abort(cut);
  }
}

function firstConnections(mode: LoadMode, planned: Float64Array | undefined): number {
  if (mode.kind === "closed") return mode.users;
  return Math.min(FIRST_CONNECTIONS, mode.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT, planned?.length ?? 0);
}

/** The most that a request can cost. A text of unknown length is guessed at two characters a token: few languages need more. */
function mostTokens({ prompt, maxTokens }: AttemptSpec): number {
  const characters = prompt.messages.reduce((sum, message) => sum + message.content.length, 0);
  return (prompt.plannedTokens ?? Math.ceil(characters / 2)) + maxTokens;
}
