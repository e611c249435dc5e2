/**
 * Reads the bodies of `/v1/completions` and `/v1/chat/completions`.
 *
 * @module
 */
import { ApiError } from "./api_error.ts";
import { type Body, FieldErrors, FieldReader } from "./body_fields.ts";
import {
  checkChatBody,
  checkCompletionsBody,
  checkLength,
  checkModel,
  checkTokenChoice,
  checkTools,
  checkValues,
  parseBody,
  type SamplingValues,
} from "./request_checks.ts";
import { readChat, readPrompts } from "./request_prompts.ts";

/** Which of the two APIs. */
export type Endpoint = "completions" | "chat";

/** A request that can be served. */
export interface ApiRequest {
  readonly endpoint: Endpoint;
  /** Token ids per prompt; chat has one. */
  readonly prompts: readonly (readonly number[])[];
  /** The prompts as sent, where the answer begins with them or tells of their tokens. */
  readonly promptTexts?: readonly string[];
  /** Samples per prompt. */
  readonly n: number;
  /** Absent: up to the model's length. */
  readonly maxTokens?: number;
  readonly minTokens: number;
  readonly temperature: number;
  readonly seed?: number;
  readonly stop: readonly string[];
  readonly includeStop: boolean;
  readonly ignoreEos: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  /** The answer begins with the prompt. */
  readonly echo?: boolean;
  /** `echo` with `max_tokens` 0: one token is computed and not shown. */
  readonly echoOnly?: boolean;
  /** How many alternatives per token the answer tells the log probabilities of; absent: none are told. */
  readonly logprobs?: number;
  readonly promptLogprobs?: number;
  readonly returnTokenIds?: boolean;
  /** Takes the place of the random part of the answer's id. */
  readonly requestId?: string;
}

/** What the server demands of a body. */
export interface ApiRules {
  readonly models: readonly string[];
  readonly maxModelLength: number;
  /** The text of token ids that a client sent. */
  readonly textOf?: (ids: readonly number[]) => string;
}

/** OpenAI's old default for completions without `max_tokens`. */
const DEFAULT_COMPLETION_TOKENS = 16;

/**
 * Reads a body.
 *
 * @throws ApiError with the answer that vLLM would give
 */
export function readApiRequest(text: string, endpoint: Endpoint, rules: ApiRules): ApiRequest {
  const body = parseBody(text);
  if (endpoint === "chat") checkChatBody(body);
  else checkCompletionsBody(body);
  const shaped = readShape(body, endpoint);
  checkModel(shaped.model, rules);
  if (endpoint === "chat") checkTools(body);
  else if (body.suffix !== undefined && body.suffix !== null) {
    const message = "suffix is only supported for models with FIM completion rendering";
    throw new ApiError(400, message, "BadRequestError", "suffix");
  }
  const prompts = endpoint === "chat"
    ? [{ ids: readChat(body, rules.models[0]!), text: lastText(body), isText: true }]
    : readPrompts(body, { ...rules, truncateTo: shaped.truncateTo });
  const { values, model: _model, truncateTo: _truncateTo, ...request } = shaped;
  const given = values.maxTokens ?? (endpoint === "completions" ? DEFAULT_COMPLETION_TOKENS : undefined);
  const echoOnly = endpoint === "completions" && request.echo === true && given === 0;
  const asked = echoOnly ? 1 : given;
  const rooms = prompts.map((prompt) => checkLength(prompt, { ...values, maxTokens: asked }, rules));
  const maxTokens = asked === undefined ? undefined : Math.min(asked, ...rooms);
  checkValues({ ...values, maxTokens: maxTokens ?? Math.min(...rooms), stop: request.stop });
  checkTokenChoice(body);
  const wantsTexts = request.echo || request.logprobs !== undefined || request.promptLogprobs !== undefined;
  return {
    ...request,
    endpoint,
    prompts: prompts.map(({ ids }) => ids),
    ...(wantsTexts ? { promptTexts: prompts.map(({ text }) => text) } : {}),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(echoOnly ? { echoOnly } : {}),
  };
}

/** The last message, where it is the assistant's: what `echo` repeats in chat. */
function lastText(body: Body): string {
  const last = Array.isArray(body.messages) ? body.messages.at(-1) : undefined;
  return last?.role === "assistant" && typeof last.content === "string" ? last.content : "";
}

interface Shape extends Omit<ApiRequest, "endpoint" | "prompts" | "maxTokens"> {
  readonly model: string | undefined;
  /** Prompts are cut to their last so many tokens; -1: to the model's length. */
  readonly truncateTo: number | undefined;
  readonly values: SamplingValues;
}

/** All fields, in the order in which the validator looks at them. */
function readShape(body: Body, endpoint: Endpoint): Shape {
  const errors = new FieldErrors();
  const fields = new FieldReader(body, errors);
  const isChat = endpoint === "chat";
  if (isChat) fields.require("messages");
  if (isChat) fields.list("messages");
  const model = fields.text("model");
  const echo = fields.flag("echo", { nullable: true });
  const frequencyPenalty = fields.number("frequency_penalty");
  const logprobsFlag = isChat ? fields.flag("logprobs", { nullable: true }) : undefined;
  const top = fields.integer(isChat ? "top_logprobs" : "logprobs");
  const maxTokens = fields.integer("max_tokens");
  const maxCompletionTokens = isChat ? fields.integer("max_completion_tokens") : undefined;
  const n = fields.integer("n", { nullable: isChat });
  const presencePenalty = fields.number("presence_penalty");
  const seed = fields.integer("seed");
  const stop = fields.stops("stop");
  const stream = fields.flag("stream", { nullable: true }) ?? false;
  const usage = fields.object("stream_options");
  const includeUsage = usage?.flag("include_usage", { nullable: true }) ?? false;
  const continuousUsage = usage?.flag("continuous_usage_stats", { nullable: true }) ?? false;
  const temperature = fields.number("temperature");
  const topP = fields.number("top_p");
  if (isChat) fields.list("tools");
  fields.text("user");
  const topK = fields.integer("top_k");
  const minP = fields.number("min_p");
  const repetitionPenalty = fields.number("repetition_penalty");
  const ignoreEos = fields.flag("ignore_eos") ?? false;
  const minTokens = fields.integer("min_tokens", { nullable: false }) ?? 0;
  const includeStop = fields.flag("include_stop_str_in_output") ?? false;
  const promptLogprobs = fields.integer("prompt_logprobs");
  const truncateTo = fields.integer("truncate_prompt_tokens");
  const isBeamSearch = fields.flag("use_beam_search") ?? false;
  const detokenize = fields.flag("detokenize", { nullable: true }) ?? true;
  const requestId = fields.text("request_id");
  const returnTokenIds = fields.flag("return_token_ids", { nullable: true });
  errors.refuse();
  const logprobs = isChat ? (logprobsFlag ? top ?? 0 : undefined) : top;
  return {
    model,
    truncateTo,
    n: n ?? 1,
    minTokens,
    temperature: temperature ?? 1,
    ...(seed === undefined ? {} : { seed }),
    // Without its text nothing can be found in an answer.
    stop: detokenize ? stop : [],
    includeStop,
    ignoreEos,
    stream,
    includeUsage,
    continuousUsage: includeUsage && continuousUsage,
    ...(echo ? { echo } : {}),
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(promptLogprobs === undefined ? {} : { promptLogprobs }),
    ...(returnTokenIds ? { returnTokenIds } : {}),
    ...(requestId === undefined ? {} : { requestId }),
    values: {
      n: n ?? 1,
      maxTokens: maxCompletionTokens ?? maxTokens,
      maxTokensField: maxCompletionTokens === undefined ? "max_tokens" : "max_completion_tokens",
      minTokens,
      temperature: temperature ?? 1,
      topP,
      topK,
      minP,
      presencePenalty,
      frequencyPenalty,
      repetitionPenalty,
      logprobs,
      isBeamSearch,
    },
  };
}
