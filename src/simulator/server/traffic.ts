/**
 * Users beside those that really call: their requests resemble the real ones of late, or are as an incident says.
 *
 * @module
 */
import { exponential, type Random, seededRandom } from "../../base/random.ts";
import type { Clock } from "../../base/clock.ts";
import type { ExtraTraffic } from "../engine/incidents.ts";
import type { ApiRequest } from "./api_request.ts";

/** Real requests that are remembered to be resembled. */
const REMEMBERED = 64;
/** The arrival rate is measured over this time. */
const RATE_SECONDS = 20;
/** How often a rate that may change is looked at. */
const LOOK_SECONDS = 0.5;
/** What users ask while no real request has come: about a paragraph, a third of it shared. */
const DEFAULT_PROMPT_TOKENS = 120;
const DEFAULT_SHARED_TOKENS = 40;
const DEFAULT_OUTPUT_TOKENS = 120;
const FALLBACK_REQUESTS_PER_SECOND = 0.5;

/** What the traffic needs of its server. */
export interface TrafficHost {
  readonly clock: Clock;
  readonly maxModelLength: number;
  /** Sends a request as a user would. `onToken` is told how many tokens its first sample has; `cut` ends it. */
  send(call: ApiRequest, onToken: (tokens: number, cut: () => void) => void): void;
}

/** Remembers real requests and makes others like them. */
export class ExtraUsers {
  readonly #host: TrafficHost;
  readonly #random: Random;
  readonly #seen: { readonly timeSeconds: number; readonly call: ApiRequest }[] = [];
  #traffic: readonly ExtraTraffic[] = [];
  readonly #running = new Set<number>();
  #stopped = false;

  constructor(host: TrafficHost, seed: number) {
    this.#host = host;
    this.#random = seededRandom(seed);
  }

  /** A real request came. */
  remember(call: ApiRequest, timeSeconds: number): void {
    this.#seen.push({ timeSeconds, call });
    while (this.#seen.length > REMEMBERED) this.#seen.shift();
  }

  /** Sets who else is there from now on. */
  set(traffic: readonly ExtraTraffic[]): void {
    this.#traffic = traffic;
    for (const index of traffic.keys()) void this.#run(index);
  }

  /** Nobody comes any more. */
  stop(): void {
    this.#stopped = true;
    this.#traffic = [];
  }

  /** One Poisson process per kind of traffic; its rate is looked at anew before each arrival. */
  async #run(index: number): Promise<void> {
    if (this.#running.has(index)) return;
    this.#running.add(index);
    const { clock } = this.#host;
    let timeSeconds = clock.nowSeconds();
    let workLeft = exponential(this.#random, 1);
    while (!this.#stopped && this.#traffic[index] !== undefined) {
      const rate = this.#rate(this.#traffic[index]);
      const due = workLeft / rate;
      const step = Math.min(due, LOOK_SECONDS);
      timeSeconds += step;
      workLeft -= step * rate;
      await clock.sleepUntil(timeSeconds);
      const traffic = this.#traffic[index];
      if (traffic === undefined || due > LOOK_SECONDS) continue;
      this.#send(traffic);
      workLeft = exponential(this.#random, 1);
    }
    this.#running.delete(index);
  }

  #rate(traffic: ExtraTraffic): number {
    if (traffic.perRealRequest <= 0) return traffic.requestsPerSecond;
    const since = this.#host.clock.nowSeconds() - RATE_SECONDS;
    const recent = this.#seen.filter(({ timeSeconds }) => timeSeconds > since);
    const span = recent.length === REMEMBERED
      ? this.#host.clock.nowSeconds() - recent[0]!.timeSeconds
      : RATE_SECONDS;
    const real = recent.length === 0 ? FALLBACK_REQUESTS_PER_SECOND : recent.length / Math.max(span, 0.1);
    return traffic.requestsPerSecond + traffic.perRealRequest * real;
  }

  #send(traffic: ExtraTraffic): void {
    const call = this.#callLike(traffic);
    const isCut = this.#random.next() < traffic.cutShare;
    this.#host.send(call, (tokens, cut) => {
      if (isCut && tokens >= traffic.cutAfterTokens) cut();
    });
  }

  #callLike(traffic: ExtraTraffic): ApiRequest {
    const like = this.#seen[Math.floor(this.#random.next() * this.#seen.length)]?.call;
    const { maxModelLength } = this.#host;
    const likeTokens = like?.maxTokens ?? DEFAULT_OUTPUT_TOKENS;
    const wanted = traffic.outputTokens ?? Math.round(likeTokens * traffic.outputFactor);
    const promptTokens = Math.min(
      traffic.promptTokens ?? like?.prompts[0]?.length ?? DEFAULT_PROMPT_TOKENS,
      maxModelLength - Math.min(wanted, Math.floor(maxModelLength / 2)),
    );
    const sharesPrompt = traffic.promptTokens === undefined;
    return {
      endpoint: "completions",
      prompts: [this.#prompt(promptTokens, sharesPrompt ? like?.prompts[0] ?? [] : [])],
      n: 1,
      maxTokens: Math.max(1, Math.min(wanted, maxModelLength - promptTokens)),
      minTokens: 0,
      temperature: 1,
      stop: [],
      includeStop: false,
      ignoreEos: traffic.outputFactor > 1 || (like?.ignoreEos ?? false),
      stream: true,
      includeUsage: false,
      continuousUsage: false,
    };
  }

  /** The start of a real prompt, the rest new. */
  #prompt(tokens: number, like: readonly number[]): number[] {
    const shared = like.length > 0 ? Math.floor(like.length / 3) : DEFAULT_SHARED_TOKENS;
    return Array.from({ length: tokens }, (_, index) => {
      if (index < shared) return like[index] ?? 1000 + index;
      return 256 + Math.floor(this.#random.next() * 128_000);
    });
  }
}
