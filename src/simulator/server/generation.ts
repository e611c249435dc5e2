/**
 * One API call from admission to its last byte: samples into an engine, their tokens out to the client.
 *
 * @module
 */
import { Answer, naturalLength, type OutputLength } from "../engine/answer.ts";
import { chainHash, chainStart } from "../engine/blocks.ts";
import type { EngineRequest, RequestGroup, StepOutput } from "../engine/types.ts";
import type { AnswerHead, Usage } from "./api_answer.ts";
import { ApiError } from "./api_error.ts";
import type { ApiRequest } from "./api_request.ts";
import { Choice, planStop } from "./choice.ts";
import type { EngineRunner } from "./engine_runner.ts";
import type { ServerLife } from "./server_life.ts";

/** What a call has to say to whoever writes its answer. */
export interface GenerationEvents {
  /** New text of a sample (perhaps "") and its tokens; `choice.finishReason` is set with its last. */
  onText(choice: Choice, text: string, tokens: number): void;
  /** All samples have ended. */
  onEnd(): void;
  /** The engine died under it. */
  onDeath(): void;
}

/** What a call needs beyond its body. */
export interface GenerationOptions {
  readonly head: AnswerHead;
  readonly arrivalSeconds: number;
  /** Time in the front end before the engine sees it. */
  readonly frontEndSeconds: number;
  readonly outputLength: OutputLength;
  readonly seed: number;
  /** Requests with different salts share no cache. */
  readonly cacheSalt: number;
}

/** The samples of one API call. */
export class Generation {
  readonly choices: readonly Choice[];
  #cachedTokens = 0;
  #left: number;
  #over = false;
  readonly #runner: EngineRunner;
  readonly #requests: readonly EngineRequest[];
  readonly #promptTokens: number;
  /** Of the first prompt: what fills whole blocks. */
  readonly #cacheablePromptTokens: number;

  constructor(
    life: ServerLife,
    call: ApiRequest,
    options: GenerationOptions,
  ) {
    this.#runner = life.pickEngine();
    this.#promptTokens = call.prompts.reduce((sum, prompt) => sum + prompt.length, 0);
    const made = call.prompts.flatMap((prompt, promptIndex) =>
      samplesOf(life, call, { ...options, prompt, promptIndex })
    );
    this.choices = made.map(({ choice }) => choice);
    this.#requests = made.map(({ request }) => request);
    this.#left = made.length;
    const { blockSizeTokens } = life.options.limits;
    this.#cacheablePromptTokens = Math.floor(call.prompts[0]!.length / blockSizeTokens) * blockSizeTokens;
  }

  /** Hands everything to the engine. */
  start(options: GenerationOptions, events: GenerationEvents): void {
    const reachesEngine = options.arrivalSeconds + options.frontEndSeconds;
    for (const [index, request] of this.#requests.entries()) {
      const choice = this.choices[index]!;
      this.#runner.submit(request, reachesEngine, (output) => this.#take(choice, output, events));
    }
  }

  /** The client has gone. */
  abort(): void {
    if (this.#over) return;
    this.#over = true;
    for (const { id } of this.#requests) this.#runner.abort(id);
  }

  /** Tokens so far. */
  get usage(): Usage {
    return {
      promptTokens: this.#promptTokens,
      completionTokens: this.choices.reduce((sum, choice) => sum + choice.tokens, 0),
      cachedTokens: this.#cachedTokens,
      createdCacheTokens: this.#cacheablePromptTokens - this.#cachedTokens,
    };
  }

  #take(choice: Choice, output: StepOutput | undefined, events: GenerationEvents): void {
    if (this.#over) return;
    if (output === undefined) {
      this.#over = true;
      events.onDeath();
      return;
    }
    // The usage of a call tells one number of cached tokens: that of its first sample.
    if (output.firstIndex === 0 && choice.index === 0) this.#cachedTokens = output.cachedTokens;
    events.onText(choice, choice.take(output.firstIndex, output.tokens, output.finishReason), output.tokens);
    if (output.finishReason === undefined || --this.#left > 0) return;
    this.#over = true;
    events.onEnd();
  }
}

interface SampleOptions extends GenerationOptions {
  readonly prompt: readonly number[];
  readonly promptIndex: number;
}

function samplesOf(
  life: ServerLife,
  call: ApiRequest,
  options: SampleOptions,
): { choice: Choice; request: EngineRequest }[] {
  const { prompt, promptIndex, head, arrivalSeconds } = options;
  const { limits } = life.options;
  const maxTokens = call.maxTokens ?? limits.maxModelLength - prompt.length;
  const shared: RequestGroup = { n: call.n, remaining: call.n, longestOutputTokens: 0 };
  // V0 reports each sample as a call of its own, with the whole call's n.
  const groupOf = () => limits.countsAsV0 ? { n: call.n, remaining: 1, longestOutputTokens: 0 } : shared;
  const seed = answerSeed(life, call, options);
  return Array.from({ length: call.n }, (_, sample) => {
    const sampleSeed = seed + Math.imul(sample, 0x9e3779b1);
    const answer = new Answer(sampleSeed);
    const naturalTokens = call.ignoreEos ? undefined : naturalLength(sampleSeed, options.outputLength);
    const { stop, includeStop, minTokens } = call;
    const plan = planStop(answer, { maxTokens, minTokens, naturalTokens, stop });
    const index = promptIndex * call.n + sample;
    const request: EngineRequest = {
      id: `${head.id}-${index}`,
      promptTokenIds: prompt,
      maxTokens,
      ...(plan.stopAfterTokens === undefined ? {} : { stopAfterTokens: plan.stopAfterTokens }),
      stopFoundLate: plan.stopString !== undefined,
      outputTokenId: (at) => answer.tokenId(at),
      arrivalSeconds,
      cacheSalt: options.cacheSalt,
      group: groupOf(),
    };
    return { choice: new Choice(index, answer, plan, { stop, includeStop }), request };
  });
}

/** Equal prompts get equal answers at temperature 0 and with an equal `seed`, other ones each time otherwise. */
function answerSeed(life: ServerLife, call: ApiRequest, { prompt, seed }: SampleOptions): number {
  const hash = chainHash(chainStart(seed), (index) => prompt[index]!, 0, prompt.length);
  const isFixed = call.temperature === 0 || call.seed !== undefined;
  const variant = isFixed ? (call.seed ?? 0) : life.occurrence(hash);
  return (hash ^ Math.imul(variant + 1, 0x85ebca6b)) | 0;
}

/**
 * Admission by the length of the queue.
 *
 * @throws ApiError (503) when the call would exceed a limit
 */
export function admit(
  life: ServerLife,
  call: ApiRequest,
  limits: { readonly maxQueuedRequests?: number; readonly maxQueuedTokens?: number },
): void {
  const samples = call.prompts.length * call.n;
  const { maxQueuedRequests = Infinity, maxQueuedTokens = Infinity } = limits;
  if (life.unfinished + samples > maxQueuedRequests) {
    life.rejections.requests++;
    throw overloaded();
  }
  if (maxQueuedTokens === Infinity) return;
  const inPrefill = life.runners.reduce((sum, { engine }) => sum + engine.tokensInPrefill, 0);
  const asked = call.prompts.reduce((sum, prompt) => sum + prompt.length * call.n, 0);
  if (inPrefill + asked <= maxQueuedTokens) return;
  life.rejections.tokens++;
  throw overloaded();
}

function overloaded(): ApiError {
  return new ApiError(503, "The server is overloaded. Please try again later.", "Service Unavailable");
}
