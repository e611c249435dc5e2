/**
 * Reads HTTP/1.1 requests from the bytes of a connection, refusing what the parser behind the real server (llhttp, as
 * uvicorn uses it) refuses.
 *
 * @module
 */

/** A request as it came over a connection. */
export interface RawRequest {
  readonly method: string;
  /** As sent: a path, or a whole address. */
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Whether the connection may carry another one afterwards. */
  readonly keepAlive: boolean;
}

/** Bytes that are no request, or one that is too long. */
export class BadRequestError extends Error {
  override readonly name = "BadRequestError";
  /** @param status 400, or 413 for a body above the limit */
  constructor(message: string, readonly status: 400 | 413 = 400) {
    super(message);
  }
}

/** The real server knows no limit of a body; this one keeps its memory. */
const MOST_BODY_BYTES = 64 * 1024 * 1024;
const MOST_HEAD_BYTES = 1024 * 1024;
/** llhttp's own limit. */
const MOST_TARGET_CHARACTERS = 65_535;
const METHODS = new Set(
  "DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK UNLINK SOURCE QUERY"
    .split(" "),
);
const REQUEST_LINE = /^([A-Z-]+) (\S+) HTTP\/(0\.9|1\.0|1\.1|2\.0)$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NOT_IN_VALUES = ["\0", "\r", "\n"];
const CR = 13;
const LF = 10;

interface Head {
  readonly method: string;
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly keepAlive: boolean;
  /** Bytes of the body, or "chunked". */
  readonly length: number | "chunked";
}

/** The state of one connection's reading. */
export class RequestReader {
  #buffer = new Uint8Array(0);
  /** What has not been used yet lies between these. */
  #from = 0;
  #to = 0;
  #head: Head | undefined;
  readonly #chunks: Uint8Array[] = [];
  #chunkedBytes = 0;
  /** Inside a chunked body: bytes left of the chunk, "size" between chunks, "trailer" behind the last. */
  #chunk: number | "size" | "end" | "trailer" = "size";
  #toldToContinue = false;

  /** Bytes that no request has used yet. */
  get pendingBytes(): number {
    return this.#to - this.#from;
  }

  /** True while part of a request has been read. */
  get isInside(): boolean {
    return this.#head !== undefined || this.pendingBytes > 0;
  }

  /** True once for a request whose client waits for `100 Continue` before it sends the body. */
  takeExpectation(): boolean {
    if (this.#toldToContinue || this.#head?.headers.get("expect")?.toLowerCase() !== "100-continue") {
      return false;
    }
    return this.#toldToContinue = true;
  }

  /** Adds bytes as they came. They are copied. */
  add(bytes: Uint8Array): void {
    if (this.#to + bytes.length > this.#buffer.length) {
      const needed = this.pendingBytes + bytes.length;
      const kept = this.#bytes;
      this.#buffer = new Uint8Array(Math.max(needed, Math.min(2 * needed, needed + MOST_HEAD_BYTES)));
      this.#buffer.set(kept);
      this.#to -= this.#from;
      this.#from = 0;
    }
    this.#buffer.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /**
   * The next whole request; undefined until more bytes come.
   *
   * @throws BadRequestError after which nothing more can be read
   */
  next(): RawRequest | undefined {
    this.#head ??= this.#readHead();
    if (this.#head === undefined) return undefined;
    const body = this.#head.length === "chunked" ? this.#readChunks() : this.#readBody(this.#head.length);
    if (body === undefined) return undefined;
    const { method, target, headers, keepAlive } = this.#head;
    this.#head = undefined;
    this.#toldToContinue = false;
    return { method, target, headers, body, keepAlive };
  }

  /** The bytes that have not been used yet, valid until more are added. */
  get #bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  #use(count: number): void {
    this.#from += count;
    if (this.#from === this.#to) this.#from = this.#to = 0;
  }

  #readHead(): Head | undefined {
    while (this.#buffer[this.#from] === CR && this.#buffer[this.#from + 1] === LF && this.pendingBytes >= 2) {
      this.#use(2);
    }
    if (this.pendingBytes === 0) return undefined;
    const end = endOfHead(this.#bytes);
    if (end < 0) {
      this.#refuseEarly();
      return undefined;
    }
    const lines = LATIN.decode(this.#bytes.subarray(0, end)).split("\r\n");
    this.#use(end + 4);
    return headOf(lines);
  }

  /** A head that does not end: refused as soon as its first line cannot be one. */
  #refuseEarly(): void {
    const bytes = this.#bytes;
    if (bytes.length > MOST_HEAD_BYTES) throw new BadRequestError("the head does not end");
    const line = bytes.indexOf(LF);
    const text = LATIN.decode(bytes.subarray(0, line < 0 ? Math.min(bytes.length, 80) : line));
    const isLine = line < 0 ? /^[A-Z-]*( |$)/.test(text) : REQUEST_LINE.test(text.replace(/\r$/, ""));
    if (!isLine || (line >= 0 && !text.endsWith("\r"))) throw new BadRequestError("no request line");
  }

  #readBody(length: number): Uint8Array<ArrayBuffer> | undefined {
    if (length > MOST_BODY_BYTES) throw new BadRequestError("the body is too long", 413);
    if (this.pendingBytes < length) return undefined;
    const body = this.#bytes.slice(0, length);
    this.#use(length);
    return body;
  }

  #readChunks(): Uint8Array<ArrayBuffer> | undefined {
    for (;;) {
      if (typeof this.#chunk === "number") {
        const part = this.#bytes.slice(0, this.#chunk);
        this.#use(part.length);
        this.#chunk -= part.length;
        this.#chunks.push(part);
        if (this.#chunk > 0) return undefined;
        this.#chunk = "end";
      }
      const line = this.#takeLine();
      if (line === undefined) return undefined;
      if (this.#chunk === "end") {
        if (line !== "") throw new BadRequestError("a chunk is longer than it says");
        this.#chunk = "size";
      } else if (this.#chunk === "trailer") {
        if (line === "") return this.#takeChunks();
      } else {
        this.#chunk = this.#sizeOf(line);
      }
    }
  }

  #sizeOf(line: string): number | "trailer" {
    const size = /^([0-9A-Fa-f]{1,8})[ \t]*(;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw new BadRequestError("no size of a chunk");
    const bytes = parseInt(size, 16);
    this.#chunkedBytes += bytes;
    if (this.#chunkedBytes > MOST_BODY_BYTES) throw new BadRequestError("the body is too long", 413);
    return bytes === 0 ? "trailer" : bytes;
  }

  #takeLine(): string | undefined {
    const bytes = this.#bytes;
    const end = bytes.indexOf(LF);
    if (end < 0) {
      if (bytes.length > MOST_HEAD_BYTES) throw new BadRequestError("a line does not end");
      return undefined;
    }
    if (bytes[end - 1] !== CR) throw new BadRequestError("a line ends without its carriage return");
    const line = LATIN.decode(bytes.subarray(0, end - 1));
    this.#use(end + 1);
    return line;
  }

  #takeChunks(): Uint8Array<ArrayBuffer> {
    const body = new Uint8Array(this.#chunkedBytes);
    let at = 0;
    for (const part of this.#chunks) {
      body.set(part, at);
      at += part.length;
    }
    this.#chunks.length = 0;
    this.#chunkedBytes = 0;
    this.#chunk = "size";
    return body;
  }
}

const LATIN = new TextDecoder("latin1");

function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(CR); at >= 0; at = bytes.indexOf(CR, at + 1)) {
    if (bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF) return at;
  }
  return -1;
}

function headOf([first, ...lines]: readonly string[]): Head {
  const match = REQUEST_LINE.exec(first!);
  if (match === null || !METHODS.has(match[1]!)) throw new BadRequestError("no request line");
  const [, method, target, version] = match;
  if (target!.length > MOST_TARGET_CHARACTERS) throw new BadRequestError("the target is too long");
  const headers = headersOf(lines);
  const connection = headers.get("connection")?.toLowerCase() ?? "";
  return {
    method: method!,
    target: target!,
    headers,
    keepAlive: version === "1.1" && !connection.split(/, */).includes("close"),
    length: lengthOf(headers),
  };
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
    if (!HEADER_NAME.test(name) || NOT_IN_VALUES.some((bad) => value.includes(bad))) {
      throw new BadRequestError("no header");
    }
    const earlier = headers.get(name);
    if (earlier !== undefined && name === "content-length") throw new BadRequestError("two lengths");
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}

function lengthOf(headers: ReadonlyMap<string, string>): number | "chunked" {
  const coding = headers.get("transfer-encoding")?.toLowerCase();
  const length = headers.get("content-length");
  if (coding !== undefined) {
    if (coding !== "chunked" || length !== undefined) {
      throw new BadRequestError("no length that can be known");
    }
    return "chunked";
  }
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) throw new BadRequestError("a length that is no number");
  return Number(length);
}
