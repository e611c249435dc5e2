/**
 * One connection to the simulated server: requests one after another, each answered before the next, as uvicorn does it.
 *
 * @module
 */
import {
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
  isStream,
  STATUS_WORDS,
} from "./http_message.ts";
import { BadRequestError, type RawRequest, RequestReader } from "./http_reader.ts";
import { ChunkedSink, ConnectionWriter, type WriteTurn } from "./http_sink.ts";

/** How long a connection may rest after an answer (uvicorn's `--timeout-keep-alive` as vLLM sets it). */
const KEEP_ALIVE_MS = 5_000;
/** What a client may send ahead while its answer is under way, before nobody reads any more. */
const MOST_BYTES_AHEAD = 64 * 1024;
/** How long a client that was refused may go on sending: closed at once, its system would throw the refusal away. */
const LINGER_MS = 2_000;
const READ_BYTES = 16 * 1024;
const ENCODER = new TextEncoder();
const CONTINUE = ENCODER.encode("HTTP/1.1 100 Continue\r\n\r\n");

/** A connection as the runtime gives it. */
export interface ByteConnection {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
  /** Ends this side only; a connection without it is closed altogether. */
  closeWrite?(): Promise<void>;
}

/** Serves one connection until it is closed. */
export class HttpConnection {
  readonly #connection: ByteConnection;
  readonly #handler: HttpHandler;
  readonly #reader = new RequestReader();
  readonly #writer: ConnectionWriter;
  readonly #onClosed: () => void;
  #closed = false;
  /** What comes is thrown away: the client has been refused. */
  #discards = false;
  /** The request whose answer is under way. */
  #answering: AbortController | undefined;
  #body: { drained(): void; cancel(): void } | undefined;
  #resumeReading: (() => void) | undefined;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    connection: ByteConnection,
    options: {
      readonly handler: HttpHandler;
      /** Shared by all connections of a port. */
      readonly turn: WriteTurn;
      readonly onClosed: () => void;
    },
  ) {
    this.#connection = connection;
    this.#handler = options.handler;
    this.#onClosed = options.onClosed;
    this.#writer = new ConnectionWriter(connection, options.turn, {
      onDrained: () => this.#body?.drained(),
      onBroken: () => this.close(),
    });
  }

  /** Reads until the client leaves; resolves when the connection is closed. */
  async run(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      while (!this.#closed) {
        const count = await this.#connection.read(buffer);
        if (count === null) break;
        if (this.#discards) continue;
        clearTimeout(this.#idleTimer);
        this.#reader.add(buffer.subarray(0, count));
        if (this.#answering === undefined) this.#takeNext();
        else if (this.#reader.pendingBytes > MOST_BYTES_AHEAD) {
          await new Promise<void>((resolve) => this.#resumeReading = resolve);
        }
      }
    } catch {
      // The connection was reset, or closed from this side: either way it is over.
    }
    this.close();
  }

  /** Closes at once; an answer under way is cut and its client counts as gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    this.#writer.break();
    const body = this.#body;
    this.#body = undefined;
    body?.cancel();
    this.#answering?.abort(new DOMException("The client has gone", "AbortError"));
    this.#resumeReading?.();
    try {
      this.#connection.close();
    } catch {
      // Closed by the other side already.
    }
    this.#onClosed();
  }

  #takeNext(): void {
    let raw: RawRequest | undefined;
    try {
      raw = this.#reader.next();
    } catch (error) {
      if (!(error instanceof BadRequestError)) throw error;
      return this.#refuse(error.status);
    }
    if (raw === undefined) {
      if (this.#reader.takeExpectation()) this.#writer.write(CONTINUE);
      return;
    }
    void this.#answer(raw);
  }

  /** What uvicorn says to bytes that are no request; nothing more is read. */
  #refuse(status: 400 | 413): void {
    this.#answering = new AbortController();
    const text = status === 400 ? "Invalid HTTP request received." : "Request body is too large.";
    this.#writer.write(ENCODER.encode(
      `HTTP/1.1 ${status} ${STATUS_WORDS[status]}\r\ndate: ${dateText()}\r\nserver: uvicorn\r\n` +
        `content-type: text/plain; charset=utf-8\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`,
    ));
    this.#discards = true;
    void this.#writer.idle().then(() => this.#linger());
  }

  /** Ends the answer and waits a moment for the client to see it. */
  async #linger(): Promise<void> {
    if (this.#connection.closeWrite === undefined) return this.close();
    this.#idleTimer = setTimeout(() => this.close(), LINGER_MS);
    try {
      await this.#connection.closeWrite();
    } catch {
      // The client has gone already.
      this.close();
    }
  }

  async #answer(raw: RawRequest): Promise<void> {
    const gone = new AbortController();
    this.#answering = gone;
    let answer: HttpAnswer;
    try {
      answer = await this.#handler(requestOf(raw, gone.signal));
    } catch {
      // The server went down while it answered, or could not: the client sees a closed connection.
      return this.close();
    }
    if (this.#closed) {
      if (isStream(answer.body)) answer.body.cancel();
      return;
    }
    this.#writeHead(raw, answer);
    const { body } = answer;
    if (!isStream(body) || raw.method === "HEAD") {
      if (isStream(body)) body.cancel();
      else if (body !== undefined && raw.method !== "HEAD") this.#writer.write(body);
      return this.#answered(raw.keepAlive);
    }
    this.#body = body;
    body.begin(
      new ChunkedSink(this.#writer, (error) => {
        this.#body = undefined;
        if (error === undefined) this.#answered(raw.keepAlive);
        else this.close();
      }),
    );
  }

  #writeHead(raw: RawRequest, { status, headers, body }: HttpAnswer): void {
    let head = `HTTP/1.1 ${status} ${
      STATUS_WORDS[status] ?? ""
    }\r\ndate: ${dateText()}\r\nserver: uvicorn\r\n`;
    for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
    if (!raw.keepAlive) head += "connection: close\r\n";
    if (isStream(body) && raw.method !== "HEAD") head += "transfer-encoding: chunked\r\n";
    this.#writer.write(ENCODER.encode(`${head}\r\n`));
  }

  #answered(keepAlive: boolean): void {
    this.#answering = undefined;
    if (!keepAlive) return void this.#writer.idle().then(() => this.close());
    this.#resumeReading?.();
    this.#resumeReading = undefined;
    this.#takeNext();
    if (this.#answering !== undefined || this.#reader.isInside) return;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.close(), KEEP_ALIVE_MS);
  }
}

function requestOf(raw: RawRequest, gone: AbortSignal): HttpRequest {
  const { method, headers, body } = raw;
  const target = raw.target.replace(/^[a-z]+:\/\/[^/?#]*/i, "").replace(/#.*$/s, "");
  const question = target.indexOf("?");
  const path = question < 0 ? target : target.slice(0, question);
  return {
    method,
    path: decoded(path),
    query: question < 0 ? "" : target.slice(question + 1),
    body,
    gone,
    header: (name) => headers.get(name),
  };
}

/** A path with its escapes undone where they mean something. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

let date = { second: 0, text: "" };

/** The header `date`, made anew once a second. */
function dateText(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== date.second) date = { second, text: new Date(second * 1000).toUTCString() };
  return date.text;
}
