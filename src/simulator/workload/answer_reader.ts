/**
 * Reads the answer of an OpenAI-compatible server, streamed or whole, and keeps when each token chunk came: pure.
 *
 * @module
 */
import { readChunk, readErrorText, type Usage } from "./chunk.ts";
import { SseScanner } from "./sse_scanner.ts";

/** Bodies that are not streams are kept up to this size. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const CHOICES = '"choices":[{';
const UNFINISHED = '"finish_reason":null';

/** How an answer ended, judged by its content alone. */
export type AnswerEnd =
  | { readonly kind: "complete" }
  | { readonly kind: "failed"; readonly error: string };

/** Called live, so that counters need not wait for the end of a long answer. */
export interface AnswerListener {
  /** A token chunk came; `index` counts from 0. */
  token?(timeSeconds: number, index: number): void;
}

/**
 * Collects one answer. Every call carries the instant at which its bytes were read.
 *
 * A token chunk is an event with choices, with text or without: vLLM counts a first token whose text is empty. The one
 * exception is chat's opening event, which names the role and carries no token: vLLM writes it together with the first
 * token's own event, other servers long before it.
 */
export class AnswerReader {
  readonly #streaming: boolean;
  readonly #listener: AnswerListener;
  readonly #keepText: boolean;
  #sse: SseScanner | undefined;
  #body: Uint8Array[] = [];
  #bodyBytes = 0;
  #times = new Float64Array(64);
  #count = 0;
  #ending = false;
  #timeSeconds = NaN;
  /** What the last plain token chunk had before its choice and from its finish reason on. */
  #plain = { head: "", tail: "" };
  /** The same as bytes of a whole event; the empty one is like nothing. */
  #plainEvent = NO_EVENT;

  status: number | undefined;
  headersSeconds: number | undefined;
  /** When chat's opening event with the role came. */
  roleSeconds: number | undefined;
  finishReason: string | undefined;
  usage: Usage | undefined;
  sawDone = false;
  /** The error that the stream itself told. */
  error: string | undefined;
  /** Events that could not be read as JSON. */
  malformedEvents = 0;
  text = "";

  /** @param options `streaming`: whether a stream was asked for; `keepText`: whether the answer's text is collected */
  constructor(
    options: { readonly streaming: boolean; readonly keepText?: boolean; readonly listener?: AnswerListener },
  ) {
    this.#streaming = options.streaming;
    this.#keepText = options.keepText ?? false;
    this.#listener = options.listener ?? {};
  }

  /** Arrival of each token chunk so far (a copy). */
  get chunkTimesSeconds(): Float64Array {
    return this.#times.slice(0, this.#count);
  }

  get chunkCount(): number {
    return this.#count;
  }

  /** Status and headers came. */
  head(status: number, contentType: string | undefined, timeSeconds: number): void {
    this.status = status;
    this.headersSeconds = timeSeconds;
    const isStream = contentType === undefined
      ? this.#streaming
      : /^\s*text\/event-stream/i.test(contentType);
    if (isStream && status >= 200 && status < 300) {
      this.#sse = new SseScanner((data, event) => this.#event(data, event));
    }
  }

  /**
   * A piece of the body came.
   *
   * @throws RangeError when an event or a body is larger than allowed
   */
  body(bytes: Uint8Array, timeSeconds: number): void {
    this.#timeSeconds = timeSeconds;
    if (this.#sse !== undefined) {
      if (this.chunk(bytes, 0, bytes.length, timeSeconds)) return;
      return this.#sse.push(bytes);
    }
    this.#bodyBytes += bytes.length;
    if (this.#bodyBytes > MAX_BODY_BYTES) {
      throw new RangeError(`Cannot read answer: a body above ${MAX_BODY_BYTES} bytes, wanted a smaller one`);
    }
    this.#body.push(bytes.slice());
  }

  /** Takes a piece of the body that is an ordinary token's event, as nearly all are: no text is made of it. False for any other. */
  chunk(bytes: Uint8Array, from: number, to: number, timeSeconds: number): boolean {
    if (this.#sse?.isBetween !== true || !isEventLike(bytes, from, to, this.#plainEvent)) return false;
    this.#timeSeconds = timeSeconds;
    this.#token();
    return true;
  }

  /** The body ended, by its framing or because the connection did; says what the content amounts to. */
  end(): AnswerEnd {
    this.#ending = true;
    this.#sse?.end();
    const status = this.status ?? 0;
    if (status < 200 || status >= 300) return failed(readErrorText(this.#bodyText()) ?? `HTTP ${status}`);
    if (this.#sse === undefined) this.#wholeBody(this.#bodyText());
    if (this.error !== undefined) return failed(this.error);
    if (this.finishReason !== undefined) return { kind: "complete" };
    if (this.malformedEvents > 0) {
      return failed("Answer ended in text that is not JSON, without a finish reason");
    }
    return failed(
      this.#sse === undefined ? "Answer without choices" : "Stream ended without a finish reason",
    );
  }

  #bodyText(): string {
    const joined = new Uint8Array(this.#bodyBytes);
    let at = 0;
    for (const part of this.#body) {
      joined.set(part, at);
      at += part.length;
    }
    return new TextDecoder().decode(joined);
  }

  #wholeBody(text: string): void {
    const chunk = readChunk(text);
    if (chunk === undefined) {
      this.error = readErrorText(text) ?? "Answer is not JSON";
      return;
    }
    if (chunk.error !== undefined) this.error = chunk.error;
    if (chunk.usage !== undefined) this.usage = chunk.usage;
    if (chunk.finishReason !== undefined) this.finishReason = chunk.finishReason;
    if (this.#keepText) this.text += chunk.text;
  }

  #event(data: string, event: string): void {
    if (data === "[DONE]") {
      this.sawDone = true;
      return;
    }
    if (this.#isPlainToken(data)) return this.#token();
    const chunk = readChunk(data);
    if (chunk === undefined) {
      // The last event of a broken stream may be cut; anything else that is not JSON is the server's fault.
      if (!this.#ending) this.error ??= `Event is not JSON: ${data.slice(0, 100)}`;
      this.malformedEvents++;
      return;
    }
    if (chunk.error !== undefined || event === "error") {
      this.error ??= chunk.error ?? data.slice(0, 300);
      return;
    }
    if (chunk.usage !== undefined) this.usage = chunk.usage;
    if (this.#keepText) this.text += chunk.text;
    if (chunk.choices === 0) return;
    if (chunk.finishReason !== undefined) this.finishReason = chunk.finishReason;
    if (chunk.roleOnly && this.#count === 0) this.roleSeconds ??= this.#timeSeconds;
    else this.#token();
  }

  /**
   * Recognises an ordinary token chunk without parsing it. Quotes inside JSON strings are escaped, so these patterns
   * cannot come from the text of an answer; a server that spaces its JSON differently is parsed in full. The chunks of a
   * stream differ in the text alone: what begins and ends like one that was looked through is like it.
   */
  #isPlainToken(data: string): boolean {
    if (this.#count === 0 || this.#keepText) return false;
    if (isLike(data, this.#plain)) return true;
    const choices = data.indexOf(CHOICES);
    const finish = data.lastIndexOf(UNFINISHED);
    if (choices < 0 || finish < choices || data.includes('"usage":{') || data.includes('"error":{')) {
      return false;
    }
    const head = data.slice(0, choices + CHOICES.length);
    const tail = data.slice(finish);
    this.#plain = { head, tail };
    this.#plainEvent = { head: encoder.encode(`data: ${head}`), tail: encoder.encode(`${tail}\n\n`) };
    return true;
  }

  #token(): void {
    if (this.#count === this.#times.length) {
      const grown = new Float64Array(this.#times.length * 2);
      grown.set(this.#times);
      this.#times = grown;
    }
    this.#times[this.#count] = this.#timeSeconds;
    this.#listener.token?.(this.#timeSeconds, this.#count);
    this.#count++;
  }
}

function isLike(data: string, { head, tail }: { readonly head: string; readonly tail: string }): boolean {
  return head !== "" && data.length >= head.length + tail.length && data.startsWith(head) &&
    data.endsWith(tail);
}

/** How an event begins and ends. */
interface EventEnds {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

const encoder = new TextEncoder();
const NO_EVENT: EventEnds = { head: new Uint8Array(0), tail: new Uint8Array(0) };
const LF = 10;
const CR = 13;

/** Whether bytes are one event alone that begins and ends like another: then no line ends before its last two bytes. */
function isEventLike(bytes: Uint8Array, from: number, to: number, { head, tail }: EventEnds): boolean {
  const tailStart = to - tail.length;
  const headEnd = from + head.length;
  if (head.length === 0 || tailStart < headEnd) return false;
  for (let i = 0; i < tail.length; i++) if (bytes[tailStart + i] !== tail[i]) return false;
  for (let i = 0; i < head.length; i++) if (bytes[from + i] !== head[i]) return false;
  // What differs is a few letters; the ends that were compared have no line end in them but the last.
  for (let i = headEnd; i < tailStart; i++) if (bytes[i] === LF || bytes[i] === CR) return false;
  return true;
}

function failed(error: string): AnswerEnd {
  return { kind: "failed", error };
}
