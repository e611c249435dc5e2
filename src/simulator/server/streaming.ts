/**
 * Streams an answer: chunks as they come, merged where the client reads slowly, as vLLM does.
 *
 * @module
 */
import { type AnswerHead, ChunkWriter, DONE, type TextPiece } from "./api_answer.ts";
import type { ApiRequest } from "./api_request.ts";
import type { Choice } from "./choice.ts";
import type { Generation, GenerationEvents } from "./generation.ts";

/** Chunks that wait for a slow client before further ones are merged. */
const CHUNKS_AHEAD = 64;

/** A stream with the events that fill it. */
export interface AnswerStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly events: GenerationEvents;
  /** Breaks the connection, as a crash does. */
  break(error: Error): void;
}

/** Delays what goes out, in order; the incident of a slow network. Identity where there is none. */
export type Delay = (send: () => void) => void;

/** Makes the stream of a call. `onClosed` is called once, however it ends. */
export function answerStream(
  context: {
    readonly head: AnswerHead;
    readonly call: ApiRequest;
    readonly generation: Generation;
    readonly delay: Delay;
  },
  onClosed: (end: "complete" | "cancelled" | "broken") => void,
): AnswerStream {
  const { call, generation, head, delay } = context;
  const writer = new ChunkWriter(head);
  const encoder = new TextEncoder();
  const pending = new Map<Choice, TextPiece>();
  const opened = new Set<Choice>();
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  let closed = false;
  let finished = 0;

  const close = (end: "complete" | "cancelled" | "broken") => {
    if (closed) return;
    closed = true;
    onClosed(end);
  };
  const send = (text: string) => {
    if (!closed) controller.enqueue(encoder.encode(text));
  };
  const usageOf = (choice: Choice) =>
    call.continuousUsage ? { ...generation.usage, completionTokens: choice.tokens } : undefined;
  const flushAll = () => {
    for (const piece of pending.values()) send(writer.text(piece));
    pending.clear();
  };
  const write = (choice: Choice, piece: TextPiece) => {
    if (call.endpoint === "chat" && !opened.has(choice)) {
      opened.add(choice);
      send(writer.role(choice.index, piece.usage));
    }
    if (pending.size === 0 && (controller.desiredSize ?? 0) > 0) {
      controller.enqueue(writer.textBytes(piece));
      return;
    }
    pending.set(choice, { ...piece, text: (pending.get(choice)?.text ?? "") + piece.text });
    if (piece.finishReason !== undefined) flushAll();
  };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (given) => void (controller = given),
    pull: flushAll,
    cancel: () => {
      generation.abort();
      close("cancelled");
    },
  }, { highWaterMark: CHUNKS_AHEAD });

  const events: GenerationEvents = {
    onText(choice, text) {
      const { index, finishReason, stopReason } = choice;
      if (finishReason !== undefined) finished++;
      const isLast = !call.includeUsage && finishReason !== undefined &&
        finished === generation.choices.length;
      const piece = { index, text, finishReason, stopReason, usage: usageOf(choice), isLast };
      delay(() => {
        if (!closed) write(choice, piece);
      });
    },
    onEnd() {
      delay(() => {
        flushAll();
        if (call.includeUsage) send(writer.usage(generation.usage));
        send(DONE);
        if (!closed) controller.close();
        close("complete");
      });
    },
    onDeath() {
      // Seen on a real server: status 200 and [DONE], but no finish reason.
      flushAll();
      send(DONE);
      if (!closed) controller.close();
      close("broken");
    },
  };
  return {
    body,
    events,
    break(error) {
      if (!closed) controller.error(error);
      generation.abort();
      close("broken");
    },
  };
}
