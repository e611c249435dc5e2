/**
 * One bounded HTTP read: bounded in time, in size, and with a cause for each way of failing.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { SampleError } from "../series/types.ts";
import { connectionCause } from "./connection_cause.ts";
import { causeByScheme } from "./scheme.ts";
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
  /** Told of an answer that the URL itself gave, once it was read. */
  readonly onResponse?: (response: Response) => void;
}

/** A whole answer. */
export interface HttpBody {
  readonly status: number;
  readonly contentType: string | undefined;
  /** By lower-case name. */
  readonly headers: { get(name: string): string | null | undefined };
  readonly body: Uint8Array;
  /** True when HTTP itself vouches for the end of the body (a length or chunks); else it ended with the connection. */
  readonly framed: boolean;
  /** Absent where no redirect was followed. */
  readonly moved?: Moved;
}

/** Where redirects led. */
export interface Moved {
  /** Scheme, host and path. */
  readonly to: string;
  /** To another server, which was sent no headers. */
  readonly isElsewhere: boolean;
}

/**
 * GETs a URL and reads the whole body. The time limit covers everything from the first byte out to the last byte in.
 * Redirects are followed; the headers go to the given host only.
 *
 * @throws SampleError with the cause that {@link connectionCause} finds; `timeout`, `cancelled`, `body_too_large`,
 * `too_many_redirects`, `redirect_not_http`, `bad_compression`
 */
export function readUrl(url: string, options: HttpReadOptions): Promise<HttpBody> {
  return withDeadline(async (signal) => {
    let isAnswered = false;
    try {
      const { response, moved } = await open(url, { ...options, signal, onAnswer: () => isAnswered = true });
      const body = await readBody(response, options.maxBytes);
      if (moved === undefined) options.onResponse?.(response);
      const headers = response.headers;
      return {
        status: response.status,
        contentType: headers.get("content-type") ?? undefined,
        headers,
        body,
        framed: headers.has("content-length") || headers.has("transfer-encoding"),
        ...(moved === undefined ? {} : { moved }),
      };
    } catch (error) {
      if (error instanceof SampleError) throw error;
      const cause = connectionCause(error);
      // A fetch of one's own may lead anywhere, and who answered speaks what was asked.
      const isSure = options.fetch !== undefined || signal.aborted || isAnswered;
      throw new SampleError(isSure ? cause : await causeByScheme(url, cause), { cause: error });
    }
  }, options);
}

const MOST_REDIRECTS = 10;
const REDIRECTS = [301, 302, 303, 307, 308];

/** The platform follows redirects with every header but `authorization`, and has no words of its own for a loop. */
async function open(
  url: string,
  options: HttpReadOptions & { readonly signal: AbortSignal; onAnswer(): void },
): Promise<{ readonly response: Response; readonly moved?: Moved }> {
  const { headers, signal } = options;
  let address = url;
  for (let count = 0; count <= MOST_REDIRECTS; count++) {
    const isThere = count === 0 || new URL(address).origin === new URL(url).origin;
    const response = await (options.fetch ?? fetch)(address, {
      signal,
      redirect: "manual",
      ...(headers === undefined ? {} : { headers: isThere ? headers : onlyAccept(headers) }),
    });
    options.onAnswer();
    const location = response.headers.get("location");
    if (location === null || !REDIRECTS.includes(response.status)) {
      return { response, ...(count === 0 ? {} : { moved: { to: shown(address), isElsewhere: !isThere } }) };
    }
    await response.body?.cancel();
    address = nextAddress(location, address);
  }
  throw new SampleError({ code: "too_many_redirects", params: { redirects: MOST_REDIRECTS } });
}

function onlyAccept(headers: HeadersInit): HeadersInit {
  const accept = new Headers(headers).get("accept");
  return accept === null ? {} : { accept };
}

/** @throws SampleError `redirect_not_http` */
function nextAddress(location: string, from: string): string {
  const next = URL.parse(location, from);
  if (next === null || !/^https?:$/.test(next.protocol)) {
    throw new SampleError({ code: "redirect_not_http", params: { scheme: next?.protocol ?? "no address" } });
  }
  // A server does not choose with whose name the next one is asked.
  next.username = "";
  next.password = "";
  next.hash = "";
  return next.href;
}

function shown(address: string): string {
  const { origin, pathname } = new URL(address);
  return (origin + pathname).slice(0, 200);
}

/** What fetch asks for and undoes. */
const UNDONE = ["", "identity", "gzip", "x-gzip", "br"];

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const encoding = (response.headers.get("content-encoding") ?? "").trim().toLowerCase();
  if (!UNDONE.includes(encoding)) {
    await response.body?.cancel();
    throw new SampleError({ code: "bad_compression", params: { encoding: encoding.slice(0, 40) } });
  }
  const announced = Number(response.headers.get("content-length") ?? 0);
  if (announced > maxBytes) {
    await response.body?.cancel();
    throw tooLarge(maxBytes);
  }
  if (response.body === null) return new Uint8Array();
  let whole: Uint8Array | undefined;
  let size = 0;
  for await (const chunk of response.body) {
    if (size + chunk.length > maxBytes) throw tooLarge(maxBytes); // Leaving the loop cancels the stream.
    // One buffer, not a list: a server may send a byte at a time, and a list would take a hundred times the body.
    whole = size === 0 ? chunk : appended(whole!, size, chunk);
    size += chunk.length;
  }
  return whole === undefined ? new Uint8Array() : whole.subarray(0, size);
}

/** The bytes with more behind them, in a buffer of twice the size where they do not fit. */
function appended(bytes: Uint8Array, size: number, more: Uint8Array): Uint8Array {
  const needed = size + more.length;
  let whole = bytes;
  if (needed > whole.length) {
    whole = new Uint8Array(Math.max(needed, 2 * size, 65536));
    whole.set(bytes.subarray(0, size));
  }
  whole.set(more, size);
  return whole;
}

function tooLarge(maxBytes: number): SampleError {
  return new SampleError({ code: "body_too_large", params: { maxBytes } });
}
