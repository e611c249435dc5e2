/**
 * One request from its due time to its record.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { RequestOutcome, RequestRecord, TrustLevel } from "../../series/types.ts";
import { AnswerReader } from "./answer_reader.ts";
import type { Usage } from "./chunk.ts";
import { compact } from "./compact.ts";
import { onAbort } from "./on_abort.ts";
import type { RequestShape, Timeouts } from "./plan.ts";
import { endpointPath, requestBody } from "./request_body.ts";
import type { Prompt } from "./prompts.ts";
import { type AnswerHints, type CallListener, type Transport, TransportError } from "./transport.ts";

/** What one request is. */
export interface AttemptSpec {
  readonly id: string;
  readonly phase: string;
  readonly target: string;
  readonly dueSeconds: number;
  readonly shape: RequestShape;
  readonly prompt: Prompt;
  readonly maxTokens: number;
  readonly timeouts: Timeouts;
  /** Gives it up on purpose: after so many token chunks, or so long after the send. */
  readonly cut?: { readonly chunks: number } | { readonly seconds: number };
}

/** What an attempt needs and whom it tells. */
export interface AttemptContext {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Ends it as "unfinished"; a {@link RunEnd} as its reason says why. */
  readonly signal: AbortSignal;
  readonly onToken?: (
    timeSeconds: number,
    record: { readonly sentSeconds: number; readonly previousSeconds?: number },
  ) => void;
  /** Told when the answer says how many seconds to wait before the next. A date instead of seconds is not told. */
  readonly onRetryAfter?: (seconds: number) => void;
  /** How far this record can be trusted, asked at its end. */
  readonly trust: (dueSeconds: number, begunSeconds: number | undefined) => TrustLevel;
}

/** Why the client itself ended a request. */
class Cut extends Error {
  constructor(readonly outcome: RequestOutcome, message: string) {
    super(message);
  }
}

/** Shared: an abort without a reason makes an error with a stack each time. */
const STAGE_OVER = new Error("the stage is over");

interface Deadline {
  readonly timeSeconds: number;
  readonly reason: () => Cut;
}

function timeout(startSeconds: number, durationSeconds: number, phrase: string): Deadline {
  return {
    timeSeconds: startSeconds + durationSeconds,
    reason: () => new Cut("timeout", `${phrase} ${durationSeconds} s`),
  };
}

function cutOnPurpose(): Cut {
  return new Cut("aborted", "cut on purpose");
}

/** Why a run left a request unfinished: the signal's reason if it is one of {@link RunEnd}, else whoever gave the signal stopped it. */
function unfinishedBecause(signal: AbortSignal): string {
  return signal.reason instanceof RunEnd ? signal.reason.message : "stopped before its end";
}

/** Ends the running requests of a run; its message is their reason. */
export class RunEnd extends Error {
  override readonly name = "RunEnd";
}

/** The record of a request, never a rejection: whatever happens to it is its outcome. */
export async function attempt(spec: AttemptSpec, context: AttemptContext): Promise<RequestRecord> {
  const run = new Attempt(spec, context);
  const call = {
    method: "POST",
    path: endpointPath(spec.shape.endpoint),
    body: requestBody(spec.shape, spec.prompt, spec.maxTokens),
    requestId: spec.id,
  } as const;
  let failure: unknown;
  run.arm();
  try {
    await context.transport.send(call, run, run.signal);
  } catch (error) {
    failure = error;
  }
  return run.record(failure);
}

/** The instants of one request, and its watchdog. */
class Attempt implements CallListener {
  readonly #spec: AttemptSpec;
  readonly #context: AttemptContext;
  readonly #answer: AnswerReader;
  readonly #controller = new AbortController();
  readonly #stopListening: () => void;
  #stage = new AbortController();
  #watchedUntilSeconds = Infinity;
  #connectStartedSeconds: number | undefined;
  #connectedSeconds: number | undefined;
  #sentSeconds: number | undefined;
  /** Since when a connection is opened in place of a kept one that was found dead. */
  #reconnectingSeconds: number | undefined;
  #lastChunkSeconds: number | undefined;
  #endedSeconds: number | undefined;
  #location: string | undefined;
  #encoding: string | undefined;

  constructor(spec: AttemptSpec, context: AttemptContext) {
    this.#spec = spec;
    this.#context = context;
    this.#answer = new AnswerReader({
      streaming: spec.shape.stream,
      keepText: spec.shape.keepText ?? false,
      listener: { token: (timeSeconds, index) => this.#token(timeSeconds, index) },
    });
    this.#stopListening = onAbort(
      context.signal,
      () => this.#controller.abort(new Cut("unfinished", unfinishedBecause(context.signal))),
    );
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * A kept connection may be found dead only after its server stood still. Who waits for the answer waits since the first
   * send; that a second one was needed is no lateness of the client.
   */
  connecting(timeSeconds: number): void {
    if (this.#sentSeconds === undefined) this.#connectStartedSeconds = timeSeconds;
    else this.#reconnectingSeconds = timeSeconds;
    this.arm();
  }

  connected(timeSeconds: number): void {
    if (this.#reconnectingSeconds === undefined) this.#connectedSeconds = timeSeconds;
  }

  sending(timeSeconds: number): void {
    this.#sentSeconds ??= timeSeconds;
    this.#reconnectingSeconds = undefined;
    this.arm();
  }

  head(
    status: number,
    contentType: string | undefined,
    timeSeconds: number,
    hints: AnswerHints = {},
  ): void {
    this.#answer.head(status, contentType, timeSeconds);
    this.#location = hints.location;
    this.#encoding = hints.encoding;
    const seconds = Number(hints.retryAfter ?? NaN);
    if (seconds >= 0) this.#context.onRetryAfter?.(seconds);
  }

  body(bytes: Uint8Array, timeSeconds: number): void {
    this.#answer.body(bytes, timeSeconds);
  }

  chunk(bytes: Uint8Array, from: number, to: number, timeSeconds: number): boolean {
    return this.#answer.chunk(bytes, from, to, timeSeconds);
  }

  ended(timeSeconds: number): void {
    this.#endedSeconds = timeSeconds;
  }

  #token(timeSeconds: number, index: number): void {
    const sentSeconds = this.#sentSeconds ?? timeSeconds;
    const previousSeconds = this.#lastChunkSeconds;
    this.#lastChunkSeconds = timeSeconds;
    this.#context.onToken?.(
      timeSeconds,
      previousSeconds === undefined ? { sentSeconds } : { sentSeconds, previousSeconds },
    );
    if (index === 0) this.arm();
    const { cut } = this.#spec;
    if (cut !== undefined && "chunks" in cut && index + 1 === cut.chunks) {
      this.#controller.abort(cutOnPurpose());
    }
  }

  /** Sets the watchdog for the stage that begins now. One that wakes up before its deadline looks for it then. */
  arm(): void {
    if (this.#watchedUntilSeconds <= this.#deadline().timeSeconds) return;
    this.#stage.abort(STAGE_OVER);
    this.#stage = new AbortController();
    void this.#watch(this.#stage.signal);
  }

  /** Sleeps from deadline to deadline, so that a stream costs a few timers and not one per chunk. */
  async #watch(over: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    while (!over.aborted) {
      const { timeSeconds, reason } = this.#deadline();
      if (clock.nowSeconds() >= timeSeconds) return this.#controller.abort(reason());
      this.#watchedUntilSeconds = timeSeconds;
      try {
        await clock.sleepUntil(timeSeconds, over);
      } catch {
        return; // the request is over
      }
    }
  }

  /** The first of what may happen to it now if the server does nothing; at a tie the more telling one. */
  #deadline(): Deadline {
    const { timeouts, shape, cut, dueSeconds } = this.#spec;
    const sent = this.#sentSeconds;
    const start = sent ?? this.#connectStartedSeconds ??
      Math.max(dueSeconds, this.#context.clock.nowSeconds());
    const deadlines = [timeout(start, timeouts.totalSeconds, "no end within")];
    const reconnecting = this.#reconnectingSeconds;
    if (reconnecting !== undefined) {
      deadlines.push(timeout(reconnecting, timeouts.connectSeconds, "no connection within"));
    }
    if (sent === undefined) deadlines.push(timeout(start, timeouts.connectSeconds, "no connection within"));
    else if (this.#lastChunkSeconds !== undefined) {
      deadlines.push(timeout(this.#lastChunkSeconds, timeouts.idleSeconds, "no token for"));
    } else if (shape.stream) {
      deadlines.push(timeout(sent, timeouts.firstTokenSeconds, "no first token within"));
    }
    if (cut !== undefined && "seconds" in cut) {
      deadlines.push({ timeSeconds: start + cut.seconds, reason: cutOnPurpose });
    }
    return deadlines.reduce((first, next) => next.timeSeconds <= first.timeSeconds ? next : first);
  }

  record(failure: unknown): RequestRecord {
    this.#stage.abort(STAGE_OVER);
    this.#stopListening();
    const spec = this.#spec;
    const end = this.#judge(failure);
    const usage = this.#answer.usage;
    const chunks = this.#answer.chunkCount;
    const outputTokens = usage?.outputTokens ?? (chunks > 0 ? chunks : undefined);
    return compact({
      id: spec.id,
      target: spec.target,
      model: spec.shape.model,
      endpoint: spec.shape.endpoint,
      phase: spec.phase,
      outcome: end.outcome,
      dueSeconds: spec.dueSeconds,
      sentSeconds: this.#sentSeconds,
      connectStartedSeconds: this.#connectStartedSeconds,
      connectedSeconds: this.#connectedSeconds,
      headersSeconds: this.#answer.headersSeconds,
      chunkTimesSeconds: this.#answer.chunkTimesSeconds,
      endSeconds: this.#endedSeconds ?? this.#context.clock.nowSeconds(),
      status: this.#answer.status,
      finishReason: this.#answer.finishReason,
      promptTokens: usage?.promptTokens,
      cachedTokens: usage?.cachedTokens,
      outputTokens,
      outputTokensFrom: outputTokens === undefined ? undefined : tokensFrom(usage),
      maxTokens: spec.maxTokens,
      error: end.error?.slice(0, 300),
      text: spec.shape.keepText === true ? this.#answer.text : undefined,
      engine: this.#context.transport.engine,
      // Without an answer there is no time to trust.
      trust: chunks === 0 && end.outcome !== "ok"
        ? "not_measured"
        : this.#context.trust(spec.dueSeconds, this.#connectStartedSeconds ?? this.#sentSeconds),
    });
  }

  #judge(failure: unknown): { readonly outcome: RequestOutcome; readonly error?: string } {
    const answer = this.#answer;
    if (failure instanceof Cut) return { outcome: failure.outcome, error: failure.message };
    if (failure !== undefined && !(answer.sawDone && answer.finishReason !== undefined)) {
      const message = failure instanceof Error ? failure.message : String(failure);
      const broken = failure instanceof TransportError || failure instanceof SyntaxError;
      return { outcome: broken ? "connection_error" : "error", error: message };
    }
    const end = answer.end();
    if (this.#encoding !== undefined) {
      return { outcome: "error", error: `Answer is compressed (${this.#encoding}), wanted it as it is` };
    }
    if (this.#location !== undefined) {
      return { outcome: "error", error: `HTTP ${answer.status}: redirects to ${this.#location}` };
    }
    return end.kind === "complete" ? { outcome: "ok" } : { outcome: "error", error: end.error };
  }
}

function tokensFrom(usage: Usage | undefined): "usage" | "chunks" {
  return usage?.outputTokens === undefined ? "chunks" : "usage";
}
