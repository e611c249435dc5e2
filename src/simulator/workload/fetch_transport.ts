/**
 * The engine over `fetch`: works wherever fetch does (proxies, an in-process server, virtual time), but sees neither the
 * connection nor, above some fifty streams, the true arrival of chunks.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import {
  type Call,
  type CallListener,
  hintsOf,
  requestHeaders,
  type Transport,
  TransportError,
} from "./transport.ts";

/**
 * Makes the engine. It waits for nothing but the given fetch, and never longer than the call's signal allows.
 *
 * @param apiBase the API's base, as `normaliseBase` gives it
 */
export function fetchTransport(
  apiBase: string,
  options: {
    readonly fetch: typeof fetch;
    readonly clock: Clock;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Transport {
  const { fetch, clock } = options;
  const headers = options.headers ?? {};
  return {
    engine: "fetch",
    open: () => Promise.resolve(),
    close: () => {},
    async send(call, listener, signal) {
      signal.throwIfAborted();
      listener.sending(clock.nowSeconds());
      try {
        const response = await unlessAborted(
          fetch(apiBase + call.path, requestInit(call, headers, signal)),
          signal,
          discard,
        );
        const { status } = response;
        const hints = hintsOf(
          status,
          // fetch has unpacked it already
          (name) => name === "content-encoding" ? undefined : response.headers.get(name),
        );
        listener.head(status, response.headers.get("content-type") ?? undefined, clock.nowSeconds(), hints);
        await readBody(response, listener, { clock, signal });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof RangeError || error instanceof SyntaxError) throw error;
        throw new TransportError("receive", messageOf(error), { cause: error });
      }
    },
  };
}

function requestInit(
  call: Call,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): RequestInit {
  return {
    method: call.method,
    headers: requestHeaders(call, headers),
    ...(call.body === undefined ? {} : { body: call.body }),
    redirect: "manual",
    signal,
  };
}

async function readBody(
  response: Response,
  listener: CallListener,
  context: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, signal } = context;
  if (response.body === null) return listener.ended(clock.nowSeconds());
  const reader = response.body.getReader();
  try {
    while (true) {
      const { done, value } = await unlessAborted(reader.read(), signal);
      const now = clock.nowSeconds();
      if (done) return listener.ended(now);
      listener.body(value, now);
    }
  } finally {
    // Frees the connection when the answer is not read to its end; a stream that has ended or failed ignores it.
    reader.cancel().catch(() => undefined);
  }
}

/** The promise, or the signal's reason as soon as it aborts: an injected fetch need not know signals. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, late?: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const onAbort = () => {
      over = true;
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = (finish: () => void) => {
      signal.removeEventListener("abort", onAbort);
      finish();
    };
    promise.then(
      (value) => over ? late?.(value) : settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
    if (signal.aborted) onAbort();
  });
}

function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, 300);
}
