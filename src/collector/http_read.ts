/**
 * One bounded HTTP read: bounded in time, in size, and with a cause for each way of failing.
 *
 * @module
 */
import type { Cause } from "../base/cause.ts";
import type { Clock } from "../base/clock.ts";
import { SampleError } from "../series/types.ts";
import { withDeadline } from "./deadline.ts";

/** How a URL is read. */
export interface HttpReadOptions {
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  /** Largest body after decompression, in bytes; a larger one is a failure, not a cut. */
  readonly maxBytes: number;
  readonly headers?: HeadersInit;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal;
}

/** A whole answer. */
export interface HttpBody {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** True when HTTP itself vouches for the end of the body (a length or chunks); else it ended with the connection. */
  readonly framed: boolean;
}

/**
 * GETs a URL and reads the whole body. The time limit covers everything from the first byte out to the last byte in.
 *
 * @throws SampleError `connection_refused`, `connection_failed`, `timeout`, `cancelled`, `body_too_large`
 */
export function readUrl(url: string, options: HttpReadOptions): Promise<HttpBody> {
  return withDeadline(async (signal) => {
    try {
      const response = await (options.fetch ?? fetch)(url, {
        signal,
        ...(options.headers === undefined ? {} : { headers: options.headers }),
      });
      const body = await readBody(response, options.maxBytes);
      const headers = response.headers;
      return {
        status: response.status,
        contentType: headers.get("content-type") ?? undefined,
        headers,
        body,
        framed: headers.has("content-length") || headers.has("transfer-encoding"),
      };
    } catch (error) {
      throw error instanceof SampleError ? error : new SampleError(connectionCause(error), { cause: error });
    }
  }, options);
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(response.headers.get("content-length") ?? 0);
  if (announced > maxBytes) {
    await response.body?.cancel();
    throw tooLarge(maxBytes);
  }
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes); // Leaving the loop cancels the stream.
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : concatenate(chunks, size);
}

function tooLarge(maxBytes: number): SampleError {
  return new SampleError({ code: "body_too_large", params: { maxBytes } });
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/**
 * Why a connection failed. The platforms give no codes, only texts: Linux says "Connection refused (os error 111)", macOS
 * error 61, Windows 10061. `detail` is the innermost text, cut to 200 characters.
 */
export function connectionCause(error: unknown): Cause {
  let detail = String(error);
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) detail = inner.message;
  if (/connection refused|os error (111|61|10061)\b|ECONNREFUSED/i.test(detail)) {
    return { code: "connection_refused" };
  }
  const blocked = /Requests to port (\d+) are blocked/.exec(detail);
  if (blocked !== null) {
    return { code: "port_blocked", params: { port: Number(blocked[1]), detail: detail.slice(0, 200) } };
  }
  const tls = tlsCause(detail);
  if (tls !== undefined) return tls;
  // "error sending request for url (…): " repeats the address, which the caller knows better.
  const short = detail.replace(/^error sending request [^:]*?\(\S*\): /, "").replace(
    /^.*?\): client error/,
    "client error",
  );
  return { code: "connection_failed", params: { detail: short.slice(0, 200) } };
}

/** Of an encrypted connection that could not be made, by rustls' words: no TLS there, or a certificate that nobody vouches for. */
export function tlsCause(message: string): Cause | undefined {
  if (/InvalidContentType/.test(message)) return { code: "no_tls" };
  if (!/invalid peer certificate/.test(message)) return undefined;
  return {
    code: "untrusted_certificate",
    params: { detail: message.replace(/^client error \(Connect\): /, "").slice(0, 200) },
  };
}
