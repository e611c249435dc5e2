/**
 * How bytes get to a server and back: the seam between a run and its engines.
 *
 * @module
 */
import type { EngineName } from "./plan.ts";

/** One request to be made. */
export interface Call {
  readonly method: "GET" | "POST";
  /** Path below the API's base, with its leading slash. */
  readonly path: string;
  readonly body?: string;
  readonly requestId?: string;
}

/** What an answer that is not the one asked for says to its client. */
export interface AnswerHints {
  /** `Retry-After`, as it came. */
  readonly retryAfter?: string;
  /** Where a redirect leads. It is not followed: times of another server are not those of this one. */
  readonly location?: string;
  /** Compression that nobody asked for: its chunks are not the tokens' any more. */
  readonly encoding?: string;
}

/** Hints of an answer; undefined for a good one that is not compressed, which has none. */
export function hintsOf(
  status: number,
  header: (name: string) => string | null | undefined,
): AnswerHints | undefined {
  const encoding = header("content-encoding")?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") return { encoding };
  if (status < 300) return undefined;
  const [retryAfter, location] = [header("retry-after"), header("location")];
  return {
    ...(typeof retryAfter === "string" ? { retryAfter } : {}),
    ...(typeof location === "string" ? { location } : {}),
  };
}

/** Told what happens, with the instant of each on the workload's clock. */
export interface CallListener {
  connecting(timeSeconds: number): void;
  connected(timeSeconds: number): void;
  /** The request is being written: stamped before the write. */
  sending(timeSeconds: number): void;
  head(status: number, contentType: string | undefined, timeSeconds: number, hints?: AnswerHints): void;
  body(bytes: Uint8Array, timeSeconds: number): void;
  /** A whole chunk of the body lies at these places; returns whether it was taken, else it comes as a `body`. */
  chunk?(bytes: Uint8Array, from: number, to: number, timeSeconds: number): boolean;
  /** The response is complete. */
  ended(timeSeconds: number): void;
}

/** Makes requests to one API. */
export interface Transport {
  readonly engine: EngineName;
  /** Opens connections beforehand, as many as it can keep; failures show when they are used. */
  open(count: number): Promise<void>;
  /**
   * Makes one request; resolves when the response is complete.
   *
   * @throws TransportError when the connection could not be made or broke; the signal's reason when it is aborted
   */
  send(call: Call, listener: CallListener, signal: AbortSignal): Promise<void>;
  /** Closes every connection. */
  close(): void;
}

/** A connection that failed. Callers catch it to tell it from an error of the server. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  /** @param stage how far the request had come */
  constructor(readonly stage: "connect" | "send" | "receive", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The API's base without a trailing slash, `/v1` or one of its paths, so that every spelling works. */
export function normaliseBase(apiBase: string): string {
  let url: URL;
  try {
    url = new URL(apiBase);
  } catch (cause) {
    throw new TypeError(
      `Cannot use API base ${JSON.stringify(apiBase)}: not a URL, wanted http:// or https://`,
      { cause },
    );
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(
      `Cannot use API base ${JSON.stringify(apiBase)}: scheme ${url.protocol}, wanted http: or https:`,
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, "").replace(/\/v1(\/(chat\/)?completions|\/models)?$/, "");
}

/** Credentials that stand in a URL (`http://user:key@host`), as a header; undefined where there are none. */
export function basicAuthorization(apiBase: string): string | undefined {
  const { username, password } = new URL(apiBase);
  if (username === "" && password === "") return undefined;
  return `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`;
}

/** Headers of every request: JSON, event stream, then the caller's own. */
export function requestHeaders(call: Call, extra: Readonly<Record<string, string>>): Record<string, string> {
  return {
    accept: "text/event-stream, application/json",
    ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    ...(call.requestId === undefined ? {} : { "x-request-id": call.requestId }),
    ...extra,
  };
}
