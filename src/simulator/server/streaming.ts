/**
 * Streams an answer: chunks as they come, merged where the client reads slowly, as vLLM does.
 *
 * @module
 */
import { chunkDetails, isPlainCall } from "./answer_details.ts";
import { type AnswerHead, ChunkWriter, DONE, type TextPiece } from "./api_answer.ts";
import type { ApiRequest } from "./api_request.ts";
import type { Choice } from "./choice.ts";
import type { Generation, GenerationEvents } from "./generation.ts";
import type { ByteSink, StreamBody } from "./http_message.ts";

/** The way to the client. */
export interface Network {
  /** Whether it holds up what goes out: an incident. */
  readonly isSlow: boolean;
  /** Sends later and in order while it is slow, else at once. */
  delay(send: () => void): void;
}

/** How a stream ended. */
export type StreamEnd = "complete" | "cancelled" | "broken";

/** A chunk that waits: its text with the tokens that it stands for. */
interface Piece extends Omit<TextPiece, "logprobs" | "tokenIds" | "promptTokenIds"> {
  readonly choice: Choice;
  readonly from: number;
  readonly to: number;
}

const ENCODER = new TextEncoder();

/** The stream of one call: tokens in, bytes out. */
export class AnswerStream implements StreamBody, GenerationEvents {
  readonly #call: ApiRequest;
  readonly #generation: Generation;
  readonly #network: Network;
  readonly #writer: ChunkWriter;
  readonly #onClosed: (end: StreamEnd) => void;
  readonly #isPlain: boolean;
  /** By choice, what a slow client has not been sent. */
  readonly #pending = new Map<Choice, Piece>();
  #sink: ByteSink | undefined;
  /** What came before the sink did. */
  #early: (() => void)[] = [];
  #opened = false;
  #closed = false;
  #finished = 0;

  /** `onClosed` is called once, however it ends. */
  constructor(
    context: {
      readonly head: AnswerHead;
      readonly call: ApiRequest;
      readonly generation: Generation;
      readonly network: Network;
    },
    onClosed: (end: StreamEnd) => void,
  ) {
    this.#call = context.call;
    this.#generation = context.generation;
    this.#network = context.network;
    this.#writer = new ChunkWriter(context.head);
    this.#isPlain = isPlainCall(context.call);
    this.#onClosed = onClosed;
  }

  begin(sink: ByteSink): void {
    this.#sink = sink;
    const early = this.#early;
    this.#early = [];
    for (const send of early) this.#network.delay(send);
  }

  drained(): void {
    this.#flush();
  }

  cancel(): void {
    this.#generation.abort();
    this.#close("cancelled");
  }

  /** Breaks the connection, as a crash does. */
  readonly break = (error: Error): void => {
    const isOpen = !this.#closed;
    this.#generation.abort();
    this.#close("broken");
    if (isOpen) this.#sink?.fail(error);
  };

  onText(choice: Choice, text: string, tokens: number): void {
    if (this.#closed) return;
    const call = this.#call;
    const { index, finishReason, stopReason } = choice;
    if (finishReason !== undefined) this.#finished++;
    const isLast = !call.includeUsage && finishReason !== undefined &&
      this.#finished === this.#generation.choices.length;
    const usage = call.continuousUsage
      ? { ...this.#generation.usage, completionTokens: choice.tokens }
      : undefined;
    const to = choice.tokens;
    const piece = { choice, index, text, finishReason, stopReason, usage, isLast, from: to - tokens, to };
    // Nearly every token of nearly every server: no detour, nothing made for it.
    if (this.#sink !== undefined && !this.#network.isSlow) this.#write(piece);
    else this.#send(() => this.#write(piece));
  }

  onEnd(): void {
    this.#send(() => {
      this.#flush();
      if (this.#call.includeUsage) this.#text(this.#writer.usage(this.#generation.usage));
      this.#text(DONE);
      this.#close("complete");
      this.#sink?.end();
    });
  }

  onDeath(): void {
    // Seen on a real server: status 200 and [DONE], but no finish reason.
    this.#send(() => {
      this.#flush();
      this.#text(DONE);
      this.#close("broken");
      this.#sink?.end();
    });
  }

  /** At once, or when there is somewhere to send it, or when the network has carried it. */
  #send(send: () => void): void {
    const now = () => {
      if (!this.#closed) send();
    };
    if (this.#sink === undefined) this.#early.push(now);
    else this.#network.delay(now);
  }

  #write(piece: Piece): void {
    if (!this.#opened) this.#open(piece);
    const waiting = this.#pending.get(piece.choice);
    if (waiting === undefined && !this.#sink!.isFull) return this.#sink!.write(this.#bytes(piece));
    const merged = waiting === undefined
      ? piece
      : { ...piece, text: waiting.text + piece.text, from: waiting.from };
    this.#pending.set(piece.choice, merged);
    if (piece.finishReason !== undefined) this.#flush();
  }

  /** Chat opens every sample before the first token of any. */
  #open({ usage }: Piece): void {
    this.#opened = true;
    if (this.#call.endpoint !== "chat") return;
    const promptTokenIds = this.#call.returnTokenIds ? this.#call.prompts[0]! : undefined;
    for (const { index } of this.#generation.choices) {
      this.#text(this.#writer.role(index, {
        ...(usage === undefined ? {} : { usage: { ...usage, completionTokens: 0 } }),
        ...(promptTokenIds === undefined ? {} : { promptTokenIds }),
      }));
    }
  }

  #bytes(piece: Piece): Uint8Array {
    if (this.#isPlain) return this.#writer.textBytes(piece);
    const { choice, from, to, text } = piece;
    const offset = choice.text.length - text.length;
    const { echo, ...told } = chunkDetails(this.#call, choice, { from, to, offset });
    return this.#writer.textBytes({ ...piece, ...told, text: echo + (this.#call.echoOnly ? "" : text) });
  }

  #flush(): void {
    for (const piece of this.#pending.values()) this.#sink?.write(this.#bytes(piece));
    this.#pending.clear();
  }

  #text(text: string): void {
    this.#sink?.write(ENCODER.encode(text));
  }

  #close(end: StreamEnd): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed(end);
  }
}
