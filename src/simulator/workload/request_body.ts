/**
 * The JSON that a request sends: pure.
 *
 * @module
 */
import type { RequestShape } from "./plan.ts";
import type { Prompt } from "./prompts.ts";

/** Where an endpoint lives below the API's base. */
export function endpointPath(endpoint: "completions" | "chat"): string {
  return endpoint === "chat" ? "/v1/chat/completions" : "/v1/completions";
}

/**
 * Writes the body. A conversation sent to `completions` becomes one text with its turns on lines of their own.
 * `seed` stands in it only when the shape has one.
 */
export function requestBody(shape: RequestShape, prompt: Prompt, maxTokens: number): string {
  const question = shape.endpoint === "chat"
    ? { messages: prompt.messages }
    : { prompt: prompt.messages.map((message) => message.content).join("\n") };
  return JSON.stringify({
    model: shape.model,
    ...question,
    max_tokens: maxTokens,
    temperature: shape.temperature,
    stream: shape.stream,
    ...(shape.stream ? { stream_options: { include_usage: true } } : {}),
    ...(shape.seed === undefined ? {} : { seed: shape.seed }),
    ...(shape.ignoreEos === true ? { ignore_eos: true } : {}),
    ...shape.extraBody,
  });
}
