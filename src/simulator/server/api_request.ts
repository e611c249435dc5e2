/**
 * Reads the bodies of `/v1/completions` and `/v1/chat/completions`.
 *
 * @module
 */
import { tokenize, tokenizeChat } from "../engine/tokenizer.ts";
import { ApiError, badRequest, invalidBody } from "./api_error.ts";

/** Which of the two APIs. */
export type Endpoint = "completions" | "chat";

/** A request that can be served. */
export interface ApiRequest {
  readonly endpoint: Endpoint;
  /** Token ids per prompt; chat has one. */
  readonly prompts: readonly (readonly number[])[];
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
}

/** What the server demands of a body. */
export interface ApiRules {
  readonly models: readonly string[];
  readonly maxModelLength: number;
}

type Body = Readonly<Record<string, unknown>>;

/** OpenAI's old default for completions without `max_tokens`. */
const DEFAULT_COMPLETION_TOKENS = 16;

/**
 * Reads a body.
 *
 * @throws ApiError with the answer that vLLM would give
 */
export function readApiRequest(text: string, endpoint: Endpoint, rules: ApiRules): ApiRequest {
  const body = parseJson(text);
  const shaped = readShape(body, endpoint);
  checkModel(body, rules);
  const prompts = endpoint === "chat" ? [readChat(body)] : readPrompts(body);
  checkValues(shaped, body);
  for (const prompt of prompts) checkLength(prompt.length, shaped.maxTokens, rules);
  return { ...shaped, endpoint, prompts };
}

/**
 * The token ids of a `/tokenize` body.
 *
 * @throws ApiError for an unknown model or a missing prompt
 */
export function readTokenizeRequest(text: string, rules: ApiRules): readonly number[] {
  const body = parseJson(text);
  checkModel(body, rules);
  return Array.isArray(body.messages) ? readChat(body) : readPrompts(body)[0]!;
}

/** Checks the model's name; a request without one means the first. */
function checkModel(body: Body, { models }: ApiRules): void {
  if (body.model === undefined || body.model === null || models.includes(String(body.model))) return;
  const message = `The model \`${body.model}\` does not exist. Valid aliases: ${models.join(", ")}.`;
  throw new ApiError(404, message, "NotFoundError", "model");
}

function parseJson(text: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1] ?? text.length;
    throw invalidBody("json_invalid", {
      loc: `body.${position}`,
      msg: "JSON decode error",
      input: "'<dict of 0 items>'",
      ctx: "{'error': 'Expecting value'}",
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidBody("model_attributes_type", {
      loc: "body",
      msg: "Input should be a valid dictionary or object to extract fields from",
      input: "'<list>'",
    });
  }
  // Checked above: an object from JSON.
  return value as Body;
}

function readShape(body: Body, endpoint: Endpoint): Omit<ApiRequest, "endpoint" | "prompts"> {
  if (endpoint === "chat" && !Array.isArray(body.messages)) {
    throw invalidBody("missing", {
      loc: "body.messages",
      msg: "Field required",
      input: `'<dict of ${Object.keys(body).length} items>'`,
    });
  }
  const asked = integer(body, "max_completion_tokens") ?? integer(body, "max_tokens");
  const maxTokens = asked ?? (endpoint === "completions" ? DEFAULT_COMPLETION_TOKENS : undefined);
  const seed = integer(body, "seed");
  const options = object(body, "stream_options");
  return {
    n: integer(body, "n") ?? 1,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    minTokens: integer(body, "min_tokens") ?? 0,
    temperature: number(body, "temperature") ?? 1,
    ...(seed === undefined ? {} : { seed }),
    stop: strings(body.stop),
    includeStop: body.include_stop_str_in_output === true,
    ignoreEos: body.ignore_eos === true,
    stream: body.stream === true,
    includeUsage: options?.include_usage === true,
    continuousUsage: options?.include_usage === true && options?.continuous_usage_stats === true,
  };
}

function checkValues(request: Omit<ApiRequest, "endpoint" | "prompts">, body: Body): void {
  const { maxTokens, temperature, n, stream } = request;
  if (!stream && body.stream_options !== undefined && body.stream_options !== null) {
    throw badRequest("Stream options can only be defined when `stream=True`.", "stream_options");
  }
  if (maxTokens !== undefined && maxTokens < 1) {
    throw badRequest(`max_tokens must be at least 1, got ${maxTokens}.`, "max_tokens", String(maxTokens));
  }
  if (temperature < 0) {
    const value = Number.isInteger(temperature) ? `${temperature}.0` : String(temperature);
    throw badRequest(`temperature must be non-negative, got ${value}.`, "temperature", value);
  }
  if (n < 1) throw badRequest(`n must be at least 1, got ${n}.`, "n", String(n));
}

function checkLength(
  promptTokens: number,
  maxTokens: number | undefined,
  { maxModelLength }: ApiRules,
): void {
  if (maxTokens !== undefined && maxTokens > maxModelLength) {
    throw badRequest(
      `max_tokens=${maxTokens} cannot be greater than max_model_len=${maxModelLength}. Please request fewer output tokens.`,
      "max_tokens",
      String(maxTokens),
    );
  }
  const start = `This model's maximum context length is ${maxModelLength} tokens. However, `;
  if (promptTokens >= maxModelLength) {
    const counted = Math.min(promptTokens, maxModelLength + 1);
    throw badRequest(
      `${start}your prompt contains at least ${counted} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.`,
      "input_tokens",
      String(counted),
    );
  }
  if (maxTokens !== undefined && promptTokens + maxTokens > maxModelLength) {
    throw badRequest(
      `${start}you requested ${maxTokens} output tokens and your prompt contains at least ${promptTokens} input tokens, for a total of at least ${
        promptTokens + maxTokens
      } tokens. Please reduce the length of the input prompt or the number of requested output tokens.`,
      "input_tokens",
      String(promptTokens),
    );
  }
}

function readPrompts(body: Body): number[][] {
  const { prompt } = body;
  const isEmpty = prompt === undefined || prompt === null || prompt === "" ||
    (Array.isArray(prompt) && prompt.length === 0);
  if (isEmpty) throw badRequest("Either prompt or prompt_embeds must be provided and non-empty.", "prompt");
  if (typeof prompt === "string") return [tokenize(prompt)];
  if (!Array.isArray(prompt)) throw wrongType("prompt", "string", prompt);
  if (prompt.every((item) => typeof item === "number")) return [prompt];
  return prompt.map((item): number[] => {
    if (typeof item === "string") return tokenize(item);
    if (Array.isArray(item) && item.every((id) => typeof id === "number")) return item;
    throw wrongType("prompt", "string", item);
  });
}

function readChat(body: Body): number[] {
  const messages = (body.messages as unknown[]).map((message): { role: string; content: string } => {
    if (typeof message !== "object" || message === null || !("role" in message)) {
      throw invalidBody("missing", { loc: "body.messages.0.role", msg: "Field required", input: "'<dict>'" });
    }
    return { role: String(message.role), content: "content" in message ? contentText(message.content) : "" };
  });
  return tokenizeChat(messages);
}

/** The text of a message: a string, or parts of which those with text count. */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) =>
    typeof part === "object" && part !== null && "text" in part ? String(part.text) : ""
  ).join("");
}

function integer(body: Body, field: string): number | undefined {
  const value = number(body, field, "int");
  if (value !== undefined && !Number.isInteger(value)) throw wrongType(field, "integer", value);
  return value;
}

function number(body: Body, field: string, kind: "int" | "float" = "float"): number | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof parsed === "number" && !Number.isNaN(parsed)) return parsed;
  const word = kind === "int" ? "integer" : "number";
  throw invalidBody(`${kind}_parsing`, {
    loc: `body.${field}`,
    msg: `Input should be a valid ${word}, unable to parse string as ${
      kind === "int" ? "an integer" : "a number"
    }`,
    input: `'${String(value)}'`,
  });
}

function object(body: Body, field: string): Body | undefined {
  const value = body[field];
  // An object from JSON, read field by field.
  return typeof value === "object" && value !== null ? value as Body : undefined;
}

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is string => typeof item === "string" && item !== "");
}

function wrongType(field: string, wanted: string, value: unknown): ApiError {
  return invalidBody(`${wanted}_type`, {
    loc: `body.${field}`,
    msg: `Input should be a valid ${wanted}`,
    input: `'${String(value)}'`,
  });
}
