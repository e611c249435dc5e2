/**
 * One of the engines that a what-if asks, and how a server shares its load out among several.
 *
 * @module
 */
import type { Engine } from "../simulator/engine/engine.ts";
import type { WhatIfLoad } from "./what_if.ts";

/** What a step brought a request. */
interface StepResult {
  readonly tokens: number;
  readonly sinceArrival: number;
  /** Since its token before; undefined: this is its first. */
  readonly gap: number | undefined;
  readonly finished: boolean;
}

/** How often engines tell the balancer of their load. */
const BALANCE_SECONDS = 0.1;
/** What a waiting request weighs beside a running one. */
const WAITING_WEIGHT = 4;

/**
 * As vLLM's balancer (`DPLBAsyncMPClient`): the engine with the least to do as it last told itself, and what was sent to it since
 * counts as waiting, though it may run by now.
 */
export function pickEngine(engines: readonly ModelledEngine[], now: number): ModelledEngine {
  let best = engines[0]!;
  if (engines.length === 1) return best;
  for (const engine of engines) if (engine.toldLoad(now) < best.toldLoad(now)) best = engine;
  best.noteSent();
  return best;
}

/** An engine in virtual time, with who has come to it and what it did. */
export class ModelledEngine {
  readonly #lives = new Map<string, { readonly arrival: number; last: number }>();
  /** Arrivals that the engine does not hold yet: a long queue's prompts need not be made before their turn. */
  readonly #backlog: number[] = [];
  #handedOver = 0;
  #serial = 0;
  /** What the balancer knows: as it was told, and what it sent since. */
  #told = { seconds: -Infinity, load: 0 };
  /** Of the step under way: who waited when it began, and for how long in all those that came since. */
  #waitingAtBegin = 0;
  #waitedSince = 0;
  /** When the step under way began. */
  stepBegin = 0;
  /** When the step under way ends; Infinity: there is none. */
  stepEnd = Infinity;
  runningSeconds = 0;
  waitingSeconds = 0;
  kvMaximum = 0;

  constructor(readonly engine: Engine, readonly users: WhatIfLoad) {}

  /** Who has come and does not run. */
  get waiting(): number {
    return this.engine.waiting + this.#backlog.length - this.#handedOver;
  }

  /** As the balancer counts: told anew where the last word is old. */
  toldLoad(now: number): number {
    if (now - this.#told.seconds >= BALANCE_SECONDS) {
      const { running } = this.engine.statistics.gauges;
      this.#told = { seconds: now, load: WAITING_WEIGHT * this.waiting + running };
    }
    return this.#told.load;
  }

  /** A request was sent to it. */
  noteSent(): void {
    this.#told.load += WAITING_WEIGHT;
  }

  /** A request comes. */
  arrive(now: number): void {
    this.#backlog.push(now);
    if (this.stepEnd !== Infinity) this.#waitedSince += this.stepEnd - now;
  }

  /** The next step, where there is anything to do. */
  begin(now: number): void {
    this.#handOver();
    const plan = this.engine.begin(now);
    this.#waitingAtBegin = this.waiting;
    this.#waitedSince = 0;
    this.stepBegin = now;
    this.stepEnd = plan === undefined ? Infinity : now + plan.durationSeconds;
  }

  /** The step under way ends. */
  complete(now: number, counts: boolean): readonly StepResult[] {
    const results = this.engine.complete(now).map(({ request, tokens, finishReason }): StepResult => {
      const life = this.#lives.get(request.id)!;
      const gap = Number.isNaN(life.last) ? undefined : now - life.last;
      life.last = now;
      const finished = finishReason !== undefined;
      if (finished) this.#lives.delete(request.id);
      return { tokens, sinceArrival: now - life.arrival, gap, finished };
    });
    if (counts) this.#observe(now - this.stepBegin);
    return results;
  }

  #observe(seconds: number): void {
    const { gauges } = this.engine.statistics;
    this.runningSeconds += gauges.running * seconds;
    this.waitingSeconds += this.#waitingAtBegin * seconds + this.#waitedSince;
    this.kvMaximum = Math.max(this.kvMaximum, gauges.kvUsageRatio);
  }

  #handOver(): void {
    // First come, first served: who stands behind all that one step can admit changes nothing.
    const { maxBatchedTokens, maxNumSequences } = this.engine.limits;
    const room = Math.min(maxBatchedTokens, maxNumSequences) - this.engine.waiting;
    const end = Math.min(this.#backlog.length, this.#handedOver + room);
    while (this.#handedOver < end) this.#submit(this.#backlog[this.#handedOver++]!);
  }

  #submit(arrivalSeconds: number): void {
    const { promptTokens, sharedTokens = 0, outputTokens } = this.users;
    const serial = this.#serial++;
    const promptTokenIds = Int32Array.from(
      { length: promptTokens },
      (_, i) => i < sharedTokens ? i : serial * 31_337 + i,
    );
    this.engine.submit({
      id: String(serial),
      promptTokenIds,
      maxTokens: outputTokens,
      outputTokenId: (index) => index,
      arrivalSeconds,
      group: { n: 1, remaining: 1, longestOutputTokens: 0 },
    }, arrivalSeconds);
    this.#lives.set(String(serial), { arrival: arrivalSeconds, last: NaN });
  }
}
