/**
 * A server that is read again and again, over one connection that stays open and into one buffer that stays: `fetch` costs
 * three times the processor and leaves every body to the garbage collector.
 *
 * @module
 */
import { HttpScanner } from "../simulator/workload/http_scanner.ts";
import { encodeRequest, MAX_IDLE_SECONDS } from "../simulator/workload/raw_transport.ts";
import type { HttpBody } from "./http_read.ts";

const FIRST_BUFFER_BYTES = 64 * 1024;
/** A buffer that has grown beyond this is given up when the body of a read would fit into a quarter of it. */
const LARGE_BUFFER_BYTES = 2 ** 20;
/** So many failures, and `fetch` reads the server for good. */
const MOST_FAILURES = 5;

/** The variables by which `fetch` goes through a proxy. */
const PROXY_VARIABLES = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/**
 * Plain GETs of one address. It answers only what is plain: anything else (another status, a redirect, packed bytes, a
 * connection that breaks) it leaves to `fetch`, which then says what is wrong. It begins after a good answer by `fetch`.
 */
export class KeptConnection {
  readonly #url: URL;
  readonly #request: Uint8Array | undefined;
  readonly #scanner = new HttpScanner({ head: () => {}, body: () => {}, end: () => {} });
  #conn: Deno.Conn | undefined;
  #idleSinceMs = 0;
  #buffer = new Uint8Array(0);
  #ready = false;
  #failures = 0;

  /** Opens nothing yet. For an address that only `fetch` can read it never does. */
  constructor(url: string, headers: Headers) {
    this.#url = new URL(url);
    this.#request = isPlain(this.#url) && !behindProxy() ? requestBytes(this.#url, headers) : undefined;
  }

  /** Whether it may be asked. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** Takes note of an answer by `fetch`: after a plain one the next read is this connection's. */
  learn(response: Response): void {
    this.#ready = this.#request !== undefined && this.#failures < MOST_FAILURES && response.status === 200 &&
      !response.redirected && !response.headers.has("content-encoding");
  }

  /**
   * Reads the whole answer. The body is a view of the buffer: it holds until the next read. Undefined: `fetch` is to be asked.
   *
   * @param maxBytes of a body above this nothing is given
   */
  async get(maxBytes: number): Promise<HttpBody | undefined> {
    if (!this.#ready) return undefined;
    try {
      const answer = await this.#ask(maxBytes);
      if (answer !== undefined) {
        this.#failures = 0;
        return answer;
      }
    } catch (error) {
      if (!isConnectionError(error)) throw error;
    }
    this.giveUp();
    return undefined;
  }

  /** Nothing more is expected of a read under way: the next one is left to `fetch`. */
  giveUp(): void {
    if (this.#ready) this.#failures++;
    this.#ready = false;
    this.close();
  }

  /** Closes the connection; a later read makes another. */
  close(): void {
    const conn = this.#conn;
    this.#conn = undefined;
    try {
      conn?.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // It was closed already.
    }
  }

  /** On the connection that is there; where the server has closed that meanwhile, on a new one. */
  async #ask(maxBytes: number): Promise<HttpBody | undefined> {
    if (performance.now() - this.#idleSinceMs > MAX_IDLE_SECONDS * 1000) this.close();
    const kept = this.#conn;
    if (kept !== undefined) {
      try {
        const answer = await this.#exchange(kept, maxBytes);
        if (answer !== undefined || !this.#scanner.untouched) return answer;
      } catch (error) {
        if (!isConnectionError(error) || !this.#scanner.untouched) throw error;
      }
      if (this.#conn !== kept) return undefined; // Given up meanwhile.
      this.close();
    }
    return await this.#exchange(await this.#dial(), maxBytes);
  }

  async #dial(): Promise<Deno.TcpConn> {
    const { hostname, port } = this.#url;
    const conn = await Deno.connect({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? 80 : Number(port),
    });
    if (!this.#ready) {
      // Given up or closed meanwhile: nobody would close it, and the next read must not find it half way.
      conn.close();
      throw new Deno.errors.Interrupted("nobody waits for this connection");
    }
    conn.setNoDelay(true);
    this.#conn = conn;
    return conn;
  }

  async #exchange(conn: Deno.Conn, maxBytes: number): Promise<HttpBody | undefined> {
    const scanner = this.#scanner;
    const body = new BodyPlace();
    scanner.next(body);
    const request = this.#request!;
    for (let sent = 0; sent < request.length;) sent += await conn.write(request.subarray(sent));
    let filled = 0;
    while (!scanner.done) {
      if (filled === this.#buffer.length) this.#grow(filled);
      const count = await conn.read(filled === 0 ? this.#buffer : this.#buffer.subarray(filled));
      // The end of a body that ends with its connection is nobody's word: left to `fetch`.
      // Framing without end (chunks of a byte, trailers) takes no more than the body may.
      if (count === null || body.to - body.from > maxBytes || filled > 2 * maxBytes + FIRST_BUFFER_BYTES) {
        return undefined;
      }
      body.bytes = this.#buffer;
      scanner.push(this.#buffer.subarray(filled, filled + count));
      filled += count;
    }
    if (body.status !== 200 || body.headers.has("content-encoding")) return undefined;
    if (scanner.keepAlive) this.#idleSinceMs = performance.now();
    else this.close();
    const bytes = this.#buffer.subarray(body.from, body.to);
    if (bytes.length > maxBytes) return undefined;
    if (this.#buffer.length > LARGE_BUFFER_BYTES && 4 * filled < this.#buffer.length) {
      this.#buffer = new Uint8Array(0);
    }
    const { status, headers } = body;
    return { status, contentType: headers.get("content-type"), headers, body: bytes, framed: true };
  }

  #grow(filled: number): void {
    const larger = new Uint8Array(Math.max(FIRST_BUFFER_BYTES, 2 * filled));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** Where the body lies in the buffer. Chunks are moved together; a body with a length lies there as it came. */
class BodyPlace {
  status = 0;
  headers: ReadonlyMap<string, string> = new Map();
  bytes = new Uint8Array(0);
  from = 0;
  to = 0;

  head(status: number, headers: ReadonlyMap<string, string>): void {
    this.status = status;
    this.headers = headers;
  }

  body(piece: Uint8Array): void {
    const at = piece.byteOffset;
    if (this.to === 0) this.from = this.to = at;
    // Only framing lies between: what is moved goes over bytes that have been read.
    if (at !== this.to) this.bytes.copyWithin(this.to, at, at + piece.length);
    this.to += piece.length;
  }

  end(): void {} // All is in its place.
}

function isPlain({ protocol, username, password }: URL): boolean {
  return protocol === "http:" && username === "" && password === "";
}

/** True also where the environment may not be looked at. */
function behindProxy(): boolean {
  return PROXY_VARIABLES.some((variable) =>
    Deno.permissions.querySync({ name: "env", variable }).state !== "granted" ||
    (Deno.env.get(variable) ?? "") !== ""
  );
}

/** As `fetch` asks, but for bodies as they are: undefined where a header is none that can be written so. */
function requestBytes(url: URL, headers: Headers): Uint8Array | undefined {
  const all: Record<string, string> = {
    host: url.host,
    "user-agent": `Deno/${Deno.version.deno}`,
    ...Object.fromEntries(headers),
    "accept-encoding": "identity",
    connection: "keep-alive",
  };
  if (Object.values(all).some((value) => /[^\x20-\x7e]/.test(value))) return undefined;
  return encodeRequest({ method: "GET", path: url.pathname }, url.pathname + url.search, all);
}

/** What the network or a server that speaks no HTTP can do; all else is a mistake of the program. */
function isConnectionError(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof Error && error.name in Deno.errors;
}
