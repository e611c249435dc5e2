/**
 * The engine over sockets: HTTP/1.1 on `Deno.connect` and `connectTls`, with a pool of kept connections. Every read is
 * stamped before anything looks at it.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { type HttpListener, HttpScanner } from "./http_scanner.ts";
import {
  type Call,
  type CallListener,
  hintsOf,
  requestHeaders,
  type Transport,
  TransportError,
} from "./transport.ts";

/** Read buffer of a connection: some fifteen token chunks, so that a burst is one read and memory stays small. */
const BUFFER_BYTES = 4 * 1024;

/** Servers drop idle connections (uvicorn after 5 s); one that idled longer than this is not used again. */
export const MAX_IDLE_SECONDS = 4;

/** What makes a connection; a test can pass its own. */
export type Dial = () => Promise<Deno.Conn>;

interface Connection {
  readonly conn: Deno.Conn;
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly scanner: HttpScanner;
  idleSinceSeconds: number;
}

/** Options of {@link rawTransport}. */
export interface RawTransportOptions {
  readonly clock: Clock;
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates (PEM) to trust besides the system's, for https. */
  readonly caCertificates?: readonly string[];
  readonly dial?: Dial;
}

/**
 * Makes the engine.
 *
 * @param apiBase the API's base, as `normaliseBase` gives it
 * @throws TypeError when a header cannot be sent
 */
export function rawTransport(apiBase: string, options: RawTransportOptions): Transport {
  const url = new URL(apiBase);
  const pool = new Pool(options.dial ?? dialer(url, options.caCertificates), options.clock);
  const prefix = url.pathname.replace(/\/+$/, "");
  const common = {
    host: url.host,
    connection: "keep-alive",
    "accept-encoding": "identity",
    ...options.headers,
  };
  headerLines(common);
  return {
    engine: "raw",
    open: (count) => pool.fill(count),
    close: () => pool.close(),
    async send(call, listener, signal) {
      signal.throwIfAborted();
      const request = encodeRequest(call, prefix + call.path, requestHeaders(call, common));
      // A kept connection may have been dropped by the server: nothing was answered yet, so a new one may try again.
      const kept = pool.take();
      if (kept !== undefined && await exchange(kept, { request, listener, signal, pool, fresh: false })) {
        return;
      }
      listener.connecting(options.clock.nowSeconds());
      const connection = await pool.connect(signal);
      listener.connected(options.clock.nowSeconds());
      await exchange(connection, { request, listener, signal, pool, fresh: true });
    },
  };
}

interface Exchange {
  readonly request: Uint8Array;
  readonly listener: CallListener;
  readonly signal: AbortSignal;
  readonly pool: Pool;
  readonly fresh: boolean;
}

/** Writes and reads; false when a kept connection was found dead before the first byte of an answer. */
async function exchange(connection: Connection, context: Exchange): Promise<boolean> {
  const { listener, signal, pool, fresh } = context;
  const { conn, scanner } = connection;
  const stamp = { seconds: 0 };
  scanner.next(httpListener(listener, stamp));
  const onAbort = () => closeQuietly(conn);
  signal.addEventListener("abort", onAbort, { once: true });
  let stage: "send" | "receive" = "send";
  try {
    signal.throwIfAborted();
    // Nothing stands between the stamp and the write; the listener is told while it is under way.
    const sentSeconds = pool.clock.nowSeconds();
    const writing = writeAll(conn, context.request);
    listener.sending(sentSeconds);
    await writing;
    stage = "receive";
    await readAnswer(connection, { pool, stamp });
  } catch (error) {
    closeQuietly(conn);
    signal.throwIfAborted();
    if (error instanceof RangeError || error instanceof SyntaxError) throw error;
    if (!fresh && scanner.untouched) return false;
    const message = error instanceof Error ? error.message : String(error);
    throw error instanceof TransportError
      ? error
      : new TransportError(stage, message.slice(0, 300), { cause: error });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  if (scanner.keepAlive) pool.give(connection);
  else closeQuietly(conn);
  return true;
}

async function readAnswer(
  { conn, buffer, scanner }: Connection,
  { pool, stamp }: { readonly pool: Pool; readonly stamp: { seconds: number } },
): Promise<void> {
  while (!scanner.done) {
    const count = await conn.read(buffer);
    stamp.seconds = pool.readSeconds();
    if (count === null) {
      if (scanner.close()) return;
      throw new TransportError("receive", "connection closed before the answer ended");
    }
    scanner.push(buffer, count);
  }
}

function httpListener(listener: CallListener, stamp: { readonly seconds: number }): HttpListener {
  return {
    head: (status, headers) => {
      const hints = hintsOf(status, (name) => headers.get(name));
      listener.head(status, headers.get("content-type"), stamp.seconds, hints);
    },
    body: (bytes) => listener.body(bytes, stamp.seconds),
    chunk: (bytes, from, to) => listener.chunk?.(bytes, from, to, stamp.seconds) ?? false,
    end: () => listener.ended(stamp.seconds),
  };
}

/** Connections that wait for their next request, the most recent first. */
class Pool {
  readonly #dial: Dial;
  readonly clock: Clock;
  #idle: Connection[] = [];
  #closed = false;
  /** When the reads that the runtime handed over together were there; NaN between two such turns. */
  #turnSeconds = NaN;
  readonly #turnOver = () => void (this.#turnSeconds = NaN);

  constructor(dial: Dial, clock: Clock) {
    this.#dial = dial;
    this.clock = clock;
  }

  /**
   * The stamp of a read that has just ended. The runtime takes all that is ready from the kernel, then hands it over one by
   * one: what was read in one turn has one time, that of the first, and none waits for the others to be looked at.
   */
  readSeconds(): number {
    if (!(this.#turnSeconds >= 0)) {
      this.#turnSeconds = this.clock.nowSeconds();
      // Behind the reads that are handed over now, before any that these begin.
      queueMicrotask(this.#turnOver);
    }
    return this.#turnSeconds;
  }

  take(): Connection | undefined {
    while (true) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      if (this.clock.nowSeconds() - connection.idleSinceSeconds <= MAX_IDLE_SECONDS) return connection;
      closeQuietly(connection.conn);
    }
  }

  give(connection: Connection): void {
    if (this.#closed) return closeQuietly(connection.conn);
    connection.idleSinceSeconds = this.clock.nowSeconds();
    this.#idle.push(connection);
  }

  /** A connection that comes after the signal is closed again: `Deno.connect` cannot be stopped. */
  async connect(signal: AbortSignal): Promise<Connection> {
    const dialled = this.#dial().then((conn) => this.#wrap(conn));
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => {
      aborted.reject(signal.reason);
      dialled.then(({ conn }) => closeQuietly(conn), () => undefined);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([dialled, aborted.promise]);
    } catch (error) {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      throw new TransportError("connect", message.slice(0, 300), { cause: error });
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async fill(count: number): Promise<void> {
    const missing = Math.max(0, count - this.#idle.length);
    const dialled = await Promise.allSettled(Array.from({ length: missing }, () => this.#dial()));
    for (const result of dialled) {
      // A refusal here is met again by the request that needs the connection, and recorded there.
      if (result.status === "fulfilled") this.give(this.#wrap(result.value));
    }
  }

  close(): void {
    this.#closed = true;
    for (const { conn } of this.#idle) closeQuietly(conn);
    this.#idle = [];
  }

  #wrap(conn: Deno.Conn): Connection {
    const idle: HttpListener = { head: () => {}, body: () => {}, end: () => {} };
    return {
      conn,
      buffer: new Uint8Array(BUFFER_BYTES),
      scanner: new HttpScanner(idle),
      idleSinceSeconds: 0,
    };
  }
}

function dialer(url: URL, caCertificates: readonly string[] | undefined): Dial {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  if (url.protocol === "https:") {
    const trusted = caCertificates === undefined ? {} : { caCerts: [...caCertificates] };
    return () => Deno.connectTls({ hostname, port, alpnProtocols: ["http/1.1"], ...trusted });
  }
  return async () => {
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay(true);
    return conn;
  };
}

/** The bytes of a request. */
export function encodeRequest(
  call: Call,
  path: string,
  headers: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(call.body ?? "");
  const length = call.body === undefined ? "" : `content-length: ${body.length}\r\n`;
  const head = new TextEncoder().encode(
    `${call.method} ${path} HTTP/1.1\r\n${headerLines(headers)}${length}\r\n`,
  );
  const request = new Uint8Array(head.length + body.length);
  request.set(head);
  request.set(body, head.length);
  return request;
}

/** A line end inside a header would smuggle a second header, or a second request. */
function headerLines(headers: Readonly<Record<string, string>>): string {
  let lines = "";
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[\r\n\0]/.test(value)) {
      throw new TypeError(
        `Cannot send header ${JSON.stringify(name)}: not a valid name or value, wanted plain text`,
      );
    }
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await conn.write(bytes.subarray(written));
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    // Closed already, by an abort or by the peer: that is what was wanted.
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
