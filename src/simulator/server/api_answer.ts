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
  /** Where the client asked for them: as JSON. */
  readonly logprobs?: string;
  readonly tokenIds?: readonly number[];
  /** In a sample's first chunk, where the client asked for ids or for an echo. */
  readonly promptTokenIds?: readonly number[];
}

/** The last line of every stream. */
export const DONE = "data: [DONE]\n\n";

const ENCODER = new TextEncoder();
/** Text that JSON writes as it stands, one byte a character. */
const PLAIN = /^[ !#-[\]-~]*$/;
/** Stands for the text while a chunk is cut in halves; what follows a text never holds it. */
const MARK = "@@TEXT@@";

interface Halves {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Chunks of plain words are put together here, one at a time. */
let scratch = new Uint8Array(4096);

/** Writes the chunks of one stream. */
export class ChunkWriter {
  readonly #head: AnswerHead;
  readonly #start: string;
  /** By choice: the bytes before and after a text. */
  readonly #halves: (Halves | undefined)[] = [];

  constructor(head: AnswerHead) {
    this.#head = head;
    const { endpoint, id, createdSeconds, model } = head;
    const object = endpoint === "chat" ? "chat.completion.chunk" : "text_completion";
    const fields = JSON.stringify({ id, object, created: Math.floor(createdSeconds), model });
    this.#start = `data: ${fields.slice(0, -1)},"choices":[`;
  }

  /** Chat's opening chunk, sent with the first token. */
  role(
    index: number,
    asked: { readonly usage?: Usage; readonly promptTokenIds?: readonly number[] } = {},
  ): string {
    const { usage, promptTokenIds = null } = asked;
    return `${this.#start}{"index":${index},"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]${
      this.#usage(usage)
    },"prompt_token_ids":${JSON.stringify(promptTokenIds)},"prompt_text":null}\n\n`;
  }

  /** A chunk with text. */
  text(piece: TextPiece): string {
    const { index, finishReason, logprobs = "null", tokenIds = null, promptTokenIds = null } = piece;
    const finish = finishReason === undefined ? "null" : `"${finishReason}"`;
    const stop = `"stop_reason":${JSON.stringify(piece.stopReason)}`;
    const fingerprint = piece.isLast ? `,"system_fingerprint":${JSON.stringify(this.#head.fingerprint)}` : "";
    const end = `${this.#usage(piece.usage)}${fingerprint}}\n\n`;
    const content = JSON.stringify(piece.text);
    const ids = `"token_ids":${JSON.stringify(tokenIds)}`;
    if (this.#head.endpoint === "completions") {
      return `${this.#start}{"index":${index},"text":${content},"logprobs":${logprobs},"finish_reason":${finish},${stop},"prompt_token_ids":${
        JSON.stringify(promptTokenIds)
      },${ids}}]${end}`;
    }
    const ended = finishReason === undefined ? "" : `${stop},`;
    return `${this.#start}{"index":${index},"delta":{"content":${content}},"logprobs":${logprobs},"finish_reason":${finish},${ended}${ids}}]${end}`;
  }

  /**
   * The same as bytes, valid until the next call of any writer: plain words in the middle of an answer, nearly all of
   * them, are put between two kept halves.
   */
  textBytes(piece: TextPiece): Uint8Array {
    const { index, text } = piece;
    const isPlain = piece.finishReason === undefined && piece.usage === undefined &&
      piece.logprobs === undefined && piece.tokenIds === undefined && piece.promptTokenIds === undefined &&
      PLAIN.test(text);
    if (!isPlain) return ENCODER.encode(this.text(piece));
    const { before, after } = this.#halves[index] ??= this.#cut(piece);
    let at = before.length;
    const end = at + text.length + after.length;
    if (end > scratch.length) scratch = new Uint8Array(2 * end);
    scratch.set(before);
    for (let letter = 0; letter < text.length; letter++) scratch[at++] = text.charCodeAt(letter);
    scratch.set(after, at);
    return scratch.subarray(0, end);
  }

  #cut(piece: TextPiece): Halves {
    const whole = this.text({ ...piece, text: MARK });
    const at = whole.lastIndexOf(MARK);
    return {
      before: ENCODER.encode(whole.slice(0, at)),
      after: ENCODER.encode(whole.slice(at + MARK.length)),
    };
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

  #usage(usage: Usage | undefined): string {
    const isChat = this.#head.endpoint === "chat";
    return plainUsage(usage, isChat ? `,"completion_tokens_details":null` : "");
  }
}

function plainUsage(usage: Usage | undefined, details: string): string {
  if (usage === undefined) return "";
  const { promptTokens, completionTokens } = usage;
  const total = promptTokens + completionTokens;
  return `,"usage":{"prompt_tokens":${promptTokens},"total_tokens":${total},"completion_tokens":${completionTokens}${details}}`;
}

/** What an answer tells beyond its text. */
export interface AnswerDetails {
  /** In front of the text. */
  readonly echo: string;
  readonly logprobs: object | null;
  readonly tokenIds: readonly number[] | null;
  readonly promptTokenIds: readonly number[] | null;
  readonly promptLogprobs: readonly (object | null)[] | null;
}

/** The body of an answer that is not streamed. */
export function wholeAnswer(
  head: AnswerHead,
  choices: readonly { readonly choice: Choice; readonly details: AnswerDetails }[],
  usage: Usage,
): string {
  const isChat = head.endpoint === "chat";
  const common = {
    id: head.id,
    object: isChat ? "chat.completion" : "text_completion",
    created: Math.floor(head.createdSeconds),
    model: head.model,
    choices: choices.map(({ choice, details }) =>
      isChat ? chatChoice(choice, details) : completionChoice(choice, details)
    ),
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
  const { promptLogprobs = null, promptTokenIds = null } = choices[0]?.details ?? {};
  return JSON.stringify(
    isChat
      ? {
        ...common,
        prompt_logprobs: promptLogprobs,
        prompt_token_ids: promptTokenIds,
        prompt_text: null,
        ...transfer,
      }
      : { ...common, ...transfer },
  );
}

function completionChoice(choice: Choice, details: AnswerDetails): object {
  return {
    index: choice.index,
    text: details.echo + choice.text,
    logprobs: details.logprobs,
    finish_reason: choice.finishReason ?? null,
    stop_reason: choice.stopReason,
    token_ids: details.tokenIds,
    prompt_logprobs: details.promptLogprobs,
    prompt_token_ids: details.promptTokenIds,
    routed_experts: null,
  };
}

function chatChoice(choice: Choice, details: AnswerDetails): object {
  return {
    index: choice.index,
    message: {
      role: "assistant",
      content: details.echo + choice.text,
      refusal: null,
      annotations: null,
      audio: null,
      function_call: null,
      reasoning: null,
    },
    logprobs: details.logprobs,
    finish_reason: choice.finishReason ?? null,
    stop_reason: choice.stopReason,
    token_ids: details.tokenIds,
    routed_experts: null,
  };
}
