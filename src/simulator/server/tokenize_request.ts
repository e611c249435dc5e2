/**
 * Reads the bodies of `/tokenize` and `/detokenize`.
 *
 * @module
 */
import { pieces, tokenId } from "../engine/tokenizer.ts";
import type { ApiRules } from "./api_request.ts";
import { FieldErrors, FieldReader, integerOf } from "./body_fields.ts";
import { checkModel, parseBody } from "./request_checks.ts";
import { readChat } from "./request_prompts.ts";

/** What `/tokenize` answers. */
export interface Tokenized {
  readonly tokens: readonly number[];
  /** The text of each token, where it was asked for. */
  readonly pieces?: readonly string[];
}

/**
 * The tokens of a `/tokenize` body: of its messages, or of its prompt.
 *
 * @throws ApiError for an unknown model or a missing prompt
 */
export function readTokenizeRequest(
  text: string,
  rules: ApiRules & { readonly remember?: (pieces: readonly string[]) => void },
): Tokenized {
  const body = parseBody(text);
  const errors = new FieldErrors();
  const fields = new FieldReader(body, errors);
  const model = fields.text("model");
  const wantsPieces = fields.flag("return_token_strs", { nullable: true }) ?? false;
  if (Array.isArray(body.messages)) {
    errors.refuse();
    checkModel(model, rules);
    return { tokens: readChat(body, rules.models[0]!) };
  }
  fields.require("prompt");
  const prompt = fields.text("prompt");
  fields.require("messages");
  if (prompt === undefined) errors.refuse();
  checkModel(model, rules);
  const cut = pieces(prompt ?? "");
  rules.remember?.(cut);
  return {
    tokens: cut.map(tokenId),
    // The way byte-level tokenizers write a space at a token's beginning.
    ...(wantsPieces ? { pieces: cut.map((piece) => piece.replaceAll(" ", "Ġ")) } : {}),
  };
}

/**
 * The text of a `/detokenize` body's tokens.
 *
 * @throws ApiError for an unknown model or tokens that are none
 */
export function readDetokenizeRequest(text: string, rules: ApiRules): string {
  const body = parseBody(text);
  const errors = new FieldErrors();
  const fields = new FieldReader(body, errors);
  const model = fields.text("model");
  fields.require("tokens");
  const list = fields.list("tokens") ?? [];
  const ids = list.map((item, index) => {
    const loc = `body.tokens.${index}`;
    const id = integerOf(item, loc, errors);
    if (id !== undefined && id < 0) {
      const msg = "Input should be greater than or equal to 0";
      errors.add({ type: "greater_than_equal", loc, msg, input: item, ctx: "{'ge': 0}" });
    }
    return id ?? 0;
  });
  errors.refuse();
  checkModel(model, rules);
  return rules.textOf?.(ids) ?? "";
}
