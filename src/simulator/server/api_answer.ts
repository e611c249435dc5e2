/**
 * The bodies of answers, whole and in chunks, byte for byte in vLLM 0.32's form.
 *
 * @module
 */
import type { FinishReason } from "../engine/types.ts";
import type { Endpoint } from "./api_request.ts";
import type { Choice } from "./choice.ts";

/** What all parts of an answer share. */
export interface AnswerHead {
  readonly endpoint: Endpoint;
  readonly id: string;
  readonly createdSeconds: number;
  readonly model: string;
  readonly fingerprint: string;
}

/** Tokens of a call, over all its samples. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Tokens of new whole blocks; told in chat only. */
  readonly createdCacheTokens: number;
}

/** What a chunk with text says. */
export interface TextPiece {
  readonly index: number;
  readonly text: string;
  readonly finishReason: FinishReason | undefined;
  readonly stopReason: string | null;
  /** Where the client asked for it in every chunk. */
  readonly usage: Usage | undefined;
  /** Nothing but `[DONE]` follows: then the fingerprint is here. */
  readonly isLast: boolean;
}

/** The last line of every stream. */
export const DONE = "data: [DONE]\n\n";

const ENCODER = new TextEncoder();
/** Text that JSON writes as it stands, one byte a character. */
const PLAIN = /^[ !#-[\]-~]*$/;
/** Stands for the text while a chunk is cut in halves; what follows a text never holds it. */
const MARK = "@@TEXT@@";

/** Writes the chunks of one stream. */
export class ChunkWriter {
  readonly #head: AnswerHead;
  readonly #start: string;
  /** By choice: the bytes before and after a text. */
  readonly #halves = new Map<number, { readonly before: Uint8Array; readonly after: Uint8Array }>();

  constructor(head: AnswerHead) {
    this.#head = head;
    const { endpoint, id, createdSeconds, model } = head;
    const object = endpoint === "chat" ? "chat.completion.chunk" : "text_completion";
    const fields = JSON.stringify({ id, object, created: Math.floor(createdSeconds), model });
    this.#start = `data: ${fields.slice(0, -1)},"choices":[`;
  }

  /** Chat's opening chunk, sent with the first token. */
  role(index: number, usage?: Usage): string {
    return `${this.#start}{"index":${index},"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null,"prompt_text":null${
      plainUsage(usage)
    }}\n\n`;
  }

  /** A chunk with text. */
  text(piece: TextPiece): string {
    const { index, finishReason } = piece;
    const finish = finishReason === undefined ? "null" : `"${finishReason}"`;
    const stop = `"stop_reason":${JSON.stringify(piece.stopReason)}`;
    const fingerprint = piece.isLast ? `,"system_fingerprint":${JSON.stringify(this.#head.fingerprint)}` : "";
    const end = `${plainUsage(piece.usage)}${fingerprint}}\n\n`;
    const content = JSON.stringify(piece.text);
    if (this.#head.endpoint === "completions") {
      return `${this.#start}{"index":${index},"text":${content},"logprobs":null,"finish_reason":${finish},${stop},"prompt_token_ids":null,"token_ids":null}]${end}`;
    }
    const ended = finishReason === undefined ? "" : `${stop},`;
    return `${this.#start}{"index":${index},"delta":{"content":${content}},"logprobs":null,"finish_reason":${finish},${ended}"token_ids":null}]${end}`;
  }

  /** The same as bytes; plain words in the middle of an answer, nearly all of them, are put between two kept halves. */
  textBytes(piece: TextPiece): Uint8Array<ArrayBuffer> {
    const { index, text } = piece;
    const isPlain = piece.finishReason === undefined && piece.usage === undefined && PLAIN.test(text);
    if (!isPlain) return ENCODER.encode(this.text(piece));
    let halves = this.#halves.get(index);
    if (halves === undefined) {
      const whole = this.text({ ...piece, text: MARK });
      const at = whole.lastIndexOf(MARK);
      halves = {
        before: ENCODER.encode(whole.slice(0, at)),
        after: ENCODER.encode(whole.slice(at + MARK.length)),
      };
      this.#halves.set(index, halves);
    }
    const { before, after } = halves;
    const bytes = new Uint8Array(before.length + text.length + after.length);
    bytes.set(before);
    for (let at = 0; at < text.length; at++) bytes[before.length + at] = text.charCodeAt(at);
    bytes.set(after, before.length + text.length);
    return bytes;
  }

  /** The chunk without choices that closes a stream with `include_usage`. */
  usage(usage: Usage): string {
    const created = this.#head.endpoint === "chat"
      ? `,"created_cache_tokens":${usage.createdCacheTokens}`
      : "";
    const details = `,"prompt_tokens_details":{"cached_tokens":${usage.cachedTokens}${created}}`;
    return `${this.#start}]${plainUsage(usage, details)},"system_fingerprint":${
      JSON.stringify(this.#head.fingerprint)
    }}\n\n`;
  }
}

function plainUsage(usage: Usage | undefined, details = ""): string {
  if (usage === undefined) return "";
  const { promptTokens, completionTokens } = usage;
  const total = promptTokens + completionTokens;
  return `,"usage":{"prompt_tokens":${promptTokens},"total_tokens":${total},"completion_tokens":${completionTokens}${details}}`;
}

/** The body of an answer that is not streamed. */
export function wholeAnswer(head: AnswerHead, choices: readonly Choice[], usage: Usage): string {
  const isChat = head.endpoint === "chat";
  const common = {
    id: head.id,
    object: isChat ? "chat.completion" : "text_completion",
    created: Math.floor(head.createdSeconds),
    model: head.model,
    choices: choices.map((choice) => isChat ? chatChoice(choice) : completionChoice(choice)),
    service_tier: null,
    system_fingerprint: head.fingerprint,
    usage: {
      prompt_tokens: usage.promptTokens,
      total_tokens: usage.promptTokens + usage.completionTokens,
      completion_tokens: usage.completionTokens,
      prompt_tokens_details: {
        cached_tokens: usage.cachedTokens,
        created_cache_tokens: isChat ? usage.createdCacheTokens : null,
        multimodal_tokens: null,
      },
      completion_tokens_details: null,
    },
  };
  const transfer = { kv_transfer_params: null, ec_transfer_params: null, metrics: null };
  return JSON.stringify(
    isChat
      ? { ...common, prompt_logprobs: null, prompt_token_ids: null, prompt_text: null, ...transfer }
      : { ...common, ...transfer },
  );
}

function completionChoice(choice: Choice): object {
  return {
    index: choice.index,
    text: choice.text,
    logprobs: null,
    finish_reason: choice.finishReason ?? null,
    stop_reason: choice.stopReason,
    token_ids: null,
    prompt_logprobs: null,
    prompt_token_ids: null,
    routed_experts: null,
  };
}

function chatChoice(choice: Choice): object {
  return {
    index: choice.index,
    message: {
      role: "assistant",
      content: choice.text,
      refusal: null,
      annotations: null,
      audio: null,
      function_call: null,
      reasoning: null,
    },
    logprobs: null,
    finish_reason: choice.finishReason ?? null,
    stop_reason: choice.stopReason,
    token_ids: null,
    routed_experts: null,
  };
}
