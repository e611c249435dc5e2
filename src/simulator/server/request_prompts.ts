/**
 * The prompts of a body as token ids.
 *
 * @module
 */
import { tokenize, tokenizeChat, VOCABULARY_SIZE } from "../engine/tokenizer.ts";
import { badValue } from "./api_error.ts";
import type { ApiRules } from "./api_request.ts";
import { checkCharacters } from "./request_checks.ts";
import { type Body, FieldErrors, isBody } from "./body_fields.ts";

/** A prompt as it came and as the model reads it. */
export interface Prompt {
  readonly ids: readonly number[];
  readonly text: string;
  /** False for one that came as token ids. */
  readonly isText: boolean;
}

/**
 * The prompts of a completions body: a text, token ids, or several of one kind.
 *
 * @throws ApiError for anything else
 */
export function readPrompts(
  { prompt }: Body,
  rules: ApiRules & { readonly truncateTo: number | undefined },
): Prompt[] {
  const { maxModelLength, truncateTo } = rules;
  const most = truncateTo === -1 ? maxModelLength : truncateTo;
  const cut = (ids: readonly number[]) => most === undefined || most < 1 ? ids : ids.slice(-most);
  const ofText = (text: string): Prompt => {
    checkCharacters(text.length, rules);
    return { ids: cut(tokenize(text)), text, isText: true };
  };
  const ofIds = (ids: readonly number[]): Prompt => {
    const unknown = ids.find((id) => id >= VOCABULARY_SIZE);
    if (unknown !== undefined) throw badValue(`Token id ${unknown} is out of vocabulary`);
    return { ids: cut(ids), text: rules.textOf?.(ids) ?? "", isText: false };
  };
  if (Array.isArray(prompt) && prompt.length === 0) throw badValue("You must pass at least one prompt");
  const prompts = typeof prompt === "string"
    ? [ofText(prompt)]
    : isIds(prompt)
    ? [ofIds(prompt)]
    : isListOf(prompt, isText)
    ? prompt.map(ofText)
    : isListOf(prompt, isIds)
    ? prompt.map(ofIds)
    : refuse(prompt);
  if (prompts.some(({ ids }) => ids.length === 0)) throw badValue("The decoder prompt cannot be empty");
  return prompts;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isIds(value: unknown): value is number[] {
  return isListOf(value, (item): item is number => Number.isInteger(item) && Number(item) >= 0);
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is Item[] {
  return Array.isArray(value) && value.every(isItem);
}

/** The validator tries every form in turn and tells what is wrong with each. */
function refuse(prompt: unknown): never {
  const errors = new FieldErrors();
  const loc = "body.prompt";
  const notList = (at: string, input: unknown) =>
    errors.add({ type: "list_type", loc: at, msg: "Input should be a valid list", input });
  const notText = (at: string, input: unknown) =>
    errors.add({ type: "string_type", loc: at, msg: "Input should be a valid string", input });
  const items = Array.isArray(prompt) ? prompt : undefined;
  if (items === undefined) notList(loc, prompt);
  else items.forEach((item, index) => notId(item, `${loc}.${index}`, errors));
  if (items === undefined) notList(loc, prompt);
  else items.forEach((item, index) => Array.isArray(item) || notList(`${loc}.${index}`, item));
  notText(loc, prompt);
  if (items === undefined) notList(loc, prompt);
  else items.forEach((item, index) => typeof item === "string" || notText(`${loc}.${index}`, item));
  errors.refuse();
  throw new TypeError("Cannot refuse a prompt: nothing is wrong with it");
}

function notId(item: unknown, loc: string, errors: FieldErrors): void {
  if (typeof item === "number" && Number.isInteger(item)) {
    if (item >= 0) return;
    const msg = "Input should be greater than or equal to 0";
    return errors.add({ type: "greater_than_equal", loc, msg, input: item, ctx: "{'ge': 0}" });
  }
  if (typeof item === "string") {
    const msg = "Input should be a valid integer, unable to parse string as an integer";
    return errors.add({ type: "int_parsing", loc, msg, input: item });
  }
  errors.add({ type: "int_type", loc, msg: "Input should be a valid integer", input: item });
}

/**
 * The token ids of a chat, as its template writes it.
 *
 * @throws ApiError for messages that make no chat
 */
export function readChat({ messages }: Body, modelName: string): number[] {
  const list: readonly unknown[] = Array.isArray(messages) ? messages : [];
  if (list.length === 0) {
    throw badValue("Cannot apply chat template to an empty conversation. Provide at least one message.");
  }
  const errors = new FieldErrors();
  const chat = list.map((message, index): { role: string; content: string } => {
    const loc = `body.messages.${index}`;
    if (!isBody(message)) {
      errors.add({ type: "dict_type", loc, msg: "Input should be a valid dictionary", input: message });
      return { role: "", content: "" };
    }
    if (message.role === undefined) {
      errors.add({ type: "missing", loc: `${loc}.role`, msg: "Field required", input: message });
    }
    return { role: String(message.role), content: contentText(message, { loc, errors, modelName }) };
  });
  errors.refuse();
  return tokenizeChat(chat);
}

/** The text of a message: a string, or parts of which those with text count. */
function contentText(
  { content, role }: Body,
  at: { readonly loc: string; readonly errors: FieldErrors; readonly modelName: string },
): string {
  if (typeof content === "string") return content;
  if (content === undefined || (content === null && role === "assistant")) return "";
  if (!Array.isArray(content)) {
    const loc = `${at.loc}.content`;
    at.errors.add({ type: "string_type", loc, msg: "Input should be a valid string", input: content });
    return "";
  }
  return content.map((part: unknown) => {
    if (isBody(part) && /^(image|audio|video|input_audio)/.test(String(part.type))) {
      throw badValue(`${at.modelName} is not a multimodal model`);
    }
    return isBody(part) && typeof part.text === "string" ? part.text : "";
  }).join("");
}
