/**
 * What vLLM refuses in a request whose fields have the right types, in its order and words.
 *
 * @module
 */
import { VOCABULARY_SIZE } from "../engine/tokenizer.ts";
import { ApiError, badRequest, badValue } from "./api_error.ts";
import type { ApiRules } from "./api_request.ts";
import { type Body, isBody, pythonString, refusal } from "./body_fields.ts";
import { UnreadableBodyError } from "./http_answer.ts";
import { JsonError, parsePythonJson } from "./json_python.ts";
import { pythonFloat } from "./python_float.ts";

/**
 * The object in a body.
 *
 * @throws ApiError for text that is no JSON or no object, UnreadableBodyError for one that is nested too deep
 */
export function parseBody(text: string): Body {
  let value: unknown;
  try {
    // Nothing at all is a missing body, not wrong JSON.
    value = text === "" ? null : parsePythonJson(text);
  } catch (error) {
    if (error instanceof RangeError) throw new UnreadableBodyError(error.message);
    if (!(error instanceof JsonError)) throw error;
    const quote = error.message.includes("'") ? '"' : "'";
    throw refusal({
      type: "json_invalid",
      loc: `body.${error.position}`,
      msg: "JSON decode error",
      input: {},
      ctx: `{'error': ${quote}${error.message.replaceAll("\\", "\\\\")}${quote}}`,
    });
  }
  if (isBody(value)) return value;
  if (value === null) throw refusal({ type: "missing", loc: "body", msg: "Field required", input: null });
  throw refusal({
    type: "model_attributes_type",
    loc: "body",
    msg: "Input should be a valid dictionary or object to extract fields from",
    input: value,
  });
}

/** Checks the model's name; a request without one means the first. */
export function checkModel(model: string | undefined, { models }: Pick<ApiRules, "models">): void {
  if (model === undefined || model === "" || models.includes(model)) return;
  const message = `The model \`${model}\` does not exist. Valid aliases: ${models.join(", ")}.`;
  throw new ApiError(404, message, "NotFoundError", "model");
}

/** What is looked at before the types of a completions body. */
export function checkCompletionsBody(body: Body): void {
  checkStreamOptions(body);
  const { prompt, logprobs } = body;
  if (prompt === undefined || prompt === null || prompt === "") {
    throw badRequest("Either prompt or prompt_embeds must be provided and non-empty.", "prompt");
  }
  checkPromptLogprobs(body);
  checkLeast(logprobs, "logprobs");
  checkSalt(body);
}

/** What is looked at before the types of a chat body. */
export function checkChatBody(body: Body): void {
  checkStreamOptions(body);
  checkPromptLogprobs(body);
  const { top_logprobs: top, logprobs, tools, tool_choice: choice } = body;
  checkLeast(top, "top_logprobs");
  if (typeof top === "number" && (top > 0 || top === -1) && !logprobs) {
    throw badRequest("when using `top_logprobs`, `logprobs` must be set to true.", "top_logprobs");
  }
  checkToolChoice(tools, choice);
  if (body.continue_final_message === true && body.add_generation_prompt === true) {
    throw badValue("Cannot set both `continue_final_message` and `add_generation_prompt` to True.");
  }
  checkSalt(body);
}

function checkStreamOptions({ stream, stream_options: options }: Body): void {
  const isGiven = isBody(options) ? Object.keys(options).length > 0 : Boolean(options);
  if (isGiven && !stream) {
    throw badRequest("Stream options can only be defined when `stream=True`.", "stream_options");
  }
}

function checkPromptLogprobs({ stream, prompt_logprobs: asked }: Body): void {
  if (typeof asked !== "number") return;
  if (stream && (asked > 0 || asked === -1)) {
    throw badRequest("`prompt_logprobs` are not available when `stream=True`.", "prompt_logprobs");
  }
  checkLeast(asked, "prompt_logprobs");
}

/** -1 asks for the whole vocabulary; less makes no sense. */
function checkLeast(value: unknown, field: string): void {
  if (typeof value !== "number" || value >= -1) return;
  throw badRequest(`\`${field}\` must be a positive value or -1.`, field, String(value));
}

function checkSalt({ cache_salt: salt }: Body): void {
  if (salt === undefined || salt === null || (typeof salt === "string" && salt !== "")) return;
  throw badRequest("Parameter 'cache_salt' must be a non-empty string if provided.", "cache_salt");
}

function checkToolChoice(tools: unknown, choice: unknown): void {
  if (Array.isArray(tools) && tools.length === 0) {
    const message =
      "`tools` must not be an empty array. Either provide at least one tool or omit the field entirely.";
    throw badRequest(message, "tools");
  }
  if (choice === undefined || choice === null || choice === "none") return;
  if (!tools) throw badRequest("When using `tool_choice`, `tools` must be set.", "tool_choice");
  if (typeof choice === "string" && choice !== "auto" && choice !== "required") {
    const message =
      `Invalid value for \`tool_choice\`: ${choice}! Only named tools, "none", "auto" or "required" are supported.`;
    throw badRequest(message, "tool_choice");
  }
  if (!isBody(choice)) return;
  const name = isBody(choice.function) ? choice.function.name : undefined;
  const names = Array.isArray(tools)
    ? tools.map((tool: unknown) => isBody(tool) && isBody(tool.function) ? tool.function.name : undefined)
    : [];
  if (names.includes(name)) return;
  const message = "The tool specified in `tool_choice` does not match any of the specified `tools`";
  throw badRequest(message, "tool_choice");
}

/** Tools that the model is to choose from need options that the real server does not have by default either. */
export function checkTools({ tools, tool_choice: choice, chat_template: template }: Body): void {
  if (Array.isArray(tools) && (choice === undefined || choice === null || choice === "auto")) {
    throw badValue('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set');
  }
  if (typeof template === "string") {
    throw badValue(
      "Chat template is passed with request, but --trust-request-chat-template is not set. Refused request with untrusted chat template.",
    );
  }
}

/** The values that sampling depends on. */
export interface SamplingValues {
  readonly n: number;
  readonly maxTokens: number | undefined;
  readonly maxTokensField: "max_tokens" | "max_completion_tokens";
  readonly minTokens: number;
  readonly temperature: number;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly minP: number | undefined;
  readonly presencePenalty: number | undefined;
  readonly frequencyPenalty: number | undefined;
  readonly repetitionPenalty: number | undefined;
  readonly logprobs: number | undefined;
  readonly isBeamSearch: boolean;
}

const MOST_SAMPLES = 16_384;
const MOST_LOGPROBS = 20;

/** Checks values in the order in which vLLM does. */
export function checkValues(values: SamplingValues & { readonly stop: readonly string[] }): void {
  const { n, temperature, topP, topK, minP, maxTokens, minTokens } = values;
  if (n < 1) throw badValue(`n must be at least 1, got ${n}.`);
  if (n > MOST_SAMPLES) {
    throw badValue(
      `n must be at most ${MOST_SAMPLES}, got ${n}. To increase this limit, set the VLLM_MAX_N_SEQUENCES environment variable.`,
    );
  }
  checkPenalties(values);
  checkTemperature(temperature);
  if (topP !== undefined && !(topP > 0 && topP <= 1)) {
    throw badRequest(`top_p must be in (0, 1], got ${float(topP)}.`, "top_p", float(topP));
  }
  if (topK !== undefined && topK < -1) {
    throw badValue(`top_k must be 0 (disable), or at least 1, got ${topK}.`);
  }
  if (minP !== undefined && !(minP >= 0 && minP <= 1)) {
    throw badValue(`min_p must be in [0, 1], got ${float(minP)}.`);
  }
  if (maxTokens !== undefined && maxTokens < 1) {
    throw badRequest(`max_tokens must be at least 1, got ${maxTokens}.`, "max_tokens", String(maxTokens));
  }
  if (minTokens < 0) throw badValue(`min_tokens must be greater than or equal to 0, got ${minTokens}.`);
  if (maxTokens !== undefined && minTokens > maxTokens) {
    throw badValue(`min_tokens must be less than or equal to max_tokens=${maxTokens}, got ${minTokens}.`);
  }
  if (values.stop.includes("")) throw badValue("stop cannot contain an empty string.");
  if (temperature < 1e-5 && n > 1 && !values.isBeamSearch) {
    throw badValue(`n must be 1 when using greedy sampling, got ${n}.`);
  }
  checkLogprobs(values.logprobs);
}

function checkPenalties({ presencePenalty, frequencyPenalty, repetitionPenalty }: SamplingValues): void {
  const penalties = [["presence_penalty", presencePenalty], ["frequency_penalty", frequencyPenalty]] as const;
  for (const [name, value] of penalties) {
    if (value !== undefined && !(value >= -2 && value <= 2)) {
      throw badValue(`${name} must be in [-2, 2], got ${float(value)}.`);
    }
  }
  if (repetitionPenalty !== undefined && !(repetitionPenalty > 0)) {
    throw badValue(`repetition_penalty must be greater than zero, got ${float(repetitionPenalty)}.`);
  }
}

function checkTemperature(temperature: number): void {
  const value = float(temperature);
  const rule = !Number.isFinite(temperature)
    ? "must be a finite number"
    : temperature < 0
    ? "must be non-negative"
    : "must be in [0, 2]";
  if (!(temperature >= 0 && temperature <= 2)) {
    throw badRequest(`temperature ${rule}, got ${value}.`, "temperature", value);
  }
}

function checkLogprobs(logprobs: number | undefined): void {
  // -1 asks for the whole vocabulary.
  const asked = logprobs === -1 ? VOCABULARY_SIZE : logprobs ?? 0;
  if (asked <= MOST_LOGPROBS) return;
  throw badRequest(
    `Requested sample logprobs of ${asked}, which is greater than max allowed: ${MOST_LOGPROBS}`,
    "logprobs",
    String(asked),
  );
}

/** A number as Python prints a float. */
function float(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return pythonFloat(value);
}

/** What a client may say of single tokens. */
export function checkTokenChoice({ logit_bias: bias, allowed_token_ids: allowed }: Body): void {
  if (Array.isArray(allowed) && allowed.length === 0) {
    throw badRequest("allowed_token_ids is not None and empty!", "allowed_token_ids", "[]");
  }
  if (!isBody(bias)) return;
  const keys = Object.keys(bias);
  const notIds = pythonList(keys.filter((key) => !/^\s*[-+]?\d+\s*$/.test(key)).map(pythonString));
  if (notIds !== "[]") {
    const message = `logit_bias contains key(s) that cannot be converted to integer token IDs: ${notIds}`;
    throw badRequest(message, "logit_bias", notIds);
  }
  const unknown = pythonList(keys.map(Number).filter((id) => id < 0 || id >= VOCABULARY_SIZE).map(String));
  if (unknown === "[]") return;
  const message =
    `token_id(s) ${unknown} in logit_bias contain out-of-vocab token ids. Vocabulary size: ${VOCABULARY_SIZE}`;
  throw badRequest(message, "logit_bias", unknown);
}

function pythonList(items: readonly string[]): string {
  return `[${items.join(", ")}]`;
}

/** Letters of the longest token there is: a text of more than so many times the model's length is not looked at. */
const LONGEST_TOKEN = 128;

/**
 * Refuses a text that is too long whatever its tokens are, before it is cut into them.
 *
 * @throws ApiError (400)
 */
export function checkCharacters(
  characters: number,
  { maxModelLength }: Pick<ApiRules, "maxModelLength">,
): void {
  const most = LONGEST_TOKEN * maxModelLength;
  if (characters <= most) return;
  const bound = `(more than ${most} characters, which is the upper bound for ${maxModelLength} input tokens)`;
  throw badRequest(
    `${tooLong(maxModelLength)}${characters} characters ${bound}. ${PLEASE}`,
    "input_text",
    String(characters),
  );
}

const PLEASE = "Please reduce the length of the input prompt.";

function tooLong(maxModelLength: number): string {
  return `This model's maximum context length is ${maxModelLength} tokens. However, your prompt contains `;
}

/**
 * How many tokens a prompt leaves for its answer; 0 where it fills the model's length.
 *
 * @throws ApiError for a prompt that is longer, or an answer that is asked to be
 */
export function checkLength(
  prompt: { readonly ids: readonly number[]; readonly isText: boolean },
  values: SamplingValues,
  { maxModelLength }: Pick<ApiRules, "maxModelLength">,
): number {
  const { maxTokens, maxTokensField } = values;
  if (maxTokens !== undefined && maxTokens > maxModelLength) {
    throw badRequest(
      `${maxTokensField}=${maxTokens} cannot be greater than max_model_len=${maxModelLength}. Please request fewer output tokens.`,
      maxTokensField,
      String(maxTokens),
    );
  }
  const tokens = prompt.ids.length;
  if (tokens <= maxModelLength) return maxModelLength - tokens;
  // A text is cut one token behind the limit and not counted to its end.
  const counted = prompt.isText ? maxModelLength + 1 : tokens;
  const atLeast = counted === maxModelLength + 1 ? "at least " : "";
  const exceeds = "input tokens, which exceeds this limit even without any output tokens.";
  throw badRequest(
    `${tooLong(maxModelLength)}${atLeast}${counted} ${exceeds} ${PLEASE}`,
    "input_tokens",
    String(counted),
  );
}
