/**
 * What one JSON object of an OpenAI-compatible server says: pure. Everything in it is checked, nothing is believed.
 *
 * @module
 */

/** Token counts as the server states them. */
export interface Usage {
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly cachedTokens?: number;
}

/** A chunk of a stream, or a whole answer. */
export interface AnswerChunk {
  /** How many choices it carries; 0 for the chunk with the usage. */
  readonly choices: number;
  /** True for chat's opening chunk: a role and nothing else. */
  readonly roleOnly: boolean;
  /** Text of all its choices, reasoning included; "" where a token has none yet. */
  readonly text: string;
  readonly finishReason?: string;
  readonly usage?: Usage;
  readonly error?: string;
}

/** Reads a chunk; undefined when the text is not a JSON object. */
export function readChunk(text: string): AnswerChunk | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const choices = Array.isArray(value["choices"]) ? value["choices"].filter(isObject) : [];
  const finishReason = choices.map((choice) => choice["finish_reason"]).find((reason) =>
    typeof reason === "string"
  );
  const usage = readUsage(value["usage"]);
  const error = errorOf(value, choices.length);
  return {
    choices: choices.length,
    roleOnly: choices.length > 0 && choices.every(isRoleOnly),
    text: choices.map(choiceText).join(""),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(usage === undefined ? {} : { usage }),
    ...(error === undefined ? {} : { error }),
  };
}

/**
 * The message of an error body: `{"error":{"message"}}`, flat `{"message"}` (vLLM before 0.10), FastAPI's `{"detail"}`
 * as text or list; else the start of the text itself. Undefined when there is no text. At most 300 characters.
 */
export function readErrorText(body: string): string | undefined {
  const value = parseObject(body);
  const message = value === undefined ? undefined : errorOf(value, 0) ?? stringOf(value["message"]);
  const text = (message ?? withoutMarkup(body)).trim();
  return text === "" ? undefined : text.slice(0, 300);
}

/** Of an HTML page or a piece of one (a proxy's, a login's) its title, or else its words. */
function withoutMarkup(body: string): string {
  if (!/^\s*<(!doctype|html|head|body|title|meta|h[1-6]|center|p|div)\b/i.test(body)) return body;
  const words = body.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ");
  const told = (/<title[^>]*>([^<]+)</i.exec(body)?.[1] ?? words).replace(/\s+/g, " ").trim();
  return told === "" ? "an HTML page" : `an HTML page: ${told.slice(0, 80)}`;
}

function errorOf(value: Record<string, unknown>, choices: number): string | undefined {
  const error = value["error"];
  if (isObject(error)) return stringOf(error["message"]) ?? JSON.stringify(error).slice(0, 300);
  if (typeof error === "string" && error !== "") return error.slice(0, 300);
  if (value["object"] === "error") return stringOf(value["message"]) ?? "Error without a message";
  if (choices > 0) return undefined;
  const detail = value["detail"];
  if (typeof detail === "string") return detail.slice(0, 300);
  if (Array.isArray(detail)) {
    return detail.map((item) => isObject(item) ? stringOf(item["msg"]) ?? "" : "").join("; ").slice(0, 300);
  }
  return undefined;
}

function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined;
  const promptTokens = countOf(value["prompt_tokens"]);
  const outputTokens = countOf(value["completion_tokens"]);
  const details = value["prompt_tokens_details"];
  const cachedTokens = isObject(details) ? countOf(details["cached_tokens"]) : undefined;
  if (promptTokens === undefined && outputTokens === undefined) return undefined;
  return {
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
  };
}

/** Where an answer's words are: completions, chat's deltas, whole chat messages; reasoning under both of its names. */
function choiceText(choice: Record<string, unknown>): string {
  const delta = isObject(choice["delta"])
    ? choice["delta"]
    : isObject(choice["message"])
    ? choice["message"]
    : undefined;
  const parts = delta === undefined
    ? [choice["text"]]
    : [delta["reasoning_content"] ?? delta["reasoning"], delta["content"]];
  return parts.filter((part) => typeof part === "string").join("");
}

function isRoleOnly(choice: Record<string, unknown>): boolean {
  const delta = choice["delta"];
  if (!isObject(delta) || typeof delta["role"] !== "string") return false;
  if (typeof choice["finish_reason"] === "string") return false;
  return choiceText(choice) === "" && delta["tool_calls"] === undefined &&
    !Array.isArray(choice["token_ids"]);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // not JSON: the caller says what that means where it happened
  }
}

/** True for a JSON object (not null, not a list). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, 300) : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}
