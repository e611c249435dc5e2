/**
 * Responses of HTTP/1.1, byte by byte: pure. Format: RFC 9112 (message framing: section 6, chunks: section 7).
 *
 * @module
 */

/** What a response is made of, as its bytes come in. */
export interface HttpListener {
  /** Status line and headers are complete. Names are lower case; repeated fields are joined with ", ". */
  head(status: number, headers: ReadonlyMap<string, string>): void;
  /** A piece of the body, framing removed. Valid only during the call. */
  body(bytes: Uint8Array): void;
  /**
   * A whole chunk lies at these places, framing removed. Returns whether it was taken: what was not comes as a `body`. Spares
   * the making of an array for each token of a stream, whose collection would hold up what comes after it.
   */
  chunk?(bytes: Uint8Array, from: number, to: number): boolean;
  /** The response is complete. */
  end(): void;
  /** The head is complete, or a chunk has begun: its bytes on the wire, with size and line ends. Told before its body. */
  framed?(part: "head" | "chunk", wireBytes: number): void;
}

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_CHUNK_LINE_BYTES = 1024;
/** Sizes of seven digits and more are read the long way. */
const MOST_SIZE_DIGITS = 6;
const LF = 10;
const CR = 13;

type State =
  | "head"
  | "length"
  | "chunk_size"
  | "chunk_data"
  | "chunk_end"
  | "trailer"
  | "until_close"
  | "done";

/** Reads one response that may be split anywhere; call {@link HttpScanner.next} before the one after it. */
export class HttpScanner {
  #listener: HttpListener;
  #state: State = "head";
  #line: number[] = [];
  #headBytes = 0;
  #statusLine: string | undefined;
  #headers = new Map<string, string>();
  #left = 0;
  #keepAlive = true;

  /** @param listener gets the parts during `push` and `close` */
  constructor(listener: HttpListener) {
    this.#listener = listener;
  }

  /** True once the response has ended. */
  get done(): boolean {
    return this.#state === "done";
  }

  /** True when the connection can carry another request after this response. */
  get keepAlive(): boolean {
    return this.#keepAlive && this.#state === "done";
  }

  /** True before the first byte of a response: nothing is lost if the connection turns out to be dead. */
  get untouched(): boolean {
    return this.#state === "head" && this.#headBytes === 0;
  }

  /** Where in a response the next byte lies. */
  get place(): "head" | "in_chunk" | "between_chunks" | "elsewhere" {
    const state = this.#state;
    if (state === "head") return state;
    if (state === "chunk_size") return "between_chunks";
    return state === "chunk_data" || state === "chunk_end" ? "in_chunk" : "elsewhere";
  }

  /** Bytes that a chunk which has begun still lacks, its line end included; 0 elsewhere. */
  get chunkLeft(): number {
    if (this.#state === "chunk_data") return this.#left + 2;
    return this.#state === "chunk_end" ? 2 - this.#line.length : 0;
  }

  /** Prepares for the next response on the same connection. */
  next(listener: HttpListener): void {
    this.#listener = listener;
    this.#state = "head";
    this.#resetHead();
  }

  /**
   * Takes the next bytes.
   *
   * @param length how many of them there are, where the array is longer: a buffer that is read into again and again
   * @throws SyntaxError when they are not HTTP/1.x, or when bytes follow a complete response
   */
  push(bytes: Uint8Array, length = bytes.length): void {
    for (let at = 0; at < length;) {
      const next = this.#wholeChunk(bytes, at, length);
      if (next !== undefined) at = next;
      else at = this.#step(length === bytes.length ? bytes : bytes.subarray(0, length), at);
    }
  }

  /**
   * A chunk that lies in these bytes with its size and both line ends, which is nearly every one of a token stream: taken
   * without collecting its framing. Returns where the next one begins; undefined for anything less plain.
   */
  #wholeChunk(bytes: Uint8Array, at: number, length: number): number | undefined {
    if (this.#state !== "chunk_size" || this.#line.length > 0) return undefined;
    let size = 0;
    let i = at;
    for (; i < length && i - at < MOST_SIZE_DIGITS; i++) {
      const digit = hexDigit(bytes[i]!);
      if (digit < 0) break;
      size = size * 16 + digit;
    }
    const end = i + 2 + size;
    const isPlain = size > 0 && end + 2 <= length && bytes[i] === CR && bytes[i + 1] === LF &&
      bytes[end] === CR && bytes[end + 1] === LF;
    if (!isPlain) return undefined;
    this.#listener.framed?.("chunk", end + 2 - at);
    const listener = this.#listener;
    if (listener.chunk?.(bytes, i + 2, end) !== true) listener.body(bytes.subarray(i + 2, end));
    return end + 2;
  }

  /** Tells that the peer closed. Returns whether the response was complete. */
  close(): boolean {
    if (this.#state === "until_close") this.#finish();
    this.#keepAlive = false;
    return this.#state === "done";
  }

  #step(bytes: Uint8Array, at: number): number {
    switch (this.#state) {
      case "length":
      case "chunk_data":
        return this.#counted(bytes, at);
      case "until_close":
        this.#listener.body(at === 0 ? bytes : bytes.subarray(at));
        return bytes.length;
      case "done":
        throw new SyntaxError(`Cannot read response: ${bytes.length - at} bytes after its end, wanted none`);
      default:
        return this.#lineByte(bytes, at);
    }
  }

  #counted(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#listener.body(bytes.subarray(at, end));
    this.#left -= end - at;
    if (this.#left === 0) {
      if (this.#state === "length") this.#finish();
      else this.#state = "chunk_end";
    }
    return end;
  }

  /** Collects a line of the head or of the framing; such lines are short, so byte by byte is fast enough. */
  #lineByte(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(LF, at);
    const stop = end < 0 ? bytes.length : end;
    for (let i = at; i < stop; i++) this.#line.push(bytes[i]!);
    const limit = this.#state === "head" || this.#state === "trailer" ? MAX_HEAD_BYTES : MAX_CHUNK_LINE_BYTES;
    if (this.#line.length > limit) {
      throw new SyntaxError(`Cannot read response: a line of more than ${limit} bytes, wanted a shorter one`);
    }
    if (this.#state === "head") {
      this.#headBytes += stop - at + 1;
      if (this.#headBytes > MAX_HEAD_BYTES) {
        throw new SyntaxError(`Cannot read response: headers above ${MAX_HEAD_BYTES} bytes, wanted fewer`);
      }
    }
    if (end < 0) return bytes.length;
    if (this.#line.at(-1) === CR) this.#line.pop();
    const line = String.fromCharCode(...this.#line);
    this.#line.length = 0;
    this.#lineDone(line);
    return end + 1;
  }

  #lineDone(line: string): void {
    if (this.#state === "chunk_end") {
      if (line !== "") {
        throw new SyntaxError("Cannot read response: a chunk longer than its size, wanted CRLF after it");
      }
      this.#state = "chunk_size";
    } else if (this.#state === "chunk_size") this.#chunkSize(line);
    else if (this.#state === "trailer") {
      if (line === "") this.#finish();
    } else this.#headLine(line);
  }

  #chunkSize(line: string): void {
    const text = line.split(";", 1)[0]!.trim();
    if (!/^[0-9a-f]{1,8}$/i.test(text)) {
      throw new SyntaxError(
        `Cannot read response: chunk size ${JSON.stringify(text.slice(0, 20))}, wanted hex digits`,
      );
    }
    this.#left = parseInt(text, 16);
    if (this.#left > 0) this.#listener.framed?.("chunk", line.length + this.#left + 4);
    this.#state = this.#left === 0 ? "trailer" : "chunk_data";
  }

  #headLine(line: string): void {
    if (this.#statusLine === undefined) {
      if (line === "") return; // a stray line end before a response is allowed
      if (!/^HTTP\/1\.[01] [1-9]\d\d(?: |$)/.test(line)) {
        throw new SyntaxError(
          `Cannot read response: starts with ${JSON.stringify(line.slice(0, 40))}, wanted HTTP/1.1`,
        );
      }
      this.#statusLine = line;
      return;
    }
    if (line === "") return this.#headDone(this.#statusLine);
    const colon = line.indexOf(":");
    if (colon <= 0) return;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = this.#headers.get(name);
    this.#headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }

  #headDone(statusLine: string): void {
    const status = Number(statusLine.slice(9, 12));
    const headers = this.#headers;
    const headBytes = this.#headBytes;
    this.#resetHead();
    if (status < 200) return; // 100, 103: the real response follows
    const connection = headers.get("connection")?.toLowerCase() ?? "";
    this.#keepAlive = statusLine.startsWith("HTTP/1.1")
      ? !connection.includes("close")
      : connection.includes("keep-alive");
    this.#listener.framed?.("head", headBytes);
    this.#listener.head(status, headers);
    const length = headers.get("content-length");
    if (status === 204 || status === 304) this.#finish();
    else if (/\bchunked\b/i.test(headers.get("transfer-encoding") ?? "")) this.#state = "chunk_size";
    else if (length !== undefined) this.#startLength(length);
    else {
      this.#keepAlive = false;
      this.#state = "until_close";
    }
  }

  #startLength(text: string): void {
    if (!/^\d{1,15}$/.test(text)) {
      throw new SyntaxError(
        `Cannot read response: content-length ${JSON.stringify(text.slice(0, 20))}, wanted digits`,
      );
    }
    this.#left = Number(text);
    this.#state = "length";
    if (this.#left === 0) this.#finish();
  }

  #finish(): void {
    this.#state = "done";
    this.#listener.end();
  }

  #resetHead(): void {
    this.#statusLine = undefined;
    this.#headers = new Map();
    this.#headBytes = 0;
    this.#line.length = 0;
  }
}

/** Value of a hexadecimal digit's byte, -1 for any other byte. */
function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
