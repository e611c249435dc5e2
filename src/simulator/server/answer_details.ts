/**
 * What clients may ask for beyond an answer's text: the prompt in front of it, token ids, log probabilities.
 *
 * @module
 */
import { pieces } from "../engine/tokenizer.ts";
import type { AnswerDetails, TextPiece } from "./api_answer.ts";
import type { ApiRequest } from "./api_request.ts";
import type { Choice } from "./choice.ts";
import { chatLogprobs, completionLogprobs, promptLogprobs, scoresOf } from "./logprobs.ts";

/** Whether a stream of this call has nothing but text in its chunks: then they can be written cheaply. */
export function isPlainCall(call: ApiRequest): boolean {
  return call.logprobs === undefined && !call.echo && !call.returnTokenIds;
}

/** The prompt that a sample answers. */
function promptOf(
  call: ApiRequest,
  choice: Choice,
): { readonly ids: readonly number[]; readonly text: string } {
  const at = Math.floor(choice.index / call.n);
  return { ids: call.prompts[at]!, text: call.promptTexts?.[at] ?? "" };
}

/** What a chunk with the tokens `from` to `to` tells beyond its text; the first one may begin with the prompt. */
export function chunkDetails(
  call: ApiRequest,
  choice: Choice,
  span: { readonly from: number; readonly to: number; readonly offset: number },
): Pick<TextPiece, "logprobs" | "tokenIds" | "promptTokenIds"> & { readonly echo: string } {
  const isFirst = span.from === 0;
  const prompt = promptOf(call, choice);
  const isChat = call.endpoint === "chat";
  const echo = isFirst && call.echo && !isChat ? prompt.text : "";
  const told = {
    echo,
    ...(call.returnTokenIds ? { tokenIds: choice.tokenIds(span.from, span.to) } : {}),
    ...(isFirst && !isChat && (call.echo || call.returnTokenIds) ? { promptTokenIds: prompt.ids } : {}),
  };
  if (call.logprobs === undefined) return told;
  const top = call.logprobs;
  const scores = scoresOf(choice.pieces(span.from, span.to), { first: span.from, top });
  if (isChat) return { ...told, logprobs: JSON.stringify(chatLogprobs(scores, top)) };
  const before = echo === "" ? [] : scoresOf(pieces(echo), { first: 0, top });
  const logprobs = completionLogprobs([...before, ...scores], { offset: span.offset, hasFirst: echo === "" });
  return { ...told, logprobs: JSON.stringify(logprobs) };
}

/** What a whole answer tells of one sample. */
export function answerDetails(call: ApiRequest, choice: Choice): AnswerDetails {
  const prompt = promptOf(call, choice);
  const isChat = call.endpoint === "chat";
  const shown = call.echoOnly ? 0 : choice.tokens;
  const top = call.logprobs ?? call.promptLogprobs ?? 0;
  const own = scoresOf(choice.pieces(0, shown), { first: 0, top });
  const ofPrompt = scoresOf(pieces(prompt.text), { first: 0, top });
  const withPrompt = call.echo && !isChat;
  const logprobs = call.logprobs === undefined
    ? null
    : isChat
    ? chatLogprobs(own, top)
    : completionLogprobs([...(withPrompt ? ofPrompt : []), ...own], { offset: 0, hasFirst: !withPrompt });
  const tellsPrompt = call.promptLogprobs !== undefined || (withPrompt && call.logprobs !== undefined);
  return {
    echo: call.echo ? prompt.text : "",
    logprobs,
    tokenIds: call.returnTokenIds ? choice.tokenIds(0, shown) : null,
    promptTokenIds: call.returnTokenIds ? prompt.ids : null,
    promptLogprobs: tellsPrompt ? promptLogprobs(ofPrompt) : null,
  };
}
